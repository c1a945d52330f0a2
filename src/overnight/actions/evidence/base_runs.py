"""Checks that passed on a base: run once for all actions that begin there.

Only what passed is kept, for a day: a check that fails on the base excuses one that fails on a result, so it is run again.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from overnight.actions.evidence.runs import RunText, read_run
from overnight.actions.evidence.trying import Trying
from overnight.actions.findings import CheckOutcome
from overnight.files.atomic import write_atomically
from overnight.files.own import make_folder

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FOLDER = "known"  # in the folder of the record
SPAN_S = 24 * 3600.0
MOST = 500  # outcomes that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseRuns:
    """The checks of bases."""

    folder: Path | None  # None: nothing is kept
    trying: Trying
    about: Sequence[str]  # what an outcome also depends on
    now: Callable[[], float] = time.time

    async def settled(self, commit: str, command: str) -> tuple[CheckOutcome, RunText]:
        """As `Trying.settled`."""
        place = self._place(commit, command)
        if place and (known := await to_thread.run_sync(self._known, place)) is not None:
            return known
        found = await self.trying.settled(commit, command)
        if place and found[0].passed and not found[0].flaky:
            make_folder(place.parent)
            write_atomically(place, _adapter().dump_json(found[0]))
            self._sweep(place.parent)
        return found

    def _place(self, commit: str, command: str) -> Path | None:
        if self.folder is None:
            return None
        about = hashlib.sha256("\0".join((commit, command, *self.about)).encode()).hexdigest()
        return self.folder / f"{about}.json"

    def _known(self, place: Path) -> tuple[CheckOutcome, RunText] | None:
        try:
            if self.now() - place.stat().st_mtime > SPAN_S:
                return None
            outcome = _adapter().validate_json(place.read_bytes())
        except (OSError, ValueError):
            return None
        output = self.trying.commands.artifacts.read(outcome.log) if outcome.log else b""
        return None if output is None else (outcome, read_run(output))

    def _sweep(self, folder: Path) -> None:
        """Delete the oldest ones if there are too many."""
        kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-MOST]:
            path.unlink(missing_ok=True)


@cache
def _adapter() -> "TypeAdapter[CheckOutcome]":
    from pydantic import TypeAdapter

    return TypeAdapter(CheckOutcome)
