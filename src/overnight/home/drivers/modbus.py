"""Controllers that speak Modbus TCP, such as those of pools: what their registers mean is in home.yaml (`modbus:`).

The option `map` names its map there, `part` one of its devices. What is evidence: each register is read from the
controller again; the answer to a write repeats the request, and is not looked at. A number that cannot be is left out:
controllers answer -3276.8 °C for a sensor that is broken.

A controller does not say who it is, so that it is known by its address: at another one it is another device.

Does not cover: another controller at the same address; anybody on the network can set the controller.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from overnight.home.drivers._opening import same
from overnight.home.drivers._steps import check_known, in_steps
from overnight.home.port import Driver, Found, Refused, Unreachable, Unsure
from overnight.home.record.record import home_folder
from overnight.home.settings import read_settings
from overnight.home.things import Description, Device, Property, Value
from overnight.words.foreign import printable
from overnight.words.secret import Secret

if TYPE_CHECKING:
    from overnight.home.setup.registers import MapKeys, PartKeys, RegisterKeys

PORT = 502
CALL_S = 2.0
WORD = 0x10000  # values of a register
SENSED = (-60.0, 150.0)  # °C that water, air and ovens of a home have


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a device is: one of those of a controller at an address."""

    map: str
    part: str
    address: str


class ModbusDriver:
    """One device of a controller; implements `Driver`."""

    def __init__(self, client: Any, identity: "Identity", unit: int, part: "PartKeys") -> None:  # Any: pymodbus, imported late
        self._client = client
        self._identity = identity
        self._unit = unit
        self._part = part

    async def describe(self) -> Description:
        """By home.yaml; the controller has to answer."""
        await self.read()
        return describe(self._identity, self._part)

    async def read(self) -> Mapping[str, Value]:
        """Each register as the controller has it."""
        values: dict[str, Value] = {}
        for name, register in self._part.registers.items():
            raw = await self._read(register)
            if isinstance(raw, bool):
                values[name] = raw
            elif _sensible(value := _number(raw, register), name):
                values[name] = value
        return values

    async def write(self, want: Mapping[str, Value]) -> None:
        """Switch off first, and on last."""
        check_known(want, [name for name, each in self._part.registers.items() if each.can_be_set])
        order = sorted(want, key=lambda name: 0 if want[name] is False else 2 if want[name] is True else 1)
        await in_steps([partial(self._write, self._part.registers[name], want[name]) for name in order])

    async def aclose(self) -> None:
        """Leave it."""
        self._client.close()

    async def _read(self, register: "RegisterKeys") -> bool | int:
        ask = {
            "coil": self._client.read_coils,
            "discrete": self._client.read_discrete_inputs,
            "holding": self._client.read_holding_registers,
            "input": self._client.read_input_registers,
        }[register.kind]
        answer = await self._call(partial(ask, register.address, count=1, device_id=self._unit))
        if register.kind in ("coil", "discrete"):
            return bool(_first(answer.bits))
        return int(_first(answer.registers))

    async def _write(self, register: "RegisterKeys", value: Value) -> None:
        if register.kind == "coil":
            await self._call(partial(self._client.write_coil, register.address, bool(value), device_id=self._unit))
            return
        raw = int(value) if isinstance(value, bool) else round(float(value) / register.scale)
        if not (-WORD // 2 if register.signed else 0) <= raw < (WORD // 2 if register.signed else WORD):
            raise Refused(f"{value:g} does not fit into a register")
        await self._call(partial(self._client.write_register, register.address, raw % WORD, device_id=self._unit))

    async def _call(self, call: Callable[[], Awaitable[Any]]) -> Any:  # Any: pymodbus
        from pymodbus.exceptions import ModbusException

        if not self._client.connected:
            await connect(self._client)
        try:
            answer = await call()
        except (ModbusException, OSError) as error:
            raise Unsure(f"it did not answer: {error}") from error
        if answer.isError():
            raise Refused(f"it answers the exception {getattr(answer, 'exception_code', 0)}")
        return answer


def describe(identity: Identity, part: "PartKeys") -> Description:
    """A device of a controller as home.yaml has it."""
    return Description(
        identity=f"{identity.map}/{identity.part} at {identity.address}",
        name=identity.part,
        maker="Modbus",
        model=identity.map,
        traits=(part.trait,),
        properties=tuple(
            Property(name=name, low=each.low, high=each.high, writable=each.can_be_set) for name, each in part.registers.items()
        ),
    )


def _number(raw: int, register: "RegisterKeys") -> float:
    signed = raw - WORD if register.signed and raw >= WORD // 2 else raw
    return round(signed * register.scale, 4)


def _sensible(value: float, name: str) -> bool:
    if not math.isfinite(value):
        return False
    if name in ("temperature", "target"):
        return SENSED[0] <= value <= SENSED[1]
    return name not in ("speed", "position", "brightness", "volume") or 0 <= value <= 100  # noqa: PLR2004  # percent


def _first(values: Any) -> Any:  # Any: pymodbus
    if not values:
        raise Unsure("it answers no value")
    return values[0]


async def connect(client: Any) -> None:  # Any: pymodbus
    """Connect it.

    Raises:
        Unreachable: nothing listens there.
    """
    if not await client.connect():
        raise Unreachable(f"no connection to {client.comm_params.host}:{client.comm_params.port}")


async def _client(address: str) -> Any:  # Any: pymodbus, imported late
    import logging

    from pymodbus.client import AsyncModbusTcpClient

    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL + 1)  # it logs what a controller says
    host, _, port = address.partition(":")
    client = AsyncModbusTcpClient(
        host, port=int(port) if port.isdigit() else PORT, timeout=CALL_S, retries=0, reconnect_delay=0
    )
    await connect(client)
    return client


def _map_of(device: Device) -> "tuple[str, MapKeys]":
    name = device.options.get("map", "")
    found = {each.casefold(): (each, keys) for each, keys in read_settings(home_folder()).modbus.items()}
    if name.casefold() not in found:
        there = ", ".join(sorted(each for each, _ in found.values())) or "none"
        what = f"home.yaml has no map `{printable(name, 40)}` below `modbus:`" if name else "it needs --option map=NAME"
        raise Unreachable(f"{what}; maps there: {there}")
    return found[name.casefold()]


@dataclass(frozen=True, slots=True)
class ModbusFamily:
    """Implements `Family`."""

    name: str = "modbus"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:  # noqa: ARG002  # there is no password
        """Its driver."""
        name, keys = _map_of(device)
        part = device.options.get("part", "")
        if part not in keys.parts:
            raise Unreachable(f"`modbus: {name}:` of home.yaml has no part {printable(part, 40)}")
        client = await _client(device.address)
        identity = Identity(map=name, part=part, address=device.address)
        return await same(ModbusDriver(client, identity, keys.unit, keys.parts[part]), device)

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:  # noqa: ARG002  # as above
        """Each device of the controller."""
        name, keys = _map_of(device)
        client = await _client(device.address)
        found = []
        try:
            for part, each in keys.parts.items():
                identity = Identity(map=name, part=part, address=device.address)
                said = await ModbusDriver(client, identity, keys.unit, each).describe()
                options = {**device.options, "part": part}
                found.append(Found(family=self.name, address=device.address, description=said, options=options))
        finally:
            client.close()
        return found


FAMILY = ModbusFamily()
