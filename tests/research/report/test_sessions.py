"""What the page shows of transcripts: the right ones, and never too much."""

from dataclasses import replace
from pathlib import Path

import pytest
from campaigns import CASES, record
from pages import parse

from overnight.research.report.page import render_page
from overnight.research.report.sessions import NO_SESSIONS, OF_KEEP, OTHERS, choose_sessions
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Story

HOSTILE = "<script>alert(1)</script>\x1b[2J{{ 7 * 7 }}"


def story() -> Story:
    """A campaign whose kept changes answer the assignments 1, 2 and so on."""
    world = CASES["usual"]
    told = tell_story(record(world), world.program)
    keeps = tuple(replace(keep, assignment=number, role="explorer") for number, keep in enumerate(told.keeps, 1))
    return replace(told, keeps=keeps, answered={900: 77})


@pytest.mark.usefixtures("undrawn")
def test_kept_changes_have_their_sessions_and_the_newest_others_follow(tmp_path: Path) -> None:
    """Each with its role, its assignment, and the experiment that came of it."""
    told = story()
    for name in ("1-explorer.md", "1-critic.md", "900-explorer.md", "901-director.md"):
        (tmp_path / name).write_text(f"in {name}\n")
    shown = choose_sessions(told, tmp_path)
    first = told.keeps[0].number
    assert [view.title for view in shown.of_keeps[first]] == [
        f"explorer, assignment 1, experiment #{first}",
        f"critic, assignment 1, experiment #{first}",
    ]
    assert [view.title for view in shown.others] == [
        "director, assignment 901, no experiment came of it",
        "explorer, assignment 900, experiment #77",
    ]
    text = parse(render_page(told, {}, shown)).text
    assert "in 1-critic.md" in text and "in 901-director.md" in text


@pytest.mark.usefixtures("undrawn")
def test_many_and_long_sessions_leave_the_page_readable(tmp_path: Path) -> None:
    """A limited number of them, the author's before those of critics, with their middles left out; they do nothing."""
    told = story()
    for number in range(1, 200):
        (tmp_path / f"{number}-explorer.md").write_text(f"{HOSTILE}\n" + "x\n" * 100_000 + "the end\n")
    for n in range(2, 20):
        (tmp_path / f"1-critic-{n}.md").write_text("again")
    shown = choose_sessions(told, tmp_path)
    assert len(shown.others) == OTHERS and len(shown.of_keeps[told.keeps[0].number]) == OF_KEEP
    assert shown.of_keeps[told.keeps[0].number][0].title.startswith("explorer")
    page = render_page(told, {}, shown)
    assert len(page) - len(render_page(told, {})) < 1_000_000
    assert "<script>alert" not in page and "\x1b" not in page
    assert HOSTILE.replace("\x1b", r"\x1b") in parse(page).text and "the end" in page


@pytest.mark.usefixtures("undrawn")
def test_without_a_folder_there_is_nothing_to_show(tmp_path: Path) -> None:
    """No heading either."""
    assert choose_sessions(story(), None) is NO_SESSIONS
    assert not choose_sessions(story(), tmp_path / "none").others
    assert "What agents said and did" not in render_page(story(), {})
