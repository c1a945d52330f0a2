"""The mind that needs no model: sentences of a fixed form become calls, which are the person's own.

What is called follows from the words of a form, never from what stands in a quotation or in the free part of a sentence. What
is only almost understood is done if it reads, and nothing else; else the nearest forms are shown.
"""

import re
from collections.abc import Callable, Collection

from overnight.claw.charter import GO_ON, STOP
from overnight.claw.grammar.guidance import approve_words, help_text, nearest
from overnight.claw.grammar.own import SENTENCES as OWN
from overnight.claw.grammar.seen import Seen
from overnight.claw.grammar.sentence import Meaning, Sentence, Talk
from overnight.claw.grammar.typing_errors import corrected
from overnight.claw.grammar.works import SENTENCES as WORKS
from overnight.claw.port import LITERAL, Step, Turn, Wanted
from overnight.operations.operation import Tier
from overnight.operations.principal import Kind, Origin

LONGEST = 1000  # characters of a sentence that is looked at
SENTENCES: tuple[Sentence, ...] = (*OWN, *WORKS)
HELP = re.compile(
    r"(?:/?help|/start|what can you do|what do you understand)(?: (?:with |about |on )?(?P<subject>\w+))?", re.IGNORECASE
)
GREETINGS = frozenset({"hi", "hello", "hey", "hallo", "good morning", "good evening", "moin"})
THANKS = frozenset({"thanks", "thank you", "thx", "great", "ok", "okay", "nice", "good"})
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
FOR_OWNER = "That is for my owner. For you I keep notes and reminders: `help`."


class GrammarMind:
    """Understands the sentences of the table, and no others."""

    name = LITERAL

    def __init__(self, seen: Seen, *, called: str, repos: Callable[[], Collection[str]], models: bool = False) -> None:
        """`called`: its name, which may stand before a sentence; `repos`: their names; `models`: another mind is next."""
        self._seen, self._called, self._repos, self._models = seen, called, repos, models

    async def think(self, turn: Turn) -> Step | None:
        """The calls of the sentence; then what they answered, as the answer."""
        if turn.steps:
            said = turn.steps[0].say
            return Step(say="\n\n".join([*(each.text for each in turn.results), *([said] if said else [])]), origin=Origin.CLAW)
        meaning = self.understand(turn)
        if meaning is None:
            return None
        origin = turn.origin if meaning.calls else Origin.CLAW
        return Step(calls=meaning.calls, say=meaning.say, origin=origin, failed=meaning.failed)

    def understand(self, turn: Turn) -> Meaning | None:
        """What a message means; None: another mind may know."""
        text = self._plain(turn.text)
        if not text:
            return None
        word = text.lower().rstrip("?!. ")
        if word in GO_ON:
            return Meaning(say="I go on.")
        if word in STOP:
            return Meaning(say="Stopped.")
        if found := HELP.fullmatch(word):
            return Meaning(say=help_text(SENTENCES, found["subject"] or "", members_only=turn.role is not Kind.OWNER))
        if word in GREETINGS and not self._models:
            return Meaning(say=help_text(SENTENCES, "", members_only=turn.role is not Kind.OWNER))
        if word in THANKS and not self._models:
            return Meaning(say="👍")
        if (found := APPROVAL.fullmatch(word)) and (found["approve"] or not self._models or self._seen.asks):
            return Meaning(say=approve_words(turn))
        talk = Talk(turn=turn, seen=self._seen, repos=tuple(self._repos()), models=self._models)
        return self._by_form(text, talk) or self._almost(text, talk)

    def _by_form(self, text: str, talk: Talk) -> Meaning | None:
        for sentence in SENTENCES:
            if found := sentence.pattern.fullmatch(text):
                if talk.turn.role is not Kind.OWNER and not sentence.members:
                    return Meaning(say=FOR_OWNER, failed=True)
                if meaning := sentence.mean(found.groupdict(), talk):
                    return meaning
        return None

    def _almost(self, text: str, talk: Talk) -> Meaning | None:
        """What was mistyped: done if it only reads; else the form that it is nearest to is shown."""
        said = corrected(text, SENTENCES)
        meaning = self._by_form(said, talk) if said else None
        if meaning and meaning.calls and all(map(_only_reads, meaning.calls)):
            return meaning
        if self._models:
            return None
        shown = nearest(text, said if meaning else "", SENTENCES, members_only=talk.turn.role is not Kind.OWNER)
        return Meaning(say=shown, failed=True)

    def _plain(self, text: str) -> str:
        """One sentence without politeness; empty if it is too long, or a quotation."""
        if len(text) > LONGEST or text.lstrip().startswith((">", '"', "“", "'", "«", "„", "`")):
            return ""
        said = " ".join(text.split())
        called = rf"^(?:(?:hey|hi|hello|ok|okay)[, ]+)?(?:@?{re.escape(self._called)}|claw)[,:!]+ ?"
        said = re.sub(called, "", said, flags=re.IGNORECASE)
        return _AFTER.sub("", _BEFORE.sub("", said, count=1), count=1) or said


def _only_reads(wanted: Wanted) -> bool:
    from overnight.operations.registry import find

    operation = find(wanted.operation)
    return operation is not None and operation.tier is Tier.READ and operation.raised is None and not operation.egress
