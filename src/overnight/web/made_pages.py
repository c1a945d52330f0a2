"""A page as bytes that are ready to be sent, with what tells whether it changed."""

import gzip
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from http import HTTPStatus
from pathlib import Path

from overnight.errors import OvernightError
from overnight.files.signature import Signature, signature_of
from overnight.operations.principal import Kind
from overnight.web.calls import Caller, Looked, place_at
from overnight.web.errors import refused_by
from overnight.web.hidden import clean_html
from overnight.web.page_parts import Parts, parts_of
from overnight.web.refusals import refusal_html
from overnight.web.rendering import render_html

MOST_WATCHED = 32  # files of one page
LEVEL = 5  # of gzip: half the time of 9, 3 % more bytes
CLOCK = re.compile(rb"<(\w+)\b[^<>]*\sdata-clock\b[^<>]*>[^<]*</\1>")  # what changes by itself; our templates write it


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKey:
    """What a page is asked for by, and by whom: what is the same for two viewers is made once."""

    path: str  # as it is in the URL
    query: tuple[tuple[str, str], ...]
    principal: str
    origin: str
    channel: str

    @property
    def is_of_owner(self) -> bool:
        """Whether the owner asks for it."""
        return self.principal.startswith(f"{Kind.OWNER}:")

    @classmethod
    def of(cls, path: str, query: Sequence[tuple[str, str]], caller: Caller) -> "PageKey":
        """The address as this caller asks for it."""
        channel = caller.address.channel if caller.address else ""
        return cls(path=path, query=tuple(query), principal=str(caller.principal), origin=caller.origin, channel=channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePage:
    """An HTML page, made."""

    status: HTTPStatus
    packed: bytes  # with gzip
    version: str  # of its text
    essence: str  # of its text without what changes by itself
    parts: Parts  # what of it changes; none if it is not what was asked for
    watched: tuple[Path, ...]  # files that change when it does
    signature: Signature  # of these files, before they were read
    cost_s: float  # of the processor, that making it took

    @property
    def found(self) -> bool:
        """Whether it is the page that was asked for."""
        return self.status == HTTPStatus.OK


def make_page(address: PageKey, caller: Caller, watched: tuple[Path, ...] = ()) -> MadePage:
    """Look at a page and write it; that it cannot be shown is a page too. To know what it watches takes time, if not given."""
    began = time.thread_time()  # on a machine that is busy, to wait costs nothing
    signature: Signature = ()
    try:
        place = place_at(address.path, address.query, caller)
        watched = watched or tuple(place.page.watches(place.context, place.given))[:MOST_WATCHED]
        signature = signature_of(watched)
        status, text = HTTPStatus.OK, clean_html(html_of(place.look()))
    except OvernightError as error:
        refused = refused_by(error, reads=True)
        status, text = HTTPStatus(refused.status), refusal_html(refused, address.path)
    return packed(text, status, watched=watched, signature=signature, cost_s=time.thread_time() - began)


def packed(text: str, status: HTTPStatus, *, watched: tuple[Path, ...], signature: Signature, cost_s: float) -> MadePage:
    """A text as a page that is ready to be sent."""
    data = text.encode()
    return MadePage(
        status=status,
        packed=gzip.compress(data, LEVEL, mtime=0),
        version=_digest(data),
        essence=_digest(CLOCK.sub(b"", data)),
        parts=parts_of(data) if status == HTTPStatus.OK else {},
        watched=watched,
        signature=signature,
        cost_s=cost_s,
    )


def html_of(looked: Looked) -> str:
    """A page as its caller sees it: who may only read sees no forms."""
    return render_html(looked, may_order=looked.context.principal.kind in {Kind.OWNER, Kind.AGENT})


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=12).hexdigest()
