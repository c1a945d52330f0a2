"""What a person was shown before: the calls of their newest turns, with what came of each."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from overnight.claw.events import CallBegun, CallEnd, CallEnded, Fired, Received
from overnight.claw.record.record import ClawRecord, json_of

MOST = 400  # events that are looked at
_LEADING = re.compile(r"(?:noted as )?#(\d{1,9})\b")  # what our own words give a fact, before its text
KINDS = ("received", "fired", "call_begun", "call_ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One call, and what was shown of it."""

    operation: str
    given: Mapping[str, object]
    repo: str
    end: CallEnd
    text: str


class Seen:
    """Looks into a claw's record, at most at its newest events."""

    def __init__(self, record: ClawRecord) -> None:
        self.record = record

    @property
    def asks(self) -> bool:
        """Whether the owner was asked something that waits for an answer."""
        return bool(self.record.asked())

    def calls(self, person: str, operations: Collection[str], *, before: int) -> Sequence[SeenCall]:
        """Calls of some operations in a person's turns before a turn, the newest first."""
        entries = self.record.newest_of(KINDS, MOST)
        theirs = {
            entry.seq
            for entry in entries
            if isinstance(entry.event, Received | Fired) and entry.event.person == person and entry.seq < before
        }
        begun = {
            (event.turn, event.call): event
            for entry in entries
            if isinstance(event := entry.event, CallBegun) and event.turn in theirs and event.operation in operations
        }
        return [
            self._seen(begun[key], event)
            for entry in entries
            if isinstance(event := entry.event, CallEnded) and (key := (event.turn, event.call)) in begun
        ]

    def shown_facts(self, person: str, *, before: int) -> Sequence[tuple[int, str]]:
        """The facts in the newest answer that showed a person some, as they stand now."""
        calls = self.calls(person, ("claw note", "claw recall", "claw memory"), before=before)
        if not calls:
            return []
        numbers = {int(line[1]) for line in map(_LEADING.match, calls[0].text.splitlines()) if line}
        stands = [(number, fact) for number, fact in self.record.facts() if number in numbers]
        return [(number, self.record.text(fact.text)) for number, fact in stands]

    def _seen(self, begun: CallBegun, ended: CallEnded) -> SeenCall:
        given, text = self.record.texts([begun.given, ended.text])
        said = json_of(given)
        inner = said.get("given")
        return SeenCall(
            operation=begun.operation,
            given=inner if isinstance(inner, dict) else {},
            repo=str(said.get("repo", "")),
            end=ended.end,
            text=text,
        )
