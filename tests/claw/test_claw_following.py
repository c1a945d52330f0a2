"""What a claw began and left to the board is followed to its end, and each news of it is said."""

from pathlib import Path

import pytest
from action_events import commit_of
from action_records import keep, made_in, shop
from claws import ClawUnderTest

from overnight.actions.events import Judged, Waiting, Word
from overnight.claw.operations._claw import WhichClaw
from overnight.claw.operations.claw_schedule import run as list_schedules
from overnight.claw.operations.claw_why import WhyInput
from overnight.claw.operations.claw_why import run as why
from overnight.operations.operation import Context


def later(claw: ClawUnderTest) -> list[str]:
    """What is said after a time, by a process of its own."""
    claw.clock.now += 11 * 60
    return list(claw.run())


def test_an_action_is_followed_to_its_end(claw: ClawUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for in the chat, its result and its end are said, once each, without a model; then nothing looks any more."""
    monkeypatch.setenv("OVERNIGHT_NO_BOARD", "1")
    repo = shop(tmp_path / "shop")
    (claw.folder / "claw.yaml").write_text(f"zone: UTC\nrepos: {{shop: '{repo}'}}\n")
    [said] = claw.tell("do in shop: let users export their data")
    assert said.startswith("#1 let users export their data: queued") and said.endswith("I follow it, and say what comes of it.")
    assert later(claw) == []
    keep(*made_in(repo, 1)[1:], Waiting(action=1))
    what = "🔔 action #1, let users export their data: `result 1` shows what came of it"
    assert later(claw) == [f"{what} (waiting)"]
    assert "do in shop: let users export" in " ".join(why(Context(where=claw.folder), WhyInput()).reasons)
    before = claw.record.store.newest()
    assert later(claw) == [] and claw.record.store.newest() == before
    keep(Judged(action=1, word=Word.DROP, by="owner:terminal", commit=commit_of(1)))
    assert later(claw) == [f"{what} (dropped)"]
    assert later(claw) == []
    assert list_schedules(Context(where=claw.folder), WhichClaw()).schedules == []


def test_an_end_between_two_looks_is_said(claw: ClawUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An action that waited and ended before anybody looked again is said once, with its end."""
    monkeypatch.setenv("OVERNIGHT_NO_BOARD", "1")
    repo = shop(tmp_path / "shop")
    (claw.folder / "claw.yaml").write_text(f"zone: UTC\nrepos: {{shop: '{repo}'}}\n")
    claw.tell("do in shop: let users export their data")
    keep(*made_in(repo, 1)[1:], Waiting(action=1), Judged(action=1, word=Word.DROP, by="owner:x", commit=commit_of(1)))
    [said] = later(claw)
    assert said.endswith("(dropped)")
    assert later(claw) == []
