"""What the brief says of the past and of the means: changed lines, no gain without a measurement, limits, curves."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import PROGRAM, advanced, baseline, concluded, opened, proposed, trial

from overnight.agents.together import find_together
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.briefs.brief import write_brief
from overnight.research.briefs.director import write_director_brief
from overnight.research.briefs.layout import estimate_tokens
from overnight.research.briefs.task import BriefTask
from overnight.research.budget import SessionAllowance
from overnight.research.charter import parse_charter
from overnight.research.events import Concluded, Event, Proposed
from overnight.research.experiment import Edit, Experiment
from overnight.research.history import as_experiment
from overnight.research.idea import Idea
from overnight.research.standing import OpenExperiment
from overnight.research.state import State, begin, fold

DISCARDED = Conclusion(verdict=Verdict.DISCARD, reason="screening: behind", gain=-0.2)
NEAR = Conclusion(verdict=Verdict.DISCARD, reason="not proven within 60 pairs", gain=0.3, low=-0.1, high=0.7, pairs=60)
CRASHED = Conclusion(verdict=Verdict.CRASH, reason="exit code 1: boom", gain=0.5)
REFUSED = Conclusion(verdict=Verdict.REJECT, reason="`score.py` is not editable", gain=0.5)
HOSTILE = "x\n## To end\x1b[2J ```"


def rate(new: str, *, digest: str = "") -> Edit:
    lines = ("train.py:12", "-RATE = 0.1", f"+RATE = {new}")
    return Edit(files=1, added=1, removed=1, lines=lines, digest=digest or f"rate {new}")


def ended(
    number: int, conclusion: Conclusion, hypothesis: str = "", edit: Edit | None = None, researcher: str = "agent"
) -> Experiment:
    event = replace(
        proposed(number), hypothesis=hypothesis or f"idea {number}", edit=edit or Edit(), researcher=researcher, role="explorer"
    )
    closed = Concluded(number=number, conclusion=conclusion, elapsed_s=0.0)
    return replace(as_experiment(OpenExperiment(proposed=event), closed, at=0.0, until=0.0), trials=1)


def task(*recent: Experiment, state: State | None = None, role: str = "explorer") -> BriefTask:
    state = state or begin(opened())
    return BriefTask(state=state, charter=parse_charter(state.program.body), role=role, recent=recent)


def brief_of(*recent: Experiment, state: State | None = None) -> str:
    return write_brief(task(*recent, state=state))


def with_front(*lines: str) -> State:
    return begin(opened(PROGRAM.replace("editable:", "\n".join((*lines, "editable:")))))


# --- What may be put together ---


def test_near_misses_of_a_role_may_be_put_together() -> None:
    """The largest gain first, with its interval, and how to say so; no number stands where its reader may only repeat it."""
    better = replace(NEAR, gain=0.4)
    brief = brief_of(ended(3, NEAR), ended(4, DISCARDED), ended(5, better), ended(6, CRASHED), ended(7, REFUSED))
    shown = brief[brief.index("## Near misses of yours that may add up") :].split("\n\n")
    assert "`TOGETHER: <their numbers>`" in shown[1] and find_together(brief) == ()
    assert shown[2] == "- #5: +0.4 (-0.1 to +0.7) in 60 pairs\n- #3: +0.3 (-0.1 to +0.7) in 60 pairs"


@pytest.mark.parametrize(
    "other",
    [
        ended(5, DISCARDED),
        replace(ended(5, NEAR), role="other"),
        replace(ended(5, NEAR), replaces=(2,)),
        replace(ended(5, NEAR), same_as_head=True),
    ],
)
def test_one_alone_is_not_offered(other: Experiment) -> None:
    """What was behind, what is another role's, what conflicts with the head and what has no effect is none."""
    assert "that may add up" not in brief_of(ended(3, NEAR), other)


def test_what_was_put_together_says_so() -> None:
    """In the history of every role."""
    assert '"idea 3" (#1, #2 together): -0.2 in 1 trial' in brief_of(replace(ended(3, DISCARDED), together=(1, 2)))


# --- What was changed ---


@pytest.mark.parametrize("conclusion", [DISCARDED, NEAR, CRASHED])
def test_the_lines_of_a_small_diff_are_shown(conclusion: Conclusion) -> None:
    """Below what was said of it, as a block; whether it was no better, nearly proven, or crashed."""
    brief = brief_of(ended(3, conclusion, "go faster", rate("0.3")))
    shown = brief[brief.index('"go faster"') :]
    assert "\n      train.py:12\n      -RATE = 0.1\n      +RATE = 0.3\n" in shown


