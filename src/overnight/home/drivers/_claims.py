"""What a driver file claims of its device, as values: bounded, of known traits and properties, with plain names."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, TypeAdapter, ValidationError

from overnight.home.capabilities import PROPERTIES
from overnight.home.port import Unsure
from overnight.home.things import Description, Property, Trait, Value
from overnight.words.foreign import printable

MOST = 12  # properties, values
Name = Annotated[str, Field(pattern=r"^[\w .:()/-]{0,40}$")]
Finite = Annotated[StrictFloat, Field(allow_inf_nan=False)]
Whole = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]  # that a float holds
Told = StrictBool | Whole | Finite | Annotated[StrictStr, Field(max_length=200)]


class _Property(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    low: Annotated[float, Field(allow_inf_nan=False)] | None = None
    high: Annotated[float, Field(allow_inf_nan=False)] | None = None
    choices: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    writable: bool = True


class _Claim(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: Annotated[str, Field(pattern=r"^[\w.:/-]{1,80}$")]
    name: Name = ""
    maker: Name = ""
    model: Name = ""
    traits: Annotated[tuple[Trait, ...], Field(min_length=1, max_length=3)]
    properties: Annotated[tuple[_Property, ...], Field(min_length=1, max_length=MOST)]


_VALUES: TypeAdapter[Mapping[str, Told]] = TypeAdapter(Annotated[dict[str, Told], Field(max_length=MOST)])


def description_of(said: object, trait: Trait | None = None) -> Description:
    """The description that a driver gives; `trait`: what the owner says that the device is.

    Raises:
        Unsure: it is none.
    """
    try:
        claim = _Claim.model_validate_json(_json(said))
    except ValidationError as error:
        raise Unsure(f"its driver describes nothing known: {_problem(error)}") from None
    traits = (trait,) if trait else claim.traits
    known = {each.name: each for kind in traits for each in PROPERTIES[kind]}
    found: list[Property] = []
    for each in claim.properties:
        if (about := known.get(each.name)) is None:
            raise Unsure(f"its driver has a property `{each.name}`, which a {'/'.join(traits)} has not")
        if len({one.name for one in found} | {each.name}) == len(found):
            raise Unsure(f"its driver has the property `{each.name}` twice")
        found.append(
            Property(
                name=each.name,
                unit=about.unit,
                low=each.low if each.low is not None else about.low,
                high=each.high if each.high is not None else about.high,
                choices=each.choices or about.choices,
                writable=each.writable and about.writable,
                tolerance=about.tolerance,
            )
        )
    return Description(
        identity=claim.identity,
        name=claim.name,
        maker=claim.maker,
        model=claim.model,
        traits=traits,
        properties=tuple(found),
    )


def values_of(said: object, properties: Mapping[str, Property]) -> Mapping[str, Value]:
    """The values that a driver gives: of each property, of its kind and within its bounds.

    Raises:
        Unsure: they are none.
    """
    try:
        found = _VALUES.validate_json(_json(said))
    except ValidationError as error:
        raise Unsure(f"its driver reads what is no value: {_problem(error)}") from None
    if set(found) != set(properties):
        raise Unsure(f"its driver reads {', '.join(sorted(found)) or 'nothing'}, and describes {', '.join(sorted(properties))}")
    for name, value in found.items():
        if why := misfit(properties[name], value):
            raise Unsure(f"its driver reads {name} {why}")
    return found


def misfit(known: Property, value: Value) -> str:
    """Why a value is none of a property; empty if it is one."""
    shown = f"`{printable(str(value), 40)}`"
    number = not isinstance(value, bool) and isinstance(value, int | float)
    if known.choices:
        return "" if value in known.choices else f"{shown}: not one of {', '.join(known.choices)}"
    if known.low is not None and known.high is not None:
        low, high = known.low - known.tolerance, known.high + known.tolerance
        return "" if number and low <= float(value) <= high else f"{shown}: no number from {known.low:g} to {known.high:g}"
    if known.name == "temperature":
        return "" if number else f"{shown}: no number"
    if known.name == "source":
        return "" if isinstance(value, str) else f"{shown}: no text"
    return "" if isinstance(value, bool) else f"{shown}: neither true nor false"


def _json(said: object) -> bytes:
    import json

    return json.dumps(said).encode()


def _problem(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return printable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 160)
