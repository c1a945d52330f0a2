"""Tasmota's commands and states, over whichever wire.

A box with several relays is several devices. What is evidence: the answer to `Status 11`, which has the relays and the
dimmer as the firmware set them; `RESULT`, which follows a command, is an echo.
Facts: https://tasmota.github.io/docs/Commands/.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from overnight.home.drivers._http import number_in
from overnight.home.drivers._steps import check_known, in_steps
from overnight.home.port import Refused, Unsure
from overnight.home.things import Description, Property, Trait, Value

MIREDS = 1_000_000  # in a kelvin's place
RELAYS = 8  # of a box that are looked at
POWER = {"ON": True, "OFF": False}


class Wire(Protocol):
    """How a command reaches a device."""

    async def ask(self, command: str, value: str) -> Mapping[str, Any]:  # Any: JSON
        """What it answers.

        Raises:
            DeviceError: it does not answer.
        """
        ...

    async def tell(self, command: str, value: str) -> None:
        """Send a command.

        Raises:
            DeviceError: it was not taken, or may not have been.
        """
        ...

    async def identity(self) -> Mapping[str, str]:
        """`mac`, `name` and `model`."""
        ...

    async def aclose(self) -> None:
        """Leave it."""
        ...


class TasmotaDriver:
    """One relay or light; implements `Driver`."""

    def __init__(self, wire: Wire, part: str = "") -> None:
        """`part`: the number of its relay; by default the first."""
        self._wire = wire
        self._part = part

    async def describe(self) -> Description:
        """By its status."""
        said, state = await self._wire.identity(), await self._state()
        relays = relays_of(state)
        if not relays or (self._part and self._part not in relays):
            raise Refused(f"it has no relay {self._part}".rstrip())
        self._part = self._part or relays[0]
        dimmed = self._part == relays[-1] and "Dimmer" in state
        names = ["on", *(["brightness"] if dimmed else []), *(["colour_temperature"] if dimmed and "CT" in state else [])]
        return Description(
            identity=f"{said['mac']}/{self._part}" if len(relays) > 1 else said["mac"],
            name=said["name"],
            maker="Tasmota",
            model=said["model"],
            traits=(Trait.LIGHT if dimmed else Trait.SWITCH,),
            properties=tuple(Property(name=name) for name in names),
        )

    async def parts(self) -> Sequence[str]:
        """The numbers of its relays."""
        return relays_of(await self._state())

    async def read(self) -> Mapping[str, Value]:
        """What it answers now."""
        state = await self._state()
        values: dict[str, Value] = {}
        power = state.get(self._key(state))
        if isinstance(power, str) and power in POWER:
            values["on"] = POWER[power]
        if (brightness := number_in(state, "Dimmer")) is not None and 0 <= brightness <= 100:  # noqa: PLR2004  # percent
            values["brightness"] = brightness
        if mired := number_in(state, "CT"):
            values["colour_temperature"] = round(MIREDS / max(1.0, mired))
        return values

    async def write(self, want: Mapping[str, Value]) -> None:
        """Brightness first, which switches it on."""
        check_known(want, ("on", "brightness", "colour_temperature"))
        steps = []
        if "colour_temperature" in want:
            mired = min(500, max(153, round(MIREDS / float(want["colour_temperature"]))))
            steps.append(partial(self._wire.tell, "CT", str(mired)))
        if "brightness" in want:
            steps.append(partial(self._wire.tell, "Dimmer", str(round(float(want["brightness"])))))
        if "on" in want:
            steps.append(partial(self._wire.tell, f"Power{self._part or 1}", "ON" if want["on"] else "OFF"))
        await in_steps(steps)

    async def aclose(self) -> None:
        """Leave it."""
        await self._wire.aclose()

    async def _state(self) -> Mapping[str, Any]:  # Any: JSON
        said = (await self._wire.ask("Status", "11")).get("StatusSTS")
        if not isinstance(said, dict):
            raise Unsure("it answers no status")
        return said

    def _key(self, state: Mapping[str, Any]) -> str:  # Any: JSON
        return "POWER" if "POWER" in state else f"POWER{self._part or 1}"


def relays_of(state: Mapping[str, Any]) -> Sequence[str]:  # Any: JSON
    """The numbers of the relays in a state."""
    found = [str(number) for number in range(1, RELAYS + 1) if f"POWER{number}" in state]
    return found or (["1"] if "POWER" in state else [])
