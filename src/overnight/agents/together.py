"""The line in which an agent proposes earlier changes of its own as one: `TOGETHER: #12 #15`, found in all that it printed.

What is read are numbers, and only that: whether they may be put together is decided by who has the record.
"""

import re
from collections.abc import Iterator

MARK = "TOGETHER:"
MOST = 8  # changes that may be put together
_READ = 400  # characters of a line
_MARKED = re.compile(r"[\s>*_`#~\"'|•·+\-\d.)(\[\]]{0,24}TOGETHER[*_`\"')\]]{0,4}:(.*)")
_BETWEEN = re.compile(r"[\s,;&+*_`\"'.()\[\]]+|\band\b")
_NUMBER = re.compile(r"#?[0-9]{1,9}")


def find_together(said: str) -> tuple[int, ...]:
    """The numbers of the last such line that names any, each once; one more than `MOST` stands for too many."""
    for line in reversed(said.splitlines()):
        found = _MARKED.match(line.strip()[:_READ]) if "TOGETHER" in line else None
        if numbers := tuple(dict.fromkeys(_numbers(found[1] if found else ""))):
            return numbers[: MOST + 1]
    return ()


def _numbers(said: str) -> Iterator[int]:
    """Those at the front; if words follow them, only such as have the sign, since `12 percent better` names none."""
    names = [name for name in _BETWEEN.split(said) if name]
    bare = all(map(_NUMBER.fullmatch, names))
    for name in names:
        if not _NUMBER.fullmatch(name) or not (bare or name.startswith("#")):
            return
        yield int(name.removeprefix("#"))
