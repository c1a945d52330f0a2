"""What a message asks of a campaign, and which campaign it is for; pure.

An order is one line that begins with a known word. So none of our own messages is one: they begin with the name of a campaign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.notices.answers import Reply
from overnight.notices.listeners import Listener
from overnight.notices.port import Message
from overnight.notices.reception import LONGEST
from overnight.words.foreign import printable
from overnight.words.quantities import listed

NAME = 64  # characters of a foreign name in an answer
NAMED = 8  # campaigns in an answer
STALE_S = 3600.0  # before a session began: nobody waits for the answer to a question any more
OURS = "overnight"  # begins an answer that is of no campaign


class Word(StrEnum):
    """What can be asked: to look, what can be undone, and what the owner then approves in a terminal."""

    STATUS = "status"
    STOP = "stop"
    IDEA = "idea"
    BELIEVE = "believe"
    HELP = "help"


WORDS = (
    "`status`, `stop`, `idea TEXT`, `believe N`, `help`; of one of several campaigns: `status NAME`, `stop NAME`, "
    "`idea @NAME TEXT`, `believe @NAME N`"
)
DIGITS = 9  # of a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A message that was understood."""

    word: Word
    name: str = ""  # of the campaign; empty: the only one
    text: str = ""  # of an idea
    number: int = 0  # of a kept change


def request_of(text: str) -> Request | None:
    """The request that a text is; None if it is none."""
    line = text.strip()
    if len(text) > LONGEST or len(line.splitlines()) != 1:
        return None
    first, _, rest = line.partition(" ")
    said, rest = first.removeprefix("/").lower(), rest.strip()
    if said not in set(Word):
        return None
    word = Word(said)
    if word in {Word.IDEA, Word.BELIEVE}:
        name, _, text = rest.partition(" ") if rest.startswith("@") else ("", "", rest)
        name, text = name.removeprefix("@"), text.strip()
        if word is Word.IDEA:
            return Request(word=word, name=name, text=text)
        digits = text.removeprefix("#")
        known = digits.isascii() and digits.isdigit() and len(digits) <= DIGITS and int(digits) > 0
        return Request(word=word, name=name, number=int(digits)) if known else None
    return Request(word=word, name=rest.removeprefix("@")) if len(rest.split()) <= 1 else None


def route(message: Message, present: Sequence[Listener], me: Listener) -> Listener | Reply | None:
    """The session that a message is for, or what to answer at once; None: nothing.

    Nothing is answered to a message of our own that came back, or to a question that is too old.
    """
    request = request_of(message.text)
    if message.at < me.began - STALE_S and (request is None or request.word in {Word.STATUS, Word.HELP}):
        return None
    if request is None:
        if message.text.startswith(tuple(f"{name}: " for name in (OURS, *(each.name for each in present)))):
            return None
        why = f"longer than {LONGEST} characters" if len(message.text) > LONGEST else "not understood"
        return Reply(lines=(f"{OURS}: {why}; the words are {WORDS}",), known=False)
    if request.word is Word.HELP:
        return Reply(lines=(f"{OURS}: the words are {WORDS}", f"At work: {_named(present)}."))
    found = [each for each in present if request.name in {"", each.name, full_name(each)}]
    if len(found) > 1:
        return Reply(lines=(f"{OURS}: which campaign? At work: {_named(present)}",))
    if not found:
        if request.word is Word.STATUS:
            return me  # which looks whether one of its repository has this name
        return Reply(lines=(f"{OURS}: no campaign {printable(request.name, NAME)} is at work; at work: {_named(present)}",))
    if request.word is Word.STOP and message.at < found[0].began:
        return Reply(lines=(f"{found[0].name}: not stopped: that was written before this session began; write `stop` again",))
    return found[0]


def _named(present: Sequence[Listener]) -> str:
    """The names by which they can be addressed."""
    names = [each.name for each in present]
    return listed((each.name if names.count(each.name) == 1 else full_name(each) for each in present), NAMED) or "none"


def full_name(listener: Listener) -> str:
    """What a campaign is called beside another with the same tag."""
    return f"{listener.place.rpartition('/')[2]}/{listener.name}"
