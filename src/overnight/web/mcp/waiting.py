"""The tool that waits until something happens at an address."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from overnight.files.signature import signature_of
from overnight.web.calls import Place
from overnight.web.mcp.changes import MOST, changes
from overnight.web.mcp.looking import place
from overnight.web.mcp.messages import Json
from overnight.web.mcp.ongoing import Ongoing
from overnight.web.mcp.tool_context import ToolContext, next_call
from overnight.web.mcp.trimming import Plain, mark_of, part, plain

LOOK_S = 0.5  # between looks at the files that a page watches
AGAIN_S = 3.0  # until it is looked again though no file changed: a process that is killed changes none
REST = 20.0  # the same, as a multiple of what a look takes
NOTE_S = 5.0  # between notes of progress: clients count them as signs of life


def wait(given: Mapping[str, Any], context: ToolContext) -> Json:  # Any: JSON
    """What changed, or that nothing did in this time."""
    watched = Watched(place(given["address"], context), given.get("at", ""))
    found = watched.look()
    mark = given.get("mark", mark_of(found))
    before = context.states.get(mark) if "mark" in given else found
    if mark_of(found) == mark:
        found = after(watched, mark, found, given["timeout_s"], context.ongoing)
    now = context.remember(found)
    shown = list(changes(before, found, watched.at))[:MOST] if now != mark and before is not None else []
    again = {"address": given["address"], **({"at": watched.at} if watched.at else {})}
    follows = next_call("look", "see it whole", **again) if now != mark else next_call("wait", "nothing yet", **again, mark=now)
    return {"changed": now != mark, "changes": context.shown(shown), "mark": now, "next": follows}


@dataclass(frozen=True, slots=True)
class Watched:
    """A page, or a part of it."""

    here: Place
    at: str

    def look(self) -> Plain:
        """What it is now."""
        return part(plain(self.here.look().found), self.at)

    def files(self) -> Sequence[Path]:
        """Those that change when it does."""
        return self.here.page.watches(self.here.context, self.here.given)


def after(watched: Watched, mark: str, found: Plain, timeout_s: float, ongoing: Ongoing) -> Plain:
    """What it is after the next change, or as it was if none comes in time."""
    began = noted = looked = time.monotonic()
    files = watched.files()
    seen, again_s = signature_of(files), AGAIN_S
    while (left_s := began + timeout_s - time.monotonic()) > 0 and not ongoing.ending.wait(min(LOOK_S, left_s)):
        now = time.monotonic()
        if now > noted + NOTE_S:
            ongoing.progress(round(now - began, 1), timeout_s, "waiting")
            noted = now
        if signature_of(files) == seen and now < looked + again_s:
            continue
        files = watched.files()
        seen, found = signature_of(files), watched.look()
        looked = time.monotonic()
        again_s = max(AGAIN_S, REST * (looked - now))
        if mark_of(found) != mark:
            break
    return found
