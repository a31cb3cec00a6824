"""The protocol server itself, by the real client: what it answers, how it fails, what it counts."""

from __future__ import annotations

import json
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.protocol_server import Served, Settings, serve
from tests.protocol_server.limits import duration
from tests.protocol_server.settings import changed, from_text

ANSWERS = {"How many boats?": ["SELECT 1", "SELECT 2", "SELECT 3"], "How many boats? And trips?": ["SELECT 'both'"]}
ASKED: Any = [{"role": "system", "content": "SQL, please."}, {"role": "user", "content": "Question: How many boats?"}]


@pytest.fixture(scope="module", autouse=True)
def _client() -> Iterator[None]:
    """One client for all tests: making one takes longer than most of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "*")
        with OpenAI(api_key="sk-secret", base_url="http://127.0.0.1", max_retries=0, timeout=20) as _CLIENTS["all"]:
            yield


_CLIENTS: dict[str, OpenAI] = {}


@pytest.fixture
def server() -> Iterator[Served]:
    with serve(answers=ANSWERS, log=True) as server:
        yield server


def client(server: Served) -> OpenAI:
    return _CLIENTS["all"].with_options(base_url=server.url)


def chat(server: Served, text: str = "Question: How many boats?", **options: Any) -> Any:
    messages: Any = [{"role": "system", "content": "SQL, please."}, {"role": "user", "content": text}]
    return client(server).chat.completions.create(model="m", messages=messages, **options)


def texts(answer: Any) -> list[str]:
    return [choice.message.content for choice in answer.choices]


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


# ---- answers


def test_chat(server: Served) -> None:
    answer = chat(server, n=4, seed=2)
    assert texts(answer) == ["SELECT 3", "SELECT 1", "SELECT 2", "SELECT 3"]
    assert [(choice.index, choice.finish_reason, choice.logprobs) for choice in answer.choices] == [
        (index, "stop", None) for index in range(4)
    ]
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (6, 8, 14)
    assert usage.prompt_tokens_details.cached_tokens == usage.completion_tokens_details.reasoning_tokens == 0
    assert chat(server, n=4, seed=2).model_dump(exclude={"id"}) == answer.model_dump(exclude={"id"})


def test_the_question_that_stands_last_is_answered(server: Served) -> None:
    assert texts(chat(server, "How many boats? SELECT 9. How many boats? And trips?")) == ["SELECT 'both'"]
    assert texts(chat(server, "How many boats? And trips? No: How many boats?")) == ["SELECT 1"]
    assert texts(chat(server, "Hm?")) == ["SELECT 1"]
    server.set(text="SELECT {sample} -- {digest}")
    assert texts(chat(server, "Hm?", seed=7, n=2)) == ["SELECT 7 -- e7fd3dbd", "SELECT 8 -- e7fd3dbd"]


def test_options_that_shape_an_answer(server: Served) -> None:
    schema: Any = {"type": "json_schema", "json_schema": {"name": "sql", "schema": {"type": "object"}}}
    assert texts(chat(server, response_format=schema)) == ['{"sql": "SELECT 1"}']
    assert texts(chat(server, stop=["1"])) == ["SELECT "]
    (cut,) = chat(server, max_tokens=1).choices
    assert (cut.message.content, cut.finish_reason) == ("SELECT", "length")
    (likely,) = chat(server, logprobs=True).choices
    assert [(token.token, token.logprob) for token in likely.logprobs.content] == [("SELECT", -0.342), (" 1", -0.871)]
    server.set(reasoning_tokens=10, cached_share=0.5)
    usage = chat(server, n=2).usage
    assert (usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens) == (24, 20)
    assert usage.prompt_tokens_details.cached_tokens == 3


@pytest.mark.parametrize(
    ("choice", "reason"),
    [("required", "tool_calls"), ({"type": "function", "function": {"name": "b"}}, "stop"), ("none", None)],
)
def test_tools(server: Served, choice: Any, reason: str | None) -> None:
    tools: Any = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in "ab"]
    (found,) = chat(server, tools=tools, tool_choice=choice).choices
    if reason is None:
        assert (found.message.content, found.message.tool_calls) == ("SELECT 1", None)
    else:
        (call,) = found.message.tool_calls
        assert (found.message.content, found.finish_reason) == (None, reason)
        assert call.function.name == ("a" if choice == "required" else "b")
        assert json.loads(call.function.arguments) == {"sql": "SELECT 1"}


def test_completions(server: Served) -> None:
    api = client(server)
    answer = api.completions.create(model="m", prompt=["How many boats?", "Hm?"], n=2, logprobs=1)
    assert [choice.text for choice in answer.choices] == ["SELECT 1", "SELECT 2", "SELECT 1", "SELECT 1"]
    assert answer.choices[0].logprobs and answer.choices[0].logprobs.tokens == ["SELECT", " 1"]
    assert answer.choices[0].logprobs.text_offset == [0, 6]
    assert answer.usage and (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (4, 8)


def test_models(server: Served) -> None:
    server.set(models=["m", "other"])
    api = client(server)
    assert [model.id for model in api.models.list()] == ["m", "other"]
    with pytest.raises(openai.NotFoundError) as caught:
        api.chat.completions.create(model="x", messages=ASKED)
    assert caught.value.code == "model_not_found"


# ---- refusals


@pytest.mark.parametrize(
    ("style", "status", "message", "param", "code"),
    [
        (
            "openai",
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        ),
        ("vllm", 400, "max_tokens is not supported", None, 400),
        ("llama.cpp", 400, "Unsupported param: max_tokens", None, 400),
        ("llama.cpp-500", 500, "Unsupported param: max_tokens", None, 500),
        ("pydantic", 422, None, None, None),
    ],
)
def test_a_parameter_is_refused(
    server: Served, style: str, status: int, message: str | None, param: str | None, code: object
) -> None:
    server.set(refuse=["temperature", "max_tokens"], refuse_as=style)
    with pytest.raises(openai.APIStatusError) as caught:
        chat(server, max_tokens=5)
    error, body = caught.value, caught.value.body
    assert (error.status_code, error.param) == (status, param)
    assert str(error.code) == str(code)
    if message is None:
        assert body["detail"][0]["loc"] == ["body", "max_tokens"]  # type: ignore[index]
    else:
        assert body["message"] == message  # type: ignore[index]
    assert texts(chat(server, seed=0)) == ["SELECT 1"]


def test_n(server: Served) -> None:
    server.set(n="ignored")
    assert texts(chat(server, n=5, seed=1)) == ["SELECT 2"]
    server.set(n="refused")
    with pytest.raises(openai.BadRequestError) as caught:
        chat(server, n=5)
    assert caught.value.param == "n"
    server.set(n="sampled")
    with pytest.raises(openai.BadRequestError, match="greedy"):
        chat(server, n=5, temperature=0.0)
    assert len(texts(chat(server, n=5, temperature=0.1))) == 5


def test_a_wrong_key_comes_back(server: Served) -> None:
    server.set(key="another")
    with pytest.raises(openai.AuthenticationError, match="sk-secret") as caught:
        chat(server)
    assert caught.value.code == "invalid_api_key"


# ---- faults


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("429", openai.RateLimitError),
        ("quota", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("503", openai.InternalServerError),
        ("408", openai.APIStatusError),
        ("dropped", openai.APIConnectionError),
        ("dropped_midway", openai.APIConnectionError),
        ("malformed", json.JSONDecodeError),
    ],
)
def test_a_fault_then_an_answer(server: Served, fault: str, error: type[Exception]) -> None:
    server.set(schedule=[fault], retry_after=0.5)
    with pytest.raises(error):
        chat(server)
    assert texts(chat(server)) == ["SELECT 1"]
    until(lambda: server.stats()["in_flight"] == 0)
    stats = server.stats()
    written = not fault.startswith("dropped")
    assert (stats["received"], stats["answered"], stats["delivered"]) == (2, 1 + written, 1)
    assert (stats["prompt_tokens"], stats["completion_tokens"]) == (6, 2)
    digest = stats["calls"][0][0]
    calls = [[digest, None, 1, 1, fault], [digest, None, 1, 2, "fine"]]
    assert [call[:5] for call in stats["calls"]] == calls


def test_retry_after(server: Served) -> None:
    server.set(schedule=["429+retry_after", "429"], retry_after=0.5)
    for header in ("0.5", None):
        with pytest.raises(openai.RateLimitError) as caught:
            chat(server)
        assert caught.value.response.headers.get("retry-after") == header


def test_faults_of_content(server: Served) -> None:
    faults = ["empty_choices", "cut_off", "refused", "one_choice"]
    server.set(schedule=[*faults, "usage_negative", "usage_missing", "usage_text", "usage_huge"])
    answers = [chat(server, n=2) for _ in range(8)]
    assert [texts(answer) for answer in answers] == [
        [],
        ["SELECT", "SELECT"],
        [None, None],
        ["SELECT 1"],
        *[["SELECT 1", "SELECT 2"]] * 4,
    ]
    assert [choice.finish_reason for choice in answers[1].choices] == ["length", "length"]
    assert [choice.message.refusal for choice in answers[2].choices] == [
        "I'm sorry, I can't assist with that request."
    ] * 2
    assert [getattr(answer.usage, "prompt_tokens", None) for answer in answers[4:]] == [-1, None, "many", 10**24]
    stats = server.stats()
    assert (stats["delivered"], stats["prompt_tokens"], stats["completion_tokens"]) == (3, 18, 2 + 16 + 2)
    assert stats["outcomes"]["usage_huge"] == {"calls": 1, "prompt_tokens": 6, "completion_tokens": 4}


def test_a_late_answer_for_nobody(server: Served) -> None:
    server.set(schedule=["late"], late_seconds=30)
    with pytest.raises(openai.APITimeoutError):
        client(server).chat.completions.create(model="m", messages=ASKED, timeout=0.05)
    until(lambda: server.stats()["in_flight"] == 0)
    assert server.stats()["outcomes"] == {"gone": {"calls": 1, "prompt_tokens": 6, "completion_tokens": 2}}


def test_faults_depend_on_request_and_attempt_alone(server: Served) -> None:
    server.set(faults={"500": 0.3, "cut_off": 0.2}, faulty_attempts=2)

    def outcomes(order: list[int]) -> dict[tuple[str, int], str]:
        server.reset()
        api = client(server)
        with ThreadPoolExecutor(4) as threads:

            def ask(seed: int) -> None:
                for _ in range(3):
                    with suppress(openai.InternalServerError):
                        api.chat.completions.create(model="m", messages=ASKED, seed=seed)

            list(threads.map(ask, order))
        until(lambda: server.stats()["in_flight"] == 0)
        return {(digest, attempt): outcome for digest, _, _, attempt, outcome, *_ in server.stats()["calls"]}

    first = outcomes(list(range(30)))
    assert outcomes(list(range(29, -1, -1))) == first
    assert {outcome for (_, attempt), outcome in first.items() if attempt == 3} == {"fine"}
    seen = Counter(outcome for (_, attempt), outcome in first.items() if attempt < 3)
    assert 8 <= seen["500"] <= 28 and 4 <= seen["cut_off"] <= 20
    server.set(seed=1)
    assert outcomes(list(range(30))) != first


def test_down_for_a_while(server: Served) -> None:
    server.set(down=[[0, 0.2]])
    with pytest.raises(openai.InternalServerError):
        chat(server)
    time.sleep(0.2)
    chat(server)
    assert server.stats()["outcomes"]["down"]["calls"] == 1


def test_refusing_connections_for_a_while(server: Served) -> None:
    api = client(server)
    api.chat.completions.create(model="m", messages=ASKED)
    server.set(down=[[0.05, 0.4]], down_by="refused")
    time.sleep(0.15)
    with pytest.raises(openai.APIConnectionError):
        api.chat.completions.create(model="m", messages=ASKED)
    time.sleep(0.4)
    api.chat.completions.create(model="m", messages=ASKED)
    assert server.stats()["received"] == 2


# ---- limits


@pytest.mark.parametrize("window", ["bucket", "fixed", "sliding"])
def test_a_limit_of_requests(server: Served, window: str) -> None:
    server.set(requests_per_minute=3, minute=0.6, window=window)
    server.reset()
    api = client(server)
    raw = api.chat.completions.with_raw_response
    headers = [raw.create(model="m", messages=ASKED).headers for _ in range(3)]
    assert [h["x-ratelimit-remaining-requests"] for h in headers] == ["2", "1", "0"]
    assert headers[0]["x-ratelimit-limit-requests"] == "3"
    assert headers[0]["x-ratelimit-reset-requests"].endswith("ms")
    with pytest.raises(openai.RateLimitError, match="requests per min") as caught:
        api.chat.completions.create(model="m", messages=ASKED)
    told = caught.value.response.headers
    assert (caught.value.code, told["retry-after"]) == ("rate_limit_exceeded", "1")
    time.sleep(int(told["retry-after-ms"]) / 1000)
    api.chat.completions.create(model="m", messages=ASKED)
    server.set(limit_headers=False, limit_retry_after=False, requests_per_minute=1)
    assert "x-ratelimit-limit-requests" not in raw.create(model="m", messages=ASKED).headers
    with pytest.raises(openai.RateLimitError) as caught:
        api.chat.completions.create(model="m", messages=ASKED)
    assert "retry-after" not in caught.value.response.headers
    stats = server.stats()
    assert sum(stats["limited_per_second"].values()) == stats["statuses"]["429"] == 2


def test_a_limit_of_tokens(server: Served) -> None:
    server.set(tokens_per_minute=20)
    api = client(server)
    first = api.chat.completions.with_raw_response.create(model="m", messages=ASKED)
    assert first.headers["x-ratelimit-remaining-tokens"] == "12"
    with pytest.raises(openai.RateLimitError, match="tokens per min"):
        api.chat.completions.create(model="m", messages=ASKED, max_tokens=10)
    with pytest.raises(openai.RateLimitError, match="too large") as caught:
        api.chat.completions.create(model="m", messages=ASKED, max_tokens=100)
    assert "retry-after" not in caught.value.response.headers


def test_durations() -> None:
    told = [duration(seconds) for seconds in (0.0, 0.12, 8.64, 60, 63.5, 3725)]
    assert told == ["0ms", "120ms", "8.64s", "1m0s", "1m3.5s", "1h2m5s"]


# ---- files and batches


def lines(*questions: str, **more: Any) -> bytes:
    messages = [[{"role": "user", "content": question}] for question in questions]
    requests = [
        {"custom_id": f"q{number}", "method": "POST", "url": "/v1/chat/completions", **more}
        | {"body": {"model": "m", "messages": asked, "n": 2}}
        for number, asked in enumerate(messages)
    ]
    return "\n".join(json.dumps(request) for request in requests).encode()


def start(api: OpenAI, content: bytes, **metadata: str) -> str:
    file = api.files.create(file=("in.jsonl", content), purpose="batch")
    made = api.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata=metadata
    )
    return made.id


def ended(api: OpenAI, id: str) -> Any:
    until(lambda: api.batches.retrieve(id).status in ("completed", "failed", "expired", "cancelled"))
    return api.batches.retrieve(id)


def read(api: OpenAI, id: str | None) -> dict[str, Any]:
    content = api.files.content(id).text if id else ""
    return {line["custom_id"]: line for line in map(json.loads, content.splitlines())}


def test_files(server: Served) -> None:
    api = client(server)
    made = api.files.create(file=("train.jsonl", b"a\r\nb\n"), purpose="fine-tune")
    assert (made.filename, made.bytes, made.purpose, made.status) == ("train.jsonl", 5, "fine-tune", "processed")
    assert api.files.retrieve(made.id) == made
    assert api.files.content(made.id).content == b"a\r\nb\n"
    assert [file.id for file in api.files.list(purpose="fine-tune")] == [made.id]
    with pytest.raises(openai.BadRequestError, match="purpose"):
        api.batches.create(input_file_id=made.id, endpoint="/v1/chat/completions", completion_window="24h")
    assert api.files.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        api.files.content(made.id)


def test_a_batch_completes(server: Served) -> None:
    server.set(batch_seconds=0.5)
    seen = []
    api = client(server)
    id = start(api, lines("How many boats?", *["Hm?"] * 9), purpose="test")
    while (batch := api.batches.retrieve(id)).status != "completed":
        seen += [batch.status] if batch.status not in seen else []
    assert seen == ["validating", "in_progress", "finalizing"]
    found = read(api, batch.output_file_id)
    listed = api.batches.list()
    assert list(found) != sorted(found) == [f"q{number}" for number in range(10)]
    assert found["q0"]["error"] is None and found["q0"]["response"]["status_code"] == 200
    answer = openai.types.chat.ChatCompletion.model_validate(found["q0"]["response"]["body"])
    assert texts(answer) == ["SELECT 1", "SELECT 2"]
    assert batch.request_counts and batch.request_counts.model_dump() == {"completed": 10, "failed": 0, "total": 10}
    assert batch.error_file_id is None and batch.usage and batch.usage.total_tokens == 3 + 9 + 40
    assert [(one.id, one.metadata) for one in listed] == [(id, {"purpose": "test"})]
    assert server.stats()["batches"] == {"lines": 10, "prompt_tokens": 12, "completion_tokens": 40}
    assert server.stats()["received"] == 0


def test_lines_of_a_batch_fail(server: Served) -> None:
    server.set(batch_seconds=0, batch_faults={"400": 0.3, "500": 0.3, "refused": 0.1})
    api = client(server)
    batch = ended(api, start(api, lines(*[f"Hm {number}?" for number in range(40)])))
    good, bad = read(api, batch.output_file_id), read(api, batch.error_file_id)
    assert sorted({*good, *bad}) == sorted(f"q{number}" for number in range(40))
    assert {line["response"]["status_code"] for line in bad.values()} == {400, 500}
    assert (batch.request_counts.completed, batch.request_counts.failed) == (len(good), len(bad))
    messages = [line["response"]["body"]["choices"][0]["message"] for line in good.values()]
    assert {message["content"] for message in messages} == {"SELECT 1", None}


def test_a_batch_expires(server: Served) -> None:
    server.set(batch_seconds=0, batch="expired")
    api = client(server)
    batch = ended(api, start(api, lines(*["Hm?"] * 6)))
    good, bad = read(api, batch.output_file_id), read(api, batch.error_file_id)
    assert batch.status == "expired" and batch.expired_at
    assert len(good) == len(bad) == 3
    assert {(line["response"], line["error"]["code"]) for line in bad.values()} == {(None, "batch_expired")}


def test_a_batch_is_cancelled(server: Served) -> None:
    server.set(batch_seconds=1.0)
    api = client(server)
    id = start(api, lines(*["Hm?"] * 10))
    until(lambda: (api.batches.retrieve(id).request_counts or Counter()).completed > 2)  # type: ignore[union-attr]
    assert api.batches.cancel(id).status == "cancelling"
    batch = ended(api, id)
    good, bad = read(api, batch.output_file_id), read(api, batch.error_file_id)
    with pytest.raises(openai.ConflictError):
        api.batches.cancel(id)
    assert batch.status == "cancelled" and len(good) > 2 and len(good) + len(bad) == 10
    assert {line["error"]["code"] for line in bad.values()} == {"batch_cancelled"}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", [("empty_file", None)]),
        (lines("a") + b"\n{\n" + lines("b"), [("invalid_json_line", 2), ("duplicate_custom_id", 3)]),
        (lines("a", url="/v1/completions"), [("mismatched_url", 1)]),
    ],
)
def test_a_batch_fails_validation(server: Served, content: bytes, found: list[tuple[str, int | None]]) -> None:
    server.set(batch_seconds=0)
    api = client(server)
    batch = ended(api, start(api, content))
    assert (batch.status, batch.output_file_id, batch.error_file_id) == ("failed", None, None)
    assert [(error.code, error.line) for error in batch.errors.data] == found


def test_a_batch_is_too_much(server: Served) -> None:
    server.set(batch_seconds=0, batch="failed")
    api = client(server)
    batch = ended(api, start(api, lines("a")))
    assert [error.code for error in batch.errors.data] == ["token_limit_exceeded"]


# ---- the server itself


def test_many_at_once_and_the_ledger(server: Served) -> None:
    server.set(latency=0.2)
    api = client(server)
    with ThreadPoolExecutor(32) as threads:
        seeds = list(range(64))
        began = time.monotonic()
        answers = list(
            threads.map(lambda seed: api.chat.completions.create(model="m", messages=ASKED, seed=seed), seeds)
        )
        assert time.monotonic() - began < 5
    assert [texts(answer) for answer in answers] == [[f"SELECT {1 + seed % 3}"] for seed in seeds]
    until(lambda: server.stats()["in_flight"] == 0)
    stats = server.stats()
    assert (stats["received"], stats["answered"], stats["delivered"], stats["in_flight"]) == (64, 64, 64, 0)
    assert (stats["prompt_tokens"], stats["completion_tokens"]) == (64 * 6, 64 * 2)
    assert 16 <= stats["most_in_flight"] <= 32
    assert (stats["statuses"], sum(stats["answered_per_second"].values())) == ({"200": 64}, 64)
    assert sorted(seed for _, seed, *_ in stats["calls"]) == seeds
    server.reset()
    assert (server.stats()["received"], server.stats()["calls"]) == (0, [])


def test_in_a_process_of_its_own() -> None:
    with serve(apart=True, answers=ANSWERS, schedule=["500"]) as server:
        assert server.pid
        with pytest.raises(openai.InternalServerError):
            chat(server)
        assert texts(chat(server)) == ["SELECT 1"]


def test_wrong_settings(server: Served) -> None:
    for wrong in ({"n": "all"}, {"latncy": 1}, {"faults": {"x": 0.1}}, {"faults": {"500": 0.6, "late": 0.6}}):
        with pytest.raises(urllib.error.HTTPError):
            server.set(**wrong)


def test_settings_of_the_command_line() -> None:
    given = {"faults": "500=0.1,late=0.2", "refuse": "seed,n", "latency": "0.2", "down": "[[1, 2]]", "log": "true"}
    read = {name: from_text(name, text) for name, text in {**given, "n": "ignored", "key": "1"}.items()}
    settings = changed(Settings(), read)
    assert (settings.faults, settings.refuse) == ({"500": 0.1, "late": 0.2}, ["seed", "n"])
    assert (settings.latency, [*map(list, settings.down)], settings.log) == (0.2, [[1.0, 2.0]], True)
    assert (settings.n, settings.key) == ("ignored", "1")
