"""Who may talk to a claw: a code that the owner was shown at the terminal, sent over a channel, binds the sender to a person.

A code holds for ten minutes and for five tries over all strangers, on disk, so that a restart gives no more. A stranger gets no
answer, right or wrong, unless the code is right. A second address with the owner's rights needs the owner's word on a channel
that they have already.

Does not cover: who has the unlocked phone of a person, and who reads their messages at the server of the channel.
"""

import secrets
from dataclasses import dataclass

from overnight.claw.channels.codes import code_in, digest_of, is_code, new_code
from overnight.claw.charter import TERMINAL
from overnight.claw.events import Event, Noticed, Paired, PairingAsked, PairingOpened, PairingTried, Send
from overnight.claw.record.record import ClawRecord, Person
from overnight.ledger.sealed import SealedText, seal
from overnight.notices.port import Message
from overnight.operations.principal import Address, Kind

HOLDS_S = 600  # ten minutes
TRIES = 5
LET_IN = "let in "
_KINDS = ("pairing_opened", "pairing_asked", "pairing_tried", "paired")
_MOST = TRIES + 3  # events of one pairing


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPairing:
    """A pairing that was begun."""

    number: int
    opened: PairingOpened
    tries: int
    asked: PairingAsked | None  # the code was right, and the owner is asked
    done: Address | None  # whom it bound

    def is_open(self, now: float, *, longer_s: float = 0.0) -> bool:
        """Whether a code can still be sent; it could not before it was made, by a clock that was set back."""
        began, ends = self.opened.until - HOLDS_S, self.opened.until + longer_s
        return self.done is None and self.tries < TRIES and began <= now < ends


def open_pairing(record: ClawRecord, person: Person) -> tuple[str, PairingOpened]:
    """Begin one, in the place of any other; its code, which is shown once and not kept."""
    code, salt = new_code(), secrets.token_hex(16)
    until = int(record.clock()) + HOLDS_S
    opened = PairingOpened(salt=salt, code=digest_of(code, salt), until=until, person=person.name, role=person.role)
    record.append(opened)
    return code, opened


def latest(record: ClawRecord) -> OpenPairing | None:
    """The pairing that was begun last."""
    since: list[Event] = []
    for entry in record.newest_of(_KINDS, _MOST):
        if isinstance(entry.event, PairingOpened):
            return OpenPairing(
                number=entry.seq,
                opened=entry.event,
                tries=sum(isinstance(event, PairingTried) for event in since),
                asked=next((event for event in since if isinstance(event, PairingAsked)), None),
                done=next((event.address for event in since if isinstance(event, Paired)), None),
            )
        since.append(entry.event)
    return None


class Pairing:
    """What the reception asks about messages that may have a code."""

    def __init__(self, record: ClawRecord) -> None:
        self._record = record

    def take(self, channel: str, message: Message, person: Person) -> bool:
        """Whether a message was about a pairing; then it is done with, and on disk."""
        word = message.text.strip()
        if message.group or message.forwarded:
            return False
        if person.role is Kind.OWNER and word.lower().startswith(LET_IN):
            return self._let_in(Address(channel, message.sender), code_in(word[len(LET_IN) :]))
        code = code_in(word)
        found = latest(self._record) if code else None
        if not code or found is None:
            return False
        sender = Address(channel, message.sender)
        if person.role is not Kind.STRANGER:  # it was delivered again: they are who they are now by this very code
            return found.done == sender and is_code(code, found.opened.salt, found.opened.code)
        if channel != TERMINAL and found.is_open(self._record.clock()) and found.asked is None:
            self._try(found, sender, code)
        return True

    def _try(self, found: OpenPairing, sender: Address, code: str) -> None:
        if not is_code(code, found.opened.salt, found.opened.code):
            self._record.append(PairingTried(pairing=found.number))
            return
        owners = [(channel, id_) for channel, id_, person in self._record.addresses() if person.role is Kind.OWNER]
        if found.opened.role is Kind.OWNER and owners:
            self._ask(found, sender, Address(*owners[0]))
        else:
            self._bind(found, sender)

    def _ask(self, found: OpenPairing, sender: Address, owner: Address) -> None:
        code, salt = new_code(), secrets.token_hex(16)
        text = seal(
            f"Somebody on {sender.channel}, with the number {sender.id} there, sent the code that was made to give "
            f"“{found.opened.person}” your rights over me. If you know who that is, answer within ten minutes: {LET_IN}{code}"
        )
        asked = PairingAsked(pairing=found.number, address=sender, salt=salt, code=digest_of(code, salt))
        send = Send(key=f"pairing {found.number} asked", to=owner, text=text.ref)
        self._record.append(asked, Noticed(sends=(send,)), texts=[text])

    def _let_in(self, owner: Address, code: str) -> bool:
        found = latest(self._record)
        asked = found.asked if found else None
        if found is None or asked is None or not code or not found.is_open(self._record.clock(), longer_s=HOLDS_S):
            return False
        if owner == asked.address or not is_code(code, asked.salt, asked.code):
            return False
        self._bind(found, asked.address, also=owner)
        return True

    def _bind(self, found: OpenPairing, sender: Address, also: Address | None = None) -> None:
        """Say who they are now, to them and to who let them in."""
        opened = found.opened
        is_unnamed = opened.person == opened.role.value  # the only owner
        who = _role(opened.role) if is_unnamed else f"{opened.person} to me, {_role(opened.role)},"
        said = [(sender, f"You are {who} from now on. `help` says what I understand.")]
        if also is not None:
            said.append((also, f"{opened.person} has your rights now. To end that: overnight claw unpair {opened.person}"))
        texts: list[SealedText] = [seal(text) for _, text in said]
        sends = tuple(
            Send(key=f"pairing {found.number} {part}", to=to, text=text.ref)
            for part, ((to, _), text) in enumerate(zip(said, texts, strict=True))
        )
        paired = Paired(address=sender, person=opened.person, role=opened.role)
        self._record.append(paired, Noticed(sends=sends), texts=texts)


def _role(role: Kind) -> str:
    return {Kind.OWNER: "my owner", Kind.MEMBER: "a member", Kind.GUEST: "a guest"}.get(role, f"a {role}")
