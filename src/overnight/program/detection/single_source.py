"""Pure: a benchmark in C or C++ that nothing builds, compiled with the sources of the headers that it includes."""

import re
from collections.abc import Iterator, Sequence

from overnight.program.detection.command import MEASURES, Command, Files, called, is_beside, stem_of
from overnight.program.judge.targets import MAKEFILES
from overnight.program.judge.tree import folder_of, joined

PROGRAM = "measure.out"
MOST_SOURCES = 30

_FILE = re.compile(r"(?:(?:src|source|tests?|bench(?:mark)?s?|perf)/)?[\w-]+\.(c|cc|cpp|cxx)")
_PLAIN = re.compile(r"[\w./-]+")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([\w./-]{1,100})"', re.MULTILINE)
_MAIN = re.compile(r"\bmain[ \t]*\(")
_BUILT_OTHERWISE = (*MAKEFILES, "CMakeLists.txt", "meson.build", "configure", "configure.ac", "BUILD.bazel", "xmake.lua")


def single_sources(files: Files) -> Iterator[Command]:
    """Each benchmark with a `main`, where no build file at the top says how."""
    if any(name in files for name in _BUILT_OTHERWISE):
        return
    for path in called(_FILE, files):
        text = files.get(path) or ""
        if MEASURES.search(stem_of(path)) and not is_beside(path) and _MAIN.search(text):
            compiler = "cc -O3" if path.endswith(".c") else "c++ -O3 -std=c++17"
            folders = [f"-I{name}" for name in ("include", "src") if any(other.startswith(f"{name}/") for other in files)]
            words = [compiler, "-I.", *folders, path, *_sources(path, files), "-o", PROGRAM, "-lm"]
            yield Command(text=f"{' '.join(words)} && ./{PROGRAM}", reason=f"{path} is a benchmark, and nothing here builds it")


def _sources(path: str, files: Files) -> Sequence[str]:
    """The sources beside the headers that a file includes, and that those include."""
    found: list[str] = []
    seen, waiting = {path}, [path]
    while waiting and len(found) < MOST_SOURCES:
        here = waiting.pop(0)
        for name in _INCLUDE.findall(files.get(here) or "")[:MOST_SOURCES]:
            for folder in dict.fromkeys((folder_of(here), "", "src", "include")):
                header = joined(folder, name)
                if header is None or header not in files or header in seen:
                    continue
                seen.add(header)
                waiting.append(header)
                stem = header.rpartition(".")[0]
                stems = (stem, f"src/{stem.removeprefix('include/')}")
                for source in (f"{one}{ending}" for one in stems for ending in (".c", ".cc", ".cpp")):
                    if source in files and source not in seen and _PLAIN.fullmatch(source):
                        seen.add(source)
                        waiting.append(source)
                        found += [source] if not _MAIN.search(files.get(source) or "") else []
    return found
