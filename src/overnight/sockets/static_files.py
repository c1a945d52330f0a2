"""Files of the package over HTTP: few, small, and read once, so that no visitor who leaves can keep one open."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aiohttp import ETag, hdrs, web

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _StaticFile:
    body: bytes
    digest: str
    media_type: str

    async def answer(self, request: web.Request) -> web.Response:
        known = any(tag.value in {self.digest, "*"} for tag in request.if_none_match or ())
        if known:
            answer = web.Response(status=HTTPStatus.NOT_MODIFIED)
        else:
            answer = web.Response(body=self.body, content_type=self.media_type)
        answer.etag = ETag(self.digest)
        answer.headers[hdrs.CACHE_CONTROL] = "no-cache"
        return answer


def add_static_files(router: web.UrlDispatcher, prefix: str, files: Iterable[Path]) -> None:
    """Serve each file below the prefix by its name; a browser keeps it and asks each time whether it is still the same."""
    for file in files:
        body = file.read_bytes()
        one = _StaticFile(body=body, digest=hashlib.sha256(body).hexdigest(), media_type=MEDIA_TYPES[file.suffix])
        router.add_get(f"{prefix}/{file.name}", one.answer)


def is_static(request: web.Request) -> bool:
    """Whether one of these files answers the request: by what answers, not by the address."""
    return isinstance(getattr(request.match_info.handler, "__self__", None), _StaticFile)
