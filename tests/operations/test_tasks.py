"""Tasks: what lasts is carried out by a process of its own, which outlives its caller and is seen for what it is."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from started_processes import processes
from task_ends import ended, gone, none_left

from overnight.cli.options import CALLER
from overnight.errors import InternalError, UserError
from overnight.files.own import make_folder
from overnight.jobs.identity import own_identity
from overnight.jobs.records import write_record
from overnight.operations import registry
from overnight.operations.answer import answer
from overnight.operations.operation import AnyOperation, Begun, Context, Tier
from overnight.operations.own import approvals, ps, task_list, task_show, task_stop
from overnight.operations.perform import ApprovalAsked
from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal
from overnight.operations.record import open_record
from overnight.operations.registry import find
from overnight.operations.tasks import beginning, folder
from overnight.operations.tasks.beginning import MOST_OF_OTHERS, MOST_RUNNING, begin
from overnight.operations.tasks.task import TaskCall, TaskEnd, TaskState
from overnight.operations.tasks.views import TaskPage

AGENT = Principal(Kind.AGENT, "claude")
SLOW = '''
"""Something slow."""

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowInput:
    """What to do."""

    does: Annotated[str, Option(about="wait, fail, crash or end.")] = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """What it saw."""

    caller: str
    where: str
    principal: str


def run(context: Context, given: SlowInput) -> Slow:
    """Say a line, then wait for a file."""
    context.say("it begins\\x1b[31m")
    if given.does.startswith("fail"):
        raise UserError("it cannot be done", fix="do without it")
    if given.does == "crash":
        raise RuntimeError("a bug")
    while given.does == "wait" and not Path("go").exists():
        time.sleep(0.05)
    return Slow(caller=os.environ.get("OVERNIGHT_PRINCIPAL", ""), where=os.getcwd(), principal=str(context.principal))


def state(context: Context, given: SlowInput) -> str:
    return (context.where / "version").read_text() if (context.where / "version").exists() else ""


OPERATION = Operation(
    name="slow TIER",
    about="Be slow.",
    input=SlowInput,
    output=Slow,
    tier=Tier("TIER"),
    lasts=True,
    run=run,
    render=str,
    state=state,
    read_back=repeatable,
    holds=lambda slow: slow.where != "/",
)
'''


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installed package that has operations of its own."""
    made = tmp_path_factory.mktemp("package")
    (made / "slowness" / "operations").mkdir(parents=True)
    for each in (made / "slowness", made / "slowness" / "operations"):
        (each / "__init__.py").write_text("")
    for tier in ("read", "costly"):
        (made / "slowness" / "operations" / f"slow_{tier}.py").write_text(SLOW.replace("TIER", tier))
    about = made / "slowness-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: slowness\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[overnight.operations]\nslowness = slowness.operations\n")
    return made


