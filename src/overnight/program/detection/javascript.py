"""Pure: benchmarks of JavaScript and TypeScript: scripts of package.json, and files that Node runs."""

import re
from collections.abc import Iterator
from shlex import quote

from overnight.program.detection.command import BESIDE, INSTALLS, Command, Files, by_depth, called, is_beside
from overnight.program.judge.targets import PACKAGE, package_scripts

MOST_PACKAGES = 50  # of a workspace that are looked into

_SCRIPT = re.compile(r"(?:(?:run|test)[:-])?(?:micro)?(?:bench|perf|speed)[\w:.-]*")
_FILE = re.compile(
    r"(?:[^/]+/){0,2}(?:(?:bench(?:mark)?s?|perf)(?:/index|/bench(?:mark)?|[^/]*)|(?:micro)?bench(?:mark)?s?/[^/]+)\.([cm]?[jt]s)"
)
_VITEST = re.compile(r"(?:.+/)?[^/]+\.bench\.[cm]?[jt]sx?")
_OF_WORKSPACE = re.compile(r"(?:[^/]+/){1,2}package\.json")
_EXPORTS = re.compile(r"^[ \t]*(?:module\.)?exports\b[ \t]*[.=\[]|^export\b", re.MULTILINE)
_LISTENS = re.compile(r"\.listen\(")
_ENDS = re.compile(r"\bautocannon\b|\.close\(|\bprocess\.exit\(")
_RUNS = re.compile(r"^(?:index|bench(?:mark)?s?|perf)\b")  # runs whatever else it exports
_TYPESCRIPT = re.compile(
    r"((?:tsx|ts-node|vite-node|esno|bun(?:[ ]+run)?|node)(?:[ ]+--[\w=@/.-]+)*)[ ]+(?:[\w@.-]+/)*[\w.-]+\.[cm]?ts\b"
)


def javascript(files: Files) -> Iterator[Command]:
    """The scripts of the package at the top, then files, then the scripts of packages below."""
    top = files.get(PACKAGE) or ""
    yield from _scripts(files, "")
    if "vitest" in top and any(map(_VITEST.fullmatch, files)):
        yield Command(text="npx vitest bench --run", reason="*.bench files are benchmarks of vitest")
    typescript = _runner(top)
    for path in called(_FILE, files):
        runner = "node" if path.endswith("js") else typescript
        if runner and not _VITEST.fullmatch(path) and _runs(path, files.get(path) or ""):
            yield Command(text=f"{runner} {quote(path)}", leaf=path, reason=f"{path} is a benchmark")
    for path in list(filter(_OF_WORKSPACE.fullmatch, by_depth(files)))[:MOST_PACKAGES]:
        yield from _scripts(files, path.removesuffix(f"/{PACKAGE}"))


def serves_for_ever(text: str) -> bool:
    """Whether a script starts a server and shows no way that it ends, so that it measures nothing."""
    return _LISTENS.search(text) is not None and not _ENDS.search(text)


def _scripts(files: Files, folder: str) -> Iterator[Command]:
    place = f"{folder}/{PACKAGE}" if folder else PACKAGE
    scripts = package_scripts(files.get(place) or "")
    names = [name for name in scripts if _SCRIPT.fullmatch(name) and not BESIDE.search(name)]
    for name in sorted(names, key=len):
        paths = [f"{folder}/{word}" if folder else word for word in scripts[name].replace("./", "").split()]
        if any(serves_for_ever(files.get(path) or "") for path in paths):
            continue
        leaf = next((path for path in paths if path in files), None)
        said = (files[leaf] or "") if leaf else ""
        run = f"{f'cd {quote(folder)} && ' * bool(folder)}npm run --silent {quote(name)}"
        fetches = INSTALLS.search(scripts[name]) is not None
        reason = f"{place} has a script {name}"
        yield Command(text=run, place=leaf or "the command", said=said, reason=reason, fetches=fetches)


def _runs(path: str, text: str) -> bool:
    """Whether a file in a folder of benchmarks is one, not what others of them use, nor a server for another program."""
    name = path.rpartition("/")[2]
    if serves_for_ever(text) or is_beside(path):
        return False
    return _RUNS.match(name) is not None or not _EXPORTS.search(text)


def _runner(package: str) -> str | None:
    """How the project runs a file of TypeScript, as a script of its package.json shows; None if none does."""
    for script in package_scripts(package).values():
        if hit := _TYPESCRIPT.search(script):
            return hit[1] if hit[1].startswith("node") else f"npx {hit[1]}"
    return "npx tsx" if '"tsx"' in package else None
