"""The drivers that were learned, and what each may touch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.home.drivers._pinned import full_digest, kept
from overnight.home.operations._learned import SHORT, LearnedDriver, driver_words, found_of
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedInput:
    """Which."""

    hash: Annotated[str, Argument(about="The beginning of its hash; without it, all.", metavar="HASH")] = ""


def run(_context: Context, given: LearnedInput) -> Sequence[LearnedDriver]:
    """One, or all."""
    return [found_of(each) for each in ([full_digest(given.hash)] if given.hash else kept())]


def render(found: Sequence[LearnedDriver]) -> str:
    """One in full, several in a line each."""
    if len(found) == 1:
        return driver_words(found[0])
    if not found:
        return "No driver was learned. Learn one: overnight home learn ADDRESS"
    return "\n".join(
        f"{each.hash[:SHORT]} {each.address} {'trusted' if each.trusted else 'not trusted'}"
        f"{f', {len(each.problems)} problems' if each.problems else ''}"
        for each in found
    )


OPERATION = Operation(
    name="home learned",
    about="List the learned drivers of the home, or show what one asks, sets and reaches.",
    input=LearnedInput,
    output=Sequence[LearnedDriver],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.FOREIGN,
    render=render,
)
