"""The named constants of C, C++, JavaScript, TypeScript, Rust and Go, found by a process that may die on a hostile text."""

import base64
import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath
from shlex import quote
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from overnight.research.researchers.tuner.findings import Constant, Findings, Tier, Unreadable, Value, is_number

INSTALL = f"needs the parsers of the extra `syntax`: {quote(sys.executable)} -m pip install 'overnight[syntax]'"
WALL_S = 60.0  # of the process; its processor time is limited to much less
MOST_DEATHS = 3  # of the process, before the rest is left alone
_CHILD = "overnight.research.researchers.tuner.grammar_child"
_MODULES = ("tree_sitter", *(f"tree_sitter_{name}" for name in ("c", "cpp", "javascript", "typescript", "rust", "go")))
_SUFFIXES = {
    "c": ".c .h",
    "cpp": ".cc .cpp .cxx .c++ .hh .hpp .hxx .cu .cuh",
    "javascript": ".js .mjs .cjs .jsx",
    "typescript": ".ts .mts .cts",
    "tsx": ".tsx",
    "rust": ".rs",
    "go": ".go",
}
_GRAMMARS = {suffix: grammar for grammar, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_Found = tuple[Annotated[str, Field(max_length=10_000)], int, int, Annotated[str, Field(max_length=64)], Tier]
_ANSWER = TypeAdapter(Annotated[list[_Found], Field(max_length=1000)])


def has_grammar(path: str) -> bool:
    """Whether a file is in one of these languages, by its name."""
    return PurePosixPath(path).suffix in _GRAMMARS


def grammar_of(path: str) -> str:
    """The language of a file that has one of these, by its name."""
    return _GRAMMARS[PurePosixPath(path).suffix]


def scan_with_grammars(files: Mapping[str, bytes]) -> Mapping[str, Findings | Unreadable]:
    """What can be tuned in each file, or why it cannot be read."""
    if not all(importlib.util.find_spec(module) for module in _MODULES):
        return {path: Unreadable(INSTALL) for path in files}
    found: dict[str, Findings | Unreadable] = {}
    left, deaths = list(files), 0
    while left and deaths < MOST_DEATHS:
        answers = _answers({path: files[path] for path in left})
        for path, answer in zip(left, answers, strict=False):
            found[path] = _findings(path, answer)
        done = len(answers)
        if done < len(left):
            found[left[done]] = Unreadable("is too much for its parser")
            done, deaths = done + 1, deaths + 1
        left = left[done:]
    return found | {path: Unreadable("is left alone, as the parsers failed on other files") for path in left}


def _answers(files: Mapping[str, bytes]) -> list[bytes]:
    """The answers of one process, fewer than there are files if it died."""
    asked = [[grammar_of(path), base64.b64encode(content).decode()] for path, content in files.items()]
    lines = "".join(json.dumps(line) + "\n" for line in asked).encode()
    command = [sys.executable, "-I", "-m", _CHILD]
    try:
        done = subprocess.run(command, input=lines, capture_output=True, timeout=WALL_S, check=False, env={})
    except subprocess.TimeoutExpired as expired:
        return (expired.stdout or b"").splitlines()
    return [line for line in done.stdout.splitlines(keepends=True) if line.endswith(b"\n")]


def _findings(path: str, answer: bytes) -> Findings | Unreadable:
    try:
        found = _ANSWER.validate_json(answer)
    except ValidationError:
        return Unreadable("is too much for its parser")
    constants = []
    for name, start, end, text, tier in found:
        value = _value(text)
        if value is not None:
            constants.append(Constant(path=path, name=name, value=value, start=start, end=end, text=text, tier=tier))
    return Findings(constants=tuple(constants))


def _value(text: str) -> Value | None:
    if text in {"true", "false"}:
        return text == "true"
    plain = text.replace("_", "")
    number = int(plain) if plain.lstrip("+-").isdecimal() else float(plain)
    return number if is_number(number) else None
