"""Pure: a command that may measure, and what names say about it."""

import re
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

from overnight.program.front_matter import Value
from overnight.program.judge.tree import folder_of

Files = Mapping[str, str | None]  # every path with its text; None if the text was not read

# In the name of a file, a target or a script. Not `perfect`, nor `_speedups`.
MEASURES = re.compile(
    r"(?:^|[^a-z])(?:micro|macro)?bench(?!es)|[a-z]bench(?:mark)?s?(?![a-z])"
    r"|(?:^|[^a-z])(?:perf(?:ormance|test)?s?|speed(?:test)?s?|timings?|throughput|latency|load[_-]?test)(?![a-z])",
    re.IGNORECASE,
)
# Beside what measures: what prepares it, and what is made of its results.
BESIDE = re.compile(
    r"(?:^|[^a-z])(?:utils?|helpers?|common|shared|conf(?:ig|test)?|set-?up|install\w*|clean\w*|data(?:sets?|gen)?|fixtures?"
    r"|docker\w*|deps|cmp|compar\w+|reports?|plots?|graphs?|charts?|results?|summar\w+|gen(?:erate)?|prepare|download|upload"
    r"|profil\w+|stats|flame\w*|record|server|web|browser|view\w*|watch|lint|format|types?)(?![a-z])",
    re.IGNORECASE,
)
# At the start of the name of what only prepares a benchmark, even if it goes on with `bench`.
_PREPARES = re.compile(r"(?:gen(?:erate)?|create|prepare|download|fetch|install|plot|draw|convert)[-_]")
# Folders whose scripts serve something else: containers, CI, documents, the code of others.
FOREIGN = re.compile(
    r"(?:^|/)(?:\.[^/]+|docker\w*|ci|docs?|website|vendor(?:ed)?|third[_-]?party|extern(?:al)?|node_modules|deps|packaging"
    r"|debian|subprojects|submodules|fixtures)/",
    re.IGNORECASE,
)
# Folders of what is not the project itself.
ASIDE = re.compile(
    r"(?:^|[^a-z])(?:tools?|wrappers?|contrib|examples?|scripts?|hooks?|tests?|demos?|tutorials?)(?![a-z])", re.IGNORECASE
)
# In shell text: what a jail without network, or a stranger's machine, does not do.
INSTALLS = re.compile(
    r"\b(?:docker(?:-compose)?|podman|sudo|wrk|wget|curl|git[ \t]+clone"
    r"|(?:pip3?|conda|apt|apt-get|brew|npm|yarn|pnpm|gem|cargo|go)[ \t]+(?:install|add|ci|i|get))(?![\w-])"
)
_ALL = {"all", "bench", "benchmark", "benchmarks", "index", "main", "run", "run_all", "runall", "runner", "suite", "__main__"}
_OFTEN = re.compile(
    r"(?:^|[^a-z])(?:quer(?:y|ies)|search|parse|encode|decode|simple|basic|core|full|find|get|insert)(?![a-z])", re.IGNORECASE
)
_NAME = re.compile(r"""^[ \t{]*"?name"?[ \t]*[:=][ \t]*["']([\w@./-]{1,100})["']""", re.MULTILINE)
_USES = re.compile(
    r"""^[ \t]*(?:from[ \t]+(?:[\w.]{0,99}\.)?(\w{1,80})[ \t]+import|import[ \t]+(\w{1,80}))"""
    r"""|['"]\./([\w-]{1,80})(?:\.[cm]?[jt]s)?['"]""",
    re.MULTILINE,
)
_PART = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that may measure, and why it is thought so."""

    text: str
    reason: str
    leaf: str | None = None  # the committed file that it runs in the end, and that takes further arguments
    source: str | None = None  # the committed source of the program that it compiles and runs without arguments
    place: str = "the command"  # that shows what is printed, if it is not the leaf
    said: str = ""  # its text
    metric: Mapping[str, Value] | None = None  # that the command prints, if that is known beforehand
    fetches: bool = False  # whether it may need the network
    main: bool = False  # whether it runs the one program that its makefile builds first
    scores: bool = False  # whether it is about a number that it prints, not about how long it takes


def likeliness(path: str, projects: Set[str]) -> tuple[bool, int, int, str]:
    """A key that sorts benchmarks: near the top first, then those of everything, of the project itself, and of the usual."""
    stem = stem_of(path)
    words = [word for word in _PART.split(stem) if not MEASURES.match(word)]
    if stem in _ALL or _ALL.issuperset(words):
        kind = 0
    elif projects & {stem, "".join(words)} or any(_alike("".join(words), project) for project in projects):
        kind = 1
    else:
        kind = 2 if _OFTEN.search(stem) else 3
    return BESIDE.search(stem) is not None, path.count("/"), kind, path


def _alike(words: str, project: str) -> bool:
    """Whether the main part of a project has a name of its own: `sortedlist` of `sortedcontainers`."""
    return words.startswith(project[: max(5, len(project) // 3 + 1)])


def project_names(files: Files) -> Set[str]:
    """What the project may be called: by its package files, and by its Python packages at the top."""
    named = (_NAME.search(files.get(path) or "") for path in ("package.json", "pyproject.toml", "Cargo.toml"))
    packages = (path.removesuffix("/__init__.py") for path in files if path.count("/") == 1 and path.endswith("/__init__.py"))
    names = [hit[1].rpartition("/")[2] for hit in named if hit] + list(packages)
    return {_PART.sub("", name.lower()) for name in names}


def stem_of(path: str) -> str:
    """The name of a file without its folder and its ending, in lower case."""
    return path.rpartition("/")[2].partition(".")[0].lower()


def is_beside(path: str) -> bool:
    """Whether a file only lies with what measures: its name says that it prepares, or only that it does something else."""
    stem = stem_of(path)
    return _PREPARES.match(stem) is not None or (BESIDE.search(stem) is not None and MEASURES.search(stem) is None)


def called(pattern: re.Pattern[str], files: Files) -> Sequence[str]:
    """The files of such names, the likeliest benchmark first, without what others of them in its folder import."""
    paths = list(filter(pattern.fullmatch, by_depth(files)))
    used = set()
    for path in paths:
        names = {name for hit in _USES.findall(files.get(path) or "") for name in hit if name}
        used |= {(folder_of(path), name) for name in names if name != _module(path)}
    alone = [path for path in paths if (folder_of(path), _module(path)) not in used or "__main__" in (files.get(path) or "")]
    projects = project_names(files)
    return sorted(alone, key=lambda path: likeliness(path, projects))


def _module(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def by_depth(paths: Collection[str]) -> Sequence[str]:
    """Those nearest to the top first, without the folders that serve something else."""
    near = (path for path in paths if not FOREIGN.search(path))
    return sorted(near, key=lambda path: (path.count("/"), path))
