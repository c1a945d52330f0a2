"""A history without git keeps the promises of `History`, and one that breaks a promise is found."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conformance import holds
from memory_history import MemoryHistory, Repository, repository

from overnight.git.deadline import Deadline
from overnight.git.port import FileChange
from overnight.testing import HistoryConformance
from overnight.testing.history import FILES, LINKS, PROGRAM


class TestMemoryHistory(HistoryConformance):
    """Commits in a dictionary."""

    kind = MemoryHistory
    repositories: dict[Path, Repository] = {}  # noqa: RUF012  # by folder, one for all

    def make(self, folder: Path) -> MemoryHistory:
        self.repositories[folder] = repository(FILES, programs=[PROGRAM], links=LINKS)
        return self.again(folder)

    def again(self, folder: Path) -> MemoryHistory:
        return self.kind(self.repositories[folder])


class MovesFromAnywhere(MemoryHistory):
    """Forgets to compare."""

    def advance(self, *, tag: str, old: str | None, new: str) -> bool:
        self.shared.branches[tag] = new
        return True


class KeepsDeletedFiles(MemoryHistory):
    """Takes a deletion for no change."""

    def record_attempt(self, *, changes: Sequence[FileChange], **more: Any) -> str:
        return super().record_attempt(changes=[change for change in changes if change.content is not None], **more)


class TakesTheirs(MemoryHistory):
    """Sees no conflict."""

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange]:
        return super().merge(base=base, head=base, commit=commit) or []


class HasABranchOfItsOwn(MemoryHistory):
    """Keeps its refs to itself."""

    def __init__(self, shared: Repository) -> None:
        super().__init__(Repository(commits=shared.commits, texts=shared.texts, start=shared.start))


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (MovesFromAnywhere, "test_branch_moves_only_from_where_it_is"),
        (KeepsDeletedFiles, "test_attempt_is_its_base_with_the_changes"),
        (TakesTheirs, "test_changes_that_conflict_are_none"),
        (HasABranchOfItsOwn, "test_all_is_in_the_repository"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, kind: type[MemoryHistory], promise: str) -> None:
    """The suite fails for a history that breaks one of its promises."""
    suite = TestMemoryHistory()
    suite.kind = kind
    assert not holds(suite, promise, tmp_path)
