"""The word of the owner that a claw which was made from a backup is the one to live."""

from dataclasses import dataclass
from typing import Annotated

from overnight.claw.charter import after
from overnight.claw.keeping.living import adopt
from overnight.claw.operations._claw import Claw, opened
from overnight.operations.operation import Context, Operation, Option, Settled, Tier
from overnight.words.quantities import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptInput:
    """Which claw, and what of the time since the backup."""

    catch_up: Annotated[bool, Option(about="Send, answer and run what waited in the backup; it may come twice.")] = False
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedClaw:
    """What `claw adopt --json` prints."""

    name: str
    messages: int  # that are not sent, as the original may have sent them
    causes: int  # that are not answered
    runs: int  # schedules that were due since, and come at their next time


def run(context: Context, given: AdoptInput) -> AdoptedClaw:
    """Record it."""
    with opened(given.claw) as (folder, record):
        skipped = adopt(folder, record, catch_up=given.catch_up, by=str(context.principal))
    return AdoptedClaw(name=folder.name, messages=skipped.messages, causes=skipped.causes, runs=skipped.runs)


def render(found: AdoptedClaw) -> str:
    """What was skipped, and what is next."""
    left = f"{counted(found.messages, 'message')}, {counted(found.causes, 'cause')} and {counted(found.runs, 'run')} skipped"
    return f"`{found.name}` lives: {left}\nkeep it running: {after('overnight up --claw', found.name)}"


def read_back(_context: Context, given: AdoptInput, _found: AdoptedClaw | None) -> Settled:
    """Whether it lives."""
    with opened(given.claw) as (_, record):
        return Settled.NOT_DONE if record.is_frozen else Settled.DONE


def state(_context: Context, given: AdoptInput) -> str:
    """How far its record is."""
    with opened(given.claw) as (folder, record):
        return f"{folder.name} {record.store.newest()}"


OPERATION = Operation(
    name="claw adopt",
    about="Let a claw that was made from a backup live, once the original is ended for good.",
    input=AdoptInput,
    output=AdoptedClaw,
    tier=Tier.COSTLY,
    of_machine=True,
    owner_only=True,
    run=run,
    state=state,
    render=render,
    read_back=read_back,
)
