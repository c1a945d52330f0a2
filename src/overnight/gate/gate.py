"""The gate decides which trials an experiment still needs and what its verdict is, as a pure function of what was measured.

Screening finds what is worth a test, the error budget sets the level of the test, pairs of trials with common fresh seeds
confirm the gain, and the holdout decides last. docs/gate.md has the formulas and their measured performance.
"""

from collections.abc import Sequence

from overnight.gate import guards
from overnight.gate.confirmation import confirm
from overnight.gate.error_budget import level_of
from overnight.gate.memory import LOCAL, GateMemory
from overnight.gate.noise import IDENTICAL, noise_kind, noise_model
from overnight.gate.screening import screen, screen_exact
from overnight.gate.steps import VOIDS, Case, Conclude, Register, RunTrials, Step, conclude, run_trials
from overnight.gate.trial import Arm, Fault, Stage, Trial
from overnight.gate.verdict import Verdict
from overnight.program.program import Noise, Program

HEAD_TRIALS = 8  # of a noisy head, at the start and after a keep: the winning trials are not reused; tuned in bench/gate
REFRESH = 20  # screening trials between two of the head
REFRESH_DRIFTING = 8
LOSSES = 3  # candidates in a row that crash or are far behind: the head runs again, as it or the machine may be at fault
FAILURES = 4  # trials of the head in a row without a value: a broken head
_SPARE = 5  # trials beyond those wanted, for a head that may fail


def baseline_step(program: Program, memory: GateMemory, number: int) -> RunTrials | None:
    """The trials that the head needs before an experiment goes on; None if it has had enough.

    `number` is the experiment that made the head, 0 at the start.
    """
    wanted = _head_trials(program, memory)
    ahead = min(wanted - len(memory.baseline), wanted + _SPARE - memory.head_trials)
    refresh = memory.since_refresh >= (REFRESH_DRIFTING if memory.drifting else REFRESH)
    if ahead <= 0 and (refresh or memory.losses >= LOSSES or 0 < memory.failures < FAILURES):
        ahead = 1
    if ahead <= 0:
        return None
    return run_trials(number, Stage.BASELINE, [(Arm.BASELINE, memory.head_trials + place) for place in range(ahead)])


def next_step(
    program: Program,
    memory: GateMemory,
    number: int,
    trials: Sequence[Trial],
    level: float | None,
    *,
    margin: float = 0.0,
    shrinks: bool = False,
) -> Step:
    """What an open experiment needs next.

    `trials` are all its finished trials, in any order. `level` and `margin` are what it was registered with, None and 0 before
    that. `shrinks` says that it has less code than the head. The answer depends on the arguments alone, so a killed campaign
    continues by asking again.
    """
    noise, simpler = noise_model(program, memory), shrinks and program.gate.keep_simpler
    if level is None and simpler:
        margin = noise.min_effect * max(0.0, 1.0 - memory.conceded)
    case = Case(program=program, number=number, trials=trials, noise=noise, simpler=simpler, margin=margin)
    ended = _behind(case) or _crash(case) or _breach(case)
    if ended:
        return ended
    if level is not None:
        return confirm(case, level)
    if case.noise.level is None:
        return conclude(Verdict.DISCARD, "no trial of the head has a value to compare with")
    survived = screen_exact(case) if case.noise.kind is Noise.DETERMINISTIC else screen(case)
    if survived:
        return survived
    test = memory.tests + 1
    return Register(level=level_of(program.gate.error_rate, test=test, keeps=memory.keeps), test=test, margin=margin)


def _head_trials(program: Program, memory: GateMemory) -> int:
    """How many values of the head the gate wants before it judges candidates against it."""
    start = memory.head_number == 0
    if noise_kind(program, memory) is Noise.DETERMINISTIC:
        return IDENTICAL if start else 1
    if start and len(memory.baseline) < IDENTICAL:
        return IDENTICAL
    return LOCAL if memory.drifting else HEAD_TRIALS


def _behind(case: Case) -> Conclude | None:
    stopped = next((trial for trial in case.trials if trial.fault is Fault.BEHIND), None)
    return conclude(Verdict.DISCARD, stopped.reason) if stopped else None


def _crash(case: Case) -> Conclude | None:
    public = (t for t in case.trials if t.key.stage is not Stage.HOLDOUT)  # a failure there is reported as no gain
    failed = [t for t in public if t.key.arm is Arm.CANDIDATE and t.value is None]
    blamed = [t for t in failed if t.fault is not Fault.PREPARE]  # else a trial that has inputs takes its place
    unprepared = [t for t in failed if t.fault is Fault.PREPARE and t.key.stage is Stage.SCREEN]
    if not blamed and len(unprepared) >= VOIDS:
        blamed = unprepared
    if not blamed:
        return None
    first = min(blamed, key=lambda t: (t.key.stage.value, t.key.index))
    return conclude(Verdict.CRASH, first.reason or (first.fault.value if first.fault else "no value"))


def _breach(case: Case) -> Conclude | None:
    judged = [t for t in case.trials if t.key.arm is Arm.CANDIDATE and t.key.stage in {Stage.SCREEN, Stage.CONFIRM}]
    reason = guards.breach(case.program.guards, judged, deterministic=case.noise.kind is Noise.DETERMINISTIC)
    return conclude(Verdict.DISCARD, reason) if reason else None
