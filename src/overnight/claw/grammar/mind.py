"""The mind that needs no model: sentences of a fixed form become calls, which are the person's own.

What is called follows from the words of a form, never from what stands in a quotation or in the free part of a sentence. What
is only almost understood is done if it reads, and nothing else; else the nearest forms are shown.
"""

import json
import re
from collections.abc import Callable, Collection

from overnight.claw.charter import GuestRules, is_go_on, is_stop
from overnight.claw.events import CallEnd
from overnight.claw.grammar.guidance import approve_words, help_text, nearest
from overnight.claw.grammar.itself import SENTENCES as ITSELF
from overnight.claw.grammar.own import SENTENCES as OWN
from overnight.claw.grammar.remembering import SENTENCES as REMEMBERING
from overnight.claw.grammar.seen import Seen
from overnight.claw.grammar.sentence import Meaning, Sentence, Talk, direct
from overnight.claw.grammar.typing_errors import corrected
from overnight.claw.grammar.watches import SENTENCES as WATCHES
from overnight.claw.grammar.works import SENTENCES as WORKS
from overnight.claw.port import LITERAL, CallResult, Step, Turn, Wanted
from overnight.operations.operation import Tier
from overnight.operations.permission import is_for_guests
from overnight.operations.principal import Kind, Origin
from overnight.operations.registry import find
from overnight.operations.sentences import MeantWatch, Said, room_sentences

LONGEST = 1000  # characters of a sentence that is looked at
SENTENCES: tuple[Sentence, ...] = (*WATCHES, *ITSELF, *REMEMBERING, *WORKS, *OWN)
HELP = re.compile(
    r"(?:/?help|/start|h|commands|what can (?:you do|i (?:ask|say)(?: you)?)|what do you understand)"
    r"(?: (?:with |about |on )?(?P<subject>\w+))?",
    re.IGNORECASE,
)
GREETINGS = frozenset({"hi", "hello", "hey", "hallo", "good morning", "good evening", "moin"})
THANKS = frozenset(
    {"thanks", "thank you", "thx", "great", "ok", "okay", "nice", "good", "never mind", "nevermind", "bye", "good night"}
)
WHO = frozenset({"who are you", "what are you", "what is your name", "what's your name"})
APPROVAL = re.compile(
    r"(?:yes|yep|sure|no)|(?P<approve>approve|allow|refuse|grant)(?: (?:it|that|them|all|everything|#?\d{1,9}))?"
    r"|(?:yes,? )?do it|go ahead",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"^(?:(?:hey|hi|hello|ok|okay)[, ]+)?(?:(?:please|pls|kindly)[, ]+)?"
    r"(?:(?:can|could|would|will) you (?:please )?|i(?:'d| would) like you to |i want you to |i need you to )?(?:please )?",
    re.IGNORECASE,
)
_AFTER = re.compile(r"(?:[, ]+(?:please|pls|thanks|thank you|will you|would you))*[\s?!.]*$", re.IGNORECASE)
FOR_GUESTS = "That is not for guests. For you I keep reminders: `help`."
ASKED_FIRST = "This needs the owner's approval first."
FOR_OWNER = "That is for my owner. For you I keep notes and reminders: `help`."


