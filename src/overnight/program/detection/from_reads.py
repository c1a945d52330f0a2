"""Pure: which files a campaign may edit, told by what a trial opened instead of by names alone."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from glob import escape

from overnight.program.code_files import is_code
from overnight.program.judge.narrowing import covering
from overnight.program.scope import matches
from overnight.words.quantities import listed

ONE_BY_ONE = 8  # so many files are named one by one; more are named by their folders
MOST = 30  # entries

# What measures, scores, judges or makes the data, by a part of its path.
_JUDGES = re.compile(
    r"tests?|test[_-].+|.+[_.-]tests?|specs?|.+[_.]spec|__tests__|(?:micro)?bench(?:mark)?s?(?:[_-].*)?|.+[_-]bench(?:mark)?s?|perf(?:[_-].*)?"
    r"|latency|loadtest|profil(?:e|er|ing)|judge|grader|oracle|simulat(?:e|or|ion)s?|env(?:ironment)?s?|world|referee|fixtures?"
    r"|data(?:set|sets|loader)?|prepare|setup|conftest|harness|examples?|docs?|third_?party|vendor|vendored|node_modules",
    re.IGNORECASE,
)
# The same of a result, which a package whose time is measured may call what it does for its users.
_JUDGES_RESULTS = re.compile(
    r"measure(?:[_-].*)?|eval(?:uate|uation|uator)?(?:[_-].*)?|.+[_-]eval|scor(?:e|er|ing)(?:[_-].*)?|reference|metrics?"
    r"|verif(?:y|ier)|validat(?:e|or|ion)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditableFiles:
    """What is proposed as `editable`."""

    globs: tuple[str, ...]
    frozen: tuple[str, ...]  # code that the command reads and that stays as it is
    question: str = ""  # what only a person knows about it; empty: nothing


def editable_files(
    reads: Sequence[str],
    paths: Sequence[str],
    *,
    runs: Collection[str],
    leaf: str | None,
    timed: bool = False,
    trains: bool = False,
) -> EditableFiles | None:
    """The files that a person would tune, of those that a trial opened; None if it opened no code.

    Args:
        reads: committed files that were opened, sorted.
        paths: all committed files.
        runs: files that measure, score or check by themselves, such as scripts on the way and tests.
        leaf: the file that the command runs in the end, if that is known.
        timed: whether the metric is a time.
        trains: whether the leaf is a script that trains: where nothing but its data is beside it, it is what a person tunes.
    """
    code = [path for path in reads if is_code(path) and path not in runs]
    timed = timed and leaf is not None and judges_by_name(leaf)

    def stays(path: str) -> bool:
        return path == leaf or judges_by_name(path, of_time=timed and "/" in path)

    tuned = [path for path in code if not stays(path)]
    if tuned:
        globs = _folded(tuned, [path for path in paths if path in runs or stays(path)])
        return EditableFiles(globs=globs, frozen=tuple(path for path in code if not matches(path, globs)))
    if trains and leaf is not None and leaf in reads and not judges_by_name(leaf):
        beside = (path for path in reads if is_code(path) and path != leaf)
        return EditableFiles(globs=(escape(leaf),), frozen=tuple(beside))
    if not code:
        return None
    return EditableFiles(globs=tuple(map(escape, code)), frozen=(), question=_question(code, leaf))


def _question(code: Sequence[str], leaf: str | None) -> str:
    """What to ask if every file that is read may be one that measures; empty for one whose name does not say so."""
    if len(code) > 1:
        what = f"the command reads {listed(code, ONE_BY_ONE)}, and by their names all of them measure"
        return f"{what}: only you know which may be edited"
    if code[0] == leaf and not judges_by_name(leaf):
        return ""
    what = f"{code[0]} is all the code that the command reads, and its name says that it measures"
    return f"{what}: only you know whether it may be edited"


def judges_by_name(path: str, *, of_time: bool = False) -> bool:
    """Whether a part of a path says that the file measures, scores, judges or makes the data; `of_time`: of a time alone."""
    *folders, name = path.split("/")
    parts = (*folders, name.partition(".")[0], name.rpartition(".")[0])
    return any(_JUDGES.fullmatch(part) or (not of_time and _JUDGES_RESULTS.fullmatch(part)) for part in parts)


def _folded(files: Sequence[str], frozen: Sequence[str]) -> tuple[str, ...]:
    """The files one by one, or the folders that contain them and nothing frozen."""
    globs = covering(files, frozen) if len(files) > ONE_BY_ONE else map(escape, files)
    return tuple(dict.fromkeys(globs))[:MOST]
