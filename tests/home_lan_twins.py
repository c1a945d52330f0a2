"""Ten twins in a network namespace of their own: started by `home_lan.lan`, which asks them by lines of JSON."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from overnight.home.twins.announcements import Announcement, Mdns
from overnight.home.twins.announcer import Announcer
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.camera import CameraTwin
from overnight.home.twins.faults import Fault
from overnight.home.twins.hass import HassEntityTwin, HassTwin
from overnight.home.twins.hue import HueLightTwin, HueTwin
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.shelly import ShellyTwin, ShellyTwin1
from overnight.home.twins.sonos import Household, SonosTwin
from overnight.home.twins.tasmota import TasmotaTwin
from overnight.home.twins.twin import Twin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin

FIRST = 11  # 10.77.0.11
ONE_PIXEL = bytes.fromhex("ffd8ffd9")  # a camera that nobody looks at
LAMP = ZigbeeTwin("Desk lamp")
BROKER_MAC = "0a0000000101"


def _twins() -> list[Any]:
    household = Household()
    lights = [HueLightTwin("Ceiling", room="Kitchen")]
    entities = [HassEntityTwin("Hall", "light"), HassEntityTwin("Front door", "lock")]
    return [
        SonosTwin("Study", household=household),
        SonosTwin("Kitchen", household=household),
        ShellyTwin("Hall", "light"),
        ShellyTwin1("Porch"),
        TasmotaTwin("Fan"),
        HueTwin("Hue Bridge", lights),
        PoolTwin("Spa"),
        CameraTwin("Drive", {"empty": [ONE_PIXEL]}),
        HassTwin("Home", entities),
    ]


def _wire(addresses: dict[str, str]) -> None:
    """An interface for each address, with the MAC of its twin, all on the wire."""

    def ip(line: str) -> None:
        subprocess.run(["ip", *line.split()], check=True)

    ip("link set lo up")
    ip("link set wire up")
    for interface in ("all", "default", "wire"):
        for name, value in (("arp_ignore", "1"), ("arp_announce", "2"), ("rp_filter", "0")):
            Path(f"/proc/sys/net/ipv4/conf/{interface}/{name}").write_text(value)
    for at, (address, mac) in enumerate(addresses.items()):
        colons = ":".join(mac[at : at + 2] for at in range(0, 12, 2))
        ip(f"link add h{at} link wire address {colons} type macvlan mode bridge")
        ip(f"addr add {address}/24 dev h{at}")
        ip(f"link set h{at} up")


async def _main() -> None:
    _say("here")
    sys.stdin.readline()
    twins = _twins()
    places = {f"10.77.0.{FIRST + at}": twin for at, twin in enumerate(twins)}
    hub = f"10.77.0.{FIRST + len(twins)}"
    _wire({**{address: twin.mac for address, twin in places.items()}, hub: BROKER_MAC})
    announcers = []
    for address, twin in places.items():
        await twin.start(address)
        announcers.append(Announcer(address, twin.announced()))
    broker, bridge = BrokerTwin(), ZigbeeBridge([LAMP])
    await broker.start(hub)
    await bridge.start(hub)
    service: list[Announcement] = [Mdns(service="_mqtt._tcp", name="zigbee2mqtt", port=broker.port)]
    announcers.append(Announcer(hub, service))
    await asyncio.gather(*(each.start() for each in announcers))
    ready = {
        twin.name + "/" + twin.family: {"family": twin.family, "address": at, "port": twin.port, "mac": twin.mac}
        for at, twin in places.items()
    }
    ready["zigbee2mqtt/mqtt"] = {"family": "mqtt", "address": hub, "port": broker.port, "mac": BROKER_MAC}
    _say(ready)
    everything: list[Twin] = [*twins, LAMP]
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        _say(_answer(json.loads(line), everything))


def _say(said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _answer(asked: dict[str, str], twins: list[Twin]) -> Any:
    if asked["do"] == "fault":
        for twin in twins:
            if twin.name == asked["name"]:
                twin.fault = Fault(asked["kind"])
        return None
    return {f"{twin.name}/{twin.family}": getattr(twin, asked["do"]) for twin in twins}


if __name__ == "__main__":
    asyncio.run(_main())
