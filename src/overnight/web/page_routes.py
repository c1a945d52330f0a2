"""Each page over HTTP, in its three forms."""

import gzip
from collections.abc import Sequence
from functools import partial

from aiohttp import hdrs, web

from overnight.web.calls import HOME, Caller, place_at
from overnight.web.event_streams import LIVE
from overnight.web.hidden import clean_json, clean_markdown
from overnight.web.made_pages import PageKey
from overnight.web.markdown import markdown_of
from overnight.web.requests import caller_of
from overnight.web.threads import in_thread

FORMS = {"json": "application/json", "md": "text/markdown"}
HEADERS = {hdrs.VARY: "Accept-Encoding, Cookie, Authorization"}


def routes() -> Sequence[web.AbstractRouteDef]:
    """All of them; the last ones, as they take what is left."""
    return [web.get("/", home), web.get("/{address:.+}", page)]


async def home(_request: web.Request) -> web.Response:
    """The first page."""
    raise web.HTTPFound(HOME)


async def page(request: web.Request) -> web.Response:
    """The page at the address of a request."""
    address, form = _form_of(request.rel_url.raw_path)
    query = tuple(request.query.items())
    return await _html(request, address, query) if form == "html" else await _twin(request, address, query, form)


async def _html(request: web.Request, path: str, query: tuple[tuple[str, str], ...]) -> web.Response:
    """The page for people; a client that has it is spared the bytes."""
    caller = caller_of(request)
    made = await request.app[LIVE].page(PageKey.of(path, query, caller), caller)
    headers = {**HEADERS, hdrs.ETAG: f'W/"{made.version}"'}
    if made.version in {tag.value for tag in request.if_none_match or ()} and made.found:
        return web.Response(status=304, headers=headers)
    if _takes_gzip(request):
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    body = made.packed if hdrs.CONTENT_ENCODING in headers else gzip.decompress(made.packed)
    return web.Response(status=made.status, body=body, headers=headers, content_type="text/html", charset="utf-8")


async def _twin(request: web.Request, path: str, query: tuple[tuple[str, str], ...], form: str) -> web.Response:
    """The page for programs or for agents, as it is now."""
    caller = caller_of(request)
    text = await in_thread(caller, partial(_written, path, query, caller, form))
    answer = web.Response(text=text, content_type=FORMS[form], headers=HEADERS)
    answer.enable_compression()
    return answer


def _form_of(path: str) -> tuple[str, str]:
    """The address of a path, and the form that its end asks for."""
    for form in FORMS:
        if path.endswith(f".{form}"):
            return path[: -len(form) - 1], form
    return path, "html"


def _takes_gzip(request: web.Request) -> bool:
    """Whether the client reads gzip."""
    offers = (offer.replace(" ", "").lower() for offer in request.headers.get(hdrs.ACCEPT_ENCODING, "").split(","))
    return any(offer.split(";")[0] == "gzip" and not offer.endswith((";q=0", ";q=0.0")) for offer in offers)


def _written(path: str, query: tuple[tuple[str, str], ...], caller: Caller, form: str) -> str:
    """A page's twin."""
    looked = place_at(path, query, caller).look()
    if form == "json":
        return clean_json(looked.found)
    return clean_markdown(markdown_of(looked))
