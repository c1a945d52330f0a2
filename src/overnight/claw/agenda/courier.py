"""Says what nobody asked for: after quiet hours, at most so often a day, all that waits for one person at once, and where they
wrote last."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from overnight.claw.charter import Charter
from overnight.claw.events import Released, Send
from overnight.claw.record.reaching import addresses_of, person_of
from overnight.claw.record.record import ClawRecord
from overnight.jobs.schedule import instant, zone_of
from overnight.ledger.sealed import SealedText, seal
from overnight.operations.principal import Address
from overnight.words.foreign import one_line
from overnight.words.quantities import more

APART_S = 60.0  # two unasked messages; what comes meanwhile goes with the next one
MOST_WHOLE = 3  # messages that are said in full when several go out at once
MOST_LISTED = 20
LINE = 200
_DAY = timedelta(days=1)


class Courier:
    """Lets go out what is held."""

    def __init__(self, record: ClawRecord, charter: Callable[[], Charter]) -> None:
        self._record, self._charter = record, charter
        self._newest = -APART_S  # Unix time of the newest release

    def release(self) -> float | None:
        """Let go what may be said now; when to look again, Unix time, None: nothing is held."""
        held = self._record.held()
        if not held:
            return None
        now, charter = self._record.clock(), self._charter()
        until = self._not_before(now, charter)
        free = [(item, send) for item, send in held if until is None or send.urgent]
        where = {to: self._where(to, charter) for to in {send.to for _, send in free}}
        for to in dict.fromkeys(where[send.to] for _, send in free):
            self._say(to, [send for _, send in free if where[send.to] == to])
        if free:
            self._newest = now
        return until if len(free) < len(held) else None

    def _where(self, to: Address, charter: Charter) -> Address:
        """The address that this person used last."""
        person = person_of(self._record, to)
        return next(iter(addresses_of(self._record, person, [each.name for each in charter.channels])), to)

    def _say(self, to: Address, held: Sequence[Send]) -> None:
        """One message for all of it, what has a picture or buttons, and the questions, which count at their own address."""
        own = [send for send in held if send.approval or send.picture or send.answers]
        plain = [send for send in held if send not in own]
        said = [text for text in self._record.texts([send.text for send in plain]) if text]
        texts: list[SealedText] = [seal(batch_words(said))] if said else []
        sends = [Send(key=f"held {plain[0].key}", to=to, text=each.ref) for each in texts]
        sends += [replace(each, key=f"held {each.key}", to=each.to if each.approval else to, urgent=False) for each in own]
        self._record.append(Released(keys=tuple(send.key for send in held), sends=tuple(sends)), texts=texts)

    def _not_before(self, now: float, charter: Charter) -> float | None:
        """When something that is not urgent may be said; None: now."""
        zone = zone_of(charter.zone)
        shown = datetime.fromtimestamp(now, zone).replace(tzinfo=None)
        if charter.quiet and charter.quiet.covers(shown.hour * 60 + shown.minute):
            return _next_time(shown, charter.quiet.end, charter.zone)
        midnight = shown.replace(hour=0, minute=0, second=0, microsecond=0)
        if self._record.released_since(instant(midnight, zone)) >= charter.unasked_a_day:
            tomorrow = midnight + _DAY
            begins = (
                tomorrow if not (charter.quiet and charter.quiet.covers(0)) else tomorrow + timedelta(minutes=charter.quiet.end)
            )
            return float(instant(begins, zone))
        return self._newest + APART_S if 0 <= now - self._newest < APART_S else None


def batch_words(said: Sequence[str]) -> str:
    """Several messages as one: a few in full, many as a line each."""
    if len(said) <= MOST_WHOLE:
        return "\n\n".join(said)
    lines = [f"· {one_line(text, LINE)}" for text in said[:MOST_LISTED]]
    rest = [f"{more(len(said) - MOST_LISTED)}: `claw log`"] if len(said) > MOST_LISTED else []
    return "\n".join([f"{len(said)} things meanwhile:", *lines, *rest])


def _next_time(shown: datetime, minute: int, zone: str) -> float:
    """The next moment at which clocks show a minute of the day."""
    at = shown.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return float(instant(at if at > shown else at + _DAY, zone_of(zone)))
