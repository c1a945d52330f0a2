"""The inputs of an operation, field by field, as faces need them."""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from annotated_types import BaseMetadata

from overnight.operations.operation import AnyOperation, Argument, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One input."""

    name: str
    form: Any  # Any: a class, or a form of one; without `Annotated` and without `None`
    is_optional: bool  # None is a value
    default: object  # `...` if it must be given
    place: Argument | Option
    bounds: tuple[BaseMetadata, ...]

    @property
    def is_local(self) -> bool:
        """Whether it names a file or folder of this machine: for the command line alone."""
        return self.form is Path or Path in get_args(self.form)

    @property
    def flag(self) -> str:
        """How a command line names it, in full."""
        flags = self.place.flags if isinstance(self.place, Option) else ()
        return flags[-1] if flags else f"--{self.name.replace('_', '-')}"

    @property
    def enumeration(self) -> type[Enum] | None:
        """The enumeration that its values are of, if they are."""
        return self.form if isinstance(self.form, type) and issubclass(self.form, Enum) else None


def inputs_of(operation: AnyOperation) -> Iterator[InputField]:
    """The inputs, in order.

    Raises:
        TypeError: a field has neither an `Argument` nor an `Option`.
    """
    hints = get_type_hints(operation.input, include_extras=True)
    for field in fields(operation.input):
        form = hints[field.name]
        extras: tuple[Any, ...] = ()  # Any: what `Annotated` holds
        if get_origin(form) is Annotated:
            form, *rest = get_args(form)
            extras = tuple(rest)
        inner = [each for each in get_args(form) if each is not NoneType] if get_origin(form) in {Union, UnionType} else [form]
        place = next((extra for extra in extras if isinstance(extra, Argument | Option)), None)
        if place is None or len(inner) != 1:
            raise TypeError(f"{operation.input.__name__}.{field.name} is not an Annotated single type with a place")
        yield InputField(
            name=field.name,
            form=inner[0],
            is_optional=inner != [form],
            default=... if field.default is MISSING else field.default,
            place=place,
            bounds=tuple(extra for extra in extras if isinstance(extra, BaseMetadata)),
        )


def foreign_inputs_of(operation: AnyOperation) -> Sequence[InputField]:
    """The inputs that a face other than the command line takes."""
    return [field for field in inputs_of(operation) if not field.is_local]
