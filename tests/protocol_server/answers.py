"""What is said: a text for each sample, in bodies as the API shapes them."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.protocol_server.errors import Json
from tests.protocol_server.settings import Settings

_TOKEN = re.compile(r"\s*\S+|\s+$")
_CREATED = 1_750_000_000  # the same in every answer: equal requests get equal bodies


class Answers:
    """The SQL of questions, found in what a prompt says."""

    def __init__(self, settings: Settings) -> None:
        self._fallback: Sequence[str] = [settings.text]
        self._known = {question: samples for question, samples in settings.answers.items() if question and samples}
        self._longest = max(map(len, self._known), default=0)
        self._key = min(12, *map(len, self._known), 12)
        # By their first characters the lengths of questions, longest first: the whole is then a look into a dict.
        self._lengths: dict[str, list[int]] = {}
        for question in sorted(self._known, key=len, reverse=True):
            lengths = self._lengths.setdefault(question[: self._key], [])
            if len(question) not in lengths:
                lengths.append(len(question))

    def samples(self, said: str, first: int, n: int) -> list[str]:
        """The samples from number ``first`` on of what is answered to this."""
        samples, numbers = self._find(said), range(first, first + n)
        if samples is not self._fallback:
            return [samples[number % len(samples)] for number in numbers]
        text = self._fallback[0].replace("{digest}", f"{zlib.crc32(said.encode()):08x}")
        return [text.replace("{sample}", str(number)) for number in numbers]

    def _find(self, said: str) -> Sequence[str]:
        # From the end, where the question stands; a longer one around the first one found is the one meant.
        found, start, last, size = self._fallback, 0, 0, self._key
        position = len(said) - size if self._known else -1
        while position >= start:
            for length in self._lengths.get(said[position : position + size], ()):
                end = position + length
                if end >= last and (samples := self._known.get(said[position:end])):
                    found, start, last = samples, max(0, end - self._longest), end
                    break
            position -= 1
        return found


@dataclass(frozen=True, slots=True)
class Said:
    """An answer's body and its true tokens, whatever its usage says."""

    body: Json
    prompt_tokens: int
    completion_tokens: int


def completion(body: Json, answers: Answers, settings: Settings, id: str, fault: str = "") -> Said:
    """The answer to a request of /chat/completions or /completions, spoilt by a content fault."""
    chat = "messages" in body
    prompts = [_text(body["messages"][-1].get("content"))] if chat else _prompts(body)
    many = settings.n == "ignored" or fault == "one_choice"
    n = 1 if many else body.get("n") or 1
    seed = body.get("seed") or 0
    choices: list[Json] = []
    completion_tokens = 0
    for prompt in prompts:
        for text in answers.samples(prompt, seed, n):
            shape = _chat_choice if chat else _choice
            choice, tokens = shape(body, len(choices), _until(text, body.get("stop")), fault)
            choices.append(choice)
            completion_tokens += tokens + settings.reasoning_tokens
    said = [_text(message.get("content")) for message in body["messages"]] if chat else prompts
    prompt_tokens = sum(len(text.split()) for text in said)
    if fault == "empty_choices":
        choices, completion_tokens = [], 0
    answer = {
        "id": f"chatcmpl-{id}" if chat else f"cmpl-{id}",
        "object": "chat.completion" if chat else "text_completion",
        "created": _CREATED,
        "model": body["model"],
        "choices": choices,
        "usage": _usage(prompt_tokens, completion_tokens, settings, len(choices)),
        "system_fingerprint": None,
    }
    _spoil(answer, fault)
    return Said(answer, prompt_tokens, completion_tokens)


def _usage(prompt: int, completion: int, settings: Settings, choices: int) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": int(prompt * settings.cached_share), "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": settings.reasoning_tokens * choices, "audio_tokens": 0},
    }


def _spoil(answer: Json, fault: str) -> None:
    wrong = {"usage_negative": -1, "usage_text": "many", "usage_huge": 10**24}
    if fault == "usage_missing":
        del answer["usage"]
    elif fault in wrong:
        names = ("prompt_tokens", "completion_tokens", "total_tokens")
        answer["usage"] = dict.fromkeys(names, wrong[fault])


# ---- choices


def _chat_choice(body: Json, index: int, text: str, fault: str) -> tuple[Json, int]:
    message: Json = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
    asked: Any = body.get("tool_choice") or "auto"
    tool = body.get("tools") and asked != "none"
    kind = (body.get("response_format") or {}).get("type", "text")
    wanted = json.dumps({"sql": text}) if tool or kind != "text" else text
    tokens, cut = _cut(_TOKEN.findall(wanted), body, fault)
    wanted, reason = "".join(tokens), "length" if cut else "stop"
    if fault == "refused":
        message["refusal"] = "I'm sorry, I can't assist with that request."
        tokens = _TOKEN.findall(message["refusal"])
    elif tool:
        named = isinstance(asked, dict)
        function = asked["function"]["name"] if named else body["tools"][0]["function"]["name"]
        called = {"name": function, "arguments": wanted}
        message["tool_calls"] = [{"id": f"call_{index}", "type": "function", "function": called}]
        # A call that was demanded by name ends with "stop", as the API has it.
        reason = reason if cut or named else "tool_calls"
    else:
        message["content"] = wanted
    logprobs = {"content": list(_logprobs(tokens)), "refusal": None} if body.get("logprobs") else None
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": reason}, len(tokens)


def _choice(body: Json, index: int, text: str, fault: str) -> tuple[Json, int]:
    tokens, cut = _cut(_TOKEN.findall(text), body, fault)
    reason = "length" if cut else "stop"
    if fault == "refused":
        tokens, reason = [], "content_filter"
    logprobs = None
    if body.get("logprobs") is not None:
        told = list(_logprobs(tokens))
        offsets = [sum(map(len, tokens[:position])) for position in range(len(tokens))]
        logprobs = {
            "tokens": tokens,
            "token_logprobs": [entry["logprob"] for entry in told],
            "top_logprobs": [{entry["token"]: entry["logprob"]} for entry in told],
            "text_offset": offsets,
        }
    choice = {"index": index, "text": "".join(tokens), "logprobs": logprobs, "finish_reason": reason}
    return choice, len(tokens)


def _cut(tokens: list[str], body: Json, fault: str) -> tuple[list[str], bool]:
    limit = body.get("max_completion_tokens") or body.get("max_tokens") or len(tokens)
    limit = min(limit, len(tokens) // 2) if fault == "cut_off" else limit
    return tokens[:limit], limit < len(tokens) or fault == "cut_off"


def _logprobs(tokens: Sequence[str]) -> Iterator[Json]:
    for token in tokens:
        data = token.encode()
        yield {"token": token, "logprob": -(zlib.crc32(data) % 1000) / 1000, "bytes": list(data), "top_logprobs": []}


def _until(text: str, stop: str | Sequence[str] | None) -> str:
    for end in [stop] if isinstance(stop, str) else stop or ():
        text = text.partition(end)[0]
    return text


def _text(content: object) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _prompts(body: Json) -> list[str]:
    prompt = body["prompt"]
    return [prompt] if isinstance(prompt, str) else list(prompt)
