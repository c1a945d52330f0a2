"""The talk with the claw, for its page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.folders import claw_names
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.record.record import ClawRecord
from overnight.claw.views.looking import look
from overnight.claw.views.talk import DueLine, KnownLine, TalkPage, talk_lines
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.words.foreign import printable_lines

KNOWN = 20  # facts that are shown
TEXT = 2000  # characters of a message in a terminal
NONE = TalkPage(claw="", others=(), status=None, lines=(), waiting=(), due=(), known=())


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkInput:
    """How much of it."""

    limit: Annotated[int, Ge(1), Le(500), Option(about="Messages.", flags=("-n", "--limit"), shows_default=True)] = 30
    claw: Claw = None


def run(_context: Context, given: TalkInput) -> TalkPage:
    """The newest messages, and how it is; of no claw, if there is none yet."""
    names = claw_names()
    if not names and given.claw is None:
        return NONE
    with opened(given.claw) as (folder, record):
        with record.store.reading() as db:
            waiting = [seq for (seq,) in db.execute("SELECT seq FROM causes WHERE answered IS NULL ORDER BY seq LIMIT 50")]
        return TalkPage(
            claw=folder.name,
            others=[name for name in names if name != folder.name],
            status=look(folder, record),
            lines=talk_lines(record, given.limit),
            waiting=waiting,
            due=[
                DueLine(number=each.number, when=each.set.when, what=record.text(each.set.text)) for each in record.schedules()
            ],
            known=list(_known(record)),
        )


def _known(record: ClawRecord) -> Iterator[KnownLine]:
    facts = record.facts()[::-1][:KNOWN]
    texts = record.texts([fact.text for _, fact in facts])
    for (number, fact), text in zip(facts, texts, strict=True):
        yield KnownLine(number=number, text=text, origin=fact.origin.value)


def render(found: TalkPage) -> str:
    """The messages alone."""
    if not found.claw:
        return "there is no claw yet: overnight claw init"
    lines = [f"{'<' if each.by_claw else '>'} {printable_lines(each.text, TEXT)}" for each in found.lines]
    return "\n".join(lines) or "nothing was said yet: overnight claw chat"


OPERATION = Operation(
    name="claw talk",
    about="Show the newest of the talk with the claw, what is due, and what it knows.",
    input=TalkInput,
    output=TalkPage,
    tier=Tier.READ,
    of_machine=True,
    owner_only=True,  # what was said is theirs
    run=run,
    render=render,
)
