"""The owner's word that a merged action is pushed, and that a command runs then: both are outside the jail."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from overnight.actions.board.service import board_process
from overnight.actions.events import DeliveryAsked
from overnight.actions.operations._record import opened_action
from overnight.actions.operations._starting import Started, have_board, next_words
from overnight.actions.state import Action
from overnight.actions.trunk.delivery import DeliveryPlan, planned
from overnight.actions.trunk.trunk import GitTrunk
from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.push import shown
from overnight.git.repository import open_repository
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.permission import NotAllowed
from overnight.words.foreign import printable

SHORTEST = 12  # digits of a digest that are shown, and that are enough to name it
LINE = 10 * 4096  # characters: all that a command may have, escaped, as its middle could be what matters


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverInput:
    """Which action, and what was read."""

    number: Annotated[int, Ge(1), Argument(about="Of the action.", metavar="N")]
    digest: Annotated[str, Argument(about="As shown without it: what is allowed is what was read.")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """What `deliver --json` prints."""

    number: int
    branch: str  # on the remote
    remote: str
    url: str  # without a password
    command: str  # that runs after the push; empty: none
    digest: str
    allowed: bool
    delivered: str  # where it is; empty: nowhere yet
    problem: str  # why not, if it was tried
    asked: bool  # whether it is tried next
    process: int | None  # that runs the board; null: none does, and nothing is tried
    notes: Sequence[str]  # what to know beside it


def look(context: Context, number: int, *, asked: Started | None = None) -> PlannedDelivery:
    """What a delivery would do; `asked` is the board that does it, if that was asked for.

    Raises:
        UserError: the action is not merged, or its actions.md names no remote that is pushed to.
    """
    with opened_action(context, number) as (record, action):
        deliveries = record.board().deliveries
    plan = _plan(action)
    return PlannedDelivery(
        number=number,
        branch=plan.branch,
        remote=plan.remote,
        url=shown(plan.url),
        command=plan.command,
        digest=plan.digest,
        allowed=plan.digest in deliveries,
        delivered=action.delivered,
        problem=action.problem,
        asked=asked is not None,
        process=asked.process if asked else board_process(),
        notes=(asked.note,) if asked and asked.note else (),
    )


def _plan(action: Action) -> DeliveryPlan:
    if not action.merged:
        raise UserError(f"action {action.number} is not merged: it is {action.stage}", fix="accept its result first")
    repository = open_repository(Path(action.request.repo))
    with closing(GitHistory(repository)) as history:
        trunk = GitTrunk(repository=repository, history=history)
        return planned(action, trunk, repository)


def run(context: Context, given: DeliverInput) -> PlannedDelivery:
    """Show what it would do; with its digest, allow that and try it."""
    found = look(context, given.number)
    if not given.digest:
        return found
    if len(given.digest) < SHORTEST or not found.digest.startswith(given.digest):
        what = f"that delivery does not have the digest {printable(given.digest, 80)}; it may have changed since you read it"
        raise UserError(what, fix=f"read it again: overnight deliver {given.number}")
    with opened_action(context, given.number) as (record, action):
        if given.number not in record.board().actions:
            what = f"action {given.number} ended too long ago for the board to deliver it"
            raise UserError(what, fix=f"push it yourself: git push {found.remote} {action.merged}:refs/heads/{found.branch}")
        record.append(DeliveryAsked(action=given.number, by=str(context.principal), allows=found.digest))
    return look(context, given.number, asked=have_board(context.environment))


def at_home(context: Context, _given: DeliverInput) -> None:
    """Over a face nothing is allowed: a stolen token would allow itself what it starts."""
    if context.address is not None:
        raise NotAllowed("deliveries are allowed in a terminal alone", fix="call `overnight deliver` there")


def tier_of(_context: Context, given: DeliverInput) -> Tier:
    """To read it changes nothing; what was pushed cannot be taken back."""
    return Tier.IRREVERSIBLE if given.digest else Tier.READ


def state(context: Context, given: DeliverInput) -> str:
    """What would be allowed."""
    return look(context, given.number).digest


def read_back(context: Context, given: DeliverInput, _found: PlannedDelivery | None) -> Settled:
    """Whether it is allowed; a further try does no harm."""
    return Settled.DONE if look(context, given.number).allowed else Settled.NOT_DONE


def render(found: PlannedDelivery) -> str:
    """What it does, how it stands, and what to type."""
    lines = [f"#{found.number} is pushed as {found.branch} to {found.remote}, {printable(found.url, LINE)}"]
    if found.command:
        lines.append(f"and then this runs in your checkout: {printable(found.command, LINE)}")
    if found.asked:
        when = "now" if found.process is not None else "next"
        allowed = f"allowed, and deliveries like it from now on; the board tries it {when}{next_words(found.process)}"
        return "\n".join([*lines, allowed])
    if found.delivered:
        return "\n".join([*lines, f"done: {printable(found.delivered, LINE)}"])
    word = "to try it again" if found.allowed else "to allow that and deliver it"
    problem = [f"not done: {printable(found.problem, LINE)}"] if found.problem and found.allowed else []
    return "\n".join([*lines, *problem, f"{word}: overnight deliver {found.number} {found.digest[:SHORTEST]}"])


OPERATION = Operation(
    name="deliver",
    about="Show what is pushed of a merged action and what runs then; with the digest that it shows, allow that and do it.",
    details=(
        "What it does is what `deliver` in actions.md on your own branch says. It is outside the jail, with your credentials,"
        " so each address and each command waits for your word once. The board does it: see `overnight work-on`."
    ),
    input=DeliverInput,
    output=PlannedDelivery,
    tier=Tier.IRREVERSIBLE,
    raised=tier_of,
    of_machine=True,
    local=True,
    owner_only=True,
    requires=at_home,
    run=run,
    render=render,
    notes=lambda found: found.notes,
    state=state,
    read_back=read_back,
)
