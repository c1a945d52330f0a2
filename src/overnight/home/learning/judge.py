"""Whether a driver file is right, by its device: looked at first without changing anything, tried when the owner says so.

A reading has to come from the device in that very call, agree with that of another process, and come again from a twin of the
record. A write has to show in what a process reads that did not write, to leave a deaf twin as it was, and to be taken back.

Does not cover: a driver that is wrong in the same way both when it reads and when it writes, such as on for off; the owner sees
the reading before they trust it. A device that does something when it is asked by GET.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.home.capabilities import PHYSICAL
from overnight.home.drivers._claims import description_of
from overnight.home.drivers._jailed import Asked, JailedDriver, Way
from overnight.home.drivers.learned import read_with
from overnight.home.learning.replay import Rehearsal, Replay, deaf
from overnight.home.learning.source import problems_of
from overnight.home.port import DeviceError
from overnight.home.things import Description, Device, Property, Trait, Value, holds

SHOWS_S = 15.0  # within which what was set has to show
PAUSE_S = 0.1
FAR = 0.75  # of its range, where a number is set that stands below the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found without changing anything."""

    problems: Sequence[str]  # empty: nothing is wrong
    description: Description | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    asked: Sequence[Asked] = ()
    sends: Sequence[Asked] = ()  # to set each property to another value, to nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What was found by setting things."""

    problems: Sequence[str]
    properties: Sequence[str] = ()  # that were set, read back and restored
    asked: Sequence[Asked] = ()  # with a body: what it may send


async def look_at(source: str, way: Way, trait: Trait | None = None) -> Looked:
    """Judge a file by reading alone."""
    if problems := problems_of(source):
        return Looked(problems=problems)
    first, second = JailedDriver(source, way), JailedDriver(source, way)
    try:
        said = description_of(await first.call("describe"), trait)
        known = _known(said)
        values = await read_with(first, known)
        if description_of(await second.call("describe"), trait) != said:
            problems.append("it describes the device in two ways")
        device = _device(said)
        if not _same(values, await read_with(second, known), device) or not _same(
            values, await read_with(first, known), device
        ):
            problems.append("two readings do not agree")
        found = Looked(problems=problems, description=said, values=values, asked=[*first.asked, *second.asked])
    except DeviceError as error:
        return Looked(problems=[*problems, str(error)], asked=[*first.asked, *second.asked])
    finally:
        await first.aclose()
        await second.aclose()
    wrong, sends = await _rehearsed(source, found)
    return Looked(
        problems=[*problems, *await replayed(source, found, trait), *wrong],
        description=said,
        values=values,
        asked=found.asked,
        sends=sends,
    )


async def _rehearsed(source: str, found: Looked) -> tuple[Sequence[str], Sequence[Asked]]:
    """What is wrong with how it sets each property, as far as that shows without a device, and what it would send."""
    assert found.description  # noqa: S101  # it was read
    problems = []
    twin = JailedDriver(source, Rehearsal(found.asked))
    try:
        for known in found.description.properties:
            if not known.writable or known.name == "source":
                continue
            try:
                await twin.call("write", {known.name: another(known, found.values[known.name])})
            except DeviceError as error:
                if not twin.in_call:
                    problems.append(f"setting {known.name}: {error}")
            else:
                if not any(each.method != "GET" for each in twin.in_call):
                    problems.append(f"setting {known.name} sends nothing")
    finally:
        await twin.aclose()
    return problems, [each for each in twin.asked if each.method != "GET"]


async def pass_again(source: str, record: Sequence[Asked], values: Mapping[str, Value], trait: Trait | None) -> Sequence[str]:
    """What is wrong with a driver by the twin of the record alone, which is its test; the device is not asked."""
    twin = JailedDriver(source, Replay(record))
    try:
        said = description_of(await twin.call("describe"), trait)
    except DeviceError as error:
        return [str(error)]
    finally:
        await twin.aclose()
    return await replayed(source, Looked(problems=(), description=said, values=values, asked=record), trait)


async def replayed(source: str, found: Looked, trait: Trait | None) -> Sequence[str]:
    """Whether a twin of the record gives the same, and one that says nothing gives nothing."""
    assert found.description  # noqa: S101  # it was read
    known, problems = _known(found.description), []
    twin, silent = JailedDriver(source, Replay(found.asked)), JailedDriver(source, Replay(()))
    try:
        if description_of(await twin.call("describe"), trait) != found.description:
            problems.append("it describes a twin of the record otherwise than the device")
        if not _same(found.values, await read_with(twin, known), _device(found.description)):
            problems.append("it reads a twin of the record otherwise than the device")
    except DeviceError as error:
        problems.append(f"a twin of the record does not do for it: {error}")
    finally:
        await twin.aclose()
    try:
        await silent.call("read")
    except DeviceError:
        pass
    else:
        problems.append("it reads a device that does not answer")
    finally:
        await silent.aclose()
    return problems


