"""Pure: the command that a README names to run the benchmark of a compiled program."""

import re
from collections.abc import Iterator, Mapping

from overnight.program.judge.targets import read_targets
from overnight.program.judge.tree import Tree

README = re.compile(r"(?i:README(?:\.\w{1,8})?)")
MOST_LINES = 5_000
LONGEST = 200  # characters of a line

# In a block of code: `$ ./prog --bench`. Words of plain characters only, since a shell reads them.
_CALL = re.compile(r"[ \t]*(?:[$%>][ \t]+)?(\./([\w.-]{1,64})(?:[ \t]+[\w.=/-]{1,64}){0,8})[ \t]*")
_MEASURES = re.compile(r"(?:^|[\W_])(?:micro)?bench(?:mark)?s?(?:[\W_]|$)")


def benchmark_lines(files: Mapping[str, str | None]) -> Iterator[str]:
    """Commands that build a program with the Makefile, if it is not committed, and run its benchmark."""
    made = read_targets("Makefile", Tree.of(list(files), files.get)).recipes
    for call, program in dict.fromkeys(_calls(files)):
        if program in files:
            yield call
        elif program in made:
            yield f"make -s {program} && {call}"


def _calls(files: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    """Each call of a program at the top whose words say that it measures, and the program."""
    for path in sorted(filter(README.fullmatch, files)):
        for line in (files[path] or "").splitlines()[:MOST_LINES]:
            hit = _CALL.fullmatch(line) if len(line) <= LONGEST else None
            if hit and _MEASURES.search(hit[1]):
                yield hit[1], hit[2]
