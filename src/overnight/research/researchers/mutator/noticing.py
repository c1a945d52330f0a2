"""Whether anything notices when a function goes wrong: each hot one is made to return nothing, and the checks are run.

Does not cover: a function in another language than Python, of which it is only known whether checks execute it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.program.program import Program
from overnight.program.writer import lacks_failed_checks
from overnight.research.researchers.mutator.landscape import Landscape
from overnight.research.researchers.mutator.profile import Runs
from overnight.research.researchers.mutator.source import Cut, applied, parses
from overnight.research.researchers.mutator.statements import Routine
from overnight.research.researchers.port import Search
from overnight.research.researchers.tuner.readiness import Hindrance
from overnight.research.researchers.tuner.sources import is_python
from overnight.words.foreign import printable

MOST = 12  # functions that are proven, the hottest; the others are left alone
LEAST_HEAT = 0.01
QUOTED = 80


@dataclass(slots=True)
class Noticed:
    """What was proven so far, by path and name of a function."""

    known: dict[tuple[str, str], bool] = field(default_factory=dict)

    async def prove(self, land: Landscape, workspace: Path, runs: Runs, search: Search | None) -> None:
        """Prove the hottest functions that were not proven before."""
        for routine in proven_routines(land):
            key = _key(routine)
            if key not in self.known:
                self.known[key] = await _is_noticed(land, routine, workspace, runs, search)

    def allows(self, routine: Routine) -> bool:
        """Whether a function may be changed."""
        return self.known.get(_key(routine), False)


def refusal(program: Program) -> Hindrance | None:
    """Why the mutator does not start, as nothing would notice what it breaks; None if it starts."""
    if lacks_failed_checks(program):
        why = f"{program.path}: `overnight init` left out `checks` that failed, and the mutator may break what they would find"
        return Hindrance(why=why, fix="fix them and remove the `#` before `checks`")
    if not program.checks and not program.score:
        why = f"{program.path} has neither `checks` nor `score`, so nothing would notice what the mutator breaks"
        fix = "add a test of what your program must still do, such as `checks: [python -m pytest -q tests]`"
        return Hindrance(why=why, fix=fix)
    return None


def idle_refusal(program: Program, idle_checks: Collection[str], changes: Sequence[str]) -> Hindrance | None:
    """Why the mutator will refuse, as all checks passed with broken files; None if one did not, or `score` may notice.

    Args:
        program: names the checks.
        idle_checks: those that passed though every editable file was broken.
        changes: editable files that the measured command reads.
    """
    if program.score or not program.checks or not set(program.checks) <= set(idle_checks):
        return None
    named = f"`{printable(changes[0], QUOTED)}`" if changes else "the code that may be changed"
    why = "the mutator will refuse: every check passes though all editable files are broken, so nothing notices what it breaks"
    return Hindrance(why=why, fix=f"add a check that imports or runs {named}, and compares what its functions return")


def unnoticed(land: Landscape, noticed: Noticed) -> str:
    """That nothing notices when hot functions fail, and the test to add."""
    names = [
        f"`{printable(r.name, QUOTED)}` ({printable(r.path, QUOTED)}:{r.first})"
        for r in proven_routines(land)
        if not noticed.allows(r)
    ]
    if not names:
        return "the run reaches no function that may be changed"
    called = printable(proven_routines(land)[0].name, QUOTED)
    return (
        f"nothing notices when {', '.join(names[:3])} return{'s' * (len(names) == 1)} nothing: no check fails; "
        f"add a check that calls `{called}` and compares what it returns"
    )


def proven_routines(land: Landscape) -> list[Routine]:
    """The functions in which most of the time goes."""
    return [routine for routine in land.hot if land.heat[routine] >= LEAST_HEAT or not land.profile.samples][:MOST]


def _key(routine: Routine) -> tuple[str, str]:
    return routine.path, routine.name


async def _is_noticed(land: Landscape, routine: Routine, workspace: Path, runs: Runs, search: Search | None) -> bool:
    if not is_python(routine.path):
        lines = land.profile.checked.get(routine.path, {})
        return bool(runs.program.score) or any(routine.first <= line <= routine.last for line in lines)
    files: Mapping[str, bytes] = {routine.path: applied(land.contents[routine.path], [Cut(*routine.body, b"return None")])}
    if not parses(files):
        return False
    if runs.program.checks and not await runs.passes(workspace, files):
        return True
    if not runs.program.score or search is None:
        return bool(runs.program.score)
    trial = await search.measure(files, {})
    return trial.value is None and not trial.void
