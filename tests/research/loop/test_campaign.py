"""The loop in virtual time: real campaign, queue, slots and gate; proposals, git and trials are simulated."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import anyio
import pytest
from gate_worlds import Setting
from parallel import Result, Simulation, VirtualTime, simulate

from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.research.events import Advanced, Concluded, Moved, Proposed, Registered, Sign, TrialFinished

RICH = Setting(name="1 in 10", real=0.1, gains=(1.0, 3.0), trials=700, proposals=400)
EXACT = Setting(name="exact", real=0.3, noise="none", trials=200, proposals=200)


def run(setting: Setting, *, researchers: int, slots: int, seed: int = 1, latency_s: float = 2.0) -> list[Sign]:
    """Everything that happened in a simulated campaign."""
    seen: list[Sign] = []

    async def campaign() -> None:
        simulation = Simulation(setting=setting, seed=seed, researchers=researchers, slots=slots, latency_s=latency_s)
        simulation.journal.watch(seen.append)
        await simulation.campaign().run()

    anyio.run(campaign, backend_options={"loop_factory": VirtualTime})
    return seen


def of(seen: list[Sign], kind: type) -> list[Sign]:
    return [sign for sign in seen if isinstance(sign, kind)]


@pytest.mark.parametrize("setting", [RICH, EXACT])
@pytest.mark.parametrize(("researchers", "slots"), [(1, 1), (4, 2), (8, 8)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_keep_was_judged_against_the_head_that_it_replaced(
    setting: Setting, researchers: int, slots: int, seed: int
) -> None:
    """However many are open at once: the chain is unbroken, and no trial of a verdict ran against another head."""
    seen = run(setting, researchers=researchers, slots=slots, seed=seed)
    head, base, against = "start", dict[int, str](), dict[int, set[str]]()
    for sign in seen:
        match sign:
            case Proposed(number=number):
                base[number], against[number] = sign.base, set()
            case Moved(number=number, onto=onto):
                base[number], against[number] = onto, set()
            case TrialFinished(trial=trial) if trial.key.stage in {Stage.SCREEN, Stage.CONFIRM}:
                against[trial.key.experiment].add(head)
            case Concluded(number=number, conclusion=conclusion) if conclusion.verdict is Verdict.KEEP:
                assert base[number] == head and against[number] == {head}
            case Advanced(old=old, new=new):
                assert old == head
                head = new
            case _:
                pass
    assert of(seen, Advanced) and (researchers == 1 or of(seen, Moved))


def test_no_trial_runs_twice_and_no_seed_is_evidence_twice() -> None:
    """Moves, restarts and pairs ahead included."""
    seen = run(RICH, researchers=8, slots=8)
    trials = [sign.trial for sign in seen if isinstance(sign, TrialFinished)]
    assert max(Counter(trial.key for trial in trials).values()) == 1
    confirmed = Counter((trial.seed, trial.key.arm) for trial in trials if trial.key.stage is Stage.CONFIRM)
    assert max(confirmed.values()) == 1


def test_a_test_has_its_own_level_each_time() -> None:
    """One that the head moved away from draws a new one."""
    seen = run(RICH, researchers=8, slots=8)
    tests = [sign.test for sign in seen if isinstance(sign, Registered)]
    assert tests == list(range(1, len(tests) + 1))


def test_one_test_runs_at_a_time_if_slots_are_wanted() -> None:
    """Pairs of two tests are never mixed while proposals wait for every slot."""
    seen = run(RICH, researchers=16, slots=2, latency_s=0.5)
    pairs = [s.trial.key for s in seen if isinstance(s, TrialFinished) and s.trial.key.stage is Stage.CONFIRM]
    places = [(key.experiment, key.restart) for key in pairs]
    changes = sum(one != other for one, other in pairwise(places))
    assert len(pairs) > 40 and changes <= len({*places}) + 2


@pytest.mark.parametrize(
    ("researchers", "slots", "latency_s", "holds"),
    [
        (1, 2, 1.0, lambda result: result.in_flight > 0.94),  # nobody waits for a verdict
        (8, 2, 1.0, lambda result: result.busy > 0.93),  # and no slot for a proposal
        (4, 4, 2.0, lambda result: result.in_flight > 4 * 0.94),  # too few for the slots: all are at work
    ],
)
def test_neither_side_waits_for_the_other(
    researchers: int, slots: int, latency_s: float, holds: Callable[[Result], bool]
) -> None:
    """Shares of virtual time, first and last trials included; no load of the machine changes them."""
    hopeless = Setting(name="nothing real", real=0.0, neutral=0.0, harms=(6.0, 9.0), trials=400)
    assert holds(simulate(hopeless, 5, researchers, slots, latency_s))


def test_pairs_ahead_end_with_their_test() -> None:
    """Few of the trials of a test lie beyond its verdict, and none is started after it."""
    seen = run(RICH, researchers=1, slots=8)
    ended: set[tuple[int, int]] = set()
    beyond = counted = 0
    trials: Counter[int] = Counter()
    for sign in seen:
        match sign:
            case TrialFinished(trial=trial) if trial.key.stage is Stage.CONFIRM and trial.key.arm is Arm.CANDIDATE:
                assert (trial.key.experiment, trial.key.restart) not in ended
                trials[trial.key.experiment] += 1
            case Moved(number=number):
                trials.pop(number, None)
            case Concluded(number=number, conclusion=conclusion):
                ended.update((number, restart) for restart in range(9))
                beyond += max(0, trials.pop(number, 0) - conclusion.pairs)
                counted += conclusion.pairs
            case _:
                pass
    assert counted > 30 and beyond < 0.3 * counted
