"""The result of an action: what is proven stands apart from what is claimed, and what stands out is said first."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from action_events import EVIDENCE, OUTCOME, PASSED, begun_action, board_of, commit_of, recorded

from overnight.actions.charter import Role
from overnight.actions.events import Event, Judged, Reviewed, TurnBegun, TurnEnded, Waiting, Word
from overnight.actions.findings import (
    CheckOutcome,
    Doubt,
    Finding,
    Hunk,
    ModelUse,
    NewTest,
    Proof,
    Risk,
    RiskKind,
    Suspicion,
    TurnOutcome,
    WeakenedTest,
    Weakening,
)
from overnight.actions.views.diff_size import Part, PartSize
from overnight.actions.views.gathering import ResultFiles, make_result
from overnight.actions.views.result import Result, ShownOutput
from overnight.actions.views.result_words import heading, next_commands, result_markdown, sections
from overnight.models.usage import Usage

RED = NewTest(path="tests/test_export.py", proof=Proof.RED_GREEN, red="AssertionError: no CSV")
SIZE = (PartSize(part=Part.CODE, files=2, added=30, removed=4), PartSize(part=Part.TESTS, files=1, added=12, removed=0))
DIFF = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+b\n"
EVIL = "\x1b[2J<script>alert(1)</script>\u202e`*x*`"


def result(
    *events: Event, parts: Sequence[PartSize] = SIZE, diff: str = DIFF, shown: Sequence[ShownOutput] = (), trouble: str = ""
) -> Result:
    files = ResultFiles(diff=diff, parts=parts, shown=shown, trouble=trouble)
    return make_result(board_of(events).actions[1], recorded(events), files, repository="shop")


def text_of(found: Result) -> str:
    """All sections as lines, each with its mark."""
    return "\n".join(f"{part.title}|{line.tone}|{line.text}" for part in sections(found) for line in part.lines)


def test_what_is_proven_stands_apart_from_what_is_claimed() -> None:
    """A red and green test is proof; the coder's words are a claim, whatever they say, also those that name a test."""
    said = "- Users can export CSV, see test_export.py.\n* It is fast.\nASSUMPTION: commas\n```\nFINDING x\n"
    outcome = replace(OUTCOME, text=said, assumptions=("commas separate",))
    found = result(*begun_action(1, evidence=replace(EVIDENCE, proofs=(RED,)), outcome=outcome), Waiting(action=1))
    assert [(claim.text, claim.tests) for claim in found.claims] == [
        ("Users can export CSV, see test_export.py.", ["tests/test_export.py"]),
        ("It is fast.", []),
    ]
    text = text_of(found)
    assert "now|✓|tests/test_export.py fails without the change (AssertionError: no CSV), passes with the change" in text
    assert "now|?|Users can export CSV, see test_export.py. (tested by tests/test_export.py)" in text
    assert "now|?|It is fast." in text and "Assumptions|?|commas separate" in text
    assert found.flags == () and found.is_there
    ended = TurnEnded(action=1, turn=2, role=Role.CODER, outcome=outcome, commit=commit_of(1, 2))
    again = result(*begun_action(1, outcome=outcome), TurnBegun(action=1, turn=2, role=Role.CODER), ended)
    assert list(again.assumptions) == ["commas separate"], "said again in the next turn, it is one"
    markdown = result_markdown(found)
    assert "- **proven** tests/test\\_export.py fails without" in markdown and "- *claimed* It is fast." in markdown


@pytest.mark.parametrize(
    ("proof", "mark", "flag"),
    [
        (Proof.WEAK_RED, " ", "tests/test_export.py: weak red"),
        (Proof.NO_RED, "!", "tests/test_export.py: no red"),
        (Proof.NOT_GREEN, "✗", "tests/test_export.py: not green"),
        (Proof.NOT_RUN, "!", "tests/test_export.py: not run"),
    ],
)
def test_a_test_that_proves_little_is_no_proof(proof: Proof, mark: str, flag: str) -> None:
    """Whatever it proves instead is said, and stands out."""
    found = result(*begun_action(1, evidence=replace(EVIDENCE, proofs=(replace(RED, proof=proof),))))
    assert f"What it does now|{mark}|tests/test_export.py" in text_of(found)
    assert flag in found.flags


