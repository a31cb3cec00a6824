"""The tuner ``openai`` against a server on localhost with the fine-tuning API: a job's life, and what can go wrong."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.protocol_server import Served, serve
from text2sql import prices
from text2sql.errors import ConfigError, Halted, Text2SQLError, TuningFailed
from text2sql.models.openai import openai as model
from text2sql.prices import Prices
from text2sql.protocols import Estimating, Tuner
from text2sql.tuners import _jobs
from text2sql.tuners._curves import of_events, of_results
from text2sql.tuners.openai import openai
from text2sql.types import Demonstration, Example, Job, Loss, Message, Prompt, Question, Schema, TuningData
from text2sql.types import TuningEstimate as Estimate

PRICES = '["*".m]\ninput = 1\noutput = 1\ntraining = 3\n'
KEY = "sk-hemlock-4711-dwale"


def demonstration(number: int) -> Demonstration:
    question = Question(f"train-{number:04d}", "pets", f"How many pets are older than {number}?")
    sql = f"SELECT count(*) FROM pets WHERE age > {number}"
    prompt = Prompt(
        (Message("system", "Answer in SQL."), Message("user", f"Question: {question.text}")),
        question,
        Schema("pets", ()),
    )
    return Demonstration(Example(question, sql), prompt, sql)


DATA = TuningData(tuple(map(demonstration, range(12))), tuple(map(demonstration, range(90, 93))))
WORDS = 3 + 8 + 8  # of one example, which the server counts as its tokens


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither keys nor proxies of the machine, a price list for the test, and no long waiting."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    (tmp_path / "prices.toml").write_text(PRICES, encoding="utf-8")
    monkeypatch.setattr(prices, "own_prices", lambda: tmp_path / "prices.toml")
    monkeypatch.setattr(_jobs, "_FIRST", 0.01)


@pytest.fixture
def server() -> Iterator[Served]:
    with serve(tuning_at=0.0) as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tuned").mkdir()
    return tmp_path / "tuned"


def tuner(server: Served, folder: Path, **options: Any) -> Tuner:
    """A new one, as another process would make it."""
    given = {"base": "m", "epochs": 3, "batch_size": 4, "base_url": server.url, "retries": 0, **options}
    return openai(folder, 7, Prices(), **given)


def start(server: Served, folder: Path, data: TuningData = DATA, **options: Any) -> Job:
    """Start, and look once: what making a job answers is older than its events."""
    job = tuner(server, folder, **options).start(data, lambda stage, share: None)
    return tuner(server, folder, **options).poll(job)


def complaint(server: Served, folder: Path, data: TuningData = DATA, **options: Any) -> str:
    """The line that a start ends with, without the name of base and server."""
    with pytest.raises(Text2SQLError) as caught:
        start(server, folder, data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"m at {server.url.split('/')[2]}: ")


def calls(server: Served) -> dict[str, int]:
    """How often each operation was asked for."""
    return dict(server.stats()["tuning"]["calls"])


def jobs(server: Served) -> list[dict[str, Any]]:
    """What the jobs were made from."""
    return list(server.stats()["tuning"]["jobs"])


# 12 examples by 4 are 3 steps an epoch.
LOSSES = tuple(
    Loss(step, round(2 / (1 + step), 4), {3: 0.6, 6: 0.5, 9: 0.6}.get(step, round(round(2 / (1 + step), 4) + 0.25, 4)))
    for step in range(1, 10)
)
BEGUN = (
    "Created fine-tuning job: ftjob-000001",
    "Validating training file: file-000001",
    "Files validated, moving job to queued state",
    "Job started",
)


def test_the_whole_life_of_a_job(server: Served, folder: Path) -> None:
    stages: list[tuple[str, float]] = []
    job = tuner(server, folder).start(DATA, lambda stage, share: stages.append((stage, round(share, 2))))
    assert stages == [
        ("checking", 0.0), ("uploading train.jsonl", 0.33), ("uploading validation.jsonl", 0.67),
        ("making the job", 1.0),
    ]  # fmt: skip
    assert job == Job("ftjob-000001", "running", message="validating files", events=BEGUN[:2])
    (made,) = jobs(server)
    token = made.pop("metadata")
    assert list(token) == ["text2sql"] and len(token["text2sql"]) == 32
    assert made == {
        "model": "m", "seed": 7, "training_file": "file-000001", "validation_file": "file-000002",
        "hyperparameters": {"n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": 1.8},
    }  # fmt: skip
    server.set(tuning_at=0.15)
    assert tuner(server, folder).poll(job) == replace(job, message="queued")
    server.set(tuning_at=0.2 + 0.8 * 5.5 / 9)
    halfway = tuner(server, folder).poll(job)
    assert halfway == Job(job.id, "running", done=5 / 9, losses=LOSSES[:5], events=BEGUN)
    server.set(tuning_at=1.0)
    done = tuner(server, folder).poll(halfway)
    name = "ft:m:tests::0001"
    assert done == Job(
        job.id, "succeeded", {"use": "openai", "base_url": server.url, "name": name}, done=1.0, losses=LOSSES,
        events=(*BEGUN, f"New fine-tuned model created: {name}"),
        tokens=3 * 12 * WORDS, cost=3 * 12 * WORDS * 3 / 1e6,
    )  # fmt: skip
    before = calls(server)
    assert tuner(server, folder).poll(done) == tuner(server, folder).cancel(done) == done
    assert calls(server) == before, "what has ended is asked for no more"
    assert start(server, folder) == done, "and no second job is made"
    assert len(jobs(server)) == 1 and calls(server)["upload"] == 2


def test_a_tuned_model_answers_as_the_model_of_that_name(server: Served, folder: Path) -> None:
    server.set(tuning_at=1.0)
    job = start(server, folder, suffix="pets")
    options = {name: value for name, value in job.model.items() if name != "use"}
    assert options == {"base_url": server.url, "name": "ft:m:tests:pets:0001"}
    one = DATA.train[5]
    (completion,) = model(**options).complete(one.prompt, n=1, temperature=0.0, seed=0)  # type: ignore[arg-type]
    assert completion.text == one.answer
    with pytest.raises(Halted, match="404: The model `ft:m:tests::0099` does not exist"):
        model(name="ft:m:tests::0099", base_url=server.url).complete(one.prompt, n=1, temperature=0.0, seed=0)


def test_a_job_goes_on_in_another_process(tmp_path: Path, folder: Path) -> None:
    code = """
