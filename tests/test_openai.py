"""The openai model against a real HTTP server on localhost that answers, refuses and fails as servers do."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.endpoint import Endpoint, Reply, chat, choice, failure, serving
from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.errors import CallFailed, ConfigError, Halted, ProviderError
from text2sql.exchange import Exchange
from text2sql.models._wire import retry_after, seconds
from text2sql.models.openai import openai
from text2sql.protocols import Remote
from text2sql.report import rows, table
from text2sql.responses import Responses
from text2sql.runner import run
from text2sql.sql import extract
from text2sql.types import Completion, Completions, Limits, Message, Prompt, Question, Schema, Tool, ToolCall, Usage

PROMPT = Prompt(
    (Message("system", "Answer in SQL."), Message("user", "How many?")), Question("q", "d", "?"), Schema("d", ())
)
MESSAGES = [{"role": "system", "content": "Answer in SQL."}, {"role": "user", "content": "How many?"}]
PLAIN = {"model": "m", "messages": MESSAGES, "temperature": 0.5}
LOOK = Tool("look", "Look at a table.", '{"type": "object", "properties": {"table": {"type": "string"}}}')
SCHEMA = {
    "type": "object",
    "properties": {"sql": {"type": "string"}},
    "required": ["sql"],
    "additionalProperties": False,
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor proxies of the machine."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


FINE = Reply(chat(choice("SELECT 1")))
AT_ONCE = {"Retry-After": "0.01"}
SAID = [Completion("SELECT 1", usage=Usage(7, 3))]


def ask(endpoint: Endpoint, prompt: Prompt = PROMPT, *, n: int = 1, seed: int = 0, **options: Any) -> Completions:
    model = openai(name="m", base_url=endpoint.url, **options)
    return model.complete(prompt, n=n, temperature=0.5, seed=seed)


def remote(endpoint: Endpoint, **options: Any) -> Remote:
    model = openai(name="m", base_url=endpoint.url, **options)
    assert isinstance(model, Remote)
    return model


def ask_once(endpoint: Endpoint, *, n: int = 1, **options: Any) -> CallFailed:
    """How one call fails, without the name of model and server."""
    model = remote(endpoint, **options)
    with pytest.raises(CallFailed) as caught:
        model.send(model.request(PROMPT, temperature=0.5), n=n, seed=0, without=set())
    return caught.value


def complaint(endpoint: Endpoint, *, n: int = 1, error: type[Exception] = ProviderError, **options: Any) -> str:
    """The line of the error that a call ends with, without the name of model and server."""
    with pytest.raises(error) as caught:
        ask(endpoint, n=n, **options)
    line = str(caught.value)
    where = f"m at {endpoint.host}: "
    assert line.startswith(where) and "\n" not in line and len(line) < 400
    return line.removeprefix(where)


# ---- what is asked


def test_a_plain_request(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret\n")
    endpoint.replies = [FINE]
    assert ask(endpoint, seed=3) == SAID
    assert endpoint.bodies == [PLAIN | {"seed": 3}]
    assert endpoint.paths == ["/v1/chat/completions"]
    assert endpoint.headers[0]["authorization"] == "Bearer sk-secret"


def test_all_that_a_prompt_and_the_options_say(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "other")
    prompt = Prompt(PROMPT.messages, PROMPT.question, PROMPT.schema, tools=(LOOK,), stop=(";", "\n\n"))
    look = {"id": "c", "type": "function", "function": {"name": "look", "arguments": '{"table": "boat"}'}}
    other = {"id": "d", "function": {"name": "look", "arguments": {"table": "trip"}}}  # as some servers write it
    endpoint.replies = [Reply(chat(choice(None, "tool_calls", tool_calls=[look, other]), choice("SELECT 2", "length")))]
    options: dict[str, Any] = {
        "max_tokens": 50, "stop": ("#",), "top_p": 0.9, "frequency_penalty": 0.1, "presence_penalty": 0.2,
        "reasoning_effort": "low", "logprobs": True, "body": {"min_p": 0.05, "guided": {"regex": "S.*"}},
    }  # fmt: skip
    said = ask(endpoint, prompt, n=2, api_key_env="MY_KEY", **options)
    assert [(one.text, one.tool_calls, one.finish_reason) for one in said] == [
        ("", (ToolCall("look", '{"table": "boat"}'), ToolCall("look", '{"table": "trip"}')), "tool_calls"),
        ("SELECT 2", (), "length"),
    ]
    function = {"name": "look", "description": "Look at a table.", "parameters": json.loads(LOOK.parameters)}
    assert endpoint.bodies == [
        PLAIN
        | {
            "n": 2, "seed": 0, "max_tokens": 50, "stop": [";", "\n\n", "#"], "top_p": 0.9, "frequency_penalty": 0.1,
            "presence_penalty": 0.2, "reasoning_effort": "low", "logprobs": True, "min_p": 0.05,
            "guided": {"regex": "S.*"}, "tools": [{"type": "function", "function": function}],
        }
    ]  # fmt: skip
    assert endpoint.headers[0]["authorization"] == "Bearer other"


def test_what_a_server_does_not_know_is_left_out(endpoint: Endpoint) -> None:
    endpoint.replies = [FINE]
    assert len(ask(endpoint, n=2, omit=("n", "seed", "temperature", "max_tokens"), max_tokens=9)) == 2
    assert endpoint.bodies == [{"model": "m", "messages": MESSAGES, "max_completion_tokens": 9}] * 2


def test_what_is_left_out_is_no_part_of_the_request(endpoint: Endpoint) -> None:
    plain, without = remote(endpoint), remote(endpoint, omit=("temperature", "n", "seed", "max_tokens"), max_tokens=9)
    warm, cold = (without.request(PROMPT, temperature=one) for one in (0.7, 0.0))
    assert warm == cold != plain.request(PROMPT, temperature=0.0)
    assert json.loads(cold.body) == {"model": "m", "messages": MESSAGES, "max_tokens": 9}


@pytest.mark.parametrize(
    ("api", "name"), [("chat", "max_completion_tokens"), ("completions", "max_tokens")], ids=["chat", "completions"]
)
def test_openai_knows_the_longest_answer_by_another_name(api: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from text2sql.models import openai as module

    with serving() as endpoint:
        monkeypatch.setattr(module, "OPENAI", endpoint.url)
        endpoint.replies = [Reply(chat({"text": "SELECT 1"}))]
        ask(endpoint, max_tokens=9, api=api)
        assert {key for key in endpoint.bodies[0] if "tokens" in key} == {name}


def test_bounds_of_a_call(endpoint: Endpoint) -> None:
    request = remote(endpoint, max_tokens=9).request(PROMPT, temperature=0.0)
    text = '{"messages": [{"role": "system", "content": "Answer in SQL."}, {"role": "user", "content": "How many?"}], '
    rest = '"model": "m", "temperature": 0.0, "max_tokens": 9}'
    assert (request.prompt_bound, request.completion_bound) == (len(text + rest), 9)
    assert (request.endpoint, request.model, request.path) == (endpoint.url, "m", "/chat/completions")
    other = remote(endpoint, body={"max_completion_tokens": 7}).request(PROMPT, temperature=0.0)
    assert other.completion_bound == 7
    strange = remote(endpoint, body={"max_completion_tokens": "7"}).request(PROMPT, temperature=0.0)
    assert (strange.completion_bound, remote(endpoint).request(PROMPT, temperature=0.0).completion_bound) == (
        None,
        None,
    )
    torn = Prompt((Message("user", "\ud800 ä"),), PROMPT.question, PROMPT.schema)  # half a surrogate pair
    assert remote(endpoint).request(torn, temperature=0.0).prompt_bound == 94


def test_the_address_of_the_environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url + "/")
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


# ---- base models, structured answers, tools, log-probabilities


def test_a_base_model_goes_on_with_a_text(endpoint: Endpoint) -> None:
    scored = {"tokens": ["S", "T"], "token_logprobs": [None, -0.25, -0.5], "text_offset": [0, 1]}
    endpoint.replies = [
        Reply(
            chat(
                {"index": 1, "text": "SELECT 2", "finish_reason": "length"},
                {"index": 0, "text": "SELECT 1", "logprobs": scored},
            )
        )
    ]
    assert ask(endpoint, n=2, api="completions", logprobs=True, stop=(";",), max_tokens=5) == [
        Completion("SELECT 1", usage=Usage(7, 1), logprob=-0.75),
        Completion("SELECT 2", finish_reason="length", usage=Usage(0, 2)),
    ]
    assert endpoint.paths == ["/v1/completions"]
    assert endpoint.bodies == [
        {
            "model": "m", "prompt": "Answer in SQL.\n\nHow many?\n", "temperature": 0.5, "n": 2, "seed": 0,
            "stop": [";"], "logprobs": 1, "max_tokens": 5,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ('{"sql": " SELECT 1 "}', "SELECT 1"),
        ('\n{"sql": ""}', ""),
        ('{"sql": 1}', None),
        ('{"sql": "SELECT', None),
        ("[" * 3, None),
        ('{"a":' * 100_000, None),
        ("SELECT 1", None),
    ],
)
def test_an_answer_by_a_schema(endpoint: Endpoint, text: str, sql: str | None) -> None:
    endpoint.replies = [Reply(chat(choice(text)))]
    assert ask(endpoint, answer="json") == [Completion(text, sql=sql, usage=Usage(7, 3))]
    schema = {"name": "answer", "strict": True, "schema": SCHEMA}
    assert endpoint.bodies == [PLAIN | {"seed": 0, "response_format": {"type": "json_schema", "json_schema": schema}}]


def test_an_answer_by_a_tool(endpoint: Endpoint) -> None:
    call = {"type": "function", "function": {"name": "answer", "arguments": '{"sql": "SELECT 1"}'}}
    endpoint.replies = [Reply(chat(choice(None, "tool_calls", tool_calls=[{"type": "custom"}, call])))]
    made = ToolCall("answer", '{"sql": "SELECT 1"}')
    assert ask(endpoint, answer="tool") == [
        Completion("", sql="SELECT 1", tool_calls=(made,), finish_reason="tool_calls", usage=Usage(7, 3))
    ]
    function = {"name": "answer", "description": "Hand over the SQL query that answers the question."}
    tool = {"type": "function", "function": function | {"parameters": SCHEMA}}
    only = {"type": "function", "function": {"name": "answer"}}
    assert endpoint.bodies == [PLAIN | {"seed": 0, "tools": [tool], "tool_choice": only}]
    # A prompt's own tools come first, and may be called before the answer.
    ask(endpoint, Prompt(PROMPT.messages, PROMPT.question, PROMPT.schema, tools=(LOOK,)), answer="tool")
    assert [one["function"]["name"] for one in endpoint.bodies[1]["tools"]] == ["look", "answer"]
    assert "tool_choice" not in endpoint.bodies[1]


@pytest.mark.parametrize(
    ("said", "logprob"),
    [
        ({"content": [{"token": "S", "logprob": -0.5}, {"token": "T", "logprob": -1}]}, -1.5),
        ({"content": [{"token": "S"}, "x", None]}, None),
        ({"content": "odd"}, None),
        ({"content": 7}, None),
        ({"token_logprobs": {"a": 1}}, None),
        ({"content": [{"logprob": float("-inf")}]}, None),
        ({}, None),
        ([1], None),
    ],
)
def test_log_probabilities(endpoint: Endpoint, said: object, logprob: float | None) -> None:
    endpoint.replies = [Reply(chat(choice("SELECT 1") | {"logprobs": said}))]
    assert ask(endpoint, logprobs=True) == [Completion("SELECT 1", usage=Usage(7, 3), logprob=logprob)]
    assert endpoint.bodies == [PLAIN | {"seed": 0, "logprobs": True}]


# ---- headers, fields and keys


def test_headers_from_the_environment(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE", " 0123456789 ")
    endpoint.replies = [FINE]
    headers = {"api-key": "${AZURE}", "X-Title": "bench", "Cookie": "session=${AZURE}"}
    assert ask(endpoint, headers=headers) == SAID
    seen = endpoint.headers[0]
    assert {name: seen.get(name) for name in ("api-key", "x-title", "cookie", "authorization")} == {
        "api-key": "0123456789",
        "x-title": "bench",
        "cookie": "session=0123456789",
        "authorization": None,
    }
    ask(endpoint, headers={"Authorization": "Token ${AZURE}"})
    assert endpoint.headers[1]["authorization"] == "Token 0123456789"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, "no environment variable AZURE, which a header names"),
        ("a\nb", "the environment variable AZURE, for a header, is no line of plain ASCII"),
        ("ключ", "the environment variable AZURE, for a header, is no line of plain ASCII"),
    ],
)
def test_a_header_that_cannot_be_filled(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, value: str | None, line: str
) -> None:
    if value is not None:
        monkeypatch.setenv("AZURE", value)
    assert complaint(endpoint, error=Halted, headers={"api-key": "${AZURE}"}) == line
    assert endpoint.bodies == []


@pytest.mark.parametrize(
    ("key", "options", "line"),
    [
        (None, {}, "no key; set OPENAI_API_KEY, or give the base_url of a server without keys"),
        (" ", {"api_key_env": "K"}, "no key; set K, or give the base_url of a server without keys"),
        ("sk–1", {}, "the key in OPENAI_API_KEY is not plain ASCII without blanks"),
        ("sk-1\nsk-2", {}, "the key in OPENAI_API_KEY is not plain ASCII without blanks"),
    ],
)
def test_keys_are_looked_for_with_the_first_call(
    monkeypatch: pytest.MonkeyPatch, key: str | None, options: dict[str, Any], line: str
) -> None:
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    model = openai(name="m", **options)
    assert isinstance(model, Remote)
    model.request(PROMPT, temperature=0.0)
    with pytest.raises(Halted) as caught:
        model.complete(PROMPT, n=1, temperature=0.0, seed=0)
    assert str(caught.value) == f"m at api.openai.com: {line}"


URL = "base_url is to read like http://localhost:8000/v1, without name, password or key, not"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"timeout": 0.0}, "timeout and max_tokens are above 0, retries at least 0"),
        ({"timeout": float("nan")}, "timeout and max_tokens are above 0, retries at least 0"),
        ({"retries": -1}, "timeout and max_tokens are above 0, retries at least 0"),
        ({"max_tokens": 0}, "timeout and max_tokens are above 0, retries at least 0"),
        ({"base_url": "localhost:8000/v1"}, f"{URL} 'localhost:8000/v1'"),
        ({"base_url": "http://h:80x/v1"}, f"{URL} 'http://h:80x/v1'"),
        ({"base_url": "http://me:pass@h/v1"}, f"{URL} 'http://***@h/v1'"),
        ({"base_url": "http://me:p@s?s/@h/v1"}, f"{URL} 'http://***@h/v1'"),
        ({"base_url": "me:pass@h/v1"}, f"{URL} '***@h/v1'"),
        ({"base_url": "https://h/v1?key=pass"}, f"{URL} 'https://h/v1'"),
        ({"base_url": "https://h/v1#pass"}, f"{URL} 'https://h/v1'"),
        ({"api": "completions", "answer": "json"}, 'answer = "json" needs api = "chat"'),
        (
            {"headers": {"X-Api-Key": "pass"}},
            "header 'X-Api-Key' holds a secret: write ${NAME}, an environment variable",
        ),
        (
            {"headers": {"Authorization": "${X} pass"}},
            "header 'Authorization' holds a secret: write ${NAME}, an environment variable",
        ),
        (
            {"headers": {"X-Some": "Bearer pass"}},
            "header 'X-Some' holds a secret: write ${NAME}, an environment variable",
        ),
        ({"headers": {"X Y": "1"}}, "header 'X Y' is to be a plain name with a line of ASCII"),
        ({"headers": {"X": "1\n2"}}, "header 'X' is to be a plain name with a line of ASCII"),
        ({"body": {"n": 2}}, "body may not hold 'n': that is set elsewhere"),
        ({"body": {"top_p": 2}}, "body may not hold 'top_p': that is set elsewhere"),
        ({"body": {"api_key": "pass"}}, "body field 'api_key' holds a secret: a header may, as ${NAME}"),
    ],
)  # fmt: skip
def test_refused_before_anything_is_asked(options: dict[str, Any], line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        openai(name="m", **options)
    assert str(caught.value) == f"model 'm': {line}"
    assert "pass" not in line.removeprefix(URL).replace("password", "")


KEY, HEADER = "sk-0123456789abcdef", 'hd/0123456789"abcdef'


@pytest.mark.parametrize(
    "reply",
    [
        Reply(failure(f"Incorrect key {KEY} and {HEADER}"), 401),
        Reply(failure(f"{KEY} {HEADER}"), 400),
        Reply(f"<html>{KEY} {HEADER}".encode(), 503, AT_ONCE),
        Reply(failure(KEY), 429, AT_ONCE),
        Reply(f"<html>{KEY} {HEADER}".encode()),
        Reply(f'{{"choices": [{KEY} {HEADER}'.encode(), headers=AT_ONCE),
        Reply({"error": {"message": f"{KEY} {HEADER}"}}, headers=AT_ONCE),
        Reply({"choices": [{"message": {"content": [KEY, HEADER]}}]}, headers=AT_ONCE),
    ],
)
def test_what_repeats_a_secret_never_shows_it(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("HEADER", HEADER)
    endpoint.replies = [reply]
    model = openai(name="m", base_url=endpoint.url, headers={"X-Auth": "${HEADER}"}, retries=0)
    with pytest.raises((ProviderError, Halted)) as caught:
        model.complete(PROMPT, n=1, temperature=0.0, seed=0)
    shown = ["".join(traceback.format_exception(caught.value)), repr(model)]
    error: BaseException | None = caught.value
    while error is not None:
        shown += [repr(error), repr(vars(error))]
        error = error.__context__
    assert endpoint.headers[0]["x-auth"] == HEADER
    assert not [text for text in shown if "0123456789" in text]


def test_what_repeats_a_secret_is_kept_without_it(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    endpoint.replies = [Reply(chat(choice(f"SELECT '{KEY}'")))]
    assert ask(endpoint) == [Completion("SELECT '***'", usage=Usage(7, 3))]


@pytest.mark.parametrize("key", ["e", "EMPTY", "none"])
def test_a_stand_in_for_a_key_changes_no_answer(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    endpoint.replies = [Reply(chat(choice("SELECT none FROM EMPTY")))]
    assert ask(endpoint) == [Completion("SELECT none FROM EMPTY", usage=Usage(7, 3))]
    assert endpoint.headers[0].get("authorization") == (f"Bearer {key}" if key != "none" else None)


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
        (choice('{"sql": "SEL', "length"), Completion('{"sql": "SEL', finish_reason="length"), "cut_off"),
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
    ("said", "usage"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}, (7, 3, 4)),
        ({"prompt_tokens": 7, "completion_tokens": 0, "prompt_tokens_details": None}, (7, 0, None)),
        ({"prompt_tokens": -7, "completion_tokens": "3", "prompt_tokens_details": {"cached_tokens": 10**9}}, ()),
        ({"prompt_tokens": 10**30, "completion_tokens": True, "prompt_tokens_details": [1]}, ()),
        ({"prompt_tokens": 1.5, "completion_tokens": None}, ()),
        (None, ()),
        ("many", ()),
        ([7, 3], ()),
    ],
)
def test_usage_that_cannot_be_is_none(endpoint: Endpoint, said: object, usage: tuple[int | None, ...]) -> None:
    endpoint.replies = [Reply(chat(choice("SELECT 1"), usage=None) | {"usage": said})]
    prompt, completion, cached = usage or (None, None, None)
    assert ask(endpoint) == [Completion("SELECT 1", usage=Usage(prompt, completion, cached_tokens=cached))]


def test_rate_limits(endpoint: Endpoint) -> None:
    headers = {
        "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59",
        "x-ratelimit-reset-requests": "1m0.5s", "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "120ms",
    }  # fmt: skip
    limits = Limits(60, 59, 60.5, 150000, None, 0.12)
    endpoint.replies = [Reply(chat(choice("SELECT 1")), headers=headers)]
    model = remote(endpoint)
    request = model.request(PROMPT, temperature=0.5)
    assert model.send(request, n=1, seed=0, without=set()).limits == limits
    endpoint.replies = [Reply(failure("slow down"), 429, headers | {"Retry-After": "7"})]
    failed = ask_once(endpoint)
    assert (failed.kind, failed.retry_after, failed.limits) == ("limited", 7.0, limits)


def test_when_another_try_is_welcome() -> None:
    later, earlier = (format_datetime(datetime.now(UTC) + timedelta(seconds=s), usegmt=True) for s in (90, -90))
    assert 80 < (retry_after({"retry-after": later}) or 0) <= 90
    odd = ("soon", "-3", "", "Wed, 21 Oct 2026 07:28:00 +99999999999", "Wed, 99 Oct 2026 07:28:00 GMT")
    assert [retry_after({"retry-after": said}) for said in (earlier, "3", "1.5", *odd)] == [0.0, 3.0, 1.5] + [None] * 5
    assert retry_after({"retry-after-ms": "250", "retry-after": "1"}) == 0.25
    assert [seconds(said) for said in ("6m0s", "1h", "2d", "1s1", "s", "1e3")] == [360.0, 3600.0, 172800.0] + [None] * 3


# ---- answers that are none


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b'{"choices": [', "Expecting value: line 1 column 14 (char 13)"),
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        ({"choices": []}, "no choices"),
        ({"choices": [{"message": {"content": [1]}}]}, "content is [1]"),
        ({"choices": [{"message": None}]}, '{"choices": [{"message": null}]}'),
        ({"choices": 7}, '{"choices": 7}'),
        ({"choices": ["x"]}, '{"choices": ["x"]}'),
        ({"error": {"message": "overloaded"}}, "overloaded"),
        ({"error": "overloaded"}, "overloaded"),
    ],
)
def test_half_an_answer_is_asked_for_again(endpoint: Endpoint, body: object, line: str) -> None:
    endpoint.replies = [Reply(body), FINE]
    failed = ask_once(endpoint)
    assert (failed.kind, str(failed)) == (
        "passing",
        f"m at {endpoint.host}: its answer is incomplete: {line}; --retry asks again",
    )
    assert ask(endpoint) == SAID


@pytest.mark.parametrize(
    ("body", "line"),
    [(b"<html>Welcome</html>", "<html>Welcome</html>"), (b"[1]", "[1]"), (b"7", "7"), (b'"x"', '"x"')],
)
def test_another_page_is_not(endpoint: Endpoint, body: bytes, line: str) -> None:
    endpoint.replies = [Reply(body, headers={"Content-Type": "text/html"})]
    assert complaint(endpoint) == f"its answer is no completion: {line}; is base_url right?"
    assert len(endpoint.bodies) == 1


@pytest.mark.parametrize(
    ("body", "kind", "line"),
    [
        (failure("busy", code=429), "limited", "429: busy; fewer --workers, or more retries?"),
        (failure("upstream", code=502), "passing", "502: upstream; --retry asks again"),
        (failure("bad", code="400"), "final", "400: bad; the request is to be changed"),
        (failure("pay", code="insufficient_quota"), "account", "402: pay; the quota of the key in K is used up"),
    ],
)
def test_an_error_that_came_up_late(endpoint: Endpoint, body: object, kind: str, line: str) -> None:
    endpoint.replies = [Reply(body)]
    failed = ask_once(endpoint, api_key_env="K")
    assert (failed.kind, str(failed)) == (kind, f"m at {endpoint.host}: {line}")


# ---- retries


@pytest.mark.parametrize(
    "status", [429, 503, *(pytest.param(status, marks=pytest.mark.slow) for status in (408, 409, 500))]
)
def test_what_passes_is_tried_again(endpoint: Endpoint, status: int) -> None:
    endpoint.replies = [Reply(failure("busy"), status, AT_ONCE), Reply(failure("busy"), status, AT_ONCE), FINE]
    assert ask(endpoint) == SAID
    assert len(endpoint.bodies) == 3


def test_a_lost_connection_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(None, 0), FINE]
    assert len(ask(endpoint, retries=1)) == 1


def test_silence_is_tried_again(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(None, 0, seconds=0.6), FINE]
    assert len(ask(endpoint, timeout=0.2, retries=1)) == 1


def test_silence_for_good(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(None, 0, seconds=0.6)]
    assert complaint(endpoint, timeout=0.1, retries=0) == ("no answer in time; a longer timeout, or fewer --workers?")


# ---- giving up


@pytest.mark.parametrize(
    ("reply", "options", "kind", "line"),
    [
        (Reply(failure("Rate\n limit"), 429), {}, "limited", "429: Rate limit; fewer --workers, or more retries?"),
        (Reply({"error": "overloaded"}, 500), {}, "passing", "500: overloaded; --retry asks again"),
        (
            Reply(
                failure("You exceeded your current quota", code="insufficient_quota", type="insufficient_quota"), 429
            ),
            {},
            "account",
            "429: You exceeded your current quota; the quota of the key in OPENAI_API_KEY is used up",
        ),
        (
            Reply(failure("Insufficient Balance"), 402),
            {},
            "account",
            "402: Insufficient Balance; the quota of the key in OPENAI_API_KEY is used up",
        ),
        (
            Reply(failure("Wrong key"), 401),
            {},
            "account",
            "401: Wrong key; set OPENAI_API_KEY to a key of this server",
        ),
        (Reply(b"", 401), {"api_key_env": "K"}, "account", "401: no reason given; set K to a key of this server"),
        (Reply(failure("no"), 403), {}, "final", "403: no; may the key in OPENAI_API_KEY use this model?"),
        (
            Reply({"detail": "Not Found"}, 404),
            {},
            "account",
            "404: Not Found; are name and base_url right? it mostly ends in /v1",
        ),
        # Ollama, Azure's gateway, Azure's deployments, vLLM before it had an object "error", Google, llama.cpp
        (
            Reply({"error": {"message": 'model "m" not found, try pulling it first', "type": "api_error"}}, 404),
            {},
            "account",
            '404: model "m" not found, try pulling it first; are name and base_url right? it mostly ends in /v1',
        ),
        (
            Reply({"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401),
            {"api_key_env": "K"},
            "account",
            "401: Access denied due to invalid subscription key.; set K to a key of this server",
        ),
        (
            Reply(
                {"error": {"code": "content_filter", "param": "prompt", "innererror": {}, "message": "Only n."}}, 400
            ),
            {"n": 2},
            "final",
            "400: Only n.; the request is to be changed",
        ),
        (
            Reply({"object": "error", "message": "bad", "type": "BadRequestError", "param": None, "code": 400}, 400),
            {},
            "final",
            "400: bad; the request is to be changed",
        ),
        (
            Reply([{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}], 400),
            {},
            "final",
            "400: API key not valid.; the request is to be changed",
        ),
        (
            Reply({"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, 503),
            {},
            "passing",
            "503: Loading model; --retry asks again",
        ),
        (
            Reply(b"<html>" + b"x" * 500, 400, {"Content-Type": "text/html"}),
            {},
            "final",
            f"400: <html>{'x' * 194}…; the request is to be changed",
        ),
        (Reply(failure("odd", param=["x"]), 400), {}, "final", "400: odd; the request is to be changed"),
        # Too long a context, or too large a value, is not a parameter that is unknown
        (
            Reply(
                failure(
                    "This model's maximum context length is 4097 tokens. However, max_tokens is only 9.",
                    code="context_length_exceeded",
                ),
                400,
            ),
            {"max_tokens": 9},
            "final",
            "400: This model's maximum context length is 4097 tokens. However, max_tokens is only 9.; "
            "it refuses 'max_tokens': change it, or take it out",
        ),
        (
            Reply(failure("'max_tokens' is too large: 9. This model only supports 4.", param="max_tokens"), 400),
            {"max_tokens": 9},
            "final",
            "400: 'max_tokens' is too large: 9. This model only supports 4.; "
            "it refuses 'max_tokens': change it, or take it out",
        ),
        (
            Reply(failure("max_tokens must be at most 4", param="max_tokens"), 400),
            {"max_tokens": 9},
            "final",
            "400: max_tokens must be at most 4; it refuses 'max_tokens': change it, or take it out",
        ),
        (
            Reply({"error": "Input validation error: `temperature` must be strictly positive"}, 422),
            {},
            "final",
            "422: Input validation error: `temperature` must be strictly positive; "
            "it refuses 'temperature': change it, or take it out",
        ),
        (
            Reply(failure("messages[1].content: stop, this is unsupported", param="messages[1].content"), 400),
            {"stop": (";",)},
            "final",
            "400: messages[1].content: stop, this is unsupported; the request is to be changed",
        ),
        (
            Reply(failure("Unsupported parameter: 'min_p'"), 400),
            {"body": {"min_p": 1}},
            "final",
            "400: Unsupported parameter: 'min_p'; it refuses 'min_p': change it, or take it out",
        ),
    ],
)
def test_one_line_says_what_is_wrong(
    endpoint: Endpoint, reply: Reply, options: dict[str, Any], kind: str, line: str
) -> None:
    endpoint.replies = [reply]
    failed = ask_once(endpoint, **options)
    assert (failed.kind, str(failed)) == (kind, f"m at {endpoint.host}: {line}")


@pytest.mark.parametrize(
    ("reply", "options", "parameter"),
    [
        (Reply(failure("Unsupported value: only the default (1)", param="temperature"), 400), {}, "temperature"),
        (
            Reply(failure("Unsupported parameter: use 'max_completion_tokens' instead.", param="max_tokens"), 400),
            {"max_tokens": 9},
            "max_tokens",
        ),
        (Reply(failure("'n' : number must be at most 1"), 400), {"n": 2}, "n"),
        (Reply(failure("Only one completion choice is allowed"), 400), {"n": 2}, "n"),
        (Reply(failure("Only one completion choice is allowed"), 500), {"n": 2}, "n"),
        (
            Reply(
                {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "input": {"temperature": "stop"}}]},
                422,
            ),
            {"stop": (";",)},
            "seed",
        ),
        (Reply({"error": {"message": "x" * 300 + " unknown field seed", "code": 400}}, 400), {}, "seed"),
        (Reply([{"error": {"code": 400, "message": 'Unknown name "seed": Cannot find field.'}}], 400), {}, "seed"),
        (Reply(failure("Unrecognized request argument supplied: logprobs"), 400), {"logprobs": True}, "logprobs"),
    ],
)
def test_what_an_endpoint_does_not_know(
    endpoint: Endpoint, reply: Reply, options: dict[str, Any], parameter: str
) -> None:
    endpoint.replies = [reply]
    failed = ask_once(endpoint, **options)
    assert (failed.kind, failed.parameter) == ("differs", parameter)


def test_a_wrong_key_ends_it(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(failure("Wrong key"), 401)]
    line = "401: Wrong key; set OPENAI_API_KEY to a key of this server"
    assert complaint(endpoint, error=Halted) == line
    model = remote(endpoint)
    with Exchange(slots=8) as exchange, ThreadPoolExecutor(8) as threads:

        def said(seed: int) -> str:
            with pytest.raises(Halted) as caught:
                exchange.complete(model, PROMPT, n=1, temperature=0.0, seed=seed)
            return str(caught.value)

        assert set(threads.map(said, range(0, 80, 10))) == {f"m at {endpoint.host}: {line}"}
        asked = len(endpoint.bodies)
        assert said(1000) == f"m at {endpoint.host}: {line}"
        assert len(endpoint.bodies) == asked <= 9, "nobody is asked after it"


def test_the_number_of_tries_is_said(endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(failure("busy"), 503, AT_ONCE)]
    assert complaint(endpoint, retries=2) == "503: busy; --retry asks again (tried 3 times)"
    assert len(endpoint.bodies) == 3


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(
            ProviderError, match=r"^m at 127\.0\.0\.1:\d+: no connection \(.*refused.*\); is the server running, and "
        ):
            openai(name="m", base_url=url, retries=0).complete(PROMPT, n=1, temperature=0.0, seed=0)


def test_the_client_is_imported_late() -> None:
    code = "import sys; from text2sql.catalogue import text; print('base_url' in text(), 'openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False\n"


# ---- differences of servers, found out


class Kept:
    """Exchanges over one response file, one after the other, and what they say."""

    def __init__(self, file: Path) -> None:
        self.file, self.lines = file, list[str]()

    def ask(self, model: Remote, *, n: int = 1, seed: int = 0) -> list[str]:
        with Exchange(Responses(self.file), slots=4, tell=self.lines.append) as exchange:
            return [one.text for one in exchange.complete(model, PROMPT, n=n, temperature=0.7, seed=seed)]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "responses.sqlite")


def test_a_reasoning_model_is_found_out_once(endpoint: Endpoint, kept: Kept) -> None:
    def answer(body: Any) -> Reply:
        if "max_tokens" in body:
            said = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
            return Reply(failure(said, param="max_tokens", code="unsupported_parameter"), 400)
        if "temperature" in body:
            said = "Unsupported value: 'temperature' does not support 0.7 with this model."
            return Reply(failure(said, param="temperature", code="unsupported_value"), 400)
        return FINE

    endpoint.answers = answer
    model = remote(endpoint, max_tokens=9)
    assert kept.ask(model) == ["SELECT 1"]
    plain = {"model": "m", "messages": MESSAGES, "seed": 0}
    assert endpoint.bodies == [
        plain | {"temperature": 0.7, "max_tokens": 9},
        plain | {"temperature": 0.7, "max_completion_tokens": 9},
        plain | {"max_completion_tokens": 9},
    ]
    said = [
        f"m at {endpoint.host}: it is told max_completion_tokens in place of max_tokens",
        f"m at {endpoint.host}: it is asked without temperature, which it does not take",
    ]
    assert sorted(kept.lines) == sorted(said)
    assert kept.ask(model, seed=10) == ["SELECT 1"]
    assert endpoint.bodies[3:] == [plain | {"max_completion_tokens": 9, "seed": 10}]
    assert sorted(kept.lines) == sorted(said)


def test_a_refusal_that_dropping_does_not_mend_is_not_kept_in_mind(endpoint: Endpoint, kept: Kept) -> None:
    endpoint.replies = [Reply(failure("unknown field: seed"), 400), Reply(failure("bad"), 400), FINE]
    with pytest.raises(ProviderError, match=r"400: bad; the request is to be changed$"):
        kept.ask(remote(endpoint))
    kept.ask(remote(endpoint))
    assert ["seed" in body for body in endpoint.bodies] == [True, False, True]
    assert kept.lines == []


def test_an_n_that_is_ignored(endpoint: Endpoint, kept: Kept) -> None:
    endpoint.answers = lambda body: Reply(chat(choice(f"SELECT {body['seed']}")))
    assert kept.ask(remote(endpoint), n=3, seed=5) == ["SELECT 5", "SELECT 6", "SELECT 7"]
    asked = [(body["seed"], body.get("n")) for body in endpoint.bodies]
    assert asked[0] == (5, 3) and sorted(asked[1:]) in ([(6, None), (7, None)],)
    assert kept.lines == [f"m at {endpoint.host}: it gives one answer a call, so n answers are n calls"]
    kept.ask(remote(endpoint), n=2, seed=20)
    assert sorted((body["seed"], body.get("n")) for body in endpoint.bodies[3:]) == [(20, None), (21, None)]
    assert len(kept.lines) == 1


def test_an_n_that_is_refused(endpoint: Endpoint, kept: Kept) -> None:
    def answer(body: Any) -> Reply:
        return Reply(failure("n > 1 is not supported", param="n"), 400) if "n" in body else FINE

    endpoint.answers = answer
    assert kept.ask(remote(endpoint), n=3, seed=5) == ["SELECT 1"] * 3
    asked = [(body["seed"], body.get("n")) for body in endpoint.bodies]
    assert (asked[:2], sorted(asked[2:])) == ([(5, 3), (5, None)], [(6, None), (7, None)])
    assert kept.lines == [f"m at {endpoint.host}: it gives one answer a call, so n answers are n calls"]


def test_fewer_answers_than_asked_for_are_filled_up(endpoint: Endpoint, kept: Kept) -> None:
    endpoint.replies = [
        Reply(chat(choice("a"), choice("b"))),
        Reply(chat(choice("c"))),
        Reply(chat(*map(choice, "defg"))),
    ]
    assert kept.ask(remote(endpoint), n=5, seed=1) == list("abcde")
    assert [(body["seed"], body["n"]) for body in endpoint.bodies] == [(1, 5), (3, 3), (4, 2)]
    assert kept.lines == []


# ---- from an experiment file to the table

EXPERIMENT = """
[data]
use = "tiny"
[[configuration]]
name = "asked"
model = {{ use = "openai", name = "m", base_url = "{url}", omit = ["seed"], retries = 0, headers = {{ X-T = "t" }} }}
prompt = "question"
generator = {{ use = "direct", n = 2, temperature = 0.7 }}
"""


def test_a_run_from_its_file_to_its_table(
    tmp_path: Path,
    tiny: Dataset,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    gold = {example.question.text: example.sql for example in tiny.examples}
    wrong = {example.question.text for example in tiny.examples[:3]}
    down = tiny.examples[-1].question.text

    def answer(body: Any) -> Reply:
        (text,) = [text for text in gold if text in body["messages"][-1]["content"]]
        if text == down:
            return Reply(failure("maintenance"), 503)
        sql = "SELECT 'wrong'" if text in wrong else gold[text]
        return Reply(chat(choice(f"Here it is:\n```sql\n{sql};\n```"), usage=(100, 10)))

    endpoint.answers = answer
    file = tmp_path / "asked.toml"
    file.write_text(EXPERIMENT.format(url=endpoint.url), encoding="utf-8")
    runs = run(load(file), workers=4, progress=False)
    (row,) = rows(runs)
    count = len(tiny.examples)
    assert row.scores["execution_accuracy"]["all"] == (count - 4) / count
    # Two calls of 110 tokens for each question that was answered: the server gives one choice a call.
    assert (row.answered, row.errors, row.tokens, row.cost) == (count - 1, 0, (count - 1) * 220, None)
    assert f" {(count - 1) * 220:,} " in table(runs)
    assert f"\nm at {endpoint.host} was asked without n, which it does not take.\n" in table(runs)
    assert runs["asked"].run.manifest["endpoints"] == {f"m at {endpoint.host}": ["n"]}
    said = f"text2sql: m at {endpoint.host}: it gives one answer a call, so n answers are n calls"
    assert capfd.readouterr().err.splitlines() == [said]
    assert runs["asked"].run.records[runs["asked"].unanswered[0]]["unanswered"] == (
        f"m at {endpoint.host}: 503: maintenance; --retry asks again"
    )
    assert all(headers["x-t"] == "t" for headers in endpoint.headers)
