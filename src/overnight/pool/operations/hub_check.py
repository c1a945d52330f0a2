"""Checks a hub's chain: every link, signature, digest and the arithmetic of every receipt."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.pool.chain import BadChain
from overnight.pool.evidence import check_receipts
from overnight.pool.operations._hub import opened
from overnight.research.findings import Finding

NOT_SHOWN = """\
Not shown: values that were never measured (only trials of your own find those), and another chain that is shown to others
(a worker that follows the hub finds that, and keeps both copies)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCheckInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of a chain found."""

    holds: bool
    length: int  # entries after the genesis that hold
    findings: Sequence[Finding]  # those that do not hold first


def run(context: Context, _given: HubCheckInput) -> ChainReport:
    """Check it from the first entry on."""
    with opened(context, read_only=True) as record:
        try:
            chain = record.chain()
        except BadChain as bad:
            return ChainReport(holds=False, length=0, findings=[Finding(what="chain", holds=False, detail=str(bad))])
    whole = Finding(what="chain", holds=True, detail="every entry follows from the one before, signed by the hub")
    findings = sorted([whole, *check_receipts(chain)], key=lambda each: each.holds is not False)
    return ChainReport(holds=all(each.holds for each in findings), length=chain.number, findings=findings)


def render(found: ChainReport) -> str:
    """A line for each finding, and what no check shows."""
    lines = [f"{'holds' if each.holds else 'DOES NOT HOLD'}  {each.what}: {each.detail}" for each in found.findings]
    return "\n".join([*lines, NOT_SHOWN])


OPERATION = Operation(
    name="hub check",
    about="Check the hub's chain: links, signatures, trees and the arithmetic of every receipt.",
    input=HubCheckInput,
    output=ChainReport,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
    holds=lambda found: found.holds,
)
