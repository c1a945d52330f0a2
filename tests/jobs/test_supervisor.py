"""What the supervisor does with real processes: starts, adopts, starts again, lets be. Its clock is the test's."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_loops import World, supervised, until

from overnight.jobs.entries import Life
from overnight.jobs.loop import Ended, Loop, Outcome
from overnight.jobs.plan import FIRST_PAUSE_S
from overnight.jobs.records import ENDED, WATCH, write_record
from overnight.jobs.setups import lift, put_up, unwant, want
from overnight.jobs.supervisor import Supervisor
from overnight.jobs.upkeep import Setup, Watch

HOUR_S, DAY_S = 3600, 86400


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty registry."""
    return World(folder=tmp_path)


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process can grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def ended(world: World, supervisor: Supervisor, part: str) -> Outcome:
    """Wait for the end of a loop that a supervisor started; how it ended."""
    child = supervisor.children[world.loop(part).key]
    child.process.wait()
    supervisor.reap(registry=supervisor.look())
    found = world.entry(part).ended
    assert found is not None
    return found.outcome


def test_what_is_set_up_is_started_and_runs_on_without_its_supervisor(world: World) -> None:
    """A second supervisor finds it in the registry, starts no other one, and can end it in good order."""
    world.up("a")
    with supervised(world) as first:
        first.look()
        until(lambda: world.working("a"))
        process = world.entry("a").present
        second = world.supervisor()
        second.look()
        assert world.entry("a").present == process and not second.children
        assert second.end_all() == [f"{world.folder.name}:a"]
        until(lambda: first.children[world.loop("a").key].process.poll() is not None)
        assert second.end_all() == []
    found = world.entry("a").ended
    assert found is not None and (found.outcome, found.reason) == (Outcome.STOPPED, "asked to")


def test_a_killed_loop_starts_again_after_a_pause_that_grows(world: World) -> None:
    """Not at once, and not sooner after the second time; a person who asks for it gets it at once."""
    world.up("a")
    with supervised(world) as supervisor:
        for crash in (1, 2):
            supervisor.look()
            until(lambda: world.working("a"))
            process = world.entry("a").present
            assert process is not None
            os.kill(process.process.pid, signal.SIGKILL)
            until(lambda: world.entry("a").life is Life.LOST)
            supervisor.children[world.loop("a").key].process.wait()
            supervisor.look()
            found = world.entry("a").ended
            assert found is not None and found.outcome is Outcome.CRASHED and "unexpectedly" in found.reason
            supervisor.look()
            assert not supervisor.children and world.entry("a").watch.crashes == crash
            world.clock.now += FIRST_PAUSE_S * crash - 0.1
            supervisor.look()
            assert not supervisor.children
            world.clock.now += 0.2
        supervisor.look()
        assert supervisor.children


@pytest.mark.parametrize(
    ("what", "outcome", "reason"),
    [
        ("done", Outcome.DONE, ""),
        ("over", Outcome.OVER, "its share is used up"),
        ("mistake", Outcome.MISTAKE, "the key is missing; set it"),
        ("refuse", Outcome.MISTAKE, "there is no program.md here"),
        ("crash", Outcome.CRASHED, "ValueError: a bug"),
        ("break", Outcome.CRASHED, "exit code 1: something is wrong"),
    ],
)
def test_only_a_crash_is_tried_again(world: World, what: str, outcome: Outcome, reason: str) -> None:
    """What is done or needs a person rests, with its reason, until a person asks for it by name."""
    world.up("a", what)
    with supervised(world) as supervisor:
        supervisor.look()
        assert ended(world, supervisor, "a") is outcome
        found = world.entry("a").ended
        assert found is not None and found.reason == reason
        world.clock.now += 10 * FIRST_PAUSE_S
        supervisor.look()
        assert bool(supervisor.children) is (outcome is Outcome.CRASHED)
        if outcome is not Outcome.CRASHED:
            want(world.entry("a"), world.clock())
            supervisor.look()
            assert supervisor.children


def test_a_loop_that_is_taken_down_is_not_started(world: World) -> None:
    """Also not by the next supervisor."""
    world.up("a")
    unwant(world.entry("a"))
    with supervised(world) as supervisor:
        supervisor.look()
        assert not supervisor.children
        want(world.entry("a"), world.clock())
        supervisor.look()
        assert supervisor.children


