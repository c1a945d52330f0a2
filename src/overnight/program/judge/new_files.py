"""Which new files of a proposal would judge it: what a command then runs or collects, and what a tool loads unasked."""

from collections.abc import Collection, Mapping, Sequence, Set

from overnight.program.judge.rules import is_editable
from overnight.program.judge.runs import judges
from overnight.program.judge.steps import Judge, Role
from overnight.program.judge.tree import Read, folder_of
from overnight.program.judge.unasked import loaded_by, replaced_file, shadowed_module
from overnight.program.program import Program
from overnight.words.foreign import printable

NAME = 80  # characters of a path
_ROOTS = ("src", "lib")  # folders that Python is often told to search
_INIT = "__init__.py"


def new_judges(program: Program, paths: Sequence[str], read: Read, added: Mapping[str, str]) -> Mapping[str, str]:
    """Why new files may not be added, by their paths: each could change what judges the proposal.

    A program allows all of them by `judge_may_change`. Only commands that see editable files count: `measure` with what takes
    its place, and `checks`.

    Args:
        program: its commands.
        paths: every file of the base.
        read: the text of one of them.
        added: the new files with their texts.
    """
    if program.judge_may_change or not added or not (program.one_process or program.checks):
        return {}
    every = [*paths, *added]
    found = [
        judge
        for judge in judges(program, every, lambda path: added[path] if path in added else read(path))
        if program.one_process or judge.command == "checks"
    ]
    frozen = {path for path in paths if not is_editable(path, program)}
    roots = _roots(program, found, paths)
    run = {judge.path: judge for judge in found if judge.path in added}
    return {path: why for path in added if (why := _why(path, run.get(path), found, frozen, roots))}


def _why(path: str, judge: Judge | None, found: Sequence[Judge], frozen: Set[str], roots: Set[str]) -> str:
    """Why a new file may not be added; empty if it may."""
    if judge:
        what = f"be {'collected' if judge.role is Role.TEST else 'run'} by {judge.command}"
    elif tool := loaded_by(path):
        what = f"be loaded unasked by {tool}"
    elif _starts_tests(path, found):
        what = "be loaded unasked before the tests below it"
    elif module := shadowed_module(path, roots):
        what = f"take the place of the module `{module}`"
    elif (hidden := replaced_file(path)) in frozen:
        what = f"take the place of `{printable(hidden, NAME)}`"
    else:
        return ""
    return f"is new and would {what}, so it could change what judges the proposal"


def _starts_tests(path: str, found: Sequence[Judge]) -> bool:
    """Whether a file makes a package of a folder that holds tests already."""
    folder, _, name = path.rpartition("/")
    return name == _INIT and any(
        judge.role is Role.TEST and judge.path != path and judge.path.startswith(f"{folder}/" if folder else "")
        for judge in found
    )


def _roots(program: Program, found: Sequence[Judge], paths: Collection[str]) -> Set[str]:
    """The folders in which the commands' Python looks for modules, as far as one can tell."""
    packages = {folder_of(path) for path in paths if path.rpartition("/")[2] == _INIT}
    roots = {"", *({*_ROOTS} - packages)}
    for name in dict(program.env).get("PYTHONPATH", "").split(":"):
        roots.add("/".join(part for part in name.split("/") if part not in {"", "."}))
    for judge in found:
        if judge.path.endswith(".py"):
            folder = folder_of(judge.path)
            roots |= {folder} if judge.role is Role.LEAF else set()
            while folder:
                roots |= {folder} - packages
                folder = folder_of(folder)
    return roots
