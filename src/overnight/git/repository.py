"""The user's repository: finding and checking it, the names of our refs in it, and hiding our folder from git."""

import os
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from subprocess import CompletedProcess

from overnight.errors import RepositoryError
from overnight.files.folders import closing_descriptor, is_odd, is_plain, open_regular, opened, write_all
from overnight.files.own import close_folder, make_folder, read_regular
from overnight.git import process
from overnight.git.deadline import Deadline
from overnight.git.looks import Looks
from overnight.git.own_config import know_common_dir
from overnight.git.plumbing import call, require
from overnight.git.port import branch_of
from overnight.git.process import GitError, inherited, run, words
from overnight.git.unseen import unseen_notes
from overnight.git.worktrees import worktrees
from overnight.words.foreign import printable

OLDEST_GIT = (2, 39)
FOLDER_NAME = ".overnight"
MOST_EXCLUDED = 4 * 1024**2  # bytes of `info/exclude` that are read
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
PATH_SHOWN = 200  # characters of a path in a message
MAX_TAG_LENGTH = 100  # even within the names of a branch and a lock file, far below the limit of file systems

# What `git rev-parse` is asked of a repository, in this order.
KIND = ("--is-bare-repository", "--is-inside-work-tree")
FORMAT = ("--show-object-format",)
PLACES = (("--show-toplevel",), ("--absolute-git-dir",), ("--path-format=absolute", "--git-common-dir"))

# What `git check-ref-format` forbids in one component of a ref, and a leading dash, which commands read as an option.
_BAD_IN_TAG = re.compile(r"[\x00-\x20\x7f~^:?*\[\\/]|\.\.|@\{|^[.-]|\.$|\.lock$|^@$|[\ud800-\udfff]")

_DUBIOUS = re.compile(rb"dubious ownership in repository at '([^\n]{1,4096})'")  # git's own words, in the locale C


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
        """Create our folder, for its owner alone, and hide it from git through `info/exclude`.

        Raises:
            RepositoryError: the repository is not writable, or `check_overnight` refuses the folder.
            NotOurs: something that is not ours is in its place.
        """
        self.check_overnight()
        for path in (self.toplevel, self.common_dir, self.common_dir / "objects", self.common_dir / "refs"):
            if not os.access(path, os.W_OK | os.X_OK):
                raise RepositoryError(f"{_shown(path)} is not writable", fix="give yourself write access to the repository")
        try:
            make_folder(self.overnight)
            _append_line(self.common_dir / "info" / "exclude", f"{FOLDER_NAME}/")
        except OSError as error:
            raise RepositoryError(f"{_shown(self.overnight)} cannot be set up: {error.strerror}") from error

    def check_overnight(self) -> None:
        """Check that our folder is ours, if it is there, and close it to other users: nothing of it may come with a clone.

        Raises:
            RepositoryError: git tracks something in it, so whoever committed that wrote what we would take for our own.
            NotOurs: it is a link, not a folder, or belongs to another user.
        """
        with suppress(FileNotFoundError):
            close_folder(self.overnight)
        if tracked := self._tracked():
            found = _shown(_path(tracked.partition(b"\0")[0]))
            fix = f"git rm -r --cached {FOLDER_NAME}, commit, and delete what is not yours in it"
            raise RepositoryError(f"git tracks {found}, but {FOLDER_NAME} must not come with a clone", fix=fix)

    def _tracked(self) -> bytes:
        """What git tracks in our folder; asked again once the index has changed."""
        known = _indexes.known(self)
        if known is not None:
            return known
        began = _indexes.began()
        name = f":(top,icase){FOLDER_NAME}"  # a disk may fold letter case
        found = require(self.git_dir, f"--work-tree={self.toplevel}", "ls-files", "--full-name", "-z", "--", name)
        return _indexes.keep(self, found, (self.git_dir / "index",), began)


_indexes = Looks[bytes]()
_opened = Looks[Repository]()


def open_repository(folder: Path) -> Repository:
    """The repository that a folder is in; nothing is written. Of the top of a checkout it is remembered what git said.

    Raises:
        RepositoryError: no campaign can work on it; the error says why and how to fix it.
    """
    if not folder.is_dir():
        raise RepositoryError(f"there is no folder {_shown(folder)}")
    asked = (folder.resolve(), os.environ.get("PATH"))
    return _opened.known(asked) or _looked_at(folder, asked)


