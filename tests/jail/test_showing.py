"""What a jail shows of the host, and what stays hidden in it, in a real jail."""

import asyncio
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from overnight.errors import SandboxError
from overnight.jail.checkout import Checkout
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
from overnight.jail.showing import showing

SECRET_BYTES = 7919  # the size of each file that must not be seen, and of no other in these folders


@dataclass(frozen=True, kw_only=True)
class Premises:
    """A folder `top` with a checkout in it, whose `.overnight` and git folder hold a secret."""

    root: Path
    committed: Sequence[str] = ("bin", "train.py", "holdout")
    others: Sequence[Path] = field(default_factory=tuple)  # further checkouts

    @property
    def repo(self) -> Path:
        return self.root / "top/repo"

    @property
    def checkout(self) -> Checkout:
        private = (self.repo / ".git", self.repo / ".overnight")
        return Checkout(toplevels=(self.repo, *self.others), private=private, is_committed=self.is_committed)

    def is_committed(self, path: str) -> bool:
        """Whether a path is committed, or something below it."""
        return path == "." or any(name == path or name.startswith(f"{path}/") for name in self.committed)

    def sees(
        self,
        command: str,
        *,
        path: Sequence[str | Path] = (),
        readable: Sequence[str | Path] = (),
        checkout: Checkout | None = None,
    ) -> str:
        """What a job prints."""
        search_path = ":".join([*map(str, path), "/usr/bin", "/bin"])
        jail = JailExecutor(slots=1, search_path=search_path, checkout=checkout or self.checkout)
        folder, output = self.root / "job", self.root / "output"
        folder.mkdir(exist_ok=True)
        job = Job(command=command, folder=folder, output=output, limits=Limits(), readable=tuple(map(str, readable)))
        asyncio.run(jail.run(job))
        return output.read_text()

    def leaks(
        self, *, path: Sequence[str | Path] = (), readable: Sequence[str | Path] = (), checkout: Checkout | None = None
    ) -> str:
        """The secret files that a job finds anywhere, under any name."""
        system = " -o ".join(f"-path {folder}" for folder in ("/proc", "/dev", "/usr"))
        found = f"find / \\( {system} \\) -prune -o -type f -size {SECRET_BYTES}c -print"
        return self.sees(found, path=path, readable=readable, checkout=checkout)


