"""What a running campaign does with a message: the same as the commands `status`, `stop` and `idea add`.

This is the only place where a message has an effect, and its origin goes into the campaign's record with it.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.notices.answers import Reply
from overnight.notices.listeners import Listener
from overnight.notices.port import Message
from overnight.research.ending import Ending, EndReason
from overnight.research.events import IdeasChanged, Noted
from overnight.research.idea import PERSON, AddIdea
from overnight.research.ideas.queue import refusal
from overnight.research.ideas.text import clean_idea, split_marks, words_of
from overnight.research.loop.campaign import Campaign
from overnight.research.messages.request import NAME, Request, Word, full_name, request_of, route
from overnight.research.reading import reading
from overnight.research.views.status import Status, summarise
from overnight.research.views.status_message import status_message
from overnight.words.foreign import one_line, printable

ORIGIN = 200  # characters
WHY = 300


@dataclass(slots=True, kw_only=True)
class CampaignDesk:
    """The `Desk` of a session of a campaign, for one channel."""

    campaign: Campaign
    channel: str
    me: Listener
    folder: Path  # the campaign's
    stopped_by: Message | None = None  # what ended the session, if a message did

    def route(self, message: Message, present: Sequence[Listener]) -> Listener | Reply | None:
        """The session that a message is for, or what to answer at once."""
        return route(message, present, self.me)

    def carry_out(self, message: Message) -> Reply:
        """Do what a message says."""
        request = request_of(message.text)
        if request is None:
            raise ValueError("a message that is not understood is for no session")
        match request.word:
            case Word.STOP:
                return self._stop(message)
            case Word.IDEA:
                return self._add_idea(request.text, self._origin(message))
            case _:
                return self._status(request)

    def ended(self) -> Reply:
        """What is said after the end of a session that a message stopped."""
        now = self._now()
        return Reply(lines=(f"{self.me.name}: it has ended; `overnight run` continues it", *status_message(now)[1:]))

    def _origin(self, message: Message) -> str:
        return printable(f"channel:{self.channel} {message.sender}", ORIGIN)

    def _now(self) -> Status:
        journal = self.campaign.journal
        newest = next(iter(journal.ledger.search_trials(1)), None)
        running = None if journal.state.stopped else self.me.process
        return summarise(journal.state, running, str(self.folder), elapsed_s=journal.elapsed_s(), searched=newest)

    def _status(self, request: Request) -> Reply:
        if request.name in {"", self.me.name, full_name(self.me)}:
            return Reply(lines=status_message(self._now()))
        name = printable(request.name, NAME)
        with suppress(UserError, OSError), reading(request.name, Path(self.me.place)) as other:
            state = other.state()
            now = summarise(state, other.running, str(other.folder), elapsed_s=other.elapsed_s(state))
            return Reply(lines=status_message(now))
        return Reply(lines=(f"{self.me.name}: there is no campaign {name} here",))

    def _stop(self, message: Message) -> Reply:
        stop = self.campaign.stop
        if stop.ending:
            return Reply(lines=(f"{self.me.name}: it is ending already: {printable(stop.ending.detail, WHY)}",))
        origin = self._origin(message)
        stop.request(Ending(reason=EndReason.STOP, detail=f"stopped over {origin}"))
        self.stopped_by = message
        self.campaign.journal.show(Noted(text=f"{origin}: stop; ending when the running trials are recorded"))
        return Reply(lines=(f"{self.me.name}: stopping: it ends when the running trials are recorded",))

    def _add_idea(self, text: str, origin: str) -> Reply:
        said = clean_idea(text)
        if not words_of(said):
            return Reply(lines=(f"{self.me.name}: not added: the idea has no words",))
        inbox, journal = self.campaign.asking.inbox, self.campaign.journal
        inbox.show()  # what people wrote into the file comes first
        idea, risk, effect = split_marks(said)
        if refused := refusal(journal.state.ideas, idea):
            return Reply(lines=(f"{self.me.name}: not added: {one_line(refused, WHY)}",))
        edits = (AddIdea(text=idea, risk=risk, effect=effect),)
        journal.record(IdeasChanged(by=PERSON, edits=edits, over=origin))
        inbox.show()
        self.campaign.queue.announce()
        return Reply(lines=(f"{self.me.name}: added to the ideas: {said}",))
