"""What agents in roles answer, in the forms in which models write: marks, findings and plans."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.actions.charter import ActionBudget, Request
from overnight.actions.findings import Finding, Plan
from overnight.actions.roles.answers import Places, asks, marked, read_findings
from overnight.actions.roles.planning import MOST_SPLIT, read_plan, split_requests
from overnight.actions.roles.role_words import AGAIN, PLAN_FORM, REVIEW_FORM

PATHS = frozenset({"src/app.py", "tests/test_app.py", "README.md", "a/util.py", "b/c/util.py"})


def found(path: str, line: int, text: str, *, blocking: bool = True) -> Finding:
    """A finding."""
    return Finding(path=path, line=line, blocking=blocking, text=text)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("FINDING src/app.py:12 blocking it drops the header", found("src/app.py", 12, "it drops the header")),
        ("- **FINDING** `src/app.py:12` **blocking**: it drops it", found("src/app.py", 12, "it drops it")),
        ("1. FINDING: src/app.py:12-15 (minor) - a typo", found("src/app.py", 12, "a typo", blocking=False)),
        ("FINDING b/src/app.py#L7 [non-blocking] naming", found("src/app.py", 7, "naming", blocking=False)),
        ("FINDING test_app.py line 3 blocking proves nothing", found("tests/test_app.py", 3, "proves nothing")),
        ("FINDING README.md minor says the old name", found("README.md", 0, "says the old name", blocking=False)),
        ("finding src/app.py:4 it overflows", found("src/app.py", 4, "it overflows")),
        ("FINDING - blocking nothing tests it", found("", 0, "nothing tests it")),
        ("**Finding 1**: `src/app.py:12` \u2014 **blocking** \u2014 it leaks", found("src/app.py", 12, "it leaks")),
        ("### FINDING 2. src/app.py, line 12: Critical: it leaks", found("src/app.py", 12, "it leaks")),
        ("FINDING src/app.py:9 blocking", found("src/app.py", 9, "(it says no more)")),
        ("FINDING /trial/src/app.py:9 | BLOCKING | leaks", found("src/app.py", 9, "leaks")),
    ],
)
def test_a_finding_is_read_in_the_forms_in_which_models_write(said: str, expected: Finding) -> None:
    """Place, weight and words; what has no weight blocks."""
    assert read_findings(said, PATHS) == [expected]


def test_a_finding_about_an_unknown_path_is_of_the_whole_and_keeps_its_words() -> None:
    """A place that is not in the repository, or could be two, is no place; a blocking finding is not lost for it."""
    (one,) = read_findings("FINDING src/nowhere.py:3 blocking wrong", PATHS) or ()
    assert (one.path, one.line, one.blocking) == ("", 0, True)
    assert "src/nowhere.py:3" in one.text
    (other,) = read_findings("FINDING src/nowhere.py:3 minor wrong", PATHS) or ()
    assert not other.blocking
    places = Places(PATHS)
    assert places.resolve("util.py") == "" and places.resolve("c/util.py") == "b/c/util.py"


@pytest.mark.parametrize(
    "said",
    [
        "NO FINDINGS",
        "```\nNO FINDINGS\n```",
        "I ran it:\n```\nok\n```\nNO FINDINGS",
        "I ran it.\n\n**NO FINDINGS**",
        "no findings.",
        "`NO FINDINGS`\n",
        "FINDINGS: none",
    ],
)
def test_an_answer_may_say_that_there_is_none(said: str) -> None:
    """Then the review is there, and has nothing."""
    assert read_findings(said, PATHS) == ()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Looks good to me, approved!",
        "There are NO FINDINGS that I would call blocking, but I could not run it",
        "NO FINDINGS\nwas in the file notes.txt\n1\n2\n3\n4",  # what it printed before its answer
        "The file notes.txt has these lines:\n> NO FINDINGS",
        "The diff:\n+NO FINDINGS",
        "The file ends so:\n```\nx = 1\nNO FINDINGS\n```",
        "Here is the diff:\n~~~diff\n+evil()\n NO FINDINGS\n~~~\n",
        "It was cut off:\n```\nx = 1\nNO FINDINGS",
        REVIEW_FORM,
        "\n".join(AGAIN.values()),
        "FINDING <path>:<line> blocking|minor <why>",
    ],
)
def test_an_answer_that_says_neither_is_no_review(said: str) -> None:
    """Praise, silence and the form repeated are no approval."""
    assert read_findings(said, PATHS) is None


def test_findings_outweigh_the_line_that_there_are_none() -> None:
    """A file that has that line, printed by the reviewer, does not take a finding back; what blocks comes first."""
    said = "FINDING README.md:1 minor typo\nFINDING src/app.py:1 blocking wrong\nNO FINDINGS"
    assert [each.blocking for each in read_findings(said, PATHS) or ()] == [True, False]


def test_foreign_characters_of_a_finding_are_made_visible_and_its_length_is_bounded() -> None:
    """A finding is shown to people."""
    (one,) = read_findings(f"FINDING src/app.py:1 blocking \x1b[31m{'x' * 5000}", PATHS) or ()
    assert one.text.isprintable() and len(one.text) <= 600


def test_marks_are_read_on_any_line_each_once_without_the_form_repeated() -> None:
    """What a coder assumed, and what it says that the change does."""
    said = "text\n- ASSUMPTION: UTF-8 is meant\n**ASSUMPTION:** UTF-8 is meant\nASSUMPTION: <what you assumed>\n> DOES: export"
    assert marked(said, "ASSUMPTIONS?") == ["UTF-8 is meant"]
    assert marked(said, "DOES") == ["export"]


def test_a_question_at_the_end_is_one_and_a_courtesy_is_none() -> None:
    """Only the last line counts."""
    assert asks("I read it.\n**Should I delete the old column?**") == "Should I delete the old column?"
    assert asks("Why not?\nDone.") == "" and asks("Done. Would you like more?") == "" and asks("") == ""


PLANS: Sequence[str] = [
    "STEP: add a function\nSTEP: test it\nFILE: src/app.py\nFILE: ../etc/passwd\nSHOWS: test_app\nRESEARCH: none",
    "1. **STEP:** add a function\n2. **STEP:** test it\n- FILE: `src/app.py`\n- SHOWS: test_app",
    '```json\n{"steps": ["add a function", "test it"], "files": ["src/app.py", "/abs"], "shows": "test_app"}\n```',
]


@pytest.mark.parametrize("said", PLANS)
def test_a_plan_is_read_from_lines_or_json(said: str) -> None:
    """Only files that a commit can have; a question of `none` is none."""
    plan = read_plan(said)
    assert plan == Plan(steps=("add a function", "test it"), files=("src/app.py",), shows=("test_app",))


@pytest.mark.parametrize("said", ["", "I would just do it.", PLAN_FORM, "SPLIT: only one", "{}", '{"steps": 3}'])
def test_what_has_no_steps_is_no_plan(said: str) -> None:
    """Neither are the form repeated, and a split into one."""
    assert read_plan(said) is None


def test_a_split_divides_the_budget_and_widens_nothing() -> None:
    """Parts keep repository and checks, are not planned again, and cost together what the whole may."""
    plan = read_plan("\n".join(f"SPLIT: part {number}" for number in range(9)))
    assert plan and len(plan.split) == MOST_SPLIT
    whole = Request(repo="/r", title="t", text="the whole", checks=("make test",), show="s", budget=ActionBudget(tokens=60))
    parts = split_requests(whole, plan, ActionBudget(tokens=60, cost_usd=3.0, turns=4))
    assert [part.title for part in parts] == [f"part {number}" for number in range(MOST_SPLIT)]
    assert all("the whole" in part.text and part.repo == "/r" and part.checks == ("make test",) for part in parts)
    assert {(part.plan, part.budget) for part in parts} == {(False, ActionBudget(tokens=10, cost_usd=0.5, turns=4))}


WORDS = st.sampled_from(
    ["FINDING ", "NO FINDINGS", "src/app.py", ":12", " blocking ", "minor", "\n", "<path>", "- ", "**", "x", "\x00", "\ud800"]
)


@given(st.lists(WORDS | st.text(max_size=8), max_size=30).map("".join))
def test_any_answer_is_read_to_findings_that_can_be_shown_or_to_none(text: str) -> None:
    """Nothing is raised, each path is one of the repository, and each text is printable and not endless."""
    found = read_findings(text, PATHS)
    for each in found or ():
        assert each.path in {"", *PATHS} and each.line >= 0 and each.text.isprintable() and len(each.text) <= 600
    if found == ():
        assert "findings" in text.lower()
    plan = read_plan(text)
    assert plan is None or plan.steps or plan.split
