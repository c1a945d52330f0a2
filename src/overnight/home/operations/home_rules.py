"""The rules that allow something physical."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.operations._home import opened
from overnight.home.operations._rules import Rule, rule_of, rule_words, rules_for
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesInput:
    """Nothing."""


def run(context: Context, _given: RulesInput) -> Sequence[Rule]:
    """All that count."""
    with opened() as (record, settings):
        return [rule_of(record, number, each) for number, each in rules_for(context, record, settings).items()]


def render(found: Sequence[Rule]) -> str:
    """A line each."""
    return "\n".join(map(rule_words, found)) or "There are no rules: everything physical is asked about each time."


OPERATION = Operation(
    name="home rules",
    about="List what physical may be set without asking you each time.",
    input=RulesInput,
    output=Sequence[Rule],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
)
