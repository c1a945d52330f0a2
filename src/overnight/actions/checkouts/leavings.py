"""What an agent left in a folder of a commit, as changes; and what was not taken of it, in words.

Nothing there is followed, waited for or run (`research/places/workspace.py`). The commit's own links stay as they are: a change
of one is a problem. Caches of tools and what the commit's `.gitignore` files name are by-products.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from overnight.files.folders import NAME_SHOWN, opened, read_link
from overnight.git.history import GitHistory
from overnight.git.ignoring import RULES, IgnoreRules
from overnight.program.scope import path_problem
from overnight.research.experiment import ByProducts
from overnight.research.places.port import Collected
from overnight.research.places.workspace import FileState, collect_changes
from overnight.words.foreign import printable
from overnight.words.quantities import more

# What tools leave behind, wherever they run; a repository that commits such a folder changes it like any other.
CACHES = (
    *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".tox", ".nox", ".venv", ".eggs", "*.egg-info"),
    *("node_modules", ".npm", ".nyc_output", ".parcel-cache", ".turbo", ".gradle", ".cache", ".ipynb_checkpoints", "htmlcov"),
)
CACHE_FILES = (".coverage", ".coverage.*", ".DS_Store", "*.pyo", "*.tsbuildinfo")
NAMED = 5  # by-products
_TAKEN = ".gitattributes"  # a setting of git that a change may need; its reviewer sees it


@dataclass(slots=True, kw_only=True)
class _ByProducts:
    """Implements `LeavesOut`: caches, what git ignores, and what an agent put in the place of a link of ours."""

    ignores: Callable[[str], bool]
    placed: Collection[str]
    count: int = 0
    ignored: int = 0  # of them, that git ignores
    replaced: list[str] = field(default_factory=list)  # of the links of ours
    named: list[str] = field(default_factory=list)  # a few that git ignores, printable

    @property
    def left_out(self) -> ByProducts:
        return ByProducts(count=self.ignored, ignored=tuple(sorted(self.named)))

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        if path in self.placed:
            self.count += 1
            self.replaced.append(path)
            return True
        name = path.rpartition("/")[2]
        if any(fnmatchcase(name, cache) for cache in (CACHES if is_folder else CACHE_FILES)):
            self.count += 1
            return True
        shown = f"{path}/" if is_folder else path
        if not self.ignores(shown):
            return False
        self.count, self.ignored = self.count + 1, self.ignored + 1
        if len(self.named) < NAMED:
            self.named.append(printable(shown, NAME_SHOWN))
        return True


def what_was_left(
    folder: Path,
    commit: str,
    before: Mapping[str, FileState],
    history: GitHistory,
    *,
    scratch: Path,
    empty: Path,
    placed: Collection[str] = (),
) -> Collected:
    """What differs in a folder from the commit that it had, sorted by path.

    Args:
        folder: after everything that could write there has ended.
        commit: whose files it had.
        before: `snapshot` of it as it was then.
        history: of the repository.
        scratch: a new folder of ours, for the commit's `.gitignore` files.
        empty: an empty repository, for git to run in.
        placed: paths of links that we put there beside those of the commit.
    """
    links = history.links(commit)
    kept = {path for path, target in links.items() if _leads(folder, path) == target}
    history.write_tree(commit, scratch, omit=lambda path: path.rpartition("/")[2] != RULES)
    with IgnoreRules(scratch, empty) as rules:
        sieve = _ByProducts(ignores=rules.ignores, placed=placed)
        unseen = [*links, *history.submodules(commit)]
        found = collect_changes(folder, before, reserved=unseen, placed=[*kept, *placed], sieve=sieve)
    changed = [printable(path, NAME_SHOWN) for path in sorted(links.keys() - kept)]
    changes, refused = [], list[str]()
    for change in found.changes:
        why = path_problem(change.path) if change.content is not None else ""
        if why and change.path.rpartition("/")[2] != _TAKEN:
            refused.append(f"{printable(change.path, NAME_SHOWN)} {why}")
        else:
            changes.append(change)
    return Collected(
        changes=changes,
        problems=[
            *(problem for problem in found.problems if not any(problem.startswith(f"{path} ") for path in changed)),
            *(f"{path} is a symbolic link of the repository: it stays as it was" for path in changed),
            *(f"{printable(path, NAME_SHOWN)}, which `setup` made, is no part of a change" for path in sieve.replaced),
            *refused,
        ],
        by_products=found.by_products,
    )


def not_taken(found: Collected) -> Sequence[str]:
    """What of a folder is no part of the change, a line each: its problems, then what git ignores."""
    return [*found.problems, *_ignored(found.by_products)]


def _ignored(by_products: ByProducts) -> Iterator[str]:
    if by_products.ignored:
        left = by_products.count - len(by_products.ignored)
        yield f"left out, as git ignores it: {', '.join(by_products.ignored)}{f', {more(left)}' if left else ''}"


def _leads(folder: Path, path: str) -> bytes | None:
    with opened(folder) as root:
        return read_link(root, path)
