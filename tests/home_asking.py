"""How the tests of twins ask and set each family: in the words of its protocol, by its own client library."""

import asyncio
import json
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import aiohttp
import aiomqtt
import soco
from home_lan import loopback
from pymodbus.client import AsyncModbusTcpClient

from overnight.home.things import Value
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.discovery import DiscoveryNode, DiscoveryTwin
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.hue import HueLightTwin, HueTwin
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.shelly import ShellyTwin, ShellyTwin1
from overnight.home.twins.sonos import SonosTwin
from overnight.home.twins.tasmota import TasmotaMqtt, TasmotaTwin
from overnight.home.twins.twin import Twin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin


class No(Exception):  # noqa: N818 - an answer
    """The device said no, in whatever words its protocol has."""


class Lost(Exception):  # noqa: N818 - an event
    """No answer came."""


class Asking:
    """One twin with a client. `key` is the property that is set, from `off` to `on`."""

    twin: Twin
    patience_s = 10.0  # until an answer counts as lost, where nothing else says so
    key = "on"
    off: Value = False
    on: Value = True

    @abstractmethod
    async def start(self) -> None:
        """Start both."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop both."""

    @abstractmethod
    async def put(self, value: Value) -> Value | None:
        """Set the property; what the answer claims. Raises: `No`, `Lost`."""

    @abstractmethod
    async def ask(self) -> Value:
        """Ask for it. Raises: `Lost`."""

    @abstractmethod
    async def raw(self) -> bytes:
        """The body of an answer to a question."""

    @abstractmethod
    async def name(self) -> str:
        """What it calls itself."""


class OverHttp(Asking):
    twin: Any
    headers: dict[str, str] = {}  # noqa: RUF012 - of a subclass, never changed

    async def start(self) -> None:
        await self.twin.start("127.0.0.1", 0)
        self.session = aiohttp.ClientSession(headers=self.headers)

    async def stop(self) -> None:
        await self.session.close()
        await self.twin.stop()

    async def body(self, method: str, path: str, data: Any = None) -> tuple[int, bytes]:
        try:
            async with self.session.request(method, self.base() + path, json=data, ssl=False) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise Lost from error

    def base(self) -> str:
        url: str = self.twin.url
        return url

    async def json(self, method: str, path: str, data: Any = None) -> Any:
        status, body = await self.body(method, path, data)
        if status >= 400:
            raise No
        return json.loads(body)


class Shelly(OverHttp):
    def __init__(self) -> None:
        self.twin = ShellyTwin("It")

    async def put(self, value: Value) -> Value | None:
        await self.json("POST", "/rpc/Switch.Set", {"id": 0, "on": value})
        return None

    async def ask(self) -> Value:
        return bool((await self.json("GET", "/rpc/Switch.GetStatus?id=0"))["output"])

    async def raw(self) -> bytes:
        return (await self.body("GET", "/rpc/Switch.GetStatus?id=0"))[1]

    async def name(self) -> str:
        return str((await self.json("GET", "/shelly"))["name"])


class Shelly1(OverHttp):
    def __init__(self) -> None:
        self.twin = ShellyTwin1("It")

    async def put(self, value: Value) -> Value | None:
        return bool((await self.json("GET", f"/relay/0?turn={'on' if value else 'off'}"))["ison"])

    async def ask(self) -> Value:
        return bool((await self.json("GET", "/relay/0"))["ison"])

    async def raw(self) -> bytes:
        return (await self.body("GET", "/status"))[1]

    async def name(self) -> str:
        return str((await self.json("GET", "/settings"))["name"])


class Tasmota(OverHttp):
    def __init__(self) -> None:
        self.twin = TasmotaTwin("It")

    async def put(self, value: Value) -> Value | None:
        said = await self.json("GET", f"/cm?cmnd=Power%20{'On' if value else 'Off'}")
        if "POWER" not in said:
            raise No
        return bool(said["POWER"] == "ON")

    async def ask(self) -> Value:
        return bool((await self.json("GET", "/cm?cmnd=Power"))["POWER"] == "ON")

    async def raw(self) -> bytes:
        return (await self.body("GET", "/cm?cmnd=Status%200"))[1]

    async def name(self) -> str:
        return str((await self.json("GET", "/cm?cmnd=Status"))["Status"]["DeviceName"])


