"""All facts that the claw knows, with where each came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.claw.memory.facts import KnownFact, known_facts
from overnight.claw.memory.reader import reader_of
from overnight.claw.operations._claw import Claw, opened
from overnight.jobs.schedule_words import time_words
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.words.foreign import printable

SHOWN = 300  # characters of each


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryInput:
    """Which."""

    corrected: Annotated[bool, Option(about="Also those that were corrected.")] = False
    limit: Annotated[int, Ge(1), Le(10_000), Option(about="Facts per page.", shows_default=True)] = 100
    offset: Annotated[int, Ge(0), Option(about="Skip this many.")] = 0
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What `claw memory --json` prints."""

    facts: Sequence[KnownFact]  # newest first


def run(context: Context, given: MemoryInput) -> Known:
    """A page of them; a member's own are theirs."""
    with opened(given.claw) as (folder, record):
        facts = known_facts(record, reader=reader_of(context, folder, record), corrected=given.corrected)
    return Known(facts=facts[::-1][given.offset : given.offset + given.limit])


def render(found: Known) -> str:
    """A line for each."""
    lines = [
        f"#{each.number} {printable(each.text, SHOWN)} ({each.origin}, {time_words(each.at, 'UTC')}"
        + (f", corrected by #{each.corrected_by})" if each.corrected_by else ")")
        for each in found.facts
    ]
    return "\n".join(lines) or "nothing is noted"


OPERATION = Operation(
    name="claw memory",
    about="List the facts that the claw knows, with whose words they are; --json exports them.",
    input=MemoryInput,
    output=Known,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    render=render,
)
