"""Who calls: by `--as` or the environment; commands that are no operations are closed to others unless they are listed."""

from pathlib import Path

import pytest
from targets import run_here

from overnight.cli.caller import FOR_OTHERS, declared
from overnight.cli.main import COMMANDS, REGISTRY
from overnight.cli.options import CALLER
from overnight.errors import UserError

OWNER_S = {"serve", "token", "demo", "secret", "up", "down", "work-on"}


def test_who_calls_is_declared() -> None:
    """The owner by default; the option comes before the environment, but cannot make the owner of somebody else."""
    assert str(declared(None, {})) == str(declared(None, {CALLER: ""})) == "owner:terminal"
    assert str(declared(None, {CALLER: "agent:a"})) == "agent:a"
    assert str(declared("member:ann", {CALLER: "agent:a"})) == "member:ann"
    assert str(declared("agent:b", {})) == "agent:b"
    for option, around in (("owner:me", "agent:a"), ("x", ""), (None, "agent")):
        with pytest.raises(UserError):
            declared(option, {CALLER: around})


def test_what_is_no_operation_is_the_owner_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new command by hand is closed to agents until it is listed; strangers may not even look."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    by_hand = {name for name, (module, _) in COMMANDS.items() if module != REGISTRY}
    assert {"demo"} <= by_hand - FOR_OTHERS <= OWNER_S, "decide who may call a new command"
    done = run_here(tmp_path, "--as", "agent:claude", "demo", "x")
    assert done.returncode == 2 and "`demo` is for the owner alone, and agent:claude is not" in done.stderr
    assert not (tmp_path / "x").exists()
    for words in (("show", "1"), ("labs",)):
        assert "stranger:x is not" in run_here(tmp_path, "--as", "stranger:x", *words).stderr
    assert run_here(tmp_path, "--as", "agent:claude", "labs").returncode == 0
    for line in ("verify --salvage x", "verify --rerun all", "init --yes --sandbox process"):
        done = run_here(tmp_path, "--as", "agent:claude", *line.split())
        assert done.returncode == 2 and f"`{line.split()[0]} --" in done.stderr and "is for the owner alone" in done.stderr
        assert not (tmp_path / "x").exists()
    for line in (
        "claw init --yes",
        "claw chat",
        "claw run",
        "claw log",
        "claw talk",
        "home init --yes",
        "home watch",
        "hub init --yes",
        "hub serve",
        "hub verify-chain x --rerun 1 --yes",
        "hub backup x",
        "hub restore x",
    ):
        done = run_here(tmp_path, "--as", "agent:claude", *line.split())
        assert done.returncode == 2 and "is for the owner alone" in done.stderr
    done = run_here(tmp_path, "--as", "agent:claude", "agents", "test", "tuner")
    assert "`agents test` needs the owner's approval" in done.stderr
