"""The baseline of a program, before a night is spent on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from overnight.git.repository import open_repository
from overnight.operations.operation import Context, Operation, Tier, repeatable
from overnight.research.operations._allowed import require_program
from overnight.research.operations._inputs import JAIL, On, Sandbox, Slots
from overnight.research.operations._unjailed import code_of
from overnight.research.setup.baseline import check_baseline
from overnight.research.views.check import CheckReport, describe
from overnight.research.wiring import SessionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInput:
    """How to measure it."""

    sandbox: Sandbox = "jail"
    slots: Slots = None
    on: On = ""


def run(context: Context, given: CheckInput) -> CheckReport:
    """Measure it without a view; nothing is recorded."""

    def say(lines: Sequence[str]) -> None:
        for line in lines:
            context.say(line)

    request = SessionRequest(sandbox=given.sandbox, slots=given.slots, on=given.on, allowed_only=not context.at_home)
    return anyio.run(check_baseline, open_repository(context.where), request, [], say)


def tier_of(_context: Context, given: CheckInput) -> Tier:
    """Without a jail, what is committed runs as the user; other machines are not for who only reads."""
    return Tier.READ if given.sandbox == JAIL and not given.on else Tier.COSTLY


def state(context: Context, given: CheckInput) -> str:
    """What would run."""
    return code_of(open_repository(context.where), given.sandbox)


def requires(context: Context, given: CheckInput) -> None:
    """The owner allows the program."""
    require_program(context, given.sandbox)


OPERATION = Operation(
    name="check",
    about="Check the program: measure the baseline, its noise, and what the gate could detect.",
    input=CheckInput,
    output=CheckReport,
    tier=Tier.READ,
    lasts=True,
    raised=tier_of,
    run=run,
    render=describe,
    state=state,
    requires=requires,
    read_back=repeatable,
)
