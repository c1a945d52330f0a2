"""A full disk: what could not be written is not acknowledged, and nothing is lost or half written."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import pytest
from claws import ClawUnderTest

from overnight.claw.events import Paired
from overnight.claw.record.checking import check_record
from overnight.claw.record.record import ClawRecord
from overnight.claw.running import trouble
from overnight.errors import UserError
from overnight.notices.port import Message
from overnight.operations.principal import Address, Kind
from overnight.testing.waiting import until

ROOM = 1 << 16  # bytes that the log may still grow by


@contextmanager
def full(claw: ClawUnderTest, room: int) -> Iterator[Callable[[], None]]:
    """The log of the record can grow by this much and no more; what is returned makes room again."""
    log = claw.record.folder / "ledger.db-wal"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + room, hard))
    try:
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


class Postman:
    """A channel that brings a message again until it is taken."""

    taken = False

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Bring it."""
        if not self.taken:
            take(Message(id="1", sender="7", text="help", at=0.0))
            self.taken = True
        await anyio.sleep_forever()

    async def send(self, message: object) -> None:
        """Nothing is sent."""

    async def find(self, message: object) -> bool | None:
        """It cannot tell."""
        return None


def test_a_claw_on_a_full_disk_says_so_once_and_goes_on(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is not acknowledged meanwhile; once there is room, it is taken and answered, without a new start."""
    monkeypatch.setattr(trouble, "SHORTEST_S", 0.01)
    postman, said = Postman(), list[str]()
    claw.record.append(Paired(address=Address("post", "7"), person="owner", role=Kind.OWNER))
    claw.chats = {"post": postman}
    claw.hear("the first one")

    async def run() -> None:
        with full(claw, 0) as make_room:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(trouble.run_on, claw.runner, said.append)
                await until(lambda: said)
                assert not postman.taken
                make_room()
                await until(lambda: postman.taken and claw.record.next_cause() is None and not claw.record.unsent_over("post"))
                tasks.cancel_scope.cancel()

    anyio.run(run)
    assert len(said) == 1 and "free some space" in said[0]
    assert not check_record(claw.record).findings


def test_a_full_disk_takes_no_message_and_loses_none(claw: ClawUnderTest) -> None:
    """Each message is either on disk or refused with an error that says the fix; with room again, all goes on."""
    claw.hear("the first one")
    taken = 1
    with full(claw, ROOM), pytest.raises(UserError, match="free some space"):
        for _ in range(1000):
            claw.hear("x" * 3000)
            taken += 1
    assert 1 < taken < 1000
    with ClawRecord(claw.folder) as again:
        assert len(again.newest_of(["received"], 2000)) == taken
        assert not check_record(again).findings
    assert len(claw.run()) == taken
    assert not check_record(claw.record).findings
