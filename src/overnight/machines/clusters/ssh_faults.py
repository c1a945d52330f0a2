"""Why a connection of ssh gave no worker, in our words and with a fix; pure."""

import re
from collections.abc import Sequence
from shlex import quote

from overnight import __version__
from overnight.errors import UserError
from overnight.machines.clusters.machine import EXTRA
from overnight.words.foreign import printable, printable_lines

NOT_FOUND, NOT_EXECUTABLE = 127, 126  # exit codes of a shell
_EXCERPT = 8  # lines

# What ssh, a shell or Python print, what that means, and its fix; `{host}` and `{python}` are filled in. The first one counts.
_SSH: Sequence[tuple[str, str, str]] = (
    (
        r"IDENTIFICATION HAS CHANGED",
        "its host key is another than before",
        "find out why; then `ssh-keygen -R` forgets the old one",
    ),
    (
        r"Host key verification failed|No .* host key is known",
        "its host key is not known here",
        "run `ssh {host}` once by hand, and accept the key if it is the right one",
    ),
    (r"Could not resolve hostname", "there is no such host", "write it as in `ssh {host}`, or add it to ~/.ssh/config"),
    (
        r"[^\n]*: Permission denied \(|Too many authentication failures",
        "it refuses your key",
        "`ssh -o BatchMode=yes {host} true` must work: try ssh-add, or ssh-copy-id {host}",
    ),
    (r"Connection refused|timed out|No route to host|Network is unreachable", "it cannot be reached", "`ssh {host}` must work"),
    (
        r"remote port forwarding failed|forwarding .*prohibited|forward.* request failed",
        "it forbids the forwarding of ports",
        "set `AllowTcpForwarding yes` in its sshd_config",
    ),
)
_PYTHON: Sequence[tuple[str, str, str]] = (
    (r"[Uu]nknown option:? -P", "{python} is older than Python 3.11", "name a newer one"),
    (
        r"No module named '?overnight'?\b(?!\.)",
        "{python} has no overnight",
        "install it there: {python} -m pip install '{extra}=={version}'",
    ),
    (
        r"No module named '?overnight\.",
        "{python} has another version of overnight",
        "install the same there: {python} -m pip install '{extra}=={version}'",
    ),
)


def fault_of(host: str, python: str, code: int, printed: str) -> UserError:
    """What a connection ended with before a worker was started.

    `code` is ssh's exit code, which is that of the remote command if there was one; `printed` is its standard error.
    """
    names = {"host": quote(host), "python": quote(python), "extra": EXTRA, "version": __version__}
    for pattern, words, fix in _SSH if code == 255 else _PYTHON:  # noqa: PLR2004  # ssh's own failures
        if re.search(pattern, printed):
            return _error(host, words.format(**names), fix.format(**names), printed if "{" not in words else "")
    if code in (NOT_FOUND, NOT_EXECUTABLE):
        return _error(host, f"there is no program {names['python']}", "name the Python of the hosts, with its whole path", "")
    return _error(host, f"the connection ended with exit code {code}", f"`ssh {names['host']}` must work", printed)


def unlike_ours(host: str, python: str, version: str, missing: Sequence[str]) -> UserError | None:
    """What speaks against a host that has answered, if anything."""
    install = f"install the same there: {quote(python)} -m pip install '{EXTRA}=={__version__}'"
    if version != __version__:
        return _error(host, f"it has overnight {printable(version, 40)}, and this is {__version__}", install, "")
    if missing:
        return _error(host, f"{quote(python)} has no {printable(missing[0], 40)}", install, "")
    return None


def _error(host: str, words: str, fix: str, printed: str) -> UserError:
    lines = [line for line in printable_lines(printed, 4000).splitlines() if line.strip()][-_EXCERPT:]
    return UserError(f"{printable(host, 80)}: {words}", fix=fix, excerpt=lines)