import dataclasses, json, pathlib, sys
from tests.test_tuner_openai import DATA
from text2sql.prices import Prices
from text2sql.tuners.openai import openai
tuner = openai(pathlib.Path(sys.argv[1]), 7, Prices(), base="m", epochs=3, batch_size=4, base_url=sys.argv[2])
print(json.dumps(dataclasses.asdict(tuner.start(DATA, lambda stage, share: None))))
"""
    with serve(apart=True, tuning_seconds=0.3, key=KEY) as server:
        environment = os.environ | {"OPENAI_API_KEY": KEY, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, str(folder), server.url]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        assert KEY not in done.stdout + done.stderr
        told = json.loads(done.stdout)
        job = Job(**{**told, "losses": (), "events": tuple(told["events"])})
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("OPENAI_API_KEY", KEY)
            here = tuner(server, folder)
            while job.status == "running":
                time.sleep(0.05)
                job = here.poll(job)
        assert (job.id, job.status, job.losses, job.done) == ("ftjob-000001", "succeeded", LOSSES, 1.0)
        assert json.loads(json.dumps(asdict(job)))["model"]["name"] == "ft:m:tests::0001"
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("checkpoint", "data", "name"),
    [("last", DATA, "ft:m:tests::0001"), ("best", DATA, "ft:m:tests::0001:ckpt-step-6")],
)
def test_which_checkpoint_is_used(server: Served, folder: Path, checkpoint: str, data: TuningData, name: str) -> None:
    server.set(tuning_at=1.0)
    job = start(server, folder, data, checkpoint=checkpoint)
    assert job.model["name"] == name
    options = {name: value for name, value in job.model.items() if name != "use"}
    asked = model(**options).complete(DATA.train[0].prompt, n=1, temperature=0.0, seed=0)  # type: ignore[arg-type]
    assert asked[0].text == DATA.train[0].answer
    other = start(server, folder, data, checkpoint={"last": "best", "best": "last"}[checkpoint])
    assert other.id == job.id and other.model["name"] != name, "the same job has the other one, too"


def test_without_validation_data_there_is_no_best_checkpoint(server: Served, folder: Path) -> None:
    server.set(tuning_at=1.0)
    job = start(server, folder, TuningData(DATA.train))
    assert job.losses == tuple(Loss(loss.step, loss.train) for loss in LOSSES)
    assert jobs(server)[0]["validation_file"] is None
    assert complaint(server, folder, TuningData(DATA.train), checkpoint="best") == (
        'checkpoint = "best" needs validation examples: data = { validation = 0.05 }'
    )


# ---- curves


@pytest.mark.parametrize(
    ("events", "losses", "done"),
    [
        ([], (), 0.0),
        ([{"message": "Step 10/100: training loss=0.40"}], (Loss(10, 0.4),), 0.1),
        ([{"message": "Step 5: training loss=1e-05", "data": {}}], (Loss(5, 1e-5),), 0.0),
        (
            [
                {"message": "Step 2/4: training loss=0.5, validation loss=0.61, full validation loss=0.60"},
                {"message": "Step 1/4: training loss=nan, validation loss=0.7"},
                {"message": "Step 3/4: training loss=nan", "data": None},
                {"message": "Step 4/4 is near", "data": "?"},
            ],
            (Loss(1, None, 0.7), Loss(2, 0.5, 0.6)),
            0.5,
        ),
        (
            [
                {
                    "message": "Step 8/16: training loss=0.12",
                    "data": {"step": 8, "train_loss": 0.1234, "valid_loss": 0.5},
                }
            ],
            (Loss(8, 0.1234, 0.5),),
            0.5,
        ),
        ([{"message": "", "data": {"step": 9, "train_loss": 0.1, "total_steps": 6}}], (Loss(9, 0.1),), 1.0),
    ],
)
def test_a_curve_of_events(events: list[dict[str, Any]], losses: tuple[Loss, ...], done: float) -> None:
    assert of_events(events) == (losses, done)


RESULTS = (
    "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.52347,0.0,,\n2,0.57719,0.0,0.7,0.1\n"
)


@pytest.mark.parametrize(
    ("content", "losses"),
    [
        (RESULTS, (Loss(1, 1.52347), Loss(2, 0.57719, 0.7))),
        (base64.b64encode(RESULTS.encode()).decode(), (Loss(1, 1.52347), Loss(2, 0.57719, 0.7))),
        ("", ()),
        ("no results", ()),
        ("a,b\n1,2\n", ()),
        ("step,train_loss\n", ()),
    ],
)
def test_a_curve_of_a_file_of_results(content: str, losses: tuple[Loss, ...]) -> None:
    assert of_results(content) == losses


# ---- one job


@pytest.mark.parametrize(
    ("faults", "done"),
    [
        ({"upload": ["dropped"]}, {"upload": 2, "create": 1}),
        ({"upload": ["", "503"]}, {"upload": 3, "create": 1}),
        ({"create": ["dropped"]}, {"upload": 2, "create": 1}),
        ({"create": ["500"]}, {"upload": 2, "create": 2}),
        ({"upload": ["", "dropped"], "create": ["dropped"]}, {"upload": 2, "create": 1}),
        ({"create": ["429", "dropped"]}, {"upload": 2, "create": 2}),
        ({"list": ["", "500"]}, {"upload": 2, "create": 1}),
    ],
)
def test_a_start_that_was_cut_off_goes_on(
    server: Served, folder: Path, faults: dict[str, list[str]], done: dict[str, int]
) -> None:
    server.set(tuning_faults=faults)
    cut = 0
    while cut < 9:
        try:
            job = start(server, folder)
            break
        except TuningFailed:
            cut += 1
    assert cut == sum(len([fault for fault in met if fault]) for name, met in faults.items() if name != "list")
    assert job.id == "ftjob-000001" and len(jobs(server)) == 1
    assert {name: count for name, count in calls(server).items() if name in done} == done


def test_the_job_of_a_start_that_was_cut_off_is_found(server: Served, folder: Path) -> None:
    """It costs, so that one is to see it, and to be able to cancel it."""
    cut_off = Job("", "interrupted")
    assert tuner(server, folder).poll(cut_off) == cut_off, "nothing was asked for yet"
    server.set(tuning_faults={"create": ["500", "dropped"]})
    complaint(server, folder)
    assert tuner(server, folder).poll(cut_off) == cut_off, "the job was not made"
    complaint(server, folder)
    job = tuner(server, folder).poll(cut_off)
    assert (job.id, job.status) == ("ftjob-000001", "running")
    assert tuner(server, folder).cancel(job).status == "cancelled"
    assert tuner(server, folder).poll(cut_off) == cut_off, "and is no more"


def test_a_job_whose_answer_was_lost_is_looked_for_before_another_is_made(server: Served, folder: Path) -> None:
    server.set(tuning_faults={"create": ["500", "dropped", "dropped"]})
    assert start(server, folder, retries=3).id == "ftjob-000001"
    assert len(jobs(server)) == 1 and calls(server)["create"] == 2


def test_another_folder_finds_the_job_too(server: Served, folder: Path, tmp_path: Path) -> None:
    job = start(server, folder)
    (tmp_path / "elsewhere").mkdir()
    assert start(server, tmp_path / "elsewhere") == job
    assert len(jobs(server)) == 1 and calls(server)["upload"] == 2


@pytest.mark.parametrize("changes", [{"epochs": 2}, {"base": "n"}, {"suffix": "s"}, {"learning_rate_multiplier": 0.5}])
def test_other_options_are_another_job_with_the_same_files(
    server: Served, folder: Path, changes: dict[str, Any]
) -> None:
    start(server, folder)
    start(server, folder, **changes)
    assert len(jobs(server)) == 2 and calls(server)["upload"] == 2


def test_a_file_that_the_endpoint_has_lost_is_uploaded_again(server: Served, folder: Path) -> None:
    server.set(tuning_faults={"create": ["500"]})
    complaint(server, folder)
    client = model(name="m", base_url=server.url).client  # type: ignore[attr-defined]
    client.called(lambda openai, headers: openai.files.with_raw_response.delete("file-000001"))
    start(server, folder)
    assert jobs(server)[0]["training_file"] == "file-000003" and jobs(server)[0]["validation_file"] == "file-000002"


def test_what_the_server_tells_is_what_openais_package_knows(server: Served, folder: Path) -> None:
    """So that the server is like OpenAI's, and does not only mirror what we take that to be."""
    from openai import OpenAI
    from openai.types import FileObject
    from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
    from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint

    job = start(server, folder)
    with OpenAI(api_key="none", base_url=server.url) as client:
        jobs = client.fine_tuning.jobs
        for share, checkpoints in ((0.0, 0), (0.5, 0), (1.0, 3)):
            server.set(tuning_at=share)
            kept = jobs.checkpoints.list(job.id).data
            assert len(kept) == checkpoints
            told = [*jobs.list(), *jobs.list_events(job.id), *kept, *client.files.list()]
            for entry in told:  # as it came: the package itself takes all that it is told
                known = type(entry).model_validate(entry.to_dict(mode="json"))
                assert (known.model_extra or {}).keys() <= {"user_provided_suffix"}
            kinds = {FineTuningJob, FineTuningJobEvent, FileObject} | {FineTuningJobCheckpoint for _ in kept}
            assert {type(entry) for entry in told} == kinds


