"""What a running campaign does with a message: it calls the operation that the command line has for its word.

So there is one implementation, one record of who gave what, and one rule about what needs the owner's approval. A channel may
not do by itself what costs something, or stands for a person's word: the owner approves that in a terminal.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio

from overnight.errors import UserError
from overnight.notices.answers import Reply
from overnight.notices.listeners import Listener
from overnight.notices.port import Message
from overnight.operations.operation import Context, I, O, Operation, Tier
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import FACES, LONGEST, Address, Kind, Origin, Principal
from overnight.research.ending import EndReason
from overnight.research.events import Noted
from overnight.research.loop.campaign import Campaign
from overnight.research.messages.request import Request, Word, full_name, request_of, route
from overnight.research.operations.believe import OPERATION as BELIEVE
from overnight.research.operations.believe import BelieveInput
from overnight.research.operations.idea_add import OPERATION as IDEA_ADD
from overnight.research.operations.idea_add import IdeaAddInput
from overnight.research.operations.status import OPERATION as STATUS
from overnight.research.operations.status import StatusInput
from overnight.research.operations.stop import OPERATION as STOP
from overnight.research.operations.stop import StopInput
from overnight.research.order import CHANNEL
from overnight.research.views.status import summarise
from overnight.research.views.status_message import status_message
from overnight.words.foreign import one_line, printable

CEILING: Final = Tier.REVERSIBLE  # of every channel
NAME = LONGEST  # characters of a sender
WHY = 300


@dataclass(slots=True, kw_only=True)
class CampaignDesk:
    """The `Desk` of a session of a campaign, for one channel."""

    campaign: Campaign
    channel: str
    me: Listener
    folder: Path  # the campaign's
    _stops: list[Message] = field(default_factory=list)  # that were ordered, the oldest first

    def route(self, message: Message, present: Sequence[Listener]) -> Listener | Reply | None:
        """The session that a message is for, or what to answer at once."""
        return route(message, present, self.me)

    async def carry_out(self, message: Message) -> Reply:
        """Do what a message says, in a thread, as it reads and writes files."""
        request = request_of(message.text)
        if request is None:
            raise ValueError("a message that is not understood is for no session")
        stop = self.campaign.stop
        if request.word is Word.STOP:
            if stop.ending:
                return self._reply(f"it is ending already: {printable(stop.ending.detail, WHY)}")
            self._stops.append(message)  # before it is ordered: the session may end as soon as it is
        notes: list[str] = []
        try:
            reply = await anyio.to_thread.run_sync(self._done, request, self._context(message, notes))
        except ApprovalAsked as asked:
            way = f"`overnight approve {asked.number}` in a terminal within ten minutes, then write the same again"
            return self._reply(f"this needs your approval there: {way}; or `overnight refuse {asked.number}`")
        except UserError as error:
            self._stops = [each for each in self._stops if each is not message]
            return self._reply(one_line(str(error), WHY))
        finally:
            for note in notes:
                self.campaign.journal.show(Noted(text=f"`{self.channel}`: {note}"))
        return reply

    @property
    def stopped_by(self) -> Message | None:
        """The message that ended the session, if one did."""
        stopped = self.campaign.journal.state.stopped
        if stopped is None or stopped.ending.reason is not EndReason.STOP:
            return None
        return next((each for each in self._stops if stopped.ending.by == str(self._principal(each))), None)

    def ended(self) -> Reply:
        """What is said after the end of a session that a message stopped."""
        journal = self.campaign.journal
        now = summarise(journal.state, None, str(self.folder), elapsed_s=journal.elapsed_s())
        return self._reply(f"it has ended; `{journal.state.program.command} run` continues it", *status_message(now)[1:])

    def _reply(self, first: str, *more: str) -> Reply:
        return Reply(lines=(f"{self.me.name}: {first}", *more))

    def _principal(self, message: Message) -> Principal:
        """Only owners are heard; among them the sender's id is the name."""
        return Principal(Kind.OWNER, printable(message.sender, NAME))

    def _context(self, message: Message, notes: list[str]) -> Context:
        key = hashlib.sha256(json.dumps([self.channel, message.id]).encode()).hexdigest()
        channel = f"{CHANNEL}{self.channel}" if self.channel in FACES else self.channel  # one may be called `web`
        return Context(
            where=Path(self.me.place),
            principal=self._principal(message),
            origin=Origin.OWNER,
            address=Address(channel=channel, id=printable(message.sender, NAME)),
            ceiling=CEILING,
            key=f"message {key}",
            say=notes.append,
        )

    def _done(self, request: Request, context: Context) -> Reply:
        """Call the operation; what to answer."""
        match request.word:
            case Word.STOP:
                _call(STOP, context, StopInput(tag=self.me.name))
                return self._reply("stopping: it ends when the running trials are recorded")
            case Word.IDEA:
                added = _call(IDEA_ADD, context, IdeaAddInput(text=request.text, tag=self.me.name))
                return self._reply(f"added to the ideas: {added.text}", *IDEA_ADD.notes(added) if IDEA_ADD.notes else ())
            case Word.BELIEVE:
                found = _call(BELIEVE, context, BelieveInput(number=request.number, tag=self.me.name))
                return self._reply(BELIEVE.render(found))
            case _:
                return self._status(request.name, context)

    def _status(self, name: str, context: Context) -> Reply:
        """Of this campaign, or of another one of its repository."""
        if name in {"", self.me.name, full_name(self.me)}:
            return Reply(lines=status_message(_call(STATUS, context, StatusInput(tag=self.me.name))))
        with suppress(UserError, OSError):
            return Reply(lines=status_message(_call(STATUS, context, StatusInput(tag=name))))
        return self._reply(f"there is no campaign {printable(name, NAME)} here")


def _call(operation: Operation[I, O], context: Context, given: I) -> O:
    return perform(operation, context, given)
