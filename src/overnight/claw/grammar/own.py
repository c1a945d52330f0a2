"""Sentences about the claw's own things: reminders, notes, what it knows, and itself."""

import re
from collections.abc import Mapping

from overnight.claw.events import Fired, ScheduleState
from overnight.claw.grammar.moving import moved
from overnight.claw.grammar.sentence import Meaning, Sentence, Talk, direct, form, wants
from overnight.claw.grammar.when import read_when
from overnight.operations.principal import Kind
from overnight.words.foreign import printable

SHOWN = 80  # characters of what a person said, in an answer
NO_WORDS = "Of what? Say for example `remind me {when} to stretch`."
NO_TIME = "I do not understand when. Say `in 20 minutes`, `at 22:00`, `tomorrow at 9` or `every weekday at 8`."
MOST_LISTED = 8
_WHICH = (
    r"(?:it|that|the last one|(?P<all>(?:all|everything)(?: (?:my |the )?(?:reminders|schedules|watches))?)"
    r"|(?:the |my )?(?:reminder|schedule|watch)?(?: ?#?(?P<number>\d{1,9})| (?:about|to|of|for) (?P<about>.+?))?"
    r"|(?:the |my )?(?P<bare>.+?)(?: (?:reminder|schedule|watch))?)"
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
_REMIND_VERBS = "remind|tell|ping|nudge|wake"
_REMIND = rf"(?:{_REMIND_VERBS}) me"


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
    said = {"rest": f"to {found['rest']}"} if found["named"] else found
    verb = (found["verb"] or "").lower()
    meaning = _when_first(found, talk) or _when_last(said, talk)
    if meaning or talk.models or verb == "tell":  # `tell me a joke` is about no time
        return meaning
    rest = found["rest"].removeprefix("up ")
    if verb == "wake" and (wakes := _set(rest, "wake up", talk)):
        return wakes
    is_time = read_when(rest, talk.turn.zone, talk.turn.at) is not None
    return Meaning(say=NO_WORDS.format(when=printable(rest, SHOWN)) if is_time else NO_TIME, failed=True)


def _later(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`in 20 minutes, remind me to stretch`, `every weekday at 8: stand-up`."""
    return _set(found["when"], found["what"], talk)


def _alarm(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`set an alarm for 7`, `set a reminder for 8am to water the plants`."""
    for when in (found["when"], f"at {found['when']}"):
        if meaning := _set(when, found["what"] or "wake up", talk):
            return meaning
    return None


def _snooze(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """What was said last because it was due comes once more."""
    newest = talk.seen.record.newest_of(["fired"], 50)
    fired = next((e.event for e in newest if isinstance(e.event, Fired) and e.event.person == talk.turn.person), None)
    if fired is None:
        return Meaning(say="Nothing was due yet.", failed=True)
    return _set(f"in {found['time'] or '10 minutes'}", talk.seen.record.text(fired.text), talk)


def _ask_later(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """`every morning at 8 ask "how is parser?"`: its words are said to the claw."""
    return _set(found["when"], found["what"].strip("\"'“”"), talk, act=True)


def _cancel(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Drop the reminder that is meant."""
    number = _one_of(found, talk, "cancel")
    if number is None or isinstance(number, Meaning):
        return number
    return Meaning(calls=(direct("claw unschedule", numbers=[number]),))


def _move(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Have it come at another time."""
    number = _one_of(found, talk, "move")
    if number is None or isinstance(number, Meaning):
        return number
    plan = talk.seen.record.schedule(number)
    if plan is not None and talk.turn.role is not Kind.OWNER and plan.set.person != talk.turn.person:
        plan = None  # what is another person's is said by the operation, and no more of it
    when = moved(plan, found["when"], talk)
    if when is None and plan is not None and plan.set.when.lower().startswith("every "):
        again = printable(plan.set.when, SHOWN)
        return Meaning(say=f"It repeats: {again}. Say for example `move #{number} to every day at 9`, or `cancel #{number}`.")
    return Meaning(calls=(direct("claw reschedule", number=number, when=when),)) if when else Meaning(say=NO_TIME)


def _pause(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Let it rest, or come again."""
    number = _one_of(found, talk, found["verb"].lower())
    given = {"pause" if found["verb"].lower() == "pause" else "resume": True}
    if number is None or isinstance(number, Meaning):
        return number
    return Meaning(calls=(direct("claw reschedule", number=number, **given),))


def _one_of(found: Mapping[str, str], talk: Talk, verb: str) -> int | Meaning | None:
    """The schedule that is meant: by its number, by words that only one has, or the one that was set or moved last.

    None: bare words that no schedule has, so that something else is meant.
    """
    if found["number"]:
        return int(found["number"])
    record, person = talk.seen.record, talk.turn.person
    mine = [each for each in record.schedules() if each.set.person == person]
    plans = [(each.number, record.text(each.set.text)) for each in mine]
    said = found["about"] or found["bare"]
    if found["all"] or said:
        words, over = _words(said or ""), {each.number for each in mine if each.state is ScheduleState.OVER}
        plans = [(number, what) for number, what in plans if number not in over and words <= _words(what)]
        if not plans and found["bare"]:
            return None
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
    shown = talk.seen.shown_facts(talk.turn.person, before=talk.turn.number)
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


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[\w'-]+", text.lower()) if word not in _STOP}


SENTENCES: tuple[Sentence, ...] = (
    form(
        "reminders",
        "remind me in 20 minutes to stretch | remind me to call Ann tomorrow at 9"
        " | remind me every weekday at 8 about the stand-up",
        rf"(?:(?P<verb>{_REMIND_VERBS}) me|don't let me forget|(?P<named>reminder):?) (?P<rest>.+)",
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
        "set an alarm for 7 | set a reminder for 8am to water the plants",
        r"(?:set|make|add) (?:me )?an? (?:alarm|reminder|timer) (?:(?:for|at) )?(?P<when>.+?)"
        r"(?: (?:to|about|that|of) (?P<what>.+))?",
        _alarm,
        members=True,
    ),
    form("reminders", "snooze for 10 minutes", r"snooze(?: (?:it|that))?(?: for (?P<time>.+))?", _snooze, members=True),
    form(
        "reminders",
        'every morning at 8 ask "how is parser?"',
        r"(?P<when>.+?):? ask(?: yourself)?:? (?P<what>.+)",
        _ask_later,
    ),
    form(
        "reminders",
        "what is due? | reminders",
        r"(?:show |list |what are |do i have )?(?:my |the |all |any )?(?:reminders|schedules?|agenda)"
        r"|what reminders (?:do i have|are there)(?: today| tomorrow)?"
        r"|what(?:'s| is| are)?(?: due| scheduled| planned| on|(?: coming)? up| next)(?: next| today| tomorrow)?"
        r"|what do i have(?: today| tomorrow| next)?",
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
        "reminders",
        "every monday: put the bins out | tomorrow at 9: call Bob",
        r"(?P<when>[^:]+(?::\d\d[^:]*)?): (?P<what>.+)",
        _later,
        members=True,
    ),
    form(
        "notes",
        "note that tea is in the jar | remember: the gate code is on the fridge",
        r"(?!(?:note|remember|keep) (?:privately|in private)\b)"
        r"(?:note|remember|memorize|keep in mind|don't forget|do not forget|write down|(?:take|make|add) a note)"
        r"(?: that|:)? (?P<what>.+)",
        wants("claw note", text="what"),
        members=True,
    ),
    form(
        "notes",
        "note privately that the safe opens with 1234",
        r"(?:note|remember|keep) (?:privately|in private)(?: that|:)? (?P<what>.+)",
        lambda found, _: Meaning(calls=(direct("claw note", text=found["what"], private=True),)),
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
        r"(?:what do (?:you|i) (?:know|remember)|(?:what )?did i (?:say|tell you|note)(?: anything)?"
        r"|do you (?:know|remember)(?: anything)?)"
        r" (?:about|of|on) (?P<what>.+)"
        r"|(?:recall|look up|search for|do you (?:know|remember)) (?P<other>.+)",
        lambda found, _: Meaning(calls=(direct("claw recall", words=(found["what"] or found["other"]).strip()),)),
        members=True,
    ),
    form(
        "notes",
        "where is the key? | what is on the shopping list?",
        r"(?:(?:where|who|when|which|what) (?:is|are|was|were|did|do|does)|(?:where|who|when|what)'s) (?P<what>.+)",
        lambda found, talk: None if talk.models else Meaning(calls=(direct("claw recall", words=found["what"].strip()),)),
        members=True,
    ),
)