@pytest.fixture
def premises(tmp_path: Path) -> Premises:
    """A checkout with secrets in all its places, and tools beside it and in it."""
    tmp_path.chmod(0o755)
    made = Premises(root=tmp_path.resolve())
    for name in ("holdout/labels", ".git/objects/pack", ".overnight/nov30/ledger.db", "train.py", "bin/tool", ".env"):
        file = made.repo / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\necho tool\n".ljust(SECRET_BYTES))
        file.chmod(0o755)
    for name in (".venv/bin", "node_modules/.bin", "node_modules/pkg", "tools/bin", "../bin", "data"):
        (made.repo / name).mkdir(parents=True)
        (made.repo / name / "free").write_text("#!/bin/sh\necho free\n")
        (made.repo / name / "free").chmod(0o755)
    python = made.repo / ".venv/bin/python3"
    python.symlink_to("/usr/bin/python3")
    (made.repo / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    return made


@pytest.mark.parametrize(
    "entry", ["bin", ".", "..", "../bin", ".venv/bin", "node_modules/.bin", "tools/bin", ".git", ".overnight", "holdout"]
)
def test_no_entry_of_path_shows_the_repository(premises: Premises, entry: str) -> None:
    """Whatever folder in or around the checkout is on PATH, a job finds no file of it, under no name."""
    assert premises.leaks(path=[os.path.normpath(premises.repo / entry)]) == ""


def test_neither_does_a_linked_name(premises: Premises) -> None:
    """A second name of the checkout, or of a folder around it, opens no way to it."""
    (premises.root / "alias").symlink_to(premises.root / "top")
    (premises.root / "tools").mkdir()
    (premises.root / "tools/deep").symlink_to(premises.repo)
    names = [premises.root / name for name in ("alias/repo/.venv/bin", "alias/repo/bin", "alias/bin", "tools/deep/.venv/bin")]
    assert premises.leaks(path=names) == ""
    assert premises.leaks(path=names, readable=[premises.root / "tools", premises.root / "alias"]) == ""


def test_the_environment_of_the_repository_works(premises: Premises) -> None:
    """The usual case: the checkout's own environment is on PATH, and is all that is seen of the checkout."""
    seen = premises.sees(f"command -v python3; free; ls -A {premises.repo}", path=[premises.repo / ".venv/bin"])
    assert seen.splitlines() == [f"{premises.repo}/.venv/bin/python3", "free", ".venv"]


def test_an_environment_under_a_linked_name_works(premises: Premises) -> None:
    """A home folder behind a link is common: the environment is found under the name that PATH gives it."""
    (premises.root / "alias").symlink_to(premises.root / "top")
    entry = premises.root / "alias/repo/.venv/bin"
    assert premises.sees("command -v free", path=[entry]) == f"{entry}/free\n"
    both = premises.sees("command -v free", path=[entry], readable=[premises.root / "alias"])
    assert both == f"{entry}/free\n"


def test_packages_of_npm_are_shown_whole(premises: Premises) -> None:
    """Programs in `node_modules/.bin` are links into the packages beside it."""
    (premises.repo / "node_modules/.bin/linked").symlink_to("../pkg/free")
    assert premises.sees("linked", path=[premises.repo / "node_modules/.bin"]) == "free\n"


def test_committed_programs_are_those_of_the_tree_under_trial(premises: Premises) -> None:
    """A committed folder on PATH is the job's own copy of it, never the one in the user's checkout."""
    (premises.root / "job/bin").mkdir(parents=True)
    tool = premises.root / "job/bin/tool"
    tool.write_text("#!/bin/sh\necho of the tree\n")
    tool.chmod(0o755)
    assert premises.sees("command -v tool; tool", path=[premises.repo / "bin"]) == "/trial/bin/tool\nof the tree\n"


@pytest.mark.parametrize("around", ["top", ""])
def test_a_readable_folder_around_the_repository_shows_the_rest(premises: Premises, around: str) -> None:
    """What lies beside the checkout is there; the checkout is an empty folder, apart from what was named in it."""
    command = f"{premises.root}/top/bin/free; ls -A {premises.repo}"
    readable = [premises.root / around, premises.repo / "data"]
    assert premises.sees(command, readable=readable).splitlines() == ["free", "data"]
    assert premises.leaks(readable=readable) == ""


@pytest.mark.parametrize("name", [".", ".git", ".git/objects", ".overnight", ".overnight/nov30"])
def test_the_repository_itself_is_not_readable(premises: Premises, name: str) -> None:
    """A program that names the checkout, git's folder or ours under `readable` is refused, with the fix."""
    with pytest.raises(SandboxError, match="it is the repository's own") as refused:
        premises.sees("true", readable=[premises.repo / name])
    assert refused.value.fix == "name the folder of data in it"


def test_an_environment_that_is_the_repository_is_refused(premises: Premises) -> None:
    """With `python -m venv .` at the top of a checkout, showing the environment would show the repository."""
    (premises.repo / ".venv").rename(premises.root / "unused")
    outside = Premises(root=premises.root, committed=("train.py",))
    (premises.repo / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (premises.repo / "bin/python3").symlink_to("/usr/bin/python3")
    with pytest.raises(SandboxError, match="holds the repository's own files") as refused:
        outside.sees("true", path=[premises.repo / "bin"])
    assert "python3 -m venv .venv" in refused.value.fix


def test_further_checkouts_are_hidden(premises: Premises) -> None:
    """A linked worktree beside the checkout holds the same sealed files, and is as hidden."""
    other = premises.root / "top/bin/worktree"
    other.mkdir()
    (other / "labels").write_text(" " * SECRET_BYTES)
    both = Premises(root=premises.root, others=[other])
    assert both.leaks(path=[premises.root / "top/bin"]) == ""
    assert both.sees(f"ls -A {shlex.quote(str(other))}", path=[premises.root / "top/bin"]) == ""


def test_a_checkout_around_this_one_is_hidden(premises: Premises) -> None:
    """Linked worktrees often lie in the first checkout: its tools are on PATH, and its sealed files are as hidden."""
    inner = premises.repo / ".worktrees/second"
    (inner / "holdout").mkdir(parents=True)
    (inner / "holdout/labels").write_text(" " * SECRET_BYTES)
    nested = Checkout(toplevels=(inner, premises.repo), private=premises.checkout.private, is_committed=premises.is_committed)
    path = [premises.repo / name for name in ("bin", ".venv/bin", "tools/bin")]
    for readable in ((), (premises.root,), (premises.repo / "data",)):
        assert premises.leaks(path=path, readable=readable, checkout=nested) == ""
    assert premises.sees("free", path=path, checkout=nested) == "free\n"


def test_a_checkout_in_gits_folder_is_hidden_and_its_environment_works(premises: Premises) -> None:
    """Some keep their worktrees in the folder of a bare repository."""
    inner = premises.repo / ".git/second"
    (inner / ".venv/bin").mkdir(parents=True)
    (inner / "labels").write_text(" " * SECRET_BYTES)
    (inner / ".venv/bin/free").touch(mode=0o755)
    (inner / ".venv/pyvenv.cfg").touch()
    nested = Checkout(toplevels=(inner,), private=premises.checkout.private, is_committed=lambda path: path in {".", "labels"})
    path = [inner / ".venv/bin", premises.repo / ".git"]
    assert premises.leaks(path=path, readable=[premises.repo / "data"], checkout=nested) == ""
    assert premises.sees("command -v free", path=path, checkout=nested) == f"{inner}/.venv/bin/free\n"


def test_a_search_of_the_jail_finds_what_is_shown(premises: Premises) -> None:
    """The search behind these tests is able to find: a secret in a folder that the program names is seen."""
    (premises.root / "named").mkdir()
    (premises.root / "named/secret").write_text(" " * SECRET_BYTES)
    assert premises.leaks(readable=[premises.root / "named"]) == f"{premises.root}/named/secret\n"


def test_a_checkout_in_a_system_folder_is_hidden() -> None:
    """Images often keep the project below `/usr`, which every jail shows."""
    covered = showing((), ("/usr/share",))
    assert list(covered) == ["--perms", "0755", "--tmpfs", "/usr/share", "--remount-ro", "/usr/share"]
    within = list(showing(("/usr/share/doc/base-files",), ("/usr/share",)))
    assert within.index("--tmpfs") < within.index("--ro-bind") < within.index("--remount-ro")
    assert within[4:8] == ["--perms", "0755", "--dir", "/usr/share/doc"]


def test_a_tool_behind_a_link_runs(premises: Premises) -> None:
    """What a link on PATH leads to runs with its own files; nothing of the checkout is shown for a link that leads there."""
    tool = premises.root / "store/pkg/bin/tool"
    tool.parent.mkdir(parents=True)
    (premises.root / "store/pkg/lib").mkdir()
    (premises.root / "store/pkg/lib/own").write_text("its own file")
    tool.write_text(f"#!/bin/sh\ncat {premises.root}/store/pkg/lib/own\n")
    tool.chmod(0o755)
    (premises.root / "store/neighbour").write_text("secret")
    path = [premises.root / "top/bin"]
    for name, target in (("linked", tool), ("labels", premises.repo / "holdout/labels"), ("env", premises.repo / ".env")):
        (path[0] / name).symlink_to(target)
    assert premises.sees(f"linked; ls {premises.root}/store", path=path) == "its own filepkg\n"
    assert premises.leaks(path=path) == ""


def test_paths_of_the_checkout_lead_to_the_jobs_own_files(premises: Premises) -> None:
    """Also beside what is shown of the checkout; git's folder and ours have no such name, and nothing new can be made."""
    for name in (".git", ".overnight", "data", "lib"):
        (premises.root / "job" / name).mkdir(parents=True)
    (premises.root / "job/lib/own").write_text("own\n")
    (premises.root / "job/odd\n--bind").write_text("odd\n")
    asks = f"cd {premises.repo}; cat lib/own odd*; ls -A data; ls -dA .[gov]*; touch x lib/x data/x; ls /trial/lib"
    seen = premises.sees(f"({asks}) 2> /dev/null", path=[premises.repo / ".venv/bin"], readable=[premises.repo / "data"])
    assert seen.split() == ["own", "odd", "free", ".venv", "own", "x"]
