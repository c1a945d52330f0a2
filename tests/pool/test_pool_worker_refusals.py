"""What a worker does when a hub refuses for a reason that passes."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from overnight.pool.keys import SecretKey
from overnight.pool.messages import Refusal
from overnight.pool.work.outbox import Sending
from overnight.pool.work.submitting import MOST_TRIES, Sender

KEY = SecretKey(b"w" * 32)
SENDING = Sending(
    name="a", at=0.0, base="b", commit="c", hypothesis="h", state="committed", salt="0" * 64, digest="1" * 64, submission=7
)


def sender(code: str) -> Sender:
    """A worker whose hub refuses everything with this code."""

    async def nonce(_key: str) -> str:
        return "n"

    async def send(_request: object) -> Refusal:
        return Refusal(code=code, why="no")

    async def answer(_submission: int, _commitment: str) -> None:
        return None

    hub: Any = SimpleNamespace(nonce=nonce, send=send, answer=answer)
    joined: Any = SimpleNamespace(hub=KEY.public, project="toy", invitation="")
    nothing: Any = None  # not asked
    return Sender(hub=hub, key=KEY, joined=joined, outbox=nothing, copy=nothing, program=nothing)


def test_a_change_that_was_revealed_too_late_is_committed_to_anew() -> None:
    """Nothing is lost because a machine slept; only so many times."""
    after = anyio.run(sender("late")._reveal, SENDING)
    assert (after.state, after.submission, after.tries) == ("waits", None, 1)
    assert anyio.run(sender("late")._reveal, replace(SENDING, tries=MOST_TRIES)).state == "refused"


@pytest.mark.parametrize(("code", "tries"), [("full", 0), ("paused", 0), ("stale", 1)])
def test_a_full_queue_is_waited_for_however_long(code: str, tries: int) -> None:
    """A hub that has no room yet costs a change none of its tries."""
    card: Any = SimpleNamespace(work_bits=0)
    commit = replace(SENDING, state="committing", submission=None)

    async def refused() -> Sending:
        return await sender(code)._commit(commit, card, again=False)

    after = anyio.run(refused)
    assert (after.state, after.tries) == ("waits", tries)
