"""What stands under an answer: what was really called, and its end, by our own code."""

import re
from collections.abc import Sequence

from overnight.claw.events import CallEnd
from overnight.claw.port import CallResult
from overnight.words.foreign import printable

SILENT = frozenset({"claw tools", "claw recall", "claw more"})  # looks into its own head
MARKS = {
    CallEnd.DONE: "✓ {name}",
    CallEnd.FAILED: "✗ {name}: failed",
    CallEnd.ASKED: "… {name}: waits for approval",
    CallEnd.REFUSED: "✗ {name}: refused",
    CallEnd.UNKNOWN: "? {name}: unknown whether it took effect",
}
_NO_MARKS = str.maketrans({"✓": "·", "✗": "·"})  # which a model does not write
NOTHING = "— nothing was called"
# A claim in the first person, or without one, that something was done.
_CLAIM = re.compile(
    r"\b(?:I(?:['\u2019]ve| have)?\s+(?:just\s+|now\s+)?(?:set|added|noted|scheduled|sent|started|created|saved|updated"
    r"|deleted|merged|reminded|recorded|cancelled|canceled|removed|stopped|ran|run|booked|remembered)"
    r"|(?:it|that|this) is done|done[.!])",
    re.IGNORECASE,
)


def with_calls(text: str, results: Sequence[CallResult]) -> str:
    """An answer with the list of what was called; one that claims a deed without any call is marked."""
    text = text.translate(_NO_MARKS)
    called = dict.fromkeys(
        MARKS[CallEnd(each.end)].format(name=printable(each.wanted.operation, 40))
        for each in results
        if each.wanted.operation not in SILENT or each.end != CallEnd.DONE
    )
    if called:
        return f"{text}\n{' · '.join(called)}".strip()
    return f"{text}\n{NOTHING}" if _CLAIM.search(text) else text
