"""Values that always crash are dropped after a few tries, and the tuner says what became of which value."""

from dataclasses import replace
from pathlib import Path

import pytest
from test_tuner import Work

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Draft, Edit, Experiment
from overnight.research.researchers.port import NoIdeas
from overnight.research.researchers.tuner.past import WAS, Past, changed_keys
from overnight.testing import ended

CODEC = {"codec.py": "BIAS = 3\nFRAME_SHAPE = 77\nHUFF_DEPTH = 19\nLEVEL = 1.25\nSPARE = 2.5\n"}
FIXED = {"codec.py:FRAME_SHAPE", "codec.py:HUFF_DEPTH"}
DEAD = {"codec.py:SPARE"}


def judged(number: int, draft: Draft) -> Experiment:
    """A codec whose wire format breaks with either of two constants, and that never reads another."""
    changed = changed_keys(draft.notes)
    if changed & FIXED:
        return ended(number, "tuner", draft, Verdict.CRASH, gain=None, base="c0")
    same = changed <= DEAD
    lost = ended(number, "tuner", draft, Verdict.DISCARD, gain=0.0 if same else -0.5, base="c0")
    return replace(lost, value=0.987654321 if same else 1.0 + number, trials=1, same_as_head=same)


def crash(number: int, *names: str, up: bool = True) -> Experiment:
    """A crash with these constants changed."""
    notes = {f"{WAS}a.py:{name}": 2 for name in names} | {f"a.py:{name}": 3 if up else 1 for name in names}
    return ended(number, "tuner", Draft(hypothesis="h", notes=notes), Verdict.CRASH, gain=None)


def test_what_always_crashes_is_dropped_after_a_few_tries(tmp_path: Path) -> None:
    """A constant that a format fixes costs a few trials, and the next hypothesis says how to exclude it earlier."""
    work, crashes, sentences = Work(tmp_path, CODEC), 0, []
    for number in range(1, 80):
        draft = work.propose(number)
        work.forget(number)
        sentences.append(draft.hypothesis)
        experiment = judged(number, draft)
        crashes += experiment.value is None
        work.tuner.learn(experiment)
    assert crashes <= 12
    said = [sentence for sentence in sentences if "crashed every time" in sentence]
    assert sum("FRAME_SHAPE" in one.split("; ", 1)[1] for one in said) == 1
    assert sum("HUFF_DEPTH" in one.split("; ", 1)[1] for one in said) == 1
    assert all("; `checks` or `editable` can exclude such changes)" in one for one in said)


def test_the_end_says_what_changed_nothing_and_what_crashed(tmp_path: Path) -> None:
    """When all is tried, what was tried out, what changed nothing and what always crashed are told apart."""
    work = Work(tmp_path, {"codec.py": "FAST = True\nHUFF_DEPTH = 19\nUNREAD = True\n"})
    with pytest.raises(NoIdeas) as ended_with:
        for number in range(1, 40):
            draft = work.propose(number)
            work.forget(number)
            changed = {key.partition(":")[2] for key in changed_keys(draft.notes)}
            if "HUFF_DEPTH" in changed:
                work.tuner.learn(ended(number, "tuner", draft, Verdict.CRASH, gain=None))
                continue
            lost = ended(number, "tuner", draft, Verdict.DISCARD, gain=-0.5)
            same = changed == {"UNREAD"}
            work.tuner.learn(replace(lost, value=0.987654321 if same else 2.0, trials=1, same_as_head=same))
    assert "range of FAST; UNREAD changed nothing and is dropped; HUFF_DEPTH crashed every time and is dropped" in str(
        ended_with.value
    )


def test_what_once_changed_something_is_not_said_to_change_nothing() -> None:
    """A value that saturates, or an unlucky partner, does not make a constant dead that moved the metric before."""
    past = Past()
    notes = {"was a.py:TRIES": 4, "a.py:TRIES": 8}
    kept = ended(1, "tuner", Draft(hypothesis="h", notes=notes), Verdict.KEEP, gain=1.0)
    past.learn(kept, own=True)
    notes = {"was a.py:TRIES": 8, "a.py:TRIES": 16, "was a.py:SPARE": 1, "a.py:SPARE": 2}
    same = ended(2, "tuner", Draft(hypothesis="h", notes=notes), Verdict.DISCARD, gain=0.0)
    past.learn(replace(same, value=0.987654321, same_as_head=True), own=True)
    assert list(past.dead.dropped) == ["a.py:SPARE"]


def test_the_common_cause_is_blamed() -> None:
    """Of constants that crash together, the one that also crashes alone is to blame; one that ran is never."""
    past = Past()
    for number, crashed in enumerate([crash(1, "A", "B"), crash(2, "A", "B", up=False), crash(3, "A", "B")]):
        past.learn(crashed, own=True)
        assert (past.crashing.dropped == ()) == (number < 2)
    past.learn(crash(4, "A"), own=True)
    assert past.crashing.dropped == ("a.py:A",)
    ran = {"was a.py:A": 2, "a.py:A": 4}
    past.learn(ended(5, "tuner", Draft(hypothesis="h", notes=ran), Verdict.DISCARD, gain=-1.0), own=True)
    assert "a.py:A" not in past.crashing.dropped


def test_a_number_that_crashes_one_way_may_run_the_other() -> None:
    """A size that was only raised so far is not given up as soon as one that crashed both ways."""
    past = Past()
    for number in range(1, 6):
        past.learn(crash(number, "SIZE"), own=True)
    assert not list(past.crashing.dropped)
    past.learn(crash(6, "SIZE"), own=True)
    assert past.crashing.dropped == ("a.py:SIZE",)


def test_a_value_that_crashes_or_changes_nothing_is_said_to(tmp_path: Path) -> None:
    """A value that crashed once and otherwise measured the same as the head is dropped, and not as one of the two."""
    work = Work(tmp_path, {"codec.py": "FAST = True\nHUFF_DEPTH = 19\n"})
    seen: list[frozenset[str]] = []
    with pytest.raises(NoIdeas, match=r"range of FAST; HUFF_DEPTH crashed or changed nothing and is dropped"):
        for number in range(1, 60):
            draft = work.propose(number)
            work.forget(number)
            seen.append(changed_keys(draft.notes))
            if seen[-1] == {"codec.py:FAST"}:
                work.tuner.learn(replace(ended(number, "tuner", draft, Verdict.DISCARD, gain=0.0), value=13.0))
            elif len(seen) == len({*seen}):
                work.tuner.learn(ended(number, "tuner", draft, Verdict.CRASH, gain=None))
            else:
                same = ended(number, "tuner", draft, Verdict.DISCARD, gain=0.0)
                work.tuner.learn(replace(same, value=0.987654321, same_as_head=True))
    assert seen.count(frozenset({"codec.py:HUFF_DEPTH"})) == 2


@pytest.mark.parametrize(("lines", "back"), [(("a.py:3", "-x", "+y"), True), (("b.py:3", "-x", "+y"), False), ((), True)])
def test_a_dropped_value_comes_back_when_its_file_changes(lines: tuple[str, ...], back: bool) -> None:
    """What another researcher keeps there may allow it; a keep elsewhere does not."""
    past = Past()
    for number in range(1, 4):
        past.learn(crash(number, "A", up=number > 1), own=True)
    other = ended(4, "agent", Draft(hypothesis="h"), Verdict.KEEP, gain=0.5)
    past.learn(replace(other, edit=Edit(files=1, added=1, removed=1, lines=lines)), own=False)
    assert past.crashing.dropped == (() if back else ("a.py:A",))
