"""Pure: what a heard sentence means: calls of operations on devices that have a name, or a question back."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from overnight.home.naming import ALIAS, key_of
from overnight.home.speech import phrases
from overnight.home.speech.known import Known
from overnight.home.speech.listening import Heard
from overnight.home.speech.phrases import PHRASES
from overnight.home.things import Device, Trait, Value
from overnight.operations.sentences import Meant, MeantCall, MeantWatch

AREA_TRAITS: Mapping[str, tuple[Trait, ...]] = {  # what is meant by a kind of thing in a room: never a lock, gate or heater
    "light": (Trait.LIGHT,),
    "switch": (Trait.SWITCH,),
    "media_player": (Trait.MEDIA,),
    "climate": (Trait.CLIMATE,),
    "cover": (Trait.COVER,),
}
VOLUME_STEP = 10.0  # percent
MOST_ASKED = 6  # devices that a question lists
MOST_SET = 8  # devices that one sentence sets
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d{1,5})?")
NO_SOURCE = "What shall I play? Say it by the name of a favourite of the player, or of `music` in home.yaml."


def mean(heard: Heard, known: Known) -> Meant | None:
    """What it means; None: nothing that can be done here."""
    make = _BY_INTENT.get(heard.intent)
    return make(heard, known) if make else None


# --- Which devices ---


def _named(heard: Heard, known: Known) -> Sequence[Device]:
    """Those that were named, or those of the room that was."""
    if "name" in heard.slots:
        return known.numbered(json.loads(heard.slots["name"]))
    return known.in_room(str(heard.slots["area"])) if "area" in heard.slots else ()


def _one(devices: Sequence[Device]) -> Device | Meant | None:
    """The one that is meant, or a question which."""
    if len(devices) < 2:  # noqa: PLR2004  # more than one
        return devices[0] if devices else None
    names = [f"{each.alias} in the {each.room}" if each.room else each.alias for each in devices[:MOST_ASKED]]
    return Meant(say=f"Which one: {', '.join(names)}?")


def _with(devices: Iterable[Device], name: str) -> Sequence[Device]:
    return [each for each in devices if (found := each.property_named(name)) and found.writable]


def _set(wanted: Sequence[tuple[Device, Mapping[str, Value]]]) -> Meant | None:
    if len(wanted) > MOST_SET:
        return Meant(say=f"Those are {len(wanted)} devices. Make a scene of them: overnight home scene set")
    calls = tuple(
        MeantCall(
            operation="home set",
            given={"device": str(device.number), "settings": [f"{name}={_text(value)}" for name, value in want.items()]},
        )
        for device, want in wanted
    )
    return Meant(calls=calls) if calls else None


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


def _set_one(heard: Heard, known: Known, name: str, value: Value, *traits: Trait) -> Meant | None:
    """Set a property of the device that was named, or of all of some traits in the room."""
    devices = _with(_named(heard, known), name)
    if "name" in heard.slots:
        one = _one(devices)
        return one if one is None or isinstance(one, Meant) else _set([(one, {name: value})])
    return _set([(each, {name: value}) for each in devices if {*traits} & {*each.traits}])


# --- On and off ---


def _switch(*, on: bool) -> Callable[[Heard, Known], Meant | None]:
    def make(heard: Heard, known: Known) -> Meant | None:
        if "name" in heard.slots:
            one = _one(_named(heard, known))
            return (
                one if one is None or isinstance(one, Meant) else _set([(one, want)] if (want := _switched(one, on=on)) else [])
            )
        domains = heard.slots.get("domain", ())
        traits = [trait for each in ([domains] if isinstance(domains, str) else domains) for trait in AREA_TRAITS.get(each, ())]
        devices = [each for each in known.with_trait(*traits) if "area" not in heard.slots or each in _named(heard, known)]
        return _set([(each, want) for each in devices if (want := _switched(each, on=on))])

    return make


def _switched(device: Device, *, on: bool) -> Mapping[str, Value] | None:
    """What on and off, open and closed, locked and unlocked are of a device."""
    ways: Sequence[tuple[str, Value]] = (
        ("on", on),
        ("locked", on),
        ("position", 100.0 if on else 0.0),
        ("playing", "playing" if on else "stopped"),
        ("mode", "heat" if on else "off"),
    )
    return next(({name: value} for name, value in ways if _with([device], name)), None)


# --- Levels ---


def _light(heard: Heard, known: Known) -> Meant | None:
    if "brightness" in heard.slots:
        return _set_one(heard, known, "brightness", float(heard.slots["brightness"]), Trait.LIGHT)
    if "temperature" in heard.slots:
        return _set_one(heard, known, "colour_temperature", float(heard.slots["temperature"]), Trait.LIGHT)
    return None


def _number(slot: str, name: str, *traits: Trait) -> Callable[[Heard, Known], Meant | None]:
    def make(heard: Heard, known: Known) -> Meant | None:
        return _set_one(heard, known, name, float(heard.slots[slot]), *traits) if slot in heard.slots else None

    return make


def _heat(heard: Heard, known: Known) -> Meant | None:
    """A target, and whatever heats to it is switched on."""
    devices = _with(_named(heard, known), "target")
    if "name" not in heard.slots:
        devices = [each for each in devices if {Trait.CLIMATE, Trait.HEATER} & {*each.traits}]
    one = _one(devices)
    if one is None or isinstance(one, Meant):
        return one
    reading = known.reading(one.number)
    now = reading.values if reading else {}
    want: dict[str, Value] = {"target": float(heard.slots["temperature"])}
    if _with([one], "on") and now.get("on") is not True:
        want["on"] = True
    if _with([one], "mode") and now.get("mode") == "off":
        want["mode"] = "heat"
    return _set([(one, want)])


def _louder(heard: Heard, known: Known) -> Meant | None:
    one = _one(_with(_named(heard, known), "volume"))
    if one is None or isinstance(one, Meant):
        return one
    step = heard.slots.get("volume_step")
    by = {"up": VOLUME_STEP, "down": -VOLUME_STEP}.get(str(step)) or (float(step) if isinstance(step, int | float) else 0.0)
    reading = known.reading(one.number)
    now = reading.values.get("volume") if reading else None
    if not by or not isinstance(now, int | float):
        return Meant(say=f"I do not know how loud {one.alias} is. Say for example: set {one.alias} volume to 20")
    return _set([(one, {"volume": min(max(now + by, 0.0), 100.0)})])


# --- Music ---


def _play(heard: Heard, known: Known) -> Meant | None:
    devices = _named(heard, known) if {"name", "area"} & {*heard.slots} else known.devices
    one = _one([each for each in devices if Trait.MEDIA in each.traits])
    if one is None or isinstance(one, Meant):
        return one
    query = _query(str(heard.slots.get("search_query", "")), heard.language)
    if query:
        return _set([(one, {"source": query, "playing": "playing"})])
    reading = known.reading(one.number)
    if reading and reading.values.get("source"):
        return _set([(one, {"playing": "playing"})])
    if known.music:
        return _set([(one, {"source": known.music[0], "playing": "playing"})])
    return Meant(say=NO_SOURCE)


def _query(said: str, language: str) -> str:
    """What is to be played; empty: anything."""
    query = " ".join(said.split())
    if phrases_of := PHRASES.get(language):
        if query.lower() in phrases_of.something:
            return ""
        for some in phrases_of.some:
            query = query[len(some) :] if query.lower().startswith(some) else query
        return "" if query.lower() in phrases_of.something else query
    return query


def _stop(heard: Heard, known: Known) -> Meant | None:
    """The player of the room; without a room those that are not known to be silent."""
    devices = _players(heard, known)
    if "area" not in heard.slots:
        devices = [each for each in devices if _said(known, each, "playing") not in ("paused", "stopped")] or devices
    return _set([(each, {"playing": "stopped"}) for each in devices])


def _playing(heard: Heard, known: Known) -> Meant | None:
    one = _one(_players(heard, known))
    return one if one is None or isinstance(one, Meant) else _call("home state", device=str(one.number))


def _players(heard: Heard, known: Known) -> Sequence[Device]:
    devices = _named(heard, known) if "area" in heard.slots else known.devices
    return [each for each in devices if Trait.MEDIA in each.traits]


def _said(known: Known, device: Device, name: str) -> Value | None:
    reading = known.reading(device.number)
    return reading.values.get(name) if reading else None


def _media(playing: str) -> Callable[[Heard, Known], Meant | None]:
    def make(heard: Heard, known: Known) -> Meant | None:
        one = _one([each for each in _named(heard, known) if Trait.MEDIA in each.traits])
        return one if one is None or isinstance(one, Meant) else _set([(one, {"playing": playing})])

    return make


# --- Questions ---


def _state(heard: Heard, known: Known) -> Meant | None:
    if "name" in heard.slots:
        one = _one(_named(heard, known))
        return one if one is None or isinstance(one, Meant) else _call("home state", device=str(one.number))
    given = {"room": heard.slots["area"]} if "area" in heard.slots else {}
    return _call("home now", **given, **({"on": True} if heard.slots.get("state") == "on" else {}))


def _warm(heard: Heard, known: Known) -> Meant | None:
    devices = [each for each in _named(heard, known) if each.property_named("temperature")]
    one = _one(devices)
    return one if one is None or isinstance(one, Meant) else _call("home state", device=str(one.number))


def _now(heard: Heard, _known: Known) -> Meant:
    return _call("home now", on=True, **({"room": heard.slots["area"]} if "area" in heard.slots else {}))


def _call(operation: str, **given: object) -> Meant:
    return Meant(calls=(MeantCall(operation=operation, given=given),))


def _came(heard: Heard, known: Known) -> Meant | None:
    """What came before the cameras."""
    if not known.with_trait(Trait.CAMERA):
        return None
    one = _camera(heard, known)
    return one if isinstance(one, Meant) else _call("home sightings", **({"camera": str(one.number)} if one else {}))


def _show(heard: Heard, known: Known) -> Meant | None:
    """A picture of a camera; of anything else its state."""
    one = _camera(heard, known)
    if one is None:
        return _state(heard, known)
    return one if isinstance(one, Meant) else _call("home snapshot", device=str(one.number))


def _camera(heard: Heard, known: Known) -> Device | Meant | None:
    return _one([each for each in _named(heard, known) if Trait.CAMERA in each.traits])


# --- The home itself ---


def _find(heard: Heard, _known: Known) -> Meant:
    kind = str(heard.slots.get("kind", ""))
    return _call("home scan", **({"kind": kind} if kind else {}))


def _learn(heard: Heard, _known: Known) -> Meant | None:
    """Have a driver found or written for what is at an address, as it was said."""
    address = str(heard.slots["address"]).strip()
    return _call("home learn", address=address) if ADDRESS.fullmatch(address) else None


def _name(heard: Heard, known: Known) -> Meant | None:
    """Give a device its name: the one of a number, or `it`, the only new one."""
    said = " ".join(str(heard.slots["alias"]).split())
    room = ""
    for between in PHRASES[heard.language].in_:
        at = said.lower().find(between)
        if at > 0:
            said, room = said[:at], said[at + len(between) :]
            break
    if not ALIAS.fullmatch(said) or (room and not ALIAS.fullmatch(room)):
        return None
    if "number" in heard.slots:
        number = int(heard.slots["number"])
    elif len(known.newest) == 1:
        number = known.newest[0].number
    else:
        numbers = ", ".join(f"#{each.number}" for each in known.newest[:MOST_ASKED])
        return Meant(say=f"Which one? Those without a name: {numbers}. Say: call #N {said}" if numbers else "All have a name.")
    return _call("home name", device=number, name=said, **({"room": room} if room else {}))


def _tell(heard: Heard, known: Known) -> Meant | None:
    """Look out for something before a camera, and say each time that it comes."""
    from overnight.home.eyes.lookouts import labels_of

    what = " ".join(str(heard.slots["what"]).split())
    for verb in COMES:
        head, found, tail = what.partition(f" {verb}")
        if found:
            what, rest = head, tail.strip()
            break
    else:
        return None
    if labels_of(what) is None:
        return None
    cameras = known.with_trait(Trait.CAMERA)
    named = [each for each in cameras if key_of(each.alias) in key_of(rest)] if rest else cameras
    one = _one(named or cameras)
    if one is None:
        return Meant(say="No camera has a name yet. Find it: overnight home scan")
    if isinstance(one, Meant):
        return one
    watch = MeantWatch(
        what=f"{what} at {one.alias}",
        operation="home sightings",
        given={"camera": str(one.number), "what": what},
        answers=(("Yes", "verdict {number} yes"), (f"Not a {what}", "verdict {number} no")),
    )
    given = {"what": what, "camera": str(one.number)}
    return Meant(calls=(MeantCall(operation="home lookout", given=given),), watch=watch)


def _judge(heard: Heard, _known: Known) -> Meant:
    return _call("home verdict", number=int(heard.slots["number"]), right=str(heard.slots["yes_no"]))


COMES = (  # verbs after what is looked out for
    "comes", "arrives", "drives up", "pulls up", "is here", "is there", "is at", "shows up", "appears", "stops at",
    "kommt", "da ist", "ankommt", "vorfährt", "auftaucht", "arrive", "vient", "est là", "llega", "viene", "aparece", "komt",
    "er is", "aankomt",
)  # fmt: skip

_BY_INTENT: Mapping[str, Callable[[Heard, Known], Meant | None]] = {
    "HassTurnOn": _switch(on=True),
    "HassTurnOff": _switch(on=False),
    "HassLightSet": _light,
    "HassSetPosition": _number("position", "position", Trait.COVER),
    "HassSetVolume": _number("volume_level", "volume", Trait.MEDIA),
    "HassSetVolumeRelative": _louder,
    "HassMediaPause": _media("paused"),
    "HassMediaUnpause": _media("playing"),
    "HassMediaSearchAndPlay": _play,
    "HassClimateSetTemperature": _heat,
    "HassClimateGetTemperature": _warm,
    "HassGetState": _state,
    phrases.FIND: _find,
    phrases.PLAY: _play,
    phrases.HEAT: _heat,
    phrases.SCENE: lambda heard, _: _call("home scene run", name=str(heard.slots["scene"])),
    phrases.UNDO: lambda _, __: _call("home undo"),
    phrases.NOW: _now,
    phrases.STATE: _state,
    phrases.TELL: _tell,
    phrases.NAME: _name,
    phrases.JUDGE: _judge,
    phrases.STOP: _stop,
    phrases.PLAYING: _playing,
    phrases.DARK: lambda _, known: _set([(each, {"on": False}) for each in _with(known.with_trait(Trait.LIGHT), "on")]),
    phrases.HOUSE: lambda _, __: _call("home now"),
    phrases.CAME: _came,
    phrases.SHOW: _show,
    phrases.LEARN: _learn,
}