class GrammarMind:
    """Understands the sentences of the table, and no others."""

    name = LITERAL

    def __init__(
        self,
        seen: Seen,
        *,
        called: str,
        repos: Callable[[], Collection[str]],
        guests: Callable[[], GuestRules] = GuestRules,
        models: bool = False,
    ) -> None:
        """`called`: its name, which may stand before a sentence; `repos`: their names; `models`: another mind is next."""
        self._seen, self._called, self._repos, self._guests, self._models = seen, called, repos, guests, models

    async def think(self, turn: Turn) -> Step | None:
        """The calls of the sentence; then what they answered, as the answer."""
        if turn.steps:
            if then := self._then(turn):
                return Step(calls=then, origin=turn.origin)
            said = turn.steps[0].say if all(each.end == CallEnd.DONE for each in turn.results) else ""
            return Step(say="\n\n".join([*map(_words, turn.results), *([said] if said else [])]), origin=Origin.CLAW)
        meaning = self.understand(turn)
        if meaning is None:
            return None
        origin = turn.origin if meaning.calls else Origin.CLAW
        return Step(calls=meaning.calls, say=meaning.say, origin=origin, failed=meaning.failed)

    def _then(self, turn: Turn) -> tuple[Wanted, ...]:
        """The calls that come after those of the sentence, if all of these are done."""
        if len(turn.steps) > 1 or not all(each.end == CallEnd.DONE for each in turn.results):
            return ()
        meaning = self.understand(turn)
        return meaning.then if meaning else ()

    def understand(self, turn: Turn) -> Meaning | None:
        """What a message means; None: another mind may know."""
        text = self._plain(turn.text)
        if not text:
            return None
        word = text.lower().rstrip("?!. ")
        is_guest = turn.role is Kind.GUEST
        models = self._models and not (is_guest and not self._guests().tokens_a_day)
        if is_guest and (is_go_on(turn.text) or is_stop(turn.text)):
            return Meaning(say=FOR_GUESTS, failed=True)
        if is_guest and (HELP.fullmatch(word) or (word in GREETINGS and not models)):
            return Meaning(say=help_text(SENTENCES, "reminders", members_only=True))
        said = self._small_talk(turn, word, models=models)
        if said and word not in THANKS:  # a scene may be called `good night`
            return Meaning(say=said)
        if meaning := _by_room(text, turn):
            return meaning
        talk = Talk(turn=turn, seen=self._seen, repos=tuple(self._repos()), models=models)
        return Meaning(say=said) if said else self._by_form(text, talk) or self._almost(text, talk)

    def _small_talk(self, turn: Turn, word: str, *, models: bool) -> str:
        """What is said to what calls nothing; empty: it is no such thing, or one for a model."""
        members_only = turn.role is not Kind.OWNER
        if is_go_on(turn.text):
            return "I go on."
        if is_stop(turn.text):
            return "Stopped."
        if found := HELP.fullmatch(word):
            return help_text(SENTENCES, found["subject"] or "", members_only=members_only)
        if (found := APPROVAL.fullmatch(word)) and (found["approve"] or not models or self._seen.asks):
            return approve_words(turn)
        if models:
            return ""
        if word in {*GREETINGS, self._called.lower(), "claw"}:
            return help_text(SENTENCES, "", members_only=members_only)
        if word in WHO:
            return f"I am {self._called}, a claw without a model: `help` lists what I understand."
        return "👍" if word in THANKS else ""

    def _by_form(self, text: str, talk: Talk) -> Meaning | None:
        for sentence in SENTENCES:
            if found := sentence.pattern.fullmatch(text):
                if refusal := self._refusal(sentence, talk.turn.role):
                    return Meaning(say=refusal, failed=True)
                if meaning := sentence.mean(found.groupdict(), talk):
                    is_open = talk.turn.role is not Kind.GUEST or self._is_for_guests(sentence, meaning)
                    return meaning if is_open else Meaning(say=FOR_GUESTS, failed=True)
        return None

    def _refusal(self, sentence: Sentence, role: Kind) -> str:
        """Why somebody may not say a sentence, whatever it means; empty if they may."""
        if role is Kind.OWNER or sentence.members or (role is Kind.GUEST and self._guests().may):
            return ""
        return FOR_GUESTS if role is Kind.GUEST else FOR_OWNER

    def _is_for_guests(self, sentence: Sentence, meaning: Meaning) -> bool:
        """Whether all that a sentence means may be called for a guest; of the owner's, nothing else is said."""
        operations = [find(each.operation) for each in meaning.calls]
        named = self._guests().may
        return all(each and is_for_guests(each, named) for each in operations) and (bool(operations) or sentence.members)

    def _almost(self, text: str, talk: Talk) -> Meaning | None:
        """What was mistyped: done if it only reads; else the form that it is nearest to is shown."""
        said = corrected(text, SENTENCES)
        meaning = self._by_form(said, talk) if said else None
        if meaning and meaning.calls and all(map(_only_reads, meaning.calls)):
            return meaning
        if talk.models:
            return None
        known = [each for each in SENTENCES if talk.turn.role is not Kind.GUEST or each.subject == "reminders"]
        shown = nearest(text, said if meaning else "", known, members_only=talk.turn.role is not Kind.OWNER)
        return Meaning(say=shown, failed=True)

    def _plain(self, text: str) -> str:
        """One sentence without politeness; empty if it is too long, or a quotation."""
        if len(text) > LONGEST or text.lstrip().startswith((">", '"', "“", "'", "«", "„", "`")):
            return ""
        said = " ".join(text.split())
        called = rf"^(?:(?:hey|hi|hello|ok|okay)[, ]+)?(?:@?{re.escape(self._called)}|claw)[,:!]+ ?"
        said = re.sub(called, "", said, flags=re.IGNORECASE)
        return _AFTER.sub("", _BEFORE.sub("", said, count=1), count=1) or said


def _words(result: CallResult) -> str:
    """What came of a call, to a person; the error of one that waits is for programs, which call again themselves."""
    return ASKED_FIRST if result.end == CallEnd.ASKED else result.text


def _by_room(text: str, turn: Turn) -> Meaning | None:
    """What a room beside ours understands; guests are not asked in."""
    if turn.role is Kind.GUEST:
        return None
    said = Said(text=text, at=turn.at, zone=turn.zone, owner=turn.role is Kind.OWNER, person=turn.person)
    for room in room_sentences():
        if meant := room.understand(said):
            calls = tuple(direct(call.operation, **call.given) for call in meant.calls)
            return Meaning(calls=calls, say=meant.say, then=(_watch_of(meant.watch),) if meant.watch else ())
    return None


def _watch_of(meant: MeantWatch) -> Wanted:
    """The call that sets a watch of ours."""
    return direct(
        "claw watch",
        what=meant.what,
        operation=meant.operation,
        given=json.dumps(meant.given),
        news=True,
        answers=[f"{label}={words}" for label, words in meant.answers],
        every="1 minute",
    )


def _only_reads(wanted: Wanted) -> bool:
    operation = find(wanted.operation)
    return operation is not None and operation.tier is Tier.READ and operation.raised is None and not operation.egress
