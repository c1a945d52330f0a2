"""`setup` of actions: run from the base, made once, shown read-only, shared, bounded, and its failure an outcome."""

import os
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from action_places import ActionPlaces, action_places
from proxied import HOST, LOOPBACK, Names, origin

from overnight.actions.charter import Role, Rules
from overnight.actions.checkouts.commands import reaching
from overnight.actions.checkouts.preparation import PreparedWorker
from overnight.actions.checkouts.setups import SetupFailed, Setups, cache_folder, key_of
from overnight.actions.findings import CheckOutcome, TurnOutcome
from overnight.actions.port import Order
from overnight.egress.connection import Connection
from overnight.egress.dial import Dialer
from overnight.jail.job import Limits
from overnight.ledger.artifacts import ArtifactStore
from overnight.machines.proxied import ProxiedExecutor

FILES = {"requirements.txt": "x==1\n", "app.py": "print(1)\n", "pkg/a.py": "A = 1\n"}
MAKE = "mkdir -p .deps pkg/gen; cat requirements.txt > .deps/made; echo g > pkg/gen/g; echo changed > app.py; echo > 'o [d]*d'"
SETUP = Rules(setup=MAKE, env=(("GREETING", "it's"),))


def on(places: ActionPlaces, commit: str, *commands: str) -> list[CheckOutcome]:
    """The outcomes of checks, one after the other."""

    async def run() -> list[CheckOutcome]:
        return [await places.commands.on(commit, command) for command in commands]

    return anyio.run(run)


def made(place: Path) -> list[Path]:
    """What is kept of setups."""
    return [home for home in place.iterdir() if home.name != "locks"]


def test_jobs_find_what_setup_made_and_cannot_change_it(tmp_path: Path) -> None:
    """It is at the same paths, read-only; what setup changed in committed files is not, and git sees no difference."""
    with action_places(tmp_path, FILES, rules=SETUP) as places:
        looks = "cat .deps/made pkg/gen/g app.py; git status --porcelain; echo $GREETING"
        seen, written, again = on(
            places, places.base, f'[ "$({looks})" = "$(printf "x==1\\ng\\nprint(1)\\nit\'s")" ]', "echo x > .deps/made", looks
        )
        assert seen.passed, (seen.reason, places.commands.artifacts.read(seen.log))
        assert not written.passed and "Read-only" in written.reason
        assert again.passed and len(made(tmp_path / "setups")) == 1
        folder = places.folders.create(places.base)
        anyio.run(places.preparation.furnish, folder)
        places.folders.begin(folder, 1)
        assert places.folders.commit(folder, base=places.base, action=7, turn=1, message="m") == ("", [])


def test_it_runs_once_for_all_that_wait_for_it(tmp_path: Path) -> None:
    """Two actions that need the same setup at once get one run; a third finds it made."""
    setups, runs, key = Setups(place=tmp_path / "setups"), list[str](), key_of("k")

    async def make(tree: Path) -> list[str]:
        runs.append("began")
        await anyio.lowlevel.checkpoint()
        (tree / "x").write_text("x")
        return []

    async def take() -> None:
        held = await setups.take(key, make)
        assert held.setup.paths == ("x",)
        held.close()

    async def take_all() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(take)

    anyio.run(take_all)
    anyio.run(take)
    assert runs == ["began"]


def test_a_change_of_its_inputs_gets_its_own_once_a_person_has_accepted(tmp_path: Path) -> None:
    """Until then a commit with another lock file is checked with the setup of the base, and its outcome says so."""
    with action_places(tmp_path, FILES, rules=SETUP) as places:
        changed = places.attempt(1, {"requirements.txt": b"x==2\n"})
        same = places.attempt(2, {"app.py": b"print(2)\n"})
        first, other = on(places, changed, "grep -q x==1 .deps/made"), on(places, same, "grep -q x==1 .deps/made")
        assert first[0].passed and first[0].note.startswith("requirements.txt changed: this ran with the setup of the base")
        assert other[0].passed and other[0].note == ""
        places.accepted = True
        (later,) = on(places, changed, "grep -q x==2 .deps/made")
        assert later.passed and later.note == "" and len(made(tmp_path / "setups")) == 2


