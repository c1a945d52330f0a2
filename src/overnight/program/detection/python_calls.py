"""Pure: the Python scripts that a README runs, with the options that it gives them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from shlex import quote

from overnight.program.detection.command import Files
from overnight.program.judge.tree import joined

README = re.compile(r"(?i:README(?:\.\w{1,8})?)")
MOST_LINES = 5_000
LONGEST = 400  # characters of a line
MOST_CALLS = 60
MOST_CODE = 500  # lines and phrases of code that run Python

_RUNS = re.compile(r"\b(?:python[\d.]*|uv run)[ \t]+(?:-u[ \t]+)?")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_CODE = re.compile(r"(?: {4}|\t|[ \t]*\$ |>)")
_INLINE = re.compile(r"`+([^`\n]{3,200})`+")
_ENTERS = re.compile(r"(?:^|[\s;&])cd[ \t]+(?:\./)?([\w./-]{1,100}?)/?(?=[\s;&]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A command of the README, and the committed script that it runs."""

    text: str
    leaf: str


def python_calls(files: Files) -> Sequence[Call]:
    """Each script with each set of options, in the order of the text; without the options where they are no plain words."""
    found: dict[str, Call] = {}
    named: dict[str, list[str]] = {}
    for path in files:
        named.setdefault(path.rpartition("/")[2], []).append(path)
    for path in sorted(filter(README.fullmatch, files)):
        for code, folder in islice(_code(files[path] or ""), MOST_CODE):
            call = _call(code, folder, files, named)
            if call and len(found) < MOST_CALLS:
                found.setdefault(call.text, call)
    return list(found.values())


def _code(text: str) -> Iterator[tuple[str, str]]:
    """Each line or phrase of code, and the folder that its block has entered."""
    fenced, folder = False, ""
    for line in text.splitlines()[:MOST_LINES]:
        inline = _INLINE.findall(line) if len(line) <= LONGEST else []
        if _FENCE.match(line) and not inline:
            fenced, folder = not fenced, ""
        elif fenced or _CODE.match(line):
            if entered := _ENTERS.search(line[:LONGEST]):
                folder = entered[1]
            yield from ((code, folder) for code in [line[:LONGEST]] if _RUNS.search(code))
        else:
            yield from ((code, "") for code in inline if _RUNS.search(code))


def _call(code: str, folder: str, files: Files, named: Mapping[str, Sequence[str]]) -> Call | None:
    """The one call of a script in a line; None without one, or with one of a file that is not committed."""
    begin = _RUNS.search(code)
    if begin is None:
        return None
    rest = code[begin.end() :].partition("#")[0].strip().rstrip("`.")
    words = rest.split()
    if not words:
        return None
    script, options = (words[1], words[2:]) if words[0] == "-m" and len(words) > 1 else (words[0], words[1:])
    leaf = _leaf(f"{script.replace('.', '/')}.py" if words[0] == "-m" else script, folder, files, named)
    if leaf is None:
        return None
    plain = all(re.fullmatch(r"[\w.=/:+,@%-]{1,100}", word) for word in options)
    run = f"-m {quote(script)}" if words[0] == "-m" else quote(script)
    inside = leaf.removesuffix(script).rstrip("/") if words[0] != "-m" and leaf.endswith(script) else ""
    text = " ".join([*(["cd", quote(inside), "&&"] if inside else []), "python", run, *(options if plain else ())])
    return Call(text=text, leaf=leaf)


def _leaf(script: str, folder: str, files: Files, named: Mapping[str, Sequence[str]]) -> str | None:
    """The committed file that is meant: in the folder, at the top, or the only one of that name further below."""
    for place in (folder, ""):
        path = joined(place, script) if not script.startswith("/") else None
        if path in files:
            return path
    same = named.get(script.rpartition("/")[2], ())
    below = [path for path in same if path.endswith(f"/{script.removeprefix('./')}")]
    return below[0] if len(below) == 1 and script.endswith(".py") else None
