"""The bodies of errors, as several kinds of server word them."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


def error(message: str, type: str = "invalid_request_error", param: str | None = None, code: str | None = None) -> Json:
    """The body of an error in OpenAI's shape."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}


def unsupported(param: str, value: object, style: str) -> tuple[int, Json]:
    """Status and body of the refusal of a parameter, as one kind of server words it."""
    if style == "openai":
        other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}.get(param)
        if param == "temperature":
            said = f"Unsupported value: 'temperature' does not support {value} with this model. "
            said += "Only the default (1) value is supported."
            return 400, error(said, param=param, code="unsupported_value")
        said = f"Unsupported parameter: '{param}' is not supported with this model."
        said += f" Use '{other}' instead." if other else ""
        return 400, error(said, param=param, code="unsupported_parameter")
    if style == "vllm":
        said = f"{param} must be 1 when using greedy sampling, got {value}." if param == "n" else f"{param} is not"
        said = said if param == "n" else f"{said} supported"
        return 400, {"object": "error", "message": said, "type": "BadRequestError", "param": None, "code": 400}
    if style == "pydantic":
        detail = {"type": "extra_forbidden", "loc": ["body", param], "msg": "Extra inputs are not permitted"}
        return 422, {"detail": [{**detail, "input": value}]}
    status = 500 if style == "llama.cpp-500" else 400
    said = "Only one completion choice is allowed" if param == "n" else f"Unsupported param: {param}"
    kind = "server_error" if status == 500 else "invalid_request_error"
    return status, {"error": {"code": status, "message": said, "type": kind}}


def failure(status: int) -> Json:
    """The body that goes with a status."""
    messages = {
        429: ("Rate limit reached. Please try again later.", "requests"),
        500: ("The server had an error while processing your request. Sorry about that!", "server_error"),
        503: ("The engine is currently overloaded, please try again later.", "service_unavailable"),
    }
    message, kind = messages.get(status, (f"Status {status}.", "server_error" if status >= 500 else "invalid_request"))
    return error(message, kind, code="rate_limit_exceeded" if status == 429 else None)


def no_quota() -> Json:
    """The 429 that no waiting ends."""
    said = "You exceeded your current quota, please check your plan and billing details."
    return error(said, "insufficient_quota", code="insufficient_quota")
