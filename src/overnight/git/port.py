"""The interface of git: what may be done with the user's repository."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overnight.git.deadline import Deadline

ATTEMPT = "Overnight-Attempt"  # the trailer of a finalized commit that names the measured one


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file of a proposal: its new content, or None if the file was removed."""

    path: str  # relative, '/'-separated
    content: bytes | None
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One regular file of a commit's tree."""

    path: str
    executable: bool
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPart:
    """A part of a kept change, as a commit of its own."""

    changes: tuple[FileChange, ...]  # its files with it and the parts before it
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptChange:
    """One kept commit and what to say about it."""

    commit: str
    subject: str  # its hypothesis, of any length
    body: str  # the evidence, Markdown or plain
    parts: tuple[KeptPart, ...] = ()  # that make it up, in place of one commit for all of it


def branch_of(tag: str) -> str:
    """The name of a campaign's branch."""
    return f"autoresearch/{tag}"


def moved_group(restart: int) -> str:
    """The group of attempts that moved onto another head: their first move is in one, their second in the next."""
    return f"moved-{restart}"


class History(Protocol):
    """What we may do with the user's git repository: read commits, add objects, move our own refs."""

    def resolve_start(self) -> str:
        """The full id of the commit that the user has checked out."""
        ...

    def files(self, commit: str) -> Sequence[TreeFile]:
        """The regular files of a commit, sorted by path; symbolic links and submodules are left out."""
        ...

    def paths(self, commit: str) -> Sequence[str]:
        """Every path of a commit's tree, including symbolic links and submodules, sorted."""
        ...

    def read_files(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """The contents of some of a commit's files."""
        ...

    def write_tree(self, commit: str, folder: Path, *, omit: Callable[[str], bool] | None = None) -> None:
        """Write a commit's regular files into an empty folder, except the paths that `omit` names."""
        ...

    def record_attempt(
        self, *, tag: str, number: int, base: str, changes: Sequence[FileChange], message: str, group: str = ""
    ) -> str:
        """Commit `changes` on top of `base` under `refs/overnight/<tag>/[<group>/]<number>`; return the commit's id."""
        ...

    def branch_head(self, tag: str) -> str | None:
        """The commit of `autoresearch/<tag>`, None if there is no such branch."""
        ...

    def advance(self, *, tag: str, old: str | None, new: str) -> bool:
        """Move `autoresearch/<tag>` from `old` to `new`; False, changing nothing, if it is not at `old`."""
        ...

    def publish(self, commit: str, text: str) -> None:
        """Attach a text to a commit for anyone who has the repository; the same text again changes nothing."""
        ...

    def published(self, commit: str) -> str | None:
        """The text that is attached to a commit, None if there is none."""
        ...

    def diff(self, base: str, commit: str, *, deadline: Deadline | None = None) -> str:
        """The unified diff between two commits, foreign bytes replaced; it says so if it does not end by the deadline."""
        ...

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange] | None:
        """The changes from `base` to `commit` as changes on top of `head`; None if they conflict.

        Texts that are not merged by the deadline conflict. Safe in a thread beside the other methods.
        """
        ...

    def close(self) -> None:
        """End the helper processes."""
        ...


def changes_between(history: History, base: str, commit: str) -> Sequence[FileChange]:
    """What differs in a commit from another: no text needs merging, so there is no deadline."""
    return history.merge(base=base, head=base, commit=commit) or ()