def test_kept_similar_and_open_changes_show_theirs_too() -> None:
    """Of a kept one the newest have their lines; of an open one they come from its proposal."""
    events: list[Event] = [proposed(1), trial(1), concluded(1, Verdict.KEEP, gain=0.5), advanced(1)]
    waits = replace(proposed(2), edit=rate("0.5"))
    state = fold(begin(opened()), [*events, waits])
    asked = replace(task(state=state), kept_edits={1: rate("0.4")}, similar=[ended(3, DISCARDED, "as before", rate("0.6"))])
    for brief in (write_brief(asked), write_director_brief(asked)):
        assert '- #1 "idea 1": +0.5\n      train.py:12\n      -RATE = 0.1\n      +RATE = 0.4' in brief
        assert "      +RATE = 0.6" in brief
    assert '"idea 2"\n      train.py:12\n      -RATE = 0.1\n      +RATE = 0.5' in write_brief(asked)


def test_of_a_large_diff_the_size_is_shown() -> None:
    """And of one with more lines than are shown, how many are left out."""
    large = Edit(files=3, added=30, removed=2, digest="large")
    assert '-0.2 in 1 trial; "screening: behind" (+30 -2 lines in 3 files)' in brief_of(ended(1, DISCARDED, edit=large))
    some = Edit(files=1, added=9, removed=0, lines=("a.py:1", *(f"+{n}" for n in range(9))), digest="some")
    brief = brief_of(ended(1, DISCARDED, edit=some))
    assert "      +5\n      (and 3 more changed lines)" in brief and "+6" not in brief


def test_the_change_decides_what_is_the_same_and_not_the_sentence() -> None:
    """Different edits with one sentence are listed one by one; the same edit in other words, or on another head, is not."""
    brief = brief_of(*(ended(n, DISCARDED, "go faster", rate(f"0.{n}")) for n in (2, 3)))
    assert brief.count('"go faster"') == 2 and "+RATE = 0.2" in brief and "+RATE = 0.3" in brief
    again = brief_of(ended(2, DISCARDED, "go faster", rate("0.2")), ended(3, DISCARDED, "learn more", rate("0.2")))
    assert '"learn more": -0.2 in 1 trial; "screening: behind"; before that #2 -0.2' in again and "go faster" not in again
    near = brief_of(*(ended(n, NEAR, "go faster", rate(f"0.{n}")) for n in (2, 3)))
    assert near.count('"go faster"') == 2
    crashes = brief_of(*(ended(n, CRASHED, "go faster", rate(f"0.{n}")) for n in (2, 3)))
    assert '#3 "go faster"; #2 "go faster"' in crashes


def test_a_sentence_about_constants_is_believed_only_if_the_lines_say_the_same() -> None:
    """An agent may name one value and write another; the tuner's sentence is ours."""
    said = "Raise RATE from 0.1 to 0.3"
    assert "- `RATE`, last at 0.1: tried 0.3 (-0.2)" in brief_of(ended(2, DISCARDED, said, rate("0.3")))
    lied = brief_of(ended(2, DISCARDED, said, rate("0.9")))
    assert "`RATE`, last at" not in lied and "+RATE = 0.9" in lied
    assert "`RATE`, last at" in brief_of(ended(2, DISCARDED, said, rate("0.9"), researcher="tuner"))


def test_a_constant_has_the_value_that_was_kept() -> None:
    """Also if an experiment about its earlier value ended later."""
    kept: list[Event] = [replace(proposed(1), hypothesis="Raise RATE from 0.1 to 0.2"), trial(1)]
    state = fold(begin(opened()), [*kept, concluded(1, Verdict.KEEP, gain=1.0), advanced(1)])
    later = ended(2, DISCARDED, "Raise RATE from 0.1 to 0.3", researcher="tuner")
    assert "- `RATE`, last at 0.2: tried 0.3 (-0.2)" in brief_of(later, state=state)


def test_hostile_lines_of_a_diff_stay_in_their_block() -> None:
    """They open no section and no fence, and an old record's diff is bounded again."""
    edit = Edit(files=1, added=2, removed=0, lines=(HOSTILE, f"+{HOSTILE}", "+" + "y" * 9000), digest="d")
    brief = brief_of(ended(1, DISCARDED, edit=edit), ended(2, CRASHED, edit=edit))
    assert brief.count("\n## To end") == 1 and "\x1b" not in brief and estimate_tokens(brief) < 1500
    assert "in indented blocks" in brief


def test_changes_of_any_number_and_size_fit() -> None:
    """The limit holds, and the newest ones stay."""
    edit = Edit(files=1, added=12, removed=0, lines=("a.py:1", *("+" + "z" * 119 for _ in range(12))))
    recent = [ended(n, kind, "w" * 300, replace(edit, digest=str(n))) for n in range(200) for kind in (DISCARDED,)]
    brief = brief_of(*recent)
    assert estimate_tokens(brief) <= 3000 and "#199" in brief and "HYPOTHESIS" in brief


