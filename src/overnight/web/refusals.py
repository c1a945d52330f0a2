"""Answers that are no page, in the form that was asked for: HTML, JSON or plain text."""

from aiohttp import web

from overnight.operations.json_text import json_text
from overnight.web.errors import ErrorBody, Refused
from overnight.web.rendering import render_refusal
from overnight.web.requests import JSON
from overnight.words.foreign import printable_lines

LONGEST = 2_000  # characters of a message


def refusal(request: web.Request, refused: Refused) -> web.Response:
    """What its sender gets."""
    form, (message, fix) = _form_of(request), _words(refused)
    if form == JSON:
        text = json_text(ErrorBody(error=message, fix=fix, approval=refused.approval)) + "\n"
    elif form == "text/html":
        text = refusal_html(refused, request.raw_path.partition("?")[0])
    else:
        text = f"{message}{f'; {fix}' if fix else ''}\n"
    return web.Response(status=refused.status, text=text, content_type=form, headers=refused.headers)


def refusal_html(refused: Refused, here: str) -> str:
    """The page that is shown at an address instead of the one that was asked for."""
    message, fix = _words(refused)
    return render_refusal(refused.status, message, fix, here)


def _words(refused: Refused) -> tuple[str, str]:
    """What is wrong, and the fix."""
    return printable_lines(str(refused), LONGEST), printable_lines(refused.fix, LONGEST)


def _form_of(request: web.Request) -> str:
    """The media type that an answer to this request has."""
    path = request.raw_path.partition("?")[0]
    if path.startswith("/api/") or path.endswith(".json"):
        return JSON
    if path.endswith((".md", ".txt")) or "text/html" not in request.headers.get("Accept", ""):
        return "text/plain"
    return "text/html"
