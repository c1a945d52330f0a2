"""The end of a running campaign, or of another loop of this machine, in good order."""

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.ledger.lock import holder
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.research.operations._inputs import Tag
from overnight.research.operations._ordering import giver_of
from overnight.research.places.campaigns import campaign_folder, find_campaign, newest_tag
from overnight.research.record.ordering import order_stop

if TYPE_CHECKING:
    from overnight.jobs.entries import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class StopInput:
    """Which campaign, or which loop."""

    name: Annotated[str | None, Argument(about="Of a loop, as `overnight ps` shows it.")] = None
    tag: Tag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """What `stop --json` prints."""

    campaign: str  # its tag, or the name of the loop
    process: int | None  # that was asked; null: it cannot be seen from here


def run(context: Context, given: StopInput) -> StopAsked:
    """Ask it to end."""
    if given.name is not None:
        return _stop_loop(context, given.name, given.tag)
    repository, found = find_campaign(context.where, given.tag or _running_here(context))
    process = order_stop(campaign_folder(repository, found), giver_of(context), key=context.key)
    if process is None:
        raise UserError(f"the campaign `{found}` is not running")
    return StopAsked(campaign=found, process=process)


def _running_here(context: Context) -> str | None:
    """The newest campaign, or else the newest meta-campaign, that runs here; None if neither does."""
    repository = open_repository(context.where)
    repository.check_overnight()
    newest = (newest_tag(repository, meta=meta) for meta in (False, True))
    return next((tag for tag in newest if tag and holder(campaign_folder(repository, tag))), None)


def _stop_loop(context: Context, name: str, tag: str | None) -> StopAsked:
    from overnight.jobs.entries import read_registry
    from overnight.jobs.listing import find
    from overnight.jobs.records import loops_folder
    from overnight.research.places.loops import request_end

    if tag is not None:
        raise UserError("--tag and the name of a loop cannot be used together", fix="use one of them")
    registry = read_registry(loops_folder())
    for trouble in registry.troubles:
        context.say(f"note: {trouble}")
    try:
        entry = find(registry, name)
    except UserError:
        if (asked := _stop_tag(context, name)) is None:
            raise
        return asked
    _require_served(context, name, entry)
    if not entry.runs:
        raise UserError(f"`{name}` is not running")
    request_end(name, entry, giver_of(context), key=context.key)
    return StopAsked(campaign=name, process=entry.present.process.pid if entry.present else None)


def _require_served(context: Context, name: str, entry: "Entry") -> None:
    """Check that a caller over a face stops only what is in a repository that it serves."""
    served = {os.path.realpath(path) for path in context.repositories.values()}
    if context.address is not None and os.path.realpath(entry.loop.folder) not in served:
        raise UserError(f"`{name}` runs in a folder that is not served here", fix="stop it in a terminal")


def _stop_tag(context: Context, name: str) -> StopAsked | None:
    """Stop the campaign of this repository that has the name as its tag; None if none does, or it does not run."""
    with suppress(UserError):
        repository, found = find_campaign(context.where, name)
        if process := order_stop(campaign_folder(repository, found), giver_of(context), key=context.key):
            return StopAsked(campaign=found, process=process)
    return None


def render(asked: StopAsked) -> str:
    """That it will end, and when."""
    process = "" if asked.process is None else f" (process {asked.process})"
    return f"asked `{asked.campaign}`{process} to stop; it ends once what is under way is recorded"


OPERATION = Operation(
    name="stop",
    about="End the running campaign when its running trials are recorded.",
    details="NAME, as `overnight ps` shows it, ends a loop of any folder; here the tag alone is enough.",
    input=StopInput,
    output=StopAsked,
    tier=Tier.REVERSIBLE,  # `run` continues it
    run=run,
    words=Origin.CLAW,
    render=render,
    read_back=repeatable,
)
