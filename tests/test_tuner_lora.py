"""The tuner lora: its record and its refusals without torch; a training that is cut off, served and asked with it.

    pip install -e ".[dev,lora]"
    python -m pytest -m lora

The model is a tiny one with random weights, made on the spot (``tests/tiny_model.py``): nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.tiny_model import wait_for
from text2sql.dataset import load_dataset
from text2sql.errors import ConfigError, TuningFailed
from text2sql.lora import pretrained, serving, training
from text2sql.lora.examples import Rows, tokenized
from text2sql.lora.pretrained import Base
from text2sql.lora.record import Record
from text2sql.lora.trainer import in_float32, losses_of, make_trainer
from text2sql.models.openai import openai
from text2sql.prompts.question import question
from text2sql.protocols import Tuner
from text2sql.tuners.lora import lora
from text2sql.types import Demonstration, Job, Loss, TuningData

OPTIONS: dict[str, Any] = {
    "batch": 8, "accumulate": 1, "dropout": 0.0, "learning_rate": 1e-2, "device": "cpu", "save_every": 5,
}  # fmt: skip


def tuner(folder: Path, **options: Any) -> Tuner:
    """With a base that is not there, unless it is given."""
    return lora(folder, 0, **{"base": "no/such"} | options)


def demonstrations() -> list[Demonstration]:
    """Forty questions of the tiny data set, asked without their schemas, so that the prompts are short."""
    tiny, render = load_dataset("tiny"), question()
    examples = [*tiny.examples, *tiny.pool][:40]
    return [Demonstration(e, render(e.question, tiny.schemas[e.question.db_id], ()), e.sql) for e in examples]


def data() -> TuningData:
    """36 to learn from, 4 to measure the loss on."""
    found = demonstrations()
    return TuningData(tuple(found[:36]), tuple(found[36:]))


def silent(stage: str, share: float) -> None:
    """Nobody is told."""


def refusal(tuner: Tuner, given: TuningData | None = None) -> str:
    with pytest.raises(TuningFailed) as raised:
        tuner.start(data() if given is None else given, silent)
    return str(raised.value)


# --- without torch ------------------------------------------------------------------------------------------------


def test_it_costs_hours(tmp_path: Path) -> None:
    assert not tuner(tmp_path).free


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "find_spec", lambda name: name in ("torch", "transformers") or None)
    assert refusal(tuner(tmp_path)) == "the tuner 'lora' needs peft, trl: pip install 'text2sql[lora]'"
    assert list(tmp_path.iterdir()) == []


def test_without_examples(tmp_path: Path) -> None:
    assert refusal(tuner(tmp_path), TuningData(())) == "there are no examples to learn from"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rank": 0}, "rank is above 0, not 0"),
        ({"learning_rate": -1.0}, "learning_rate is above 0, not -1.0"),
        ({"dropout": 1.0}, "dropout is at least 0 and below 1, not 1.0"),
        ({"merge": False}, "'transformers serve' takes no adapter: leave merge out, or say server = \"vllm\""),
        ({"quantize": "4bit", "device": "cpu"}, 'quantize = "4bit" needs a CUDA device, not device = "cpu"'),
        (
            {"base_url": "localhost:8000"},
            "base_url is to read like http://localhost:8000/v1, with a port, not 'localhost:8000'",
        ),
    ],
)
def test_options_out_of_range(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        tuner(tmp_path, **options)
    assert str(raised.value) == f"tuner 'lora': {message}"


RUNNING = Job("x", "running", done=0.5, losses=(Loss(1, 2.5), Loss(2, 1.5, 3.0)), events=("begun",), tokens=7)


def test_a_job_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record(tmp_path)
    assert record.read() is None
    record.write(RUNNING)
    assert record.read() == RUNNING
    (tmp_path / "lora.json").write_text("{}")
    with pytest.raises(TuningFailed, match=r"lora.json: not the record of a training \('losses'\); remove it to begin"):
        record.read()


def test_whether_a_process_works_on_it_is_looked_at(tmp_path: Path) -> None:
    record, one = Record(tmp_path), tuner(tmp_path)
    asked = Job("x", "running")
    assert one.poll(asked) == replace(asked, status="interrupted")
    record.write(RUNNING)
    assert one.poll(asked) == replace(RUNNING, status="interrupted")
    with record.working():
        assert one.poll(asked) == RUNNING
    assert one.poll(asked) == replace(RUNNING, status="interrupted")


def test_a_start_after_an_end_is_not_taken_for_that_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else who looks too early is told "cancelled" as long as it trains, and cannot cancel it again."""
    record, one, begun = Record(tmp_path), tuner(tmp_path), Job("", "interrupted")
    for status in ("failed", "cancelled"):
        ended = replace(RUNNING, status=status, message="out of memory")
        record.write(ended)
        assert one.poll(begun) == begun and one.poll(ended) == ended
        with record.working():
            assert one.poll(begun) == replace(begun, status="running")
    looked: list[Job] = []
    monkeypatch.setattr(pretrained, "need_packages", lambda quantize: None)
    monkeypatch.setattr(training.Training, "run", lambda self, data: looked.append(one.poll(begun)))
    one.start(data(), silent)
    assert looked == [RUNNING]


