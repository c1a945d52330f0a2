"""Ports of the home: what a driver of a device's family, a probe, a source of pictures and eyes for them promise."""

from collections.abc import AsyncIterator, Mapping, Sequence
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
    extra: str  # of overnight that has its libraries; empty: none is needed

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


class Probe(Protocol):
    """Looks for devices of one family among live hosts; reads only."""

    async def look(self, hosts: Sequence[str]) -> AsyncIterator[Found]:
        """Those there are."""
        ...
