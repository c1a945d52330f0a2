"""How often each line of a C or C++ program ran: its compiler is asked to count, and `gcov` reads the counts.

Does not cover: compilers other than gcc's; programs that were compiled before.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

COMPILERS = ("gcc", "cc", "g++", "c++")
# Printed by `sh` behind the measured command, into the file that the hook of Python appends to.
COMMAND = (
    'find . -name "*.gcda" -exec gcov --json-format --stdout {} + 2>/dev/null '
    '| head -c 10000000 >> "${OVERNIGHT_PROFILE##*|}"; true'
)
_WRAPPER = """#!/bin/sh
PATH="${{PATH#{folder}:}}"
command -v gcov >/dev/null && exec {compiler} --coverage "$@"
exec {compiler} "$@"
"""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    line_number: int
    count: int


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")
    file: str
    lines: list[_Line]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")
    files: list[_File]


def write_wrappers(folder: Path, inside: str) -> None:
    """Put programs with the names of compilers into a folder, which a job sees as `inside`, first on its PATH."""
    for compiler in COMPILERS:
        script = folder / compiler
        script.write_text(_WRAPPER.format(folder=inside, compiler=compiler))
        script.chmod(0o755)


def counts(line: bytes, folder: str) -> Mapping[str, Mapping[int, int]]:
    """The counts of a line that gcov prints, of files below a folder; nothing if it is not such a line."""
    try:
        answer = _Answer.model_validate_json(line)
    except ValidationError:
        return {}
    found: dict[str, dict[int, int]] = {}
    for file in answer.files:
        path = file.file.removeprefix(folder.rstrip("/") + "/").removeprefix("./")
        if not path.startswith("/"):
            found[path] = {each.line_number: each.count for each in file.lines if each.count}
    return found
