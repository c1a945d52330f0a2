"""Whether a program fits its tree, and which loopholes it leaves open."""

from collections.abc import Sequence

from overnight.errors import ProgramError
from overnight.program.judge.unasked import loaded_by
from overnight.program.program import Direction, Program, Take, names_seed
from overnight.program.scope import collide, matches

_BEST = {Direction.MINIMIZE: Take.MIN, Direction.MAXIMIZE: Take.MAX}
CODE = (".py", ".pyc", ".pth", ".so", ".pkl", ".pickle")


def check_fit(program: Program, paths: Sequence[str]) -> None:
    """Check the globs of a program against the files of the start commit.

    Raises:
        ProgramError: a glob matches no file, or one that must stay frozen; a file that a job writes is a committed one.
    """
    for glob in program.editable:
        found = [path for path in paths if matches(path, [glob])]
        if not found:
            message = f"`{glob}` matches no file of the commit that is checked out"
            raise ProgramError(message, path=program.path, key="editable", fix="commit the file, or fix the glob")
        frozen = [path for path in found if path == program.path or matches(path, program.hidden)]
        if frozen:
            message = f"`{glob}` matches {frozen[0]}, which must stay frozen"
            raise ProgramError(message, path=program.path, key="editable", fix="name the editable files more precisely")
    _check_places(program, paths)
    _check_edits_files(program, paths)
    for glob in program.hidden:
        if not any(matches(path, [glob]) for path in paths):
            message = f"`{glob}` matches no file of the commit that is checked out"
            raise ProgramError(message, path=program.path, key="hidden", fix="commit the file, or fix the glob")


def _check_edits_files(program: Program, paths: Sequence[str]) -> None:
    """A file of scripted edits must be there for the researcher, and stay as it is."""
    for name in [spec.edits_file for spec in program.researchers if spec.edits_file]:
        rules = (
            (name not in paths, "is not in the commit that is checked out", "commit it"),
            (matches(name, program.hidden), "is hidden, so that no researcher can read it", "take it out of `hidden`"),
            (matches(name, program.editable), "is editable, so that an edit could change it", "take it out of `editable`"),
        )
        for broken, what, fix in rules:
            if broken:
                raise ProgramError(f"`{name}` {what}", path=program.path, key="researchers.edits_file", fix=fix)


def loopholes(program: Program) -> tuple[str, ...]:
    """What the boundaries let a candidate do beyond their purpose, one line each."""
    notes = []
    if program.one_process:
        notes.append("`measure` runs the candidate and the scorer in one process: docs/trust.md lists what that cannot stop")
    if program.metric.take is _BEST[program.metric.direction]:
        what = f"`take: {program.metric.take}` counts the luckiest of the values that a trial prints"
        notes.append(f"{what}, so a change that only prints more of them looks better: prefer `take: last`")
    code = [name for name in program.artifacts if name.endswith(CODE) or loaded_by(name)]
    if code:
        notes.append(f"the artifact {code[0]} is code to Python: let the scorer read data only, such as JSON")
    if program.prepare and not names_seed(program.prepare):
        notes.append("`prepare` has no {seed}: all trials have the same inputs, and a candidate can memorise the answers")
    return tuple(notes)


def _check_places(program: Program, paths: Sequence[str]) -> None:
    """A file that a job hands over must not replace a committed one, or exist before the job writes it."""
    for key, names, whose in (
        ("artifacts", program.artifacts, "a candidate's"),
        ("inputs", program.inputs, "each trial's own"),
    ):
        for name in names:
            if matches(name, program.hidden) or any(collide(name, path) for path in paths):
                message = f"`{name}` is or overlaps a path of the commit, and {whose} file would replace it"
                raise ProgramError(message, path=program.path, key=key, fix="choose a name that is not committed")
    result = program.metric.result
    if result in program.artifacts:
        message = f"`{result}` is also an artifact: the candidate would write the scorer's result"
        raise ProgramError(message, path=program.path, key="metric.result", fix="choose another name")
    if result in program.inputs:
        message = f"`{result}` is also an input, so a run that writes no result would still have one"
        raise ProgramError(message, path=program.path, key="metric.result", fix="choose another name")
    if result and any(f"{path}/".startswith(f"{result}/") for path in paths):
        message = f"`{result}` is committed, so a run that writes no result would still have one"
        raise ProgramError(message, path=program.path, key="metric.result", fix="delete it from the commit, and ignore it")
