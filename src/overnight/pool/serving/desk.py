"""The hub's desk: takes requests into the record, and answers them. Knows nothing of HTTP.

Of two that reveal the same change, the earlier commitment counts, whoever reveals first; the later one, if it waits, is
refused.
Does not cover: a later commitment whose verification has begun when the earlier is revealed; the earlier is then refused.
Nor the names of hidden files: a refusal is in the same words for hidden, frozen and missing files, but a new file whose name
`hidden` covers is refused where another beside it is not, whether the hidden file exists or not.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from overnight.git.port import FileChange
from overnight.pool.chain import Genesis, entry_digest
from overnight.pool.changes import BadChanges, changes_digest, received, stated
from overnight.pool.events import Committed, Revealed
from overnight.pool.keys import SecretKey
from overnight.pool.lanes import MOST_QUEUED_KNOWN, MOST_QUEUED_NEW, Lane, refusal
from overnight.pool.messages import (
    Answer,
    Card,
    Commit,
    Refusal,
    Reveal,
    Signed,
    commitment,
    has_worked,
    is_genuine,
    sign_card,
)
from overnight.pool.record.record import HubRecord, KeyRecord, Submission
from overnight.pool.serving.inspection import Inspected, Text
from overnight.pool.serving.nonces import NonceMaker
from overnight.pool.serving.public_chain import PublicChain
from overnight.pool.serving.refusing import NotTaken, why_of
from overnight.pool.serving.reveals import Reveals
from overnight.program.program import Program
from overnight.research.changes.scope import MAX_TOTAL_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a hub asks of those who submit."""

    behind: int = 5  # entries that a parent may lie back
    invitations: bool = False  # a new key needs one
    work_bits: int = 20  # of hashcash, for each commitment of a key that is not known
    reveal_s: float = 600.0  # in which a commitment is revealed
    most_open: int = 10_000  # commitments of all keys that are not revealed


