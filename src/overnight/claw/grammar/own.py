"""Sentences about the claw's own things: reminders, notes, what it knows, and itself."""

import re
from collections.abc import Mapping, Sequence

from overnight.claw.grammar.sentence import Meaning, Sentence, Talk, direct, form, wants
from overnight.claw.grammar.when import read_when
from overnight.words.foreign import printable

SHOWN = 80  # characters of what a person said, in an answer
NO_TIME = "I do not understand when. Say `in 20 minutes`, `at 22:00`, `tomorrow at 9` or `every weekday at 8`."
MOST_LISTED = 8
_WHICH = (
    r"(?:it|that|(?:the |my )?(?:reminder|schedule|watch)?(?: ?#?(?P<number>\d{1,9})| (?:about|to|of|for) (?P<about>.+?))?)"
)
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "be",
        "has",
        "in",
        "is",
        "it",
        "my",
        "no",
        "not",
        "of",
        "on",
        "that",
        "the",
        "to",
        "was",
        "with",
    ]
)
_REMIND = r"(?:remind|tell|ping|nudge|wake) me"


def _set(when: str, what: str, talk: Talk, *, act: bool = False) -> Meaning | None:
    """A reminder, if this is a time."""
    said = read_when(when, talk.turn.zone, talk.turn.at)
    if said is None or not what.strip():
        return None
    given: dict[str, object] = {"act": True} if act else {}
    return Meaning(calls=(direct("claw remind", when=said, what=what.strip(), **given),))