def test_two_processes_do_not_train_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("text2sql.lora.record._PATIENCE", 0.1)
    monkeypatch.setattr(pretrained, "need_packages", lambda quantize: None)
    holding = (
        "import sys; from pathlib import Path; from text2sql.lora.record import Record\n"
        "with Record(Path(sys.argv[1])).working(): print(flush=True), sys.stdin.read()"
    )
    command = [sys.executable, "-c", holding, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline()
        assert refusal(tuner(tmp_path)) == (
            f"{tmp_path}: another process is training it; wait for it, or cancel it"
        )  # fmt: skip
        other.kill()
    with Record(tmp_path).working():
        pass


def test_cancelling(tmp_path: Path) -> None:
    record, one = Record(tmp_path), tuner(tmp_path)
    record.write(RUNNING)
    with record.working():
        said = "it ends after the step that it is at"
        assert one.cancel(RUNNING) == replace(RUNNING, status="cancelled", message=said)
        assert record.asked_to_end
    record.go_on()
    assert not record.asked_to_end
    assert one.cancel(RUNNING) == replace(RUNNING, status="cancelled") == record.read()
    done = replace(RUNNING, status="succeeded")
    record.write(done)
    assert one.cancel(RUNNING) == done


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({}, "cd {above} && transformers serve lora-1/merged --port 8000"),
        (
            {"base_url": "http://gpu:9001/v1"},
            "cd {above} && transformers serve lora-1/merged --host 0.0.0.0 --port 9001",
        ),
        ({"server": "vllm"}, "vllm serve {above}/lora-1/merged --served-model-name lora-1/merged --port 8000"),
        (
            {"server": "vllm", "merge": False, "rank": 12},
            "vllm serve org/chat --enable-lora --max-lora-rank 16 --lora-modules "
            "lora-1/adapter={above}/lora-1/adapter --port 8000",
        ),
    ],
)
def test_the_command_that_serves_it(options: dict[str, Any], command: str, tmp_path: Path) -> None:
    settings = lora(tmp_path, 0, base="org/chat", **options).settings  # type: ignore[attr-defined]
    base = Base("org/chat", None, None, ())
    assert serving.command(tmp_path / "lora-1", base, settings) == command.format(above=tmp_path)


def test_a_model_that_is_made_anew_has_another_name(tmp_path: Path) -> None:
    folder, base = tmp_path / "lora-1", Base("org/chat", None, None, ())
    (folder / "earlier-1").mkdir(parents=True)
    for more, serve in (
        ({}, f"cd {tmp_path} && transformers serve lora-1/merged-2 --port 8000"),
        (
            {"server": "vllm"},
            f"vllm serve {tmp_path}/lora-1/merged-2 --served-model-name lora-1/merged-2 --port 8000",
        ),
        (
            {"server": "vllm", "merge": False},
            "vllm serve org/chat --enable-lora --max-lora-rank 16 --lora-modules "
            f"lora-1/adapter-2={tmp_path}/lora-1/adapter --port 8000",
        ),
    ):
        settings = lora(folder, 0, base="org/chat", **more).settings  # type: ignore
        assert serving.command(folder, base, settings) == serve