def _looked_at(folder: Path, asked: tuple[Path, str | None]) -> Repository:
    """The repository around a folder as git says now."""
    began = _opened.began()
    _check_version(folder)
    repository = _found_around(folder)
    _check_home(repository, folder)
    know_common_dir(repository.git_dir, repository.common_dir)
    if call(repository.git_dir, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").returncode:
        where = _shown(repository.toplevel)
        raise RepositoryError(f"{where} has no readable commit at HEAD", fix="commit the files to start from")
    top, inside = repository.toplevel, repository.git_dir
    if asked[0] != top:  # between them another repository may be made
        return repository
    files = (top, top / ".git", inside, inside / "HEAD", inside / "commondir", inside / "config.worktree")
    return _opened.keep(asked, repository, (*files, repository.common_dir / "config"), began)


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
    """Check that a campaign's branch can be made and moved; raises as `check_ref_free`."""
    check_ref_free(repository, branch_ref(tag))


def check_ref_free(repository: Repository, ref: str) -> None:
    """Check that a branch can be made and moved.

    Raises:
        RepositoryError: a worktree has checked it out, so its files would look changed; or git cannot hold it beside another
            branch, because one's name is a folder of the other's.
    """
    check_not_checked_out(repository, ref)
    if other := _in_the_way_of(repository, ref):
        mine, theirs = ref.removeprefix("refs/heads/"), printable(other.removeprefix("refs/heads/"), PATH_SHOWN)
        fix = f"rename it: git branch -m {shlex.quote(theirs)} {shlex.quote(theirs.replace('/', '-') + '-old')}"
        raise RepositoryError(f"the branch {theirs} is in the way: git cannot hold it beside {mine}", fix=fix)


def check_not_checked_out(repository: Repository, ref: str) -> None:
    """Check that a branch that is there can be moved.

    Raises:
        RepositoryError: a worktree has checked it out, so its files would look changed; or a folder of its name is a link, so
            that it would be another branch too.
    """
    parts = ref.split("/")
    for above in ("/".join(parts[:count]) for count in range(3, len(parts))):  # from below `refs/heads`
        if (linked := repository.common_dir / above).is_symlink():
            raise RepositoryError(f"{_shown(linked)} is a link", fix="remove it, and see which branches are left: git branch")
    for worktree in worktrees(repository.git_dir, repository.common_dir):
        if worktree.ref == ref:
            where, branch = _shown(worktree.folder), ref.removeprefix("refs/heads/")
            raise RepositoryError(f"the branch {branch} is checked out in {where}", fix="check out another branch there first")


def _in_the_way_of(repository: Repository, ref: str) -> str:
    """A branch whose name is a folder of a ref's, or the other way round; empty if there is none."""
    parts = ref.split("/")
    for above in ("/".join(parts[:count]) for count in range(3, len(parts))):  # from below `refs/heads`
        if call(repository.git_dir, "show-ref", "--verify", "--quiet", above).returncode == 0:
            return above
    below = require(repository.git_dir, "for-each-ref", "--count=1", "--format=%(refname)", f"{ref}/")
    return os.fsdecode(below.strip())


def _found_around(folder: Path) -> Repository:
    """The repository that git finds from a folder, by one question to it; it answers in lines, up to one that it cannot."""
    done = _ask(folder, *KIND, *FORMAT, *(word for place in PLACES for word in place))
    kind = done.stdout.split(b"\n")[: len(KIND)]
    if kind[0] == b"true":
        raise RepositoryError(f"{_shown(folder)} is a bare repository, without a checkout", fix="run this in a clone of it")
    if kind[1:] == [b"false"]:
        raise RepositoryError(f"{_shown(folder)} is inside git's own folder", fix="run this in the checkout")
    lines = _answer(folder, done).removesuffix(b"\n").split(b"\n")[len(KIND) :]
    object_format, places = lines[0].decode(), lines[1:]
    if len(places) != len(PLACES):  # a name with a line end in it: which lines belong together is known only one by one
        places = [_discover(folder, *place).removesuffix(b"\n") for place in PLACES]
    toplevel, git_dir, common_dir = (Path(os.fsdecode(place)) for place in places)
    return Repository(toplevel=toplevel, git_dir=git_dir, common_dir=common_dir, object_format=object_format)


def _check_home(repository: Repository, folder: Path) -> None:
    """Check that the checkout is where the repository was found, so that a cloned one cannot put it over other files.

    Git is asked from there, unless it was found from there already, or it is in the place where git looks first.
    """
    if repository.git_dir == repository.toplevel / ".git" or folder.resolve() == repository.toplevel:
        return
    try:
        at_home = _path(_discover(repository.toplevel, "--absolute-git-dir")) == repository.git_dir
    except RepositoryError:
        at_home = False
    if not at_home:
        where = f"the checkout of {_shown(repository.git_dir)} is set to {_shown(repository.toplevel)}, a folder outside of it"
        raise RepositoryError(where, fix="git config --unset core.worktree, or run this in a clone")


def _discover(folder: Path, *arguments: str) -> bytes:
    return _answer(folder, _ask(folder, *arguments))


def _ask(folder: Path, *arguments: str) -> CompletedProcess[bytes]:
    """Ask with the user's configuration, which says whether git trusts a folder of another owner."""
    settings = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    environment = {**inherited("PATH", "HOME", "XDG_CONFIG_HOME", *settings), "LC_ALL": "C"}
    return run(("rev-parse", *arguments), folder=folder, environment=environment, deadline=_first_look())


def _answer(folder: Path, done: CompletedProcess[bytes]) -> bytes:
    """What git said of the repository around a folder; an error with the fix if it found none."""
    if done.returncode == 0:
        return done.stdout
    if b"dubious ownership" in done.stderr:
        named = _DUBIOUS.search(done.stderr)
        trusted = shlex.quote(os.fsdecode(named[1])) if named else "<the repository's folder>"
        fix = f"if you trust it: git config --global --add safe.directory {printable(trusted, PATH_SHOWN)}"
        raise RepositoryError(f"the repository around {_shown(folder)} belongs to another user", fix=fix)
    if b"not a git repository" in done.stderr:
        raise RepositoryError(f"{_shown(folder)} is not in a git repository", fix="git init, then commit your files")
    raise GitError(f"git cannot read the repository around {_shown(folder)}: {words(done.stderr)}")


def _first_look() -> Deadline:
    return Deadline.within(process.FIRST_LOOK_S)


def _check_version(folder: Path) -> None:
    path = inherited("PATH")
    said = _version(folder, tuple(path.items()))
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found or (int(found[1]), int(found[2])) < OLDEST_GIT:
        raise RepositoryError(f"{printable(said.strip(), PATH_SHOWN)} is not supported", fix="install git 2.39 or newer")


@lru_cache(maxsize=8)
def _version(folder: Path, path: tuple[tuple[str, str], ...]) -> str:
    """What git says that it is; a server asks once for each folder, not at every page."""
    return run(("version",), folder=folder, environment=dict(path), deadline=_first_look()).stdout.decode("utf-8", "replace")


def _checked(tag: str) -> str:
    if not valid_tag(tag):
        raise ValueError(f"not a valid tag: {tag!r}")
    return tag


def _path(printed: bytes) -> Path:
    return Path(os.fsdecode(printed.removesuffix(b"\n")))


def _shown(path: Path) -> str:
    return printable(str(path), PATH_SHOWN)


def _append_line(path: Path, line: str) -> None:
    """Add a line to a file once; the file may be a link only if the line is there already.

    Raises:
        RepositoryError: the line is not there, and writing it could change another file.
    """
    with suppress(OSError):
        if line.encode() in read_regular(path, MOST_EXCLUDED).splitlines():
            return
    try:
        path.parent.mkdir(exist_ok=True)
        with opened(path.parent) as folder, closing_descriptor(open_regular(path.name, _APPEND, folder)) as file:
            status = os.fstat(file)
            if not is_plain(status):
                raise _in_the_way(path, line)
            last = os.pread(file, 1, status.st_size - 1) if status.st_size else b"\n"
            write_all(file, (b"" if last == b"\n" else b"\n") + f"{line}\n".encode())
    except OSError as error:
        if is_odd(error) or isinstance(error, FileExistsError):
            raise _in_the_way(path, line) from error
        raise


def _in_the_way(path: Path, line: str) -> RepositoryError:
    return RepositoryError(
        f"{_shown(path)} is a link, or not a file of its own", fix=f"add the line {line} to it, or remove it"
    )
