"""Keeps things in order by itself, without a model: tidies facts after new ones, forgets what is older than is kept, and takes
another way what does not get through.

A look that finds nothing to do reads a few rows and writes nothing.
"""

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

import anyio
from anyio import to_thread

from overnight.claw.charter import TERMINAL, Charter
from overnight.claw.events import Noticed, Send
from overnight.claw.memory.forgetting import doomed, forget, texts_before
from overnight.claw.memory.tidying import TidyResult, tidy, tidy_words
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.detour import Detour
from overnight.errors import OvernightError
from overnight.jobs.schedule import zone_of
from overnight.ledger.sealed import seal
from overnight.operations.principal import Address, Kind
from overnight.words.foreign import one_line

LOOK_S = 600.0  # between looks
SETTLED_S = 3600.0  # facts are tidied once the newest is so old: until then somebody may still correct it
BY = "retain_days"  # who has forgotten it


class Upkeep:
    """Beside the turns of a claw that runs."""

    def __init__(
        self, record: ClawRecord, charter: Callable[[], Charter], say: Callable[[str], None], *, channels: Collection[str] = ()
    ) -> None:
        """`charter`: what `claw.yaml` says now; `channels`: those that this process has."""
        self._record, self._charter, self._say = record, charter, say
        self._detour = Detour(record, channels)
        self._tidied: int | None = None  # the newest fact that was looked at; None: none in this process
        self._forgotten = 0.0  # Unix time until which all is forgotten

    async def run(self, news: Callable[[], None]) -> None:
        """Look until cancelled; what could not be done is tried again. `news` is called if something is to go out."""
        while True:
            try:
                await self.look()
                if self._detour.look(self._charter().zone):
                    news()
            except (OvernightError, OSError, sqlite3.Error) as error:
                self._say(f"what I keep is not in order yet: {one_line(str(error), 200)}")
            await anyio.sleep(LOOK_S)

    async def look(self) -> None:
        """Do what is to be done now."""
        if self._record.is_stopped:
            return
        self._tidy()
        charter = self._charter()
        if charter.retain_days is not None:
            here = datetime.fromtimestamp(self._record.clock(), zone_of(charter.zone))
            first = (here - timedelta(days=charter.retain_days)).replace(hour=0, minute=0, second=0, microsecond=0)
            if first.timestamp() > self._forgotten:
                await to_thread.run_sync(self._forget, first.timestamp())
                self._forgotten = first.timestamp()

    def _tidy(self) -> None:
        """Tidy what was noted since, each person's own; the owner is told of theirs, once."""
        with self._record.store.reading() as db:
            newest, at = db.execute(
                "SELECT seq, at FROM mentions WHERE kind='fact_set' ORDER BY id DESC LIMIT 1"
            ).fetchone() or (
                0,
                0.0,
            )
        before = self._tidied
        if newest <= (before or 0) or 0 <= self._record.clock() - at < SETTLED_S:
            return
        zone = self._charter().zone
        for person in {who.name for _, _, who in self._record.addresses() if who.role is Kind.MEMBER}:
            tidy(self._record, zone, reader=person)
        found = tidy(self._record, zone, reader=None)
        self._tidied = max([newest, *(each.number for each in found.tidied)])
        if words := tidy_words(_new(found, newest if before is None else before)):
            text = seal(f"I put my notes in order:\n{words}")
            send = Send(key=f"tidy {self._record.store.newest()}", to=Address(TERMINAL, "owner"), text=text.ref)
            self._record.append(Noticed(held=(send,)), texts=[text])

    def _forget(self, time: float) -> None:
        """In a thread, with a connection of its own: the file is written anew."""
        with ClawRecord(self._record.folder.parent, clock=self._record.clock) as record:
            if found := doomed(record, texts_before(record, time), repeats=False):
                forget(record, found, by=BY)


def _new(found: TidyResult, before: int) -> TidyResult:
    """What is new in it: what contradicts was said when it was noted."""
    contradictions = [group for group in found.contradictions if any(fact.number > before for fact in group)]
    return TidyResult(tidied=found.tidied, contradictions=contradictions, refused=found.refused)
