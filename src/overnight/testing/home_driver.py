"""What every driver of devices promises: it says what the device is and nothing else, and what failed exactly as it failed."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace

import anyio
import pytest

from overnight.home.capabilities import PROPERTIES
from overnight.home.port import DeviceError, Driver, Family, Refused, Unreachable, Unsure
from overnight.home.things import Device, Value, holds
from overnight.testing.failures import failure_of, is_one_line
from overnight.words.secret import Secret

PATIENCE_S = 60.0  # for a loaded machine
LOOKS = 3  # times that a device is asked


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A device that can be made to fail, and how to reach it."""

    family: Family
    device: Device  # its identity may be empty: then it is not known yet
    truth: Callable[[], Mapping[str, Value]]  # what it really is, by the names of properties
    heard: Callable[[], int]  # how many commands arrived
    fail: Callable[[str], Awaitable[None]]  # let it fail in the way that is named; `honest` ends that
    faults: Sequence[str]  # the ways that it knows, by the names of `overnight.home.twins.faults.Fault`
    leave: Callable[[], Awaitable[None]]  # it stops answering
    wants: Sequence[Mapping[str, Value]]  # changes that it can do, one after the other; the first one does not hold yet
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    says_no: bool = True  # whether its protocol can refuse


class HomeDriverBasics:
    """What is tried with each kind of device of a family; the whole `HomeDriverConformance` with one of them."""

    def stand(self) -> AbstractAsyncContextManager[Stand]:
        """A device that answers, made in the event loop in which this context is entered."""
        raise NotImplementedError

    def test_it_says_who_it_is(self) -> None:
        """By the same identity each time, with traits and properties that these have; nothing is set by asking."""

        async def walk(stand: Stand) -> None:
            async with _opened(stand) as driver:
                said = await driver.describe()
                assert said == await driver.describe()
                await driver.read()
            assert said.identity and said.identity.isprintable()
            known = {each.name for trait in said.traits for each in PROPERTIES[trait]}
            assert said.traits and {each.name for each in said.properties} <= known
            assert stand.heard() == 0

        self._run(walk)

    def test_it_reads_what_is_true(self) -> None:
        """Each property that can be set is read as it really is."""

        async def walk(stand: Stand) -> None:
            async with _opened(stand) as driver:
                assert _agrees(stand, await driver.read())

        self._run(walk)

    def test_it_sets_what_is_wanted(self) -> None:
        """Each change is done, and read back by the driver that wrote it and by another."""

        async def walk(stand: Stand) -> None:
            for want in stand.wants:
                async with _opened(stand) as driver:
                    await driver.write(want)
                    await _until(stand, driver, want)
                async with _opened(stand) as driver:
                    assert _agrees(stand, await driver.read())

        self._run(walk)

    @pytest.mark.parametrize("fault", ["deaf", "echo"])
    def test_what_only_says_so_is_not_read(self, fault: str) -> None:
        """A device that acknowledges, or announces what was wanted, and does nothing, is read as it is."""

        async def walk(stand: Stand) -> None:
            await _failing(stand, fault)
            for want in [each for each in stand.wants if not _holds(stand, each, stand.truth())]:
                async with _opened(stand) as driver:
                    await _tried(driver, want)
                    for _ in range(LOOKS):
                        assert not _holds(stand, want, await driver.read())
            assert stand.heard() > 0

        self._run(walk)

    def _run(self, walk: Callable[[Stand], Awaitable[None]]) -> None:
        async def run() -> None:
            with anyio.fail_after(PATIENCE_S):
                async with self.stand() as stand:
                    await walk(stand)

        asyncio.run(run())


