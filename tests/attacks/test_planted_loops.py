"""What is planted in the registry of loops: no link is followed, no text reaches a terminal raw, no planted command runs."""

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from small_loops import World, supervised
from targets import run_here

from overnight.cli.loops import campaign_command
from overnight.errors import UserError
from overnight.files.own import NotOurs
from overnight.jobs.entries import read_registry
from overnight.jobs.identity import own_identity
from overnight.jobs.loop import Loop, Present
from overnight.jobs.presence import present
from overnight.jobs.records import ENDED, LOCK, MOST_BYTES, NOW, SETUP, WATCH
from overnight.jobs.setups import put_up
from overnight.jobs.upkeep import Setup, Timed

HOSTILE = "\x1b]0;owned\x07\u202e" + "x" * 5000 + "\n| a | b |"
FILES = (LOCK, NOW, ENDED, SETUP, WATCH)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A registry with one good loop."""
    made = World(folder=tmp_path)
    made.up("good")
    return made


def link(place: Path, precious: Path) -> None:
    place.symlink_to(precious)


def hard_link(place: Path, precious: Path) -> None:
    place.hardlink_to(precious)


def pipe(place: Path, _: Path) -> None:
    os.mkfifo(place)


def folder(place: Path, _: Path) -> None:
    place.mkdir()


def huge(place: Path, _: Path) -> None:
    place.touch()
    os.truncate(place, 2**42)


def deep(place: Path, _: Path) -> None:
    place.write_text("[" * 10_000)


def garbage(place: Path, _: Path) -> None:
    place.write_bytes(os.urandom(1000))


def surplus(place: Path, _: Path) -> None:
    place.write_text('{"loop": {}, "command": ["touch", "owned"]}')


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("plant", [link, hard_link, pipe, folder, huge, deep, garbage, surplus])
def test_a_planted_file_is_left_out_and_hides_nothing(
    world: World, tmp_path: Path, name: str, plant: Callable[[Path, Path], None]
) -> None:
    """The other loops are listed and supervised, what a link leads to stays as it is, and one line says which folder."""
    precious = tmp_path / "precious"
    precious.write_text("precious")
    world.up("bad")
    place = world.loops / world.loop("bad").key
    (place / name).unlink(missing_ok=True)
    plant(place / name, precious)
    registry = read_registry(world.loops)
    assert f"{tmp_path.name}:good" in registry.named()
    if name != LOCK or plant in (link, hard_link, pipe):  # a lock may hold anything
        assert len(registry.troubles) == 1 and place.name in registry.troubles[0]
        assert registry.troubles[0].isprintable() and len(registry.troubles[0]) < 1000
    with supervised(world) as supervisor:
        supervisor.look()
        assert world.loop("good").key in supervisor.children
    assert precious.read_text() == "precious"


@pytest.mark.parametrize("which", ["state", "state/loops", "loop"])
def test_a_link_in_place_of_a_folder_is_refused(tmp_path: Path, which: str) -> None:
    """Nothing is written where it leads to, neither by a loop nor by who sets one up; a campaign would run on unlisted."""
    world = World(folder=tmp_path / "world")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = world.loops / world.loop("a").key if which == "loop" else world.folder / which
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere)
    with pytest.raises(NotOurs, match="is a link"), present(world.loops, world.loop("a")):
        pass
    with pytest.raises(NotOurs, match="is a link"):
        world.up("a")
    if which == "loop":
        assert len(read_registry(world.loops).troubles) == 1
    else:
        with pytest.raises(NotOurs, match="is a link"):
            read_registry(world.loops)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("which", ["state", "state/loops", "loop", "record"])
def test_what_another_user_owns_is_refused(world: World, which: str) -> None:
    """Also to root: that user could change it while we act on it."""
    place = world.loops / world.loop("good").key
    os.chown({"loop": place, "record": place / SETUP}.get(which, world.folder / which), 12345, 12345)
    if which in ("loop", "record"):
        registry = read_registry(world.loops)
        assert not registry.entries and "belongs to another user" in registry.troubles[0]
    else:
        with pytest.raises(NotOurs, match="belongs to another user"):
            read_registry(world.loops)
    with supervised(world) as supervisor:
        with suppress(NotOurs):
            supervisor.look()
        assert not supervisor.children


def test_an_entry_in_another_s_folder_is_left_out(world: World) -> None:
    """A copied folder would let one loop be taken for another."""
    place, other = world.loops / world.loop("good").key, world.loops / world.loop("other").key
    other.mkdir(mode=0o700)
    (other / SETUP).write_bytes((place / SETUP).read_bytes())
    registry = read_registry(world.loops)
    assert len(registry.entries) == 1 and "it is about another loop" in registry.troubles[0]


def test_hostile_texts_are_shown_printable_and_short(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, folders, what it does, why it ended, its schedule: in `ps` and its JSON, and in the errors of `stop`."""
    loop = Loop(system="script\x1b[2J", folder=f"/{HOSTILE[:3000]}", part=HOSTILE[:3000])
    monkeypatch.setenv("XDG_STATE_HOME", str(world.folder / "xdg"))
    loops = world.folder / "xdg/overnight/loops"
    place = put_up(loops, Setup(loop=loop, wanted=True, timed=Timed(text="at 8\x1b[2J", zone="UTC", written=0.0)), 0.0)
    now = Present(
        loop=loop,
        process=own_identity(),
        host="h\x1b[2J",
        user=0,
        since=0.0,
        began=0.0,
        beat=0.0,
        doing=HOSTILE,
        stop_signal="SIGKILL\x1b",
    )
    (place / NOW).write_text(json.dumps(asdict(now)))
    for arguments in (("ps",), ("ps", "--json"), ("ps", "--all"), ("stop", HOSTILE), ("up", HOSTILE), ("down", HOSTILE)):
        done = run_here(world.folder, *arguments)
        for line in (done.stdout + done.stderr).splitlines():
            assert line.isprintable() and len(line) < 4000, arguments


