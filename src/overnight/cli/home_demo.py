"""`overnight home demo`: a house of simulated devices, and the chat with a claw that runs it; no hardware, no key."""

import asyncio
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from overnight.home.twins.house import House

CLAW = "dobby"
EYES = "eyes"  # the folder of the detector, in the home's
LOGIN = "HOME_CAMERA"  # the name of a secret
PREFIX = "127.0.7"
SLEEPY = "sleepy time"
HELLO = """\

Nothing leaves this machine. Say for example:
  can you find my Sonos?             call it study speaker in the study
  play something in the study        sleepy time
  warm the spa to 38                 is the front door locked?
  tell me when a delivery truck comes
"""
NAMES = (  # what each says of itself, and what the owner calls it; the player is named in the chat
    ("kitchen lights", "kitchen lights", "kitchen"),
    ("coffee machine", "coffee machine", "kitchen"),
    ("study lamp", "study lamp", "study"),
    ("living room shade", "shade", "living room"),
    ("thermostat", "thermostat", "living room"),
    ("front door", "front door", "hall"),
    ("spa", "spa", "garden"),
    ("pump", "pool pump", "garden"),
    ("drive", "drive", "garden"),
    ("camera_onvif", "drive", "garden"),
)
SLEEPY_STEPS = ["study lamp:on=false", "kitchen lights:on=false", "shade:position=0"]
SETTINGS = """\
subnets: [{prefix}.0/27]
music: {{jazz: '{jazz}'}}
interlocks: {{spa: {{needs: pool pump}}}}
modbus:
  pool:
    parts:
      spa:
        trait: heater
        registers:
          "on": {{at: coil 1}}
          target: {{at: holding 0, scale: 0.1, low: 20, high: 40}}
          temperature: {{at: input 0, scale: 0.1, signed: true}}
      pump: {{trait: pump, registers: {{"on": {{at: coil 0}}}}}}
"""


@click.command("demo")
@click.option("--script", is_flag=True, help="Say the sentences by itself, and compare what is answered with the devices.")
@click.option("--prefix", default=PREFIX, show_default=True, help="The first three numbers of the devices' addresses.")
def demo(*, script: bool, prefix: str) -> int:
    """Talk to a house of simulated devices that speak the real protocols; no hardware, no key.

    A Sonos player, lamps, a plug, a shade, a thermostat, a lock, a spa and a camera run on loopback addresses. They are found,
    get their names, and then you chat. All of it is in a temporary folder.
    Exit code of --script: 0 only if each answer was true of the devices.
    """
    import anyio

    from overnight.cli.home_twins import EXTRAS
    from overnight.home.extras import check_libraries
    from overnight.home.record.record import home_folder

    check_libraries("this needs", "aiomqtt", "amqtt", "cv2", "hassil", "home_assistant_intents", "pymodbus", extra=EXTRAS)
    eyes = home_folder() / EYES
    with _elsewhere():
        return anyio.run(_run, prefix, script, eyes)


@contextmanager
def _elsewhere() -> Iterator[None]:
    """A state folder of its own, so that the home and the claws of this user are not touched."""
    from overnight.files.state_folder import VARIABLE

    before = {name: os.environ.get(name) for name in (VARIABLE, LOGIN)}
    with tempfile.TemporaryDirectory(prefix="overnight-home-") as folder:
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


async def _run(prefix: str, script: bool, eyes: Path) -> int:
    import anyio

    from overnight.claw.folders import claw_folder
    from overnight.claw.setup.making import Wishes, make_claw
    from overnight.cli.claw_screen import Screen
    from overnight.cli.claw_talk import Conversation
    from overnight.cli.home_demo_camera import drive_up, lend_detector, watch
    from overnight.cli.home_demo_script import Script, steps
    from overnight.home.twins.drawing import drawn
    from overnight.home.twins.house import House

    house = House(scenes=drawn())
    asyncio.get_running_loop().set_exception_handler(_ignore_broker)
    await house.start(prefix)
    try:
        folder = claw_folder(CLAW)
        make_claw(folder, Wishes(name=CLAW.capitalize()))
        await anyio.to_thread.run_sync(_set_up, house, prefix)
        sees = lend_detector(eyes)
        screen = Script(house, steps(house, sees=sees)) if script else Screen(as_json=False, asks=sys.stdin.isatty())
        if not script:
            click.echo(HELLO)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(watch, screen.say, sees=sees))
            tasks.start_soon(drive_up, house, screen.say)
            if isinstance(screen, Script):
                tasks.start_soon(screen.play)
            with screen.kept():
                code = await Conversation(folder, screen, wait_s=60.0).run()
            tasks.cancel_scope.cancel()
        return screen.code if isinstance(screen, Script) else code
    finally:
        with anyio.CancelScope(shield=True):
            await house.stop()


def _ignore_broker(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The broker of the house forgets tasks of clients that left; whatever else goes wrong is shown."""
    coroutine = getattr(context.get("future"), "get_coro", lambda: None)()
    if not getattr(coroutine, "__qualname__", "").startswith("ProtocolHandler."):
        loop.default_exception_handler(context)


def _set_up(house: "House", prefix: str) -> None:
    """Find the devices and give them their names, as a person does by these commands."""
    from overnight.home.record.record import HomeRecord, home_folder
    from overnight.home.settings import SETTINGS as FILE
    from overnight.home.twins.house import CAMERA_LOGIN

    with HomeRecord():
        (home_folder() / FILE).write_text(SETTINGS.format(prefix=prefix, jazz=house.radio.url("jazz")))
    call("home scan", subnet=f"{prefix}.0/27")
    at = {place.name: place.address for place in house.places()}
    call("home add", family="zigbee", address=at["Study lamp"])
    call("home add", family="modbus", address=at["Spa"], option=["map=pool"])
    os.environ[LOGIN] = ":".join(CAMERA_LOGIN)
    call("home add", family="camera_onvif", address=at["Drive"], option=[f"secret_login={LOGIN}"])
    with HomeRecord() as record:
        known = {(each.said_name or each.family).lower(): each.number for each in record.devices()}
    call("home names", names=[f"{known[said]}={alias}@{room}" for said, alias, room in NAMES if said in known])
    call("home set", device="pool pump", settings=["on=true"])
    call("home scene set", name=SLEEPY, steps=SLEEPY_STEPS)


def call(called: str, /, **given: object) -> None:
    """Call an operation as the owner at this machine, and show it as they would type it."""
    import json

    from overnight.cli.caller import context_here
    from overnight.operations.foreign_input import read_input
    from overnight.operations.perform import perform
    from overnight.operations.registry import find

    operation = find(called)
    if operation is None:
        raise LookupError(called)
    given_in = read_input(operation, json.dumps(given))
    click.echo(f"$ overnight {called} {_typed(given)}")
    click.echo(operation.render(perform(operation, context_here(), given_in)))


def _typed(given: Mapping[str, object]) -> str:
    options = {"subnet", "option"}
    words = []
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{name}", str(each)] if name in options else [str(each)]
    return shlex.join(words)