class Hue(OverHttp):
    def __init__(self) -> None:
        self.twin = HueLightTwin("It")
        self.bridge = HueTwin("Bridge", [self.twin])

    def base(self) -> str:
        return self.bridge.url

    async def start(self) -> None:
        await self.bridge.start("127.0.0.1", 0)
        self.bridge.press()
        self.session = aiohttp.ClientSession()
        [paired] = await self.json("POST", "/api", {"devicetype": "tests#1"})
        self.session.headers["hue-application-key"] = paired["success"]["username"]
        self.path = f"/clip/v2/resource/light/{self.twin.id_of('light')}"

    async def stop(self) -> None:
        await self.session.close()
        await self.bridge.stop()

    async def put(self, value: Value) -> Value | None:
        await self.json("PUT", self.path, {"on": {"on": value}})
        return None

    async def ask(self) -> Value:
        return bool((await self.json("GET", self.path))["data"][0]["on"]["on"])

    async def raw(self) -> bytes:
        return (await self.body("GET", self.path))[1]

    async def name(self) -> str:
        return str((await self.json("GET", self.path))["data"][0]["metadata"]["name"])


class Hass(OverHttp):
    headers = {"Authorization": "Bearer twin-token"}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        self.twin = HassEntityTwin("It", "light")
        self.server = HassTwin("Home", [self.twin])

    def base(self) -> str:
        return self.server.url

    async def start(self) -> None:
        await self.server.start("127.0.0.1", 0)
        self.session = aiohttp.ClientSession(headers=self.headers)

    async def stop(self) -> None:
        await self.session.close()
        await self.server.stop()

    async def put(self, value: Value) -> Value | None:
        service = f"/api/services/light/turn_{'on' if value else 'off'}"
        [said] = await self.json("POST", service, {"entity_id": "light.it"})
        return bool(said["state"] == "on")

    async def ask(self) -> Value:
        return bool((await self.json("GET", "/api/states/light.it"))["state"] == "on")

    async def raw(self) -> bytes:
        return (await self.body("GET", "/api/states/light.it"))[1]

    async def name(self) -> str:
        return str((await self.json("GET", "/api/states/light.it"))["attributes"]["friendly_name"])


class Sonos(OverHttp):
    key, off, on = "volume", 20.0, 35.0

    def __init__(self) -> None:
        self.twin = SonosTwin("It")

    async def start(self) -> None:
        await self.twin.start(loopback(self.twin.port))
        self.session = aiohttp.ClientSession()
        self.player = soco.SoCo(self.twin.address)

    async def _call(self, call: Callable[[], Any]) -> Any:
        import requests

        try:
            return await asyncio.to_thread(call)
        except soco.exceptions.SoCoUPnPException as error:
            raise No from error
        except requests.RequestException as error:
            raise Lost from error

    async def put(self, value: Value) -> Value | None:
        await self._call(lambda: setattr(self.player, "volume", value))
        return None

    async def ask(self) -> Value:
        return float(await self._call(lambda: self.player.volume))

    async def raw(self) -> bytes:
        body = (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:GetVolume xmlns:u="x">'
            "<InstanceID>0</InstanceID><Channel>Master</Channel></u:GetVolume></s:Body></s:Envelope>"
        )
        action = {"SOAPACTION": '"urn:schemas-upnp-org:service:RenderingControl:1#GetVolume"'}
        url = f"{self.twin.url}/MediaRenderer/RenderingControl/Control"
        async with self.session.post(url, data=body, headers=action) as response:
            return await response.read()

    async def name(self) -> str:
        return str(await self._call(lambda: self.player.get_speaker_info(refresh=True)["zone_name"]))


class Pool(Asking):
    key, off, on = "target", 30.0, 36.0
    twin: PoolTwin

    def __init__(self) -> None:
        self.twin = PoolTwin("It")

    async def start(self) -> None:
        await self.twin.start("127.0.0.1", 0)
        await self._connect()

    async def _connect(self) -> None:
        self.client = AsyncModbusTcpClient("127.0.0.1", port=self.twin.port, timeout=1, retries=0, reconnect_delay=0)
        await self.client.connect()

    async def stop(self) -> None:
        self.client.close()
        await self.twin.stop()

    async def _answer(self, call: Callable[[], Any]) -> Any:
        from pymodbus.exceptions import ModbusException

        if not self.client.connected:
            await self._connect()
        try:
            found = await call()
        except ModbusException as error:
            raise Lost from error
        if found.isError():
            raise No
        return found

    async def put(self, value: Value) -> Value | None:
        await self._answer(lambda: self.client.write_register(0, round(float(value) * 10)))
        return None

    async def ask(self) -> Value:
        return float((await self._answer(lambda: self.client.read_holding_registers(0, count=1))).registers[0] / 10)

    async def raw(self) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.twin.port)
        writer.write(bytes.fromhex("000100000006010400000004"))
        body = await asyncio.wait_for(reader.read(65_536), 5)
        writer.close()
        return body

    async def name(self) -> str:
        found = await self._answer(lambda: self.client.read_device_information(read_code=3, object_id=0))
        return str(found.information[6].decode())


