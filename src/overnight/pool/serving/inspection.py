"""Pure: what only shows in the text of a change: whether it may be verified, and what it does. Slow for large files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.git.port import FileChange
from overnight.program.program import Program
from overnight.research.changes.canonical import LARGEST
from overnight.research.changes.scope import check_scope
from overnight.research.changes.similar import meaning_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A change, and what it is a change of."""

    changes: Sequence[FileChange]
    before: Mapping[str, bytes]  # contents of the changed files that exist
    executable: Mapping[str, bool]  # of these files
    parent: str  # digest of the entry that it is on top of
    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was found."""

    problem: str = ""  # why it may not be verified, for the founder
    meaning: str = ""  # equal for what does the same; empty: too large to be compared


def inspect(text: Text) -> Inspected:
    """Look into a change; that no file is in another's place is for the caller to check."""
    problems = check_scope(text.changes, before=text.before, executable=text.executable, program=text.program)
    if problems:
        return Inspected(problem="; ".join(problems))
    if sum(len(each.content or b"") for each in text.changes) > LARGEST:
        return Inspected()
    return Inspected(meaning=meaning_of(text.changes, text.before, text.parent))