def test_a_test_that_fails_with_the_change_says_why() -> None:
    """So that a person knows what to send back; and the model of a turn is named, also if its provider chose it."""
    usage = Usage(input_tokens=1)
    outcome = replace(OUTCOME, models=(ModelUse(provider="box", model="", usage=usage),))
    evidence = replace(EVIDENCE, proofs=(replace(RED, proof=Proof.NOT_GREEN, red="test_csv: SyntaxError: invalid syntax"),))
    text = text_of(result(*begun_action(1, evidence=evidence, outcome=outcome)))
    assert "now|✗|tests/test_export.py fails with the change (test_csv: SyntaxError: invalid syntax)\n" in text
    assert "coder by its model at box (" in text


def test_a_refactoring_shows_no_red() -> None:
    """The same tests pass: that is what was asked for."""
    evidence = replace(EVIDENCE, refactoring=True, proofs=(replace(RED, proof=Proof.NO_RED),))
    found = result(*begun_action(1, evidence=evidence))
    assert found.flags == () and "now|✓|tests/test_export.py passes as before" in text_of(found)


def test_everything_that_stands_out_is_flagged() -> None:
    """Failing checks, weaker tests, doubtful ones, risks, blocking findings: a line each, before all else."""
    broken = CheckOutcome(
        command="make lint", passed=False, reason="exit code 1: E501", excerpt=("a.py:1: E501",), log="f" * 64
    )
    evidence = replace(
        EVIDENCE,
        after=(PASSED, broken),
        before=(PASSED, replace(broken, passed=True, reason="", excerpt=())),
        weakened=(WeakenedTest(path="tests/test_a.py", how=Weakening.SKIPPED, detail="test_total"),),
        unproven=(Hunk(path="a.py", line=3, text="@@"),),
        unproven_left=2,
        suspicions=(Suspicion(doubt=Doubt.MOCKED, path="tests/test_b.py", line=4, detail="patches export"),),
        risks=(Risk(kind=RiskKind.AUTH, path="login.py", detail="compares passwords"),),
    )
    finding = Finding(path="a.py", line=7, blocking=True, text="it never closes the file")
    events = begun_action(1, evidence=evidence)
    found = result(*events[:-1], Reviewed(action=1, commit=commit_of(1), findings=(finding,), outcome=TurnOutcome(text="")))
    assert found.flags == (
        "`make lint` fails: exit code 1: E501",
        "no test shows the change",
        "tests/test_a.py: skipped: test_total",
        "tests/test_b.py:4: mocks what it tests: patches export",
        "touches auth",
        "blocking findings: 1",
    )
    text = text_of(found)
    assert text.startswith("Look at|!|`make lint` fails: exit code 1: E501\nLook at|!|no test shows the change")
    assert "Checks|✗|make lint: passed before, failed now in 0.0 s: exit code 1: E501" in text
    assert "Checks|✓|make test: passed before, passed now in 1.0 s" in text
    assert "Risks|!|auth: login.py: compares passwords" in text and "Risks|!|test skipped: tests/test_a.py: test_total" in text
    assert "Risks| |unproven: a.py:3: the tests pass without this part too" in text
    assert "Review|!|blocking, open: a.py:7: it never closes the file" in text
    assert "2 parts of the diff not tried alone" in text


def test_a_fault_names_what_says_more_of_it() -> None:
    """As a command that can be typed."""
    events = begun_action(1)[:3]
    text = text_of(result(*events, Waiting(action=1, why="`setup` failed", fault=True, log="f" * 64)))
    assert f"Look at| |all of it: overnight action output 1 {'f' * 64}" in text


def test_a_check_that_failed_before_is_not_blamed_on_the_change() -> None:
    """It is shown, but not as a fault."""
    failed = replace(PASSED, passed=False, reason="exit code 1")
    found = result(*begun_action(1, evidence=replace(EVIDENCE, before=(failed,), after=(failed,), proofs=(RED,))))
    assert found.flags == () and "Checks|!|make test: failed before, failed now" in text_of(found)


def test_what_became_of_a_finding_is_said() -> None:
    """One that was sent back, and that the next review does not have; one that nobody looked at again."""
    blocking = Finding(path="a.py", line=7, blocking=True, text="it never closes the file")
    first = begun_action(1)
    reviewed = Reviewed(action=1, commit=commit_of(1), findings=(blocking,), outcome=TurnOutcome(text=""))
    second = begun_action(1, turn=2)[2:]
    found = result(*first[:-1], reviewed, *second)
    [only] = found.findings
    assert only.became == "sent back to the coder; the next review does not have it" and found.flags == (
        "no test shows the change",
    )
    [only] = result(*first[:-1], reviewed, *second[:-1]).findings
    assert only.became == "sent back to the coder; not reviewed since"