@pytest.fixture(autouse=True)
def _installed(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package is installed here and for processes; the state folder is the test's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(package))
    monkeypatch.syspath_prepend(str(package))
    registry.added_modules.cache_clear()
    with none_left():
        yield
    registry.added_modules.cache_clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """A folder to be slow in, and who calls."""

    folder: Path
    principal: Principal = OWNER

    @property
    def context(self) -> Context:
        origin = Origin.OWNER if self.principal.kind is Kind.OWNER else Origin.CLAW
        address = Address(channel="rest", id=self.principal.name)
        return Context(
            where=self.folder, principal=self.principal, origin=origin, address=address, repositories={"here": self.folder}
        )

    def begin(self, *, does: str = "wait", tier: Tier = Tier.READ) -> Begun:
        slow = operation(tier)
        return begin(slow, self.context, slow.input(does=does))

    def show(self, name: str) -> TaskPage:
        return task_show.run(self.context, task_show.TaskShowInput(name=name))


def operation(tier: Tier) -> AnyOperation:
    found = find(f"slow {tier}")
    assert found is not None
    return found


@pytest.fixture
def here(tmp_path: Path) -> Here:
    made = tmp_path / "here"
    made.mkdir()
    return Here(folder=made)


def test_a_task_is_seen_while_it_runs_and_after(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call has the same task; `ps` lists it; it runs in the folder, not as its caller; its result is kept."""
    monkeypatch.setenv(CALLER, "agent:claude")
    with ThreadPoolExecutor(3) as callers:
        [begun] = set(callers.map(lambda _: here.begin(), range(3)))
    assert begun.address == f"/tasks/{begun.task}" and begun.task.startswith("slow-read-")
    assert here.begin() == begun
    page = here.show(begun.task)
    assert (page.task.state, page.task.repository, page.result) == (TaskState.RUNNING, "here", None)
    assert [(loop.system, loop.part) for loop in ps.run(here.context, ps.PsInput()).loops] == [("task", begun.task)]
    (here.folder / "go").touch()
    ended(begun.task)
    page = here.show(begun.task)
    assert page.task.state is TaskState.DONE and page.holds and page.task.ended_at
    assert page.result == {"caller": "", "where": str(here.folder), "principal": "owner:terminal"}
    assert list(page.lines) == ["it begins\\x1b[31m"]
    assert ps.run(here.context, ps.PsInput()).loops == ()
    other = here.begin()
    assert other.task != begun.task
    assert [line.name for line in task_list.run(here.context, task_list.TaskListInput()).tasks] == [other.task, begun.task]
    assert all(path.stat().st_mode & 0o77 == 0 for path in (folder.tasks_folder() / begun.task).iterdir())


def test_what_fails_at_once_is_an_error_at_once(here: Here) -> None:
    """With its fix; a bug of ours is none of the caller's."""
    with pytest.raises(UserError, match="it cannot be done; do without it"):
        here.begin(does="fail" + " " * 9_000)
    with pytest.raises(InternalError, match="a bug in overnight"):
        here.begin(does="crash")
    crashed, failed = (here.show(line.name) for line in task_list.run(here.context, task_list.TaskListInput()).tasks)
    assert (failed.task.state, failed.error, failed.fix) == (TaskState.FAILED, "it cannot be done", "do without it")
    assert crashed.task.state is TaskState.FAILED and any("RuntimeError: a bug" in line for line in crashed.lines)


def test_a_killed_task_ended_unexpectedly(here: Here) -> None:
    """Its process is known by more than its number; the same call begins another one."""
    begun = here.begin()
    process = folder.find_task(begun.task).process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    gone(process)
    assert here.show(begun.task).task.state is TaskState.LOST
    with pytest.raises(UserError, match="does not run: ended unexpectedly"):
        task_stop.run(here.context, task_stop.TaskStopInput(name=begun.task))
    assert here.begin().task != begun.task


def test_a_task_can_be_stopped(here: Here) -> None:
    """By its name; what was begun stays as it is."""
    begun = here.begin()
    assert task_stop.run(here.context, task_stop.TaskStopInput(name=begun.task)).name == begun.task
    ended(begun.task)
    assert here.show(begun.task).task.state is TaskState.STOPPED


def test_a_task_outlives_its_caller(here: Here, package: Path) -> None:
    """Also one whose whole group is killed, as a terminal does that is closed."""
    code = (
        "import sys, time; from pathlib import Path; from overnight.operations.registry import find\n"
        "from overnight.operations.operation import Context; from overnight.operations.tasks.beginning import begin\n"
        "slow = find('slow read'); print(begin(slow, Context(where=Path.cwd()), slow.input()).task, flush=True); time.sleep(99)"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, cwd=here.folder, stdout=subprocess.PIPE, text=True, start_new_session=True) as caller:
        assert caller.stdout is not None
        name = caller.stdout.readline().strip()
        os.killpg(caller.pid, signal.SIGKILL)
    assert here.show(name).task.state is TaskState.RUNNING
    (here.folder / "go").touch()
    ended(name)
    assert here.show(name).task.state is TaskState.DONE


def test_what_needs_an_approval_is_asked_about_first(here: Here) -> None:
    """Nothing is started before; the record has it once, with who asked."""
    agent = Here(folder=here.folder, principal=AGENT)
    with processes() as started, pytest.raises(ApprovalAsked) as asked:
        agent.begin(tier=Tier.COSTLY)
    assert started == [] and folder.all_tasks() == []
    answer(Context(where=here.folder), str(asked.value.number), granted=True)
    begun = agent.begin(tier=Tier.COSTLY)
    assert here.show(begun.task).task.principal == "agent:claude"
    [entry] = approvals.run(here.context, approvals.ApprovalsInput()).recent
    assert (entry.state, entry.principal, entry.channel) == ("used", "agent:claude", "rest")
    (here.folder / "go").touch()
    ended(begun.task)
    with open_record() as record, record._store.reading() as db:
        assert db.execute("SELECT outcome, detail FROM calls").fetchall() == [("done", f"task {begun.task}")]
    assert here.show(begun.task).result == {"caller": "", "where": str(here.folder), "principal": "agent:claude"}


def written(name: str, where: Path, *, state: TaskState | None, at: float, by: str = "owner:me") -> None:
    """A task on disk: ended, or of this very process."""
    place = folder.tasks_folder() / name
    make_folder(place)
    call = TaskCall(operation="check", call="check", digest=name, where=str(where), principal=by, channel="", began_at=at)
    write_record(place / folder.CALL, call)
    write_record(place / folder.PROCESS, own_identity())
    if state:
        write_record(place / folder.END, TaskEnd(state=state, at=at))


def test_tasks_are_bounded(here: Here) -> None:
    """So many run at once; of those that have ended, the newest are kept."""
    for number in range(folder.KEPT + 3):
        written(f"old-{number}", here.folder, state=TaskState.DONE, at=float(number))
    for number in range(MOST_RUNNING):
        written(f"now-{number}", here.folder, state=None, at=time.time())
    with processes() as started, pytest.raises(UserError, match="8 tasks run already"):
        here.begin()
    assert started == []
    folder.forget_old()
    names = {task.name for task in folder.all_tasks()}
    assert len(names) == folder.KEPT + MOST_RUNNING and "old-3" in names and "old-2" not in names
    for number in range(MOST_RUNNING):
        write_record(folder.tasks_folder() / f"now-{number}" / folder.END, TaskEnd(state=TaskState.DONE, at=0.0))


def test_agents_leave_the_owner_some(here: Here) -> None:
    """However many they begin, under whatever names."""
    for number in range(MOST_OF_OTHERS):
        written(f"now-{number}", here.folder, state=None, at=time.time(), by=f"agent:a{number}")
    with processes() as started, pytest.raises(UserError, match="6 tasks of agents and members run already"):
        replace(here, principal=AGENT).begin()
    assert started == []
    assert here.begin(does="end").task
    for number in range(MOST_OF_OTHERS):
        write_record(folder.tasks_folder() / f"now-{number}" / folder.END, TaskEnd(state=TaskState.DONE, at=0.0))


def test_a_face_shows_the_tasks_of_what_it_serves(here: Here, tmp_path: Path) -> None:
    """And those of the machine; the command line shows all."""
    other = tmp_path / "other"
    for name, where in (("a", here.folder), ("b", other), ("c", Path("/"))):
        written(name, where, state=TaskState.DONE, at=1.0)
    listed = task_list.run(here.context, task_list.TaskListInput()).tasks
    assert {line.name for line in listed} == {"a", "c"}
    assert len(task_list.run(Context(where=here.folder), task_list.TaskListInput()).tasks) == 3
    for name in ("b", "../here", "a/../a", "", "x" * 300, "\x1b"):
        with pytest.raises(UserError, match=r"no task|not served"):
            here.show(name)


def test_what_is_planted_is_no_task(here: Here, tmp_path: Path) -> None:
    """A link, another's file, words that are no record: left out, and nothing is written through them."""
    tasks = folder.tasks_folder()
    written("good", here.folder, state=TaskState.DONE, at=1.0)
    (tasks / "link").symlink_to(tasks / "good")
    for name, content in (("words", "{"), ("other", json.dumps({"operation": 1}))):
        make_folder(tasks / name)
        (tasks / name / folder.CALL).write_text(content)
    written("linked", here.folder, state=TaskState.DONE, at=2.0)
    (tasks / "linked" / folder.RESULT).symlink_to(tmp_path / "secret")
    (tmp_path / "secret").write_text('"secret"')
    assert [task.name for task in folder.all_tasks()] == ["good"]


def test_the_state_is_that_of_the_approval(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has changed between the door and the process is not done."""
    spawn = beginning._spawn

    def changed(*given: object) -> int:
        (here.folder / "version").write_text("2")
        return spawn(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(beginning, "_spawn", changed)
    with pytest.raises(UserError, match="has changed since it was allowed"):
        here.begin(does="end")
