"""Lines with signs, as in a diff: `-` goes, `+` comes, all others stay; read as their writer may have meant them.

Models leave out the space of lines that stay, put one behind a sign, count lines wrong, and write several changes
without a sign of where one ends: numbers are not read, and each way of reading is tried on the file.
"""

from collections.abc import Sequence

from overnight.agents.editor.edit import Hunk

SIGNS = frozenset("-+")
_HEADER = "@@"
_NO_NEWLINE = "\\ No newline"

Signed = Sequence[tuple[str, str]]  # a sign, one of `-`, `+` and the space, and the line behind it


def has_signs(lines: Sequence[str]) -> bool:
    """Whether these lines are a change: one that goes or comes, at the very beginning of a line."""
    if any(line.startswith(_HEADER) for line in lines):
        return any(line[:1] in SIGNS for line in lines)
    return any(_goes(line) for line in lines) and any(line.startswith("+") for line in lines)


def read_signs(lines: Sequence[str]) -> Sequence[Sequence[Hunk]]:
    """The ways to read them, the most literal first."""
    parts = _parts([line for line in lines if not line.startswith(_NO_NEWLINE)])
    ways = []
    for behind in ("", " "):  # what a model puts between a sign and its line
        signed = [[_signed(line, behind) for line in part] for part in parts]
        ways.append([_hunk(part) for part in signed])
        ways.append([_hunk(run) for part in signed for run in _runs(part)])
    return [way for at, way in enumerate(ways) if way and way not in ways[:at]]


def _goes(line: str) -> bool:
    return line.startswith("-") and not line.startswith("---")


def _parts(lines: Sequence[str]) -> Sequence[Sequence[str]]:
    """What stands between the headers of hunks."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith(_HEADER):
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if any(line[:1] in SIGNS for line in part)]


def _signed(line: str, behind: str) -> tuple[str, str]:
    if line[:1] in SIGNS:
        return line[0], line[1:].removeprefix(behind)
    return " ", line if behind else line.removeprefix(" ")


def _hunk(part: Signed) -> Hunk:
    return Hunk(old=[line for sign, line in part if sign != "+"], new=[line for sign, line in part if sign != "-"])


def _runs(part: Signed) -> Sequence[Signed]:
    """Each run of lines that go with those that come in their place, without what is around; none if one has no place."""
    runs: list[list[tuple[str, str]]] = [[]]
    for sign, line in part:
        if sign == " " or (sign == "-" and runs[-1] and runs[-1][-1][0] == "+"):
            runs.append([])
        if sign != " ":
            runs[-1].append((sign, line))
    filled = [run for run in runs if run]
    return filled if all(run[0][0] == "-" for run in filled) else ()