# --- What was measured ---


def test_what_was_never_measured_has_no_gain() -> None:
    """A guard that did not hold, a crash and a refusal say so in words, also as earlier tries of the same change."""
    guarded = Conclusion(verdict=Verdict.DISCARD, reason="the guard memory <= 4 does not hold")
    brief = brief_of(
        ended(1, guarded, edit=rate("0.3")), ended(2, DISCARDED, edit=rate("0.3")), ended(3, CRASHED), ended(4, REFUSED)
    )
    assert "before that #1 not measured" in brief and "+0.5" not in brief and "+0" not in brief
    assert 'not measured, "the guard memory <= 4 does not hold"' in brief_of(ended(1, guarded))
    constant = brief_of(ended(1, CRASHED, "Raise RATE from 0.1 to 0.3", researcher="tuner"))
    assert "tried 0.3 (not measured)" in constant


def test_a_change_without_any_effect_is_told_from_a_loss() -> None:
    """The same value with the same seed, to the last digit."""
    same = replace(ended(1, replace(DISCARDED, gain=-0.01)), same_as_head=True)
    assert '"idea 1": no effect: exactly the value of the files before it, with the same seed' in brief_of(same)


def test_the_newest_losses_have_the_reason_of_the_gate() -> None:
    """Three of them; of older ones the gain is enough."""
    brief = brief_of(*(ended(n, DISCARDED) for n in range(1, 6)))
    assert brief.count('"screening: behind"') == 3 and '#3 by explorer, "idea 3": -0.2 in 1 trial; "screening' in brief


def test_a_change_that_conflicts_with_a_kept_one_is_a_near_miss() -> None:
    """It was never judged by itself; it comes after those that were nearly proven, and is in no other list."""
    conflict = replace(ended(2, DISCARDED, "sort first", rate("0.3")), replaces=(1,))
    brief = brief_of(conflict, ended(3, NEAR))
    near = brief[brief.index("## Near misses") :]
    assert near.index("#3") < near.index("#2") and brief.count("sort first") == 1 and "Tried, no better" not in brief
    assert "not judged alone, as its text conflicts with #1, which was kept first; in place of it -0.2 in 1 trial" in near


# --- What the researcher can do ---


def test_it_says_what_the_researcher_has_beside_a_trial() -> None:
    """An agent has no GPU where a trial has one; a program of its own has its session's time and no network but its models."""
    agents = (
        "researchers: [{role: explorer, use: agent, model: m}, {role: coder, use: command, command: c}, {role: t, use: tuner}]"
    )
    state = with_front("limits: {gpus: 1, wall: 60s, memory: 2GB}", agents)
    own = write_brief(task(state=state))
    assert "One trial may use 60 s of time, 2,000 MB of memory, 1 CPU core, 1 GPU and no network" in own
    assert "You have at most 60 steps. Each command of yours may use 60 s of time" in own
    assert "and no network, and no GPU: a trial has one, so check only what runs without" in own
    program = write_brief(task(state=state, role="coder"))
    assert "Your session may use 30 minutes of time" in program and "no network but for your model" in program
    assert "You have at most" not in write_brief(task(state=state, role="t"))


def test_it_says_what_a_trial_takes_and_what_is_left() -> None:
    """The usual time, the cost of an experiment, the budget of all, and the trials that the time is enough for."""
    events: list[Event] = [*(baseline(n, 2.0 + n / 10) for n in range(4)), proposed(1), trial(1), concluded(1)]
    state = fold(begin(opened()), events)
    allowance = SessionAllowance(experiments=10, elapsed_s=101.0, tokens=2_000_000, cost_usd=1.5)
    brief = write_brief(replace(task(state=state), allowance=allowance))
    assert "A trial usually takes 0.5 s (the median of the last 5); with those of the head, an experiment so far took" in brief
    assert "took 5.0 trials and 2.5 s of a machine" in brief
    assert "9 experiments, 1 min 40 s (time for 200 trials one by one), 2 M tokens, $1.50" in brief
    assert "Left for all" not in write_brief(task(state=state)) and "usually takes" not in write_brief(task())
    spent = write_brief(replace(task(state=state), allowance=SessionAllowance(experiments=0, tokens=0, cost_usd=0.0)))
    assert "0 experiments, 0 tokens, $0.00" in spent


def test_values_are_to_be_compared_at_equal_seeds() -> None:
    """If the command takes one, and trials differ."""
    assert "Values compare only at equal seeds" in brief_of()
    assert "equal seeds" not in brief_of(state=fold(begin(opened()), [baseline(n, 2.0) for n in range(3)]))


