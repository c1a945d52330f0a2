"""Each page over HTTP, in its three forms."""

from functools import partial

from aiohttp import web
from anyio import to_thread

from overnight.errors import UserError
from overnight.web.calls import Looked, place_at
from overnight.web.markdown import to_markdown
from overnight.web.rendering import render_html
from overnight.web.requests import caller_of

HOME = "/home"


async def home(_request: web.Request) -> web.Response:
    """The first page."""
    raise web.HTTPFound(HOME)


async def page(request: web.Request) -> web.Response:
    """The page at the address of a request."""
    address, form = _form_of(request.rel_url.raw_path)
    query = [(name, text) for name, text in request.query.items()]
    try:
        place = await to_thread.run_sync(partial(place_at, address, query, caller_of(request)))
        text, kind = await to_thread.run_sync(lambda: _written(place.look(), form))
    except UserError as error:
        return web.Response(status=404, text=f"{error}\n")
    return web.Response(text=text, content_type=kind)


def _form_of(path: str) -> tuple[str, str]:
    """The address of a path, and the form that its end asks for."""
    for form in ("json", "md"):
        if path.endswith(f".{form}"):
            return path[: -len(form) - 1], form
    return path, "html"


def _written(looked: Looked, form: str) -> tuple[str, str]:
    """A page in a form, and its media type."""
    if form == "json":
        from pydantic_core import to_json

        return to_json(looked.found, indent=2, inf_nan_mode="null").decode(), "application/json"
    if form == "md":
        write = looked.page.markdown
        return write(looked.found) if write else to_markdown(looked.title, looked.found), "text/markdown"
    return render_html(looked), "text/html"
