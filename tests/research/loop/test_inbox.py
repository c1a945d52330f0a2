"""What people change while a campaign runs: applied, reported or left."""

import asyncio
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from builders import advanced, concluded, proposed, trial

from overnight.gate.verdict import Verdict
from overnight.program.program import Budget
from overnight.research.events import (
    Believed,
    CampaignOpened,
    IdeasChanged,
    Noted,
    Ordered,
    OrderSettled,
    ProgramChanged,
    Sign,
)
from overnight.research.idea import AddIdea
from overnight.research.ideas.queue import MOST_OPEN
from overnight.research.loop.inbox import Inbox
from overnight.research.loop.journal import Journal
from overnight.research.loop.orders import OrderRunner
from overnight.research.loop.stop import Stop
from overnight.research.order import MOST_EDITS, ChangeIdeas, Outcome
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

PROGRAM = """---
metric: loss
measure: python train.py
budget: {experiments: 5}
---
# Make it small
"""


@dataclass
class Written:
    """Implements `Orders`: what a test writes."""

    text: str | None = None
    queue: str | None = None
    shown: list[str] = field(default_factory=list)
    said: tuple[str, ...] = ()

    def program(self) -> str | None:
        """Returned once."""
        text, self.text = self.text, None
        return text

    def ideas(self) -> str | None:
        """Returned once."""
        queue, self.queue = self.queue, None
        return queue

    def believed(self) -> Collection[str]:
        """The same each time."""
        return self.said

    def show_ideas(self, text: str) -> None:
        """Kept."""
        self.shown.append(text)


@dataclass
class World:
    """An inbox with what it reads and what it reports."""

    inbox: Inbox
    written: Written
    signs: list[Sign]

    def reported(self) -> list[str]:
        """What was reported to a person."""
        return [sign.text for sign in self.signs if isinstance(sign, Noted)]

    def recorded(self) -> list[Sign]:
        """What went into the ledger."""
        return [sign for sign in self.signs if not isinstance(sign, Noted)]


