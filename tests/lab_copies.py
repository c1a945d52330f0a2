"""Copies of bundled labs, with their commands run as a person would run them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from targets import git, read_json

from overnight.program.metric import MetricReading, read_metrics
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.researchers.tuner.findings import Tier
from overnight.research.researchers.tuner.target import read_target
from overnight.research.setup.labs import copy_lab

# The first line for an editable file, so that `check` shows whether a candidate sees what it must not see, and whether
# its output counts.
SPY = "import os; assert not os.path.exists('hidden') and not os.path.exists('README.md'); print('METRIC {metric}=12345')\n"


def lab_copy(name: str, folder: Path) -> Path:
    """A fresh copy of a lab."""
    copy_lab(name, folder / name)
    return folder / name


def program_of(lab: Path) -> Program:
    """The lab's program; it has no mistakes."""
    return parse_program((lab / "program.md").read_text(encoding="utf-8"), "program.md")


def replace(lab: Path, name: str, *edits: tuple[str, str]) -> None:
    """Replace text in a file of a copy; each text must be present."""
    text = (lab / name).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    (lab / name).write_text(text, encoding="utf-8")


def script(lab: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of a copy."""
    command = [sys.executable, "-B", *arguments]
    return subprocess.run(command, cwd=lab, capture_output=True, text=True, timeout=60, check=False)


def score_of(lab: Path, *arguments: str) -> float:
    """The metric that a scorer prints."""
    done = script(lab, *arguments)
    assert done.returncode == 0, done.stderr
    reading = read_metrics(done.stdout.encode(), program_of(lab).metric)
    assert isinstance(reading, MetricReading), reading
    return reading.value


def refusal(lab: Path, *arguments: str) -> str:
    """Why a scorer refuses an artifact; it prints no metric and no traceback."""
    done = script(lab, *arguments)
    assert done.returncode != 0 and "METRIC" not in done.stdout, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip()


@contextmanager
def modules_of(lab: Path, *names: str) -> Iterator[dict[str, ModuleType]]:
    """A copy's own modules by name, including hidden ones; unloaded at the end, because labs share module names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(lab / "hidden"))
        patch.syspath_prepend(str(lab))
        patch.setattr(sys, "dont_write_bytecode", True)
        before = set(sys.modules)
        try:
            yield {name: import_module(name) for name in names}
        finally:
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", "")).startswith(str(lab)):
                    del sys.modules[name]


def tunable(lab: Path) -> set[str]:
    """The names of the settings that the built-in tuner would tune; literals in functions are left out."""
    space = read_target(lab, program_of(lab), {}).space
    return {dimension.constant.name for dimension in space if dimension.constant.tier < Tier.INSIDE}


def check_spied(lab: Path) -> dict[str, object]:
    """What `overnight check` says about a copy whose editable file looks for hidden files and prints its own metric."""
    program = program_of(lab)
    path = lab / program.editable[0]
    head, quotes, rest = path.read_text(encoding="utf-8").partition('"""\n\n')
    path.write_text(head + quotes + SPY.format(metric=program.metric.name) + rest, encoding="utf-8")
    git(lab, "commit", "-q", "-a", "-m", "spy")
    found: dict[str, object] = read_json(lab, "check")
    return found
