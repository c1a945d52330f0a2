"""The gate decides which trials an experiment still needs and what its verdict is, as a pure function of what was measured.

Screening finds what is worth a test, the error budget sets the level of the test, pairs of trials with common fresh seeds
confirm the gain, and the holdout decides last. docs/gate.md has the formulas and their measured performance.
"""

from collections.abc import Collection, Sequence

from overnight.gate.confirmation import confirm
from overnight.gate.error_budget import level_of
from overnight.gate.failures import breach, crash
from overnight.gate.memory import LOCAL, GateMemory
from overnight.gate.noise import IDENTICAL, noise_kind, noise_model
from overnight.gate.pairs import pairs_of
from overnight.gate.screening import screen, screen_exact, screen_pairs
from overnight.gate.steps import Case, Conclude, Register, RunTrials, Step, conclude, run_trials
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.program.program import Noise, Program

RULES = 1  # of this gate; a campaign records those that it began with, and is decided by them to its end
HEAD_TRIALS = 8  # of a noisy head, at the start and after a keep: the winning trials are not reused; tuned in bench/gate
REFRESH = 20  # screening trials between two of the head
REFRESH_DRIFTING = 8
LOSSES = 3  # candidates in a row that crash or are far behind: the head runs again, as it or the machine may be at fault
FIRST_PAIRS = 2  # of a test that may run at once: no rule but a crash ends it before
PAIRS_PER_PAIR_AHEAD = 2  # a test runs one pair ahead for so many that are finished; see bench/gate/parallel.py
LOSSES_OF_NODES = 2  # else a candidate that loses could end its machine for a new draw; by accident two are rare
FAILURES = 4  # trials of the head in a row without a value: a broken head
NO_HEAD = "no trial of the head has a value to compare with"
_SPARE = 5  # trials beyond those wanted, for a head that may fail


def baseline_step(program: Program, memory: GateMemory, number: int) -> RunTrials | None:
    """The trials that the head needs before an experiment goes on; None if it has had enough.

    `number` is the experiment that made the head, 0 at the start.
    """
    if program.gate.expensive:
        return None  # every comparison is paired
    ahead = _missing_of_head(program, memory)
    refresh = memory.since_refresh >= (REFRESH_DRIFTING if memory.drifting else REFRESH)
    if ahead <= 0 and (refresh or memory.losses >= LOSSES or 0 < memory.failures < FAILURES):
        ahead = 1
    if ahead <= 0:
        return None
    return run_trials(number, Stage.BASELINE, [(Arm.BASELINE, memory.head_trials + place) for place in range(ahead)])


def head_is_known(program: Program, memory: GateMemory) -> bool:
    """Whether candidates can be judged against the head now, even if it is due for another trial."""
    return program.gate.expensive or (_missing_of_head(program, memory) <= 0 and memory.losses < LOSSES and not memory.failures)


def next_step(
    program: Program,
    memory: GateMemory,
    number: int,
    trials: Sequence[Trial],
    level: float | None,
    *,
    margin: float = 0.0,
    shrinks: bool = False,
    restart: int = 0,
    screened: bool = False,
    losses: int = 0,
) -> Step:
    """What an open experiment needs next.

    `trials` are all its finished trials since its evidence last started again, which has happened `restart` times, in any
    order; those that searched never count. `level` and `margin` are what it was registered with, None and 0 before that.
    `shrinks` says that it has less code than the head, `screened` that it survived screening before it was merged into this
    head, `losses` how many machines were lost while its trials ran on them. The answer depends on the arguments alone, so a
    killed campaign continues by asking again.
    """
    if losses >= LOSSES_OF_NODES:
        return conclude(Verdict.CRASH, f"{losses} machines were lost, each while a trial of it ran there")
    noise, simpler = noise_model(program, memory), shrinks and program.gate.keep_simpler
    if level is None and simpler:
        margin = noise.min_effect * max(0.0, 1.0 - memory.conceded)
    trials = [trial for trial in trials if trial.key.stage is not Stage.SEARCH]
    case = Case(program=program, number=number, trials=trials, restart=restart, noise=noise, simpler=simpler, margin=margin)
    if level is not None:
        return confirm(case, level)
    ended = _behind(case) or crash(trials) or breach(case, trials)
    if ended:
        return ended
    if case.noise.level is None and not program.gate.expensive:
        return conclude(Verdict.DISCARD, NO_HEAD)
    if wanted := _screening(case, screened=screened):
        return wanted
    test = memory.tests + 1
    level = level_of(program.gate.error_rate, test=test, keeps=memory.keeps, expensive=program.gate.expensive)
    return Register(level=level, test=test, margin=margin)


def pair_ahead(
    program: Program, number: int, trials: Sequence[Trial], running: Collection[TrialKey], *, restart: int = 0
) -> RunTrials | None:
    """What is left to run of the next pair of a registered proposal, before those under way are finished; None if nothing is.

    Its index, and with it its seed and the order of its arms, is fixed whatever the pairs before it show. `running` are the
    trials under way. The longer a test has gone on, the farther it may run ahead: most of those that come to nothing end early.
    """
    keys = [*(trial.key for trial in trials), *running]
    if any(key.stage is Stage.HOLDOUT for key in keys):
        return None
    begun = {(key.arm, key.index) for key in keys if key.stage is Stage.CONFIRM}
    finished = {pair.index for pair in pairs_of(trials, Stage.CONFIRM) if pair.finished}
    farthest = max(FIRST_PAIRS, len(finished) + 1 + len(finished) // PAIRS_PER_PAIR_AHEAD)
    for index in range(min(farthest, program.gate.max_pairs)):
        left = [(arm, index) for arm in Arm if (arm, index) not in begun]
        if left and index not in finished:
            return run_trials(number, Stage.CONFIRM, left, restart=restart)
    return None


def _missing_of_head(program: Program, memory: GateMemory) -> int:
    """How many trials it needs before anything is judged against it."""
    wanted = _head_trials(program, memory)
    return min(wanted - len(memory.baseline), wanted + _SPARE - memory.head_trials)


def _head_trials(program: Program, memory: GateMemory) -> int:
    """How many values of the head the gate wants before it judges candidates against it."""
    start = memory.head_number == 0
    if noise_kind(program, memory) is Noise.DETERMINISTIC:
        return IDENTICAL if start else 1
    if start and len(memory.baseline) < IDENTICAL:
        return IDENTICAL
    return LOCAL if memory.drifting else HEAD_TRIALS


def _screening(case: Case, *, screened: bool) -> Step | None:
    """What screening asks for or decides; None if the candidate is worth a test. Without noise it is the whole judgement."""
    if case.noise.kind is Noise.DETERMINISTIC:
        return screen_exact(case)
    if screened:
        return None
    return screen_pairs(case) if case.program.gate.expensive else screen(case)


def _behind(case: Case) -> Conclude | None:
    stopped = next((trial for trial in case.trials if trial.fault is Fault.BEHIND), None)
    return conclude(Verdict.DISCARD, stopped.reason) if stopped else None
