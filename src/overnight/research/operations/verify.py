"""Whether the parts of a campaign's record agree."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.research.findings import Finding
from overnight.research.operations._inputs import Tag
from overnight.research.operations._leading import campaign_page


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyInput:
    """Which campaign."""

    tag: Tag = None


def run(context: Context, given: VerifyInput) -> Sequence[Finding]:
    """Check ledger, refs, outputs and receipts against each other."""
    from overnight.research.reading import reading
    from overnight.research.verify.examination import examine

    with reading(given.tag, context.where) as campaign:
        return examine(campaign)


def render(findings: Sequence[Finding]) -> str:
    """A line for each."""
    from overnight.research.views.verification import describe_finding

    return "\n".join(map(describe_finding, findings))


OPERATION = Operation(
    name="verify",
    about="Check a campaign's record: ledger, refs, outputs and receipts against each other.",
    input=VerifyInput,
    output=Sequence[Finding],
    tier=Tier.READ,
    leads=lambda context, given: campaign_page(context, given.tag),
    lasts=True,
    run=run,
    render=render,
    note="One for each check.",
    holds=lambda findings: all(finding.holds is not False for finding in findings),
)
