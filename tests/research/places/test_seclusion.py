"""What of a repository jobs may not see, in real repositories and a real jail."""

import asyncio
from pathlib import Path

import anyio
import pytest
from targets import git, repository_of

from overnight.errors import ProgramError, SandboxError
from overnight.git.repository import Repository, open_repository
from overnight.jail import planted
from overnight.jail.checkout import Checkout
from overnight.jail.doctor import probe
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.places import seclusion
from overnight.research.places.seclusion import check_readable_paths, check_secluded, checkout_around, checkout_of


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A checkout with a hidden file, and with data and an environment that are not committed."""
    tmp_path.chmod(0o755)
    made = repository_of(
        tmp_path / "repo", {"train.py": "", "bin/tool": "", "data/holdout/labels": "1", ".gitignore": "data/\n"}
    )
    for name in ("data/train/set", "data/private/answers", ".venv/bin/tool"):
        (made.toplevel / name).parent.mkdir(parents=True, exist_ok=True)
        (made.toplevel / name).write_text("2")
    made.overnight.mkdir()
    return made


def reading(*readable: Path, hidden: str = "") -> Program:
    """A program that names these paths under `readable`, on its line 4."""
    front = f"metric: loss\nmeasure: x\nreadable: [{', '.join(map(str, readable))}]\nhidden: [{hidden}]\neditable: [train.py]"
    return parse_program(f"---\n{front}\n---\n", "program.md")


def test_all_that_belongs_to_a_repository_is_private(repository: Repository, tmp_path: Path) -> None:
    """Git's folder, ours and every linked worktree: each of them holds the sealed files."""
    git(repository.toplevel, "worktree", "add", "-q", str(tmp_path / "second"), "-b", "second")
    found = checkout_of(open_repository(tmp_path / "second"))
    assert list(found.toplevels) == [(tmp_path / "second").resolve(), repository.toplevel.resolve()]
    expected = {repository.overnight, repository.git_dir, tmp_path / "second/.overnight"}
    assert {path.resolve() for path in expected} <= set(found.private)


def test_what_is_committed_is_known_by_path(repository: Repository) -> None:
    """A file, a folder with a committed file in it, and the top; not what is ignored or missing."""
    checkout = checkout_of(repository)
    assert [checkout.is_committed(path) for path in (".", "bin", "bin/tool", "data")] == [True] * 4
    assert [checkout.is_committed(path) for path in (".venv", ".venv/bin", "data/train", "nothing")] == [False] * 4


@pytest.mark.parametrize("name", ["data", "data/holdout", "data/holdout/labels", "data/private"])
def test_readable_data_must_not_hold_a_hidden_file(repository: Repository, name: str) -> None:
    """Whether it is committed or not: jobs would read the answers past the tree that they are given."""
    program = reading(repository.toplevel / name, hidden="data/holdout/, '**/answers'")
    with pytest.raises(ProgramError, match=r"^program.md:4: readable\[0\]: it would show jobs a hidden file, data/"):
        check_readable_paths(program, checkout_of(repository))


def test_other_data_in_the_checkout_is_readable(repository: Repository) -> None:
    """Data that is too large to commit often lies in the checkout, ignored by git."""
    check_readable_paths(reading(repository.toplevel / "data/train", hidden="data/holdout/"), checkout_of(repository))


def test_the_repository_is_not_readable(repository: Repository) -> None:
    """The error has the line and the fix."""
    with pytest.raises(ProgramError, match=r"readable\[0\]: jobs may not read .*own; name the folder of data in it$"):
        check_readable_paths(reading(repository.toplevel), checkout_of(repository))


def test_check_finds_a_name_that_nobody_thought_of(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a jail shows the repository after all, a planted secret is found in it, and nothing is run."""
    program = reading(tmp_path, hidden="data/holdout/")
    anyio.run(check_secluded, program, repository)
    real = checkout_of(repository)

    class Blind(Checkout):
        """A jail that hides nothing."""

        @property
        def hidden(self) -> tuple[str, ...]:
            return ()

    monkeypatch.setattr(
        seclusion, "make_executor", lambda *_, **__: _jail(Blind(toplevels=real.toplevels, private=real.private))
    )
    with pytest.raises(SandboxError, match="a job sees the repository at ") as found:
        anyio.run(check_secluded, program, repository)
    assert f"{repository.toplevel}" in str(found.value) and "off PATH" in found.value.fix
    assert not list(repository.toplevel.rglob("overnight-probe-*"))


def _jail(checkout: Checkout) -> object:
    from overnight.jail.jail import JailExecutor

    return JailExecutor(slots=1, search_path="/usr/bin:/bin", checkout=checkout)


def test_doctor_tries_it(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a repository whose environment and tools are on PATH, doctor looks for it from a job; elsewhere it says so."""
    monkeypatch.setenv("PATH", f"{repository.toplevel}/.venv/bin:{repository.toplevel}/bin:/usr/bin:/bin")
    found = {each.name: each for each in asyncio.run(probe(checkout_around(repository.toplevel)))}
    assert found["repository"].holds and found["repository"].detail == f"hidden except for {repository.toplevel}/.venv/bin"
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    nowhere = {each.name: each for each in asyncio.run(probe(checkout_around(tmp_path)))}
    assert "in no repository" in nowhere["repository"].detail


def test_what_another_checkout_has_committed_is_committed(repository: Repository, tmp_path: Path) -> None:
    """A folder that only another branch has holds that branch's files, which are sealed as well."""
    git(repository.toplevel, "worktree", "add", "-q", str(tmp_path / "second"), "-b", "second")
    (tmp_path / "second/more").mkdir()
    (tmp_path / "second/more/labels").write_text("1")
    git(tmp_path / "second", "add", "-A")
    git(tmp_path / "second", "commit", "-q", "-m", "more")
    checkout = checkout_of(repository)
    assert checkout.is_committed("more") and checkout.inside(str(tmp_path / "second/more")) == "more"


def test_a_search_that_finds_nothing_at_all_proves_nothing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a `find` that works in the jail it is not known what a job sees, and check says so."""
    monkeypatch.setattr(planted, "_search", lambda *_: "echo end")
    assert "cannot tell whether jobs see" in anyio.run(check_secluded, reading(), repository)
