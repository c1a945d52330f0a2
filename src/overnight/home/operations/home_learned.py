"""The drivers that were learned, and what each may touch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import anyio

from overnight.errors import UserError
from overnight.home.acting.scopes import sees_all
from overnight.home.drivers._pinned import full_digest, source_of
from overnight.home.operations._learned import SHORT, LearnedDriver, all_found, driver_words, found_of, record_of
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line

WORDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedInput:
    """Which."""

    hash: Annotated[str, Argument(about="The beginning of its hash; without it, all.", metavar="HASH")] = ""
    test: Annotated[bool, Option(about="Have each pass its test, the twin of its record; the device is not asked.")] = False


def requires(context: Context, _given: LearnedInput) -> None:
    """They are the owner's: no scope of a member names one.

    Raises:
        UserError: a member asks, or an agent that follows one.
    """
    if not sees_all(context.principal, context.origin):
        raise UserError("learned drivers are not for every member to see", fix="ask the owner")


def run(_context: Context, given: LearnedInput) -> Sequence[LearnedDriver]:
    """One, or all."""
    found = [found_of(full_digest(given.hash))] if given.hash else list(all_found())
    return [_tested(each) for each in found] if given.test else found


def _tested(found: LearnedDriver) -> LearnedDriver:
    from overnight.home.learning.judge import pass_again

    source, record = source_of(found.hash), record_of(found.hash)
    if source is None or not record or found.values is None:
        return replace(found, problems=[*found.problems, "it has no test: learn it again"])
    wrong = anyio.run(pass_again, source, record, found.values, found.trait)
    return replace(found, problems=[*found.problems, *(one_line(each, WORDS) for each in wrong)])


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
    requires=requires,
    run=run,
    words=Origin.FOREIGN,
    render=render,
    holds=lambda found: not any(each.problems for each in found),
)
