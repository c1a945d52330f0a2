"""The files of a workspace that the tuner reads, and what reads each."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from overnight.program.judge.rules import is_editable
from overnight.program.judge.targets import MAKEFILES
from overnight.program.program import Program
from overnight.program.scope import path_problem
from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.data_files import scan_ini, scan_json, scan_toml, scan_yaml
from overnight.research.researchers.tuner.findings import Findings, Unreadable
from overnight.research.researchers.tuner.grammars import has_grammar, scan_with_grammars
from overnight.research.researchers.tuner.makefiles import scan_makefile

LARGEST_FILE = 100_000  # bytes; a hostile file of this size takes a parser a second
LARGEST_TREE = 500_000  # bytes of all files that are read
LOOKED_FOR = (
    "constants, options, defaults and literals in Python files; numbers and switches in YAML, TOML, JSON and INI files; "
    "constants in C, C++, JavaScript, TypeScript, Rust and Go; flags and numbers in Makefiles"
)
_SCANNERS: Mapping[str, Callable[[str, bytes], Findings]] = {
    ".py": scan_python,
    ".yaml": scan_yaml,
    ".yml": scan_yaml,
    ".toml": scan_toml,
    ".json": scan_json,
    ".ini": scan_ini,
    ".cfg": scan_ini,
    ".mk": scan_makefile,
}


def scan(files: Mapping[str, bytes]) -> Mapping[str, Findings | Unreadable]:
    """What can be tuned in each file."""
    code = {path: content for path, content in files.items() if has_grammar(path)}
    found = dict(scan_with_grammars(code)) if code else {}
    return found | {path: _scan(path, content) for path, content in files.items() if path not in code}


def _scan(path: str, content: bytes) -> Findings | Unreadable:
    scanner = _scanner(path)
    try:
        return scanner(path, content) if scanner else Findings()
    except Unreadable as reason:
        return reason


def _scanner(path: str) -> Callable[[str, bytes], Findings] | None:
    file = PurePosixPath(path)
    return scan_makefile if file.name in MAKEFILES else _SCANNERS.get(file.suffix)


def tunable_files(workspace: Path, program: Program) -> tuple[Mapping[str, bytes], list[str]]:
    """The editable files that can be read, in order, and why others are skipped."""
    contents: dict[str, bytes] = {}
    skipped: list[str] = []
    room = LARGEST_TREE
    for path in _regular_files(workspace):
        if not (has_grammar(path) or _scanner(path)) or path_problem(path) or not is_editable(path, program):
            continue
        size = (workspace / path).stat().st_size
        if size > min(LARGEST_FILE, room):
            skipped.append(f"{path} is over {LARGEST_FILE:,} bytes, or brings the total over {LARGEST_TREE:,}")
        else:
            contents[path] = (workspace / path).read_bytes()
            room -= size
    return contents, skipped


def python_files(workspace: Path, known: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """All Python files, also those that must not change: they import the others. `known` are files that were read already."""
    files, room = {path: content for path, content in known.items() if is_python(path)}, LARGEST_TREE
    for path in _regular_files(workspace):
        if is_python(path) and path not in files:
            size = (workspace / path).stat().st_size
            if size <= min(LARGEST_FILE, room):
                files[path] = (workspace / path).read_bytes()
                room -= size
    return files


def is_python(path: str) -> bool:
    """Whether a file is a Python file, by its name."""
    return path.endswith(".py")


def _regular_files(workspace: Path) -> Iterator[str]:
    for folder, subfolders, names in os.walk(workspace):
        subfolders[:] = sorted(name for name in subfolders if name != ".git")
        for file in (Path(folder, name) for name in sorted(names)):
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(workspace).as_posix()
