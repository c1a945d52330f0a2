"""What the pages of the machine lead to, and how they say what came of a task."""

from pathlib import Path

import pytest

from overnight.jobs.listing import LoopLine, LoopState
from overnight.operations.operation import Context
from overnight.operations.own_pages.loops import places_of
from overnight.operations.tasks.task import TaskState
from overnight.operations.tasks.views import TaskLine, TaskPage, result_words


def loop(system: str, folder: Path, part: str) -> LoopLine:
    return LoopLine(
        name=part,
        key=part,
        system=system,
        folder=str(folder),
        part=part,
        state=LoopState.RUNNING,
        set_up=False,
        wanted=False,
        doing="",
        pid=1,
        host="",
        user=None,
        since=None,
        heartbeat_s=None,
        schedule="",
        zone="",
        next=None,
        missed=0,
        newest_missed=None,
        crashes=0,
        log="",
    )


def test_a_loop_leads_to_its_page(tmp_path: Path) -> None:
    """That of its campaign if its repository is served, that of its task; a loop of another kind has none."""
    context = Context(where=tmp_path, environment={}, repositories={"a b": tmp_path})
    lines = [loop("campaign", tmp_path, "night"), loop("task", tmp_path, "check-1"), loop("pool", tmp_path, "p")]
    lines.append(loop("campaign", tmp_path / "other", "far"))
    places = {"night": "/repos/a%20b/campaigns/night", "check-1": "/tasks/check-1", "p": "", "far": ""}
    assert places_of(lines, context) == places


@pytest.mark.parametrize(("result", "says"), [({"docs": 1}, ""), (None, ""), ({"tasks": []}, "no task")])
def test_a_result_is_said_in_the_words_of_its_command(result: object, says: str) -> None:
    """What the command would print; nothing if there is no result, or if it is not one that this version knows."""
    line = TaskLine(
        name="t-1",
        address="/tasks/t-1",
        operation="task list",
        call="task list",
        state=TaskState.DONE,
        repository="",
        where="/",
        principal="owner:me",
        channel="",
        began_at=1.0,
        ended_at=2.0,
    )
    words = result_words(TaskPage(task=line, lines=(), error="", fix="", holds=None, result=result))
    assert says in words.lower() and bool(words) is bool(says)