def test_the_command_that_serves_it_in_a_folder_with_blanks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, base = tmp_path / "of mine" / "lora-1", Base("org/chat", None, None, ())
    settings = lora(folder, 0, base="org/chat").settings  # type: ignore[attr-defined]
    serve = "transformers serve lora-1/merged --port 8000"
    assert serving.command(folder, base, settings) == f"cd '{folder.parent}' && {serve}"
    monkeypatch.setattr(serving, "os", SimpleNamespace(name="nt"))
    assert serving.command(folder, base, settings) == f'cd /d "{folder.parent}" && {serve}'


def test_the_loss_curve_of_a_trainers_log() -> None:
    history = [
        {"loss": 3.0, "step": 1}, {"loss": 2.0, "step": 2}, {"eval_loss": 2.5, "step": 2}, {"loss": 1.0, "step": 3},
        {"train_loss": 2.0, "step": 3},
    ]  # fmt: skip
    assert losses_of(history) == [Loss(1, 3.0), Loss(2, 2.0, 2.5), Loss(3, 1.0)]
    assert losses_of(history[:2], [Loss(2, 2.0, 2.5)]) == [Loss(1, 3.0), Loss(2, 2.0, 2.5)]


def test_a_checkpoint_whose_saving_was_cut_off_is_left_out(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-5" / "trainer_state.json").touch()
    assert training._last_checkpoint(tmp_path) == tmp_path / "checkpoint-5"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-5"]


def test_checkpoints_of_another_base(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model.safetensors").write_text("weights")
    base = Base(str(tmp_path / "model"), None, SimpleNamespace(), ())
    folder = tmp_path / "tuning"
    (folder / "checkpoint-5").mkdir(parents=True)
    for wrong in (
        "of another base model, unknown",
        "of another base model, other",
        f"of other weights of {base.name}",
        "of other examples",
    ):
        with pytest.raises(TuningFailed) as raised:
            pretrained.hold_to(base, TuningData(()), folder)
        assert str(raised.value) == f"the checkpoints here are {wrong}; remove {folder} to begin anew"
        known = {"base": "other", "weights": "w", "data": "d"}
        if "unknown" not in wrong:
            known["base"] = base.name
        if "weights" in wrong:
            known["weights"] = pretrained._weights(base)
        (folder / "base.json").write_text(json.dumps(known))
    (folder / "checkpoint-5").rmdir()
    pretrained.hold_to(base, TuningData(()), folder)
    (folder / "checkpoint-5").mkdir()
    pretrained.hold_to(base, TuningData(()), folder)


# --- with torch ---------------------------------------------------------------------------------------------------

real = pytest.mark.lora
loose = pytest.mark.filterwarnings("default")  # what the libraries say of each other


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny chat model."""
    if missing := [name for name in ("torch", "transformers", "peft", "trl") if find_spec(name) is None]:
        pytest.skip(f"no {', '.join(missing)}: pip install -e '.[dev,lora]'")
    import torch

    from tests.tiny_model import make

    torch.set_num_threads(1)  # for layers this small, more only wait for each other
    folder = tmp_path_factory.mktemp("base") / "tiny"
    make(str(folder), docile=True)
    return folder


@pytest.fixture(scope="module")
def tuned(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Job]:
    """A training of forty epochs, to its end."""
    folder = tmp_path_factory.mktemp("above") / "lora-tiny"
    return folder, tuner(folder, base=str(base), epochs=40, **OPTIONS).start(data(), silent)


@real
@loose
def test_the_loss_falls(tuned: tuple[Path, Job], base: Path) -> None:
    folder, job = tuned
    assert (job.id, job.status, job.done, job.message) == ("lora-tiny", "succeeded", 1.0, "")
    assert job.model == {"use": "openai", "name": "lora-tiny/merged", "base_url": "http://localhost:8000/v1"}
    assert job.events == (
        "36 examples to learn from, 4 to measure the loss on",
        "34,816 of 182,592 parameters are trained, in 200 steps",
    )
    train = [loss.train for loss in job.losses if loss.train is not None]
    assert train[-1] < train[0] / 20
    assert [loss.step for loss in job.losses if loss.validation is not None] == list(range(5, 201, 5))
    assert job.tokens is not None and job.tokens % 40 == 0
    one = tuner(folder, base=str(base), epochs=40, **OPTIONS)
    assert one.poll(Job("x", "running")) == job == one.start(data(), silent)
    assert not list(folder.glob("checkpoint-*"))


@real
@loose
def test_a_training_that_was_cut_off_while_merging_only_merges(
    tuned: tuple[Path, Job], base: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "lora-tiny"
    shutil.copytree(tuned[0], folder)
    merged = (folder / "merged" / "model.safetensors").read_bytes()
    (folder / "merged").rename(folder / ".merged.cut")
    Record(folder).write(replace(tuned[1], status="running", model={}, serve=""))
    heard: list[str] = []
    job = tuner(folder, base=str(base), epochs=40, **OPTIONS).start(data(), lambda stage, share: heard.append(stage))
    assert heard == ["base model", "examples", "merging"]
    assert (job.status, job.model, job.losses) == ("succeeded", tuned[1].model, tuned[1].losses)
    assert (folder / "merged" / "model.safetensors").read_bytes() == merged
    assert not list(folder.glob(".merged*"))


@real
@loose
def test_the_served_model_gives_the_answers_that_it_learned(
    tuned: tuple[Path, Job], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    _, job = tuned
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = job.serve.replace("--port 8000", f"--port {port}")
    command = command.replace("transformers ", shlex.join([sys.executable, "-m", "transformers.cli.transformers", ""]))
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    log = tmp_path / "log.txt"
    with log.open("wb") as printed, served(command, environment, printed) as process:
        wait_for(f"http://127.0.0.1:{port}/health", process, log)
        model = openai(name=str(job.model["name"]), base_url=f"http://127.0.0.1:{port}/v1", max_tokens=100)
        asked = data().train[:12]
        said = [model.complete(one.prompt, n=1, temperature=0.0, seed=0)[0].text for one in asked]
        sampled = {model.complete(asked[0].prompt, n=1, temperature=3.0, seed=seed)[0].text for seed in (1, 2)}
    assert said == [one.answer for one in asked]
    assert len(sampled) == 2


class served:
    """A shell command and all that it starts, while it is asked."""

    def __init__(self, command: str, environment: dict[str, str], printed: Any) -> None:
        self.process = subprocess.Popen(
            command, shell=True, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def whole(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Job, bytes]:
    """A short training that nothing cuts off, and its adapter."""
    folder = tmp_path_factory.mktemp("whole") / "short"
    job = tuner(folder, base=str(base), epochs=6, **OPTIONS).start(data(), silent)
    return job, adapter(folder)


def adapter(folder: Path) -> bytes:
    return (folder / "adapter" / "adapter_model.safetensors").read_bytes()


def curve(job: Job) -> list[tuple[int, float | None]]:
    return [(loss.step, loss.train) for loss in job.losses]


def train(folder: str, base: str) -> None:
    """The short training, in a process of its own."""
    import torch

    torch.set_num_threads(1)

    def slowly(stage: str, share: float) -> None:
        time.sleep(0.1 if stage.startswith("step") else 0)

    tuner(Path(folder), base=base, epochs=6, **OPTIONS).start(data(), slowly)


@real
@loose
def test_a_killed_training_goes_on_and_ends_the_same(base: Path, whole: tuple[Job, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "short"
    one = tuner(folder, base=str(base), epochs=6, **OPTIONS)
    code = f"from tests.test_tuner_lora import train; train({str(folder)!r}, {str(base)!r})"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
        while process.poll() is None and (one.poll(Job("short", "running")).done < 0.4):
            time.sleep(0.02)
        meanwhile = one.poll(Job("short", "running"))
        process.kill()
    assert (meanwhile.status, meanwhile.message) == ("running", "")
    steps = [loss.step for loss in meanwhile.losses]
    assert steps == list(range(1, len(steps) + 1)) and 12 <= len(steps) < 30
    cut = one.poll(meanwhile)
    assert cut.status == "interrupted"
    begun = max(int(path.name.partition("-")[2]) for path in folder.glob("checkpoint-*"))

    heard: list[str] = []
    job = one.start(data(), lambda stage, share: heard.append(stage))
    assert job.events[-1] == f"goes on from step {begun}"
    assert [stage for stage in heard if stage.startswith("step")] == [
        f"step {step} of 30" for step in range(begun + 1, 31)
    ]
    assert (job.losses, job.tokens) == (whole[0].losses, whole[0].tokens)
    assert adapter(folder) == whole[1]


@real
@loose
def test_a_cancelled_training_keeps_what_it_has(base: Path, whole: tuple[Job, bytes], tmp_path: Path) -> None:
    one = tuner(tmp_path / "short", base=str(base), epochs=6, **OPTIONS)

    def cancel(stage: str, share: float) -> None:
        if stage.startswith("step 7 "):
            assert one.cancel(Job("short", "running")).status == "cancelled"

    job = one.start(data(), cancel)
    assert (job.status, job.message) == (
        "cancelled", "ended before its last step; 'text2sql finetune start' goes on with it",
    )  # fmt: skip
    assert curve(job) == curve(whole[0])[:7]
    assert one.poll(job) == job
    again = one.start(data(), silent)
    assert (again.status, again.events[-1], curve(again)) == ("succeeded", "goes on from step 7", curve(whole[0]))


@real
@loose
def test_a_template_that_tells_the_time_stops_no_training_from_going_on(base: Path, tmp_path: Path) -> None:
    dated = tmp_path / "dated"
    shutil.copytree(base, dated)
    template = dated / "chat_template.jinja"
    template.write_text("{{ strftime_now('%H:%M:%S') }} " + template.read_text(encoding="utf-8"), encoding="utf-8")
    one = tuner(tmp_path / "short", base=str(dated), epochs=1, **OPTIONS)

    def cancel(stage: str, share: float) -> None:
        if stage.startswith("step 1 "):
            one.cancel(Job("short", "running"))

    assert one.start(data(), cancel).status == "cancelled"
    time.sleep(1)
    assert one.start(data(), silent).events[-1] == "goes on from step 1"


@real
@loose
def test_on_gpus(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as one can tell without: the first of several, old ones that only feign bfloat16, QLoRA in float16."""
    import torch

    settings = tuner(tmp_path, base=str(base), **OPTIONS | {"device": "auto"}).settings  # type: ignore[attr-defined]
    found = pretrained.find_base(str(base))
    rows = tokenized(demonstrations()[:2], found.tokenizer, found.ends, 1000, "tiny")
    with monkeypatch.context() as patch:
        patch.setattr(torch.accelerator, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 2)
        trainer = make_trainer(found, settings, tmp_path, rows, Rows(()))
    assert (trainer.args.n_gpu, trainer.args.train_batch_size) == (1, 8)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda device: True)
    for major, dtype in ((7, torch.float32), (8, torch.bfloat16)):
        properties = SimpleNamespace(major=major)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device, properties=properties: properties)
        assert pretrained.precision(settings) is dtype
    layers = torch.nn.ModuleList([torch.nn.Linear(1, 1, dtype=torch.bfloat16) for _ in range(2)])
    layers[0].requires_grad_(False)
    in_float32(layers)
    assert [layer.weight.dtype for layer in layers] == [torch.bfloat16, torch.float32]


