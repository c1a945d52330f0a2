"""Sentences about the claw itself: how it is, why it spoke, what it has, who may talk to it, what its clock shows."""

from collections.abc import Mapping
from datetime import datetime

from overnight.claw.grammar.sentence import Mean, Meaning, Sentence, Talk, direct, form, wants
from overnight.jobs.schedule import zone_of

PAIR = (
    "I let nobody in by a sentence. At a terminal: `overnight claw pair` shows a code; `channels` in claw.yaml names the chat."
)
QUIET = "`stop` stops all that is mine until `go on`. Hours in which I write nothing unasked: `quiet` in claw.yaml."
BACK_UP = "I write no backup in a chat. At a terminal: `overnight claw backup FILE`; it is encrypted."


def _why(found: Mapping[str, str], _talk: Talk) -> Meaning | None:
    """The reason of a turn, or of the newest that nobody asked for."""
    given = {"turn": int(found["number"])} if found["number"] else {}
    return Meaning(calls=(direct("claw why", **given),))


def _says(words: str) -> Mean:
    """Fixed words about what no sentence does; a model may have better ones."""
    return lambda _, talk: None if talk.models else Meaning(say=words)


def _now(_found: Mapping[str, str], talk: Talk) -> Meaning | None:
    return Meaning(say=f"{datetime.fromtimestamp(talk.turn.at, zone_of(talk.turn.zone)):%a %Y-%m-%d %H:%M} {talk.turn.zone}")


SENTENCES: tuple[Sentence, ...] = (
    form(
        "me",
        "claw status",
        r"(?:claw|your) status|status of (?:the )?claw|how are you(?: doing)?|are you (?:ok|there|alive)",
        wants("claw status"),
    ),
    form(
        "me",
        "log | what did I miss?",
        r"(?:show (?:me )?)?(?:the |your )?(?:log|history)|what (?:did i miss|happened|did you do)(?: today| last night)?",
        wants("claw log"),
    ),
    form(
        "me",
        "show 12",
        r"show (?:me )?(?:turn )?#?(?P<number>\d{1,9})",
        lambda found, _: Meaning(calls=(direct("claw show", turn=int(found["number"])),)),
    ),
    form(
        "me",
        "why did you say that? | why #12",
        r"why(?: did you (?:say|tell|write|send|do|remind|ask)(?: me)?(?: (?:that|this|it|of that|about that))?)?"
        r"(?: ?(?:turn )?#?(?P<number>\d{1,9}))?",
        _why,
        members=True,
    ),
    form(
        "me",
        "who may talk to you?",
        r"(?:show |list )?(?:the |all )?(?:persons|people|members)"
        r"|who (?:can|may|is allowed to) (?:talk|write|speak) to you|who may do what|who(?: else)? (?:do you know|is paired)",
        wants("claw persons"),
    ),
    form(
        "me",
        "backups",
        r"(?:show |list |when (?:is|was|were) |where (?:is|are) )?(?:your |the |my )?(?:last |newest )?backups?",
        wants("claw backups"),
    ),
    form(
        "me",
        "make a backup",
        r"(?:make|write|take|do) (?:a |another )?backup|back(?: yourself)? up(?: yourself)?",
        _says(BACK_UP),
    ),
    form(
        "me",
        "pair",
        r"pair(?: .{1,40})?|connect (?:me )?(?:to )?(?:telegram|whatsapp|my phone)",
        _says(PAIR),
    ),
    form("me", "be quiet", r"(?:be )?quiet.{0,40}|mute.{0,40}|silence|do not disturb", _says(QUIET)),
    form("me", "skills", r"(?:show |list |what are )?(?:your |the |my )?skills", wants("claw skills")),
    form("me", "files", r"(?:show |list |what are )?(?:your |the |my )?files", wants("claw files")),
    form("me", "undo", r"undo(?: (?:it|that|this))?", wants("claw undo")),
    form("me", "fetch https://example.com", r"(?:fetch|open|read) (?P<url>https?://\S+)", wants("claw fetch", url="url")),
    form(
        "me",
        "what time is it?",
        r"what(?:'s| is)? (?:the )?(?:time|day|date)(?: is it)?(?: now| today)?",
        _now,
        members=True,
    ),
)
