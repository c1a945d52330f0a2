"""What a model says that it changed, held against what the folder shows: small models claim edits that they never made."""

import re

from overnight.research.tryout.repo import AFTER, EDITED, NAME

READ = 16_000  # characters of what was said, from its end
CLAIMS = re.compile(
    r"\b(?:adjusted|applied|bumped|changed|changing|corrected|doubled|edited|increased|increasing|made|modified|raised|raising|"
    r"replaced|set|setting|updated|updating)\b",
    re.IGNORECASE,
)
DENIES = re.compile(
    r"\b(?:not|no|none|nothing|never|cannot|can|could|would|should|will|must|may|might|please|if|unable|failed|fail)\b|n't\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[.!?](?:\s|$)|\n")


def false_claim(said: str) -> str:
    """That it claims a change, of a folder that has none; empty if it claims none."""
    claims = [sentence for sentence in SENTENCE.split(said[-READ:]) if CLAIMS.search(sentence) and not DENIES.search(sentence)]
    if not claims:
        return ""
    what = next((name for name in (NAME, EDITED) if any(name in claim for claim in claims)), "a file")
    return f"it says that it changed {what}, but no file changed"


def other_value(said: str, diff: str) -> str:
    """That it claims the value it was asked for, of a folder that has another; empty if it does not."""
    added = [line[1:].strip() for line in diff.splitlines() if line.startswith(f"+{NAME}")]
    value = AFTER.rpartition(" ")[2]
    if AFTER in added or NAME not in said or not re.search(rf"\bto {re.escape(value)}\b|= ?{re.escape(value)}\b", said):
        return ""
    return f"it says that {NAME} is {value} now, but {EDITED} has " + (f"`{added[0]}`" if added else "no such line")
