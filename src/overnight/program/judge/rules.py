"""Which editable files a proposal must not change, because they judge it; refused unless the program says why it may."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.errors import ProgramError
from overnight.program.judge.narrowing import narrowed
from overnight.program.judge.runs import judges
from overnight.program.judge.steps import Judge, Role
from overnight.program.judge.tree import Read
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.program.writer import quoted
from overnight.words.foreign import printable
from overnight.words.quantities import listed

KEY = "judge_may_change"
NAMED = 3  # files in a message
NAME = 80  # characters of a path
SUGGESTED = 8  # globs in a fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """An editable file that judges what is proposed."""

    judge: Judge
    missing: bool  # the command never sees editable files, so this one would not be there


def is_editable(path: str, program: Program) -> bool:
    """Whether a proposal may change this file."""
    return path != program.path and matches(path, program.editable) and not matches(path, program.hidden)


def offences(program: Program, paths: Sequence[str], found: Sequence[Judge]) -> Sequence[Offence]:
    """The editable files with which a proposal could print its own number or empty a test, each once.

    What `measure`, `holdout` or `audit` run last may be editable if nothing else is: the program that trains, evaluates and
    prints. What `produce` runs is the candidate's.
    """
    editable = {path for path in paths if is_editable(path, program)}
    refused: dict[str, Offence] = {}
    for judge in found:
        if judge.path not in editable or judge.command == "produce":
            continue
        missing = bool(program.produce) and judge.command != "checks"
        alone = len(editable) == 1 and judge.command != "checks" and judge.role is not Role.WRAPPER
        if missing or not alone:
            refused.setdefault(judge.path, Offence(judge=judge, missing=missing))
    return list(refused.values())


def check_judge(program: Program, paths: Sequence[str], read: Read) -> Sequence[str]:
    """The editable files that judge what is proposed, which the program allows by `judge_may_change`.

    Args:
        program: its globs match committed files.
        paths: every committed file.
        read: the text of one of them.

    Raises:
        ProgramError: there are such files and the program does not allow it; or a command needs one that it never sees.
    """
    refused = offences(program, paths, judges(program, paths, read))
    missing = [offence.judge for offence in refused if offence.missing]
    if missing:
        message = f"{_ways(missing)}, which never sees editable files: only `produce` does"
        raise ProgramError(message, path=program.path, key="editable", fix=_fix(program, refused, paths))
    if refused and not program.judge_may_change:
        message = f"{_ways([offence.judge for offence in refused])}, so a proposal could change what judges it"
        fix = f'{_fix(program, refused, paths)}; or write `{KEY}: "why"`, which every report repeats'
        raise ProgramError(message, path=program.path, key="editable", fix=fix)
    return [offence.judge.path for offence in refused]


def way_of(judge: Judge) -> str:
    """How a command comes to a file, in words: `bench.py` is run by measure through .auto/measure.sh."""
    path, steps = printable(judge.path, NAME), [printable(step, NAME) for step in judge.way[1:-1]]
    through = f" through {listed(steps, NAMED, ' and ')}" if steps else ""
    return f"`{path}` is {'collected' if judge.role is Role.TEST else 'run'} by {judge.command}{through}"


def _ways(found: Sequence[Judge]) -> str:
    return listed((way_of(judge) for judge in found), NAMED, noun="file")


def _fix(program: Program, refused: Sequence[Offence], paths: Sequence[str]) -> str:
    rest = narrowed(program.editable, {offence.judge.path for offence in refused}, paths)
    if not rest:
        return "name in `editable` the files that are to be improved, and leave out what runs and tests them"
    if len(rest) > SUGGESTED:
        names = listed((f"`{printable(offence.judge.path, NAME)}`" for offence in refused), NAMED)
        return f"take {names} out of `editable`: name the other files one by one"
    return f"write `editable: [{', '.join(quoted(printable(glob, NAME)) for glob in rest)}]`"