@pytest.mark.parametrize("written", [1e308, 1e18, 3e11, -1e12])
@pytest.mark.parametrize("text", ["at 22:00", "every 15 minutes", "in 5 minutes"])
def test_a_time_that_is_no_date_leaves_one_loop_out(world: World, text: str, written: float) -> None:
    """`ps` and the supervisor go on with the others."""
    world.up("bad")
    path = world.loops / world.loop("bad").key / SETUP
    path.write_text(json.dumps(json.loads(path.read_text()) | {"timed": {"text": text, "zone": "UTC", "written": written}}))
    registry = read_registry(world.loops)
    assert len(registry.entries) == 1 and "no date" in registry.troubles[0]
    with supervised(world) as supervisor:
        supervisor.look()
        assert world.loop("good").key in supervisor.children


def test_no_record_can_bring_a_command(world: World) -> None:
    """Options that `overnight run` does not have for a loop are refused; each value is one word of an option."""
    loop = Loop(system="campaign", folder=str(world.folder), part="t --sandbox=process; rm -rf /")
    good = campaign_command(Setup(loop=loop, wanted=True, options={"slots": "1 --sandbox=process"}), 2.0)
    assert good[4:] == ["run", "--plain", f"--tag={loop.part}", "--slots=1 --sandbox=process", "--hours=2.0000"]
    for name in ("plain --tag", "report", "", "-c"):
        with pytest.raises(UserError, match="has no option"):
            campaign_command(Setup(loop=loop, wanted=True, options={name: "x"}), None)


def test_a_loop_imports_nothing_of_the_folder_that_it_runs_in(tmp_path: Path) -> None:
    """A repository with modules of our names, and of our libraries': none of them is run outside of the jail."""
    for name in ("overnight/__init__.py", "overnight/__main__.py", "click.py", "anyio.py", "signal.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    loop = Loop(system="campaign", folder=str(tmp_path), part="t")
    command = campaign_command(Setup(loop=loop, wanted=True), None)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "error: " in done.stderr and "git" in done.stderr
    assert not (tmp_path / "owned").exists()


def test_a_record_that_grew_too_long_is_not_read(world: World) -> None:
    """At most 64 kB of it."""
    place = world.loops / world.loop("good").key
    (place / SETUP).write_text((place / SETUP).read_text() + " " * MOST_BYTES)
    (place / SETUP).write_text("{" + '"a": 1,' * MOST_BYTES + '"b": 2}')
    assert len(read_registry(world.loops).troubles) == 1


def test_a_signal_that_a_record_names_is_sent_to_its_own_process_only(world: World) -> None:
    """Not to a group, to all, or to a process that started at another time."""
    with present(world.loops, world.loop("good")):
        path = world.loops / world.loop("good").key / NOW
        record = json.loads(path.read_text())
        with supervised(world) as supervisor:
            for pid in (0, -1, 1, 2**40):
                path.write_text(json.dumps(record | {"process": record["process"] | {"pid": pid}, "stop_signal": "SIGKILL"}))
                supervisor.end_all()
        path.write_text(json.dumps(record))
