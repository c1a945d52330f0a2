"""The hubs that this machine searches for: what runs, and what came of everything that was sent. No hub is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le

from overnight.errors import UserError
from overnight.ledger.lock import holder
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.pool.keys import SHORT
from overnight.pool.work.collecting import search_tags, state_of
from overnight.pool.work.joined import joined_folders, read_copy, read_joined
from overnight.pool.work.outbox import Outbox, Sending
from overnight.pool.work.place import Place
from overnight.research.views.session import session_words
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 120  # characters of a foreign text
NOTHING = """\
No hub is joined on this machine. A hub is a project that others search for; this machine can help:

  overnight work join URL [DIR]   fetch and check the project, see what would run, and agree
  overnight work run --hours 8    search, and send what your own gate keeps
  overnight work status           what came of it

What it risks and what it gives: overnight docs work"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStatusInput:
    """How much of it."""

    most: Annotated[int, Ge(1), Le(1000), Option(about="Submissions of each hub.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SentChange:
    """A change on its way to a hub, or back."""

    name: str  # here
    at: float  # Unix time at which it was found, s
    state: str  # waits, committing, committed, queued, accepted, not accepted, refused or dropped
    submission: int | None  # the hub's number
    block: int | None  # of what was accepted
    code: str  # of a refusal, see docs/work.md
    why: str  # the hub's words, or ours
    hypothesis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedHub:
    """A hub that this machine searches for."""

    folder: str
    url: str
    hub: str  # its key
    project: str
    entry: int  # the newest of the chain here
    running: int | None  # the process that searches; null: none does
    campaign: str  # the newest of the searches, which every command shows with --tag; empty: there was none
    trials: int  # of that campaign
    doing: str  # what it is at, or was at its end; in words
    accepted: int
    open: int  # changes without an answer
    changes: Sequence[SentChange]  # newest first
    trouble: str  # why the folder cannot be read; empty: it can


def run(_context: Context, given: WorkStatusInput) -> Sequence[JoinedHub]:
    """As the folders have it."""
    return [_joined(folder, given.most) for folder in joined_folders()]


def _joined(folder: Path, most: int) -> JoinedHub:
    place = Place(top=folder)
    try:
        joined, copy = read_joined(place), read_copy(place)
        sendings = Outbox(place=place).all()
        running = holder(place.work)
        campaign = next(iter(search_tags(place)), "")
        state = state_of(place, campaign) if campaign else None
    except (UserError, OSError) as error:
        return JoinedHub(
            folder=str(folder),
            url="",
            hub="",
            project="",
            entry=0,
            running=None,
            campaign="",
            trials=0,
            doing="",
            accepted=0,
            open=0,
            changes=(),
            trouble=str(error),
        )
    return JoinedHub(
        folder=str(folder),
        url=joined.url,
        hub=joined.hub,
        project=joined.project,
        entry=copy.chain.number,
        running=running,
        campaign=campaign,
        trials=state.tally.trials if state else 0,
        doing=session_words(state) if state else "",
        accepted=sum(each.state == "accepted" for each in sendings),
        open=sum(each.is_open for each in sendings),
        changes=[sent_change(each) for each in sendings[::-1][:most]],
        trouble="",
    )


def sent_change(sending: Sending) -> SentChange:
    """What people and programs are shown of it."""
    return SentChange(
        name=sending.name,
        at=sending.at,
        state=sending.state,
        submission=sending.submission,
        block=sending.block,
        code=sending.code,
        why=sending.why,
        hypothesis=sending.hypothesis,
    )


def render(found: Sequence[JoinedHub]) -> str:
    """A hub in a line, its changes below."""
    if not found:
        return NOTHING
    return "\n".join(line for each in found for line in _lines(each))


def _lines(joined: JoinedHub) -> Iterator[str]:
    if joined.trouble:
        yield f"{joined.folder}: {printable(joined.trouble, SHOWN)}"
        return
    name, now = printable(joined.project, SHOWN), "searching" if joined.running else "idle"
    numbers = f"entry {joined.entry}, {counted(joined.accepted, 'block')} of yours, {joined.open} without an answer"
    yield f"{name} at {printable(joined.url, SHOWN)} (key {joined.hub[:SHORT]}), in {joined.folder}: {now}, {numbers}"
    if joined.doing:
        trials = "" if joined.doing.startswith(counted(joined.trials, "trial")) else f"{counted(joined.trials, 'trial')}, "
        yield f"  {joined.campaign}: {trials}{joined.doing}"
    for each in joined.changes:
        number = f"#{each.submission}" if each.submission else "not sent"
        block = f" as block {each.block}" if each.block is not None else ""
        why = f" ({printable(each.why or each.code, SHOWN)})" if each.why or each.code else ""
        yield f"  {number} {each.state}{block}{why}: {printable(each.hypothesis, SHOWN)}"
    if not joined.running:
        yield f"  go on: cd {joined.folder} && overnight work run --hours 8"


OPERATION = Operation(
    name="work status",
    about="Show the hubs that this machine searches for, what runs, and what came of everything that was sent.",
    details="No hub is asked: `overnight work run` hears of verdicts.",
    input=WorkStatusInput,
    output=Sequence[JoinedHub],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=render,
)