@real
@loose
def test_a_model_that_can_see_keeps_its_settings_for_images(tmp_path: Path) -> None:
    for place in ("base", "merged"):
        (tmp_path / place).mkdir()
    (tmp_path / "base" / "preprocessor_config.json").write_text("{}")
    serving._copy_processor(Base(str(tmp_path / "base"), None, None, ()), tmp_path / "merged")
    assert [path.name for path in (tmp_path / "merged").iterdir()] == ["preprocessor_config.json"]


@real
@loose
def test_the_prompt_is_the_servers_and_has_no_part_in_the_loss(base: Path) -> None:
    found = pretrained.find_base(str(base))
    assert found.ends == ("<end>",)
    ended = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>\n{% endfor %}"
    ended += "{% if add_generation_prompt %}<assistant>{% endif %}"
    for template in (found.tokenizer.chat_template, ended):
        found.tokenizer.chat_template = template
        (row,) = tokenized(demonstrations()[:1], found.tokenizer, found.ends, 1000, "tiny").rows
        (message,) = demonstrations()[0].prompt.messages
        asked = found.tokenizer.apply_chat_template(
            [{"role": message.role, "content": message.content}], add_generation_prompt=True
        )["input_ids"]
        assert row["input_ids"][: len(asked)] == asked
        assert row["labels"] == [-100] * len(asked) + row["input_ids"][len(asked) :]
        assert found.tokenizer.decode(row["input_ids"][len(asked) :]) == f"{demonstrations()[0].answer}<end>"


