"""What a request's path asks of the gateway; every path that is not known here is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from overnight.models.usage import Wire

LONGEST_TARGET = 1024  # characters
TARGET = re.compile(r"/([A-Za-z0-9_-]{20,64})(/[A-Za-z0-9._:/-]*)?(?:\?(.*))?")
VERSION = r"(?:/v1){0,2}"  # some agents add one to a base URL that has it
POSTS: Mapping[str, Wire] = {
    rf"{VERSION}/chat/completions": Wire.OPENAI_CHAT,
    rf"{VERSION}/responses": Wire.OPENAI_RESPONSES,
    rf"{VERSION}/messages": Wire.ANTHROPIC,
}
GEMINI = re.compile(
    r"(?:/v1beta|/v1)?/models/([A-Za-z0-9][A-Za-z0-9._-]{0,127}):(generateContent|streamGenerateContent|countTokens)"
)
COUNT_TOKENS = re.compile(rf"{VERSION}/messages/count_tokens")
MODELS = re.compile(r"(?:/v1|/v1beta){0,2}/models")


class Kind(Enum):
    """What is asked for."""

    CALL = auto()
    COUNT_TOKENS = auto()
    MODELS = auto()
    ROOT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What a path asks for."""

    kind: Kind
    wire: Wire | None = None
    model: str = ""  # if the path has it
    stream: bool = False  # if the path says it
    array: bool = False  # a stream that is wanted as a JSON array


def token_of(target: str) -> tuple[str, str, str] | None:
    """Token, path behind it, and query of a request's target; None if it has another form."""
    found = TARGET.fullmatch(target) if len(target) <= LONGEST_TARGET else None
    return (found[1], found[2] or "/", found[3] or "") if found else None


def find_route(method: str, path: str, query: str) -> Route | None:
    """What a path asks for, None if the gateway does not do that."""
    path = path.rstrip("/")
    if method in {"GET", "HEAD"}:
        if not path or re.fullmatch(VERSION, path):
            return Route(kind=Kind.ROOT)
        return Route(kind=Kind.MODELS) if MODELS.fullmatch(path) else None
    if method != "POST":
        return None
    if COUNT_TOKENS.fullmatch(path):
        return Route(kind=Kind.COUNT_TOKENS, wire=Wire.ANTHROPIC)
    if found := GEMINI.fullmatch(path):
        return _gemini(found[1], found[2], query)
    return next((Route(kind=Kind.CALL, wire=wire) for shape, wire in POSTS.items() if re.fullmatch(shape, path)), None)


def _gemini(model: str, method: str, query: str) -> Route:
    kind = Kind.COUNT_TOKENS if method == "countTokens" else Kind.CALL
    stream = method == "streamGenerateContent"
    array = stream and "alt=sse" not in query.split("&")
    return Route(kind=kind, wire=Wire.GEMINI, model=model, stream=stream, array=array)
