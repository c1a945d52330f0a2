"""A configuration of ours in the place of the repository's, so that no git process of ours reads one that names programs.

Git reads its configuration, hooks and attributes from a repository's common folder. Ours is a private folder with links to
the repository's refs and lists of paths, and a configuration that takes over only the settings below, each only if its value is
a word: how files and objects are stored, never what to run, where to fetch from or which other file to read.

A second one has attributes of ours as well, by which no file is left out of a diff that people and agents judge: the content
alone says whether it is text.

Does not cover: what the repository's data says (HEAD, refs, index, objects and their alternates, attributes), which is data.
"""

import atexit
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from overnight.git import process
from overnight.git.deadline import Deadline
from overnight.git.process import GitError, inherited, run, words

TAKEN_OVER = frozenset(
    {
        *("core.repositoryformatversion", "extensions.objectformat", "extensions.refstorage"),
        *("core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode", "core.checkstat", "core.trustctime"),
        *("core.autocrlf", "core.eol", "core.sparsecheckout", "core.sparsecheckoutcone", "core.sharedrepository"),
        "core.logallrefupdates",
    }
)
ATTRIBUTES = "info/attributes"
LINKED = ("HEAD", "refs", "packed-refs", "reftable", "logs", "shallow", "worktrees", "info/exclude", ATTRIBUTES)
PREFIX = "overnight-git-"
YOUNG_S = 60.0  # of a folder that its maker may not have locked yet
_CACHED = 256  # repositories in one process
PLAIN = "* !diff\n"  # attributes in that file outrank all others, whoever committed them
_common_dirs: dict[Path, Path] = {}  # by git_dir, of the repositories that this process has opened
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def own_common_dir(git_dir: Path, *, plain: bool = False) -> Path:
    """The folder to hand to git as its common folder; it lives as long as this process. Made again if the settings change.

    With `plain`, no attribute says how files are compared.
    """
    common = common_dir(git_dir)
    with suppress(FileNotFoundError):
        status = (common / "config").stat()
        return _made(common, (status.st_ino, status.st_mtime_ns, status.st_size), plain=plain)
    return _made(common, None, plain=plain)


def common_dir(git_dir: Path) -> Path:
    """The repository's own common folder, which holds the objects of all its worktrees.

    Raises:
        GitError: git cannot tell.
    """
    if git_dir not in _common_dirs:
        found = _ask(git_dir, "rev-parse", "--path-format=absolute", "--git-common-dir")
        know_common_dir(git_dir, Path(os.fsdecode(found.removesuffix(b"\n"))))
    return _common_dirs[git_dir]


def know_common_dir(git_dir: Path, common: Path) -> None:
    """Remember what git said of a repository when it was found, so that it is not asked again."""
    _common_dirs[git_dir] = common


@lru_cache(_CACHED)
def _made(common: Path, _stamp: tuple[int, int, int] | None, *, plain: bool) -> Path:
    settings = dict(_settings(common)) if _stamp else {}
    if not (common / "logs").is_dir():  # git would make it, but cannot make it through a link
        settings["core.logallrefupdates"] = "false"
    folder = _private_folder()
    (folder / "info").mkdir()
    for name in LINKED:
        if plain and name == ATTRIBUTES:
            (folder / name).write_text(PLAIN, encoding="ascii")
        else:
            (folder / name).symlink_to(common / name)
    lines = (f"[{section}]\n\t{key} = {value}\n" for (section, _, key), value in _parted(settings))
    (folder / "config").write_text("".join(lines), encoding="ascii")
    return folder


def _settings(common: Path) -> Iterator[tuple[str, str]]:
    """The settings that are taken over, by their names; of several values of one the last, as git does."""
    listed = _ask(common, "config", "--file", str(common / "config"), "--no-includes", "--null", "--list")
    for entry in listed.decode("utf-8", "replace").split("\0"):
        name, given, value = entry.partition("\n")
        if name in TAKEN_OVER and _WORD.fullmatch(value if given else "true"):
            yield name, value if given else "true"


def _parted(settings: dict[str, str]) -> Iterator[tuple[tuple[str, str, str], str]]:
    return ((name.partition("."), value) for name, value in settings.items())


def _ask(git_dir: Path, *arguments: str) -> bytes:
    """Ask a command that runs nothing, whatever the repository's own configuration says."""
    environment = {
        **inherited("PATH"),
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    done = run(arguments, folder=git_dir, environment=environment, deadline=Deadline.within(process.FIRST_LOOK_S))
    if done.returncode:
        raise GitError(f"git {arguments[0]}: {words(done.stderr)}")
    return done.stdout


def _private_folder() -> Path:
    """A new folder that is deleted when this process ends, or by the next one if this one is killed."""
    _delete_left(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # open until we end; programs that tidy up leave locked folders alone
    fcntl.flock(lock, fcntl.LOCK_SH)
    atexit.register(_delete, folder, os.getpid())
    return folder


def _delete(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # not in a fork of it
        shutil.rmtree(folder, ignore_errors=True)


def _delete_left(parent: Path) -> None:
    """Delete the folders of processes that were killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                status = os.fstat(lock)
                if status.st_uid == os.geteuid() and time.time() - status.st_mtime > YOUNG_S:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
