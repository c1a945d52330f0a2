"""A twin of a pool controller that speaks Modbus TCP: pump, heater, temperatures, and an interlock.

Its registers (unit 1, addresses from 0):

- coils: 0 pump, 1 heater, 2 trip (write false to reset)
- holding registers: 0 target of the heater in 0.1 °C, 1 speed of the pump in %
- input registers: 0 water and 1 air in 0.1 °C (signed), 2 flow in l/min, 3 fault (1: heater without pump)
"""

import asyncio
from typing import Any, ClassVar

from overnight.home.things import Value
from overnight.home.twins.faults import Cut, Fault, Refused
from overnight.home.twins.twin import Change, Twin

UNIT = 1
READ_COILS, READ_HOLDING, READ_INPUT = 1, 3, 4
COILS = ("pump", "heater", "trip")
HOLDING = ("target", "speed")
LOST_SENSOR = 0x8000  # what a temperature reads as
FLOW = 1.8  # l/min for each percent of speed
FAULTLESS = {Fault.ECHO, Fault.DRIP, Fault.TYPES}  # an acknowledgement is an echo; there are no types; no slow bytes


class PoolTwin(Twin):
    """It accepts targets up to 60 °C, as some do: the range is for its owner to keep."""

    family: ClassVar[str] = "modbus"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - FAULTLESS
    port = 502
    highest = 60.0

    def __init__(self, name: str = "spa", *, lag_s: float = 0.3, degrees_a_minute: float = 0.5) -> None:
        state: Change = {"pump": False, "speed": 60.0, "heater": False, "target": 30.0, "trip": False}
        super().__init__(name, {**state, "temperature": 26.0, "air": 14.5}, lag_s=lag_s)
        self.degrees_a_minute = degrees_a_minute
        self._warmed_at = 0.0
        self._server: Any = None  # pymodbus, imported late

    async def start(self, address: str, port: int | None = None) -> None:
        """Listen on an address; port 0 takes a free one."""
        self.address = address
        self.port = self.port if port is None else port
        self._warmed_at = asyncio.get_running_loop().time()
        await self.come_back()

    async def stop(self) -> None:
        """Close everything."""
        await self.settle()
        await self.go_away()

    async def come_back(self) -> None:
        """Listen."""
        from pymodbus.pdu.device import ModbusDeviceIdentification
        from pymodbus.server import ModbusTcpServer
        from pymodbus.simulator import DataType, SimData, SimDevice

        def block(count: int) -> list[SimData]:
            return [SimData(0, count=count, values=0, datatype=DataType.REGISTERS)]

        bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]

        said = {
            "VendorName": "Aqua",
            "ProductCode": "PC-200",
            "MajorMinorRevision": "2.4",
        }
        device = SimDevice(UNIT, simdata=(bits, bits, block(len(HOLDING)), block(4)), action=self._act)
        identity = ModbusDeviceIdentification(info_name=said)  # type: ignore[no-untyped-call]  # theirs has no types
        self._server = ModbusTcpServer(device, identity=identity, address=(self.address, self.port), trace_packet=self._packet)
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]
        self.away = False

    async def go_away(self) -> None:
        """Close the listener and each connection."""
        self.away = True
        server, self._server = self._server, None
        if server is not None:
            await server.shutdown()

    def become(self, change: Change) -> None:
        """Without its pump, the heater trips and stays off until it is reset."""
        self._warm()
        super().become(change)
        if self.truth["heater"] and not self.truth["pump"]:
            super().become({"trip": True, "heater": False})
        if self.truth["trip"]:
            super().become({"heater": False})

    def _warm(self) -> None:
        now = asyncio.get_running_loop().time()
        minutes, self._warmed_at = (now - self._warmed_at) / 60, now
        if self.truth["heater"]:
            water = float(self.truth["temperature"])
            self.truth["temperature"] = max(water, min(float(self.truth["target"]), water + minutes * self.degrees_a_minute))

    async def _act(
        self, function: int, _start: int, address: int, _count: int, registers: list[int], values: list[Any] | None
    ) -> Any:  # an exception of Modbus, or None
        from pymodbus.constants import ExcCodes

        if values is None:
            if self.fault is Fault.SLOW:
                await asyncio.sleep(self.lag_s)
            if function in (READ_COILS, READ_HOLDING, READ_INPUT):  # what acknowledges a write repeats it
                registers[:] = self._registers(function)
            return None
        names = COILS if isinstance(values[0], bool) else HOLDING
        try:
            want = {name: self._wanted(name, value) for name, value in zip(names[address:], values, strict=False)}
            if not want:
                return ExcCodes.ILLEGAL_ADDRESS
            await self.command(want)
        except Refused:
            return ExcCodes.ILLEGAL_VALUE if self.fault is not Fault.REFUSE else ExcCodes.DEVICE_FAILURE
        except Cut:
            for connection in list(self._server.active_connections.values()):
                connection.transport.abort()
        return None

    def _wanted(self, name: str, value: Any) -> Value:  # a bit or a register
        match name:
            case "target":
                if not value / 10 <= self.highest:
                    raise Refused
                return float(value / 10)
            case "speed":
                if value > 100:  # noqa: PLR2004 - percent
                    raise Refused
                return float(value)
        return bool(value)

    def _registers(self, function: int) -> list[int]:
        self._warm()
        truth = self.truth
        if function == READ_COILS:
            return [sum(int(bool(truth[name])) << at for at, name in enumerate(COILS))]
        if function == READ_HOLDING:
            return [round(float(truth["target"]) * 10), round(float(truth["speed"]))]
        flow = round(float(truth["speed"]) * FLOW) if truth["pump"] else 0
        water, air = (round(float(truth[name]) * 10) & 0xFFFF for name in ("temperature", "air"))
        if self.fault is Fault.NAN:
            water = air = LOST_SENSOR
        return [water, air, flow, int(bool(truth["trip"]))]

    def _packet(self, sending: bool, data: bytes) -> bytes:
        if not sending:  # the identity is one of the whole process
            self._server.control.Identity.UserApplicationName = self.spoken_name
        if sending and self.fault is Fault.BROKEN:
            return data[: len(data) // 2]
        if sending and self.fault is Fault.HUGE:
            return data[:4] + b"\xff\xff" + data[6:] + b"\0" * 2_000  # a frame has 260 bytes at most
        return data