async def made() -> Stop:
    """Within an event loop, as its scopes are."""
    return Stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A campaign that has just begun, with a real ledger."""
    opened = CampaignOpened(tag="t", version="0", program=PROGRAM, start="c0", secret="s", sandbox="jail", environment={})
    ledger, signs, written = SqliteLedger(tmp_path), list[Sign](), Written()
    ledger.append(opened)
    journal = Journal(ledger, begin(opened), [signs.append])
    runner = OrderRunner(journal=journal, stop=asyncio.run(made()))
    yield World(inbox=Inbox(journal=journal, orders=written, runner=runner), written=written, signs=signs)
    ledger.close()


def test_the_text_the_target_and_the_budget_change_at_once(world: World) -> None:
    """They are recorded together, and apply from then on."""
    text = PROGRAM.replace("experiments: 5", "experiments: 9, hours: 2, tokens: 1000").replace("small", "tiny")
    world.written.text = text
    world.inbox.take_in()
    assert world.recorded() == [ProgramChanged(program=text)]
    program = world.inbox.journal.state.program
    assert program.budget == world.inbox.journal.state.budget == Budget(experiments=9, hours=2.0, tokens=1000)
    assert "tiny" in program.body
    assert world.reported() == []


LATER = "this takes effect when the campaign is next started"
NEVER = "a campaign cannot: put it back, or start another with --tag; this one goes on with the previous program"


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("---\n#", "gate: {max_pairs: 80}\n---\n#", f"gate changed; {LATER}"),
        ("---\n#", "limits: {wall: 9s}\n---\n#", f"limits changed, which {NEVER}"),
        ("---\n#", "checks: [pytest]\n---\n#", f"checks changed, which {NEVER}"),
        ("---\n#", "guards: [wall_s <= 9]\n---\n#", f"guards changed, which {NEVER}"),
        ("---\n#", "gate: {error_rate: 0.2}\n---\n#", f"gate.error_rate changed, which {NEVER}"),
        ("python train.py", "python other.py", f"measure changed, which {NEVER}"),
        ("metric: loss", "metric: accuracy", f"metric changed, which {NEVER}"),
    ],
)
def test_what_trials_depend_on_is_reported_and_not_applied(world: World, old: str, new: str, note: str) -> None:
    """The note names the key, and when it takes effect, or that it cannot."""
    before = world.inbox.journal.state.program
    world.written.text = PROGRAM.replace(old, new, 1)
    world.inbox.take_in()
    assert world.reported() == [f"program.md: {note}"]
    assert world.recorded() == []
    assert world.inbox.journal.state.program == before


@pytest.mark.parametrize("text", ["", "# no front matter", PROGRAM.replace("metric", "metrik"), "---\n{{{", "\x00"])
def test_a_broken_program_is_reported(world: World, text: str) -> None:
    """In one line; nothing else happens."""
    world.written.text = text
    world.inbox.take_in()
    assert len(world.reported()) == 1
    assert world.reported()[0].endswith("; the campaign goes on with the previous program")
    assert world.recorded() == []


def test_the_same_program_again_is_nothing(world: World) -> None:
    """A change that was undone."""
    world.written.text = PROGRAM
    world.inbox.take_in()
    assert world.signs == []


def test_a_secret_in_an_idea_is_not_recorded_and_leaves_the_file(world: World) -> None:
    """It is taken in once, without it; the file that is written for people has it no more."""
    key = "team-alpha-9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"
    world.inbox.journal.scrubber.learn([key])
    world.written.queue = f"- [ ] log in with {key} first\n"
    world.inbox.take_in()
    edits = (AddIdea(text="log in with [hidden] first"),)
    ordered, *changed = before = world.recorded()
    assert isinstance(ordered, Ordered) and ordered.order == ChangeIdeas(edits=edits)
    assert changed[0] == IdeasChanged(by="person", edits=edits, giver="owner")
    assert key not in "".join(world.written.shown) and "log in with [hidden] first" in world.written.shown[-1]
    world.written.queue = world.written.shown[-1]
    world.inbox.take_in()
    assert world.recorded() == before


def test_ideas_are_recorded_before_the_file_is_written_again(world: World) -> None:
    """Also if it is only shown, after a proposal or a verdict: what a person wrote meanwhile is in the new file."""
    for act, text in ((world.inbox.take_in, "try this"), (world.inbox.show, "and that too")):
        world.written.queue = f"- [ ] {text}\n"
        act()
        assert text in world.written.shown[-1]
    assert [event for event in world.recorded() if isinstance(event, IdeasChanged)] == [
        IdeasChanged(by="person", edits=(AddIdea(text=text),), giver="owner") for text in ("try this", "and that too")
    ]


def test_an_edit_of_the_file_is_an_order_that_is_settled_at_once(world: World) -> None:
    """Its record says that it came by the file, and what it came to, in one append."""
    world.written.queue = "- [ ] try this\n"
    world.inbox.show()
    ordered, _, settled = world.recorded()
    assert isinstance(ordered, Ordered) and (ordered.by, ordered.origin) == ("owner", "ideas.md")
    assert settled == OrderSettled(key=ordered.key, outcome=Outcome.DONE)
    assert not world.inbox.journal.ledger.open_orders(1)


def test_an_idea_that_is_not_taken_is_refused_aloud(world: World) -> None:
    """A duplicate is named in a note, with the reason, and listed below what is done."""
    world.written.queue = "- [ ] try this\n- [ ] and that\n- [ ] Try this!\n"
    world.inbox.show()
    assert world.reported() == ["the idea 'Try this!' was not taken: nearly the same as idea #1"]
    assert "- [x] #3 Try this! (from person) → dropped by overnight: nearly the same as idea #1" in world.written.shown[-1]


def test_more_ideas_than_an_event_holds_are_all_taken_up(world: World) -> None:
    """They are recorded in several events; those beyond what the queue holds are refused aloud."""
    world.written.queue = "".join(f"- [ ] idea {n}\n" for n in range(MOST_EDITS + MOST_OPEN))
    world.inbox.show()
    edits = sum(len(sign.edits) for sign in world.recorded() if isinstance(sign, IdeasChanged))
    assert edits == MOST_EDITS + MOST_OPEN
    assert len(world.inbox.journal.state.ideas.ideas) == MOST_OPEN and world.reported()


def test_what_a_person_believes_is_recorded_once(world: World) -> None:
    """By the commit of the kept change; a word about any other commit is nothing."""
    journal = world.inbox.journal
    journal.record(proposed(1), trial(1), concluded(1, Verdict.KEEP), advanced(1))
    commit = journal.state.kept[0].commit
    world.written.said = ("f" * 40, commit)
    for _ in range(2):
        world.inbox.take_in()
    assert world.recorded()[4:] == [Believed(number=1, commit=commit)] and journal.state.kept[0].believed