def _when_first(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`remind me in 20 minutes to stretch`: the time is as short as it can be."""
    rest = found["rest"]
    for split in re.finditer(r" (?:to|that|about|of) ", rest):
        if meaning := _set(rest[: split.start()], rest[split.end() :], talk):
            return meaning
    return None


def _when_last(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`remind me to stretch in 20 minutes`: the time is as long as it can be."""
    lead, _, rest = found["rest"].partition(" ")
    if lead not in ("to", "that", "about", "of"):
        return None
    words = rest.split(" ")
    for at in range(1, len(words)):
        if meaning := _set(" ".join(words[at:]), " ".join(words[:at]), talk):
            return meaning
    return None


def _remind(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    return _when_first(found, talk) or _when_last(found, talk) or Meaning(say=NO_TIME)


def _later(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`in 20 minutes, remind me to stretch`, `every weekday at 8: stand-up`."""
    return _set(found["when"], found["what"], talk)


def _ask_later(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`every morning at 8 ask "how is parser?"`: its words are said to the claw."""
    return _set(found["when"], found["what"].strip("\"'“”"), talk, act=True)


def _cancel(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Drop the reminder that is meant."""
    number = _one_of(found, talk, "cancel")
    return number if isinstance(number, Meaning) else Meaning(calls=(direct("claw unschedule", numbers=[number]),))


def _move(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Have it come at another time."""
    number = _one_of(found, talk, "move")
    if isinstance(number, Meaning):
        return number
    when = read_when(found["when"], talk.turn.zone, talk.turn.at) or read_when(
        f"at {found['when']}", talk.turn.zone, talk.turn.at
    )
    return Meaning(calls=(direct("claw reschedule", number=number, when=when),)) if when else Meaning(say=NO_TIME)


def _pause(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Let it rest, or come again."""
    number = _one_of(found, talk, found["verb"].lower())
    given = {"pause" if found["verb"].lower() == "pause" else "resume": True}
    return number if isinstance(number, Meaning) else Meaning(calls=(direct("claw reschedule", number=number, **given),))


def _one_of(found: Mapping[str, str], talk: Talk, verb: str) -> int | Meaning:
    """The schedule that is meant: by its number, by words that only one has, or the one that was set or moved last."""
    if found["number"]:
        return int(found["number"])
    record, person = talk.seen.record, talk.turn.person
    plans = [(each.number, record.text(each.set.text)) for each in record.schedules() if each.set.person == person]
    if found["about"]:
        words = _words(found["about"])
        plans = [(number, what) for number, what in plans if words <= _words(what)]
    elif last := talk.seen.calls(person, ("claw remind", "claw reschedule"), before=talk.turn.number):
        shown = {int(number) for number in re.findall(r"#(\d{1,9})\b", last[0].text.splitlines()[0])} if last[0].text else set()
        plans = [each for each in plans if each[0] in shown] or plans
    if len(plans) == 1:
        return plans[0][0]
    if not plans:
        return Meaning(say="I have no such reminder: `reminders` lists them.")
    listed = "\n".join(f"  {verb} #{number}   ({printable(what, SHOWN)})" for number, what in plans[:MOST_LISTED])
    return Meaning(say=f"Which one? Say one of:\n{listed}")


def _correct(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """The fact that was noted or recalled last is wrong; which one must be clear."""
    shown = _shown_facts(talk)
    text = found["what"].strip()
    if not shown:
        return None
    if len(shown) == 1:
        return Meaning(calls=(direct("claw note", text=text, corrects=shown[0][0]),))
    words = _words(text)
    scored = sorted(((len(words & _words(fact)), number) for number, fact in shown), reverse=True)
    if scored[0][0] and scored[0][0] > scored[1][0]:
        return Meaning(calls=(direct("claw note", text=text, corrects=scored[0][1]),))
    listed = "\n".join(f"  correct #{number}: …   (it says: {printable(fact, SHOWN)})" for number, fact in shown)
    return Meaning(say=f"Which one is wrong? Say one of:\n{listed}")


def _shown_facts(talk: Talk) -> Sequence[tuple[int, str]]:
    """The facts in the newest answer that showed some, as they stand now."""
    calls = talk.seen.calls(talk.turn.person, ("claw note", "claw recall"), before=talk.turn.number)
    if not calls:
        return []
    numbers = {int(line[1]) for line in map(_leading, calls[0].text.splitlines()) if line}
    record = talk.seen.record
    stands = [(number, fact) for number, fact in record.facts() if number in numbers]
    return [(number, record.text(fact.text)) for number, fact in stands]


def _leading(line: str) -> re.Match[str] | None:
    """The number that our own words give a fact, before its text."""
    return re.match(r"(?:noted as )?#(\d{1,9})\b", line)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[\w'-]+", text.lower()) if word not in _STOP}


SENTENCES: tuple[Sentence, ...] = (
    form(
        "reminders",
        "remind me in 20 minutes to stretch | remind me to call Ann tomorrow at 9"
        " | remind me every weekday at 8 about the stand-up",
        rf"{_REMIND} (?P<rest>.+)",
        _remind,
        members=True,
    ),
    form(
        "reminders",
        "in 20 minutes remind me to stretch",
        rf"(?P<when>.+?):? {_REMIND} (?:to|that|about|of) (?P<what>.+)",
        _later,
        members=True,
    ),
    form(
        "reminders",
        'every morning at 8 ask "how is parser?"',
        r"(?P<when>.+?):? ask(?: yourself)?:? (?P<what>.+)",
        _ask_later,
    ),
    form(
        "reminders",
        "what is due? | reminders",
        r"(?:show |list )?(?:my |the |all )?(?:reminders|schedules?|agenda)"
        r"|what(?:'s| is| are)?(?: due| scheduled| planned|(?: coming)? up)(?: next| today)?",
        wants("claw schedule"),
        members=True,
    ),
    form(
        "reminders",
        "cancel the reminder about Ann",
        rf"(?:cancel|delete|remove|unschedule|drop) {_WHICH}",
        _cancel,
        members=True,
    ),
    form(
        "reminders",
        "move it to 9",
        rf"(?:move|shift|postpone|reschedule|change) {_WHICH} (?:to|until|till) (?P<when>.+)",
        _move,
        members=True,
    ),
    form("reminders", "pause #12 | resume #12", rf"(?P<verb>pause|resume) {_WHICH}", _pause, members=True),
    form(
        "notes",
        "note privately that the safe opens with 1234",
        r"(?:note|remember|keep) (?:privately|in private)(?: that|:)? (?P<what>.+)",
        lambda found, _: Meaning(calls=(direct("claw note", text=found["what"], private=True),)),
        members=True,
    ),
    form(
        "notes",
        "note that tea is in the jar | remember: the gate code is on the fridge",
        r"(?:note|remember|memorize|keep in mind|don't forget|do not forget)(?: that|:)? (?P<what>.+)",
        wants("claw note", text="what"),
        members=True,
    ),
    form(
        "notes",
        "correct #12: tea is in the tin",
        r"correct #?(?P<number>\d{1,9})[:,]? (?P<what>.+)",
        lambda found, _: Meaning(calls=(direct("claw note", text=found["what"], corrects=int(found["number"])),)),
        members=True,
    ),
    form(
        "notes",
        "no, the key is in the jar",
        r"(?:no|wrong|that's wrong|that is wrong|not true|actually)[,:.!]? (?P<what>.+)",
        _correct,
        members=True,
    ),
    form(
        "notes",
        "what do you know about the key? | recall the key",
        r"(?:what do you (?:know|remember)|what did i (?:say|tell you|note)|do you (?:know|remember) anything)"
        r" (?:about|of|on) (?P<what>.+)"
        r"|(?:recall|look up|search for) (?P<other>.+)",
        lambda found, _: Meaning(calls=(direct("claw recall", words=(found["what"] or found["other"]).strip()),)),
        members=True,
    ),
    form(
        "notes",
        "where is the key?",
        r"(?:where|who|when|which) (?:is|are|was|were|did|do|does) (?P<what>.+)",
        lambda found, talk: None if talk.models else Meaning(calls=(direct("claw recall", words=found["what"].strip()),)),
        members=True,
    ),
    form(
        "me",
        "claw status",
        r"(?:claw|your) status|status of (?:the )?claw|how are you|are you (?:ok|there|alive)",
        wants("claw status"),
    ),
    form("me", "log | show 12", r"(?:show (?:me )?)?(?:the |your )?log", wants("claw log")),
    form(
        "me",
        "show 12",
        r"show (?:me )?(?:turn )?#?(?P<number>\d{1,9})",
        lambda found, _: Meaning(calls=(direct("claw show", turn=int(found["number"])),)),
    ),
)
