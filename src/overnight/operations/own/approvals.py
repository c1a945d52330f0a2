"""Calls that wait for the owner's approval, and those that did."""

from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.record import open_record
from overnight.operations.views import ApprovalList, describe_approval, entry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsInput:
    """Nothing."""


def run(_context: Context, _given: ApprovalsInput) -> ApprovalList:
    """Those of this user, in whatever folder."""
    with open_record() as record:
        now = record.now
        waiting = record.pending()
        numbers = {each.number for each in waiting}
        others = [each for each in record.recent() if each.number not in numbers]
        return ApprovalList(pending=[entry_of(each, now) for each in waiting], recent=[entry_of(each, now) for each in others])


def render(found: ApprovalList) -> str:
    """A line for each."""
    if not found.pending and not found.recent:
        return "nothing waits for your approval, and nothing did"
    head = "to answer: overnight approve N, or overnight refuse N" if found.pending else "nothing waits for your approval"
    return "\n".join([*map(describe_approval, found.pending), head, *map(describe_approval, found.recent)])


OPERATION = Operation(
    name="approvals",
    about="List the calls that wait for your approval, and the newest answers.",
    details=(
        "What an agent or another person may not do by themselves waits here. An approval lets exactly that call through,"
        " once, within ten minutes, while what it acts on stays as it was."
    ),
    input=ApprovalsInput,
    output=ApprovalList,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=render,
)