def test_a_loop_that_is_taken_down_while_it_starts_ends(world: World) -> None:
    """It had no entry yet that could be asked to end; one that a person runs by hand goes on."""
    world.up("a")
    world.up("b")
    unwant(world.entry("b"))
    with supervised(world) as supervisor, world.process("b"):
        supervisor.look()
        unwant(world.entry("a"))
        until(lambda: world.working("a") and world.working("b"))
        supervisor.look()
        supervisor.children[world.loop("a").key].process.wait()
        supervisor.look()
        assert world.entry("a").life is Life.NONE and world.entry("b").life is Life.RUNS


def test_a_run_that_a_signal_ended_goes_on_when_it_is_put_up_again(world: World) -> None:
    """With the hours that it has left, as after a restart of the machine; one that a person stopped waits for its next time."""
    world.clock.now -= world.clock.now % DAY_S - 22 * HOUR_S + 60
    for part in ("signal", "stopped"):
        world.up(part, timed="every night at 22:00", hours=2.0)
        place = world.entry(part).place
        began = world.clock.now + 60
        write_record(place / WATCH, Watch(handled=began, began=began))
        write_record(place / ENDED, Ended(at=began, lasted_s=60.0, outcome=Outcome(part), reason=""))
    world.clock.now += HOUR_S + 60
    for part in ("signal", "stopped"):
        lift(world.entry(part))
    with supervised(world) as supervisor:
        supervisor.look()
        assert list(supervisor.children) == [world.loop("signal").key]
        until(lambda: world.working("signal"))
        assert world.entry("signal").log.read_text() == "hours 1.00\n"


def test_an_end_that_cannot_be_written_down_is_noted_later(world: World) -> None:
    """A full disk ends no supervisor, and what ended is not started again as if it had never run."""
    world.up("a", "break")
    with supervised(world) as supervisor:
        supervisor.look()
        child = supervisor.children[world.loop("a").key]
        child.process.wait()
        with no_room():
            supervisor.look()
            assert world.entry("a").ended is None and supervisor.children == {world.loop("a").key: child}
        supervisor.look()
        found = world.entry("a").ended
        assert found is not None and found.outcome is Outcome.CRASHED and not supervisor.children


def test_what_cannot_be_started_says_why(world: World) -> None:
    """A folder that is gone and a system that nobody knows are mistakes, and hold up no other loop."""
    for loop in (Loop(system="script", folder="/nowhere"), Loop(system="magic", folder=str(world.folder))):
        put_up(world.loops, Setup(loop=loop, wanted=True, options={"what": "run"}), world.clock())
    world.up("a", "done")
    with supervised(world) as supervisor:
        supervisor.look()
        assert list(supervisor.children) == [world.loop("a").key]
        assert any("No such file" in line for line in world.said) and any("`magic`" in line for line in world.said)
        world.said.clear()
        supervisor.look()
        assert not any("magic" in line for line in world.said)


def test_a_schedule_starts_a_run_with_its_hours_and_a_crash_leaves_the_rest(world: World) -> None:
    """Nothing before its time. Killed after half an hour, it goes on with what is left; at the end nothing is left to start."""
    world.clock.now -= world.clock.now % DAY_S - 21 * HOUR_S
    world.up("a", timed="every night at 22:00", hours=2.0)
    with supervised(world) as supervisor:
        supervisor.look()
        assert not supervisor.children
        world.clock.now += HOUR_S
        for past_s in (0.0, HOUR_S / 2, HOUR_S * 3 / 2):
            world.clock.now += past_s
            supervisor.look()
            supervisor.look()  # after the pause
            if child := supervisor.children.get(world.loop("a").key):
                until(lambda: world.working("a"))
                child.process.kill()
                child.process.wait()
                world.clock.now -= FIRST_PAUSE_S
                supervisor.look()
                world.clock.now += FIRST_PAUSE_S
        assert world.entry("a").log.read_text().split() == ["hours", "2.00", "hours", "1.50"]
        found = world.entry("a").ended
        assert found is not None and found.outcome is Outcome.OVER and not supervisor.children
        world.clock.now += DAY_S
        supervisor.look()
        assert supervisor.children and world.entry("a").watch.missed == 1
