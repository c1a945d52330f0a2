"""What the `.gitignore` files of a commit say of paths, asked of git itself.

Git is asked in an empty repository of its own, so neither the user's configuration, nor lists of ignored files outside the
commit, nor anything that a researcher wrote has a say.

Does not cover: whether a path is in the commit; to git a file that is committed is not ignored, whatever the rules say.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

from overnight.files.folders import encode_path
from overnight.git.deadline import Deadline
from overnight.git.pipe import GitDied, Pipe
from overnight.git.process import GitTooSlow, inherited

RULES = ".gitignore"  # the name of such a file
ANSWERS_S = 10.0  # for all questions about one workspace; ten thousand take 0.1 s, and rules may be made to take longer


class IgnoreRules:
    """The rules in a folder that holds a commit's `.gitignore` files; it starts git with the first question.

    Once git has died or taken too long, nothing else counts as ignored.
    """

    def __init__(self, folder: Path, repository: Path) -> None:
        self._folder = folder
        self._repository = repository
        self._pipe: Pipe | None = None
        self._over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        if self._pipe:
            self._pipe.close(at_once=True)

    def ignores(self, path: str) -> bool:
        """Whether git ignores a path relative to the folder, which need not exist; that of a folder ends with a slash."""
        if self._over:
            return False
        try:
            pipe = self._pipe = self._pipe or self._start()
            pipe.say(b"./" + encode_path(path) + b"\0")  # a name may begin with what git takes for more than a name
            _, _, pattern, _ = (pipe.field() for _ in range(4))
        except (GitDied, GitTooSlow):
            self._over = True
            return False
        return bool(pattern) and not pattern.startswith(b"!")

    def _start(self) -> Pipe:
        options = ("--no-index", "-z", "--verbose", "--non-matching", "--stdin")
        return Pipe(
            ("-c", "core.excludesFile=/dev/null", "check-ignore", *options),
            folder=self._folder,
            environment={
                **inherited("PATH"),
                "LC_ALL": "C",
                "GIT_DIR": str(self._repository),
                "GIT_WORK_TREE": str(self._folder),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_FLUSH": "1",
            },
            deadline=Deadline.within(ANSWERS_S),
        )


def make_empty_repository(folder: Path) -> None:
    """Make a new folder into a repository without anything in it, for git to run in."""
    for name in ("objects", "refs"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
