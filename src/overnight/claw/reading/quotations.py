"""The texts that quotations stand for: any text of the record, by the number of its event."""

from overnight.claw.events import CallEnded, FactSet, Finished, Fired, Received, Resumed
from overnight.claw.record.record import ClawRecord

SHOWN = 20_000  # characters of one text


class Quotations:
    """What one person may have read to them: what they said themselves, and what turns of theirs found."""

    def __init__(self, record: ClawRecord, person: str, *, all_: bool = False) -> None:
        """`all_`: the owner may read everything."""
        self._record, self._person, self._all = record, person, all_

    def text(self, number: int) -> str | None:
        """The text of a number; None if there is none, or it is another person's."""
        entry = self._record.event(number)
        if entry is None or not isinstance(entry.event, Received | Fired | Finished | CallEnded | FactSet):
            return None
        event = entry.event
        if isinstance(event, CallEnded):
            about = self._record.event(event.turn)
            while about is not None and isinstance(about.event, Resumed):
                about = self._record.event(about.event.turn)
            person = getattr(about.event, "person", "") if about else ""
        else:
            person = event.person
        if not self._all and person != self._person:
            return None
        return self._record.text(event.text)[:SHOWN]
