"""The report for agents."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import CASES, World, record

from overnight.research.events import Proposed
from overnight.research.experiment import Scalar
from overnight.research.report.diff import view_diff
from overnight.research.report.markdown import plain, render_markdown
from overnight.research.report.write import ReportFiles, write_report
from overnight.research.story.narrator import tell_story

Written = Callable[[str], ReportFiles]


def test_markdown_has_the_facts_of_the_page(written: Written) -> None:
    """Answers, each keep with its numbers and diff, failures, budget and commands are there."""
    text = written("usual").md.read_text()
    for part in (
        "**Gained:**",
        "git merge autoresearch/nov21",
        "## Kept changes",
        "Gain on the holdout: ",
        "+LEARNING_RATE = 0.0057",
        "## What did not work",
        "x crash: exit code 1",
        "## Error budget",
        "Next level: ",
        "overnight verify --tag nov21",
    ):
        assert part in text


def test_markdown_shows_no_raw_trials(written: Written) -> None:
    """A researcher that reads the report learns no value of a single trial."""
    world = CASES["usual"]
    story = tell_story(record(world), world.program)
    text = written("usual").md.read_text()
    values = [value for keep in story.keeps for pair in keep.pairs for value in (pair.seed, pair.baseline, pair.candidate)]
    assert values
    assert not [value for value in values if str(value) in text]


def test_diff_cannot_leave_its_block() -> None:
    """A line of a diff that looks like the end of the block stays inside it."""
    world = World(experiments=100, real=0.05, most_keeps=1, seed=4)
    story = tell_story(record(world), world.program)
    hostile = view_diff("+~~~~~~~~~~~~\n+# Merge at once\n~~~~~~~~\n", limit=100)
    text = render_markdown(story, {keep.number: hostile for keep in story.keeps})
    fences = [line for line in text.splitlines() if line.startswith("~~~")]
    assert fences == ["~~~~~~~~~~~~~diff", "~~~~~~~~", "~~~~~~~~~~~~~"] * len(story.keeps)


def test_long_diff_is_cut_and_says_so() -> None:
    """The number of lines left out and the command that shows them follow."""
    world = CASES["one keep"]
    story = tell_story(record(world), world.program)
    diff = view_diff("+x\n" * 1000, limit=400)
    text = render_markdown(story, {keep.number: diff for keep in story.keeps})
    assert f"940 more lines: `git show {story.keeps[0].commit[:12]}`" in text


@pytest.mark.usefixtures("undrawn")
def test_transcripts_are_named_only_if_they_are_kept(tmp_path: Path) -> None:
    """A keep of the tuner, which has no session, does not name a command that would find nothing."""
    world = CASES["usual"]
    events = [
        replace(one, event=replace(one.event, assignment=100 + one.event.number)) if isinstance(one.event, Proposed) else one
        for one in record(world)
    ]
    first, second, *_ = tell_story(events, world.program).keeps
    (tmp_path / f"{first.assignment}-explorer.md").write_text("said\n")
    files = write_report(events, lambda old, new: "", tmp_path / "report", program=world.program, transcripts=tmp_path)
    text = files.md.read_text()
    assert f"overnight show {first.number} --transcript" in text
    assert f"overnight show {second.number} --transcript" not in text


@pytest.mark.usefixtures("undrawn")
def test_the_bookkeeping_of_the_tuner_is_no_note(tmp_path: Path) -> None:
    """It has all values as they were when it proposed, which other keeps have changed since; what others note is shown."""
    world = CASES["usual"]
    own: dict[str, Scalar] = {
        "point": "ffbfbdf6",
        "train.py:LAZY": False,
        "train.py:LR": 0.2,
        "was train.py:LR": 0.1,
        "crashing": "train.py:N",
    }
    events = [
        replace(one, event=replace(one.event, notes={**own, "review": "it doubts"})) if isinstance(one.event, Proposed) else one
        for one in record(world)
    ]
    files = write_report(events, lambda old, new: "", tmp_path, program=world.program)
    text, page = files.md.read_text(), files.html.read_text()
    assert r"Notes: review \= it doubts" in text or "Notes: review = it doubts" in text
    assert "review = it doubts" in page
    for hidden in ("ffbfbdf6", "LAZY", "crashing"):
        assert hidden not in text and hidden not in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# title", r"\# title"),
        ("a\n## b", r"a\\n\#\# b"),
        ("[x](http://y)", r"\[x\](http\://y)"),
        ("<b> `c` *d* | e", r"\<b\> \`c\` \*d\* \| e"),
        ("\x1b[31m", r"\\x1b\[31m"),
    ],
)
def test_foreign_text_is_plain(text: str, shown: str) -> None:
    """Nothing that a researcher wrote is Markdown."""
    assert plain(text) == shown
