"""A loop's process among others: its lock, its heartbeat, its end, and whose process it is."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from small_loops import World, until

from overnight.errors import UserError
from overnight.jobs import entries, identity
from overnight.jobs.entries import KEPT_S, KILLED, STUCK_S, Life, read_entry, read_registry, settle, sweep
from overnight.jobs.identity import Identity, is_alive, own_identity, send_signal
from overnight.jobs.listing import LoopState, find, list_loops
from overnight.jobs.loop import Loop, Outcome
from overnight.jobs.presence import LoopBusy, keep_beating, present
from overnight.jobs.records import ENDED, NOW, SETUP
from overnight.jobs.supervisor import ask_to_end


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty registry."""
    return World(folder=tmp_path)


def states(world: World, *, everything: bool = False) -> dict[str, LoopState]:
    """The loops that a person sees."""
    found = list_loops(read_registry(world.loops), now=time.time(), monotonic=time.monotonic(), everything=everything)
    return {line.part: line.state for line in found.loops}


def test_a_loop_is_listed_while_it_runs_and_leaves_nothing(world: World) -> None:
    """With who, where, since when, its heartbeat and what it does; nobody else can be this loop meanwhile."""
    with present(world.loops, world.loop("a")) as presence:
        presence.beat("counting \x1b[31msheep")
        (line,) = list_loops(
            read_registry(world.loops), now=time.time(), monotonic=time.monotonic() + 5, everything=False
        ).loops
        assert (line.name, line.folder, line.system) == (f"{world.folder.name}:a", str(world.folder), "script")
        assert (line.state, line.pid, line.user, line.set_up) == (LoopState.RUNNING, os.getpid(), os.getuid(), False)
        assert line.doing == r"counting \x1b[31msheep"
        assert line.heartbeat_s is not None and line.heartbeat_s >= 5
        with pytest.raises(LoopBusy, match="another process"), present(world.loops, world.loop("a")):
            pass
    assert list(world.loops.iterdir()) == []


def test_all_of_it_is_for_this_user_alone(world: World) -> None:
    """Folders are 0700 and files 0600."""
    with present(world.loops, world.loop("a")):
        modes = {path.stat().st_mode & 0o777 for path in world.loops.rglob("*")}
    assert modes <= {0o700, 0o600} and world.loops.stat().st_mode & 0o777 == 0o700


def test_a_killed_loop_ended_unexpectedly(world: World) -> None:
    """It is shown as such for a day, and takes nobody's place; after that it is forgotten."""
    with world.process("a") as process:
        until(lambda: world.working("a"))
        assert states(world) == {"a": LoopState.RUNNING}
        process.kill()
        process.wait()
    assert states(world) == {"a": LoopState.LOST}
    sweep(read_registry(world.loops))
    assert states(world) == {"a": LoopState.LOST}
    with present(world.loops, world.loop("a")):
        assert states(world) == {"a": LoopState.RUNNING}
    with world.process("a") as process:
        until(lambda: world.working("a"))
        process.kill()
        process.wait()
    old = time.time() - KEPT_S - 1
    os.utime(world.loops / world.loop("a").key / NOW, (old, old))
    sweep(read_registry(world.loops))
    assert list(world.loops.iterdir()) == []


