"""Answers to questions: a button's nonce, from the owner, at the very address where the question was put; before any mind.

A nonce is 128 bits of chance, and answers one question once. A number is taken at the terminal and on the page alone, where
whoever writes has all of this account. No other words are an answer: "yes" is not.

Does not cover: who holds the owner's telephone. A channel's ceiling of tiers says what may be approved there at all.
"""

import re
from collections.abc import Callable, Mapping

from overnight.claw.charter import OWN_CHANNELS
from overnight.claw.events import Answered, Noticed, Received, Send
from overnight.claw.record.record import ClawRecord
from overnight.errors import UserError
from overnight.operations.answer import AnswerInput
from overnight.operations.operation import Context, Tier
from overnight.operations.perform import perform
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.operations.record import open_record
from overnight.operations.registry import find

WORDS = re.compile(r"(?P<word>approve|refuse) (?:(?P<nonce>[A-Za-z0-9_-]{22})|(?P<number>[0-9]{1,9}))")
REFUSED = "That button answers nothing, or not any more."


def is_answer(received: Received, text: str) -> bool:
    """Whether a message is an answer to a question, and not for a mind."""
    found = WORDS.fullmatch(text.strip())
    return bool(found and (found["nonce"] or received.channel in OWN_CHANNELS))


class Buttons:
    """Takes the answers."""

    def __init__(self, record: ClawRecord, *, ceiling: Callable[[str], Tier], environment: Mapping[str, str]) -> None:
        """`ceiling`: up to which tier may be approved over a channel."""
        self._record, self._ceiling, self._environment = record, ceiling, environment

    def answer(self, received: Received, text: str) -> str:
        """Take one answer; what to say. An answer that does not count changes nothing, and learns nothing."""
        found = WORDS.fullmatch(text.strip())
        if not found or received.role is not Kind.OWNER or received.origin is not Origin.OWNER:
            return REFUSED
        if found["nonce"] and not self._was_asked_at(found["nonce"], Address(received.channel, received.sender)):
            return REFUSED
        operation = find(found["word"])
        if operation is None:
            raise AssertionError("it is one of ours")
        context = Context(
            where=self._record.folder.parent,
            environment=self._environment,
            principal=Principal(Kind.OWNER, received.person),
            address=Address(received.channel, received.sender),
            ceiling=self._ceiling(received.channel),
        )
        try:
            perform(operation, context, AnswerInput(which=found["nonce"] or found["number"]))
        except UserError as error:
            return str(error)
        return "Approved." if found["word"] == "approve" else "Refused; nothing is done."

    def _was_asked_at(self, nonce: str, address: Address) -> bool:
        """Whether the question of a nonce was put at this address by this claw."""
        with open_record() as operations:
            approval = operations.by_nonce(nonce)
        if approval is None:
            return False
        return any(send.approval == approval.number and send.to == address for send in self._questions())

    def _questions(self) -> list[Send]:
        """The newest questions; those that wait are among them, as at most three do."""
        found: list[Send] = []
        for entry in self._record.newest_of(["answered", "noticed", "released"], 500):
            match entry.event:
                case Answered(sends=sends, held=held) | Noticed(sends=sends, held=held):
                    found += [send for send in (*sends, *held) if send.approval]
                case _:
                    found += [send for send in getattr(entry.event, "sends", ()) if send.approval]
        return found
