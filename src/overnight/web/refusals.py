"""Answers that are no page, in the form that was asked for: HTML, JSON or plain text."""

from aiohttp import web

from overnight.operations.json_text import json_text
from overnight.web.errors import ApiErrorBody
from overnight.web.rendering import render_refusal
from overnight.words.foreign import printable

LONGEST = 2_000  # characters of a message


class Refused(Exception):  # noqa: N818  # a state
    """A request that is not carried out.

    Attributes:
        status: of HTTP.
        fix: what its sender can do.
        headers: that the answer has.
    """

    def __init__(self, status: int, message: str, fix: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.fix = fix
        self.headers = headers or {}


def refusal(request: web.Request, refused: Refused) -> web.Response:
    """What its sender gets."""
    message, fix = printable(str(refused), LONGEST), printable(refused.fix, LONGEST)
    form = form_of(request)
    if form == "application/json":
        text = json_text(ApiErrorBody(error=message, fix=fix, approval=None)) + "\n"
    elif form == "text/html":
        text = render_refusal(refused.status, message, fix, request.raw_path.partition("?")[0])
    else:
        text = f"{message}{f'; {fix}' if fix else ''}\n"
    return web.Response(status=refused.status, text=text, content_type=form, headers=refused.headers)


def form_of(request: web.Request) -> str:
    """The media type that an answer to this request has."""
    path = request.raw_path.partition("?")[0]
    if path.startswith("/api/") or path.endswith(".json"):
        return "application/json"
    if path.endswith((".md", ".txt")) or "text/html" not in request.headers.get("Accept", ""):
        return "text/plain"
    return "text/html"
