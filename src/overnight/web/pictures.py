"""`/pictures?page=ADDRESS&name=NAME`: a picture that a page shows, for who may see the page.

It can come from anywhere, such as from code that an agent wrote. So it is sent only if its first bytes are those of a picture
without scripts, under that type and no other: never SVG, never HTML, whatever it is called.

Does not cover: faults in a browser's readers of pictures; what a picture shows.
"""

from collections.abc import Sequence
from functools import partial
from urllib.parse import parse_qsl

from aiohttp import hdrs, web

from overnight.models.pictures import HEAD_BYTES, read_size
from overnight.web.calls import Caller, place_at
from overnight.web.errors import Refused
from overnight.web.picture_addresses import PICTURES
from overnight.web.requests import caller_of
from overnight.web.threads import in_thread

MOST_BYTES = 8 * 1024**2  # of one picture


def routes() -> Sequence[web.AbstractRouteDef]:
    """All of it."""
    return [web.get(PICTURES, picture)]


async def picture(request: web.Request) -> web.Response:
    """A picture."""
    caller = caller_of(request)
    found = await in_thread(caller, partial(_looked, request.query.get("page", ""), request.query.get("name", ""), caller))
    size = read_size(found[:HEAD_BYTES]) if found is not None and len(found) <= MOST_BYTES else None
    if size is None:
        raise Refused(404, "there is no such picture", "open the page that shows it")
    return web.Response(body=found, content_type=size.media_type, headers={hdrs.CONTENT_DISPOSITION: "inline"})


def _looked(page: str, name: str, caller: Caller) -> bytes | None:
    """The bytes of a picture that a page shows; None if it shows none of this name."""
    path, _, asked = page.partition("?")
    looked = place_at(path, parse_qsl(asked, keep_blank_values=True), caller).look()
    shows = looked.page.picture
    return shows(looked.context, looked.found, name) if shows else None
