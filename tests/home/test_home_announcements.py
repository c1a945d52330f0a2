"""What devices announce over MQTT in Home Assistant's form, and what of it is understood."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aiomqtt
import anyio
import pytest

from overnight.home.drivers import mqtt
from overnight.home.drivers._announced_features import Feature
from overnight.home.drivers._announcement import SHORT
from overnight.home.drivers._discovery import entities_of
from overnight.home.port import Found, Refused
from overnight.home.things import Device, Trait
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.discovery import DiscoveryNode, DiscoveryTwin

THERMOSTAT = {
    "uniq_id": "t1",
    "~": "hall/thermostat",
    "modes": ["off", "heat_cool", "dry", ["heat"]],
    "temp_cmd_t": "~/target/set",
    "temp_stat_t": "~/state",
    "temp_stat_tpl": "{{ value_json.target }}",
    "mode_cmd_t": "~/mode/set",
    "mode_stat_t": "~/mode",
    "curr_temp_t": "~/state",
    "curr_temp_tpl": "{{ value_json['now']['celsius'] }}",
    "min_temp": 7,
    "max_temp": "30",
}
SENSOR = {"unique_id": "s1", "device_class": "temperature", "unit_of_measurement": "°C", "state_topic": "hall/sensor"}


def features(component: str, said: object) -> Mapping[str, Feature]:
    """The properties of the only entity of a message; empty: it announces none."""
    entities = entities_of(component, said)
    return {each.property.name: each for entity in entities for each in entity.features}


def test_a_thermostat_with_short_names_is_read_and_set() -> None:
    """Each part of one message by its template; modes by our words, and those that nobody has here are left out."""
    found = features("climate", THERMOSTAT)
    body = b'{"target": 21.5, "now": {"celsius": "19.25"}}'
    assert [found[name].read(body) for name in ("target", "temperature")] == [21.5, 19.25]
    target = found["target"].property
    assert (target.low, target.high, target.writable, found["temperature"].property.writable) == (7, 30, True, False)
    assert found["target"].command == "hall/thermostat/target/set" and found["target"].write(22.0) == "22"
    assert found["mode"].property.choices == ("off", "auto")
    assert (found["mode"].read(b"heat_cool"), found["mode"].read(b"dry"), found["mode"].write("auto")) == (
        "auto",
        None,
        "heat_cool",
    )


def test_a_garage_door_without_positions_is_open_or_closed() -> None:
    """By its own words for it; what moves is neither, and nothing between is sent."""
    said = {
        "unique_id": "g1",
        "dev_cla": "garage",
        "cmd_t": "g/set",
        "stat_t": "g/state",
        "pl_cls": "DOWN",
        "stat_clsd": "shut",
    }
    [entity] = entities_of("cover", said)
    assert entity.description.traits == (Trait.GATE,)
    [door] = entity.features
    assert [door.read(each) for each in (b"open", b"shut", b"closing")] == [100.0, 0.0, None]
    assert entity.messages({"position": 0}) == [("g/set", "DOWN")] and entity.messages({"position": 100}) == [("g/set", "OPEN")]
    with pytest.raises(Refused, match="nothing between"):
        entity.messages({"position": 40.0})


@pytest.mark.parametrize(
    ("component", "said"),
    [
        ("climate", {**THERMOSTAT, "temp_unit": "F"}),
        ("sensor", {**SENSOR, "unit_of_measurement": "°F"}),
        ("sensor", {**SENSOR, "device_class": "humidity"}),
        ("sensor", {**SENSOR, "state_topic": "hall/+"}),
        ("sensor", {**SENSOR, "unique_id": ""}),
        ("sensor", {**SENSOR, "device": {"ids": "zigbee2mqtt_0x01"}}),
        ("vacuum", SENSOR),
        ("device", {"components": [SENSOR]}),
        ("sensor", [SENSOR]),
    ],
)
def test_what_is_not_for_us_is_left_out(component: str, said: object) -> None:
    """Another unit, another kind, a topic with wildcards, no identity, a device with a driver of its own, nonsense."""
    assert not entities_of(component, said)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        (None, None),
        ("{{ value }}", None),
        ("{{ value_json.a }}", 20.5),
        ("{{value_json['a']}}", 20.5),
        ("{{ value_json.b.c }}", 3.0),
        ('{{ value_json["b"].c }}', 3.0),
        ("{{ value_json.b }}", None),
        ("{{ value_json.none.c }}", None),
    ],
)
def test_a_template_that_names_a_part_is_understood(template: str | None, value: float | None) -> None:
    """A part that is missing, or is no number, is no value."""
    found = features("sensor", {**SENSOR, **({"value_template": template} if template else {})})["temperature"]
    assert found.state == "hall/sensor" and found.read(b'{"a": 20.5, "b": {"c": "3"}}') == value
    assert found.read(b"not JSON {") is None
    assert not template or "json" in template or found.read(b"20.5") == 20.5


@pytest.mark.parametrize(
    "template", ["{{ value_json.a | float }}", "{{ states('sensor.x') }}", "{% set x = 1 %}{{ x }}", ["x"]]
)
def test_another_template_is_not_guessed(template: object) -> None:
    """Nothing is read by it: a sensor with one has nothing else, and is left out."""
    assert not features("sensor", {**SENSOR, "value_template": template})


@pytest.mark.parametrize("short", ["temp_cmd_tpl", "mode_cmd_tpl"])
def test_what_is_sent_by_a_template_is_not_set(short: str) -> None:
    """By its short name too: a message in another form than the device wants is not sent."""
    found = features("climate", {**THERMOSTAT, short: "{{ value | round }}"})
    name = "target" if short == "temp_cmd_tpl" else "mode"
    assert not found[name].property.writable and not found[name].command
    assert found[name].state and SHORT[short].endswith("_command_template")


def test_one_message_announces_several() -> None:
    """Each is a device of its own, with what is said of all of them."""
    whole = {
        "dev": {"ids": ["h1"], "mf": "Espressif"},
        "avty_t": "hall/status",
        "cmps": {"a": {"p": "sensor", **SENSOR}, "b": {"p": "climate", **THERMOSTAT}, "c": "nonsense"},
    }
    found = entities_of("device", whole)
    assert [(each.part, each.description.traits[0], each.description.maker) for each in found] == [
        ("a", Trait.SENSOR, "Espressif"),
        ("b", Trait.CLIMATE, "Espressif"),
    ]
    assert {each.presence[0].topic for each in found} == {"hall/status"}


def test_a_broker_is_looked_through() -> None:
    """All that is announced is found, with its topic; nonsense hides nothing, and one identity at two topics is nobody."""

    async def walk() -> list[Found]:
        broker, twins = BrokerTwin(), [DiscoveryTwin("Hall", "climate"), DiscoveryTwin("Porch", "sensor")]
        await broker.start("127.0.0.1", 0)
        nodes = [DiscoveryNode(each) for each in twins]
        for node in nodes:
            await node.start("127.0.0.1", broker.port)
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            more: list[tuple[str, Any]] = [("sensor/one", SENSOR), ("sensor/two", SENSOR), ("climate/odd", {"modes": 3})]
            for topic, body in [*more, ("climate/hall/list", {**THERMOSTAT, "modes": [{"a": 1}]}), ("light/no", "no")]:
                await client.publish(f"homeassistant/{topic}/config", json.dumps(body), qos=1, retain=True)
        device = Device(number=0, identity="", family="mqtt", address=f"127.0.0.1:{broker.port}")
        found = list(await mqtt.FAMILY.look(device, {}))
        listed = next(each for each in found if each.description.identity == "t1")
        driver = await mqtt.FAMILY.open(replace(device, options=listed.options), {})
        assert (await driver.describe()).traits == (Trait.CLIMATE,)
        await driver.aclose()
        sensor = next(each for each in found if each.description.traits == (Trait.SENSOR,))
        driver = await mqtt.FAMILY.open(replace(device, options=sensor.options), {})
        assert await driver.read() == {"temperature": 21.5}
        await driver.aclose()
        for node in nodes:
            await node.stop()
        await broker.stop()
        return found

    found = anyio.run(walk)
    assert sorted((each.description.traits[0], each.options["topic"].split("/")[1]) for each in found) == [
        (Trait.CLIMATE, "climate"),
        (Trait.CLIMATE, "climate"),
        (Trait.SENSOR, "sensor"),
    ]
    assert "Hall" in {each.description.name for each in found}
