"""Ends turns: what is said goes out with the end, in one event, and questions to the owner go to the owner alone."""

from collections.abc import Sequence
from dataclasses import replace

from overnight.claw.agenda.words import heading, is_unasked
from overnight.claw.charter import TERMINAL
from overnight.claw.events import Answered, Event, Finished, Fired, Received, Resumed, ScheduleKind, Send
from overnight.claw.reading.quotations import Quotations
from overnight.claw.record.record import ClawRecord
from overnight.claw.taint import joined, with_texts
from overnight.ledger.sealed import SealedText, seal
from overnight.operations.principal import Address, Kind, Origin

LONGEST = 20_000  # characters of an answer
OWNER_AT_TERMINAL = Address(TERMINAL, "owner")
ASKED_OWNER = "(The owner is asked whether I may.)"


class Answers:
    """Writes the ends of turns."""

    def __init__(self, record: ClawRecord) -> None:
        self._record = record

    def end(
        self, turn: int, to: Address, said: str, origin: Origin, questions: Sequence[int] = (), *, failed: bool = False
    ) -> None:
        """End a turn, once; quotations in what is said become texts. What nobody asked for is held until it may be said."""
        if self._record.is_answered(turn):
            return
        about = self.about(turn)
        person, role = getattr(about, "person", ""), getattr(about, "role", Kind.STRANGER)
        text, quotes = with_texts(said, Quotations(self._record, person, all_=role is Kind.OWNER).text)
        if isinstance(about, Fired) and about.what is ScheduleKind.ASK:
            text = f"{heading(about, self._record.text(about.text))}\n{text}"
        asks = self._owner(role, to) if questions else to
        if asks != to:
            text = f"{text}\n{ASKED_OWNER}"
        urgent = isinstance(about, Fired) and about.urgent
        sends: list[Send] = []
        texts: list[SealedText] = []
        for part, (words, approval) in enumerate([(text, 0), *((f"approval {each}", each) for each in questions)]):
            texts.append(seal(words[:LONGEST]))
            send = Send(key=f"{turn}.{part}", to=asks if approval else to, text=texts[-1].ref, approval=approval, urgent=urgent)
            if isinstance(about, Fired) and not part:
                send = replace(send, picture=about.picture, answers=about.answers)
            sends.append(send)
        asked, held = ((), tuple(sends)) if is_unasked(about) else (tuple(sends), ())
        lowest = joined([origin, Origin.FOREIGN]) if quotes else origin
        self._record.append(Answered(turn=turn, sends=asked, held=held, origin=lowest, failed=failed), texts=texts)

    def about(self, turn: int) -> Event | None:
        """What a turn is about; if it goes on with another one, what that is about."""
        cause = self._record.event(turn)
        while cause is not None and isinstance(cause.event, Resumed):
            cause = self._record.event(cause.event.turn)
        return cause.event if cause else None

    def stranger(self, turn: int) -> str:
        """The member whose turn it is, if they were unpaired since; empty: they were not, or it is the owner's."""
        about, to = self.about(turn), self.to(turn)
        if getattr(about, "role", None) is not Kind.MEMBER:
            return ""
        person = str(getattr(about, "person", ""))
        return "" if self._record.person_at(to.channel, to.id).name == person else person

    def to(self, turn: int) -> Address:
        """Where what a turn says goes."""
        match self.about(turn):
            case Received(channel=channel, sender=sender):
                return Address(channel, sender)
            case Fired(to=to) | Finished(to=to):
                return to
            case _:
                return OWNER_AT_TERMINAL

    def _owner(self, role: Kind, to: Address) -> Address:
        """Where the owner is asked: there if it is they who ask, else at the address that they paired last."""
        if role is Kind.OWNER or to == OWNER_AT_TERMINAL:
            return to
        if self._record.person_at(to.channel, to.id).role is Kind.OWNER:  # such as a schedule that the claw set for them
            return to
        found = (Address(channel, id_) for channel, id_, person in self._record.addresses() if person.role is Kind.OWNER)
        return next(found, OWNER_AT_TERMINAL)
