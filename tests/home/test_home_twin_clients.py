"""Twins before the client libraries of their families: SoCo, aiomqtt, aiohue, pymodbus, aiohttp."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import aiomqtt
import pytest
import soco
from aiohttp import web
from aiohue import HueBridgeV2
from home_lan import loopback
from pymodbus.client import AsyncModbusTcpClient

from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.camera import CameraTwin
from overnight.home.twins.drawing import drawn
from overnight.home.twins.faults import Fault, Refused
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.hue import HueLightTwin, HueTwin
from overnight.home.twins.jpeg import packets
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.shelly import ShellyTwin
from overnight.home.twins.sonos import Favourite, Household, SonosTwin
from overnight.home.twins.tasmota import TasmotaMqtt, TasmotaTwin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin

MEDIA = b"\0" * 100_000


async def _media_server() -> tuple[web.AppRunner, str]:
    async def song(_: web.Request) -> web.Response:
        return web.Response(body=MEDIA, content_type="audio/mpeg")

    app = web.Application()
    app.add_routes([web.get("/jazz.mp3", song)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/jazz.mp3"


async def _household() -> tuple[SonosTwin, SonosTwin]:
    household = Household()
    twins = SonosTwin("Study", household=household), SonosTwin("Kitchen", household=household)
    for twin in twins:
        await twin.start(loopback(twin.port))
    return twins


def test_soco_plays_on_a_player_that_fetches_the_media() -> None:
    """SoCo plays an address; PLAYING is said once bytes came, pause and stop are read back."""

    async def walk() -> None:
        runner, url = await _media_server()
        study, kitchen = await _household()
        player = soco.SoCo(study.address)
        try:
            await asyncio.to_thread(player.play_uri, url, title="Jazz")
            await study.until(lambda truth: truth["playing"] == "playing")
            said = await asyncio.to_thread(player.get_current_transport_info)
            assert said["current_transport_state"] == "PLAYING"
            assert (await asyncio.to_thread(player.get_current_track_info))["title"] == "Jazz"
            assert study.transport.fetched[0].url == url
            await asyncio.to_thread(player.pause)
            said = await asyncio.to_thread(player.get_current_transport_info)
            assert said["current_transport_state"] == "PAUSED_PLAYBACK"
            assert study.truth["playing"] == "paused"
            await asyncio.to_thread(setattr, player, "volume", 35)
            assert await asyncio.to_thread(getattr, player, "volume") == study.truth["volume"] == 35
            assert await asyncio.to_thread(getattr, player, "player_name") == "Study"
        finally:
            await study.stop()
            await kitchen.stop()
            await runner.cleanup()

    asyncio.run(walk())


def test_soco_groups_players_and_reads_favourites() -> None:
    """A player joins another and leaves it; favourites have their titles and addresses."""

    async def walk() -> None:
        study, kitchen = await _household()
        study.household.favourites.append(Favourite(title="Jazz <live> & more", address="x-rincon-mp3radio://radio.test/a"))
        leader, follower = soco.SoCo(study.address), soco.SoCo(kitchen.address)
        try:
            await asyncio.to_thread(follower.join, leader)
            assert kitchen.leader is study
            assert kitchen.truth["group"] == "Study"
            leader.zone_group_state.clear_cache()
            assert (await asyncio.to_thread(getattr, follower, "group")).coordinator is leader
            await asyncio.to_thread(follower.unjoin)
            assert kitchen.leader is kitchen
            [favourite] = await asyncio.to_thread(leader.music_library.get_sonos_favorites)
            assert favourite.title == "Jazz <live> & more"
            assert favourite.resources[0].uri == "x-rincon-mp3radio://radio.test/a"
        finally:
            await study.stop()
            await kitchen.stop()

    asyncio.run(walk())


def test_zigbee_lamp_and_plug_answer_through_a_real_broker() -> None:
    """`set` changes the truth and publishes the state; `get` asks; the list of devices is retained."""

    async def walk() -> None:
        broker, lamp, plug = BrokerTwin(), ZigbeeTwin("desk lamp"), ZigbeeTwin("fan", "switch")
        bridge = ZigbeeBridge([lamp, plug])
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        try:
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                await client.subscribe("zigbee2mqtt/#")
                messages = aiter(client.messages)

                async def on(topic: str, *, retained: bool) -> object:
                    async for message in messages:
                        if str(message.topic) == topic and message.retain == retained:
                            return json.loads(bytes(message.payload))
                    raise AssertionError

                devices = await on("zigbee2mqtt/bridge/devices", retained=True)
                assert [each["friendly_name"] for each in devices] == ["Coordinator", "desk lamp", "fan"]  # type: ignore[attr-defined]
                await client.publish("zigbee2mqtt/desk lamp/set", '{"state": "ON", "brightness": 127}', qos=1)
                said = await on("zigbee2mqtt/desk lamp", retained=False)
                assert said == {"state": "ON", "brightness": 127, "color_temp": 370, "color_mode": "color_temp"}
                assert lamp.truth == {"on": True, "brightness": 50.0, "colour_temperature": 2700.0}
                plug.become({"on": True})  # by hand: the bridge does not know
                await client.publish("zigbee2mqtt/fan/get", '{"state": ""}', qos=1)
                assert await on("zigbee2mqtt/fan", retained=False) == {"state": "ON"}
        finally:
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())


def test_shelly_light_is_set_and_read_by_rpc() -> None:
    """`Light.Set` changes the truth, `Shelly.GetStatus` reads it, out of range is refused."""

    async def walk() -> None:
        twin = ShellyTwin("hall", "light")
        await twin.start("127.0.0.1", 0)
        try:
            async with aiohttp.ClientSession(f"{twin.url}/rpc/") as session:
                async with session.post("Light.Set", json={"id": 0, "on": True, "brightness": 30}) as response:
                    assert await response.json() is None
                async with session.post("Shelly.GetStatus") as response:
                    said = (await response.json())["light:0"]
                assert (said["output"], said["brightness"]) == (True, 30)
                assert twin.truth == {"on": True, "brightness": 30.0}
                async with session.post("Light.Set", json={"id": 0, "brightness": 300}) as response:
                    assert response.status == 500
                assert twin.truth["brightness"] == 30.0
        finally:
            await twin.stop()

    asyncio.run(walk())


def test_zigbee_get_refreshes_only_what_it_names() -> None:
    """After an echo, the state after a `get` of one key still has the wanted value in another: as Zigbee2MQTT has it."""

    async def walk() -> None:
        broker, lamp = BrokerTwin(), ZigbeeTwin("lamp")
        bridge = ZigbeeBridge([lamp])
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        lamp.fault = Fault.ECHO
        try:
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                await client.subscribe("zigbee2mqtt/lamp")
                messages = aiter(client.messages)

                async def sent(verb: str, message: object) -> dict[str, object]:
                    await client.publish(f"zigbee2mqtt/lamp/{verb}", json.dumps(message), qos=1)
                    async for each in messages:
                        if not each.retain:
                            return dict(json.loads(bytes(each.payload)))
                    raise AssertionError

                said = await sent("set", {"state": "ON", "brightness": 127})
                assert (said["state"], said["brightness"], lamp.truth["on"]) == ("ON", 127, False)
                said = await sent("get", {"state": ""})
                assert (said["state"], said["brightness"]) == ("OFF", 127)
                said = await sent("get", {"state": "", "brightness": ""})
                assert (said["state"], said["brightness"]) == ("OFF", 254)
        finally:
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())


def test_a_broker_cuts_its_clients_and_they_come_back() -> None:
    """The bridge connects again, and a restarted broker has forgotten what it retained until then."""

    async def walk() -> None:
        broker, plug = BrokerTwin(), ZigbeeTwin("plug", "switch")
        bridge = ZigbeeBridge([plug])
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        try:
            await broker.stop()
            await broker.start("127.0.0.1", broker.port)
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                await client.subscribe("zigbee2mqtt/plug")
                assert bytes((await anext(aiter(client.messages))).payload) == b'{"state": "OFF"}'
        finally:
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())


def test_tasmota_announces_itself_at_a_broker() -> None:
    """Its own discovery is retained, and a command there is a command of the same twin."""

    async def walk() -> None:
        broker, twin = BrokerTwin(), TasmotaTwin("fan", "light")
        node = TasmotaMqtt(twin)
        await broker.start("127.0.0.1", 0)
        await node.start("127.0.0.1", broker.port)
        try:
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                await client.subscribe("tasmota/discovery/+/config")
                found = json.loads(bytes((await anext(aiter(client.messages))).payload))
                assert (found["dn"], found["t"], found["mac"], found["lt_st"]) == ("fan", twin.topic, twin.mac.upper(), 1)
                await client.publish(f"cmnd/{twin.topic}/Dimmer", "40", qos=1)
                await twin.until(lambda truth: truth["on"] is True)
                assert twin.truth["brightness"] == 40.0
        finally:
            await node.stop()
            await broker.stop()

    asyncio.run(walk())


def test_aiohue_reads_and_sets_a_light() -> None:
    """Without its button a bridge gives no key; with it aiohue has lights and rooms, and sets what the bridge then says."""

    async def walk() -> None:
        lamp = HueLightTwin("It", room="Kitchen")
        twin = HueTwin("Bridge", [lamp])
        await twin.start("127.0.0.1", 0)
        try:
            address, keys = f"127.0.0.1:{twin.port}", []
            async with aiohttp.ClientSession() as session:  # aiohue itself pairs by HTTP at port 80
                for pressed in (False, True):
                    if pressed:
                        twin.press()
                    async with session.post(f"{twin.url}/api", json={"devicetype": "tests#1"}, ssl=False) as response:
                        keys += await response.json()
            assert keys[0]["error"]["type"] == 101
            async with HueBridgeV2(address, keys[1]["success"]["username"]) as bridge:
                [light] = bridge.lights.items
                assert (light.metadata.name, [room.metadata.name for room in bridge.groups.room.items]) == ("It", ["Kitchen"])
                await bridge.lights.set_state(light.id, on=True, brightness=40.0, color_temp=300)
                assert lamp.truth == {"on": True, "brightness": 40.0, "colour_temperature": pytest.approx(3333.3, abs=0.1)}
                [said] = await bridge.request("get", f"clip/v2/resource/light/{light.id}")
                assert (said["on"], said["dimming"]["brightness"]) == ({"on": True}, 40.0)
            async with (
                aiohttp.ClientSession() as session,
                session.get(
                    f"{twin.url}/clip/v2/resource", headers={"hue-application-key": "none of ours"}, ssl=False
                ) as response,
            ):
                assert response.status == 403
        finally:
            await twin.stop()

    asyncio.run(walk())


def test_a_relay_with_two_channels() -> None:
    """Each channel has a state of its own; one that is not there is refused."""

    async def walk() -> None:
        twin = ShellyTwin("boiler room", channels=2)
        await twin.start("127.0.0.1", 0)
        try:
            async with aiohttp.ClientSession(f"{twin.url}/rpc/") as session:
                async with session.post("Switch.Set", json={"id": 1, "on": True}) as response:
                    assert await response.json() == {"was_on": False}
                async with session.post("Shelly.GetStatus") as response:
                    said = await response.json()
                assert (said["switch:0"]["output"], said["switch:1"]["output"]) == (False, True)
                for wrong in (2, -1, True, "0"):
                    async with session.post("Switch.Set", json={"id": wrong, "on": True}) as response:
                        assert response.status == 500
                        assert (await response.json())["code"] == -103
            assert twin.truth == {"on": False, "on:1": True}
        finally:
            await twin.stop()

    asyncio.run(walk())


@asynccontextmanager
async def _hass(twin: HassEntityTwin) -> AsyncIterator[Callable[..., Awaitable[Any]]]:  # Any: JSON
    """Asks a server with one entity, with its token or another one."""
    server = HassTwin("Home", [twin])
    await server.start("127.0.0.1", 0)

    async def ask(path: str, body: object = None, token: str = "twin-token") -> Any:  # Any: JSON
        headers = {"Authorization": f"Bearer {token}"}
        async with session.request("POST" if body else "GET", f"{server.url}/api/{path}", json=body, headers=headers) as answer:
            return await answer.json() if answer.ok else answer.status

    try:
        async with aiohttp.ClientSession() as session:
            yield ask
    finally:
        await server.stop()


@pytest.mark.parametrize("assumed", [False, True])
def test_home_assistant_says_what_it_believes(assumed: bool) -> None:
    """A polled entity is stale until it is updated; one of a device that says nothing is never more than assumed."""

    async def walk() -> None:
        twin = HassEntityTwin("It", "light", polled=not assumed, assumed=assumed)
        twin.fault = Fault.DEAF
        async with _hass(twin) as ask:
            await ask("services/light/turn_on", {"entity_id": "light.it"})
            assert ((await ask("states/light.it"))["state"], twin.truth["on"]) == ("on", False)
            await ask("services/homeassistant/update_entity", {"entity_id": ["light.it"]})
            said = await ask("states/light.it")
            assert (said["state"] == "on", said["attributes"].get("assumed_state", False)) == (assumed, assumed)
            assert twin.heard == [{"on": True}]

    asyncio.run(walk())


def test_the_heater_trips_without_its_pump() -> None:
    """Heater alone: a trip until it is reset; with the pump the water warms, up to the target."""

    async def walk() -> None:
        twin = PoolTwin("It", degrees_a_minute=60_000)
        await twin.start("127.0.0.1", 0)
        try:
            async with AsyncModbusTcpClient("127.0.0.1", port=twin.port) as client:
                await client.write_coil(1, True)
                assert (twin.truth["heater"], twin.truth["trip"]) == (False, True)
                assert (await client.read_input_registers(0, count=4)).registers == [260, 145, 0, 1]
                await client.write_coil(2, False)
                await client.write_coils(0, [True, True])
                assert (await client.read_coils(0, count=3)).bits[:3] == [True, True, False]
                while (await client.read_input_registers(0, count=1)).registers != [300]:
                    pass
                refused = await client.write_register(0, 700)
                assert refused.isError() and twin.truth["target"] == 30.0
                await client.write_coil(0, False)
                assert twin.truth["trip"] is True
        finally:
            await twin.stop()

    asyncio.run(walk())


def test_a_lock_passes_locking() -> None:
    """Home Assistant answers with `unlocking`, then it is unlocked; a wrong token is refused."""

    async def walk() -> None:
        twin = HassEntityTwin("It", "lock", lag_s=0.05)
        async with _hass(twin) as ask:
            [said] = await ask("services/lock/unlock", {"entity_id": "lock.it"})
            assert (said["state"], twin.truth["locked"]) == ("unlocking", True)
            await twin.until(lambda truth: truth["locked"] is False)
            assert (await ask("states/lock.it"))["state"] == "unlocked"
            assert await ask("states", token="x") == 401

    asyncio.run(walk())


def test_a_camera_shows_its_scene_to_who_logs_in() -> None:
    """401 without a login; Basic and Digest get the picture, MJPEG its stream; a frozen one stays as it was."""

    async def walk() -> None:
        camera = CameraTwin("Drive", {"empty": [b"\xff\xd8empty"], "truck": [b"\xff\xd8truck"]})
        await camera.start("127.0.0.1", 0)
        basic = {"Authorization": aiohttp.encode_basic_auth("admin", "twin-camera")}
        digest = aiohttp.DigestAuthMiddleware("admin", "twin-camera")
        try:
            async with aiohttp.ClientSession() as session:
                async with session.get(f"{camera.url}/snapshot.jpg") as response:
                    assert response.status == 401
                async with session.get(f"{camera.url}/snapshot.jpg", headers=basic) as response:
                    assert await response.read() == b"\xff\xd8empty"
                camera.show("truck")
                async with session.get(f"{camera.url}/snapshot.jpg", middlewares=(digest,)) as response:
                    assert await response.read() == b"\xff\xd8truck"
                async with session.get(f"{camera.url}/video.mjpg", headers=basic) as response:
                    assert b"\xff\xd8truck" in await response.content.readuntil(b"truck")
                camera.fault = Fault.DEAF
                camera.show("empty")
                async with session.get(f"{camera.url}/snapshot.jpg", headers=basic) as response:
                    assert await response.read() == b"\xff\xd8truck"
                camera.fault = Fault.REFUSE
                async with session.get(f"{camera.url}/snapshot.jpg", headers=basic) as response:
                    assert response.status == 503
        finally:
            await camera.stop()

    asyncio.run(walk())


def test_pictures_are_cut_into_packets_of_rtp() -> None:
    """The pieces put together are the picture's scan; sequence numbers count up, the last packet has the mark."""
    picture = drawn()["empty"][0]
    sent = list(packets(picture, sequence=65_534, timestamp=9, source=7))
    assert [int.from_bytes(each[2:4], "big") for each in sent] == [(65_534 + at) & 0xFFFF for at in range(len(sent))]
    assert [each[1] for each in sent] == [26] * (len(sent) - 1) + [26 | 128]
    assert sent[0][16:20] == bytes((1, 255, 640 // 8, 360 // 8))
    scan = sent[0][20 + 4 + 128 :] + b"".join(each[20:] for each in sent[1:])
    assert picture.endswith(scan + b"\xff\xd9")
    for wrong in (b"", b"GIF89a", picture[:20], picture.replace(b"\xff\xc0", b"\xff\xc2")):
        with pytest.raises(ValueError, match=r"JPEG|RTP"):
            list(packets(wrong, sequence=0, timestamp=0, source=0))


def test_rtsp_answers_in_order_and_streams_after_play() -> None:
    """UDP is refused, a wrong address is not there, and what follows PLAY are packets on channel 0."""

    async def walk() -> None:
        camera = CameraTwin("Drive", {"empty": drawn()["empty"]}, login=None, rtsp_port=0)
        await camera.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", camera.rtsp.port)

        async def said(line: str, **headers: str) -> str:
            more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            writer.write(f"{line} RTSP/1.0\r\nCSeq: 3\r\n{more}\r\n".encode())
            return (await reader.readuntil(b"\r\n\r\n")).decode()

        try:
            url = camera.rtsp.url
            assert "200 OK" in await said(f"OPTIONS {url}")
            assert "404" in await said(f"DESCRIBE {url.replace('stream', 'other')}")
            assert "461" in await said(f"SETUP {url}/track1", Transport="RTP/AVP;unicast;client_port=5000-5001")
            assert "interleaved=0-1" in await said(f"SETUP {url}/track1", Transport="RTP/AVP/TCP;interleaved=0-1")
            assert "200 OK" in await said(f"PLAY {url}/", Session="twin")
            assert await reader.readexactly(2) == b"$\0"
            size = int.from_bytes(await reader.readexactly(2), "big")
            assert (await reader.readexactly(size))[:1] == b"\x80"
        finally:
            writer.close()
            await camera.stop()

    asyncio.run(walk())


def test_a_player_needs_something_to_play() -> None:
    """Play without a source is refused in its own words; media that is not there leaves it stopped."""

    async def walk() -> None:
        study, kitchen = await _household()
        try:
            with pytest.raises(Refused):
                study.become({"playing": "playing"})
            study.become({"source": "http://127.0.0.1:1/none.mp3", "playing": "playing"})
            await study.until(lambda truth: bool(study.transport.fetched) and study.transport.state == "")
            assert study.truth["playing"] == "stopped"
        finally:
            await study.stop()
            await kitchen.stop()

    asyncio.run(walk())


def test_a_shade_and_a_bolt_take_their_time() -> None:
    """A cover is heard on its way; a lock is neither locked nor unlocked until its bolt is there; `STOP` stops."""

    async def walk() -> None:
        broker = BrokerTwin()
        shade, lock = ZigbeeTwin("shade", "cover", moves_s=0.1), ZigbeeTwin("door", "lock", moves_s=0.05)
        bridge = ZigbeeBridge([shade, lock])
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        try:
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                await client.subscribe([("zigbee2mqtt/shade", 1), ("zigbee2mqtt/door", 1)])
                messages = aiter(client.messages)

                async def heard(key: str, until: object) -> list[object]:
                    found: list[object] = []
                    while found[-1:] != [until]:
                        message = await anext(messages)
                        if not message.retain:
                            found.append(json.loads(bytes(message.payload)).get(key))
                    return found

                await client.publish("zigbee2mqtt/shade/set", '{"position": 50}', qos=1)
                assert await heard("position", 50) == [100, 90, 80, 70, 60, 50]
                await client.publish("zigbee2mqtt/door/set", '{"state": "UNLOCK"}', qos=1)
                assert (await heard("lock_state", "unlocked"))[-2:] == ["not_fully_locked", "unlocked"]
                shade.moves_s = 60
                await client.publish("zigbee2mqtt/shade/set", '{"state": "CLOSE"}', qos=1)
                await shade.until(lambda _: shade.moving != "")
                await client.publish("zigbee2mqtt/shade/set", '{"state": "STOP"}', qos=1)
                await shade.until(lambda _: shade.heard[-1] == {"position": 50.0})
                assert shade.truth["position"] == 50.0
        finally:
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())


def test_logins_are_asked_for() -> None:
    """A Shelly with a password wants Digest with SHA-256; a broker with a login refuses who brings none."""

    async def walk() -> None:
        twin, broker, plug = ShellyTwin("hall", password="pass"), BrokerTwin(("home", "word")), ZigbeeTwin("plug", "switch")
        bridge = ZigbeeBridge([plug])
        bridge.log_in("home", "word")
        await twin.start("127.0.0.1", 0)
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        try:
            async with aiohttp.ClientSession() as session:
                url, digest = f"{twin.url}/rpc/Switch.Set", aiohttp.DigestAuthMiddleware("admin", "pass")
                async with session.post(url, json={"id": 0, "on": True}) as response:
                    assert response.status == 401
                async with session.post(url, json={"id": 0, "on": True}, middlewares=(digest,)) as response:
                    assert response.status == 200
            assert twin.truth == {"on": True}
            with pytest.raises(aiomqtt.MqttError):
                async with aiomqtt.Client("127.0.0.1", broker.port, username="home", password="x"):
                    pass
            async with aiomqtt.Client("127.0.0.1", broker.port, username="home", password="word") as client:
                await client.publish("zigbee2mqtt/plug/set", '{"state": "ON"}', qos=1)
                await plug.until(lambda truth: truth["on"] is True)
        finally:
            await twin.stop()
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())


def test_two_switches_behind_one_plate() -> None:
    """Each has an endpoint and a key of its own."""

    async def walk() -> None:
        broker, double = BrokerTwin(), ZigbeeTwin("plate", "double")
        bridge = ZigbeeBridge([double])
        await broker.start("127.0.0.1", 0)
        await bridge.start("127.0.0.1", broker.port)
        try:
            said = double.described()["definition"]["exposes"]
            assert [(each["endpoint"], each["features"][0]["property"]) for each in said] == [
                ("left", "state_left"),
                ("right", "state_right"),
            ]
            async with aiomqtt.Client("127.0.0.1", broker.port) as client:
                await client.publish("zigbee2mqtt/plate/set", '{"state_right": "ON"}', qos=1)
                await double.until(lambda truth: truth["right"] is True)
                assert double.truth["left"] is False
        finally:
            await bridge.stop()
            await broker.stop()

    asyncio.run(walk())
