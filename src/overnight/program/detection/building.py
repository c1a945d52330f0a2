"""Pure: the steps in a text for people that build what the next command runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from overnight.program.judge.targets import MAKEFILES

# Each compiles the file that is its argument; a C compiler without -o makes a.out, the others a program of the file's name.
C_COMPILERS = frozenset({"cc", "gcc", "clang", "g++", "c++", "clang++", "tcc"})
COMPILERS = frozenset({"rustc", "ghc", "javac", "ocamlopt", "gfortran", "nim", "dmd", "ldc2", "fpc", "nvcc"}) | C_COMPILERS
# Each builds what its file says.
BUILDERS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("make",): MAKEFILES,
    ("cmake",): ("CMakeLists.txt",),
    ("go", "build"): ("go.mod", "main.go"),
    ("cargo", "build"): ("Cargo.toml",),
    ("zig", "build"): ("build.zig",),
    ("dune", "build"): ("dune-project",),
    ("swift", "build"): ("Package.swift",),
    ("meson", "setup"): ("meson.build",),
    ("ninja",): ("meson.build", "CMakeLists.txt"),
    ("./configure",): ("configure",),
}
# Each runs what its file names, a benchmark too.
TOOLS: Mapping[str, tuple[str, ...]] = {
    "zig": ("build.zig",),
    "dune": ("dune-project",),
    "mix": ("mix.exs",),
    "stack": ("stack.yaml",),
    "cabal": ("cabal.project",),
    "swift": ("Package.swift",),
    "deno": ("deno.json", "deno.jsonc"),
    "dub": ("dub.json", "dub.sdl"),
    "./gradlew": ("gradlew",),
    "mvn": ("pom.xml",),
    "sbt": ("build.sbt",),
    "lein": ("project.clj",),
    "rake": ("Rakefile",),
    "composer": ("composer.json",),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "hatch": ("pyproject.toml",),
    "pdm": ("pyproject.toml",),
    "poe": ("pyproject.toml",),
    "nox": ("noxfile.py",),
    "tox": ("tox.ini", "pyproject.toml"),
}
_SPEAKS = frozenset({"cmake", "meson", "ninja", "./configure"})  # of what it does, with numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A step, as a trial runs it, and what it makes."""

    text: str
    programs: frozenset[str] = frozenset()
    anything: bool = False  # what it makes is not known by name


def built(words: Sequence[str], exists: Callable[[str], bool]) -> Built | None:
    """What a step builds; None if it builds nothing that is committed.

    Args:
        words: the step.
        exists: whether a word names a committed file.
    """
    name, text = words[0], " ".join(words)
    if name in COMPILERS and any(exists(word) or _is_glob(word) for word in words[1:]):
        output = words[words.index("-o") + 1] if "-o" in words[:-1] else None
        stems = {word.rpartition(".")[0].rpartition("/")[2] for word in words[1:] if exists(word)}
        default = {"a.out"} if name in C_COMPILERS | {"gfortran", "nvcc"} else stems
        return Built(text=text, programs=frozenset({output.removeprefix("./")} if output else default))
    for begin, files in BUILDERS.items():
        if tuple(words[: len(begin)]) == begin and (any(map(exists, files)) or "-C" in words):
            text = " ".join(["make", "-s", *words[1:]]) if name == "make" else text
            return Built(text=f"{text}{' > /dev/null' * (name in _SPEAKS)}", anything=True)
    return None


def _is_glob(word: str) -> bool:
    return "*" in word and word.endswith((".c", ".cc", ".cpp", ".cxx"))
