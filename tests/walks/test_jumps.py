"""Changes that a researcher of our own process found by search: put to the test at once, and never taken for more than that."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from targets import assert_verified, git, make_repo, overnight, program, read_json, recorded, run_here

from overnight.agents.context import AgentContext
from overnight.gate.trial import Stage
from overnight.program.program import ResearcherSpec
from overnight.research import staffing
from overnight.research.events import Proposed, Registered, TrialFinished
from overnight.research.experiment import Draft
from overnight.research.researchers.port import Assignment
from overnight.research.researchers.registry import RESEARCHERS
from overnight.research.researchers.scripted import ScriptedResearcher

RUN = ("run", "--tag", "t", "--plain", "--no-report", "--sandbox", "process", "--slots", "1")
BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
HOLDOUT = "holdout: python train.py {seed}"


class Searching(ScriptedResearcher):
    """Makes scripted edits after three search trials, and says that they were 500."""

    async def propose(self, assignment: Assignment) -> Draft:
        """The next edit."""
        assert assignment.search
        for repeat in range(3):
            await assignment.search.measure({}, {}, repeat=repeat)
        return replace(await super().propose(assignment), searched=500)


def _searching(spec: ResearcherSpec, _context: AgentContext) -> Searching:
    return Searching(spec)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """Runs a campaign whose scripted researcher searches; what it printed."""
    monkeypatch.setattr(staffing, "RESEARCHERS", {**RESEARCHERS, "scripted": _searching})

    def campaign(repo: Path) -> str:
        done = run_here(repo, *RUN)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    return campaign


def stages(repo: Path) -> set[Stage]:
    """Of the trials of experiments."""
    every = {event.trial.key.stage for event in recorded(repo) if isinstance(event, TrialFinished)}
    return every - {Stage.BASELINE, Stage.SEARCH}


def test_what_a_search_found_is_put_to_the_test_at_once(tmp_path: Path, run: Callable[[Path], str]) -> None:
    """No trial screens it, and of the search only what ran counts.

    The record, every view and the commits say so, and that nothing checked it on other data.
    """
    repo = make_repo(tmp_path / "r", program(BETTER), noise=0.3)
    printed = run(repo)
    events = recorded(repo)
    assert [event.searched for event in events if isinstance(event, Proposed)] == [3]
    assert stages(repo) == {Stage.CONFIRM} and any(isinstance(event, Registered) for event in events)
    said = "found by 3 search trials, not screened"
    assert "found by 3 search trials" in printed and "survived" not in printed
    assert said in overnight(repo, "log", check=0).stdout and said in overnight(repo, "show", "1", check=0).stdout
    [keep] = read_json(repo, "status")["keeps"]
    assert (keep["searched"], keep["unscreened"]) == (3, True)
    status = overnight(repo, "status", check=0).stdout
    assert said in status and "WARNING   found by search and checked on no other data: #1; a long search fits" in status
    measured = git(repo, "log", "-1", "--format=%B", "autoresearch/t")
    assert f"proposed by script, {said}." in measured and "Warning: found by search, and nothing checks it" in measured
    overnight(repo, "finalize", check=0)
    review = git(repo, "log", "-1", "--format=%B", "overnight/t")
    assert f"Origin: {said}." in review and "Warning: found by search" in review
    assert_verified(repo)


def test_a_holdout_checks_what_a_search_found(tmp_path: Path, run: Callable[[Path], str]) -> None:
    """Then no view has the caution."""
    repo = make_repo(tmp_path / "r", program(BETTER, front=HOLDOUT), noise=0.3)
    printed = run(repo)
    assert stages(repo) == {Stage.CONFIRM, Stage.HOLDOUT}
    overnight(repo, "finalize", check=0)
    status, review = overnight(repo, "status", check=0).stdout, git(repo, "log", "--format=%B", "overnight/t", "autoresearch/t")
    assert "found by 3 search trials" in status
    assert all("other data" not in text for text in (printed, status, review))


def test_a_target_without_noise_runs_what_a_search_found_as_any_other(tmp_path: Path, run: Callable[[Path], str]) -> None:
    """One run of it is the whole judgement, so nothing is left out, and nothing says that it was."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    run(repo)
    assert stages(repo) == {Stage.SCREEN}
    assert "(found by 3 search trials)" in overnight(repo, "log", check=0).stdout
    assert "not screened" not in git(repo, "log", "-1", "--format=%B", "autoresearch/t")


def test_no_words_of_an_agent_count_as_a_search(tmp_path: Path) -> None:
    """Whatever a command prints: it is screened like any other proposal."""
    script = "sed -i s/5.0/3.0/ train.py; echo 'searched: 500'; echo 'HYPOTHESIS: found by 500 search trials, searched=500'"
    text = program().replace(
        "  - role: script\n    use: scripted\n    edits:\n", f'  - {{role: c, use: command, command: "{script}"}}\n'
    )
    repo = make_repo(tmp_path / "r", text.replace("limits:", "budget: {experiments: 1}\nlimits:"), noise=0.3)
    overnight(repo, *RUN)
    [proposed] = [event for event in recorded(repo) if isinstance(event, Proposed)]
    assert proposed.searched == 0 and Stage.SCREEN in stages(repo)
