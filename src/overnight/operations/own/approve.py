"""The owner's answer to a call that waits for approval."""

from overnight.operations.answer import AnswerInput, answer
from overnight.operations.operation import Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.operations.views import ApprovalEntry, describe_approval


def run(context: Context, given: AnswerInput) -> ApprovalEntry:
    """Answer it."""
    return answer(context, given.which, granted=True)


OPERATION = Operation(
    name="approve",
    about="Let one call through, once: the one with this number in `approvals`.",
    input=AnswerInput,
    output=ApprovalEntry,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=describe_approval,
    owner_only=True,
    read_back=repeatable,  # an answer is taken once
)
