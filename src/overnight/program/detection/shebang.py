"""Pure: the interpreter of a script, by its first line or its ending; a README often shows it as if it were executable."""

import re
from collections.abc import Mapping

_FIRST_LINE = re.compile(
    r"#![ \t]*(?:/usr/bin/env[ \t]+(?:-S[ \t]+)?)?(?:[\w./-]{0,80}/)?"
    r"([A-Za-z][\w.+-]{0,30}(?:[ \t]+-[\w=@./-]{1,60}){0,4})[ \t]*(?:\r?\n|$)"
)
_BY_ENDING: Mapping[str, str] = {
    "py": "python", "js": "node", "mjs": "node", "cjs": "node", "sh": "bash", "bash": "bash", "rb": "ruby", "php": "php",
    "lua": "lua", "pl": "perl", "R": "Rscript",
}  # fmt: skip
_PYTHON = re.compile(r"python[\d.]*")


def interpreter_of(path: str, text: str) -> str | None:
    """What runs a script, whatever its mode; None if only the file itself can be run."""
    ending = path.rpartition("/")[2].partition(".")[2].rpartition(".")[2]
    hit = _FIRST_LINE.match(text) if ending else None
    if hit is None:
        return _BY_ENDING.get(ending)
    program, *options = hit[1].split()
    name = "python" if _PYTHON.fullmatch(program) else "bash" if program == "sh" else program
    return " ".join([name, *options])
