"""A lesson whose commands are killed at every boundary, and what must hold after each kill."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from curricula import SOLUTION, write_curriculum

KILLED = Path(__file__).with_name("learn_killed.py")
MINE = "files/double.py"
LESSON: Sequence[tuple[Mapping[str, str], Sequence[str]]] = (  # files that the learner writes first, and a command
    ({}, ("start", "--from", "numbers", "--folder", "files")),
    ({}, ("predict", "1")),
    ({MINE: "def double(x):\n    return x * x\n"}, ("check",)),
    ({}, ("hint",)),
    ({}, ("fill", "2", "4")),
    ({}, ("check",)),
    ({}, ("solution",)),
    ({MINE: SOLUTION}, ("check",)),
    ({}, ("explain", "it adds")),
    ({}, ("reset", "count")),
)
PREDICTED, PASSED = 1, 7  # places of commands in it
REFUSED = 2  # exit code: it is done, and cannot be done again


def check_kills(top: Path, killed: Sequence[int]) -> None:
    """Live the lesson, with kills of these commands; XDG_STATE_HOME is inside the folder."""
    top.mkdir()
    write_curriculum(top)
    command = [sys.executable, str(KILLED), str(top), json.dumps(LESSON), json.dumps([*killed])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    before: list[Any] = []
    for place, (written, words) in enumerate(LESSON):
        *kills, last = [each for number, each in lines if number == place]
        assert last["killed"] is None and last["code"] in {0, 1}
        assert len(kills) >= 6 if place in killed else not kills, "an append of the learner's, and two of all operations"
        for at, each in enumerate(kills, 1):
            _check(each, before, last, f"{words[0]}, boundary {at}")
        assert any(len(each["killed"]["events"]) > len(before) for each in kills) or not kills, "one is after the record"
        assert written.items() <= {f"files/{name}": text for name, text in last["again"]["files"].items()}.items()
        before = last["again"]["events"]


def _check(each: Mapping[str, Any], before: Sequence[Any], last: Mapping[str, Any], where: str) -> None:
    killed, again, wanted = each["killed"], each["again"], last["again"]
    assert killed["events"][: len(before)] == before and len(killed["events"]) <= len(before) + 1, where
    assert killed["files"].items() <= wanted["files"].items(), f"{where}: half a file"
    is_done = len(killed["events"]) > len(before)
    assert each["code"] == last["code"] or (is_done and each["code"] == REFUSED), where
    assert again["files"] == wanted["files"], where
    assert _further(again["next"]) == _further(wanted["next"]), where


def _further(task: Mapping[str, Any]) -> Mapping[str, Any]:
    """How far they are; an attempt that was made again counts twice."""
    return {name: value for name, value in task.items() if name != "attempts"}
