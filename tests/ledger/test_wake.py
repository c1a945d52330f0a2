"""The holder of a ledger is woken by a signal, and nobody else is ended by one."""

import subprocess
from pathlib import Path

import pytest
from targets import started

from overnight.ledger.lock import hold, wake

HERE = Path(__file__).parent
LISTEN = """
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from overnight.ledger.lock import WAKE, hold
if sys.argv[2] != "deaf":
    signal.signal(WAKE, lambda *_: print("woken", flush=True))
with hold(Path(sys.argv[1])) if sys.argv[2] != "other" else nullcontext():
    print("there", flush=True)
    sys.stdin.readline()
    print("alive", flush=True)
"""


@pytest.mark.parametrize("kind", ["holder", "deaf", "other"])
def test_only_a_holder_that_handles_the_signal_gets_it(tmp_path: Path, kind: str) -> None:
    """Neither one that would die of it, nor another process with the number that a holder in a container wrote."""
    with started(("-c", LISTEN, str(tmp_path), kind), HERE, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None and process.stdout.readline() == "there\n"
        if kind == "other":
            with hold(tmp_path):
                (tmp_path / "lock").write_text(str(process.pid))
                assert not wake(tmp_path)
        else:
            assert wake(tmp_path) is (kind == "holder")
        if kind == "holder":
            assert process.stdout.readline() == "woken\n"
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "alive\n" and process.wait() == 0


def test_nobody_is_woken_if_nobody_holds_it(tmp_path: Path) -> None:
    """Whatever number the file still has."""
    (tmp_path / "lock").write_text("1")
    assert not wake(tmp_path)
