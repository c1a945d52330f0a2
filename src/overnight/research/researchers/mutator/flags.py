"""Flags of compilers and interpreters where a repository sets them: Makefiles, Cargo profiles, entry scripts of Python.

Only flags that keep the meaning of a program are tried: `-Ofast` and `-ffast-math` change its arithmetic.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from overnight.program.judge.targets import MAKEFILES
from overnight.research.researchers.mutator.landscape import Landscape
from overnight.research.researchers.mutator.mutation import Mutation, key_of
from overnight.research.researchers.mutator.source import Cut

_FLAGS = re.compile(rb"^[ \t]*(?:export[ ]+)?(?:C|CXX|CPP)FLAGS[ \t]*[:?+]?=([^\n#]*)", re.MULTILINE)
_RECIPE = re.compile(rb"^\t[@-]*(?:\$[({](?:CC|CXX)[)}]|gcc|g\+\+|cc|clang|clang\+\+)(?=[ \t])", re.MULTILINE)
_LEVEL = re.compile(rb"(?<![\w-])-O(?:[0123sgz]|fast)?(?![\w-])")
_RELEASE = re.compile(rb"^\[profile\.release\][ \t]*\n", re.MULTILINE)
CHOICES = ("-O2", "-O3", "-O3 -march=native", "-O3 -flto", "-O3 -march=native -flto -funroll-loops")
WEIGHT = 0.5  # of a flag: it touches all that is compiled
_GC = "import gc\n\ngc.set_threshold(100_000, 50, 50)\n"


def flag_mutations(land: Landscape) -> Iterator[Mutation]:
    """All of them."""
    for path, content in land.contents.items():
        name = PurePosixPath(path).name
        if name in MAKEFILES or path.endswith(".mk"):
            yield from _makefile(land, path, content)
        elif name == "Cargo.toml":
            yield from _cargo(land, path, content)
    for path, source in land.sources.items():
        imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        is_entry = any(isinstance(node, ast.If) and "__main__" in source.text(node.test) for node in source.tree.body)
        if is_entry and imports and "gc" not in source.bound and (span := source.spans.lines_of(imports[-1])):
            yield _flag(land, path, "gc-threshold", [Cut(span[1], span[1], f"\n{_GC}".encode())],
                        "a program that makes many objects spends less time looking for cycles among them")  # fmt: skip


def _makefile(land: Landscape, path: str, content: bytes) -> Iterator[Mutation]:
    """The level of each variable that holds flags, or of each recipe that calls a compiler without it."""
    places = [(match.start(1), match.end(1)) for match in _FLAGS.finditer(content)]
    if not places:
        ends = ((match.end(), content.find(b"\n", match.end())) for match in _RECIPE.finditer(content))
        places = [(start, end if end >= 0 else len(content)) for start, end in ends]
    for choice in CHOICES:
        cuts = []
        for start, end in places:
            level = _LEVEL.search(content, start, end)
            at = (level.start(), level.end(), choice.encode()) if level else (start, start, f" {choice}".encode())
            have = content[start:end].split()
            if not set(choice.encode().split()) <= set(have):
                cuts.append(Cut(*at))
        if cuts:
            yield _flag(land, path, f"compiler {choice}", cuts, "the compiler may do more for speed on this processor")


def _cargo(land: Landscape, path: str, content: bytes) -> Iterator[Mutation]:
    choice = 'opt-level = 3\nlto = "fat"\ncodegen-units = 1\n'
    if _RELEASE.search(content) is None:
        cut = Cut(len(content), len(content), f"\n[profile.release]\n{choice}".encode())
        yield _flag(land, path, "cargo lto", [cut], "the whole program is optimized at once")


def _flag(land: Landscape, path: str, operator: str, cuts: list[Cut], why: str) -> Mutation:
    by_path = {path: cuts}
    return Mutation(
        operator=operator.split(maxsplit=1)[0],
        reason=f"Set {operator} in {path}: {why}",
        cuts=by_path,
        weight=WEIGHT,
        key=key_of(operator, by_path, land.contents),
    )
