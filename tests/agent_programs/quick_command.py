"""The command line with a gateway that waits a tenth as long as usual, for a quota a twenty-fifth.

As a program it also says which processes outlive the command: it is a parent that inherits them.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from overnight.cli.main import main
from overnight.models import gateway
from overnight.models.breaker import RetryTimes

QUICK = RetryTimes(busy_s=0.1, busiest_s=6.0, quota_s=12.0, longest_s=600.0, same_s=0.2, near_s=6.0, patience_s=12.0)
LEFT = "outlived the command: "
GONE_S = 3.0  # for processes that are being ended to be gone
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def run_watched() -> int:
    """Run the command in a child; its exit code."""
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child = os.fork()
    if child == 0:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        main()  # which ends the process
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGINT))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    until = time.monotonic() + GONE_S
    while (left := _inherited()) and time.monotonic() < until:
        time.sleep(0.05)
    for words in left:
        print(f"{LEFT}{words}")  # noqa: T201  # it is a program
    return code


def _inherited() -> Sequence[str]:
    """The command lines of this process's children that have not ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return []
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [_words(Path("/proc", child, "cmdline")) for child in children]


def _words(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    except OSError:
        return "?"


if __name__ == "__main__":
    vars(gateway)["RetryTimes"] = lambda: QUICK
    sys.exit(run_watched())
