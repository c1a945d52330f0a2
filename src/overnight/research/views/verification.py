"""What `overnight verify` found, in words."""

from overnight.research.findings import Finding, Rerun
from overnight.research.receipts.receipt import ReceiptReport
from overnight.research.views.numbers import number
from overnight.words.figures import figure
from overnight.words.foreign import printable

MARKS = {True: "ok  ", False: "FAIL", None: "??  "}
TEXT = 500  # characters of a detail


def describe_finding(finding: Finding) -> str:
    """One thing that was checked, in a line."""
    return f"{MARKS[finding.holds]}  {finding.what}: {printable(finding.detail, TEXT)}"


def describe_receipt(found: ReceiptReport) -> str:
    """Whether a receipt supports its verdict, and what weakens it."""
    receipt = found.receipt
    name, gain = printable(receipt.metric, TEXT), "" if receipt.gain is None else f" by {figure(receipt.gain, 4, signed=True)}"
    lines = [f"yes: by these values {name} is better{gain}" if found.holds else "no: the receipt does not support its verdict"]
    return "\n".join([*lines, *(f"WARNING: {printable(caution, TEXT)}" for caution in found.cautions)])


def describe_pairs(found: Rerun) -> str:
    """The seeds and values of a fresh measurement, for anyone who wants to repeat it by hand."""
    pairs = (f"  seed {pair.seed:<10}  {number(pair.before):>12} -> {number(pair.after)}" for pair in found.pairs)
    return "\n".join([f"kept #{found.number}: {found.base[:12]} against {found.commit[:12]}", *pairs])
