"""A unified diff of two foreign texts, in a time that is bounded whatever they hold.

The time to find the smallest diff grows with the pairs of equal lines between the parts that differ, and worse: where there
are too many, all of these parts goes and comes.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff

from overnight.words.differing import differing

_HUNK = re.compile(r"@@ -(\d+)(.*) \+(\d+)(.*) @@")


def diff_lines(old: Sequence[str], new: Sequence[str], context: int = 3) -> Iterator[str]:
    """The hunks of a unified diff, without the two lines that name the files; nothing for equal texts."""
    part = differing(old, new)
    begin, end, gone, come = part.before, part.after, part.old, part.new
    before = min(begin, context)
    start, after = begin - before, min(end, context)
    if part.repeats_itself:
        yield f"@@ -{start + 1},{before + len(gone) + after} +{start + 1},{before + len(come) + after} @@"
        yield from (f" {line}" for line in old[start:begin])
        yield from (f"-{line}" for line in gone)
        yield from (f"+{line}" for line in come)
        yield from (f" {line}" for line in old[len(old) - end : len(old) - end + after])
        return
    one, other = (text[start : len(text) - end + after] for text in (old, new))
    for at, line in enumerate(unified_diff(one, other, n=context, lineterm="")):
        if at > 1:  # behind the names
            found = _HUNK.fullmatch(line) if line.startswith("@@") else None
            yield f"@@ -{start + int(found[1])}{found[2]} +{start + int(found[3])}{found[4]} @@" if found else line
