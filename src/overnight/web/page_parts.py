"""The parts of a page that change while it is viewed, and what of them is new: viewers are sent that, not the whole page.

The parts are the outermost elements with an `id` and `data-live`. Every text in a page is escaped, so that what looks like a
tag is one of a template's.
"""

import json
import re
from collections.abc import Mapping

MOST_SENT = 32 * 1024  # bytes of one event; who needs more gets the page, which is compressed
_LIVE = re.compile(rb"<(\w+)\b(?=[^<>]*\sdata-live\b)[^<>]*\sid=\"([^\"<>]+)\"[^<>]*>")
_TITLE = re.compile(rb"<title>[^<]*</title>")
TITLE = ""  # the key of the title, which is no id

Parts = Mapping[str, bytes]


def parts_of(text: bytes) -> Parts:
    """The title and the parts of a page, in order, each as its HTML; nothing if it cannot be taken apart."""
    title = _TITLE.search(text)
    found, at = {TITLE: title[0] if title else b""}, 0
    while opening := _LIVE.search(text, at):
        at = _end(text, opening)
        name = opening[2].decode()
        if at < 0 or name in found:
            return {}
        found[name] = text[opening.start() : at]
    return found


def step(since: str, before: Parts, after: Parts) -> str | None:
    """What turns a version into the next one, as JSON on one line; None: that is too much, or one of them has no parts.

    `since` is the version before, `parts` has the ids of all parts, `html` the title and the parts that are new. Parts that are
    too large for that, such as pictures, are left out and named in `later`: viewers fetch them at times of their own.
    """
    if not before or not after:
        return None
    new = {name: html for name, html in after.items() if name != TITLE and before.get(name) != html}
    sent, size = set[str](), len(after[TITLE])
    for name in sorted(new, key=lambda name: len(new[name])):
        size += len(new[name])
        if size <= MOST_SENT:
            sent.add(name)
    if new and not sent:
        return None
    html = after[TITLE] + b"".join(part for name, part in new.items() if name in sent)
    said: dict[str, object] = {"since": since, "parts": [name for name in after if name != TITLE], "html": html.decode()}
    if later := [name for name in new if name not in sent]:
        said["later"] = later
    return json.dumps(said, ensure_ascii=False)


def _end(text: bytes, opening: re.Match[bytes]) -> int:
    """Where the element ends that begins here; -1: nowhere."""
    depth = 0
    for tag in re.compile(rb"<(/?)%s\b[^<>]*>" % opening[1]).finditer(text, opening.start()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.end()
    return -1
