"""The flags and numbers of Makefiles: levels of optimization, macros on the command line, plain numbers.

Only flags that keep the meaning of a program are tried: `-Ofast` and `-ffast-math` change its arithmetic.
"""

import re
from collections.abc import Iterator

from overnight.research.researchers.tuner.findings import Constant, Findings

_LINE = re.compile(rb"(?:export[ ]+)?([A-Za-z_][\w.-]{0,60})[ \t]*(?:[:?+]|::)?=([^\n]{0,4000})")
_LEVEL = re.compile(rb"(?<![\w-])-O(?:[0123s]|g)?(?![\w-])")
_MACRO = re.compile(rb"(?<![\w-])-D([A-Za-z_]\w{0,60})=(\d{1,9}(?:\.\d{1,9})?)(?![\w.])")
_NUMBER = re.compile(rb"[ \t]*(\d{1,9}(?:\.\d{1,9})?)[ \t]*(?:#.*)?")
_LEVELS = ("-O1", "-O2", "-O3")
_FURTHER = ("-march=native", "-funroll-loops")  # each alone with -O3, and both


def scan_makefile(path: str, content: bytes) -> Findings:
    """What can be tuned in a Makefile."""
    found: dict[str, Constant] = {}
    start, recipe = 0, 0
    for line in content.splitlines(keepends=True):
        assigned = _LINE.match(line)
        if line.startswith(b"\t"):
            recipe += 1
            name, at, text = f"recipe{recipe}", 0, line[:4000]
        else:
            name, at = (assigned[1].decode(), assigned.start(2)) if assigned else ("", 0)
            text = assigned[2] if assigned else b""
        for constant in _constants(path, name, text.partition(b"#")[0], start + at):
            found.setdefault(constant.name, constant)
        start += len(line)
    return Findings(constants=tuple(found.values()))


def _constants(path: str, name: str, text: bytes, at: int) -> Iterator[Constant]:
    if not name:
        return
    for level in _LEVEL.finditer(text):
        own = level[0].decode()
        yield Constant(
            path=path, name=name, value=own, start=at + level.start(), end=at + level.end(), text=own, options=_flags(own, text)
        )
    for macro in _MACRO.finditer(text):
        yield _number(path, f"{name}.{macro[1].decode()}", macro, 2, at)
    if number := _NUMBER.fullmatch(text):
        yield _number(path, name, number, 1, at)


def _number(path: str, name: str, match: re.Match[bytes], group: int, at: int) -> Constant:
    text = match[group].decode()
    value = float(text) if "." in text else int(text)
    return Constant(path=path, name=name, value=value, start=at + match.start(group), end=at + match.end(group), text=text)


def _flags(own: str, text: bytes) -> tuple[str, ...]:
    """The levels, and further flags that the line does not have yet, together with the highest level."""
    new = [flag for flag in _FURTHER if flag.split("=")[0].encode() not in text]
    further = [f"-O3 {flag}" for flag in new] + ([f"-O3 {' '.join(new)}"] if len(new) > 1 else [])
    return tuple(dict.fromkeys((own, *_LEVELS, *further)))