def test_a_failed_setup_is_an_error_with_the_end_of_its_output(tmp_path: Path) -> None:
    """Nothing is checked, nothing is kept of it, and it is tried again the next time; no secret is in what is said."""
    rules = Rules(setup="test -e ok.txt || { echo ERROR: no package hunter2hunter2 >&2; exit 3; }; echo > made")
    with action_places(tmp_path, FILES, rules=rules, secrets=["hunter2hunter2"]) as places:
        with pytest.raises(SetupFailed, match=r"`setup` of actions.md failed: exit code 3: ERROR: no package \[") as failed:
            on(places, places.base, "true")
        assert "hunter2" not in str(failed.value) + "".join((*failed.value.excerpt, *failed.value.notes))
        log = ArtifactStore(tmp_path / "state" / "artifacts").read(failed.value.log)
        assert log is not None and log.startswith(b"ERROR: no package [") and b"hunter2" not in log
        assert made(tmp_path / "setups") == [] and list((tmp_path / "state").glob(".work-*/trees/*")) == []
        with pytest.raises(SetupFailed):
            on(places, places.base, "true")


def test_a_setup_that_nobody_wrote_does_not_stop_what_needs_none(tmp_path: Path) -> None:
    """It is tried once for an action, and each outcome says that it was left out."""
    rules = Rules(setup="echo ERROR: no network >&2; exit 3", found=("checks", "setup"))
    with action_places(tmp_path, FILES, rules=rules) as places:
        first, second = on(places, places.base, "test -e app.py", "test -e .deps")
        assert first.passed and not second.passed
        assert all("ran without the setup that the files suggest" in each.note for each in (first, second))


def test_what_was_left_half_made_is_made_again(tmp_path: Path) -> None:
    """A folder without its record is none: it is deleted, and made anew."""
    setups = Setups(place=tmp_path / "s")

    async def make(tree: Path) -> list[str]:
        assert os.listdir(tree) == []  # noqa: PTH208
        (tree / "whole").write_text("x")
        return []

    half = tmp_path / "s" / "k" / "tree"
    half.mkdir(parents=True)
    (half / "half").write_text("x")
    held = anyio.run(setups.take, "k", make)
    assert held.setup.paths == ("whole",) and not (half / "half").exists()
    held.close()


def test_those_used_longest_ago_go_first_and_never_one_in_use(tmp_path: Path) -> None:
    """Over the bound the oldest is deleted; one that is held stays, whatever its age."""
    setups = Setups(place=tmp_path / "s", total_bytes=250_000)

    async def make(tree: Path) -> list[str]:
        (tree / "x").write_bytes(bytes(100_000))
        return []

    held = {key: anyio.run(setups.take, key, make) for key in ("a", "b")}
    held["b"].close()
    for age, key in enumerate(("b", "a")):
        os.utime(tmp_path / "s" / key / "made.json", (1000 - age, 1000 - age))
    anyio.run(setups.take, "c", make).close()
    assert sorted(home.name for home in made(tmp_path / "s")) == ["a", "c"]
    held["a"].close()
    setups.sweep(most_bytes=0)
    assert made(tmp_path / "s") == []


def test_programs_of_an_environment_are_found_first(tmp_path: Path) -> None:
    """What `setup` installed into an environment or `node_modules` is on the PATH of every job."""
    make = "mkdir -p .venv/bin node_modules/.bin; echo > .venv/pyvenv.cfg"
    for folder, name in ((".venv/bin", "one"), ("node_modules/.bin", "two")):
        make += f"; printf '#!/bin/sh\\necho {name}\\n' > {folder}/{name}; chmod +x {folder}/{name}"
    with action_places(tmp_path, FILES, rules=Rules(setup=make)) as places:
        (outcome,) = on(places, places.base, '[ "$(one; two)" = "$(printf "one\\ntwo")" ]')
        assert outcome.passed, outcome.reason


def test_relative_paths_of_readable_are_found_in_the_folder(tmp_path: Path) -> None:
    """Data of the checkout that is not committed is at its own relative path, and no part of a change."""
    (tmp_path / "repo/data").mkdir(parents=True)
    with action_places(tmp_path, {**FILES, ".gitignore": "data/\n"}, rules=Rules(readable=("data/set",))) as places:
        (places.repository.toplevel / "data/set").mkdir()
        (places.repository.toplevel / "data/set/x").write_text("here")
        (outcome,) = on(places, places.base, "[ $(cat data/set/x) = here ] && ! echo > data/set/y")
        assert outcome.passed, outcome.reason


def test_an_editable_install_leads_astray_without_a_jail(tmp_path: Path) -> None:
    """Folders have different names there, so each outcome says whose code an environment may run."""
    rules = Rules(setup="mkdir .venv; echo > .venv/pyvenv.cfg")
    with action_places(tmp_path, FILES, rules=rules, sandbox="process") as places:
        (outcome,) = on(places, places.base, "test -e .venv/pyvenv.cfg")
        assert outcome.passed and outcome.note.startswith("without a jail") and not outcome.old_setup