def test_the_cost_of_few_lines_stands_out() -> None:
    """200,000 tokens for a three-line diff are said first; a usual result only has them under its cost."""
    usage = Usage(calls=20, input_tokens=195_000, cached_tokens=100_000, output_tokens=5_000, cost_usd=1.5)
    events = begun_action(1, outcome=replace(OUTCOME, usage=usage))
    three = (PartSize(part=Part.CODE, files=1, added=2, removed=1),)
    found = result(*events, parts=three)
    assert found.is_costly and found.lines == 3
    assert "Look at|!|200 k tokens for a diff of 3 lines" in text_of(found)
    assert "Cost|!|200 k tokens, 100 k of them cached, $1.50, 66.7 k a changed line; 20 calls to models" in text_of(found)
    usual = result(*begun_action(1))
    assert not usual.is_costly and "Look at|!|1.5 k" not in text_of(usual)
    assert "Size| |code: +30 -4 in 2 files" in text_of(usual) and "Size| |tests: +12 -0 in 1 file" in text_of(usual)


def test_what_can_be_typed_is_only_offered_while_it_waits() -> None:
    """With the commit that was read; without a commit nothing can be accepted."""
    waiting = result(*begun_action(1), Waiting(action=1))
    assert [word for word, _ in next_commands(waiting)] == ["Accept", "Send back", "Drop"]
    assert f"overnight accept 1 {commit_of(1)[:12]}" in result_markdown(waiting)
    judged = result(*begun_action(1), Waiting(action=1), Judged(action=1, word=Word.ACCEPT, commit=commit_of(1)))
    assert next_commands(judged) == () and judged.stage == "merging"
    empty = result(*begun_action(1)[:3], Waiting(action=1, why="the coder asks"), parts=(), diff="")
    assert [word for word, _ in next_commands(empty)] == ["Send back", "Drop"]
    assert heading(empty) == "#1 Action 1  (shop, needs you: the coder asks)"


def test_a_picture_and_an_output_are_shown() -> None:
    """The first lines of an output; of a picture, where it is."""
    shown = [
        ShownOutput(artifact="a" * 64, picture=False, text="id,name\n1,x"),
        ShownOutput(artifact="b" * 64, picture=True, text=""),
    ]
    found = result(*begun_action(1), shown=shown)
    assert "a picture, bbbbbbbbbbbb" in text_of(found) and "~~~~~~~~\n  id,name\n  1,x\n  ~~~~~~~~" in result_markdown(found)


def test_hostile_texts_stay_text() -> None:
    """Nothing that an agent, a test or a file name says acts on a terminal, or as Markdown or HTML."""
    failed = CheckOutcome(command=EVIL, passed=False, reason=EVIL, excerpt=(EVIL,))
    evidence = replace(
        EVIDENCE,
        before=(),
        after=(failed,),
        proofs=(NewTest(path=EVIL, proof=Proof.RED_GREEN, red=EVIL),),
        risks=(Risk(kind=RiskKind.CI, path=EVIL, detail=EVIL),),
        weakened=(WeakenedTest(path=EVIL, how=Weakening.DELETED, detail=EVIL),),
        unproven=(Hunk(path=EVIL, line=1, text=EVIL),),
    )
    outcome = replace(OUTCOME, text=EVIL, reason=EVIL, assumptions=(EVIL,), agent=EVIL)
    finding = Finding(path=EVIL, line=1, blocking=False, text=EVIL)
    events = [*begun_action(1, evidence=evidence, outcome=outcome)[:-1], Waiting(action=1, why=EVIL)]
    events.insert(-1, Reviewed(action=1, commit=commit_of(1), findings=(finding,), outcome=outcome))
    found = result(*events, shown=[ShownOutput(artifact="a" * 64, picture=False, text=EVIL)], trouble=EVIL, diff=EVIL)
    text, markdown = text_of(found), result_markdown(found)
    assert "\x1b" not in text + markdown and "\u202e" not in text + markdown
    outside = "\n".join(part for number, part in enumerate(markdown.split("~~~~~~~~")) if not number % 2)
    assert outside.count("<script") == outside.count("\\<script") > 10
