"""Turns what the campaign concluded into verdicts and blocks; the only place that signs."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from overnight.gate.trial import Stage, TrialKey
from overnight.gate.verdict import Verdict
from overnight.git.history import GitHistory
from overnight.git.port import changes_between
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, Chain, entry_json, signed
from overnight.pool.changes import apply, stated, tree_digest
from overnight.pool.events import Asked, CampaignBegun, EntryAdded, HubPaused, Judged, KeyChanged, Linked
from overnight.pool.evidence import WEAR, Wear
from overnight.pool.hub.canaries import FIXES, FOUND
from overnight.pool.hub.public import full_digest, is_public, sealed_digest
from overnight.pool.hub.submissions import submission_of
from overnight.pool.keys import SHORT, SecretKey
from overnight.pool.record.record import HubRecord, Submission
from overnight.research.events import Advanced, Concluded, Proposed, TrialFinished
from overnight.research.receipts.proof import read_receipt, write_receipt
from overnight.research.record.ledger import SqliteLedger
from overnight.words.foreign import printable
from overnight.words.quantities import duration

SHOWN = 120  # characters of a foreign text


@dataclass(slots=True, kw_only=True)
class Settling:
    """Follows the campaign's ledger from where the record says."""

    record: HubRecord
    ledger: SqliteLedger
    history: GitHistory
    key: SecretKey
    hidden: Sequence[str]
    verdicts_every_s: float
    canary: str = ""  # the key by which the hub sends itself what must not be accepted
    wear: Wear = WEAR
    further: int = 0  # pairs that each block gets once it was added
    say: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.time  # Unix time, s
    chain: Chain | None = None

    def settle(self) -> bool:
        """Take in what is new; whether that was all of it. A kill in between loses nothing: it is done again."""
        salt = self.record.opened().salt
        for entry in self.ledger.events(self.record.settled()):
            event = entry.event
            if isinstance(event, Proposed) and (number := submission_of(event)) is not None:
                self.record.append(Linked(submission=number, experiment=event.number, seen=entry.seq))
            elif isinstance(event, TrialFinished) and event.trial.key.stage is Stage.HOLDOUT:
                self._count(event.trial.key, entry.seq)
            elif isinstance(event, Concluded) and self._is_fooled(event):
                self._pause(event)
                return True  # what follows in this campaign was measured against a hack
            elif isinstance(event, Concluded) and event.conclusion.verdict is not Verdict.KEEP:
                self._reject(event, entry.seq)
            elif isinstance(event, Advanced) and not self._accept(event, entry.seq, salt):
                return False
        return True

    def _count(self, key: TrialKey, seen: int) -> None:
        """Count a question to the holdout, once for each start of the evidence."""
        found = self._submission(key.experiment)
        if found and self.record.asked(found.number) <= key.restart:
            self.record.append(Asked(submission=found.number, restart=key.restart, seen=seen))

    def _is_fooled(self, event: Concluded) -> bool:
        """Whether a canary was kept, or found what is hidden."""
        found = self._submission(event.number)
        if found is None or found.key != self.canary:
            return False
        said = (event.conclusion.reason, *event.conclusion.excerpt)
        return event.conclusion.verdict is Verdict.KEEP or any(FOUND in each for each in said)

    def _pause(self, event: Concluded) -> None:
        """Accept nothing more, and leave the campaign whose head has the hack: another one begins at the head of the chain."""
        found, now = self._submission(event.number), self.record.campaign()
        assert found is not None  # noqa: S101  # as `_is_fooled` says
        how = "was accepted" if event.conclusion.verdict is Verdict.KEEP else "found hidden files"
        what = f"the canary `{found.hypothesis}` {how} as experiment {event.number} of {now.tag}"
        self.record.append(
            Judged(
                submission=found.number,
                accepted=event.conclusion.verdict is Verdict.KEEP,
                seconds=self._seconds(event.number),
                reason=f"the program can be fooled: {FIXES.get(found.hypothesis, 'read what it changes')}",
                shown_at=self._shown_at(),
            ),
            HubPaused(why=f"{what}: the program can be fooled; `overnight hub log` says what to fix"),
            CampaignBegun(tag=self.record.next_tag(), split=now.split, why=f"{what}; its change is left behind"),
        )

    def _reject(self, event: Concluded, seen: int) -> None:
        found = self._submission(event.number)
        if found and found.accepted is None and not event.conclusion.superseded:
            seconds = self._seconds(event.number)
            reason = event.conclusion.reason
            shown = self._shown_at()
            self.record.append(
                Judged(submission=found.number, accepted=False, seconds=seconds, seen=seen, reason=reason, shown_at=shown)
            )
            self.say(f"{self._named(found)}: not accepted after {duration(seconds)} of trials: {printable(reason, SHOWN)}")

    def _accept(self, event: Advanced, seen: int, salt: str) -> bool:
        """Whether the evidence was published already, without which there is no block."""
        found, text = self._submission(event.number), self.history.published(event.new)
        if found is None or found.accepted is not None:
            return True
        if text is None:
            return False
        seconds = self._seconds(event.number)
        judged = Judged(
            submission=found.number, accepted=True, seconds=seconds, seen=seen, reason="kept", shown_at=self._shown_at()
        )
        chain = self.chain = self.chain or self.record.chain()
        block, contents = self._block(chain, found, event, text, seconds=seconds, salt=salt)
        chain.add(block)
        added = EntryAdded(
            number=block.number,
            entry=canonical(entry_json(block)).decode(),
            commit=event.new,
            submission=found.number,
            further=self.further,
        )
        known = self.record.key(found.key)
        new = (
            [KeyChanged(key=found.key, standing="known", why=f"block {block.number}")]
            if known and known.standing == "new"
            else []
        )
        self.record.append(judged, added, *new, contents=contents)
        self.say(f"{self._named(found)}: accepted after {duration(seconds)} of trials, gain {block.gain:.4g}")
        self.say(f"block {block.number} was added to the chain")
        return True

    def _block(
        self, chain: Chain, found: Submission, event: Advanced, text: str, *, seconds: float, salt: str
    ) -> tuple[Block, Sequence[bytes]]:
        receipt, now = read_receipt(text), self.record.campaign()
        made = [each for each in changes_between(self.history, event.old, event.new) if is_public(each.path, self.hidden)]
        changes = tuple(stated(each) for each in made)
        block = signed(
            Block(
                number=chain.number + 1,
                previous=chain.head,
                at=self.clock(),
                submission=found.number,
                submitter=found.key,
                hypothesis=found.hypothesis,
                changes=changes,
                tree=tree_digest(apply(chain.tree, changes)),
                full=full_digest(self.history, event.new, salt),
                receipt=write_receipt(replace(receipt, holdout_gain=None)),
                campaign=now.number,
                split=now.split,
                holdout=sealed_digest(receipt.holdout_gain, salt, f"holdout of {found.number}"),
                worn=self.wear.reached(blocks=now.blocks, questions=now.questions - self.record.asked(found.number)),
                gain=receipt.gain or 0.0,
                seconds=seconds,
            ),
            self.key,
        )
        assert isinstance(block, Block)  # noqa: S101  # what was signed
        return block, [each.content for each in made if each.content is not None]

    def _named(self, found: Submission) -> str:
        """A submission in words."""
        if found.key == self.canary:
            return f"#{found.number}, the canary `{found.hypothesis}`"
        return f"#{found.number} by {found.key[:SHORT]} ({printable(found.hypothesis, SHOWN)})"

    def _submission(self, experiment: int) -> Submission | None:
        found = self.ledger.experiment(experiment)
        number = submission_of(found) if found else None
        return None if number is None else self.record.submission(number)

    def _seconds(self, experiment: int) -> float:
        events = (entry.event for entry in self.ledger.experiment_events(experiment))
        return math.fsum(event.trial.wall_s for event in events if isinstance(event, TrialFinished))

    def _shown_at(self) -> float:
        """When a verdict is shown: at the next full interval, so that its time says nothing."""
        every = self.verdicts_every_s
        return math.ceil(self.clock() / every) * every if every else 0.0
