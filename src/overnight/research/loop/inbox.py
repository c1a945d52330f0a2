"""What people change while a campaign runs, applied within seconds: the program's text, the ideas, what they believe."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields

from overnight.errors import ProgramError
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.events import Believed, IdeasChanged, Noted, Ordered, OrderSettled, ProgramChanged
from overnight.research.idea import PERSON, IdeaEdit
from overnight.research.ideas.file import parse_ideas, render_ideas
from overnight.research.ideas.queue import LAPSED
from overnight.research.loop.journal import Journal
from overnight.research.loop.opening import changed_for_good
from overnight.research.loop.orders import OrderRunner
from overnight.research.order import MOST_EDITS, OWNER, ChangeIdeas, Outcome
from overnight.research.places.orders import IDEAS
from overnight.research.places.port import Orders

LIVE = frozenset({"body", "target", "budget", "source", "digest"})  # what may change while trials run


@dataclass(slots=True, kw_only=True)
class Inbox:
    """Reads what people wrote, and records it; acts on what they ordered."""

    journal: Journal
    orders: Orders
    runner: OrderRunner

    def take_in(self) -> None:
        """Record what changed; what cannot be read or changed now is only reported."""
        try:
            text = self.orders.program()
            if text is not None:
                self._program(text)
        except ProgramError as error:
            self.journal.show(Noted(text=f"{error}; the campaign goes on with the previous program"))
        self._beliefs()
        self.show()
        if self.runner.take():
            self.show()

    async def news(self) -> bool:
        """Wait until it is time to look for orders, act on them and write what changed; whether there were any."""
        acted = await self.runner.news()
        if acted:
            self.show()
        return acted

    def _beliefs(self) -> None:
        """Record which kept changes a person believes as the file of older versions has it, each once."""
        said = self.orders.believed()
        for kept in self.journal.state.kept if said else ():
            if kept.commit in said and not kept.believed:
                self.journal.record(Believed(number=kept.number, commit=kept.commit))

    def show(self) -> None:
        """Record what people changed in the queue meanwhile, which would otherwise be lost; then write it for them."""
        written = self.orders.ideas()
        edits = parse_ideas(written, self.journal.state.ideas) if written is not None else ()
        known = self.journal.state.ideas.next_number
        for at in range(0, len(edits), MOST_EDITS):
            self._order(edits[at : at + MOST_EDITS])
        self._say_refused(known)
        self.orders.show_ideas(render_ideas(self.journal.state.ideas))

    def _order(self, edits: Sequence[IdeaEdit]) -> None:
        """Record an edit of the file as an order of whoever can write to it, and what it comes to."""
        changed = ChangeIdeas(edits=tuple(edits))
        ordered = Ordered(key=secrets.token_hex(8), by=OWNER, origin=IDEAS, order=changed)
        done = OrderSettled(key=ordered.key, outcome=Outcome.DONE)
        self.journal.record(ordered, IdeasChanged(by=PERSON, edits=changed.edits, giver=OWNER), done)

    def _say_refused(self, known: int) -> None:
        """Report the ideas from number `known` on that the queue did not take; the file has them below what is done."""
        for idea in self.journal.state.ideas.done:
            if idea.number >= known and idea.dropped_by == LAPSED:
                self.journal.show(Noted(text=f"the idea {idea.text!r} was not taken: {idea.reason}"))

    def _program(self, text: str) -> None:
        old = self.journal.state.program
        new = parse_program(text, old.path)
        if fixed := changed_for_good(old, new):
            note = f"{old.path}: {', '.join(fixed)} changed, which a campaign cannot: put it back, or start another with --tag"
            self.journal.show(Noted(text=f"{note}; this one goes on with the previous program"))
        elif later := changed_for_later(old, new):
            note = f"{old.path}: {', '.join(later)} changed; this takes effect when the campaign is next started"
            self.journal.show(Noted(text=note))
        elif new.digest != old.digest:
            self.journal.record(ProgramChanged(program=text))


def changed_for_later(old: Program, new: Program) -> list[str]:
    """The keys that changed and that the trials under way depend on."""
    return [f.name for f in fields(Program) if f.name not in LIVE and getattr(old, f.name) != getattr(new, f.name)]
