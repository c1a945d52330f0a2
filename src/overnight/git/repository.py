"""The user's repository: finding and checking it, the names of our refs in it, and hiding our folder from git."""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import RepositoryError
from overnight.git import process
from overnight.git.plumbing import call
from overnight.git.port import branch_of
from overnight.git.process import GitError, inherited, run, words
from overnight.git.unseen import unseen_notes
from overnight.git.worktrees import worktrees
from overnight.words.foreign import printable

OLDEST_GIT = (2, 39)
FOLDER_NAME = ".overnight"
PATH_SHOWN = 200  # characters of a path in a message
MAX_TAG_LENGTH = 100  # even within the names of a branch and a lock file, far below the limit of file systems

# What `git check-ref-format` forbids in one component of a ref, and a leading dash, which commands read as an option.
_BAD_IN_TAG = re.compile(r"[\x00-\x20\x7f~^:?*\[\\/]|\.\.|@\{|^[.-]|\.$|\.lock$|^@$|[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git repository with a checkout and at least one commit."""

    toplevel: Path  # of the checkout
    git_dir: Path  # of the checkout; a linked worktree has its own
    common_dir: Path  # shared by all worktrees
    object_format: str  # "sha1" or "sha256"

    @property
    def overnight(self) -> Path:
        """The folder that holds everything of ours."""
        return self.toplevel / FOLDER_NAME

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about how trials will see the checked-out commit."""
        return unseen_notes(self.git_dir)

    def exclude_overnight(self) -> None:
        """Create our folder and hide it from git through `info/exclude`.

        Raises:
            RepositoryError: the repository is not writable.
        """
        for path in (self.toplevel, self.common_dir, self.common_dir / "objects", self.common_dir / "refs"):
            if not os.access(path, os.W_OK | os.X_OK):
                raise RepositoryError(f"{_shown(path)} is not writable", fix="give yourself write access to the repository")
        try:
            self.overnight.mkdir(exist_ok=True)
            if not stat.S_ISDIR(self.overnight.lstat().st_mode):
                raise RepositoryError(f"{_shown(self.overnight)} is a link", fix="remove it")
            _append_line(self.common_dir / "info" / "exclude", f"{FOLDER_NAME}/")
        except OSError as error:
            raise RepositoryError(f"{_shown(self.overnight)} cannot be set up: {error.strerror}") from error


def open_repository(folder: Path) -> Repository:
    """The repository that a folder is in; nothing is written.

    Raises:
        RepositoryError: no campaign can work on it; the error says why and how to fix it.
    """
    if not folder.is_dir():
        raise RepositoryError(f"there is no folder {_shown(folder)}")
    _check_version(folder)
    bare, inside = _discover(folder, "--is-bare-repository", "--is-inside-work-tree").split()
    if bare == b"true":
        raise RepositoryError(f"{_shown(folder)} is a bare repository, without a checkout", fix="run this in a clone of it")
    if inside != b"true":
        raise RepositoryError(f"{_shown(folder)} is inside git's own folder", fix="run this in the checkout")
    repository = Repository(
        toplevel=_path(_discover(folder, "--show-toplevel")),
        git_dir=_path(_discover(folder, "--absolute-git-dir")),
        common_dir=_path(_discover(folder, "--path-format=absolute", "--git-common-dir")),
        object_format=_discover(folder, "--show-object-format").decode().strip(),
    )
    _check_home(repository)
    if call(repository.git_dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode:
        where = _shown(repository.toplevel)
        raise RepositoryError(f"{where} has no readable commit at HEAD", fix="commit the files to start from")
    return repository


def valid_tag(tag: str) -> bool:
    """Whether a campaign can have this name: one component of a git ref and of a path."""
    return 0 < len(tag) <= MAX_TAG_LENGTH and tag.isprintable() and not _BAD_IN_TAG.search(tag)


def branch_ref(tag: str) -> str:
    """The ref of a campaign's branch."""
    return f"refs/heads/{branch_of(_checked(tag))}"


def attempt_ref(tag: str, number: int, group: str = "") -> str:
    """The ref of one attempt of a campaign, or of one commit of a group that belongs to it."""
    return f"refs/overnight/{_checked(tag)}/{f'{_checked(group)}/' if group else ''}{number}"


def check_branch_free(repository: Repository, tag: str) -> None:
    """Check that no worktree has checked out the branch that a campaign is going to move.

    Raises:
        RepositoryError: one has; its files would look changed when the branch moves.
    """
    check_ref_free(repository, branch_ref(tag))


def check_ref_free(repository: Repository, ref: str) -> None:
    """Check that no worktree has checked out a branch.

    Raises:
        RepositoryError: one has.
    """
    for worktree in worktrees(repository.git_dir, repository.common_dir):
        if worktree.ref == ref:
            where, branch = _shown(worktree.folder), ref.removeprefix("refs/heads/")
            raise RepositoryError(f"the branch {branch} is checked out in {where}", fix="check out another branch there first")


def _check_home(repository: Repository) -> None:
    """Check that the checkout is where the repository was found, so that a cloned one cannot put it over other files."""
    try:
        at_home = _path(_discover(repository.toplevel, "--absolute-git-dir")) == repository.git_dir
    except RepositoryError:
        at_home = False
    if not at_home:
        where = f"the checkout of {_shown(repository.git_dir)} is set to {_shown(repository.toplevel)}, a folder outside of it"
        raise RepositoryError(where, fix="git config --unset core.worktree, or run this in a clone")


def _discover(folder: Path, *arguments: str) -> bytes:
    """Ask with the user's configuration, which says whether git trusts a folder of another owner."""
    settings = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    environment = {**inherited("PATH", "HOME", "XDG_CONFIG_HOME", *settings), "LC_ALL": "C"}
    done = run(("rev-parse", *arguments), folder=folder, environment=environment, longest_s=process.FIRST_LOOK_S)
    if done.returncode == 0:
        return done.stdout
    if b"dubious ownership" in done.stderr:
        fix = "if you trust it: git config --global --add safe.directory <the repository's folder>"
        raise RepositoryError(f"the repository around {_shown(folder)} belongs to another user", fix=fix)
    if b"not a git repository" in done.stderr:
        raise RepositoryError(f"{_shown(folder)} is not in a git repository", fix="git init, then commit your files")
    raise GitError(f"git cannot read the repository around {_shown(folder)}: {words(done.stderr)}")


def _check_version(folder: Path) -> None:
    said = run(("version",), folder=folder, environment=inherited("PATH"), longest_s=process.FIRST_LOOK_S).stdout.decode(
        "utf-8", "replace"
    )
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found or (int(found[1]), int(found[2])) < OLDEST_GIT:
        raise RepositoryError(f"{printable(said.strip(), PATH_SHOWN)} is not supported", fix="install git 2.39 or newer")


def _checked(tag: str) -> str:
    if not valid_tag(tag):
        raise ValueError(f"not a valid tag: {tag!r}")
    return tag


def _path(printed: bytes) -> Path:
    return Path(os.fsdecode(printed.removesuffix(b"\n")))


def _shown(path: Path) -> str:
    return printable(str(path), PATH_SHOWN)


def _append_line(path: Path, line: str) -> None:
    """Add a line to a file once."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0)
        content = file.read()
        if line.encode() not in content.splitlines():
            file.write((b"\n" if content and not content.endswith(b"\n") else b"") + f"{line}\n".encode())
