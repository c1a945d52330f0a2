"""What the tuner remembers of experiments, and how the optimizer uses it."""

from dataclasses import replace

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.optimizer import Optimizer
from overnight.research.researchers.tuner.past import WINDOW, Past
from overnight.research.researchers.tuner.space import build_space
from overnight.testing import ended

SPACE = build_space(scan_python("t.py", b"LR = 0.1\nWIDTH = 32\nNORM = True\n").constants)
LR, WIDTH = "t.py:LR", "t.py:WIDTH"


def tried(number: int, lr: float, gain: float | None, verdict: Verdict = Verdict.DISCARD, base: str = "") -> Experiment:
    """An ended experiment with another learning rate."""
    notes: dict[str, Scalar] = {"point": f"p{number}", LR: lr, WIDTH: 32, "t.py:NORM": True, f"was {LR}": 0.1}
    return ended(number, "tuner", Draft(hypothesis="h", notes=notes), verdict, gain=gain, base=base)


def test_scores_add_up_along_the_branch() -> None:
    """A score is relative to the start of the campaign, whoever moved the head."""
    past = Past()
    past.learn(tried(1, 0.2, 0.5, Verdict.KEEP, base="c0"), own=True)
    past.learn(ended(2, "agent", Draft(hypothesis="h"), Verdict.KEEP, gain=0.25, base="commit-1"), own=False)
    past.learn(tried(3, 0.3, -0.125, base="commit-2"), own=True)
    assert [attempt.score for attempt in past.attempts] == [0.5, 0.625]
    assert past.level("commit-2") == 0.75
    assert past.count == 2


def test_rejects_and_open_experiments_are_no_attempts() -> None:
    """An unmeasured proposal only counts as tried; a crash is an attempt without a score."""
    past = Past()
    past.learn(tried(1, 0.2, None, Verdict.REJECT), own=True)
    past.learn(tried(2, 0.3, None, Verdict.CRASH), own=True)
    assert [attempt.score for attempt in past.attempts] == [None]
    assert past.points == {"p1", "p2"}


def test_a_stopped_trial_is_an_attempt_without_a_score() -> None:
    """It was measured without a value, so going further is no better; what was never measured says nothing."""
    past = Past()
    past.learn(replace(tried(1, 0.2, None), trials=1), own=True)
    past.learn(replace(tried(2, 0.3, None), trials=1, value=3.0), own=True)  # it broke a guard
    past.learn(tried(3, 0.4, None), own=True)  # another keep came before it
    assert [(attempt.values[LR], attempt.score) for attempt in past.attempts] == [(0.2, None)]


def test_the_window_keeps_the_best_and_the_newest() -> None:
    """Memory is bounded however long the campaign, and the best attempt is never forgotten."""
    past = Past()
    past.learn(tried(1, 0.2, 9.0), own=True)
    for number in range(2, 1001):
        past.learn(tried(number, 0.1 + number / 1000, -1.0 if number % 3 else None), own=True)
        assert len(past.attempts) <= WINDOW
    assert past.attempts[0].score == 9.0
    assert past.attempts[-1].values[LR] == 0.1 + 1000 / 1000
    assert past.generation > 1


def test_suggestions_move_to_where_it_is_better() -> None:
    """After learning rates above 0.1 gained and those below lost, most suggestions are above."""
    past = Past()
    for number in range(40):
        lr = 0.1 * 2 ** ((number - 20) / 6)
        past.learn(tried(number, lr, (number - 20) / 20), own=True)
    optimizer = Optimizer()
    rates = [optimizer.suggest(SPACE, past, 0.0, seed)[LR] for seed in range(30)]
    assert sum(isinstance(rate, float) and rate > 0.1 for rate in rates) > 20


def test_a_crash_counts_as_worse_than_any_score() -> None:
    """If everything large crashed, suggestions are mostly small."""
    past = Past()
    for number in range(40):
        lr = 0.1 * 2 ** ((number - 20) / 6)
        past.learn(
            tried(number, lr, -0.01, Verdict.DISCARD) if number <= 20 else tried(number, lr, None, Verdict.CRASH), own=True
        )
    optimizer = Optimizer()
    rates = [optimizer.suggest(SPACE, past, -1.0, seed)[LR] for seed in range(30)]
    assert sum(isinstance(rate, float) and rate <= 0.1 for rate in rates) > 20


def test_same_past_same_suggestion() -> None:
    """An optimizer that saw the past grow and one that gets it at once suggest the same, even after forgetting."""
    growing, late = Past(), Past()
    seen, fresh = Optimizer(), Optimizer()
    experiments = [tried(number, 0.1 + number / 100, number % 7) for number in range(WINDOW + 30)]
    for experiment in experiments:
        growing.learn(experiment, own=True)
        if experiment.number % 20 == 0:
            seen.suggest(SPACE, growing, 0.0, experiment.number)
    for experiment in experiments:
        late.learn(experiment, own=True)
    assert seen.suggest(SPACE, growing, 0.0, 7) == fresh.suggest(SPACE, late, 0.0, 7)
