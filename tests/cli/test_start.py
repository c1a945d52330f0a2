"""What the start of a session imports: only what its program needs."""

import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from targets import make_repo, program, run_here

from overnight.cli.main import app

FOREIGN = ("aiohttp", "altair", "jinja2", "numpy", "optuna", "rich", "smtplib", "urllib.request", "vl_convert")
OURS = (
    "agents.acp",
    "models.asking",
    "agents.own",
    "machines.gpus.claims",
    "machines.gpus.found",
    "models.gateway",
    "notices.command_receiver",
    "notices.listeners",
    "notices.outbox",
    "notices.reception",
    "notices.registry",
    "research.briefs.brief",
    "research.messages",
    "research.report",
    "research.researchers.agent_researcher",
    "research.researchers.tuner",
    "research.setup.causes",
    "research.setup.connection",
    "research.story",
)
MOST_MODULES = 652  # 573 on 2026-12-01, the standard library's and all others counted; 950 the day before
MOST_OURS = 328  # on 2026-12-03, with orders, secrets, loops, connections, budgets as orders, devices and machines; 277 without


def imported(folder: Path, *arguments: str) -> set[str]:
    """The modules that a command imports, by Python's own record of it."""
    command = [sys.executable, "-X", "importtime", "-m", "overnight", *arguments]
    done = subprocess.run(command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False)
    assert "1 experiment in this session" in done.stdout, done.stderr[-2000:]
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))


@pytest.mark.parametrize(
    ("words", "needed", "unneeded"),
    [
        (("home", "devices"), "home.operations._home", ("research", "claw", "home.drivers.registry", "models.gateway")),
        (("home", "rooms"), "home.operations._home", ("research", "claw", "home.drivers.registry", "models.gateway")),
        (("claw", "status"), "claw.views.looking", ("claw.running.claw", "claw.minds.mind", "home")),
        (("board",), "actions.operations.board", ("actions.trunk", "actions.asking", "research", "agents.own")),
    ],
)
def test_a_command_of_a_group_imports_no_other(
    tmp_path: Path, words: tuple[str, ...], needed: str, unneeded: tuple[str, ...]
) -> None:
    """Only the operation that is called, not those beside it, nor what the group does by itself."""
    command = [sys.executable, "-X", "importtime", "-m", "overnight", *words]
    done = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False)
    names = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert f"overnight.{needed}" in names, done.stderr[-2000:]
    assert within(names, unneeded, "overnight.") == []


def within(names: set[str], roots: tuple[str, ...], above: str = "") -> list[str]:
    """The names that are one of these modules or in one."""
    return [name for name in sorted(names) if any(f"{name}.".startswith(f"{above}{root}.") for root in roots)]


def test_a_session_without_models_or_channels_imports_neither(tmp_path: Path) -> None:
    """No library for models, charts, pages, optimization or messages, no live screen, no agent, no report, no channel."""
    repo = make_repo(tmp_path / "repo", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    names = imported(repo, "run", "--plain", "--no-report", "--sandbox", "process", "--experiments", "1")
    assert "overnight.research.loop.campaign" in names
    assert within(names, FOREIGN) == []
    assert within(names, OURS, "overnight.") == []
    assert len(within(names, ("overnight",))) <= MOST_OURS
    assert len(names) <= MOST_MODULES


def test_the_collector_of_a_caller_is_left_alone(tmp_path: Path) -> None:
    """Looking a command up freezes nothing, and `main` leaves garbage collected as before, also after a mistake."""
    frozen = gc.get_freeze_count()
    assert app.get_command(click.Context(app), "status")
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, frozen)
    assert run_here(tmp_path, "xyzzy").returncode == 2
    assert run_here(tmp_path, "--version").returncode == 0
    assert gc.isenabled()
