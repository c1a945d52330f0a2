"""The part of `home.yaml` that says what the registers of a Modbus controller mean."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from overnight.home.capabilities import PROPERTIES
from overnight.home.things import Trait
from overnight.words.fields import MAX_ITEMS, Mistake

Name = Annotated[str, Field(pattern=r"^[\w ]{1,40}$")]
WIDEST = 0xFFFF  # the highest address, and the highest value of a register


class RegisterKeys(BaseModel):
    """Where a property is, and how its number is written there."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    at: Annotated[str, Field(pattern=r"^(coil|discrete|holding|input) \d{1,5}$")]
    scale: Annotated[float, Field(gt=0, le=10_000)] = 1.0  # what 1 in the register is
    signed: bool = False
    writable: bool = True
    low: float | None = None
    high: float | None = None

    @property
    def kind(self) -> str:
        """The table that it is in."""
        return self.at.partition(" ")[0]

    @property
    def address(self) -> int:
        """Its number there, from 0."""
        return int(self.at.partition(" ")[2])

    @property
    def can_be_set(self) -> bool:
        """Whether the owner lets it be set, and its table allows it."""
        return self.writable and self.kind in ("coil", "holding")


class PartKeys(BaseModel):
    """A device that the controller runs, such as the heater of a pool."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    trait: Trait
    registers: Annotated[Mapping[str, RegisterKeys], Field(min_length=1, max_length=MAX_ITEMS)]

    @model_validator(mode="after")
    def _known(self) -> Self:
        names = [each.name for each in PROPERTIES[self.trait]]
        for name, register in self.registers.items():
            if name not in names:
                raise Mistake(f"`{name}` is no property of a {self.trait}", fix=f"one of {', '.join(names)}")
            if register.address > WIDEST:
                raise Mistake(f"`{register.at}` is no register", fix=f"its number is at most {WIDEST}")
        return self


class MapKeys(BaseModel):
    """The registers of one controller."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    unit: Annotated[int, Field(ge=0, le=247)] = 1
    parts: Annotated[Mapping[Name, PartKeys], Field(min_length=1, max_length=MAX_ITEMS)]
