"""What of a kept jump matters: an audit leaves out its parts, and `finalize --split` makes a commit of each."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from targets import assert_verified, git, make_repo, overnight, program, read_json, recorded, run_here

from overnight.agents.context import AgentContext
from overnight.program.program import ResearcherSpec
from overnight.research import staffing
from overnight.research.events import AuditOpened
from overnight.research.experiment import Draft, Scalar
from overnight.research.loop import kept_parts
from overnight.research.researchers.port import Assignment
from overnight.research.researchers.registry import RESEARCHERS
from overnight.research.researchers.scripted import ScriptedResearcher

RUN = ("run", "--tag", "t", "--plain", "--no-report", "--sandbox", "process", "--slots", "1")
TRAIN = "A = 1\nB = 1\nC = 1\n\n\nprint(f'METRIC loss={100 / (A + 1) - 5 * B:.6f}')\n"
JUMP = ("A = 1\nB = 1\nC = 1\n\n\nprint", "A = 3\nB = 2\nC = 9\n\n\nprint")
NOTES: Mapping[str, Scalar] = {"share of B": 0.7, "share of A": 0.3}


class Searching(ScriptedResearcher):
    """Makes scripted edits that a search found, and says what it expects of their parts."""

    async def propose(self, assignment: Assignment) -> Draft:
        """The next edit."""
        assert assignment.search
        await assignment.search.measure({}, {})
        draft = await super().propose(assignment)
        return replace(draft, searched=1, notes={**draft.notes, **NOTES})


def _searching(spec: ResearcherSpec, _context: AgentContext) -> Searching:
    return Searching(spec)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A campaign that kept a jump of three constants, of which one does nothing."""
    monkeypatch.setattr(staffing, "RESEARCHERS", {**RESEARCHERS, "scripted": _searching})
    made = make_repo(tmp_path / "r", program(JUMP), files={"train.py": TRAIN})
    assert run_here(made, *RUN).returncode == 0
    return made


@pytest.mark.usefixtures("undrawn")
def test_an_audit_says_which_parts_matter(repo: Path) -> None:
    """By leaving each out of the head, with the seeds of the same block; the report says so too."""
    done = overnight(repo, "audit", "--sandbox", "process", "--plain", check=0).stdout
    assert "then each of 1 kept change left out in turn, and 3 parts of them" in done
    assert "the head without part 2 of #1: " in done
    assert "  part     train.py:1 `A = 1` -> `A = 3`: matters; gain +25, the same in 3 pairs" in done
    assert "  part     train.py:2 `B = 1` -> `B = 2`: matters; gain +5, the same in 3 pairs" in done
    assert "  part     train.py:3 `C = 1` -> `C = 9`: not shown to matter; gain +0, the same in 3 pairs" in done
    report = (repo / ".overnight/t/report.md").read_text()
    assert "Parts that matter" in report and "Parts not shown to matter" in report
    found = read_json(repo, "audit", "--sandbox", "process")
    assert [(part["of"]["part"], part["standing"]) for part in found["parts"]] == [(2, "helps"), (1, "helps"), (3, "can go")]
    assert found["unmeasured"] == 0
    assert_verified(repo)


def test_the_most_important_parts_are_measured_if_there_are_many(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what its researcher expects of them; the others are counted, and split as not measured."""
    monkeypatch.setattr(kept_parts, "MOST_PARTS", 1)
    done = run_here(repo, "audit", "--sandbox", "process", "--plain", "--no-report")
    [opened] = [event for event in recorded(repo) if isinstance(event, AuditOpened)]
    assert [part.of.where for part in opened.parts] == ["train.py:2"] and opened.unmeasured == 2
    assert "and 2 further parts, not measured alone" in done.stdout


def test_a_jump_is_split_into_a_commit_for_each_part(repo: Path) -> None:
    """What matters most comes first, each with its own gain; the files at the end are those that were measured."""
    overnight(repo, "audit", "--sandbox", "process", "--no-report", check=0)
    found = read_json(repo, "finalize", "--split")
    assert (found["changes"], found["commits"]) == (1, 3)
    subjects = git(repo, "log", "--reverse", "--format=%s", "main..overnight/t").splitlines()
    assert subjects == [
        "#1, 1 of 3: train.py:1 `A = 1` -> `A = 3`",
        "#1, 2 of 3: train.py:2 `B = 1` -> `B = 2`",
        "#1, 3 of 3: train.py:3 `C = 1` -> `C = 9`",
    ]
    first, last = (git(repo, "log", "-1", "--format=%B", name) for name in ("overnight/t~2", "overnight/t"))
    assert "`A = 1` -> `A = 3`: matters; gain +25, the same in 3 pairs." in first and "Overnight-Part: 1 of 3" in first
    assert "The whole change, with all of its parts:" in last and "Origin: found by 1 search trial" in last
    assert "Overnight-Attempt" not in first + last and "Overnight-Measured: " in last
    assert git(repo, "rev-parse", "overnight/t^{tree}") == git(repo, "rev-parse", "autoresearch/t^{tree}")
    assert git(repo, "show", "overnight/t~2:train.py") == TRAIN.replace("A = 1", "A = 3").strip()
    whole = read_json(repo, "finalize", "--into", "whole")
    assert (whole["changes"], whole["commits"]) == (1, 1)


def test_without_an_audit_the_parts_are_not_measured_alone(repo: Path) -> None:
    """They are split all the same, in the order of the text."""
    overnight(repo, "finalize", "--split", check=0)
    bodies = git(repo, "log", "--format=%B", "main..overnight/t")
    assert bodies.count("not measured alone.") == 3
    assert (
        git(repo, "log", "--reverse", "--format=%s", "main..overnight/t").splitlines()[1].startswith("#1, 2 of 3: train.py:2")
    )
