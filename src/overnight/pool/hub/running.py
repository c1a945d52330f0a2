"""The hub at work beside its server: the process that verifies, verdicts and blocks, the next campaign, canaries."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from subprocess import DEVNULL

import anyio
from anyio import to_thread
from anyio.abc import Process

from overnight.files.own import open_own
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.jobs.log import last_words
from overnight.jobs.tied import tied
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.events import CampaignBegun
from overnight.pool.evidence import WEAR, Wear
from overnight.pool.hub.canaries import EVERY_S, canaries, send
from overnight.pool.hub.further_pairs import block_at, further_words, is_enough, judge
from overnight.pool.hub.opening import hub_folder, key_file
from overnight.pool.hub.settings import HubSettings
from overnight.pool.hub.settling import Settling
from overnight.pool.hub.withdrawing import withdraw
from overnight.pool.keys import SecretKey, own_key
from overnight.pool.record.further import Further, next_further
from overnight.pool.record.record import HubRecord
from overnight.program.program import Program
from overnight.research.places.campaigns import campaign_folder
from overnight.research.record.ledger import SqliteLedger
from overnight.words.quantities import counted

VERIFIER = (sys.executable, "-P", "-m", "overnight", "hub", "verify", "--plain")
REMEASURER = (sys.executable, "-P", "-m", "overnight", "hub", "remeasure")
LOG = "verify.log"  # in the hub's folder
SETTLE_S = 0.5  # between looks at what the campaign concluded; a look without any takes some milliseconds
LOOK_S = 60.0  # between looks whether canaries are due
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
    remeasure: Sequence[str] = REMEASURER
    wear: Wear = WEAR
    clock: Callable[[], float] = time.time  # of the entries that it signs
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
                await to_thread.run_sync(self.settle)
                await self.measure_further()
                await to_thread.run_sync(self.go_on)
                async with anyio.create_task_group() as session:
                    session.start_soon(self._keep_verifying)
                    await self._settle_until_the_next()
                    session.cancel_scope.cancel()

    async def _settle_until_the_next(self) -> None:
        """Settle, until something else comes before the next verification."""
        while True:
            if await to_thread.run_sync(self.settle):
                return
            await anyio.sleep(SETTLE_S)

    def settle(self) -> bool:
        """Take in what was concluded; whether verification has to pause.

        That is so if the campaign is over (a block withdrawn, its holdout worn, a canary accepted), or for further pairs.
        """
        with HubRecord(hub_folder(self.repository)) as record:
            tag = record.tag()
            folder = campaign_folder(self.repository, tag)
            if (folder / LEDGER).is_file():
                with closing(SqliteLedger.for_reading(folder)) as ledger:
                    if (newest := (tag, ledger.newest())) != self._settled:
                        with closing(GitHistory(self.repository)) as history:
                            settled = self._settling(record, ledger, history).settle()
                        self._settled = newest if settled else None
            if record.tag() != tag:
                self.say(f"PAUSED: {record.paused()}")
                return True
            due = record.withdrawals(open_only=True) or next_further(record)
            return bool(due) or self._next_split(record) is not None

    def _next_split(self, record: HubRecord) -> int | None:
        """The holdout that serves next; None if the present one is not worn, or is the last."""
        now, known = record.campaign(), len(record.genesis().holdouts)
        worn = self.wear.reached(blocks=now.blocks, questions=now.questions)
        return now.split + 1 if worn and now.split + 1 < known else None

    def _settling(self, record: HubRecord, ledger: SqliteLedger, history: GitHistory) -> Settling:
        return Settling(
            record=record,
            ledger=ledger,
            history=history,
            key=self.key,
            hidden=self.program.hidden,
            verdicts_every_s=self.settings.verdicts_every_s,
            canary=self.canary.public if self.settings.canaries else "",
            wear=self.wear,
            further=self.settings.further_pairs,
            say=self.say,
            clock=self.clock,
        )

    def go_on(self) -> None:
        """Begin the next campaign; the verifier has ended, and the rest of what it found is settled first."""
        self.settle()
        with HubRecord(hub_folder(self.repository)) as record, closing(GitHistory(self.repository)) as history:
            for block in sorted(record.withdrawals(open_only=True), reverse=True):
                withdraw(record, history, self.key, block, hidden=self.program.hidden)
                self.say(f"block {block} was withdrawn")
            if (split := self._next_split(record)) is not None:
                now = record.campaign()
                why = f"holdout {now.split + 1} gave {counted(now.blocks, 'block')}, asked {counted(now.questions, 'time')}"
                record.append(CampaignBegun(tag=record.next_tag(), split=split, why=why))
                self.say(f"{why}: holdout {split + 1} serves now")

    async def measure_further(self) -> None:
        """Measure each new block again before anything else is verified: so nothing is built on one that is withdrawn."""
        tried, block = 0, 0
        while (due := await to_thread.run_sync(partial(self.judge_further, give_up=tried > len(RESTART_S)))) is not None:
            if due.block != block:
                tried, block = 0, due.block
                self.say(f"block {block} is measured again in {due.wanted} further pairs")
            code = await self._process(self.remeasure)
            tried += 1
            if code:
                pause_s = RESTART_S[min(tried, len(RESTART_S)) - 1]
                self.say(f"block {block} could not be measured again: {self._last_words()}; again in {pause_s:g} s")
                await anyio.sleep(pause_s)

    def judge_further(self, *, give_up: bool = False) -> Further | None:
        """Judge blocks that have all their further pairs; the next one that needs more. `give_up`: those must do."""
        with HubRecord(hub_folder(self.repository)) as record:
            while (found := next_further(record)) is not None:
                if not give_up and not is_enough(found):
                    return found
                made = judge(found, block_at(record, found.block), self.program.metric)
                record.append(*made)
                self.say(further_words(made))
        return None

    async def _keep_verifying(self) -> None:
        """Keep a process that verifies, in whose reach no key is."""
        while True:
            began = time.monotonic()
            code = await self._process(self.command)
            self._ended = 0 if time.monotonic() - began > STEADY_S else self._ended
            pause_s = RESTART_S[min(self._ended, len(RESTART_S) - 1)]
            self._ended += 1
            log = hub_folder(self.repository) / LOG
            self.say(f"the verifier ended with {code}: {self._last_words()}; again in {pause_s:g} s; more in {log}")
            await anyio.sleep(pause_s)

    def _last_words(self) -> str:
        return last_words(hub_folder(self.repository) / LOG) or "nothing was said"

    async def _process(self, command: Sequence[str]) -> int:
        """Run a process that has no key, to its end."""
        log = open_own(hub_folder(self.repository) / LOG, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        try:
            process = await anyio.open_process(
                tied(*command), cwd=self.repository.toplevel, stdin=DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        finally:
            os.close(log)
        try:
            return await process.wait()
        finally:
            with anyio.CancelScope(shield=True):
                await _end(process)

    async def _keep_testing(self) -> None:
        """Send canaries once a day, however often the hub is started."""
        while True:
            if not await to_thread.run_sync(self.send_canaries):
                return
            await anyio.sleep(LOOK_S)

    def send_canaries(self) -> bool:
        """Send them if those before are a day old and the hub is not paused; False: there never will be any."""
        with HubRecord(hub_folder(self.repository)) as record:
            newest = record.submissions(most=1, key=self.canary.public)
            if record.paused() or (newest and newest[0].at + EVERY_S > self.clock()):
                return True
            with closing(GitHistory(self.repository)) as history:
                sent = canaries(self.program, history, record.head_commit())
            send(record, self.canary, sent)
        self.say(f"sent itself {len(sent)} canaries" if sent else "no canary fits: no editable Python file")
        return bool(sent)


async def _end(process: Process) -> None:
    """End a process in good order: it records the trials that run."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        await process.wait()
