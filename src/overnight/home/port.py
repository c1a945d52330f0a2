"""Ports of the home: what a driver of a device, and its family, promise."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from overnight.home.things import Description, Device, Value
from overnight.words.secret import Secret


class DeviceError(Exception):
    """A device could not be reached or did not do as it was asked; the text may have its own words."""


class Unreachable(DeviceError):  # noqa: N818  # an outcome
    """Nothing was sent."""


class Unsure(DeviceError):  # noqa: N818  # an outcome
    """What was sent may have arrived."""


class Refused(DeviceError):  # noqa: N818  # an outcome
    """The device answered that it does not do it."""


NONSENSE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)  # of reading an answer


@contextmanager
def sense() -> Iterator[None]:
    """Around calls of a driver: an answer that it does not understand is its device's fault, and ends nobody else's work.

    Raises:
        Unsure: the driver failed as code does that is given nonsense.
    """
    try:
        yield
    except NONSENSE as error:
        raise Unsure(f"what it answers makes no sense: {type(error).__name__}") from error


class Driver(Protocol):
    """One device, reachable; made by its family's `open`, left by `aclose`."""

    async def describe(self) -> Description:
        """What the device says of itself.

        Raises:
            DeviceError: it does not answer, or not as its family does.
        """
        ...

    async def read(self) -> Mapping[str, Value]:
        """The state as the device has it now: it is asked. No echo of a command, no assumed and no retained state.

        Raises:
            DeviceError: it does not answer, or not as its family does.
        """
        ...

    async def write(self, want: Mapping[str, Value]) -> None:
        """Have it set properties; returning says nothing about whether it did.

        Raises:
            Unreachable: nothing was sent.
            Unsure: it may have arrived.
            Refused: the device said no.
        """
        ...

    async def aclose(self) -> None:
        """Leave it."""
        ...


class Family(Protocol):
    """What the module of a family offers as `FAMILY`."""

    name: str

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """The driver of a device; `secrets` are those that its options name.

        Raises:
            Unreachable: it is not there, or another device is at its address.
        """
        ...

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> "Sequence[Found]":
        """What is at an address: one device, or all those of a bridge or a box; of `device`, address and options count.

        Raises:
            DeviceError: nothing of this family answers.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A device that was found."""

    family: str
    address: str
    description: Description
    options: Mapping[str, str]  # that its driver needs to reach it