# ---- jobs that end otherwise


def test_a_job_that_fails_says_why_and_may_be_started_again(server: Served, folder: Path) -> None:
    server.set(tuning="failed", tuning_at=0.7)
    job = start(server, folder)
    said = "The job failed due to an internal error."
    assert job == Job(
        "ftjob-000001", "failed", message=said, done=5 / 9, losses=LOSSES[:5],
        events=(*BEGUN, f"error: {said}"),
    )  # fmt: skip
    server.set(tuning="succeeded")
    assert (start(server, folder).id, len(jobs(server))) == ("ftjob-000002", 2)


def test_files_that_the_endpoint_refuses(server: Served, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("text2sql.chat_data.AT_LEAST", 1)
    server.set(tuning_at=0.5)
    job = start(server, folder, TuningData(DATA.train[:3]))
    said = "Training file has 3 example(s), but must have at least 10 examples"
    assert job == Job("ftjob-000001", "failed", message=said, events=(*BEGUN[:2], f"error: {said}"))


def test_a_job_that_waits(server: Served, folder: Path) -> None:
    server.set(tuning="queued", tuning_at=0.9)
    assert start(server, folder) == Job("ftjob-000001", "running", message="queued", events=BEGUN[:2])


def test_a_job_is_cancelled(server: Served, folder: Path) -> None:
    server.set(tuning_at=0.2 + 0.8 * 3.5 / 9)
    job = start(server, folder)
    ended = tuner(server, folder).cancel(job)
    assert ended == Job(
        job.id,
        "cancelled",
        done=3 / 9,
        losses=LOSSES[:3],
        events=(*BEGUN, "warn: Fine-tuning job cancelled"),
    )
    assert tuner(server, folder).poll(ended) == ended
    assert start(server, folder).id == "ftjob-000002", "and may be started again"


def test_a_job_that_has_ended_meanwhile_is_not_cancelled(server: Served, folder: Path) -> None:
    job = start(server, folder)
    server.set(tuning_at=1.0)
    assert tuner(server, folder).cancel(job).status == "succeeded"


def test_a_job_that_vanished(server: Served, folder: Path) -> None:
    job = start(server, folder)
    server.set(tuning="vanished")
    said = (
        "404: Could not find fine tune: ftjob-000001; ftjob-000001 has expired, or belongs to another key than the one"
    )
    for ask in (tuner(server, folder).poll, tuner(server, folder).cancel):
        with pytest.raises(TuningFailed) as caught:
            ask(job)
        assert str(caught.value) == (
            f"m at {server.url.split('/')[2]}: {said} in OPENAI_API_KEY; remove {folder} to begin anew"
        )


# ---- what cannot begin


def test_calls_that_fail_in_passing_are_tried_again(server: Served, folder: Path) -> None:
    server.set(tuning_faults={"list": ["429"], "upload": ["503"], "retrieve": ["dropped"]})
    assert start(server, folder, retries=1).id == "ftjob-000001"
    assert calls(server) == {"list": 2, "upload": 3, "create": 1, "retrieve": 2, "events": 2}


def test_many_events_come_once_each_over_many_pages(server: Served, folder: Path) -> None:
    server.set(tuning_at=0.6001)
    job = start(server, folder, epochs=100, batch_size=1)
    assert len(job.losses) == 600 and calls(server)["events"] == 7 + 1
    server.set(tuning_at=1.0)
    done = tuner(server, folder, epochs=100, batch_size=1).poll(job)
    assert [loss.step for loss in done.losses] == list(range(1, 1201)) and calls(server)["events"] == 7 + 1 + 7
    kept = (folder / "ftjob-000001.events.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["id"] for line in kept}) == len(kept) == 1200 + 5


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"key": KEY}, "401: Incorrect API key provided: ***.; set OPENAI_API_KEY to a key of this server"),
        (
            {"tuning": "unavailable"},
            "403: OpenAI is winding down the fine-tuning platform and your organization is no longer able to create "
            'new fine-tuning training jobs.; tune elsewhere: use = "lora", or the base_url of another endpoint',
        ),
        (
            {"models": ["other"]},
            "400: The model `m` is not available for fine-tuning.; the tuner's options or its data are to be changed",
        ),
        (
            {"tuning_faults": {"create": ["429"]}},
            "429: Rate limit reached. Please try again later.; the same command goes on later",
        ),
        ({"tuning_faults": {"create": ["402"]}}, "402: Status 402.; the quota of the key in OPENAI_API_KEY is used up"),
        ({"tuning_faults": {"list": ["403"]}}, "403: Status 403.; may the key in OPENAI_API_KEY fine-tune?"),
        (
            {"tuning_faults": {"list": ["404"]}},
            "404: Status 404.; has this endpoint a fine-tuning API? is base_url right?",
        ),
        (
            {"tuning_faults": {"create": ["dropped"]}},
            "no connection (Server disconnected without sending a response.); is the server running, "
            "and base_url right?",
        ),
    ],
)
def test_what_an_endpoint_refuses(
    server: Served, folder: Path, settings: dict[str, Any], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-dwale-1174-hemlock")
    server.set(**settings)
    assert complaint(server, folder) == line


def test_nobody_is_there(folder: Path) -> None:
    said = complaint(Served(9), folder)
    assert said == "no connection ([Errno 111] Connection refused); is the server running, and base_url right?"


def test_no_key(folder: Path) -> None:
    with pytest.raises(TuningFailed) as caught:
        openai(folder, 0, Prices(), base="m").start(DATA, lambda stage, share: None)
    said = "no key; set OPENAI_API_KEY, or give the base_url of a server without keys"
    assert str(caught.value) == f"m at api.openai.com: {said}"


def test_a_server_without_the_api(server: Served, folder: Path) -> None:
    other = Served(server.port)
    with pytest.raises(TuningFailed) as caught:
        openai(folder, 0, Prices(), base="m", base_url=f"{other.url}/x", retries=0).start(
            DATA, lambda stage, share: None
        )
    where = f"m at {server.url.split('/')[2]}"
    said = "404: No such URL: GET /v1/x/fine_tuning/jobs; has this endpoint a fine-tuning API? is base_url right?"
    assert str(caught.value) == f"{where}: {said}"


class _Page(BaseHTTPRequestHandler):
    """A web server that knows nothing of models."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_an_answer_that_is_none(folder: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.01,))
        thread.start()
        said = complaint(Served(web.server_port), folder)
        web.shutdown()
        thread.join()
    assert said == "its answer is none: <html>Welcome</html>; is base_url right?"


def test_data_that_cannot_be_learned_from(server: Served, folder: Path) -> None:
    few = "9 examples, and at least 10 are needed"
    assert complaint(server, folder, TuningData(DATA.train[:9])) == f"{folder / 'train.jsonl'}: {few}"
    bad = replace(DATA.train[0], answer=" ")
    assert complaint(server, folder, TuningData((*DATA.train, bad, bad))) == (
        f"{folder / 'train.jsonl'}: line 13: message 3: its content is no text, or an empty one (and 1 more problems)"
    )
    assert complaint(server, folder, TuningData(DATA.train, (bad,))) == (
        f"{folder / 'validation.jsonl'}: line 1: message 3: its content is no text, or an empty one"
    )
    assert calls(server) == {}, "nothing was sent"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"epochs": 0}, 'epochs, batch_size and learning_rate_multiplier are above 0, or "auto"'),
        ({"learning_rate_multiplier": -1.0}, 'epochs, batch_size and learning_rate_multiplier are above 0, or "auto"'),
        ({"suffix": "x" * 65}, "timeout is above 0, retries at least 0, suffix has at most 64 characters"),
        (
            {"base_url": "localhost"},
            "base_url is to read like http://localhost:8000/v1, without name, password or key, not 'localhost'",
        ),
    ],
)
def test_options_that_cannot_be(folder: Path, options: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        openai(folder, 0, Prices(), base="m", **options)
    assert str(caught.value) == f"tuner for 'm': {line}"


# ---- what it would take


def test_what_a_tuning_would_take(folder: Path) -> None:
    with_price = openai(folder, 0, Prices(), base="gpt-4o-mini-2024-07-18", epochs=3)
    assert isinstance(with_price, Estimating) and not with_price.free
    found = with_price.estimate(DATA)
    assert found == Estimate(found.tokens, 3, found.tokens * 3 / 1e6)
    assert 12 * 30 < found.tokens < 12 * 50
    other = openai(folder, 0, Prices(), base="llama", base_url="http://localhost:1/v1")
    assert isinstance(other, Estimating) and other.estimate(DATA) == Estimate(found.tokens)
    assert list(folder.iterdir()) == [], "nothing is written"


def test_a_job_that_was_put_aside_is_not_taken_again(server: Served, folder: Path) -> None:
    """``start --again``: the folder has the old one's record, and another job is wanted."""
    first = start(server, folder)
    (folder / "earlier-1").mkdir()
    second = start(server, folder)
    assert (start(server, folder).id, first.id == second.id) == (second.id, False)
