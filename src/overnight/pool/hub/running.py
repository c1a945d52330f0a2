"""The hub at work beside its server: the process that verifies, verdicts and blocks, withdrawals, canaries."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from subprocess import DEVNULL

import anyio
from anyio import to_thread
from anyio.abc import Process

from overnight.files.own import open_own
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.jobs.tied import tied
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.hub.canaries import EVERY_S, canaries, send
from overnight.pool.hub.opening import hub_folder, key_file
from overnight.pool.hub.settings import HubSettings
from overnight.pool.hub.settling import Settling
from overnight.pool.hub.withdrawing import withdraw
from overnight.pool.keys import SecretKey, own_key
from overnight.pool.record.record import HubRecord
from overnight.program.program import Program
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger

VERIFIER = (sys.executable, "-P", "-m", "overnight", "hub", "verify", "--plain")
LOG = "verify.log"  # in the hub's folder
SETTLE_S = 0.5  # between looks at what the campaign concluded; a look without any takes some milliseconds
RESTART_S = (1.0, 5.0, 30.0, 300.0)  # before a verifier that ended by itself is started again
STEADY_S = 600.0  # after which its end counts as the first again


@dataclass(slots=True, kw_only=True)
class HubRunner:
    """Keeps verifying, and settles what was verified; who holds it has the only process that signs."""

    repository: Repository
    settings: HubSettings
    program: Program
    key: SecretKey
    say: Callable[[str], None]
    command: Sequence[str] = VERIFIER
    _ended: int = 0
    _settled: tuple[str, int] | None = None  # tag and newest event of the campaign when all of it was settled
    _canary: SecretKey | None = field(default=None)

    @property
    def canary(self) -> SecretKey:
        """The key by which the hub sends itself what must not be accepted."""
        if self._canary is None:
            self._canary = own_key(key_file(self.repository).with_name("canary"))
        return self._canary

    async def run(self) -> None:
        """Until cancelled; the verifier then ends in good order."""
        async with anyio.create_task_group() as tasks:
            if self.settings.canaries:
                tasks.start_soon(self._keep_testing)
            while True:
                async with anyio.create_task_group() as session:
                    session.start_soon(self._keep_verifying)
                    await self._settle_until_withdrawn()
                    session.cancel_scope.cancel()
                await to_thread.run_sync(self._withdraw)

    async def _settle_until_withdrawn(self) -> None:
        """Settle, until the founder takes a block back."""
        while True:
            if await to_thread.run_sync(self.settle):
                return
            await anyio.sleep(SETTLE_S)

    def settle(self) -> bool:
        """Take in what the campaign concluded; whether a block is to be withdrawn."""
        with HubRecord(hub_folder(self.repository)) as record:
            before = record.chain_length()
            folder = campaign_folder(self.repository, record.tag())
            if (folder / LEDGER).is_file():
                with closing(SqliteLedger.for_reading(folder)) as ledger:
                    if (newest := (record.tag(), ledger.newest())) != self._settled:
                        with closing(GitHistory(self.repository)) as history:
                            settled = self._settling(record, ledger, history).settle()
                        self._settled = newest if settled else None
            for number in range(before + 1, record.chain_length() + 1):
                self.say(f"block {number} was added to the chain")
            return bool(record.withdrawals(open_only=True))

    def _settling(self, record: HubRecord, ledger: SqliteLedger, history: GitHistory) -> Settling:
        return Settling(
            record=record,
            ledger=ledger,
            history=history,
            key=self.key,
            hidden=self.program.hidden,
            verdicts_every_s=self.settings.verdicts_every_s,
            canary=self.canary.public if self.settings.canaries else "",
        )

    def _withdraw(self) -> None:
        """Take back what the founder took back; the verifier has ended, and the rest of what it found is settled first."""
        self.settle()
        with HubRecord(hub_folder(self.repository)) as record, closing(GitHistory(self.repository)) as history:
            for block in sorted(record.withdrawals(open_only=True), reverse=True):
                withdraw(record, history, self.key, block, hidden=self.program.hidden)
                self.say(f"block {block} was withdrawn")

    async def _keep_verifying(self) -> None:
        """Keep a process that verifies, in whose reach no key is."""
        while True:
            began = time.monotonic()
            code = await self._verify()
            self._ended = 0 if time.monotonic() - began > STEADY_S else self._ended
            pause_s = RESTART_S[min(self._ended, len(RESTART_S) - 1)]
            self._ended += 1
            log = hub_folder(self.repository) / LOG
            self.say(f"the verifier ended with {code}; its last words are in {log}; again in {pause_s:g} s")
            await anyio.sleep(pause_s)

    async def _verify(self) -> int:
        log = open_own(hub_folder(self.repository) / LOG, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        try:
            process = await anyio.open_process(
                tied(*self.command), cwd=self.repository.toplevel, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        finally:
            os.close(log)
        try:
            return await process.wait()
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)

    async def _keep_testing(self) -> None:
        """Send canaries at the start, and daily."""
        while True:
            await to_thread.run_sync(self._send_canaries)
            await anyio.sleep(EVERY_S)

    def _send_canaries(self) -> None:
        with HubRecord(hub_folder(self.repository)) as record, closing(GitHistory(self.repository)) as history:
            sent = canaries(self.program, history, record.head_commit())
            send(record, self.canary, sent)
        self.say(f"sent {len(sent)} canaries into the queue" if sent else "no canary fits: no editable Python file")


async def _end(process: Process) -> None:
    """End a process in good order: it records the trials that run."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        await process.wait()
