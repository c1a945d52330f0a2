"""Sends what is in the outbox: a commitment, then what was committed to, then the question what came of it.

Each step is on disk before it is sent and again when it is answered, so that a kill at any moment loses nothing: a commitment
without an answer is sent again as it was, and a reveal is repeated until it is answered.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from anyio import to_thread

from overnight.git.ancestry import is_ancestor
from overnight.git.history import GitHistory
from overnight.git.port import FileChange, changes_between
from overnight.pool.chain import Block, Withdrawal
from overnight.pool.keys import SecretKey
from overnight.pool.messages import Answer, Card, Commit, Refusal, Reveal, sign_request
from overnight.pool.work.client import BadHub, Hub
from overnight.pool.work.joined import ChainCopy, Joined
from overnight.pool.work.outbox import Outbox, Sending, commitment_of, fixed
from overnight.program.program import PROGRAM, Program
from overnight.research.changes.scope import check_scope
from overnight.words.foreign import one_line, printable

MOST_WORK_BITS = 26  # of hashcash that a worker spends: a minute or two of one core
MOST_TRIES = 20  # that a hub may refuse a commitment for reasons that pass
HYPOTHESIS = 500  # characters
SHOWN = 200
WAITING = frozenset({"full", "paused"})  # codes of refusals that pass by themselves, however long that takes
PASSING = frozenset({"stale", "nonce", "taken", *WAITING})  # that may pass; who copies a commitment takes nothing but its salt
LATE = "late"  # the code of a reveal that came too late: the change itself may be committed again


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Talks to one hub for one folder."""

    hub: Hub
    key: SecretKey
    joined: Joined
    outbox: Outbox
    copy: ChainCopy
    program: Program

    async def send_all(self, card: Card) -> Sequence[Sending]:
        """Take everything in the outbox as far as the hub lets it; what changed.

        Raises:
            BadHub, HubAway: what was not sent is sent the next time.
        """
        changed = []
        for each in self.outbox.all():
            if each.is_open:
                held = card.paused and each.state in {"waits", "committing"}
                after = self._held(each, card.paused) if held else await self._step_on(each, card)
                if after != each:
                    changed.append(after)
        return changed

    def _held(self, sending: Sending, why: str) -> Sending:
        return self.outbox.put(replace(sending, code="paused", why=one_line(why, SHOWN)))

    async def _step_on(self, sending: Sending, card: Card) -> Sending:
        again = sending.state == "committing"  # its answer was lost
        if sending.state == "waits":
            sending = self.outbox.put(self._fix(sending))
        if sending.state == "committing":
            sending = self.outbox.put(await self._commit(sending, card, again=again))
        if sending.state == "committed":
            sending = self.outbox.put(await self._reveal(sending))
        elif sending.state == "queued" and sending.submission is not None:
            answer = await self.hub.answer(sending.submission, commitment_of(sending, self.key.public))
            sending = self.outbox.put(_answered(sending, answer)) if answer else sending
        return sending

    def _fix(self, sending: Sending) -> Sending:
        """Bring it onto the newest entry, or drop it with a word."""
        with closing(GitHistory(self.outbox.place.repository())) as history:
            merged = history.merge(base=self._base(sending), head=self.copy.head, commit=sending.commit)
            if merged is None:
                return replace(sending, state="dropped", why=f"it conflicts with {self._in_the_way(history, sending)}")
            changes = [each for each in merged if each.path != PROGRAM]
            if not changes:
                return replace(sending, state="dropped", why="a block that came meanwhile has all of it")
            if problems := scope_problems(history, self.copy.head, changes, self.program):
                return replace(sending, state="dropped", why=printable("; ".join(problems), SHOWN))
        return fixed(sending, changes, parent=self.copy.chain.head)

    def _in_the_way(self, history: GitHistory, sending: Sending) -> str:
        """The newest entry since its base that changed one of its files, in words."""
        base, commits = self._base(sending), self.copy.commits
        paths = {each.path for each in changes_between(history, base, sending.commit)}
        since = self.copy.chain.entries[commits.index(base) if base in commits else 0 :]
        for entry in reversed(since):
            if same := sorted(paths & {each.path for each in entry.changes}):
                kind = "block" if isinstance(entry, Block) else "withdrawal"
                return f"{kind} {entry.number}, which changed {printable(same[0], SHOWN)} meanwhile"
        return "a block that came meanwhile"

    def _base(self, sending: Sending) -> str:
        """What it was made on: the newest of the commits below it that is a block by now, else what it says itself."""
        base, git, entries = sending.base, self.outbox.place.git, self.copy.chain.entries
        withdrawn = {each.block for each in entries if isinstance(each, Withdrawal)}
        blocks = {each.number for each in entries if isinstance(each, Block)} - withdrawn
        for each in self.outbox.all():
            below = each.block in blocks and each.commit != sending.commit and is_ancestor(git, each.commit, sending.commit)
            if below and is_ancestor(git, base, each.commit):
                base = each.commit
        return base

    async def _commit(self, sending: Sending, card: Card, *, again: bool) -> Sending:
        made = commitment_of(sending, self.key.public)
        body = Commit(
            parent=sending.parent,
            commitment=made,
            invitation=self.joined.invitation,
            work=await to_thread.run_sync(found_work, self.key.public, made, card.work_bits),
        )
        answer = await self._ask(body)
        if isinstance(answer, Answer):
            return replace(sending, state="committed", submission=answer.submission, code="", why="")
        if (again or answer.code in PASSING) and sending.tries < MOST_TRIES:  # free again: with a new salt, on the newest entry
            return replace(_named(sending, answer), state="waits", tries=sending.tries + (answer.code not in WAITING))
        return replace(_named(sending, answer), state="refused")

    async def _reveal(self, sending: Sending) -> Sending:
        if sending.submission is None:
            return replace(sending, state="refused", why="the hub gave it no number")
        body = Reveal(
            submission=sending.submission, salt=sending.salt, files=sending.files, hypothesis=sending.hypothesis[:HYPOTHESIS]
        )
        answer = await self._ask(body)
        if isinstance(answer, Answer):
            return _answered(sending, answer)
        if answer.code == LATE and sending.tries < MOST_TRIES:
            return replace(_named(sending, answer), state="waits", submission=None, tries=sending.tries + 1)
        # it may have had it already, and its answer was lost
        known = await self.hub.answer(sending.submission, commitment_of(sending, self.key.public))
        if known is not None and known.state != "committed":
            return _answered(sending, known)
        if answer.code in PASSING:
            return _named(sending, answer)
        return replace(_named(sending, answer), state="refused")

    async def _ask(self, body: Commit | Reveal) -> Answer | Refusal:
        nonce = await self.hub.nonce(self.key.public)
        if isinstance(nonce, Refusal):
            return nonce
        request = sign_request(body, key=self.key, hub=self.joined.hub, project=self.joined.project, nonce=nonce)
        answer = await self.hub.send(request)
        if isinstance(answer, Answer) and isinstance(body, Reveal) and answer.submission != body.submission:
            raise BadHub(f"the hub answers about submission {answer.submission}, and was sent {body.submission}")
        return answer