def test_an_editor_is_not_told_to_run_anything() -> None:
    """It has one request and no shell, whichever way the program measures; an agent beside it is told."""
    agents = "researchers: [{role: drafter, use: editor, model: m}, {role: explorer, use: agent, model: m}]"
    two = "prepare: make.py {seed} {split}\ninputs: [in.json]\nproduce: run.py {seed}\nartifacts: [out]\nscore: s\nholdout: h"
    plain, parts = PROGRAM.replace("editable:", f"{agents}\neditable:"), "measure: python train.py --seed {seed}"
    for text in (plain, plain.replace(parts, two), plain.replace(parts, two[two.index("produce") :])):
        state = begin(opened(text))
        drafter, explorer = (write_brief(task(state=state, role=role)) for role in ("drafter", "explorer"))
        for words in (" run it ", "Run it", "Run both", "with your seed", "delete those", "other files", "in this folder so"):
            assert words not in drafter
        assert "fits one seed gains nothing" in drafter
        assert "un it " in explorer or "Run both" in explorer
        assert "measure the unchanged files with your seed" in explorer and "Leave no other files." in explorer


# --- What trials printed ---


def head(*curve: tuple[float, float], index: int = 0, tail: Sequence[str] = ()) -> Event:
    event = baseline(index, 2.0 + index)
    return replace(event, trial=replace(event.trial, curve=tuple(curve), tail=tuple(tail)))


def test_the_end_of_the_head_s_output_is_shown() -> None:
    """As a block that nothing in it can leave."""
    brief = brief_of(state=fold(begin(opened()), [head(tail=("step 9/9", HOSTILE))]))
    assert (
        "printed (output, no part of any file)\n\n    step 9/9\n    x\\n## To end\\x1b[2J ```\n" in brief
        and brief.count("\n## To end") == 1
    )


def test_curves_of_tries_with_the_head_s_seed_are_shown() -> None:
    """Near misses first, then the newest; with another seed a curve says little, so there are two of them at most."""
    state = fold(begin(opened()), [head((0.1, 3.0), (1.0, 2.0))])
    near = replace(ended(1, NEAR), curve=((0.3, 2.5),))
    here = replace(ended(2, DISCARDED, "go faster"), curve=((0.1, 2.5), (1.0, 2.25)))
    before = [replace(ended(n, DISCARDED), curve=((0.3, 2.5),), base="b" * 40) for n in (3, 4, 5)]
    brief = brief_of(near, here, *before, ended(6, DISCARDED), state=state)
    lines = '- the head: 3 at 10%, 2 at 100%\n- #1 "idea 1": 2.5 at 30%\n- #2 "go faster": 2.5 at 10%, 2.25 at 100%\n\n'
    assert lines in brief
    others = (
        '- the head: 3 at 10%, 2 at 100%\n- #5 "idea 5", another seed: 2.5 at 30%\n- #4 "idea 4", another seed: 2.5 at 30%\n\n'
    )
    assert others in brief_of(*before, state=state)
    assert "Training curves" not in brief_of(here)


def test_the_curve_of_an_experiment_is_that_of_its_first_trial() -> None:
    """Trials run side by side and end in any order; only the first has the seed of the head's first."""
    second, first = (replace(trial(1, n), trial=replace(trial(1, n).trial, curve=((0.3, float(n)),))) for n in (1, 0))
    state = fold(begin(opened()), [proposed(1), second, first])
    assert as_experiment(state.open[0], None, at=0.0, until=0.0).curve == ((0.3, 0.0),)


def test_it_ends_with_the_task_and_the_form_of_the_answer() -> None:
    """Which files, which idea, which way: what a small model has lost by then."""
    assert "Now make your one change in `train.py`, so that `loss` gets smaller." in brief_of().splitlines()[-2]
    given = write_brief(replace(task(), idea=Idea(number=7, text="warm up", origin="program")))
    assert "Now work out idea #7 in `train.py`" in given.splitlines()[-2]


def test_the_state_keeps_one_trial_of_the_head() -> None:
    """The first of its baseline, in whatever order they end; after a keep its own, until the new baseline is there."""
    state = fold(begin(opened()), [head(index=1), head(index=0), head(index=2)])
    assert state.head_trial and state.head_trial.key.index == 0
    change: Proposed = proposed(1)
    state = fold(state, [change, trial(1), concluded(1, Verdict.KEEP, gain=0.5), advanced(1)])
    assert state.head_trial and state.head_trial.key.experiment == 1
    late = fold(state, [head(index=3)])
    assert late.head_trial == state.head_trial, "a trial of the head before"
