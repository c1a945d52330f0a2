"""Values that change nothing are dropped, and it is said."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from targets import make_repo, overnight, program, read_json
from test_tuner import Work

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import NoIdeas
from overnight.research.researchers.tuner.past import changed_keys
from overnight.testing import ended

FILES = {"train.py": "LR = 0.1\nUNUSED_SIZE = 32\nUNREAD = 2.5\nUSE_NORM = True\n"}
LIVING = {"train.py:LR", "train.py:USE_NORM"}


def measured(number: int, draft: Draft, value: float, *, same: bool) -> Experiment:
    """A discard after one trial."""
    experiment = ended(number, "tuner", draft, Verdict.DISCARD, gain=0.0 if same else -0.25, base="c0")
    return replace(experiment, value=value, trials=1, same_as_head=same)


def test_a_dead_value_is_dropped_after_one_trial(tmp_path: Path) -> None:
    """Without noise, a value whose change leaves the metric the same to the last digit is never changed again."""
    work = Work(tmp_path, FILES)
    changes: dict[str, int] = {}
    sentences = []
    for number in range(1, 30):
        draft = work.propose(number)
        sentences.append(draft.hypothesis)
        keys = changed_keys(draft.notes)
        for key in keys:
            changes[key] = changes.get(key, 0) + 1
        work.forget(number)
        same = not keys & LIVING
        work.tuner.learn(measured(number, draft, 0.123456789, same=same))
    assert changes["train.py:UNUSED_SIZE"] == changes["train.py:UNREAD"] == 1
    assert changes["train.py:LR"] > 5
    assert any(sentence.endswith("; UNUSED_SIZE changed nothing and is dropped)") for sentence in sentences)


def test_a_campaign_leaves_out_a_dead_value(tmp_path: Path) -> None:
    """In a real campaign, a constant that the command does not read is in no proposal that its search led to."""
    front = "researchers: [{role: tuner, use: tuner}]\nbudget: {trials: 60}\n"
    repo = make_repo(tmp_path / "repo", re.sub(r"(?s)researchers:.*?(?=---)", front, program()))
    overnight(repo, "run", "--no-report", "--slots", "1", check=0)
    found = [one for one in read_json(repo, "log")["experiments"] if one["searched"]]
    assert [one["conclusion"]["verdict"] for one in found][:1] == ["keep"], found
    assert all("OFFSET" in one["hypothesis"] and "SCALE" not in one["hypothesis"] for one in found)


def test_a_coarse_metric_drops_nothing(tmp_path: Path) -> None:
    """If the metric has few digits, what did not move it may have done so by chance."""
    work = Work(tmp_path, {"train.py": "FAST = True\nSLOW = False\n"})
    seen = []
    with pytest.raises(NoIdeas, match=r"range of FAST, SLOW$"):
        for number in range(1, 20):
            draft = work.propose(number)
            seen.append(sorted(changed_keys(draft.notes)))
            work.forget(number)
            work.tuner.learn(measured(number, draft, 12.0, same=True))
    assert seen == [["train.py:FAST"], ["train.py:SLOW"], ["train.py:FAST", "train.py:SLOW"]]


def test_another_head_may_bring_values_to_life(tmp_path: Path) -> None:
    """What another researcher keeps, or a switch, may read what was not read; a kept number does not."""
    work = Work(tmp_path, FILES)
    draft = work.propose(1)
    work.tuner.learn(measured(1, draft, 0.123456789, same=True))
    assert "train.py:LR" not in changed_keys(work.propose(2).notes)
    work.tuner.learn(ended(2, "agent", Draft(hypothesis="h"), Verdict.KEEP, gain=0.5, base="c0"))
    work.head = "commit-2"
    tried = {key for number in range(3, 12) for key in changed_keys(work.propose(number).notes)}
    assert "train.py:LR" in tried
