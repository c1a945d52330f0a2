"""The message of a commit that is about to be measured."""

from collections.abc import Sequence

from overnight.gate.caution import basis
from overnight.program.program import Program
from overnight.words.foreign import printable

MESSAGE = 2000  # characters of foreign text in a commit's message


def attempt_message(
    program: Program, tag: str, number: int, *, role: str, hypothesis: str, how: str = "", warnings: Sequence[str] = ()
) -> str:
    """It names the campaign, so that campaigns never share a commit and its note.

    Args:
        program: of the campaign.
        tag: the campaign.
        number: the experiment.
        role: who proposed it.
        hypothesis: what the author says about it.
        how: where the change comes from, if it was moved, put together or found by search.
        warnings: what weakens the evidence for it, a sentence each.
    """
    said, by = printable(hypothesis, MESSAGE), printable(role, MESSAGE)
    where = f", {how}" if how else ""
    shown = "If it is kept, its note says what was measured: git log --notes=overnight"
    note = f"Experiment {number}, proposed by {by}{where}. {shown}"
    if rests_on := basis(program):
        note += f"\n\nBasis: {rests_on}."
    for warning in warnings:
        note += f"\n\nWarning: {warning}."
    return f"{said}\n\n{note}\n\nCampaign: {tag}\n"
