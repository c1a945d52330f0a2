"""The four answers if a campaign is half done, if an audit found harm, and if numbers are whole."""

from collections.abc import Sequence
from dataclasses import replace

from builders import advanced, baseline, concluded, proposed, stopped, trial
from campaigns import World

from overnight.gate.audit import ChangeAudit, Estimate, LeftOut, Standing
from overnight.gate.caution import ONE_DRAW
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Program
from overnight.research.ending import EndReason
from overnight.research.events import AuditConcluded, AuditOpened, CampaignOpened, Event, Registered, TrialFinished
from overnight.research.record.port import Recorded
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Story
from overnight.research.views.answers import answers
from overnight.research.views.facts import audit_facts

PROGRAM = World(experiments=0).program
FIXED = replace(PROGRAM, measure="python train.py", produce=None)
OPENED = CampaignOpened(tag="t", version="0", program="", start="s" * 40, secret="00", sandbox="jail")


def story_of(events: Sequence[Event], program: Program = PROGRAM) -> Story:
    """The story of a campaign with these events, one a second."""
    entries = (Recorded(seq=seq, at=float(seq), event=event, digest="") for seq, event in enumerate([OPENED, *events]))
    return tell_story(entries, program)


def text_of(story: Story) -> str:
    """All answers in one text."""
    return " ".join(f"{answer.question}: {answer.figure}. {answer.detail}" for answer in answers(story))


def head(*values: float, number: int = 0) -> list[TrialFinished]:
    """Trials of the head that came from an experiment."""
    made = [baseline(index, value).trial for index, value in enumerate(values)]
    return [TrialFinished(trial=replace(one, tree=f"tree of {number}")) for one in made]


def test_what_is_half_measured_is_shown_and_advised() -> None:
    """While an experiment is under test, neither says that nothing was better nor advises other ideas."""
    ended: list[Event] = [proposed(1), trial(1, value=9.0), concluded(1)]
    tested: list[Event] = [proposed(2), trial(2), Registered(number=2, test=1, level=0.01, margin=0.0)]
    over = stopped(EndReason.BUDGET, "the hours are over")
    said = text_of(story_of([*head(5.0, 5.1, 4.9), *ended, *tested, over]))
    assert "Nothing kept yet. 2 proposals were measured so far, none proven better yet; #2 is half measured." in said
    assert "1 experiment and 1 half measured" in said
    assert "To do next: Nothing to merge yet. Let it run on before anything else: #2 is half measured." in said
    assert "Add ideas" not in said
    assert "Add ideas" in text_of(story_of([*head(5.0, 5.1, 4.9), *ended, over]))


def kept(number: int, gain: float) -> list[Event]:
    """A change that is kept on a target without noise."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="better", gain=gain, low=gain, high=gain)
    verdict = replace(concluded(number), conclusion=conclusion)
    return [proposed(number), trial(number, value=2164.0), verdict, advanced(number)]


def audited(estimate: Estimate, standing: Standing = Standing.CAN_GO) -> list[Event]:
    """An audit that left experiment 1 out."""
    change = ChangeAudit(number=1, standing=standing, estimate=estimate)
    total = Estimate(gain=6282.0, low=6282.0, high=6282.0, pairs=3, before=8446.0, after=2164.0)
    opened = AuditOpened(audit=1, start="s", head="h", first=0, pairs=3, changes=(LeftOut(number=1, commit="w"),))
    return [opened, AuditConcluded(audit=1, total=total, changes=(change,), elapsed_s=9.0)]


EXACT: list[Event] = [*head(8446.0, 8446.0, 8446.0), *kept(1, 6282.0), *head(2164.0, number=1)]
WORSE = Estimate(gain=-66.0, low=-66.0, high=-66.0, pairs=3, before=2098.0, after=2164.0)


def test_what_an_audit_found_harmful_is_named_at_the_merge() -> None:
    """With the commit, and how much better the head is without it; the facts call it harm."""
    story = story_of([*EXACT, *audited(WORSE)])
    assert (
        "the head is better without #1 (by 66). Review the branch, take it, and undo that: git revert 000000000000"
        in text_of(story)
    )
    assert ("Harm: the head is better without them", "#1") in audit_facts(story)
    harmless = story_of([*EXACT, *audited(replace(WORSE, gain=66.0, low=66.0, high=66.0), Standing.HELPS)])
    assert "Review the branch, then take it." in text_of(harmless) and ("Still help", "#1") in audit_facts(harmless)


def test_whole_numbers_stay_whole() -> None:
    """A metric without noise that has only whole values has whole gains."""
    said = text_of(story_of(EXACT))
    assert "from 8446 to 2164, a gain of +6282" in said


def test_gains_by_ratios_say_why_they_are_no_difference() -> None:
    """An audit of times compares pairs on another scale than the means next to it."""
    total = Estimate(gain=2.9, low=1.0, high=4.8, pairs=20, before=27.0, after=23.8)
    noisy: list[Event] = [*head(27.0, 26.0, 28.0), *kept(1, 3.0), *head(24.0, number=1)]
    opened = AuditOpened(audit=1, start="s", head="h", first=0, pairs=20)
    said = text_of(story_of([*noisy, opened, AuditConcluded(audit=1, total=total, elapsed_s=9.0)]))
    assert "by the ratios of pairs" in said
    difference = replace(total, gain=27.0 - 23.8)
    said = text_of(story_of([*noisy, opened, AuditConcluded(audit=1, total=difference, elapsed_s=9.0)]))
    assert "by the ratios of pairs" not in said


def test_exact_gains_of_one_seed_are_warned_of() -> None:
    """In the report's cautions and next to the word exact; not if the command takes the seed."""
    story = story_of(EXACT, FIXED)
    assert story.cautions == (ONE_DRAW,) and "one draw alone: see the warning" in text_of(story)
    seeded = story_of(EXACT, replace(PROGRAM, measure="python train.py {seed}"))
    assert seeded.cautions == () and "see the warning" not in text_of(seeded)
