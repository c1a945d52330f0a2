"""Pictures of campaigns are drawn by other processes, seldom, and are shown when they are there."""

import threading
from pathlib import Path

import pytest
from surface_campaigns import campaign_of, early_campaign

from overnight.research.pages import _pictures
from overnight.research.pages._pictures import Studio, file_of
from overnight.research.report import drawing


def test_a_campaign_is_drawn_by_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look shows nothing; a process draws, and its file holds the pictures, of all events that there are."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = campaign_of(tmp_path / "repo", 3, ended=False)
    subject = _pictures._Subject(folder=made.repository, tag=made.tag, file=file_of(made.repository, made.tag))
    assert _pictures._draw(subject) == ""
    shown = Studio().shown(made.repository, made.tag, 1)
    assert shown.drawn and shown.current and not shown.failed
    assert list(shown.drawn.charts) == ["progress", "floor", "funnel"]
    progress = shown.drawn.charts["progress"]
    assert progress.wide.startswith("<svg") and "experiment</text>" in progress.wide and "style=" not in progress.wide
    assert [each.question for each in shown.drawn.answers] == ["Gained", "How sure", "Cost", "To do next"]


def test_what_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing can be drawn, the reason is known, in one line."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    subject = _pictures._Subject(folder=tmp_path, tag="night", file=file_of(tmp_path, "night"))
    assert "is not in a git repository" in _pictures._draw(subject)


def test_only_coordinates_are_rounded() -> None:
    """A tenth of a pixel is enough for a line; a number that is read keeps its digits."""
    svg = '<path d="M1.2345,6.789L0.05,3"/><text y="1.9999">0.0523</text>'
    assert drawing._lighter(svg) == '<path d="M1.2,6.7L0.0,3"/><text y="1.9">0.0523</text>'


class Drawing:
    """Stands in for the process: waits until it may end, and counts."""

    def __init__(self) -> None:
        self.began, self.may_end = threading.Semaphore(0), threading.Semaphore(0)
        self.drawn: list[str] = []

    def __call__(self, subject: _pictures._Subject) -> str:
        self.drawn.append(subject.tag)
        self.began.release()
        assert self.may_end.acquire(timeout=60)
        return ""


@pytest.fixture
def drawing_(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Drawing:
    """In the place of the process, for a studio of the test's own: others of this process draw as they do."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Drawing()


def test_one_at_a_time_however_many_look(tmp_path: Path, drawing_: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred looks during one drawing ask for one more; campaigns are drawn one after the other; the thread ends."""
    monkeypatch.setattr(_pictures, "SHARE", 0)
    before, studio = set(threading.enumerate()), Studio(drawing_)
    studio.shown(tmp_path, "a", 1)
    assert drawing_.began.acquire(timeout=60)
    for event in range(100):
        studio.shown(tmp_path, "a", event)
        studio.shown(tmp_path, "b", event)
    assert drawing_.drawn == ["a"]
    for _ in range(3):
        drawing_.may_end.release()
    (worker,) = (thread for thread in set(threading.enumerate()) - before if thread.name == "pictures")
    worker.join(60)
    assert sorted(drawing_.drawn) == ["a", "a", "b"]
    studio.shown(tmp_path, "a", 200)  # and one begins again
    assert drawing_.began.acquire(timeout=60)
    drawing_.may_end.release()


def test_drawing_takes_a_tenth_of_the_time_at_most(tmp_path: Path, drawing_: Drawing, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a drawing that took a minute of a processor the campaign rests for ten."""
    now = [1000.0]
    monkeypatch.setattr("overnight.research.pages._pictures.time.monotonic", lambda: now[0])
    studio = Studio(drawing_)
    studio._wanted[subject := _pictures._Subject(folder=tmp_path, tag="a", file=tmp_path)] = 1
    studio._at_work = True
    assert studio._next() == subject
    studio._rest(subject, 60.0)
    assert studio._not_before[subject] == 1600.0


def test_a_head_without_a_level_has_no_picture(tmp_path: Path) -> None:
    """A campaign whose head cannot be measured has nothing to draw, and answers all the same."""
    drawn = drawing.draw(early_campaign(tmp_path, failing=True).repository, "night")
    assert not drawn.charts and drawn.answers[0].figure == "Nothing kept"
