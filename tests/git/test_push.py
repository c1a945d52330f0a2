"""A push of ours: one branch, the user's credentials, and nothing that a repository names."""

import subprocess
from pathlib import Path

import pytest
from checkouts import ENVIRONMENT, Checkout
from hostile_repository import HOOKS, HostileRepository
from started_processes import processes

from overnight.errors import RepositoryError
from overnight.git.deadline import Deadline
from overnight.git.process import GitError
from overnight.git.push import push, push_address, shown
from overnight.git.repository import open_repository


def bare(folder: Path) -> Path:
    """A bare repository, as a remote."""
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], env=ENVIRONMENT, check=True)
    return folder


def test_one_branch_is_pushed_and_nothing_else(tmp_path: Path) -> None:
    """The branch is there with its commit, without the tag on it; a second push is fine, and the checkout stays as it was."""
    checkout, remote = Checkout.make(tmp_path / "repo"), bare(tmp_path / "far.git")
    checkout.git("remote", "add", "origin", "../far.git")
    checkout.git("tag", "-am", "t", "v1")
    repository, commit = open_repository(checkout.folder), checkout.git("rev-parse", "HEAD")
    before = checkout.state()
    url = push_address(repository, "origin")
    assert url == str(remote)
    for _ in range(2):
        push(repository, url=url, commit=commit, branch="overnight/1-x", deadline=Deadline.within(60))
    listed = subprocess.run(["git", "for-each-ref"], cwd=remote, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    assert listed.stdout == f"{commit} commit\trefs/heads/overnight/1-x\n"
    assert checkout.state() == before


def test_what_is_refused_is_said(tmp_path: Path) -> None:
    """A branch that has gone on is not overwritten; a remote that is not there is an error in git's words."""
    checkout, remote = Checkout.make(tmp_path / "repo"), bare(tmp_path / "far.git")
    repository, old = open_repository(checkout.folder), checkout.git("rev-parse", "HEAD")
    new = checkout.commit({"a": "a"})
    push(repository, url=str(remote), commit=new, branch="b", deadline=Deadline.within(60))
    with pytest.raises(GitError, match=r"git push to .*far.git: .*rejected"):
        push(repository, url=str(remote), commit=old, branch="b", deadline=Deadline.within(60))
    with pytest.raises(GitError, match=r"does not appear to be a git repository"):
        push(repository, url=str(tmp_path / "no.git"), commit=old, branch="b", deadline=Deadline.within(60))


def test_a_push_from_a_hostile_repository_to_a_hostile_one_runs_nothing(tmp_path: Path) -> None:
    """Neither hooks, helpers nor programs of either are run, and the processes see no configuration of the first."""
    hostile, remote = HostileRepository(tmp_path), bare(tmp_path / "far.git")
    hooks = hostile.folder / ".git/hooks"
    for name in (*HOOKS, "post-receive", "post-update", "proc-receive"):
        (remote / "hooks" / name).unlink(missing_ok=True)
        (remote / "hooks" / name).symlink_to((hooks / "pre-push").resolve())
    repository, commit = open_repository(hostile.folder), hostile.checkout.git("rev-parse", "main")
    with processes() as started:
        push(repository, url=str(remote), commit=commit, branch="b", deadline=Deadline.within(60))
        push(repository, url=push_address(repository, "near"), commit=commit, branch="b", deadline=Deadline.within(60))
        with pytest.raises(RepositoryError, match="is none that is pushed to"):
            push_address(repository, "origin")
    assert hostile.marks == set()
    assert {one.command for one in started} <= {"push", "config", "rev-parse", "version", "worktree"}
    assert all("GIT_COMMON_DIR" in one.environment for one in started if one.command == "push")
    environment = {**ENVIRONMENT, "GIT_ALLOW_PROTOCOL": "file"}
    command = ["git", "-c", f"core.hooksPath={hooks}", "push", "-q", str(remote), "main:refs/heads/c"]
    subprocess.run(command, cwd=hostile.folder, env=environment, capture_output=True, check=False)
    assert hostile.marks, "the baits are live"


@pytest.mark.parametrize(
    "url",
    [
        *("ext::sh -c x", "git://host/x", "http://host/x", "-oProxyCommand=x", "ssh://-oProxyCommand=x/y", "fd::3", "x\ny"),
        *("-oProxyCommand=x:y", "host:-x", "ftp://host/x", "file://host/x", "user@-host:x", ""),
    ],
)
def test_addresses_that_are_not_pushed_to(tmp_path: Path, url: str) -> None:
    """Other protocols, helpers and what ssh could take for an option."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("config", "remote.origin.url", url)
    repository = open_repository(checkout.folder)
    if url.startswith("-") and ":" not in url:  # a folder of that name
        assert push_address(repository, "origin") == str(checkout.folder / url)
        return
    with pytest.raises(RepositoryError):
        push_address(repository, "origin")


@pytest.mark.parametrize(
    "url", ["https://host/x.git", "https://me:secret@host/x", "ssh://git@host:22/x", "git@host.org:me/x.git"]
)
def test_addresses_that_are_pushed_to(tmp_path: Path, url: str) -> None:
    """Https and ssh, also in the short form; a password is not shown."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("config", "remote.origin.url", url)
    assert push_address(open_repository(checkout.folder), "origin") == url
    assert "secret" not in shown(url)


def test_a_remote_that_is_unclear(tmp_path: Path) -> None:
    """None, several addresses, or no name of a remote: the message has the fix."""
    checkout = Checkout.make(tmp_path / "repo")
    repository = open_repository(checkout.folder)
    with pytest.raises(RepositoryError, match="there is no remote `origin`; git remote add origin URL"):
        push_address(repository, "origin")
    with pytest.raises(RepositoryError, match="is not a name of a remote"):
        push_address(repository, "--upload-pack=x")
    for url in ("https://a/x", "https://b/x"):
        checkout.git("config", "--add", "remote.origin.url", url)
    with pytest.raises(RepositoryError, match="has 2 addresses"):
        push_address(repository, "origin")