@real
@loose
def test_the_trainer_gets_the_labels_as_they_are(base: Path, tmp_path: Path) -> None:
    found = pretrained.find_base(str(base))
    rows = tokenized(demonstrations()[:2], found.tokenizer, found.ends, 1000, "tiny")
    settings = tuner(tmp_path, base=str(base), **OPTIONS).settings  # type: ignore[attr-defined]
    trainer = make_trainer(found, settings, tmp_path, rows, Rows(()))
    (batch,) = trainer.get_train_dataloader()
    longest = max(len(row["labels"]) for row in rows.rows)
    padded = [row["labels"] + [-100] * (longest - len(row["labels"])) for row in rows.rows]
    assert sorted(batch["labels"].tolist()) == sorted(padded)


def _bert(folder: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    BertForMaskedLM(BertConfig(vocab_size=8, **sizes)).save_pretrained(folder)


@real
@loose
def test_bases_that_are_none(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    missing = refusal(tuner(tmp_path / "1", base="no/such"))
    assert missing.startswith("base 'no/such': no folder, and no model that can be had (") and "\n" not in missing
    (tmp_path / "empty").mkdir()
    empty = refusal(tuner(tmp_path / "2", base=str(tmp_path / "empty")))
    assert empty.startswith(f"base '{tmp_path / 'empty'}': has no model (") and "\n" not in empty
    _bert(tmp_path / "bert")
    assert refusal(tuner(tmp_path / "3", base=str(tmp_path / "bert"))) == (
        f"base '{tmp_path / 'bert'}': no causal language model, but BertForMaskedLM"
    )
    plain = tmp_path / "plain"
    shutil.copytree(base, plain)
    (plain / "chat_template.jinja").unlink()
    assert refusal(tuner(tmp_path / "4", base=str(plain))) == (
        f"base '{plain}': no chat template; take the model's variant for chats (Instruct, Chat, it)"
    )
    assert refusal(tuner(tmp_path / "5", base=str(base), targets=["nothing"])).startswith(f"base '{base}': ")


@real
@loose
def test_the_token_limit_leaves_out_and_cuts_nothing(base: Path, tmp_path: Path) -> None:
    options = {"base": str(base), "epochs": 1, **OPTIONS}
    assert refusal(tuner(tmp_path / "1", max_tokens=20, **options)) == (
        "all 36 examples have more than 20 tokens (the shortest 40): raise max_tokens, or shorten the prompts"
    )
    job = tuner(tmp_path / "2", max_tokens=60, **options).start(data(), silent)
    assert job.events[:2] == (
        "14 examples to learn from, 1 to measure the loss on",
        "25 examples left out: they have more than 60 tokens",
    )


@real
@loose
def test_out_of_memory_says_what_to_lower(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from trl import SFTTrainer

    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    one = tuner(tmp_path, base=str(base), epochs=1, **OPTIONS)
    with monkeypatch.context() as patch:
        patch.setattr(SFTTrainer, "compute_loss", full)
        job = one.start(data(), silent)
    lower = "batch (now 8; raise accumulate with it), max_tokens (now 4096) or rank (now 16)"
    assert (job.status, job.message) == ("failed", f"out of memory: lower {lower}")
    assert one.poll(job) == job


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is looked for elsewhere."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    yield