async def try_out(
    source: str,
    way: Way,
    said: Description,
    *,
    physical: bool = False,
    monotonic: Callable[[], float] = time.monotonic,
    shows_s: float = SHOWS_S,
) -> Tried:
    """Set each property to another value, look for it in another process, and set it back; `physical`: also what can hurt."""
    if PHYSICAL & set(said.traits) and not physical:
        return Tried(problems=())
    problems: list[str] = []
    tried: list[str] = []
    asked: list[Asked] = []
    for known in said.properties:
        if not known.writable or known.name == "source":
            continue
        trial = _Trial(source, way, said, known, until=lambda: monotonic() + shows_s, monotonic=monotonic)
        try:
            problem = await trial.run()
        except DeviceError as error:
            problem = str(error)
        finally:
            await trial.aclose()
        asked += trial.writer.asked
        if problem:
            problems.append(f"{known.name}: {problem}")
            break  # a driver that is wrong is not let on
        tried.append(known.name)
    return Tried(problems=problems, properties=[] if problems else tried, asked=asked)


class _Trial:
    """One property, set and restored."""

    def __init__(
        self,
        source: str,
        way: Way,
        said: Description,
        known: Property,
        *,
        until: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.writer, self._reader = JailedDriver(source, way), JailedDriver(source, way)
        self._source, self._known, self._properties, self._device = source, known, _known(said), _device(said)
        self._until, self._monotonic = until, monotonic

    async def run(self) -> str:
        """What is wrong; empty: nothing is."""
        name = self._known.name
        before = await read_with(self._reader, self._properties)
        await read_with(self.writer, self._properties)
        other = {name: another(self._known, before[name])}
        problem = ""
        try:
            await self.writer.call("write", other)
            if not await self._shows(other):
                problem = f"set to {other[name]}, it did not show"
            elif not self._holds(other, await read_with(self.writer, self._properties)):
                problem = "the process that set it reads another value"
        finally:
            restored = {each.name: before[each.name] for each in self._properties.values() if each.writable}
            await self.writer.call("write", {name: before[name]})
            back = await self._shows({name: before[name]})
        if not back:
            return problem or f"it could not be set back to {before[name]}: set it by hand"
        if not self._holds(restored, await read_with(self._reader, self._properties)):
            problem = problem or "setting it and setting it back changed something else: look at the device"
        return problem or await self._of_deaf(other, before)

    async def _of_deaf(self, other: Mapping[str, Value], before: Mapping[str, Value]) -> str:
        """Whether it says of a device that acknowledges and does nothing that it did."""
        twin = JailedDriver(self._source, deaf(self.writer.asked))
        try:
            await twin.call("write", other)
            if not self._holds(before, await read_with(twin, self._properties)):
                return "it reads what it wrote, not what the device says"
        finally:
            await twin.aclose()
        return ""

    async def _shows(self, want: Mapping[str, Value]) -> bool:
        until = self._until()
        while not self._holds(want, await read_with(self._reader, self._properties)):
            if self._monotonic() >= until:
                return False
            await asyncio.sleep(PAUSE_S)
        return True

    def _holds(self, want: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
        return holds(want, {each.name: each for each in self._device.properties}, values)

    async def aclose(self) -> None:
        """End its processes."""
        await self.writer.aclose()
        await self._reader.aclose()


def another(known: Property, now: Value) -> Value:
    """A value of a property that is plainly not the one that it has."""
    if known.choices:
        return next(each for each in (*known.choices, now) if each != now or len(known.choices) == 1)
    if known.low is not None and known.high is not None and not isinstance(now, str):
        share = FAR if float(now) < (known.low + known.high) / 2 else 1 - FAR
        return round(known.low + share * (known.high - known.low))
    return not now


def _known(said: Description) -> Mapping[str, Property]:
    return {each.name: each for each in said.properties}


def _device(said: Description) -> Device:
    return Device(number=0, identity=said.identity, family="learned", address="", properties=said.properties)


def _same(one: Mapping[str, Value], other: Mapping[str, Value], device: Device) -> bool:
    """Whether what can be set is the same; what is measured may drift."""
    fixed = {each.name: each for each in device.properties if each.writable}
    return holds({name: value for name, value in one.items() if name in fixed}, fixed, other)