class OverMqtt(Asking):
    topics: tuple[str, ...] = ("#",)
    node: Any

    async def start(self) -> None:
        self.broker = BrokerTwin()
        await self.broker.start("127.0.0.1", 0)
        await self.node.start("127.0.0.1", self.broker.port)
        self.client = aiomqtt.Client("127.0.0.1", self.broker.port)
        await self.client.__aenter__()
        for topic in self.topics:
            await self.client.subscribe(topic)
        self.messages = aiter(self.client.messages)

    async def stop(self) -> None:
        await self.client.__aexit__(None, None, None)
        await self.node.stop()
        await self.broker.stop()

    async def send(self, topic: str, payload: str) -> None:
        await self.client.publish(topic, payload, qos=1)

    async def next(self, *topics: str, retained: bool = False) -> bytes:
        """The next message on one of these topics that is new, or one that is kept."""
        try:
            async with asyncio.timeout(self.patience_s):
                async for message in self.messages:
                    if str(message.topic) in topics and message.retain == retained:
                        return bytes(message.payload)
        except TimeoutError:
            pass
        raise Lost


class Zigbee(OverMqtt):
    def __init__(self) -> None:
        self.twin = ZigbeeTwin("It", "switch")
        self.node = ZigbeeBridge([self.twin])

    @property
    def topic(self) -> str:
        return f"zigbee2mqtt/{self.twin.spoken_name}"

    async def put(self, value: Value) -> Value | None:
        await self.send("zigbee2mqtt/It/set", json.dumps({"state": "ON" if value else "OFF"}))
        said = json.loads(await self.next(self.topic, "zigbee2mqtt/bridge/logging"))
        if "state" not in said:
            raise No
        return bool(said["state"] == "ON")

    async def raw(self) -> bytes:
        await self.send("zigbee2mqtt/It/get", '{"state": ""}')
        return await self.next(self.topic)

    async def ask(self) -> Value:
        return bool(json.loads(await self.raw())["state"] == "ON")

    async def name(self) -> str:
        await self.node.announce_devices()
        return str(json.loads(await self.next("zigbee2mqtt/bridge/devices"))[1]["friendly_name"])


class TasmotaBroker(OverMqtt):
    def __init__(self) -> None:
        self.twin: TasmotaTwin = TasmotaTwin("It")
        self.node = TasmotaMqtt(self.twin)

    async def put(self, value: Value) -> Value | None:
        await self.send(f"cmnd/{self.twin.topic}/POWER", "ON" if value else "OFF")
        said = json.loads(await self.next(f"stat/{self.twin.topic}/RESULT"))
        if "POWER" not in said:
            raise No
        return bool(said["POWER"] == "ON")

    async def raw(self) -> bytes:
        await self.send(f"cmnd/{self.twin.topic}/STATUS", "11")
        return await self.next(f"stat/{self.twin.topic}/STATUS11")

    async def ask(self) -> Value:
        await self.send(f"cmnd/{self.twin.topic}/POWER", "")
        return bool(json.loads(await self.next(f"stat/{self.twin.topic}/RESULT"))["POWER"] == "ON")

    async def name(self) -> str:
        await self.send(f"cmnd/{self.twin.topic}/STATUS", "")
        return str(json.loads(await self.next(f"stat/{self.twin.topic}/STATUS"))["Status"]["DeviceName"])


class Announced(OverMqtt):
    """Nobody can ask such a device: what is asked is what it published last."""

    def __init__(self) -> None:
        self.twin: DiscoveryTwin = DiscoveryTwin("It")
        self.node = DiscoveryNode(self.twin)

    async def put(self, value: Value) -> Value | None:
        await self.send(f"{self.twin.node}/set", "ON" if value else "OFF")
        return await self.ask()

    async def raw(self) -> bytes:
        return await self.next(f"{self.twin.node}/state")

    async def ask(self) -> Value:
        return await self.raw() == b"ON"

    async def name(self) -> str:
        await self.node.greet()
        return str(json.loads(await self.next(f"homeassistant/switch/{self.twin.node}/config"))["name"])


ASKABLE: dict[str, Callable[[], Asking]] = {
    "shelly": Shelly,
    "shelly1": Shelly1,
    "tasmota": Tasmota,
    "tasmota at a broker": TasmotaBroker,
    "hue": Hue,
    "hass": Hass,
    "sonos": Sonos,
    "modbus": Pool,
    "zigbee": Zigbee,
}
