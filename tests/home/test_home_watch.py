"""The watch of the home: what it asks and how often, what it says and records, and that it is a loop of this machine."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home, introduce  # noqa: F401
from small_loops import until
from targets import overnight, run_here, started
from test_home_walk import relay

from overnight.cli.loops import home_command
from overnight.home.acting.commanding import Order
from overnight.home.acting.session import command
from overnight.home.events import DeviceDropped
from overnight.home.port import Unreachable
from overnight.home.record.record import HomeRecord
from overnight.home.settings import HomeSettings
from overnight.home.things import CommandOutcome, Device, Trait, Value
from overnight.home.watching.heard import NAME, heard_at
from overnight.home.watching.service import watch_process
from overnight.home.watching.watcher import Watcher
from overnight.jobs.entries import read_registry
from overnight.jobs.records import loops_folder


class Time:
    """A clock that is set by hand, and what was asked when."""

    def __init__(self, *lost: str) -> None:
        self.now, self.asked, self.lost, self.said = 1000.0, list[tuple[float, str]](), set(lost), list[str]()

    async def ask(self, _record: HomeRecord, device: Device) -> Mapping[str, Value]:
        """Answer, unless it is lost."""
        self.asked.append((self.now - 1000, device.alias))
        if device.alias in self.lost:
            raise Unreachable("no connection")
        return {}

    def watch(self, record: HomeRecord, **more: float) -> Watcher:
        """A watcher by this clock."""
        return Watcher(record, say=self.said.append, ask=self.ask, monotonic=lambda: self.now, **more)

    def run(self, watcher: Watcher, seconds: float) -> None:
        """Let time go on."""
        until = self.now + seconds
        while self.now < until:
            for each in watcher.due():
                anyio.run(watcher.look, each)
            self.now = min(until, self.now + watcher.rest_s())


def test_a_lock_that_goes_back_later_is_said(house: FakeHouse) -> None:  # noqa: F811
    """It is looked at every few seconds after a command, and that it is as before is said once; of a lamp nothing is."""
    lock, lamp = house.add("front door", Trait.LOCK, locked=False), house.add("lamp", Trait.LIGHT, on=False)
    time = Time()
    watcher = Watcher(house.record, say=time.said.append, monotonic=lambda: time.now)
    time.run(watcher, 30)
    for alias, want in (("front door", {"locked": True}), ("lamp", {"on": True})):
        result = anyio.run(command, house.record, HomeSettings(zone="UTC"), house.device(alias), Order(want=want))
        assert result.outcome is CommandOutcome.DONE
    lock.reads = lamp.reads = 0
    time.run(watcher, 25)
    assert (lock.reads >= 2, lamp.reads <= 1, time.said) == (True, True, [])
    lock.truth["locked"], lamp.truth["on"] = False, False
    time.run(watcher, 200)
    number = house.record.commands(house.device("front door").number)[0].number
    assert time.said == [f"front door was read back as locked true (#{number}), and says locked false now"]


def test_each_is_asked_once_a_minute_and_not_all_at_once(house: FakeHouse) -> None:  # noqa: F811
    """A device without a name is left alone; one that is named or dropped later is asked from then on, or no more."""
    for number in range(4):
        house.add(f"lamp {number}", Trait.LIGHT, on=False)
    time = Time()
    watcher = time.watch(house.record)
    time.run(watcher, 600)
    counts = {name: [at for at, asked in time.asked if asked == name] for _, name in time.asked}
    assert {len(each) for each in counts.values()} == {10}
    assert len({each[0] for each in counts.values()}) == 4
    house.record.append(DeviceDropped(device=house.device("lamp 0").number))
    house.add("lamp 9", Trait.LIGHT, on=False)
    time.asked.clear()
    time.run(watcher, 120)
    assert {name for _, name in time.asked} == {"lamp 1", "lamp 2", "lamp 3", "lamp 9"}
    assert watcher.doing() == "4 devices watched"


def test_one_that_is_lost_is_asked_ever_more_seldom(house: FakeHouse) -> None:  # noqa: F811
    """Soon once more, then up to every quarter of an hour; that it is lost, and that it answers again, is said once."""
    house.add("lamp", Trait.LIGHT, on=False)
    time = Time("lamp")
    watcher = time.watch(house.record)
    time.run(watcher, 6 * 3600)
    assert [at for at, _ in time.asked[:6]] == [0, 5, 65, 185, 425, 905]
    assert len(time.asked) < 30
    assert time.said == ["lamp does not answer: no connection"]
    assert watcher.doing() == "1 device watched, 1 do not answer"
    time.lost.clear()
    time.run(watcher, 901)
    assert time.said[1:] == ["lamp answers again"]
    assert house.device("lamp").number in heard_at(house.record.folder)


def test_what_changes_is_recorded_and_what_does_not_is_not(house: FakeHouse) -> None:  # noqa: F811
    """Hundreds of looks at a lamp that is switched by hand once, and goes away once, are four events."""
    lamp = house.add("lamp", Trait.LIGHT, on=False)
    clock = Time()
    watcher = Watcher(house.record, say=clock.said.append, monotonic=lambda: clock.now)
    before = house.record.store.newest()
    clock.run(watcher, 3600)
    lamp.truth["on"] = True
    clock.run(watcher, 3600)
    lamp.answers = False
    clock.run(watcher, 3600)
    lamp.answers = True
    clock.run(watcher, 3600)
    kinds = [entry.event.kind for entry in house.record.history(house.device("lamp").number) if entry.seq > before]
    assert kinds == ["read", "lost", "read", "read"]
    assert lamp.reads > 150


def test_a_file_of_somebody_else_says_nothing(house: FakeHouse) -> None:  # noqa: F811
    """When each answered is for show: what cannot be read of it counts as never."""
    for content in (b"", b"[]", b'{"at": {"1": "x"}}', b'{"at": {"../x": 1}}', b"\xff" * 99, b"[" * 100_000):
        (house.record.folder / NAME).write_bytes(content)
        assert heard_at(house.record.folder) == {}


def test_the_watch_is_a_loop_of_this_machine(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """`ps` lists it, a second one is refused, what it hears is seen by others at once, and Ctrl-C ends it in good order."""

    with relay() as (address, _):
        device = introduce(home, "shelly", address, "relay").number
        with started(["-m", "overnight", "home", "watch", "--every", "5"], tmp_path) as process:
            until(lambda: home.reading(device) is not None)
            listed = json.loads(run_here(tmp_path, "ps", "--json").stdout)["loops"]
            assert [(each["system"], each["state"], each["pid"]) for each in listed] == [("home", "running", process.pid)]
            again = run_here(tmp_path, "home", "watch")
            assert again.returncode != 0 and f"process {process.pid} watches the home already" in again.stderr
            assert "watching" not in again.stdout
            assert json.loads(run_here(tmp_path, "home", "status", "--json").stdout)["watch"] == process.pid
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
    assert json.loads(run_here(tmp_path, "home", "status", "--json").stdout)["watch"] is None


def test_without_a_home_there_is_nothing_to_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how to begin; so does `up --home`."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for words in (("home", "watch"), ("up", "--home")):
        done = run_here(tmp_path, *words)
        assert done.returncode == 2 and "overnight home init" in done.stderr


def test_the_watch_is_kept_up(house: FakeHouse, tmp_path: Path) -> None:  # noqa: F811
    """`up --home` sets it up for the supervisor, whose command it is; with anything else beside, it says so."""
    house.add("lamp", Trait.LIGHT, on=False)
    refused = run_here(tmp_path, "up", "--home", "--board")
    assert refused.returncode == 2 and "--home sets up the watch of the home alone" in refused.stderr
    overnight(tmp_path, "up", "--home", check=0)
    try:
        [entry] = [each for each in read_registry(loops_folder()).entries if each.loop.system == "home"]
        assert entry.setup is not None and entry.setup.wanted
        assert list(home_command(entry.setup, None))[-2:] == ["home", "watch"]
        until(lambda: watch_process(house.record.folder) is not None)
    finally:
        overnight(tmp_path, "down", check=0)
    assert watch_process(house.record.folder) is None
