"""Pure: the properties of a device that announces itself over MQTT in Home Assistant's form, with the topics of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.home.drivers._announcement import Said, number, reader, topic, word
from overnight.home.drivers._entities import modes_of
from overnight.home.port import Refused
from overnight.home.things import Property, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One property: where it is said, and where it is set."""

    property: Property
    state: str  # topic; empty: nobody says it
    read: Callable[[bytes], Value | None]
    command: str  # topic; empty: it cannot be set
    write: Callable[[Value], str | Mapping[str, object]]


def _feature(
    known: Property,
    said: Said,
    *,
    state: str,
    template: str,
    command: str,
    read: Callable[[object], Value | None],
    write: Callable[[Value], str | Mapping[str, object]] = str,
) -> Feature:
    """One that is said and set as usual; it is not set by a template, and not said by one that is not known."""
    reads = reader(said.get(template))
    told = "" if reads is None or said.get("optimistic") is True else topic(said, state)
    templated = command.replace("_topic", "_template") in said
    return Feature(
        property=Property(
            name=known.name,
            unit=known.unit,
            low=known.low,
            high=known.high,
            choices=known.choices,
            writable=bool(command and not templated and topic(said, command)),
        ),
        state=told,
        read=lambda body: None if reads is None else read(reads(body)),
        command="" if templated or not command else topic(said, command),
        write=write,
    )


def _two(said: Said, yes: tuple[str, str, str], no: tuple[str, str, str]) -> tuple[Any, Any] | None:  # callables
    """How one of two words is read and written; each: the names of what is said and of what is sent, and the usual word."""
    sent = {True: str(said.get(yes[1], yes[2])), False: str(said.get(no[1], no[2]))}
    usual = {"LOCK": "LOCKED", "UNLOCK": "UNLOCKED"}
    heard = {key: str(said.get(names[0], usual.get(sent[key], sent[key]))) for key, names in ((True, yes), (False, no))}
    if heard[True] == heard[False] or sent[True] == sent[False]:
        return None
    values = {word: key for key, word in heard.items()}
    return lambda value: values.get(word(value)), lambda value: sent[bool(value)]


def _switch(said: Said, template: str = "value_template") -> Sequence[Feature]:
    names = _two(said, ("state_on", "payload_on", "ON"), ("state_off", "payload_off", "OFF"))
    if names is None:
        return []
    read, write = names
    return [
        _feature(
            Property(name="on"),
            said,
            state="state_topic",
            template=template,
            command="command_topic",
            read=read,
            write=write,
        )
    ]


def _lock(said: Said) -> Sequence[Feature]:
    names = _two(said, ("state_locked", "payload_lock", "LOCK"), ("state_unlocked", "payload_unlock", "UNLOCK"))
    if names is None:
        return []
    read, write = names
    known = Property(name="locked")
    return [
        _feature(known, said, state="state_topic", template="value_template", command="command_topic", read=read, write=write)
    ]


def _light(said: Said) -> Sequence[Feature]:
    scale = number(said.get("brightness_scale", 255)) or 255.0
    level = Property(name="brightness", unit="%", low=0, high=100)

    def percent(value: object) -> Value | None:
        found = number(value)
        return None if found is None or not 0 <= found <= scale else round(100 * found / scale, 1)

    def raw(value: Value) -> int:
        return round(float(value) * scale / 100)

    if said.get("schema") == "json":
        given = {**said, "value_template": "{{ value_json.state }}", "level_template": "{{ value_json.brightness }}"}
        found = [
            _feature(
                Property(name="on"),
                given,
                state="state_topic",
                template="value_template",
                command="command_topic",
                read=lambda value: {"ON": True, "OFF": False}.get(word(value)),
                write=lambda value: {"state": "ON" if value else "OFF"},
            )
        ]
        if said.get("brightness"):
            found.append(
                _feature(
                    level,
                    given,
                    state="state_topic",
                    template="level_template",
                    command="command_topic",
                    read=percent,
                    write=lambda value: {"state": "ON", "brightness": raw(value)},
                )
            )
        return found
    if said.get("schema") not in (None, "basic", "default"):
        return []
    found = list(_switch(said, "state_value_template"))
    if found and "brightness_command_topic" in said:
        found.append(
            _feature(
                level,
                said,
                state="brightness_state_topic",
                template="brightness_value_template",
                command="brightness_command_topic",
                read=percent,
                write=lambda value: str(raw(value)),
            )
        )
    return found


def _cover(said: Said) -> Sequence[Feature]:
    if "set_position_topic" not in said and "position_topic" not in said:
        return _gate(said)
    opened, closed = number(said.get("position_open", 100)), number(said.get("position_closed", 0))
    if opened is None or closed is None or opened == closed:
        return []

    def percent(value: object) -> Value | None:
        found = number(value)
        share = None if found is None else round(100 * (found - closed) / (opened - closed), 1)
        return share if share is not None and 0 <= share <= 100 else None  # noqa: PLR2004  # percent

    known = Property(name="position", unit="%", low=0, high=100)
    return [
        _feature(
            known,
            said,
            state="position_topic",
            template="position_template",
            command="set_position_topic",
            read=percent,
            write=lambda value: str(round(closed + float(value) * (opened - closed) / 100)),
        )
    ]


def _gate(said: Said) -> Sequence[Feature]:
    """One that knows no positions, as most garage doors: it is opened or closed."""
    sent = {100.0: str(said.get("payload_open", "OPEN")), 0.0: str(said.get("payload_close", "CLOSE"))}
    heard = {str(said.get("state_open", "open")): 100.0, str(said.get("state_closed", "closed")): 0.0}

    def write(value: Value) -> str:
        if value not in sent:
            raise Refused("it can be open (100) or closed (0), and nothing between")
        return sent[float(value)]

    known = Property(name="position", unit="%", low=0, high=100)
    return [
        _feature(
            known,
            said,
            state="state_topic",
            template="value_template",
            command="command_topic",
            read=lambda value: heard.get(word(value)),
            write=write,
        )
    ]


def _climate(said: Said) -> Sequence[Feature]:
    modes = modes_of(said.get("modes"))
    target = Property(name="target", unit="°C", low=number(said.get("min_temp")), high=number(said.get("max_temp")))
    found = [
        _feature(
            target,
            said,
            state="temperature_state_topic",
            template="temperature_state_template",
            command="temperature_command_topic",
            read=number,
            write=lambda value: f"{float(value):g}",
        ),
        _feature(
            Property(name="temperature", unit="°C"),
            said,
            state="current_temperature_topic",
            template="current_temperature_template",
            command="",
            read=number,
        ),
    ]
    if modes:
        ours = {theirs: mode for mode, theirs in modes.items()}
        found.append(
            _feature(
                Property(name="mode", choices=tuple(modes)),
                said,
                state="mode_state_topic",
                template="mode_state_template",
                command="mode_command_topic",
                read=lambda value: ours.get(word(value)),
                write=lambda value: modes[str(value)],
            )
        )
    return found if said.get("temperature_unit", "C") == "C" else []


def _sensor(said: Said) -> Sequence[Feature]:
    if said.get("device_class") != "temperature" or said.get("unit_of_measurement", "°C") != "°C":
        return []
    known = Property(name="temperature", unit="°C")
    return [_feature(known, said, state="state_topic", template="value_template", command="", read=number)]


MAKERS: Mapping[str, Callable[[Said], Sequence[Feature]]] = {
    "switch": _switch,
    "light": _light,
    "cover": _cover,
    "climate": _climate,
    "lock": _lock,
    "sensor": _sensor,
}
