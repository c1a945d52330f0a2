"""Take back a rule."""

from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.home.events import RuleDropped
from overnight.home.operations._home import opened
from overnight.home.operations._rules import Rule, rule_of, rule_words, rules_for
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UnruleInput:
    """Which one."""

    number: Annotated[int, Argument(about="Its number in `overnight home rules`.")]


def run(context: Context, given: UnruleInput) -> Rule:
    """Record it."""
    with opened() as (record, settings):
        rule = rules_for(context, record, settings).get(given.number)
        if rule is None:
            raise UserError(f"there is no rule #{given.number}", fix="see `overnight home rules`")
        record.append(RuleDropped(rule=given.number))
        return rule_of(record, given.number, rule)


OPERATION = Operation(
    name="home unrule",
    about="Take back a rule: it is asked about again.",
    input=UnruleInput,
    output=Rule,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=lambda found: f"dropped: {rule_words(found)}",
    read_back=repeatable,
)
