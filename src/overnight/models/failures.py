"""What an error of a provider means: whose fault it is, and how long it lasts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from overnight.models.resets import wait_s
from overnight.words.foreign import printable
from overnight.words.secret_shapes import hide_shapes

LONGEST_WORDS = 200  # characters of a provider's message that are kept

BAD_REQUEST, UNAUTHORIZED, PAYMENT_REQUIRED, FORBIDDEN, NOT_FOUND = 400, 401, 402, 403, 404
TIMEOUT, UNPROCESSABLE, TOO_MANY, SERVER = 408, 422, 429, 500
LAST_STATUS = 599
STREAM_ERRORS: Mapping[str, int] = {
    "invalid_request_error": BAD_REQUEST,
    "authentication_error": UNAUTHORIZED,
    "billing_error": PAYMENT_REQUIRED,
    "permission_error": FORBIDDEN,
    "rate_limit_error": TOO_MANY,
}
NO_MONEY = ("insufficient_quota", "credit balance", "billing", "exceeded your current quota", "insufficient balance",
            "out of credits", "insufficient credits")  # fmt: skip
DAY_LONG = ("perday", "per day", "per_day", "daily", "quota", "usage limit")  # of a limit that lasts, unlike one per minute
MINUTE_LONG = ("perminute", "per minute", "per_minute")
BAD_KEY = ("api key not valid", "api_key_invalid", "invalid api key", "api key expired")
TOO_LARGE = 413
TOO_LONG = ("context_length_exceeded", "context length", "context_length", "context window", "context size", "context limit",
            "prompt is too long", "prompt too long", "input is too long", "maximum prompt length", "input token count",
            "too many tokens", "too many input tokens", "maximum number of tokens", "input tokens exceed", "request_too_large",
            "reduce the length of", "string too long", "max_model_len", "tokens to keep from the initial prompt")  # fmt: skip
# Of llama.cpp, vLLM, OpenRouter, OpenAI and Anthropic, in this order; the first with a status as if the server were broken.
NO_PICTURES = ("image input is not supported", "not a multimodal model", "at most 0 image", "support image input",
               "image_url is only supported", "does not support image", "image inputs are not supported",
               "does not support vision")  # fmt: skip
FLAGGED = ("moderation", "flagged", "content policy", "content_policy")


class ProviderFault(Enum):
    """Whose fault an error is, and what follows."""

    REQUEST = auto()  # the request's: it goes back to the client as it is
    MISSING = auto()  # this provider does not have what is asked for; another may
    BUSY = auto()  # the provider's, for a while
    RATE = auto()  # too many requests or tokens a minute
    QUOTA = auto()  # the account's quota or money is used up, until a reset
    BROKEN = auto()  # the account's key or rights: until a person fixes it


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFailure:
    """An error of a provider, classified."""

    fault: ProviderFault
    why: str  # one line, without keys
    wait_s: float | None = None  # what the provider says itself
    status: int = 0  # of its answer; it and the body may go to the client
    body: bytes = b""
    billed: bool = False  # a good answer broke off before anybody read it: its provider counts it all the same


def understand(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderFailure:
    """Whose fault an answer with an error status is; `headers` with lower-case names, `body` without keys."""
    words = body[:65536].decode(errors="replace").lower()
    fault = _fault(status, words)
    wait = (
        wait_s(headers, body[:65536], now) if fault in {ProviderFault.BUSY, ProviderFault.RATE, ProviderFault.QUOTA} else None
    )
    return ProviderFailure(fault=fault, why=f"{status} {message(body)}".strip(), wait_s=wait, status=status, body=body)


def is_too_long(status: int, body: bytes) -> bool:
    """Whether an error means that the request, with the answer that it asks for, is longer than the model takes."""
    words = body[:65536].decode(errors="replace").lower()
    return status == TOO_LARGE or (status in {BAD_REQUEST, UNPROCESSABLE} and any(word in words for word in TOO_LONG))


def takes_no_pictures(status: int, body: bytes) -> bool:
    """Whether an error means that the model takes no pictures."""
    return status >= BAD_REQUEST and any(word in body[:65536].decode(errors="replace").lower() for word in NO_PICTURES)


def stream_error(first: bytes) -> tuple[int, bytes] | None:
    """Status and body of the error with which a stream begins, None if it begins well."""
    if b'"error"' not in first:
        return None
    data = next((line[len(b"data:") :] for line in first.splitlines() if line.startswith(b"data:")), b"")
    try:
        event: object = json.loads(data)
    except (ValueError, RecursionError):
        return None
    error = event.get("error") if isinstance(event, dict) else None
    if not isinstance(error, dict):
        return None
    code, kind = error.get("code"), str(error.get("type"))
    status = code if isinstance(code, int) and BAD_REQUEST <= code <= LAST_STATUS else STREAM_ERRORS.get(kind, SERVER)
    return status, data.strip()


def message(body: bytes) -> str:
    """The words of an error, fit to show; empty if there are none."""
    try:
        document: object = json.loads(body[:65536])
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, list) and document:  # Gemini's streams
        document = document[0]
    error = document.get("error", document) if isinstance(document, dict) else None
    said = error.get("message") if isinstance(error, dict) else error
    return printable(hide_shapes(said), LONGEST_WORDS) if isinstance(said, str) else ""


def _fault(status: int, words: str) -> ProviderFault:
    if status >= BAD_REQUEST and any(word in words for word in NO_PICTURES):
        return ProviderFault.MISSING
    if status == TOO_MANY:
        return _limit(words)
    if status == PAYMENT_REQUIRED or (status in {BAD_REQUEST, FORBIDDEN} and any(word in words for word in NO_MONEY[:2])):
        return ProviderFault.QUOTA
    if status == BAD_REQUEST and any(word in words for word in BAD_KEY):
        return ProviderFault.BROKEN
    if status == FORBIDDEN and any(word in words for word in FLAGGED):
        return ProviderFault.REQUEST
    if status in {UNAUTHORIZED, FORBIDDEN} or status < BAD_REQUEST:  # a redirect is a base URL that is wrong
        return ProviderFault.BROKEN
    if status == NOT_FOUND:
        return ProviderFault.MISSING
    return ProviderFault.BUSY if status >= SERVER or status == TIMEOUT else ProviderFault.REQUEST


def _limit(words: str) -> ProviderFault:
    """Whether a 429 is about a rate or about a quota."""
    if any(word in words for word in NO_MONEY):
        return ProviderFault.QUOTA
    if any(word in words for word in MINUTE_LONG) and not any(word in words for word in DAY_LONG[:4]):
        return ProviderFault.RATE
    return ProviderFault.QUOTA if any(word in words for word in DAY_LONG) else ProviderFault.RATE
