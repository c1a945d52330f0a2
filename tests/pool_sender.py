"""`overnight work submit COMMIT` in a process of its own, killed as by `kill -9` at the n-th boundary of what it does.

    python pool_sender.py N COMMIT

Boundaries stand before and after each file of the outbox, and before and after each request to the hub. Without a kill, it
prints how many there were.
"""

import os
import signal
import sys
from typing import Any

from overnight.cli.main import main
from overnight.pool.messages import Answer, Refusal, Signed
from overnight.pool.work.client import Hub
from overnight.pool.work.outbox import Outbox, Sending

count = 0


def boundary(at: int) -> None:
    """One more; at the n-th this process is no more."""
    global count  # noqa: PLW0603  # of this process
    count += 1
    if count == at:
        os.kill(os.getpid(), signal.SIGKILL)


def patch(at: int) -> None:
    """Put the boundaries in."""
    put, send = Outbox.put, Hub.send

    def putting(self: Outbox, sending: Sending) -> Sending:
        boundary(at)
        written = put(self, sending)
        boundary(at)
        return written

    async def sending_to(self: Hub, request: Signed) -> Answer | Refusal:
        boundary(at)
        answer = await send(self, request)
        boundary(at)
        return answer

    outbox: Any = Outbox  # Any: methods are replaced
    outbox.put = putting
    hub: Any = Hub
    hub.send = sending_to


if __name__ == "__main__":
    patch(int(sys.argv[1]))
    sys.argv = ["overnight", "work", "submit", sys.argv[2]]
    try:
        main()
    finally:
        print(f"boundaries: {count}")  # noqa: T201  # for the test