def test_a_silent_loop_is_stuck_whatever_the_clock_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two minutes of a running machine without a heartbeat; a clock that is set years ahead makes nobody stuck."""
    with present(world.loops, world.loop("a")) as presence:
        monkeypatch.setattr(time, "time", lambda: 4e9)
        assert states(world) == {"a": LoopState.RUNNING}
        later = time.monotonic() + STUCK_S + 1
        with monkeypatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: later)
            assert states(world) == {"a": LoopState.STUCK}
            presence.beat("back")
            assert states(world) == {"a": LoopState.RUNNING}


def test_what_is_written_down_is_cleaned_first(world: World) -> None:
    """What it does now, and the error that it ends by."""
    with (
        pytest.raises(RuntimeError),
        present(world.loops, world.loop("a"), clean=lambda text: text.replace("key", "-")) as here,
    ):
        place = world.loops / world.loop("a").key
        (place / SETUP).touch()
        here.beat("reads key")
        assert b"reads -" in (place / NOW).read_bytes()
        raise RuntimeError("no key")
    assert b"no -" in (place / ENDED).read_bytes()


def test_the_heartbeat_goes_on_until_it_is_cancelled(world: World) -> None:
    """It says what the loop does at that moment."""

    async def loop() -> None:
        with present(world.loops, world.loop("a")) as presence:
            async with anyio.create_task_group() as tasks:
                said = anyio.Event()

                def doing() -> str:
                    said.set()
                    return "at work"

                tasks.start_soon(keep_beating, presence, doing)
                await said.wait()
                await anyio.lowlevel.checkpoint()
                found = world.entry("a").present
                assert found is not None and found.doing == "at work"
                tasks.cancel_scope.cancel()

    anyio.run(loop)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (UserError("no key", fix="set it"), Outcome.MISTAKE),
        (ExceptionGroup("both", [UserError("no key"), UserError("no model")]), Outcome.MISTAKE),
        (ExceptionGroup("both", [UserError("no key"), ValueError("a bug")]), Outcome.CRASHED),
        (KeyboardInterrupt(), Outcome.STOPPED),
        (ValueError("a\nbug \x1b[2J"), Outcome.CRASHED),
    ],
)
def test_how_a_loop_ends_is_written_down(world: World, error: BaseException, outcome: Outcome) -> None:
    """By the error that ended it, in one printable line, if the loop is set up; else nothing is left."""
    world.up("a")
    for part in ("a", "b"):
        with pytest.raises(type(error)), present(world.loops, world.loop(part)):
            raise error
    found = world.entry("a").ended
    assert found is not None and found.outcome is outcome and found.reason.isprintable()
    assert read_entry(world.loops / world.loop("b").key) is None


def test_a_number_that_another_process_got_is_no_loop(world: World) -> None:
    """The process with this id started at another time: the run has ended, and no signal reaches the stranger."""
    with world.process("a") as process:
        until(lambda: world.working("a"))
        process.kill()
        process.wait()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        path = world.loops / world.loop("a").key / NOW
        record = json.loads(path.read_text())
        record["process"]["pid"] = stranger.pid
        path.write_text(json.dumps(record))
        found = world.entry("a")
        assert found.life is Life.LOST
        assert not ask_to_end(found)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
        assert stranger.returncode == 0


def test_a_child_that_keeps_the_lock_is_not_the_loop(world: World) -> None:
    """The lock is held by what the loop left behind; its own process is gone, so the run has ended."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from overnight.jobs.loop import Loop; from overnight.jobs.presence import present\n"
        f"with present(Path({str(world.loops)!r}), Loop(system='script', folder={str(world.folder)!r}, part='a')):\n"
        "    if os.fork() == 0:\n"
        "        sys.stdin.read()\n"
        "        os._exit(0)\n"
        "    print(flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.wait()
        entry = world.entry("a")
        assert entry.life is Life.LOST
        settle(entry.place)  # not while the lock is held
        assert world.entry("a").present is not None


def test_what_ran_before_the_machine_restarted_was_no_crash(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its boot is another one."""
    world.up("a")
    with world.process("a") as process:
        until(lambda: world.working("a"))
        process.kill()
        process.wait()
    monkeypatch.setattr(entries, "boot_id", lambda: "another")
    settle(world.entry("a").place)
    found = world.entry("a").ended
    assert found is not None and found.outcome is Outcome.RESTARTED
    monkeypatch.undo()
    assert KILLED not in found.reason


def test_a_process_is_known_by_more_than_its_number() -> None:
    """Of another boot, machine or namespace it cannot be known whether it runs, and it gets no signal from here."""
    mine = own_identity()
    assert is_alive(mine) is True
    assert is_alive(replace(mine, started=mine.started + 1)) is False
    elsewhere = (replace(mine, boot="another"), replace(mine, namespace=1), replace(mine, boot=""))
    assert [is_alive(process) for process in elsewhere] == [None] * 3
    assert not any(send_signal(process, signal.SIGKILL) for process in elsewhere)
    assert not send_signal(replace(mine, started=mine.started + 1), signal.SIGKILL)
    assert not send_signal(Identity(pid=2**22 + 1, started=1, boot=mine.boot, namespace=mine.namespace), signal.SIGKILL)


def test_a_zombie_has_ended() -> None:
    """Nobody has waited for it yet, so its number is still taken."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = identity._started(process.pid)
        assert started is not None
        process.kill()
        until(lambda: identity._started(process.pid) is None)


def test_a_path_that_is_no_text_is_refused_before_it_is_written(world: World) -> None:
    """A campaign there runs on, and is not listed."""
    with pytest.raises(UserError, match="is not UTF-8"), present(world.loops, Loop(system="script", folder="/a\udcff")):
        pass
    registry = read_registry(world.loops)
    assert (registry.entries, registry.troubles) == ((), ())


def test_loops_of_one_name_are_told_apart(world: World) -> None:
    """The plain name is refused with the full ones; a name that is alone stays plain."""
    loops = [Loop(system="script", folder=f"/{parent}/repo", part="t") for parent in ("one", "two")]
    with present(world.loops, loops[0]), present(world.loops, loops[1]), present(world.loops, world.loop("t")):
        registry = read_registry(world.loops)
        full = [name for name in registry.named() if name.startswith("repo:t~")]
        assert len(full) == 2 and f"{world.folder.name}:t" in registry.named()
        assert {find(registry, name).loop.folder for name in full} == {"/one/repo", "/two/repo"}
        with pytest.raises(UserError, match=r"several loops are called `repo:t`.*/one/repo"):
            find(registry, "repo:t")
        with pytest.raises(UserError, match="no loop is called `xyzzy`; these are known: "):
            find(registry, "xyzzy")
