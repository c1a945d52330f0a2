"""What every researcher promises of its proposals."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.scope import matches
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.port import Assignment, Researcher, SearchEnded, SearchTrial
from overnight.testing.folders import contents, new
from overnight.testing.search import CountedSearch

LONGEST_HYPOTHESIS = 300  # characters
SEARCHED = 40  # trials of a search


class ResearcherConformance:
    """What every researcher promises, checked on proposals that it can make."""

    def make(self, folder: Path) -> Researcher:
        """A new researcher; `folder` is empty, for its own use, and outside every workspace."""
        raise NotImplementedError

    def assign(self, workspace: Path, number: int) -> Assignment:
        """Fill the empty folder `workspace` with a tree, the same for each number, that allows a proposal."""
        raise NotImplementedError

    def test_name_is_one_word(self, tmp_path: Path) -> None:
        """A researcher's name in the ledger is one printable word."""
        name = self.make(tmp_path).name
        assert name.split() == [name]
        assert name.isprintable()

    def test_hypothesis_is_one_printable_line(self, tmp_path: Path) -> None:
        """A draft says in one line what it tries."""
        draft, _ = self._propose(self.make(new(tmp_path, "own")), tmp_path / "workspace", 1)
        assert draft.hypothesis.strip()
        assert draft.hypothesis.isprintable()
        assert len(draft.hypothesis) <= LONGEST_HYPOTHESIS

    def test_notes_survive_the_ledger(self, tmp_path: Path) -> None:
        """Notes are scalars that JSON returns unchanged."""
        draft, _ = self._propose(self.make(new(tmp_path, "own")), tmp_path / "workspace", 1)
        assert json.loads(json.dumps(dict(draft.notes), allow_nan=False)) == dict(draft.notes)

    def test_only_editable_files_differ(self, tmp_path: Path) -> None:
        """A proposal changes something, and nothing out of scope; it leaves no file of the researcher's own."""
        assignment = self.assign(new(tmp_path, "workspace"), 1)
        before = contents(assignment.workspace)
        asyncio.run(self.make(new(tmp_path, "own")).propose(assignment))
        after = contents(assignment.workspace)
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        assert changed
        assert [path for path in changed if not matches(path, assignment.program.editable)] == []

    def test_each_proposal_is_in_its_own_workspace(self, tmp_path: Path) -> None:
        """A later proposal does not touch the workspace of an earlier one."""
        researcher = self.make(new(tmp_path, "own"))
        _, first = self._propose(researcher, tmp_path / "first", 1)
        self._propose(researcher, tmp_path / "second", 2)
        assert contents(tmp_path / "first") == first

    def test_learns_from_anybody(self, tmp_path: Path) -> None:
        """A researcher can learn every verdict on an experiment of any researcher, and still proposes."""
        researcher = self.make(new(tmp_path, "own"))
        draft, _ = self._propose(researcher, tmp_path / "first", 1)
        researcher.learn(ended(1, researcher.name, draft, Verdict.DISCARD, gain=-1.0))
        for number, verdict in enumerate(Verdict, start=2):
            researcher.learn(ended(number, "somebody", Draft(hypothesis="?", notes={"a": None, "b": True}), verdict, gain=None))
        after, _ = self._propose(researcher, tmp_path / "second", 9)
        assert after.hypothesis

    def test_recalls_anybody(self, tmp_path: Path) -> None:
        """A researcher can recall every kind of search trial, also of another one and of a head that is gone, and proposes."""
        researcher = self.make(new(tmp_path, "own"))
        draft, _ = self._propose(researcher, tmp_path / "first", 1)
        for role, notes in ((researcher.name, draft.notes), ("somebody", {"a": None, "b": True})):
            researcher.recall(SearchTrial(base="gone", role=role, notes=notes, repeat=0, value=-1.0, wall_s=1.0))
            researcher.recall(SearchTrial(base="gone", role=role, notes=notes, repeat=7, value=None, reason="exit code 1"))
        after, _ = self._propose(researcher, tmp_path / "second", 9)
        assert after.hypothesis

    def test_a_search_asks_for_what_it_may(self, tmp_path: Path) -> None:
        """A researcher that searches changes only editable files of the head there, and then proposes or lets its end pass."""
        assignment = self.assign(new(tmp_path, "workspace"), 1)
        before = contents(assignment.workspace)
        search = CountedSearch(most=SEARCHED, head=assignment.head)
        self._propose_or_end(self.make(new(tmp_path, "own")), replace(assignment, search=search))
        asked = {path for files in search.asked for path in files}
        assert asked <= before.keys()
        assert [path for path in asked if not matches(path, assignment.program.editable)] == []

    def test_a_search_that_is_over_ends_alone(self, tmp_path: Path) -> None:
        """A researcher proposes without it, or lets `SearchEnded` pass, and nothing else."""
        assignment = self.assign(new(tmp_path, "workspace"), 1)
        over = CountedSearch(most=SEARCHED, head=assignment.head, stale=True)
        self._propose_or_end(self.make(new(tmp_path, "own")), replace(assignment, search=over))
        assert over.asked == []

    def test_same_past_leads_to_a_proposal_after_a_restart(self, tmp_path: Path) -> None:
        """A new researcher that learns past experiments continues from there."""
        draft, first = self._propose(self.make(new(tmp_path, "own")), tmp_path / "first", 1)
        restarted = self.make(new(tmp_path, "again"))
        restarted.learn(ended(1, restarted.name, draft, Verdict.DISCARD, gain=-1.0))
        _, second = self._propose(restarted, tmp_path / "second", 2)
        assert first != self._untouched(tmp_path)
        assert second != self._untouched(tmp_path)

    def _propose_or_end(self, researcher: Researcher, assignment: Assignment) -> None:
        """One proposal, unless its search ends; several trials may say so at once, in a group."""
        try:
            assert asyncio.run(researcher.propose(assignment)).hypothesis
        except SearchEnded:
            pass
        except BaseExceptionGroup as group:
            assert group.split(SearchEnded)[1] is None

    def _propose(self, researcher: Researcher, workspace: Path, number: int) -> tuple[Draft, Mapping[str, bytes]]:
        workspace.mkdir()
        draft = asyncio.run(researcher.propose(self.assign(workspace, number)))
        return draft, contents(workspace)

    def _untouched(self, tmp_path: Path) -> Mapping[str, bytes]:
        workspace = tmp_path / "untouched"
        workspace.mkdir(exist_ok=True)
        self.assign(workspace, 1)
        return contents(workspace)


def ended(number: int, researcher: str, draft: Draft, verdict: Verdict, *, gain: float | None, base: str = "") -> Experiment:
    """An experiment as a researcher learns it, from its draft and its outcome."""
    return Experiment(
        number=number,
        role=researcher,
        researcher=researcher,
        hypothesis=draft.hypothesis,
        base=base,
        commit=f"commit-{number}",
        tree=f"tree-{number}",
        notes=draft.notes,
        value=gain,
        trials=0 if gain is None else 1,
        conclusion=Conclusion(verdict=verdict, reason="", gain=gain),
    )
