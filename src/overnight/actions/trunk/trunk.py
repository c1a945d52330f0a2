"""The port `Trunk`: the branch `overnight/main` of a repository, moved only from the commit that was merged onto.

No checkout is touched, and a branch that is checked out anywhere is never moved: its owner's index would hold the difference,
and the next commit there would take the merge back.

Does not cover: a person who checks the branch out in the very moment between our look and the move.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from overnight.actions.asking.rules import rules_text
from overnight.actions.checkouts.salvage import TAG
from overnight.actions.port import MergeTry
from overnight.actions.trunk.following import Following, read_following, user_branch, write_following
from overnight.errors import RepositoryError
from overnight.git.ancestry import is_ancestor, merge_base
from overnight.git.deadline import Deadline
from overnight.git.history import MERGE_S, GitHistory
from overnight.git.objects import ObjectStore
from overnight.git.plumbing import UPDATE_REF, require
from overnight.git.port import ATTEMPT, changes_between
from overnight.git.repository import Repository, attempt_ref, check_not_checked_out, check_ref_free, open_repository
from overnight.git.whole_merge import Merger, Sides, WholeMerge
from overnight.words.foreign import printable

BRANCH = "overnight/main"
REF = f"refs/heads/{BRANCH}"
MERGE = 0  # in place of a turn, in the name of the ref of what was merged last
ONTO = "onto"  # after an action's number, in the names of the refs of what conflicted
PATH = 200  # characters of one in a message
GIVEN = "given"  # the same, of the commit that one was asked for with
SIDES = Sides(ours=BRANCH, base="before", theirs="this action")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTrunk:
    """The integration branch of one repository."""

    repository: Repository
    history: GitHistory
    now: Callable[[], float] = time.time

    def head(self) -> str:
        """Its commit; that of the user's branch before the first merge."""
        return self.history.resolve(REF) or self.history.resolve_start()

    def owners(self) -> str:
        """The newest commit of the user's branch, which nothing of an action is in unless the user took it in."""
        return self.history.resolve(self._followed().branch or "HEAD") or self.history.resolve_start()

    def base_of(self, commit: str) -> str:
        """The newest commit that the trunk has in common with another.

        Raises:
            RepositoryError: there is none, or the trunk has all of the other.
        """
        base = merge_base(self.repository.git_dir, self.head(), commit)
        if not base:
            raise RepositoryError(f"{commit[:12]} has no commit in common with {BRANCH}", fix="rebase it on the branch")
        if base == commit:
            raise RepositoryError(f"{commit[:12]} is on {BRANCH} already")
        return base

    def keep(self, *, action: int, commit: str) -> None:
        """Keep a commit that an action was asked for with, also if its branch is deleted meanwhile."""
        self._keep(commit, f"{action}-{GIVEN}")

    def held(self) -> str:
        """Why it cannot be moved now, and what to type; empty if it can."""
        return _held(self.repository, there=self.history.resolve(REF) is not None)

    def landed(self, *, action: int, commit: str) -> str:
        """The commit of the trunk by which a commit of an action was merged; empty if it was not."""
        head, merged = self.history.resolve(REF), self.history.attempt(TAG, MERGE, str(action))
        if head and merged and self.history.trailer(merged, ATTEMPT) == commit and self._came(merged, head):
            return merged
        return ""

    def merge(self, *, action: int, base: str, commit: str, message: str) -> MergeTry:
        """What an action changed, on top of the head; the trunk is not moved."""
        head = self.head()
        with closing(ObjectStore(self.repository.git_dir)) as store:
            found = self._merge(store, base, head, commit)
            at = int(self.now())
            if found.clashes:
                start = store.add_commit(tree=found.tree, parent=head, message="Conflicts", at=at)
                self._keep(start, f"{action}-{ONTO}")
                beside = tuple(clash.beside for clash in found.clashes if clash.beside)
                whys = tuple(f"{printable(clash.path, PATH)}: {clash.why}" for clash in found.clashes)
                paths = tuple(clash.path for clash in found.clashes)
                return MergeTry(onto=head, start=start, conflicts=paths, whys=whys, beside=beside)
            if found.tree == store.commit(head).tree:
                return MergeTry(onto=head, commit=head)
            signed = f"{message.strip()}\n\nOvernight-Action: {action}\n{ATTEMPT}: {commit}\n"
            merged = store.add_commit(tree=found.tree, parent=head, message=signed, at=at)
        self._keep(merged, str(action))
        return MergeTry(onto=head, commit=merged)

    def advance(self, *, old: str, new: str) -> bool:
        """Move the trunk from one commit to another; False, changing nothing, if it is elsewhere or checked out."""
        there = self.history.resolve(REF)
        if (there or self.head()) != old or self.held():
            return False
        if old == new and there:
            return True
        branch = self._followed().branch if there else user_branch(self.repository)
        if not self.history.move_branch(BRANCH, old=there, new=new):
            return False
        write_following(self.repository, Following(branch=branch, head=new))
        return True

    def news(self) -> str:
        """The newest commit of the user's branch, if the trunk has not all of it; empty otherwise."""
        there = self.history.resolve(REF)
        branch = self._followed().branch
        commit = self.history.resolve(branch) if there and branch else None
        return "" if there is None or commit is None or self._came(commit, there) else commit

    def join(self, commit: str) -> MergeTry:
        """The head and the user's commits as one; the trunk is not moved."""
        head = self.head()
        if self._came(head, commit):
            return MergeTry(onto=head, commit=commit)
        base = merge_base(self.repository.git_dir, head, commit)
        if not base:
            return MergeTry(onto=head, conflicts=("(they have no commit in common)",))
        with closing(ObjectStore(self.repository.git_dir)) as store:
            found = self._merge(store, base, head, commit)
            if found.clashes:
                return MergeTry(onto=head, conflicts=tuple(clash.path for clash in found.clashes))
            message = f"Merge {self.branch} into {BRANCH}"
            joined = store.add_commit(tree=found.tree, parent=head, also=(commit,), message=message, at=int(self.now()))
        self._keep(joined, "joined")
        return MergeTry(onto=head, commit=joined)

    def changed(self) -> str:
        """What somebody else did to the trunk since we moved it last, said once; empty if it only went on."""
        known, there = read_following(self.repository), self.history.resolve(REF)
        if not known or there == known.head:
            return ""
        if there is None:
            write_following(self.repository, None)
            return f"{BRANCH} was deleted; it begins anew from the branch that is checked out (it was at {known.head[:12]})"
        write_following(self.repository, Following(branch=known.branch, head=there))
        if self.history.has_commit(known.head) and self._came(known.head, there):
            return ""
        return f"{BRANCH} was rewritten; work goes on from where it is (it was at {known.head[:12]})"

    @property
    def branch(self) -> str:
        """The name of the user's branch that it follows; empty if none."""
        return self._followed().branch.removeprefix("refs/heads/")

    def rules(self, commit: str) -> str:
        """The text that actions on a commit go by, with what its files show of it; raises ProgramError if it cannot be read."""
        return rules_text(self.repository, self.history, commit)

    def text(self, commit: str, path: str) -> str:
        """A file of a commit; empty if it has none."""
        return (self._content(commit, path) or b"").decode("utf-8", "replace")

    def same_files(self, one: str, other: str) -> bool:
        """Whether two commits have the very same files."""
        return self.history.same_files(one, other)

    def differing(self, one: str, other: str) -> Sequence[str]:
        """The paths at which two commits differ."""
        return [change.path for change in changes_between(self.history, one, other)]

    def leftovers(self, commit: str, *, conflicts: Sequence[str], beside: Sequence[str]) -> Sequence[str]:
        """What of a conflict is still in a commit: a line for each file."""
        texts = {path: self._content(commit, path) or b"" for path in conflicts}
        marked = [path for path, text in texts.items() if any(marker in text for marker in SIDES.markers)]
        there = [path for path in beside if self._content(commit, path) is not None]
        return [
            *(f"{printable(path, PATH)} still has conflict markers" for path in marked),
            *(f"{printable(path, PATH)} is still there" for path in there),
        ]

    def _content(self, commit: str, path: str) -> bytes | None:
        """What is in a file of a commit; None if there is no such file."""
        try:
            return self.history.read_files(commit, [path])[path]
        except KeyError:
            return None

    def _merge(self, store: ObjectStore, base: str, head: str, commit: str) -> WholeMerge:
        merger = Merger(store=store, git_dir=self.repository.git_dir, sides=SIDES, deadline=Deadline.within(MERGE_S))
        return merger.merge(base=base, ours=head, theirs=commit)

    def _followed(self) -> Following:
        """What it follows: as recorded, if that branch exists, else the branch that is checked out."""
        known = read_following(self.repository)
        if known and known.branch and self.history.resolve(known.branch):
            return known
        branch = user_branch(self.repository)
        return Following(branch="" if branch == REF else branch, head=known.head if known else "")

    def _came(self, old: str, new: str) -> bool:
        return is_ancestor(self.repository.git_dir, old, new)

    def _keep(self, commit: str, group: str) -> None:
        """Put a ref of ours on a commit, so that git does not clean it up."""
        require(self.repository.git_dir, *UPDATE_REF, "overnight", attempt_ref(TAG, MERGE, group), commit)


def held_now(folder: Path) -> str:
    """Why the trunk of the repository around a folder cannot be moved now, and what to type; empty if it can."""
    try:
        return _held(open_repository(folder), there=False)
    except RepositoryError as error:
        return str(error)


def landed_now(folder: Path, *, action: int, commit: str) -> str:
    """As `GitTrunk.landed`, of the repository around a folder; empty as well if it cannot be read."""
    try:
        repository = open_repository(folder)
        with closing(GitHistory(repository)) as history:
            return GitTrunk(repository=repository, history=history).landed(action=action, commit=commit)
    except RepositoryError:
        return ""


def _held(repository: Repository, *, there: bool) -> str:
    try:
        (check_not_checked_out if there else check_ref_free)(repository, REF)
    except RepositoryError as error:
        return str(error)
    return ""
