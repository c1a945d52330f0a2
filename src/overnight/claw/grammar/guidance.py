"""What is said when a person asks what is understood, or was not: by example."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from overnight.claw.grammar.sentence import Sentence
from overnight.claw.port import Turn
from overnight.operations.principal import Kind
from overnight.operations.sentences import room_sentences
from overnight.words.foreign import printable

SUBJECTS = {
    "reminders": "reminders and what I do at times",
    "watches": "what I look at for you",
    "notes": "what I know",
    "campaigns": "campaigns in your repositories",
    "actions": "features and fixes that agents make",
    "machine": "what runs here, what waits for you, what it cost",
    "me": "myself",
}
NEAREST = 3
MOST = 4  # examples of a subject
SHOWN = 80  # characters of a sentence in an answer
_STATEMENT = re.compile(r"(?:my|our|the|[\w-]+'s) [\w' -]{1,60}? (?:is|are|was|lives?|costs?|works?|opens?) ", re.IGNORECASE)
ALMOST = 0.6  # from where on an example is worth showing


def help_text(sentences: Sequence[Sentence], subject: str, *, members_only: bool) -> str:
    """An example of each subject, or all of one."""
    known = [each for each in sentences if each.members or not members_only]
    rooms = {room.subject: room for room in room_sentences()}
    chosen = [example for each in known if _same(each.subject, subject) for example in each.examples]
    chosen += [example for room in rooms.values() if _same(room.subject, subject) for example in room.examples]
    if chosen:
        return "\n".join(["You can say:", *dict.fromkeys(f"  {example}" for example in chosen)])
    lines = ["I understand, also without a model:"]
    for name, about in SUBJECTS.items():
        examples = [each.examples[0] for each in known if each.subject == name]
        lines += [f"{about}:", *(f"  {example}" for example in examples[:MOST])] if examples else []
    for room in rooms.values():
        lines += [f"{room.about}:", *(f"  {example}" for example in room.examples[:MOST])]
    subjects = [name for name in SUBJECTS if any(each.subject == name for each in known)] + [*rooms]
    return "\n".join(
        [*lines, f"More of each: help {' · help '.join(subjects)}", "stop · go on: nothing of mine begins until you say so"]
    )


def approve_words(turn: Turn) -> str:
    """Why a sentence approves nothing."""
    if turn.role is not Kind.OWNER:
        return "Only my owner approves, and not in a sentence."
    return (
        "I take no approval in a sentence, as anybody's words could be one. Use the buttons of the question,"
        " or in a terminal `overnight approvals`, then `overnight approve N` or `overnight refuse N`."
    )


def nearest(text: str, said: str, sentences: Sequence[Sentence], *, members_only: bool) -> str:
    """That a sentence was not understood, and the examples that are nearest to it."""
    if said:
        return f"Did you mean: {printable(said, SHOWN)}\nSay it so, and I do it."
    if _STATEMENT.match(text):
        return f"Shall I keep that? Say: note that {printable(text, SHOWN)}"
    known = [example for each in sentences if each.members or not members_only for example in each.examples]
    examples = list(dict.fromkeys(known))
    near = sorted(examples, key=lambda example: _likeness(text, example), reverse=True)[:NEAREST]
    if shown := [example for example in near if _likeness(text, example) >= ALMOST]:
        return "\n".join(["I do not understand that. You can say:", *(f"  {example}" for example in shown)])
    return "I do not understand that. `help` lists what I do without a model."


def _same(subject: str, asked: str) -> bool:
    return subject.rstrip("s") == asked.lower().rstrip("s")


def _likeness(text: str, example: str) -> float:
    """How much of an example is in a text; one for each long word that both have, and less than one for their letters."""
    said = text.lower()[:SHOWN]
    shared = {*re.findall(r"[a-z]{4,}", example.lower())} & {*re.findall(r"[a-z]{4,}", said)}
    return len(shared) + SequenceMatcher(None, said, example.lower()).ratio() * 0.9
