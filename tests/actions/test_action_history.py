"""What happened to an action, in words, with what was printed and said."""

import json
from pathlib import Path

import pytest
from action_boards import MadeBoard, board_of
from targets import overnight

from overnight.actions.charter import Role
from overnight.actions.events import Checked, Delivered, DeliveryAsked, Event, Parked, TrunkNoted, TurnBegun, TurnCut
from overnight.actions.findings import CheckOutcome, Evidence
from overnight.actions.views.steps import outputs_of, steps_of
from overnight.ledger.port import Recorded


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeBoard:
    """A board."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return board_of(tmp_path / "made")


def test_each_step_is_said_the_newest_first(made: MadeBoard) -> None:
    """From the request to the merge, with tokens and time where agents worked; a page at a time."""
    found = json.loads(overnight(made.repository, "action", "history", "4", "--json").stdout)
    assert [step["what"].split()[0] for step in found["steps"]] == [
        *("merged", "owner", "waits", "reviewed:", "checked", "the", "begun", "asked")
    ]
    coder = found["steps"][5]
    assert (coder["tokens"], coder["seconds"], coder["agent"]) == (43_300, 312.0, "agent")
    shown = overnight(made.repository, "action", "history", "4", "--limit", "1").stdout
    assert "merged as" in shown and "asked for" not in shown


def test_what_was_printed_and_said_is_read_by_its_name(made: MadeBoard) -> None:
    """A check's output and an agent's transcript; what belongs to no step of this action is not shown."""
    kept = made.artifacts
    assert overnight(made.repository, "action", "output", "1", kept["log"]).stdout.startswith("1 passed\n")
    assert "assistant: done" in overnight(made.repository, "action", "output", "1", kept["transcript"]).stdout
    assert "image/png" in overnight(made.repository, "action", "output", "1", kept["picture"]).stdout
    for number, name in ((1, "secret"), (2, "log")):
        refused = overnight(made.repository, "action", "output", str(number), kept[name])
        assert refused.returncode == 2 and "has no output" in refused.stderr


def test_what_came_between_is_said_too() -> None:
    """A turn that was cut off, with what it left; the wait for a model; an event without words of its own by its kind."""
    events: tuple[Event, ...] = (
        TurnBegun(action=1, turn=1, role=Role.CODER),
        TurnCut(action=1, turn=1, role=Role.CODER, why="the board was stopped", commit="c" * 40),
        Parked(action=1, why="the quota is spent", until=0.0),
        Delivered(action=1, problem="git push: refused"),
        DeliveryAsked(action=1),
        Delivered(action=1, where="x on origin"),
        TrunkNoted(action=1, repo="/r", head="h"),
        TurnBegun(action=1, turn=2, role=Role.CODER),
    )
    entries = [Recorded(seq=seq, at=1.0, event=event, digest="") for seq, event in enumerate(events, 1)]
    assert [step.what for step in steps_of(entries)] == [
        "the coder was cut off, and left cccccccccccc: the board was stopped",
        "waits until 1970-01-01 00:00 UTC for a model: the quota is spent",
        "not delivered: git push: refused",
        "owner asked for its delivery",
        "delivered: x on origin",
        "trunk noted",
        "the coder works",
    ]


def test_words_of_an_agent_name_no_file() -> None:
    """Only the fields that hold artifacts do, each once, with the command that printed it."""
    name, other = "a" * 64, "b" * 64
    outcome = CheckOutcome(command="pytest", passed=False, reason=other, excerpt=(other,), log=name)
    event = Checked(action=1, commit=other, evidence=Evidence(before=(outcome,), after=(outcome,), shown=("c" * 64,)))
    assert [(each.artifact, each.about) for each in outputs_of(event)] == [(name, "pytest"), ("c" * 64, "shown")]
