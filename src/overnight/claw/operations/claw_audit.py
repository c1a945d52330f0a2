"""Whether all that a claw keeps is what it wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.claw.operations._claw import Claw, opened
from overnight.claw.record.checking import check_record
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditInput:
    """Which claw."""

    repair: Annotated[bool, Option(about="Derive the tables again from the events, if the chain holds.")] = False
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What `claw audit --json` prints."""

    events: int  # in the chain; if it is broken, the intact ones
    texts: int  # that are kept beside them
    forgotten: int  # texts that were deleted, and whose events still stand
    findings: Sequence[str]  # what does not hold; empty: all of it holds


def run(_context: Context, given: AuditInput) -> Audit:
    """Look at all of it."""
    with opened(given.claw) as (_, record):
        if given.repair:
            record.store.reindex()
        found = check_record(record)
    return Audit(events=found.events, texts=found.texts, forgotten=found.forgotten, findings=found.findings)


def state(_context: Context, given: AuditInput) -> str:
    """How far the record is."""
    with opened(given.claw) as (folder, record):
        return f"{folder.name} {record.store.newest()}"


def render(found: Audit) -> str:
    """A line for each finding."""
    words = f"{found.events:,} events, {found.texts:,} texts, {found.forgotten:,} forgotten"
    return "\n".join([*(f"broken: {printable(each, 300)}" for each in found.findings)] or [f"it holds: {words}"])


OPERATION = Operation(
    name="claw audit",
    about="Check all of what the claw keeps: the chain of its events, what is derived from it, and its texts.",
    input=AuditInput,
    output=Audit,
    tier=Tier.READ,
    raised=lambda _, given: Tier.COSTLY if given.repair else Tier.READ,
    of_machine=True,
    holds=lambda found: not found.findings,
    run=run,
    state=state,
    render=render,
)
