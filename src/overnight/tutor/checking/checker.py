"""Checks a learner's program: it runs in one jail, the checks in another, and they talk over a socket of the two.

Does not cover: a program that computes the right values in another way than was taught; what the jail does not cover.
"""

import json
import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import anyio

from overnight.errors import UserError
from overnight.jail.job import FOLDER, Job, JobEnding, JobResult, Limits, plain_environment
from overnight.jail.port import Executor, Link
from overnight.jail.tie import system_python
from overnight.machines.share import make_executor
from overnight.tutor.form.curriculum import Curriculum, Step
from overnight.words.foreign import cut_middle, one_line, printable_lines

LEARNER, CHECK = 0, 1  # slots of the jail
WALL_S = 10.0  # of the learner's program, for all checks of a step together
LEAVE_S = 0.5  # that a program may take to end after its last question
GRACE_S = 5.0  # that the checks may take longer
MEMORY_BYTES = 512 * 1000**2
DISK_BYTES = 16 * 1000**2
OUTPUT_BYTES = 1000**2  # that a program may print
PROCESSES = 16
SHOWN = 2000  # characters of what the program printed
LINE = 1000  # characters of a message
MOST_CHECKS = 100
LARGEST = 100_000  # characters of a learner's program
_ONE_AT_A_TIME = Lock()  # jobs of a slot never run at once
HERE = Path(__file__).parent
ENDED = {JobEnding.WALL, JobEnding.MEMORY, JobEnding.DISK, JobEnding.OUTPUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """What came of one check."""

    name: str
    about: str  # what has to hold
    passed: bool
    why: str  # what the learner reads if it does not hold; empty: it holds
    belief: str  # name of the misconception that a failure points to; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of all checks."""

    passed: bool
    lines: Sequence[CheckLine]
    printed: str  # by the learner's program, cut
    campaign: str = ""  # folder of the campaign that the checks saw; empty: none


@cache
def _executor() -> Executor:
    """The jail of this process.

    Raises:
        SandboxError: it does not work on this machine; the error says how to fix it.
    """
    return make_executor("jail", others=2)


def check_program(curriculum: Curriculum, step: Step, source: str, campaign: str = "") -> Checked:
    """Run the checks of a step against a program; `campaign`: JSON of what it may be asked about a campaign.

    Raises:
        UserError: the program is too long, or the check itself is at fault.
        SandboxError: the jail does not work here.
    """
    if len(source) > LARGEST:
        raise UserError(f"the program has more than {LARGEST:,} characters", fix="hand in what the exercise asks for alone")
    with TemporaryDirectory(prefix="overnight-learn-") as scratch:
        top = Path(scratch)
        theirs = _folder(top / "learner", {"answer.py": source, "run.py": _side("learner_side.py")}, curriculum.files)
        ours = {"check.py": step.check, "run.py": _side("check_side.py"), **({"campaign.json": campaign} if campaign else {})}
        with _ONE_AT_A_TIME:
            results = anyio.run(_both, theirs, _folder(top / "check", ours, curriculum.files))
        outcome = _read(top / "check.out", LINE * MOST_CHECKS * 4)
        printed = _read(top / "learner.out", OUTPUT_BYTES)
    return _checked(outcome, results, printed_lines(printed))


async def _both(learner: Path, check: Path) -> tuple[JobResult, JobResult]:
    jail, ends = _executor(), socket.socketpair()
    results: dict[int, JobResult] = {}
    done = {LEARNER: anyio.Event(), CHECK: anyio.Event()}

    async def run(folder: Path, slot: int, wall_s: float) -> None:
        results[slot] = await jail.run(_job(folder, slot, wall_s), Link(talk=ends[slot]))
        done[slot].set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, learner, LEARNER, WALL_S)
        tasks.start_soon(run, check, CHECK, WALL_S + GRACE_S)
        await done[CHECK].wait()
        with anyio.move_on_after(LEAVE_S):  # nobody asks the program any more, so it ends
            await done[LEARNER].wait()
        tasks.cancel_scope.cancel()
    return results.get(LEARNER, _STOPPED), results[CHECK]


_STOPPED = JobResult(ending=JobEnding.CANCELLED, exit_code=None, wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0, output_bytes=0)


def _job(folder: Path, slot: int, wall_s: float) -> Job:
    limits = Limits(
        wall_s=wall_s,
        memory_bytes=MEMORY_BYTES,
        disk_bytes=DISK_BYTES,
        files=100,
        processes=PROCESSES,
        output_bytes=OUTPUT_BYTES,
    )
    return Job(
        command=f"exec {shlex.quote(system_python())} -I -S {FOLDER}/run.py",
        folder=folder,
        output=folder.with_suffix(".out"),
        limits=limits,
        environment=plain_environment(limits),
        slot=slot,
    )


def _checked(outcome: str, results: tuple[JobResult, JobResult], printed: str) -> Checked:
    """The outcome in our words.

    Raises:
        UserError: the check itself is at fault.
    """
    learner, check = results
    try:
        found = json.loads(outcome)
        lines = [_line(each, learner) for each in found["checks"][:MOST_CHECKS]]
        fault = str(found["fault"])
    except (ValueError, KeyError, TypeError):
        lines, fault = [], check.detail or "it ended without an outcome"
    if fault or not lines:
        what = one_line(fault or "there is none", LINE)
        raise UserError(f"the check of this step is at fault: {what}", fix="tell the author of the curriculum")
    return Checked(passed=all(each.passed for each in lines), lines=lines, printed=printed)


def _line(found: Mapping[str, str], learner: JobResult) -> CheckLine:
    why = printable_lines(found["why"], LINE)
    if why and learner.ending in ENDED:
        why = f"your program was ended: {one_line(learner.detail, LINE)}"
    return CheckLine(
        name=one_line(found["name"], LINE),
        about=one_line(found["about"], LINE),
        passed=not found["why"],
        why=why,
        belief=one_line(found["belief"], LINE),
    )


def _folder(path: Path, texts: Mapping[str, str], files: Mapping[str, bytes]) -> Path:
    path.mkdir()
    for name, content in {**files, **{name: text.encode(errors="replace") for name, text in texts.items()}}.items():
        (path / name).write_bytes(content)
    return path


@cache
def _side(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _read(path: Path, most: int) -> str:
    with path.open("rb") as file:
        return file.read(most).decode(errors="replace")


def printed_lines(text: str) -> str:
    """What a program printed, cut and printable."""
    return printable_lines(cut_middle(text, SHOWN), 2 * SHOWN).strip()
