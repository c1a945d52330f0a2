"""Pushes one commit as one branch, with the user's own credentials; nothing that the repository names is run.

The user's own configuration is read, for credentials, proxies and ssh; the repository's is not, except for the address of a
remote, as data. No hook is run, also not in a repository on this machine that is pushed to. No tag and no submodule goes along.

Does not cover: what the user's own configuration runs, such as a credential helper; a server, which runs what it likes; an ssh
that waits at the terminal, which is ended with the time; settings of a later git that name a program, in a folder of this
machine that is pushed to.
"""

import os
import re
from pathlib import Path

from overnight.errors import RepositoryError
from overnight.git import process
from overnight.git.deadline import Deadline
from overnight.git.own_config import common_dir, own_common_dir
from overnight.git.process import GitError, inherited, run, words
from overnight.git.repository import Repository
from overnight.words.foreign import printable

LONGEST_URL = 2000
SHOWN = LONGEST_URL  # characters of an address in a message: none is left out of what is allowed
INHERITED = (
    *("PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    *("SSH_AUTH_SOCK", "SSH_AGENT_PID", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_SSL_CAINFO", "SSL_CERT_FILE"),
    *("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"),
)
# For git in a folder on this machine: what its configuration could make it run.
RECEIVING = (
    "-c core.hooksPath=/dev/null -c core.alternateRefsCommand=true -c core.fsmonitor=false -c core.attributesFile=/dev/null"
    " -c receive.autogc=false -c gc.auto=0 -c maintenance.auto=false"
)
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
# What stands before the path is plain: programs disagree on the host of `https://one?@other/`, and people read one of the two.
_OVER_NETWORK = re.compile(
    r"(https://|ssh://)([^@/?#\\\s]*@)?[A-Za-z0-9\[][^@/?#\\\s]*(/\S*)?|([\w.-]+@)?[A-Za-z0-9][\w.-]*:(?!:|//)[^-\s]\S*"
)
_SECRET = re.compile(r"(?<=//)[^/]*@")


def push_address(repository: Repository, remote: str) -> str:
    """Where a remote of a repository is, as its configuration says: over https or ssh, or a folder here, absolute.

    Raises:
        RepositoryError: there is no such remote, or it is none that we push to.
    """
    if not _REMOTE.fullmatch(remote):
        raise RepositoryError(f"`{printable(remote, SHOWN)}` is not a name of a remote")
    found = _values(repository, f"remote.{remote}.pushurl") or _values(repository, f"remote.{remote}.url")
    if not found:
        raise RepositoryError(f"there is no remote `{remote}`", fix=f"git remote add {remote} URL")
    if len(found) > 1:
        raise RepositoryError(f"the remote `{remote}` has {len(found)} addresses", fix="name a remote that has one")
    url = found[0]
    if url and len(url) <= LONGEST_URL and url.isprintable():
        if "://" not in url and "::" not in url and (url.startswith(("/", "./", "../")) or ":" not in url):
            return os.path.abspath(repository.toplevel / url)  # noqa: PTH100  # links are the user's to choose
        if url.startswith("file:///"):
            return url.removeprefix("file://")
        if _OVER_NETWORK.fullmatch(url):
            return url
    raise RepositoryError(f"the address of `{remote}` is none that is pushed to: {shown(url)}", fix="use https or ssh")


def shown(url: str) -> str:
    """An address for people, without a password."""
    return printable(_SECRET.sub("", url), SHOWN)


def push(repository: Repository, *, url: str, commit: str, branch: str, deadline: Deadline) -> None:
    """Push a commit as a branch that is new there, or that it follows.

    Raises:
        GitError: it was refused, or could not be reached; the message is git's.
    """
    local = url.startswith("/")
    options = ["--no-verify", "--no-recurse-submodules", "--no-follow-tags"]
    if local:
        options.append(f"--receive-pack=git {RECEIVING} receive-pack")
    arguments = ("push", *options, "--", url, f"{commit}:refs/heads/{branch}")
    done = run(arguments, folder=repository.git_dir, environment=_environment(repository.git_dir), deadline=deadline)
    if done.returncode:
        raise GitError(f"git push to {shown(url)}: {_SECRET.sub('', words(done.stderr))}")


def _environment(git_dir: Path) -> dict[str, str]:
    return {
        **inherited(*INHERITED),
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_COMMON_DIR": str(own_common_dir(git_dir)),
        "GIT_OBJECT_DIRECTORY": str(common_dir(git_dir) / "objects"),
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": "never",
    }


def _values(repository: Repository, name: str) -> list[str]:
    """The values of a setting of the repository's, as data."""
    environment = {**inherited("PATH"), "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    file = str(repository.common_dir / "config")
    arguments = ("config", "--file", file, "--no-includes", "--null", "--get-all", name)
    deadline = Deadline.within(process.FIRST_LOOK_S)
    done = run(arguments, folder=repository.git_dir, environment=environment, deadline=deadline)
    return [value.decode("utf-8", "replace") for value in done.stdout.split(b"\0")[:-1]]