class HomeDriverConformance(HomeDriverBasics):
    """What every `Driver` promises."""

    def test_looking_finds_it(self) -> None:
        """What `look` finds at the address can be opened, and is what it was found as."""

        async def walk(stand: Stand) -> None:
            found = await stand.family.look(replace(stand.device, identity="", options=_reach(stand)), stand.secrets)
            assert stand.device.identity in [each.description.identity for each in found]
            for each in found:
                device = replace(stand.device, identity=each.description.identity, options=each.options)
                driver = await stand.family.open(device, stand.secrets)
                assert (await driver.describe()).identity == each.description.identity
                await driver.aclose()

        self._run(walk)

    def test_what_comes_late_is_read_when_it_is_there(self) -> None:
        """A device that does it later is not read as done before it is."""

        async def walk(stand: Stand) -> None:
            await _failing(stand, "lag")
            want = stand.wants[0]
            async with _opened(stand) as driver:
                await _tried(driver, want)
                while True:
                    values = await driver.read()
                    if _holds(stand, want, values):
                        break
                assert _agrees(stand, values)

        self._run(walk)

    @pytest.mark.parametrize("fault", ["drop-before", "drop-amid", "drop-after", "restart", "refuse"])
    def test_a_failed_command_is_called_what_it_was(self, fault: str) -> None:
        """`Unreachable`: nothing arrived. `Refused`: nothing was done. Anything else says nothing."""

        async def walk(stand: Stand) -> None:
            await _failing(stand, fault)
            before = dict(stand.truth())
            async with _opened(stand) as driver:
                error = await _tried(driver, stand.wants[0])
            if isinstance(error, Unreachable):
                assert stand.heard() == 0
            if isinstance(error, Refused):
                assert stand.truth() == before
            assert fault != "refuse" or not stand.says_no or isinstance(error, Refused)
            assert error is None or is_one_line(str(error))

        self._run(walk)

    def test_what_it_does_not_have_is_refused(self) -> None:
        """Nothing is sent, also not the rest of what is wanted."""

        async def walk(stand: Stand) -> None:
            async with _opened(stand) as driver:
                await failure_of(Refused, driver.write({**stand.wants[0], "no_such_property": True}))
            assert stand.heard() == 0

        self._run(walk)

    def test_one_that_is_gone_was_sent_nothing(self) -> None:
        """It cannot be opened."""

        async def walk(stand: Stand) -> None:
            await stand.leave()
            await failure_of(Unreachable, stand.family.open(stand.device, stand.secrets))

        self._run(walk)

    def test_one_that_goes_away_in_between_is_an_error(self) -> None:
        """A driver that is open says that its device does not answer; a command is not called refused."""

        async def walk(stand: Stand) -> None:
            async with _opened(stand) as driver:
                await stand.leave()
                await failure_of(DeviceError, driver.read())
                error = await _tried(driver, stand.wants[0])
                assert not isinstance(error, Refused)

        self._run(walk)

    def test_another_one_at_its_address_is_not_it(self) -> None:
        """It cannot be opened, and is sent nothing."""

        async def walk(stand: Stand) -> None:
            stranger = replace(stand.device, identity="of-another-device", options=stand.device.options)
            await failure_of(Unreachable, stand.family.open(stranger, stand.secrets))
            assert stand.heard() == 0

        self._run(walk)

    @pytest.mark.parametrize("fault", ["broken", "huge", "drip", "types", "nan", "slow", "hostile"])
    def test_spoiled_answers_are_errors_or_left_out(self, fault: str) -> None:
        """Whatever it answers, what is read is a value of the right type that is true, and an error is one line."""

        async def walk(stand: Stand) -> None:
            await _failing(stand, fault)
            try:
                async with _opened(stand) as driver:
                    values = await driver.read()
            except DeviceError as error:
                assert str(error)
                return
            assert all(math.isfinite(value) for value in values.values() if isinstance(value, int | float))
            assert _agrees(stand, values, all_of_it=False)
            assert fault != "broken" or not _agrees(stand, values), "an answer that is cut off was read whole"

        self._run(walk)

    def test_nothing_is_logged(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        """Neither what a device says nor a secret is in a log or on the terminal."""

        async def walk(stand: Stand) -> None:
            async with _opened(stand) as driver:
                await driver.write(stand.wants[0])
                await driver.read()

        with caplog.at_level("DEBUG"):
            self._run(walk)
        ours = [
            each for each in caplog.records if each.name.startswith(("overnight", "aiohttp", "aiomqtt", "mqtt", "pymodbus"))
        ]
        assert not ours
        assert not "".join(capfd.readouterr())


@asynccontextmanager
async def _opened(stand: Stand) -> AsyncIterator[Driver]:
    driver = await stand.family.open(stand.device, stand.secrets)
    try:
        yield driver
    finally:
        await driver.aclose()


async def _failing(stand: Stand, fault: str) -> None:
    if fault not in stand.faults:
        pytest.skip(f"its protocol has no fault {fault}")
    await stand.fail(fault)


async def _tried(driver: Driver, want: Mapping[str, Value]) -> DeviceError | None:
    try:
        await driver.write(want)
    except (Unreachable, Unsure, Refused) as error:
        return error
    return None


async def _until(stand: Stand, driver: Driver, want: Mapping[str, Value]) -> None:
    while not _holds(stand, want, await driver.read()):  # noqa: ASYNC110  # asking is how one finds out
        await asyncio.sleep(0)


def _reach(stand: Stand) -> Mapping[str, str]:
    """Options that say how to reach a bridge or a box, without those that say which of its devices is meant."""
    return {name: value for name, value in stand.device.options.items() if name in REACH or name.startswith("secret_")}


REACH = ("base", "user", "tls", "map", "pin")


def _holds(stand: Stand, want: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    return holds(want, {each.name: each for trait in stand.device.traits for each in PROPERTIES[trait]}, values)


def _agrees(stand: Stand, values: Mapping[str, Value], *, all_of_it: bool = True) -> bool:
    """Whether what was read is true, and if so asked, whether all that can be wanted was read."""
    lit = stand.truth().get("on", True)  # some say nothing of the brightness of a light that is off
    names = {name for want in stand.wants for name in want if lit or name not in ("brightness", "colour_temperature")}
    truth = {name: value for name, value in stand.truth().items() if name in values}
    return _holds(stand, truth, values) and (not all_of_it or names <= values.keys())