def scope_problems(history: GitHistory, head: str, changes: Sequence[FileChange], program: Program) -> Sequence[str]:
    """Why a change on top of a commit may not be sent."""
    executable: Mapping[str, bool] = {each.path: each.executable for each in history.files(head)}
    before = history.read_files(head, [each.path for each in changes if each.path in executable])
    return check_scope(changes, before=before, executable=executable, program=program)


def found_work(key: str, made: str, bits: int) -> str:
    """The hashcash of a commitment.

    Raises:
        BadHub: the hub asks for too much.
    """
    if not bits:
        return ""
    if bits > MOST_WORK_BITS:
        raise BadHub(f"the hub asks for {bits} bits of work before it listens; this machine does {MOST_WORK_BITS} at most")
    begun, number = hashlib.sha256(f"{key} {made} ".encode()), 0
    while True:
        tried = begun.copy()
        tried.update(str(number).encode())
        if int.from_bytes(tried.digest(), "big") >> (256 - bits) == 0:
            return str(number)
        number += 1


def _answered(sending: Sending, answer: Answer) -> Sending:
    return replace(sending, state=answer.state, code=answer.code, why=one_line(answer.why, SHOWN), block=answer.block)


def _named(sending: Sending, refusal: Refusal) -> Sending:
    return replace(sending, code=refusal.code, why=one_line(refusal.why, SHOWN))
