"""Hears what is meant by a sentence, in one of several languages: hassil over the sentences of home-assistant-intents and ours.

A language is loaded when a sentence looks as if it were in it; bench/README.md has what that costs.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from overnight.home.extras import install_command
from overnight.home.speech.known import KINDS, Known
from overnight.home.speech.phrases import DEGREES, JUDGE, JUDGED, PHRASES

if TYPE_CHECKING:
    from hassil import Intents

LONGEST = 160  # characters of a sentence that is about devices
THEIRS = (
    "HassTurnOn",
    "HassTurnOff",
    "HassLightSet",
    "HassSetPosition",
    "HassSetVolume",
    "HassSetVolumeRelative",
    "HassMediaPause",
    "HassMediaUnpause",
    "HassMediaSearchAndPlay",
    "HassClimateSetTemperature",
    "HassClimateGetTemperature",
    "HassGetState",
)
CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
_WILD = ("what", "alias", "address")


class NoSentences(Exception):  # noqa: N818  # a state of this machine
    """A language is not understood here; says why in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An intent, with what was said of it."""

    intent: str
    language: str
    slots: Mapping[str, Any]  # Any: numbers and texts, as each list has them


def hear(text: str, known: Known, languages: Sequence[str] = ()) -> Iterator[Heard]:
    """What a sentence may mean, the likeliest language first; `languages`: those that are spoken here, empty: by its words.

    Raises:
        NoSentences: one of them is not understood on this machine.
    """
    if len(text) > LONGEST:
        return
    text = text.replace(CURLY, "'")
    for language in languages or spoken_in(text):
        intents = _intents(language)
        from hassil import recognize_best

        found = recognize_best(text, intents, slot_lists=_lists(known), best_slot_name="name")
        if found is not None:
            slots = {name: each.value for name, each in found.entities.items()}
            yield Heard(intent=found.intent.name, language=language, slots=slots)


def spoken_in(text: str) -> Sequence[str]:
    """The languages that a sentence may be in, by the words that it has of each."""
    words = {word.strip(".,!?'") for word in text.lower().replace("-", " ").split()}
    hits = {language: len(words & {*phrases.markers.split()}) for language, phrases in PHRASES.items()}
    return sorted((each for each, count in hits.items() if count), key=lambda each: -hits[each]) or ("en",)


@cache
def _intents(language: str) -> "Intents":
    """The sentences of a language.

    Raises:
        NoSentences: there are none.
    """
    try:
        from hassil import Intents
        from home_assistant_intents import get_intents
    except ImportError as error:
        raise NoSentences(f"Sentences about devices need more: {install_command('home')}") from error

    found = get_intents(language)
    if found is None:
        raise NoSentences(f"There are no sentences for the language `{language}` that home.yaml names.")
    kept = {name: {"data": list(each["data"])} for name, each in found["intents"].items() if name in THEIRS}
    ours = PHRASES[language].sentences if language in PHRASES else {}
    for name, sentences in {**ours, JUDGE: JUDGED}.items():
        kept.setdefault(name, {"data": []})["data"].append({"sentences": list(sentences)})
    lists = {
        **found.get("lists", {}),
        **{name: {"wildcard": True} for name in _WILD},
        "number": {"range": {"from": 1, "to": 999_999}},
        "yes_no": {"values": ["yes", "no"]},
        "louder": {"values": [{"in": "louder", "out": "up"}, {"in": "(quieter|softer)", "out": "down"}]},
        "kind": {"values": [{"in": said, "out": kind} for kind, words in KINDS.items() for said in words]},
    }
    rules = {**found.get("expansion_rules", {}), "degrees": DEGREES}
    return Intents.from_dict({**found, "intents": kept, "lists": lists, "expansion_rules": rules})


def _lists(known: Known) -> dict[str, Any]:  # Any: hassil's
    from hassil import TextSlotList

    def listed(name: str, values: Sequence[tuple[Any, ...]]) -> TextSlotList:
        return TextSlotList.from_tuples(values, name=name, allow_template=False)

    names = [(said, json.dumps(numbers), {"domain": domain}) for said, domain, numbers in known.names()]
    return {
        "name": listed("name", names),
        "area": listed("area", [(room, room) for room in known.rooms]),
        "floor": listed("floor", []),
        "scene": listed("scene", [(scene, scene) for scene in known.scenes]),
    }
