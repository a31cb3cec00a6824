"""The openai model against a real HTTP server on localhost that answers, refuses and fails as servers do."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError, ProviderError
from text2sql.models.openai import openai
from text2sql.report import rows, table
from text2sql.runner import run
from text2sql.sql import extract
from text2sql.types import Completion, Completions, Message, Prompt, Question, Schema, Tool, ToolCall, Usage

PROMPT = Prompt(
    (Message("system", "Answer in SQL."), Message("user", "How many?")), Question("q", "d", "?"), Schema("d", ())
)
MESSAGES = [{"role": "system", "content": "Answer in SQL."}, {"role": "user", "content": "How many?"}]


# ---- a server whose answers are set by the test


@dataclass
class Reply:
    """One answer; ``status`` 0 closes the connection without a word, ``seconds`` pass before it."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Endpoint:
    """The answers in their order, the last one for good, and all that was seen; ``keep`` connections or end them."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    open: set[object] = field(default_factory=set)
    keep: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, path: str, body: Any, headers: dict[str, str]) -> Reply:
        assert path == "/v1/chat/completions"
        with self.lock:
            self.bodies.append(body)
            self.headers.append(headers)
            self.times.append(time.monotonic())
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    @property
    def waits(self) -> list[float]:
        """Seconds between the requests."""
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, endpoint: Endpoint, *args: object) -> None:
        self.endpoint = endpoint
        super().__init__(*args)  # type: ignore[arg-type]

    def handle(self) -> None:
        self.endpoint.open.add(self.client_address)
        super().handle()
        self.endpoint.open.remove(self.client_address)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply = self.endpoint.reply(self.path, body, {name.lower(): value for name, value in self.headers.items()})
        time.sleep(reply.seconds)
        self.close_connection = not self.endpoint.keep
        if not reply.status:
            return
        sent = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        kind = {"Content-Type": "application/json", "Connection": "keep-alive" if self.endpoint.keep else "close"}
        for name, value in {**kind, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        with suppress(OSError):  # the client did not wait
            self.wfile.write(sent)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for every answer


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor proxies of the machine."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint()
    with Server(("127.0.0.1", 0), partial(Handler, endpoint)) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield endpoint
        server.shutdown()
        thread.join()


def choice(text: str | None, reason: str | None = "stop", **message: object) -> dict[str, object]:
    said = {"role": "assistant", "content": text, **message}
    return {"index": 0, "finish_reason": reason, "message": said}


def chat(*choices: dict[str, object], usage: tuple[int, int] | None = (7, 3)) -> dict[str, object]:
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": list(choices)}
    if usage is None:
        return body
    prompt, completion = usage
    tokens = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {**body, "usage": tokens}


def failure(message: str, *, param: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


FINE = Reply(chat(choice("SELECT 1")))
AT_ONCE = {"Retry-After": "0.01"}
SAID = [Completion("SELECT 1", usage=Usage(7, 3))]


def ask(endpoint: Endpoint, prompt: Prompt = PROMPT, *, n: int = 1, seed: int = 0, **options: Any) -> Completions:
    model = openai(name="m", base_url=endpoint.url, **options)
    return model.complete(prompt, n=n, temperature=0.5, seed=seed)


def complaint(endpoint: Endpoint, **options: Any) -> str:
    """The line of the error that a call ends with, without the name of model and server."""
    with pytest.raises(ProviderError) as caught:
        ask(endpoint, **options)
    line = str(caught.value)
    where = f"m at {endpoint.url.split('/')[2]}: "
    assert line.startswith(where) and "\n" not in line and len(line) < 400
    return line.removeprefix(where)


# ---- what is asked


def test_a_plain_request(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret\n")
    endpoint.replies = [FINE]
    assert ask(endpoint, seed=3) == SAID
    assert endpoint.bodies == [{"model": "m", "messages": MESSAGES, "temperature": 0.5, "seed": 3}]
    assert endpoint.headers[0]["authorization"] == "Bearer sk-secret"


def test_all_that_a_prompt_and_the_options_say(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "other")
    tool = Tool("look", "Look at a table.", '{"type": "object", "properties": {"table": {"type": "string"}}}')
    prompt = Prompt(PROMPT.messages, PROMPT.question, PROMPT.schema, tools=(tool,), stop=(";", "\n\n"))
    look = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"table": "boat"}'}}
    endpoint.replies = [Reply(chat(choice(None, "tool_calls", tool_calls=[look]), choice("SELECT 2", "length")))]
    assert ask(endpoint, prompt, n=2, max_tokens=50, max_completion_tokens=60, api_key_env="MY_KEY") == [
        Completion(
            "", tool_calls=(ToolCall("look", '{"table": "boat"}'),), finish_reason="tool_calls", usage=Usage(7, 3)
        ),
        Completion("SELECT 2", finish_reason="length"),
    ]
    parameters = {"type": "object", "properties": {"table": {"type": "string"}}}
    assert endpoint.bodies == [
        {
            "model": "m",
            "messages": MESSAGES,
            "n": 2,
            "temperature": 0.5,
            "seed": 0,
            "max_tokens": 50,
            "max_completion_tokens": 60,
            "stop": [";", "\n\n"],
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "look", "description": "Look at a table.", "parameters": parameters},
                }
            ],
        }
    ]
    assert endpoint.headers[0]["authorization"] == "Bearer other"


def test_what_a_server_refuses_is_left_out(endpoint: Endpoint) -> None:
    endpoint.replies = [FINE]
    assert len(ask(endpoint, n=2, omit=("n", "seed", "temperature"))) == 2
    assert endpoint.bodies == [{"model": "m", "messages": MESSAGES}] * 2


def test_n_is_spread_over_as_many_calls_as_it_takes(endpoint: Endpoint) -> None:
    endpoint.replies = [
        Reply(chat(choice("a"), choice("b"), usage=(10, 4))),
        Reply(chat(choice("c"), usage=(10, 2))),
        Reply(chat(*map(choice, "defg"), usage=(10, 8))),
    ]
    assert ask(endpoint, n=5, seed=1) == [
        Completion("a", usage=Usage(10, 4)),
        Completion("b"),
        Completion("c", usage=Usage(10, 2)),
        Completion("d", usage=Usage(10, 8)),
        Completion("e"),
    ]
    same = {"model": "m", "messages": MESSAGES, "temperature": 0.5}
    assert endpoint.bodies == [
        {**same, "n": 5, "seed": 1},
        {**same, "n": 3, "seed": 2001},
        {**same, "n": 2, "seed": 3001},
    ]


def test_the_address_of_the_environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    endpoint.replies = [FINE]
    assert len(openai(name="m").complete(PROMPT, n=1, temperature=0.0, seed=0)) == 1


def test_one_client_serves_many_threads(endpoint: Endpoint) -> None:
    endpoint.replies = [FINE]
    model = openai(name="m", base_url=endpoint.url)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda seed: model.complete(PROMPT, n=1, temperature=0.0, seed=seed), range(40)))
    assert answers == [SAID] * 40
    assert sorted(body["seed"] for body in endpoint.bodies) == list(range(40))


def test_connections_are_kept_and_end_with_the_model(endpoint: Endpoint) -> None:
    endpoint.replies, endpoint.keep = [FINE], True
    model = openai(name="m", base_url=endpoint.url)
    for seed in range(3):
        model.complete(PROMPT, n=1, temperature=0.0, seed=seed)
    assert len(endpoint.open) == 1
    gc.disable()
    del model
    deadline = time.monotonic() + 5
    while endpoint.open and time.monotonic() < deadline:
        time.sleep(0.01)
    gc.enable()
    assert not endpoint.open


# ---- what is made of the answer


@pytest.mark.parametrize(
    ("answer", "completion", "problem"),
    [
        (
            choice(None, refusal="I cannot help."),
            Completion("I cannot help.", finish_reason="content_filter"),
            "refused",
        ),
        (choice(None, "content_filter"), Completion("", finish_reason="content_filter"), "refused"),
        (choice("SEL", "length"), Completion("SEL", finish_reason="length"), "cut_off"),
        (choice(None), Completion(""), "no_sql"),
        (choice("SELECT 1", None), Completion("SELECT 1"), ""),
    ],
)
def test_answers_of_all_kinds(endpoint: Endpoint, answer: Any, completion: Completion, problem: str) -> None:
    endpoint.replies = [Reply(chat(answer, usage=None))]
    assert ask(endpoint) == [completion]
    assert extract(completion)[1] == problem


def test_an_answer_with_hardly_anything_in_it(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply({"choices": [{"message": {"content": "SELECT 1"}}], "usage": {"prompt_tokens": 5}})]
    assert ask(endpoint) == [Completion("SELECT 1", usage=Usage(5))]


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        (Reply(b'{"choices": ['), "Expecting value: line 1 column 14 (char 13)"),
        (Reply(b"<html>Welcome</html>", headers={"Content-Type": "text/html"}), "<html>Welcome</html>"),
        (Reply({"error": {"message": "out of credits"}}), '{"error":{"message":"out of credits"}}'),
        (Reply({"choices": []}), '{"choices":[]}'),
        (Reply({"choices": [{"message": {"content": [1]}}]}), "content is [1]"),
        (Reply({"choices": [{"message": None}]}), "'NoneType' object has no attribute 'refusal'"),
        (Reply([1]), None),
        (Reply({"choices": 7}), None),
        (Reply({"choices": ["x"]}), None),
    ],
)
def test_what_is_no_chat_completion(endpoint: Endpoint, reply: Reply, line: str | None) -> None:
    endpoint.replies = [reply]
    said = complaint(endpoint)
    assert said.startswith("its answer is no chat completion: ") and said.endswith("; is base_url right?")
    if line is not None:
        assert said == f"its answer is no chat completion: {line}; is base_url right?"
    assert len(endpoint.bodies) == 1


# ---- retries


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_what_passes_is_tried_again(endpoint: Endpoint, status: int) -> None:
    endpoint.replies = [Reply(failure("busy"), status, AT_ONCE), Reply(failure("busy"), status, AT_ONCE), FINE]
    assert ask(endpoint) == SAID
    assert len(endpoint.bodies) == 3


def test_the_server_says_when(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(failure("slow down"), 429, {"Retry-After": "1"}), FINE]
    ask(endpoint)
    (wait,) = endpoint.waits
    assert 1.0 <= wait < 3.0


def test_the_intervals_grow(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(failure("busy"), 503)]
    assert complaint(endpoint, retries=2) == "503, tried 3 times: busy; --retry asks again"
    first, second = endpoint.waits
    assert 0.3 < first < 0.9 and 0.7 < second < 1.9


def test_a_lost_connection_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(None, 0), FINE]
    assert len(ask(endpoint, retries=1)) == 1


def test_silence_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(None, 0, seconds=0.6), FINE]
    assert len(ask(endpoint, timeout=0.2, retries=1)) == 1


def test_silence_for_good(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(None, 0, seconds=0.6)]
    assert complaint(endpoint, timeout=0.1, retries=1) == (
        "no answer in time, tried 2 times; a longer timeout, or fewer --workers?"
    )


# ---- giving up


@pytest.mark.parametrize(
    ("reply", "options", "line"),
    [
        (
            Reply(failure("Rate limit\n reached"), 429, AT_ONCE),
            {"retries": 2},
            "429, tried 3 times: Rate limit reached; fewer --workers, more retries, or is the quota used up?",
        ),
        (
            Reply({"error": "overloaded"}, 500, AT_ONCE),
            {"retries": 0},
            "500: overloaded; --retry asks again",
        ),
        (Reply(failure("Wrong key"), 401), {}, "401: Wrong key; set OPENAI_API_KEY to a key of this server"),
        (Reply(b"", 401), {"api_key_env": "K"}, "401: no reason given; set K to a key of this server"),
        (Reply(failure("no"), 403), {}, "403: no; may the key in OPENAI_API_KEY use this model?"),
        (
            Reply({"detail": "Not Found"}, 404),
            {},
            "404: Not Found; are name and base_url right? it mostly ends in /v1",
        ),
        (Reply(failure("pay"), 402), {}, "402: pay; the request is to be changed"),
        (Reply(failure("too long"), 400), {}, "400: too long; the request is to be changed"),
        (
            Reply(b"<html>" + b"x" * 500, 400, {"Content-Type": "text/html"}),
            {},
            f"400: <html>{'x' * 194}…; the request is to be changed",
        ),
        (
            Reply(failure("Unsupported value", param="temperature"), 400),
            {},
            "400: Unsupported value; it refuses 'temperature': change it, or omit = [\"temperature\"]",
        ),
        (
            Reply(failure("Unsupported parameter: use 'max_completion_tokens' instead.", param="max_tokens"), 400),
            {"max_tokens": 9},
            "400: Unsupported parameter: use 'max_completion_tokens' instead.; "
            "it refuses 'max_tokens': change it, or give 'max_completion_tokens' instead",
        ),
        (
            Reply(failure("no max_completion_tokens here"), 400),
            {"max_completion_tokens": 9},
            "400: no max_completion_tokens here; "
            "it refuses 'max_completion_tokens': change it, or give 'max_tokens' instead",
        ),
        (
            Reply(failure("'n' must be at most 1"), 400),
            {"n": 2},
            "400: 'n' must be at most 1; it refuses 'n': change it, or omit = [\"n\"]",
        ),
        (
            Reply({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"]}]}, 422),
            {},
            "422: [{'type': 'extra_forbidden', 'loc': ['body', 'seed']}]; "
            "it refuses 'seed': change it, or omit = [\"seed\"]",
        ),
        (Reply(failure("odd", param=["x"]), 400), {}, "400: odd; the request is to be changed"),  # type: ignore[arg-type]
    ],
)
def test_one_line_says_what_is_wrong(endpoint: Endpoint, reply: Reply, options: dict[str, Any], line: str) -> None:
    endpoint.replies = [reply]
    assert complaint(endpoint, **options) == line
    assert len(endpoint.bodies) == 1 + (options.get("retries", 0) if reply.status >= 429 else 0)


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(
            ProviderError, match=r"^m at 127\.0\.0\.1:\d+: no connection \(.*refused.*\), tried 2 times; is the"
        ):
            openai(name="m", base_url=url, retries=1).complete(PROMPT, n=1, temperature=0.0, seed=0)


@pytest.mark.parametrize(
    ("key", "options", "line"),
    [
        (None, {}, "model 'm': no key; set OPENAI_API_KEY, or give the base_url of a server without keys"),
        (" ", {"api_key_env": "K"}, "model 'm': no key; set K, or give the base_url of a server without keys"),
        ("sk–1", {}, "model 'm': timeout is above 0, retries at least 0, the key in OPENAI_API_KEY plain ASCII"),
        (
            "k",
            {"timeout": 0.0},
            "model 'm': timeout is above 0, retries at least 0, the key in OPENAI_API_KEY plain ASCII",
        ),
        (
            "k",
            {"retries": -1},
            "model 'm': timeout is above 0, retries at least 0, the key in OPENAI_API_KEY plain ASCII",
        ),
        (
            None,
            {"base_url": "localhost:8000/v1"},
            "model 'm': base_url is to read like http://localhost:8000/v1, not 'localhost:8000/v1'",
        ),
        (None, {"base_url": "http://h:80x/v1"}, "model 'm': base_url 'http://h:80x/v1': Invalid port: '80x'"),
    ],
)
def test_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, key: str | None, options: dict[str, Any], line: str
) -> None:
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ConfigError) as caught:
        openai(name="m", **options)
    assert str(caught.value) == line


def test_the_client_is_imported_late() -> None:
    code = "import sys; from text2sql.catalogue import text; print('base_url' in text(), 'openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


# ---- from an experiment file to the table

EXPERIMENT = """
[data]
use = "tiny"
[[configuration]]
name = "asked"
model = {{ use = "openai", name = "m", base_url = "{url}", omit = ["seed"], retries = 0 }}
prompt = "question"
generator = {{ use = "direct", n = 2, temperature = 0.7 }}
"""


def test_a_run_from_its_file_to_its_table(tmp_path: Path, tiny: Dataset, endpoint: Endpoint) -> None:
    gold = {example.question.text: example.sql for example in tiny.examples}
    wrong = {example.question.text for example in tiny.examples[:3]}
    down = tiny.examples[-1].question.text

    def reply(path: str, body: Any, headers: dict[str, str]) -> Reply:
        (text,) = [text for text in gold if text in body["messages"][-1]["content"]]
        if text == down:
            return Reply(failure("maintenance"), 503)
        sql = "SELECT 'wrong'" if text in wrong else gold[text]
        return Reply(chat(choice(f"Here it is:\n```sql\n{sql};\n```"), usage=(100, 10)))

    endpoint.reply = reply  # type: ignore[method-assign]
    file = tmp_path / "asked.toml"
    file.write_text(EXPERIMENT.format(url=endpoint.url), encoding="utf-8")
    runs = run(load(file), workers=4, progress=False)
    (row,) = rows(runs)
    count = len(tiny.examples)
    assert row.scores["execution_accuracy"]["all"] == (count - 4) / count
    # Two calls of 110 tokens for each question that was answered: the server gives one choice a call.
    assert (row.answered, row.errors, row.tokens, row.cost) == (count - 1, 0, (count - 1) * 220, None)
    assert f" {(count - 1) * 220:,} " in table(runs)
    assert runs["asked"].run.records[runs["asked"].unanswered[0]]["unanswered"] == (
        f"m at {endpoint.url.split('/')[2]}: 503: maintenance; --retry asks again"
    )
