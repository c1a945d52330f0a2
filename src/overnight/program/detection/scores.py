"""Pure: programs that print a score, such as a game, a simulator or a solver, where nothing is called a benchmark."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from shlex import quote

from overnight.program.detection.command import ASIDE, BESIDE, MEASURES, Command, Files, by_depth, project_names, stem_of
from overnight.program.detection.demands import demands_arguments, lacks_arguments, needs_library
from overnight.program.detection.javascript import serves_for_ever
from overnight.program.detection.python_scripts import python_command
from overnight.program.detection.python_text import acts
from overnight.program.detection.readme import README, Shown, is_test
from overnight.program.detection.score_text import has_score, is_program_called_test, prints_score, tells_time
from overnight.program.judge.tree import folder_of

_RUN = (".py", ".js", ".mjs", ".cjs")  # by an interpreter
WANTED = re.compile(
    r"(?:[^/]+/)?[^/]+\.(?:py|c|cc|cpp|cxx|h|hpp)"
    r"|(?:[^/]+/)?(?:main|run|play|sim|solve|game|demo|evaluat|score|train)[^/]*\.[cm]?js"
)

_NAMED = re.compile(
    r"(?:^|[^a-z])(?:main|run|play|game|sim(?:ulat\w+)?|solve\w*|solution|eval\w*|score|train\w*|experiment|tsp|optimi[sz]e\w*)(?![a-z])",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:train|evaluat|simulat|solv|optimi[sz]|scor(?:e|ing)|reproduc|experiment|results?\b|accuracy|play)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"^test|tests?$|^(?:dyn)?unit$|(?:^|[^a-z])(?:tests?|build|make|convert\w*|export\w*|import\w*|pre-?process\w*|release|publish|deploy\w*|migrat\w+|manage"
    r"|app|api|serve|gui|ui|visuali[sz]e\w*|draw|render|scrap\w+|crawl\w*|version|update|sync|fetch\w*|get|create|cli)(?![a-z])",
    re.IGNORECASE,
)


_SHOWN = re.compile(r"(?:^|/)(?:examples?|demos?|tutorials?)(?:/|$)")
# For a person who looks on and types.
_WAITS = re.compile(
    r"""^[^#\n"']{0,100}\b(?:raw_)?input\(|^[ \t]*(?:import|from)[ \t]+(?:[tT]kinter|pygame|turtle|curses|PyQt\d)""",
    re.MULTILINE,
)


_RUN_SO = re.compile(r"(?<![\w./])\./([\w-]{1,80})(?![\w/.-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """A program that may print a score, and how much speaks for it."""

    command: Command
    said: bool  # a README shows it, and says that it measures something
    prints: bool  # its text prints a number with such a word
    named: bool  # it is called as such programs are
    near: bool  # at the top
    own: bool = False  # of equal programs, the one that is called as the project, or built first
    ready: bool = True  # it needs neither arguments that it is not given, nor a library from elsewhere

    @property
    def weight(self) -> tuple[int, bool, bool, bool, bool]:
        """More of it speaks for a program more."""
        return 2 * self.said + self.prints, self.ready, self.named or self.own, self.own, self.near


def likely_programs(files: Files, shown: Sequence[Shown], compiled: Sequence[Command], name: str) -> Sequence[Likely]:
    """The programs that a README shows or a makefile builds, and the scripts near the top that do something.

    Args:
        files: every path with its text.
        shown: the commands of READMEs.
        compiled: those for the programs that makefiles build.
        name: that of the repository.
    """
    found: dict[str, Likely] = {}
    for likely in (*_of_readme(files, shown), *_of_files(files), *_of_makefiles(files, compiled, name)):
        found.setdefault(likely.command.leaf or likely.command.text, likely)
    return sorted(found.values(), key=lambda likely: likely.weight, reverse=True)


def clear_one(likely: Sequence[Likely], files: Files) -> Command | None:
    """The one for which most speaks; None if several are alike, or nothing speaks for it."""
    if (
        not likely
        or not likely[0].weight[0]
        or not likely[0].ready
        or (len(likely) > 1 and likely[1].weight == likely[0].weight)
    ):
        return None
    command = likely[0].command
    return replace(command, scores=not tells_time(files.get(command.leaf or command.place) or ""))


def _of_readme(files: Files, shown: Sequence[Shown]) -> Iterator[Likely]:
    for each in shown:
        spelled = each.spelled
        name, program = stem_of(spelled.name), is_program_called_test(spelled.leaf or "", files)
        if (
            spelled.lacks
            or is_test(each, files)
            or (_is_other(name) and not program)
            or spelled.text.startswith("make ")
            or spelled.text.startswith("npm ")
        ):
            continue
        text = files.get(spelled.leaf or "") or ""
        if serves_for_ever(text) or (spelled.leaf or "").endswith("setup.py"):
            continue
        said = _SAYS.search(f"{name} {each.comment}\n{each.about}") is not None
        reason = "the README says how to run it"
        command = Command(text=spelled.text, leaf=spelled.leaf, reason=reason)
        near = "/" not in (spelled.leaf or spelled.name)
        prints, ready = has_score(spelled.leaf or "", files), not lacks_arguments(command, files)
        yield Likely(command=command, said=said, prints=prints, named=_is_named(name, files), near=near, ready=ready)


def _of_files(files: Files) -> Iterator[Likely]:
    for path in filter(WANTED.fullmatch, by_depth(files)):
        text = files.get(path)
        other = _is_other(stem_of(path)) and not is_program_called_test(path, files)
        if not text or not path.endswith(_RUN) or other or not _acts(path, text, files):
            continue
        run = python_command(path, text, files) if path.endswith(".py") else f"node {quote(path)}"
        prints, aside = has_score(path, files), ASIDE.search(folder_of(path)) is not None
        if aside and not (prints or _SHOWN.search(folder_of(path))):
            continue
        reason = f"{path} prints a result" if prints else f"{path} is a script"
        command = Command(text=run, leaf=path, reason=reason)
        named = _is_named(stem_of(path), files) and not aside
        ready = not lacks_arguments(command, files)
        yield Likely(command=command, said=False, prints=prints, named=named, near="/" not in path, ready=ready)


def _of_makefiles(files: Files, compiled: Sequence[Command], repository: str) -> Iterator[Likely]:
    own = {*project_names(files), repository.lower()}
    run = {hit for path in filter(README.fullmatch, files) for hit in _RUN_SO.findall(files[path] or "")}
    for each in compiled:
        name = stem_of(each.text)
        if not _is_other(name) or len(compiled) == 1:
            text = files.get(each.place) or ""
            yield Likely(
                command=replace(each, said=""),
                said=False,
                prints=prints_score(text),
                named=_is_named(name, files),
                near=each.text.startswith("make"),
                own=each.main or name in own or each.text.rpartition("./")[2] in run,
                ready=not (needs_library(text) or demands_arguments(text)),
            )


def _is_named(name: str, files: Files) -> bool:
    return _NAMED.search(name) is not None or name in project_names(files)


def _is_other(name: str) -> bool:
    """Whether a script serves something else, by its name."""
    if name.startswith("test"):
        return True
    other = _OTHER.search(name) or BESIDE.search(name)
    return other is not None and not MEASURES.search(name) and not _NAMED.search(name)


def _acts(path: str, text: str, files: Files) -> bool:
    """Whether a file does something when it is run, and needs no person; without `__main__` a package only imports it."""
    if not path.endswith(".py"):
        return not serves_for_ever(text)
    inside = f"{folder_of(path)}/__init__.py" in files
    return ("__main__" in text if inside else acts(text)) and not _WAITS.search(text)
