"""Sentences about what the claw knows, and how it is made to forget: what would go is shown first."""

from collections.abc import Mapping

from overnight.claw.events import CallEnd
from overnight.claw.grammar.sentence import Meaning, Sentence, Talk, direct, form, wants

_THAT = ("it", "that", "this", "the last one")
_ALL = ("everything", "all", "all of it")


def _forget(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """Show what would go; what was shown is forgotten if that is said once more, with `for good`."""
    said = " ".join((found["what"] or "").split())
    given = _meant(said, found["number"], talk)
    if isinstance(given, Meaning):
        return given
    shown = talk.seen.calls(talk.turn.person, ("claw forget",), before=talk.turn.number)
    if found["good"] and any(each.end is CallEnd.DONE and dict(each.given) == given for each in shown[:1]):
        return Meaning(calls=(direct("claw forget", **given, really=True),))
    return Meaning(calls=(direct("claw forget", **given),))


def _meant(said: str, number: str | None, talk: Talk) -> dict[str, object] | Meaning:
    """The input of the operation."""
    if number:
        return {"number": int(number)}
    if said.lower() in _ALL:
        return {"everything": True}
    if said.lower() not in _THAT:
        return {"words": said.removeprefix("that ")}
    facts = talk.seen.shown_facts(talk.turn.person, before=talk.turn.number)
    if len(facts) == 1:
        return {"number": facts[0][0]}
    if not facts:
        return Meaning(say="Forget what? Say `forget the key`, or `forget #12`; `memory` lists what is noted.")
    return Meaning(say="Which one? Say one of:\n" + "\n".join(f"  forget #{each}   ({text[:80]})" for each, text in facts))


SENTENCES: tuple[Sentence, ...] = (
    form(
        "notes",
        "memory | what do you know?",
        r"(?:show |list )?(?:your |the |all )?(?:memory|memories|facts|notes)"
        r"|(?:what|(?:show me |list )?everything(?: that)?)(?: do)? you (?:know|remember)(?: about (?:me|us|everything))?",
        wants("claw memory"),
        members=True,
    ),
    form(
        "notes",
        "forget the key | forget #12 | forget #12 for good",
        r"(?:forget|(?:delete|remove)(?= (?:note|fact) #?\d))"
        r" (?:(?:about |fact |note |turn )?#?(?P<number>\d{1,9})|(?:about )?(?P<what>.+?))(?P<good>,? for good)?",
        _forget,
    ),
    form(
        "notes", "tidy your memory", r"(?:tidy|clean)(?: up)?(?: (?:your|the|my) (?:memory|notes|facts))?", wants("claw tidy")
    ),
)
