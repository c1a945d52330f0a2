"""The twins at Debian's broker instead of ours: what they publish and retain is the same there."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
from home_lan import free_port

from overnight.home.twins.faults import Fault
from overnight.home.twins.tasmota import TasmotaMqtt, TasmotaTwin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a mosquitto of this test alone, which is ready."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed")
    found = free_port()
    (tmp_path / "conf").write_text(f"listener {found} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\n")
    command = [program, "-c", str(tmp_path / "conf"), "-v"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while (line := process.stderr.readline()) and "running" not in line:
            pass
        assert "running" in line
        yield found
        process.kill()


def test_what_is_retained_and_what_is_news(port: int) -> None:
    """A client that comes later gets the retained states and lists, marked as such; after an echo, a `get` is the truth."""

    async def walk() -> None:
        plug, fan = ZigbeeTwin("plug", "switch"), TasmotaTwin("fan")
        bridge, node = ZigbeeBridge([plug]), TasmotaMqtt(fan)
        await bridge.start("127.0.0.1", port)
        await node.start("127.0.0.1", port)
        plug.fault = Fault.ECHO
        try:
            async with aiomqtt.Client("127.0.0.1", port) as client:
                await client.subscribe([("zigbee2mqtt/#", 1), (f"stat/{fan.topic}/RESULT", 1)])
                messages = aiter(client.messages)

                async def on(topic: str, *, retained: bool) -> object:
                    while True:
                        message = await anext(messages)
                        if (str(message.topic), message.retain) == (topic, retained):
                            return json.loads(bytes(message.payload))

                kept: dict[str, bool] = {}
                while set(kept) != {"bridge/state", "bridge/info", "bridge/devices", "plug", "plug/availability"}:
                    message = await anext(messages)
                    kept[str(message.topic).removeprefix("zigbee2mqtt/")] = message.retain
                assert all(kept.values())
                await client.publish("zigbee2mqtt/plug/set", '{"state": "ON"}', qos=1)
                assert await on("zigbee2mqtt/plug", retained=False) == {"state": "ON"}
                await client.publish("zigbee2mqtt/plug/get", '{"state": ""}', qos=1)
                assert await on("zigbee2mqtt/plug", retained=False) == {"state": "OFF"}
                await client.publish(f"cmnd/{fan.topic}/POWER", "ON", qos=1)
                assert await on(f"stat/{fan.topic}/RESULT", retained=False) == {"POWER": "ON"}
        finally:
            await bridge.stop()
            await node.stop()

    asyncio.run(walk())


def test_a_bridge_that_dies_leaves_its_will(port: int) -> None:
    """The broker says `offline` when the connection breaks, and the bridge says `online` when it is back."""

    async def walk() -> None:
        bridge = ZigbeeBridge([ZigbeeTwin("plug", "switch")])
        await bridge.start("127.0.0.1", port)
        try:
            async with aiomqtt.Client("127.0.0.1", port) as client:
                await client.subscribe("zigbee2mqtt/bridge/state")
                messages = aiter(client.messages)
                await bridge.reconnect()
                heard: list[str] = []
                while heard[-2:] != ["offline", "online"]:
                    heard.append(json.loads(bytes((await anext(messages)).payload))["state"])
        finally:
            await bridge.stop()

    asyncio.run(walk())
