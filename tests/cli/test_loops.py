"""`overnight ps`, `up`, `down` and `stop NAME`: what a person types and reads; whole campaigns are in tests/walks."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
from small_loops import World, until
from targets import make_repo, overnight, program, run_here
from test_json_page import fits

from overnight.cli.json_page import SHAPES
from overnight.jobs.entries import read_registry
from overnight.jobs.loop import Ended, Loop, Outcome
from overnight.jobs.presence import present
from overnight.jobs.records import ENDED, write_record
from overnight.jobs.setups import put_up
from overnight.jobs.upkeep import Setup
from overnight.research.places.loops import CAMPAIGN

EDIT = ("OFFSET = 5.0", "OFFSET = 4.0")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A registry of its own, which the commands use too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    made = World(folder=tmp_path)
    monkeypatch.setattr(World, "loops", property(lambda _: tmp_path / "xdg/overnight/loops"))
    return made


def test_nothing_runs_at_first(world: World) -> None:
    """`ps` says so and how to begin; it makes no folder."""
    done = run_here(world.folder, "ps")
    assert done.returncode == 0 and "overnight up --repo PATH" in done.stdout
    assert not world.loops.exists()
    assert json.loads(run_here(world.folder, "ps", "--json").stdout)["loops"] == []


def test_a_running_loop_is_listed_and_stopped_by_name_from_any_folder(world: World) -> None:
    """With all fields of its page; a name that is not known is refused with those that are."""
    with world.process("a") as process:
        until(lambda: world.working("a"))
        found = json.loads(run_here(Path("/"), "ps", "--json").stdout)
        assert fits(found, SHAPES["ps"]) and found["loops"][0]["pid"] == process.pid
        name = found["loops"][0]["name"]
        shown = run_here(Path("/"), "ps").stdout
        assert name in shown and "running" in shown and "working" in shown
        refused = run_here(Path("/"), "up", name)
        assert refused.returncode == 2 and "is not set up; set it up with" in refused.stderr
        refused = run_here(Path("/"), "stop", "xyzzy")
        assert refused.returncode == 2 and f"no loop is called `xyzzy`; these are known: {name}" in refused.stderr
        assert run_here(Path("/"), "stop", name, "--tag", "t").returncode == 2
        stopped = run_here(Path("/"), "stop", name)
        assert f"asked `{name}` (process {process.pid}) to stop" in stopped.stdout
        process.wait()
    assert run_here(Path("/"), "stop", name).returncode == 2


def test_a_supervisor_that_cannot_say_anything_works(world: World) -> None:
    """Its output is on a full disk: it starts what is to run, and ends in good order when it is told to."""
    command = [sys.executable, "-m", "overnight", "up", "--foreground"]
    with Path("/dev/full").open("w") as full, subprocess.Popen(command, stdout=full, stderr=subprocess.PIPE) as process:
        until(lambda: (held := read_registry(world.loops).supervisor) is not None and held.runs)
        process.terminate()
        _, said = process.communicate()
    assert (process.returncode, said) == (0, b"")


def test_down_waits_and_says_for_what(world: World) -> None:
    """With nothing left running it ends with 0, and the loop stays down; one that does not end in time is named."""
    world.up("a")
    with world.process("a") as process:
        until(lambda: world.working("a"))
        name = next(iter(read_registry(world.loops).named()))
        done = run_here(world.folder, "down", name)
        assert (done.returncode, process.wait()) == (0, 0)
        assert f"waiting for {name}: working" in done.stdout and f"{name} is down" in done.stdout
    assert json.loads(run_here(world.folder, "ps", "--json").stdout)["loops"] == []
    (line,) = json.loads(run_here(world.folder, "ps", "--all", "--json").stdout)["loops"]
    assert (line["state"], line["wanted"], line["set_up"]) == ("down", False, True)
    with present(world.loops, world.loop("b")):
        pid = os.getpid()
        record = next(world.loops.glob("*/now.json"))
        record.write_text(record.read_text().replace(str(pid), "1"))  # a process that cannot be reached as this loop
        record.write_text(record.read_text().replace('"namespace": ', '"namespace": 9'))
        (other,) = [each for each in read_registry(world.loops).named() if each != name]
        late = run_here(world.folder, "down", other, "--wait", "0")
        assert late.returncode == 1
        assert "cannot be reached from here; stop it where it was started" in late.stderr
        assert f"still ending after 0.0 s: {other}" in late.stdout


def test_down_and_forget(world: World) -> None:
    """Nothing of it is left; only named ones are forgotten."""
    world.up("a")
    assert run_here(world.folder, "down", "--forget").returncode == 2
    name = next(iter(read_registry(world.loops).named()))
    assert run_here(world.folder, "down", name, "--forget").returncode == 0
    assert [path for path in world.loops.iterdir() if path.is_dir()] == []


def test_a_campaign_is_set_up_only_if_it_could_run(world: World) -> None:
    """A folder, a repository, a program, a schedule and options are checked at once, before anything is written."""
    repo = make_repo(world.folder / "repo", program(EDIT))
    empty = make_repo(world.folder / "empty", "no front matter")
    for arguments, why in (
        (("--repo", "nowhere"), "nowhere is not a folder"),
        (("--repo", str(world.folder)), "git"),
        (("--repo", str(empty)), "program.md"),
        (("--repo", str(repo), "--tag", "a b"), "cannot be part of a branch name"),
        (("--repo", str(repo), "--at", "every fortnight"), "is not understood; write it as one of: every 15 minutes"),
        (("--repo", str(repo), "--at", "at 8", "--zone", "Mars"), "time zone `Mars` is not known"),
        (("--repo", str(repo), "--zone", "UTC"), "--zone can only be used with --at"),
        (("--hours", "8"), "--hours can only be used with --repo"),
        (("--board", "--repo", "."), "--board sets up the board alone"),
        (("--board", "somename"), "--board sets up the board alone"),
        (("--install",), "--install can only be used with --systemd"),
        (("xyzzy",), "no loop is called `xyzzy`"),
    ):
        done = run_here(world.folder, "up", *arguments)
        assert done.returncode == 2 and why in done.stderr, (arguments, done.stderr)
    assert read_registry(world.loops).entries == ()
    assert "nothing is to run" in run_here(world.folder, "up").stdout


def test_a_campaign_that_somebody_else_began_is_set_up_only_by_name(world: World) -> None:
    """As `run` does: the newest one of a cloned folder is not taken up unasked."""
    repo = make_repo(world.folder / "repo", program(EDIT))
    overnight(repo, "run", "--tag", "t", "--plain", "--no-report", "--sandbox", "process", check=0)
    for mark in (world.folder / "xdg/overnight/campaigns").iterdir():
        mark.unlink()
    done = run_here(world.folder, "up", "--repo", str(repo))
    assert done.returncode == 2 and "was not begun here" in done.stderr
    assert read_registry(world.loops).entries == ()


def test_ps_says_what_has_to_be_fixed(world: World) -> None:
    """The state and its reason, and that nothing is started without a supervisor."""
    place = put_up(world.loops, Setup(loop=Loop(system=CAMPAIGN, folder="/repo", part="t"), wanted=True), 0.0)
    assert "no supervisor runs; `overnight up` starts one" in run_here(world.folder, "ps").stdout
    write_record(place / ENDED, Ended(at=0.0, lasted_s=1.0, outcome=Outcome.MISTAKE, reason="the key is missing"))
    shown = run_here(world.folder, "ps").stdout
    assert "repo:t" in shown and "mistake" in shown and "the key is missing" in shown


def test_the_unit_is_one_that_systemd_accepts(world: World) -> None:
    """It is printed, and written only when that is asked for; `systemd-analyze` finds nothing wrong with it."""
    config = world.folder / 'co nf%i$"g'
    environment = {**os.environ, "XDG_CONFIG_HOME": str(config), "XDG_STATE_HOME": str(world.folder / "st%n ate")}
    command = [sys.executable, "-m", "overnight", "up", "--systemd"]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert not config.exists() and "--install" in printed.stderr
    written = subprocess.run([*command, "--install"], env=environment, capture_output=True, text=True, check=True)
    path = config / "systemd/user/overnight.service"
    assert path.read_text() == printed.stdout and "systemctl --user" in written.stdout
    assert f'Environment="XDG_STATE_HOME={world.folder}/st%%n ate"' in printed.stdout
    if which("systemd-analyze"):
        assert complaints(world.folder, printed.stdout) == []
        assert complaints(world.folder, printed.stdout.replace("KillMode=mixed", "KillMode=some"))


def complaints(folder: Path, text: str) -> list[str]:
    """What systemd says about a unit."""
    unit = folder / "overnight.service"
    unit.write_text(text)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    command = ["systemd-analyze", "verify", "--user", str(unit)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return [line for line in done.stderr.splitlines() if "overnight.service" in line]
