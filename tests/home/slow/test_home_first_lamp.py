"""What docs/home.md says to type leads from nothing to the first lamp, in a fresh folder; only the addresses are others."""

import re
import shlex
from pathlib import Path

import pytest
from targets import run_here, started

PAGE = Path(__file__).parents[3] / "docs" / "home.md"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
A_HANDFUL = 5
USUAL, PREFIX = "127.0.7", "127.0.87"  # another house may run at the usual addresses


def commands(begins: str) -> list[list[str]]:
    """The words after `overnight` of each line of the block that begins so."""
    block = next(each for each in BLOCK.findall(PAGE.read_text()) if each.startswith(begins))
    return [shlex.split(line, comments=True)[1:] for line in block.replace(USUAL, PREFIX).splitlines()]


def test_the_first_lamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a handful of commands against the simulated house; each one succeeds, and the lamp is what it was at the end."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    [twins], typed = commands("overnight home twins"), commands("overnight home scan --subnet")
    assert 1 + len(typed) <= A_HANDFUL
    with started(["-m", "overnight", *twins, "--prefix", PREFIX], tmp_path) as house:
        assert house.stdout
        assert any("until Ctrl-C" in line for line in iter(house.stdout.readline, ""))
        said = []
        for words in typed:
            done = run_here(tmp_path, *words)
            assert done.returncode == 0, (words, done.stderr)
            said.append(done.stdout)
    assert "kitchen lamp: on yes (read back; #" in said[-2] and "kitchen lamp: on no (read back; #" in said[-1]


def test_the_first_lamp_of_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first block of the page is as long, and begins with settings that name no network yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    typed = commands("overnight home init")
    assert len(typed) <= A_HANDFUL and ["home", "scan"] in typed
    assert run_here(tmp_path, *typed[0]).returncode == 0
    refused = run_here(tmp_path, "home", "scan")
    assert refused.returncode == 2 and "subnet" in refused.stderr
