"""A clean branch of proven changes, ready for review."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.git.port import KeptChange
from overnight.git.repository import Repository
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.research.caution import held
from overnight.research.operations._inputs import Tag
from overnight.research.reading import reading
from overnight.research.state import State
from overnight.research.views.review import ReviewBranch, change, unread
from overnight.words.quantities import counted

OURS = "overnight/"  # before the names of branches that are for review


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalizeInput:
    """What goes onto which branch."""

    tag: Tag = None
    into: Annotated[str | None, Option(about="Name of the branch [default: overnight/TAG].", raises=True)] = None
    split: Annotated[bool, Option(about="A commit for each part of what a search found or was put together.")] = False
    include_unread: Annotated[
        bool, Option(about="Also take changes that are unbelievable until a person has read them.", raises=True)
    ] = False


def run(context: Context, given: FinalizeInput) -> ReviewBranch:
    """Write the branch."""
    from overnight.git.finalize import finalize as write_branch

    with reading(given.tag, context.where) as campaign:
        state = campaign.state()
        if not state.kept:
            raise UserError(f"the campaign `{state.tag}` kept nothing, so there is nothing to finalize")
        refused = None if given.include_unread else unread(state)
        if refused:
            raise refused
        branch = given.into or f"{OURS}{state.tag}"
        recorded = ((k, campaign.ledger.experiment(k.number)) for k in state.kept)
        kept = [change(state, k, experiment.researcher if experiment else "") for k, experiment in recorded]
        kept = _split(campaign.repository, state, kept) if given.split else kept
        tip = write_branch(campaign.repository, start=state.start, kept=kept, branch=branch)
    commits = sum(max(1, len(each.parts)) for each in kept)
    return ReviewBranch(
        branch=branch,
        start=state.start,
        commit=tip,
        changes=len(kept),
        commits=commits,
        unread=tuple(k.number for k in held(state)),
    )


def state_of(context: Context, given: FinalizeInput) -> str:
    """What would be on the branch, and which of it nobody has read."""
    with reading(given.tag, context.where) as campaign:
        state = campaign.state()
        return f"{campaign.folder} {state.start} {state.head} {[kept.number for kept in held(state)]}"


def tier_of(_context: Context, given: FinalizeInput) -> Tier:
    """To hand over what nobody has read is a person's word, as `believe` is; a branch of another name may be a person's."""
    elsewhere = given.into is not None and not given.into.startswith(OURS)
    return Tier.COSTLY if given.include_unread or elsewhere else Tier.REVERSIBLE


def render(found: ReviewBranch) -> str:
    """The branch, and how to review it."""
    lines = (
        f"{found.branch} has {counted(found.commits, 'commit')} on top of {found.start[:12]}; to review them:",
        f"  git log -p {found.start[:12]}..{found.branch}",
    )
    return "\n".join(lines)


def _split(repository: Repository, state: State, kept: Sequence[KeptChange]) -> list[KeptChange]:
    """Kept changes, those of many parts in parts."""
    from overnight.git.history import GitHistory
    from overnight.research.loop.kept_parts import parts_of_kept
    from overnight.research.views.review_parts import split

    with closing(GitHistory(repository)) as history:
        parts = [parts_of_kept(history, state, each) for each in state.kept]
    numbers = [each.number for each in state.kept]
    return [split(state, n, whole, found) if found else whole for n, whole, found in zip(numbers, kept, parts, strict=True)]


OPERATION = Operation(
    name="finalize",
    about="Turn the kept changes into a clean branch for review.",
    details=(
        "One commit per kept change on top of the start, with the evidence in its message. With `--split`, a change of many"
        " parts has a commit for each, those first that the newest audit showed to matter. Your checkout is not touched."
    ),
    input=FinalizeInput,
    output=ReviewBranch,
    tier=Tier.REVERSIBLE,
    run=run,
    render=render,
    raised=tier_of,
    state=state_of,
    read_back=repeatable,
)
