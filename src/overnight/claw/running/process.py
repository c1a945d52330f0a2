"""The process that runs a claw, as others see it: whether there is one, and how it is called."""

from pathlib import Path

from overnight.claw.charter import SYSTEM
from overnight.claw.record.record import ClawRecord
from overnight.jobs.loop import Loop
from overnight.ledger.lock import holder, wake


def claw_loop(folder: Path) -> Loop:
    """A claw as a loop of this machine."""
    return Loop(system=SYSTEM, folder=str(folder))


def claw_process(folder: Path) -> int | None:
    """The process that runs a claw; None if none does."""
    memory = ClawRecord.folder_of(folder)
    return holder(memory) if memory.is_dir() else None


def call_claw(folder: Path) -> bool:
    """Let a claw look at its record now; False if none can be reached, which looks by itself."""
    memory = ClawRecord.folder_of(folder)
    return memory.is_dir() and wake(memory)