def test_a_check_has_no_network_and_its_log_no_secret(tmp_path: Path) -> None:
    """Hosts of `allow` are for agents; what a check prints is kept without secrets."""
    rules = Rules(allow=("pypi.org",))
    with action_places(tmp_path, FILES, rules=rules, secrets=["hunter2hunter2"]) as places:
        (outcome,) = on(places, places.base, "env | grep -i proxy; echo hunter2hunter2; echo Error: hunter2hunter2; exit 4")
        log = places.commands.artifacts.read(outcome.log) or b""
        assert b"hunter2" not in log and b"proxy" not in log.lower()
        assert outcome.reason.startswith("exit code 4: Error: ") and "hunter2" not in outcome.reason


def test_setup_reaches_registries_and_what_is_allowed_by_the_proxy(tmp_path: Path) -> None:
    """A host of `allow` answers it, one that is not listed is refused; the checks after it reach neither."""

    async def run() -> tuple[CheckOutcome, list[str]]:
        async with origin() as host:
            listed = f"{HOST}:{host.port}"
            fetch = f"curl -sS http://{listed}/ > got; curl -sS http://evil.org/ > refused; true"
            rules = Rules(setup=fetch, allow=(listed,))
            with action_places(tmp_path, FILES, rules=rules) as places:
                reached: list[Connection] = []
                jail = places.machine.executor(places.repository)
                assert isinstance(jail, ProxiedExecutor)
                places.preparation.executor = ProxiedExecutor(
                    jail.inner,
                    reached=lambda _, connections: reached.extend(connections),
                    dialer=lambda: Dialer(Names({HOST: [["127.0.0.1"]]}), also=[LOOPBACK]),
                )
                looks = f"grep -q hello got && grep -q 'not in' refused; ! curl -sS --max-time 2 http://{listed}/"
                return await places.commands.on(places.base, looks), [connection.host for connection in reached]

    outcome, reached = anyio.run(run)
    assert outcome.passed, (outcome.reason, outcome.excerpt)
    assert sorted(reached) == ["evil.org", HOST]


def test_an_agent_reaches_what_is_allowed_and_its_own_limits_stay() -> None:
    """The hosts of `allow` are added to the limits of its jobs, its own or the repository's."""
    rules = Rules(allow=("pypi.org",), limits=Limits(wall_s=7.0))
    assert reaching(rules, rules.limits) == Limits(wall_s=7.0, hosts=("pypi.org",))
    assert reaching(rules, Limits(wall_s=9.0)) == Limits(wall_s=9.0, hosts=("pypi.org",))
    assert reaching(Rules(allow=("x.org",)), Limits(network="host")).hosts == ()


def test_a_turn_finds_what_setup_made_and_is_noted_if_it_edits(tmp_path: Path) -> None:
    """An agent's folder is furnished before its turn; a coder's work is saved if it is cut off, a reviewer's is not."""

    class Agent:
        async def turn(self, order: Order) -> TurnOutcome:
            assert (order.folder / ".deps").is_symlink()
            (order.folder / "app.py").write_text(order.role)  # an agent of the test
            raise RuntimeError("cut off")

    with action_places(tmp_path, FILES, rules=SETUP) as places:
        worker = PreparedWorker(inner=Agent(), preparation=places.preparation)
        for turn, role in enumerate((Role.CODER, Role.REVIEWER), 1):
            folder = places.folders.create(places.base)
            order = Order(action=7, turn=turn, role=role, folder=folder, prompt="")
            with pytest.raises(RuntimeError, match="cut off"):
                anyio.run(worker.turn, order)
            places.folders.remove(folder)
        saved = places.saved(1) or ""
        assert places.history.read_files(saved, ["app.py"])["app.py"] == b"coder" and places.saved(2) is None


def test_those_who_wait_share_a_failure(tmp_path: Path) -> None:
    """A setup that fails while others wait for it is not run for each of them; a later one tries again."""
    setups, runs = Setups(place=tmp_path / "s"), list[int]()

    async def make(_tree: Path) -> list[str]:
        runs.append(1)
        await anyio.lowlevel.checkpoint()
        raise SetupFailed("no")

    async def take() -> None:
        with pytest.raises(SetupFailed, match="no"):
            await setups.take("k", make)

    async def take_all() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(take)

    anyio.run(take_all)
    assert len(runs) == 1
    anyio.run(take)
    assert len(runs) == 2


def test_the_cache_folder_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """It follows XDG's rules: what can be made again is no state."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/overnight")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache/overnight"