class Desk:
    """Takes requests; one per hub, in one thread."""

    def __init__(
        self,
        record: HubRecord,
        key: SecretKey,
        project: str,
        program: Program,  # with its `hidden`
        *,
        rules: Rules | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises BadChain: the chain in the record does not hold."""
        self.record = record
        self.rules = rules or Rules()
        self._key, self._project, self._clock = key, project, clock
        self._nonces = NonceMaker(bytes.fromhex(record.opened().secret), clock)
        self.chain = PublicChain(record, self.rules.behind)
        self._reveals = Reveals(record, self.chain, program)

    # --- Questions ---

    def card(self) -> Card:
        """The hub as it is now, signed."""
        self.chain.follow()
        card = Card(
            hub=self._key.public,
            project=self._project,
            genesis=entry_digest(self.genesis),
            length=self.chain.number,
            head=self.chain.head,
            paused=self.record.paused(),
            invitations=self.rules.invitations,
            work_bits=self.rules.work_bits,
        )
        return sign_card(card, self._key)

    @property
    def genesis(self) -> Genesis:
        """The first entry of the chain."""
        return self.chain.genesis

    def nonce(self, key: str) -> str:
        """A nonce for a key; empty if it is banned."""
        known = self.record.key(key)
        return "" if known and known.standing == "banned" else self._nonces.make(key)

    def invitation(self, key: str) -> str:
        """What lets a new key in, for the founder to give to its owner."""
        return self._nonces.invitation(key)

    def entries(self, after: int, most: int) -> Sequence[str]:
        """Texts of the chain's entries after a number."""
        return self.record.entries(after=after, most=most)

    def content(self, digest: str) -> bytes | None:
        """A content of a public tree; None also for what was only submitted."""
        self.chain.follow()
        return self.record.content(digest) if self.chain.is_public(digest) else None

    def answer(self, commitment: str) -> Answer | None:
        """How a submission stands, as far as its worker may know, who alone knows its commitment until it is a block."""
        found = self.record.submission_with(commitment)
        return self._shown(found) if found else None

    # --- Requests ---

    def text_of(self, request: Signed) -> tuple[Text, Lane] | None:
        """What of a reveal should be looked into before it is taken; None: nothing, or it would be refused anyway."""
        self.chain.follow()
        try:
            known = self._sender(request, genuine=self._is_genuine(request))
            if not isinstance(request.body, Reveal):
                return None
            found = self._revealed(request.key, request.body, _lane(known))
            changes, _ = _uncovered(found, request.body)
        except NotTaken:
            return None
        text = self._reveals.text_of(changes, found.parent) if found.state == "committed" else None
        return (text, _lane(known)) if text else None

    def take(self, request: Signed) -> Answer | Refusal:
        """Carry out a request; on disk before the answer."""
        return self.take_all([request])[0]

    def take_all(
        self, requests: Sequence[Signed], inspected: Mapping[str, Inspected] = MappingProxyType({})
    ) -> Sequence[Answer | Refusal]:
        """Carry out requests one after another, with one wait for the disk; what one does wrong fails it alone.

        `inspected`: by signature, what was found in texts that `text_of` gave out, for requests that it found to be genuine;
        other texts are looked into here.
        """
        genuine = [each.signature in inspected or self._is_genuine(each) for each in requests]
        with self.record.together():
            self.chain.follow()
            return [
                self._taken(each, genuine=good, inspected=inspected.get(each.signature))
                for each, good in zip(requests, genuine, strict=True)
            ]

    def _taken(self, request: Signed, *, genuine: bool, inspected: Inspected | None) -> Answer | Refusal:
        try:
            known = self._sender(request, genuine=genuine)
            if isinstance(request.body, Commit):
                number = self._commit(request, request.body, known)
            else:
                number = self._reveal(request, request.body, _lane(known), inspected)
        except NotTaken as refused:
            code = str(refused)
            nonce = self._nonces.make(request.key) if genuine and code != "banned" else ""
            return Refusal(code=code, why=why_of(code), nonce=nonce)
        found = self.record.submission(number)
        assert found is not None  # noqa: S101  # it was just recorded
        return replace(self._shown(found), nonce=self._nonces.make(request.key))

    def _sender(self, request: Signed, *, genuine: bool) -> KeyRecord | None:
        """What is known of the key of a request that may be carried out now."""
        if not genuine:
            raise NotTaken(self._fault(request))
        known = self.record.key(request.key)
        if known and known.standing == "banned":
            raise NotTaken("banned")
        if self.record.is_used(request.nonce):
            raise NotTaken("nonce")
        if self.record.paused():
            raise NotTaken("paused")
        return known

    def _is_genuine(self, request: Signed) -> bool:
        return self._is_for_us(request) and self._nonces.is_valid(request.nonce, request.key) and is_genuine(request)

    def _is_for_us(self, request: Signed) -> bool:
        return request.hub == self._key.public and request.project == self._project

    def _fault(self, request: Signed) -> str:
        if not self._is_for_us(request):
            return "another hub"
        return "signature" if self._nonces.is_valid(request.nonce, request.key) else "nonce"

    # --- Commitments ---

    def _commit(self, request: Signed, body: Commit, known: KeyRecord | None) -> int:
        """The number of the submission; of a commitment that was sent before, the same again."""
        if before := self.record.submission_with(body.commitment):
            if before.key != request.key:
                raise NotTaken("taken")
            return before.number
        if self.chain.tree(body.parent) is None:
            raise NotTaken("stale")
        self._check_may_commit(request.key, body, known)
        return self.record.append(
            Committed(key=request.key, parent=body.parent, commitment=body.commitment, nonce=request.nonce)
        )

    def _check_may_commit(self, key: str, body: Commit, known: KeyRecord | None) -> None:
        lane, since = _lane(known), self._clock() - self.rules.reveal_s
        if lane is Lane.NEW:
            if self.rules.invitations and not self._nonces.is_invited(body.invitation, key):
                raise NotTaken("invitation")
            if not has_worked(body, key, self.rules.work_bits):
                raise NotTaken("work")
        of_key = self.record.open_commitments(since, key) + self.record.unanswered(key, self._clock())
        most = MOST_QUEUED_KNOWN if lane is Lane.KNOWN else MOST_QUEUED_NEW
        if of_key >= most or self._is_full(lane, key) or self.record.open_commitments(since) >= self.rules.most_open:
            raise NotTaken("full")

    def _is_full(self, lane: Lane, key: str) -> bool:
        of_key = self.record.unanswered(key, self._clock())
        return bool(refusal(lane, in_lane=self.record.in_lane(lane), of_key=of_key))

    # --- What was committed to ---

    def _reveal(self, request: Signed, body: Reveal, lane: Lane, inspected: Inspected | None) -> int:
        """The number of the submission; it is queued or refused afterwards."""
        found = self._revealed(request.key, body, lane)
        if found.state == "committed":
            changes, digest = _uncovered(found, body)
            files = tuple(map(stated, changes))
            revealed = Revealed(
                submission=found.number, digest=digest, files=files, hypothesis=body.hypothesis, nonce=request.nonce
            )
            self._reveals.queue(found, changes, revealed, inspected)
        return found.number

    def _revealed(self, key: str, body: Reveal, lane: Lane) -> Submission:
        """What a key reveals, or revealed before."""
        found = self.record.submission(body.submission)
        if found is None or found.key != key:
            raise NotTaken("unknown")
        if found.state == "committed":
            if found.at + self.rules.reveal_s < self._clock():
                raise NotTaken("late")
            if self._is_full(lane, key):
                raise NotTaken("full")
        return found

    # --- Answers ---

    def _shown(self, found: Submission) -> Answer:
        """Never the founder's reasons, and no verdict before its time."""
        match found.state:
            case "refused":
                return Answer(submission=found.number, state="refused", code=found.code, why=why_of(found.code))
            case "judged" if found.shown_at <= self._clock():
                block = self.record.entry_of(found.number) if found.accepted else None
                return Answer(submission=found.number, state="accepted" if found.accepted else "not accepted", block=block)
            case "committed":
                return Answer(submission=found.number, state="committed")
            case _:
                return Answer(submission=found.number, state="queued")


def _lane(known: KeyRecord | None) -> Lane:
    return Lane.KNOWN if known and known.standing == "known" else Lane.NEW


def _uncovered(found: Submission, body: Reveal) -> tuple[Sequence[FileChange], str]:
    """What was committed to, with its digest."""
    try:
        changes = received(body.files, most_bytes=MAX_TOTAL_BYTES)
    except BadChanges:
        raise NotTaken("changes") from None
    digest = changes_digest(found.parent, map(stated, changes))
    if commitment(salt=body.salt, digest=digest, key=found.key) != found.commitment:
        raise NotTaken("commitment")
    return changes, digest
