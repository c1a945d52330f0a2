"""What a researcher that searches promises, and that the suite finds one that does not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from builders import PROGRAM
from conformance import holds
from searcher import Searcher

from overnight.program.parser import parse_program
from overnight.research.experiment import Draft
from overnight.research.researchers.port import Assignment, ProposalFailed
from overnight.testing import ResearcherConformance


class TestSearcher(ResearcherConformance):
    """A small one that keeps its promises."""

    kind = Searcher

    def make(self, folder: Path) -> Searcher:
        """One with a few values."""
        return self.kind(offsets=(0.5, 0.25, 0.75))

    def assign(self, workspace: Path, number: int) -> Assignment:
        """A tree with an offset, and a frozen file."""
        (workspace / "train.py").write_text("OFFSET = 5.0\n")
        (workspace / "other.py").write_text("x = 1\n")
        program = parse_program(PROGRAM, "program.md")
        return Assignment(number=number, role="r", program=program, workspace=workspace, brief="", head="c1")


@dataclass(slots=True, kw_only=True)
class TriesFrozenFiles(Searcher):
    """Searches on files that no proposal may change."""

    more: Mapping[str, bytes] = field(default_factory=lambda: {"other.py": b"x = 2\n"})


class FailsAtTheEnd(Searcher):
    """Takes the end of its search for a failure of its own."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Search, and give up."""
        try:
            return await Searcher.propose(self, assignment)
        except BaseExceptionGroup as group:
            raise ProposalFailed("the search ended") from group


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (TriesFrozenFiles, "test_a_search_asks_for_what_it_may"),
        (FailsAtTheEnd, "test_a_search_that_is_over_ends_alone"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, kind: type[Searcher], promise: str) -> None:
    """The suite fails for a researcher that breaks one of its promises, and holds for the one that keeps them."""
    (tmp_path / "good").mkdir()
    assert holds(TestSearcher(), promise, tmp_path / "good")
    suite = TestSearcher()
    suite.kind = kind
    (tmp_path / "bad").mkdir()
    assert not holds(suite, promise, tmp_path / "bad")
