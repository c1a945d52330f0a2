"""Pure: programs that CMake builds and that measure by their names."""

import re
from collections.abc import Iterator
from shlex import quote

from overnight.program.detection.command import BESIDE, MEASURES, Command, Files, by_depth
from overnight.program.judge.tree import folder_of

MOST_FILES = 30

_FILE = re.compile(r"(?:[^/]+/){0,3}CMakeLists\.txt")
_PROGRAM = re.compile(r"^[ \t]*add_executable\(\s*([\w.-]{1,80})[\s)]", re.MULTILINE | re.IGNORECASE)
_OPTION = re.compile(
    r"^[ \t]*(?:cmake_dependent_)?option\(\s*(\w{1,80})[^\n]{0,300}?\b(ON|OFF)\b", re.MULTILINE | re.IGNORECASE
)
_OUTPUT = re.compile(
    r"RUNTIME_OUTPUT_DIRECTORY\s+\"?\$\{(?:CMAKE_BINARY_DIR|PROJECT_BINARY_DIR)\}/?([\w./-]{0,80})", re.IGNORECASE
)
_QUIET = "> /dev/null"


def cmake_programs(files: Files) -> Iterator[Command]:
    """Configured, built and run; with the option that turns benchmarks on, if there is one."""
    if "CMakeLists.txt" not in files:
        return
    paths = [path for path in by_depth(files) if _FILE.fullmatch(path)][:MOST_FILES]
    texts = {path: files.get(path) or "" for path in paths}
    options = [hit[1] for text in texts.values() for hit in _OPTION.finditer(text) if hit[2].upper() == "OFF"]
    given = "".join(f" -D{name}=ON" for name in dict.fromkeys(options) if MEASURES.search(name) or "BENCH" in name.upper())
    build = "build" if not any(path.startswith("build/") for path in files) else "build-to-measure"
    output = next((hit[1].strip("/") for text in texts.values() if (hit := _OUTPUT.search(text))), None)
    names = {hit[1]: folder_of(path) for path in paths for hit in _PROGRAM.finditer(texts[path])}
    for name in sorted(filter(_measures, names), key=lambda name: (not name.lower().startswith("bench"), len(name), name)):
        place = "/".join(filter(None, [build, names[name] if output is None else output, name]))
        configure = f"cmake -S . -B {build} -DCMAKE_BUILD_TYPE=Release{given} {_QUIET}"
        text = f"{configure} && cmake --build {build} --target {name} {_QUIET} && {quote(f'./{place}')}"
        yield Command(text=text, reason=f"CMake builds {name}")


def _measures(name: str) -> bool:
    return MEASURES.search(name) is not None and not BESIDE.search(name)
