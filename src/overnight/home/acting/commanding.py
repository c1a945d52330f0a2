"""One command: within bounds, recorded, sent, and read back until the device is as wanted or the deadline has come.

A device counts as set when it was asked after the command and answered so, twice. What it says while it is being set, what a
broker keeps of it and what we assume count for nothing.

Does not cover: a device that lies when it is asked.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from overnight.home.acting.confirming import USUAL_S, Patience, confirm, words_of
from overnight.home.acting.limits import bounds_of, check
from overnight.home.capabilities import PHYSICAL, STEADY_S, WITHIN_S
from overnight.home.events import Commanded, Lost, Read, Settled
from overnight.home.port import DeviceError, Driver, Refused, Unreachable, sense
from overnight.home.readings import is_news, kept
from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome, Device, Reading, Value
from overnight.operations.principal import Origin

LEAST_STEADY_S = 0.2  # between two looks that have to agree
TRIES = 2  # to read the state before a command, which harms nothing
CUT_OFF = "its process ended while it was under way"
CALL_S = 5.0  # that one question or command to a device may take
Guard = Callable[[Mapping[str, Value], Mapping[str, Value]], Awaitable[None]]  # what is wanted, and the state before


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a command."""

    command: int  # its number
    outcome: CommandOutcome
    before: Mapping[str, Value] | None  # as it was read before; null: it did not answer
    after: Mapping[str, Value] | None  # as it was read at last
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is wanted, and by whom."""

    want: Mapping[str, Value]
    principal: str = ""
    origin: Origin = Origin.OWNER
    undoes: int | None = None
    scene: int | None = None


async def _nothing(_want: Mapping[str, Value], _before: Mapping[str, Value]) -> None:
    """Nothing stands in the way."""


class Commander:
    """Sends commands to one device and reads them back; its lock is held."""

    within_s: float | None = None  # None: by what the device does
    steady_s: float | None = None  # the same
    call_s = CALL_S

    def __init__(
        self,
        record: HomeRecord,
        device: Device,
        driver: Driver,
        *,
        limits: Mapping[str, tuple[float, float]],
    ) -> None:
        self._record = record
        self._device = device
        self._driver = driver
        self._limits = limits
        self._known = bounds_of(device, limits)
        self._within_s = self.within_s or max([WITHIN_S.get(each, USUAL_S) for each in device.traits], default=USUAL_S)
        steady_s = STEADY_S if PHYSICAL & set(device.traits) else LEAST_STEADY_S
        self._steady_s = steady_s if self.steady_s is None else self.steady_s
        self.guard: Guard = _nothing  # raises UserError if something else does not allow a command now

    async def look(self, *, tries: int = 1) -> Reading:
        """Ask the device for its state, and record what is new.

        Raises:
            DeviceError: it does not answer.
        """
        for left in reversed(range(tries)):
            try:
                return await self._look()
            except DeviceError as error:
                if not left:
                    if not self._record.lost(self._device.number):
                        self._record.append(Lost(device=self._device.number, why=words_of(error)))
                    raise
        raise AssertionError  # there is no try

    async def _look(self) -> Reading:
        import anyio

        asked = self._record.clock()
        try:
            with sense(), anyio.fail_after(self.call_s):
                values = kept(await self._driver.read())
        except TimeoutError:
            raise Unreachable(f"it did not answer within {self.call_s:g} s") from None
        reading = Reading(values=values, asked=asked)
        known = self._record.reading(self._device.number)
        if known is None or is_news(self._device, known.values, values) or self._record.lost(self._device.number):
            self._record.append(Read(device=self._device.number, values=values, asked=asked))
        return reading

    async def command(self, order: Order) -> Result:
        """Have the device set so, and find out whether it is.

        Raises:
            OutOfBounds: it may not be set so; nothing was sent.
            UserError: something else does not allow it now; nothing was sent.
        """
        check(self._device, order.want, self._limits)
        before: Mapping[str, Value] | None = None
        before_why = ""
        try:
            before = (await self.look(tries=TRIES)).values
        except DeviceError as error:
            before_why = words_of(error)
        else:
            await self.guard(order.want, before)
        number = self._record.append(
            Commanded(
                device=self._device.number,
                want=dict(order.want),
                before=before,
                principal=order.principal,
                origin=order.origin,
                undoes=order.undoes,
                scene=order.scene,
            )
        )
        if before is None:
            return self._end(Result(command=number, outcome=CommandOutcome.FAILED, before=None, after=None, why=before_why))
        return self._end(await self._carry_out(number, order.want, before))

    async def settle(self, *, wait: bool) -> None:
        """Find out about commands of which nothing is known, such as those of processes that are gone. None is repeated.

        `wait`: until each is as wanted or its deadline has come, so that none takes effect after the next; else those that may
        still take effect stay open, as do all if the device does not answer.
        """
        for past in self._record.open_commands(self._device.number):
            result = Result(command=past.number, outcome=CommandOutcome.UNKNOWN, before=past.command.before, after=None)
            if past.command.before is None:  # a device that did not answer was sent nothing
                self._end(replace(result, outcome=CommandOutcome.FAILED, why="it did not answer, and nothing was sent"))
                continue
            left_s = max(0.0, min(self._within_s, past.at + self._within_s - self._record.clock()))
            why = past.why or CUT_OFF
            found = await self._read_back(result, past.command.want, why, within_s=left_s if wait else 0.0)
            if found.outcome is CommandOutcome.UNKNOWN and found.after is not None and wait:  # the next command is sent over it
                found = replace(found, outcome=CommandOutcome.UNCONFIRMED)
            if found.outcome is CommandOutcome.DONE or (found.outcome is CommandOutcome.UNCONFIRMED and (wait or not left_s)):
                self._end(replace(found, why=why))

    async def _carry_out(self, number: int, want: Mapping[str, Value], before: Mapping[str, Value]) -> Result:
        import anyio

        result = Result(command=number, outcome=CommandOutcome.UNKNOWN, before=before, after=None)
        try:
            with sense(), anyio.fail_after(self.call_s):
                await self._driver.write(want)
        except Unreachable as error:
            return replace(result, outcome=CommandOutcome.FAILED, after=before, why=words_of(error))
        except Refused as error:  # it says that it does not do it, which its state has to bear out
            found = await self._read_back(result, want, words_of(error), within_s=0.0)
            return (
                found
                if found.outcome is CommandOutcome.DONE
                else replace(found, outcome=CommandOutcome.FAILED, why=words_of(error))
            )
        except (DeviceError, TimeoutError) as error:  # it may have arrived: what the device says now decides
            return await self._read_back(result, want, words_of(error), within_s=self._within_s)
        return await self._read_back(result, want, "", within_s=self._within_s)

    async def _read_back(self, result: Result, want: Mapping[str, Value], why: str, *, within_s: float) -> Result:
        """What the device is now, as the outcome of a command."""
        patience = Patience(within_s, want, result.before or {})
        found = await confirm(self.look, want, self._known, patience, steady_s=self._steady_s)
        if found.after is None:
            return replace(result, why=found.silent)
        if found.holds:
            return replace(result, outcome=CommandOutcome.DONE, after=found.after)
        if unsaid := want.keys() - found.after.keys():
            return replace(result, after=found.after, why=f"it gives no value for {', '.join(sorted(unsaid))}")
        return replace(result, outcome=CommandOutcome.UNCONFIRMED, after=found.after, why=why)

    def _end(self, result: Result) -> Result:
        self._record.append(Settled(command=result.command, outcome=result.outcome, after=result.after, why=result.why))
        return result
