"""The command of an operation: arguments, options and help from its input, `--json` from its output."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le

from overnight.cli.caller import context_here, on_terminal
from overnight.cli.options import print_json
from overnight.cli.shown import own_way, shown
from overnight.operations.fields import InputField, inputs_of
from overnight.operations.operation import AnyOperation, Argument, Option
from overnight.operations.perform import perform

NOT_HELD = 1  # the exit code of a check of which something does not hold

_PLAIN: "Mapping[type, click.ParamType[Any]]" = {str: click.STRING, int: click.INT, float: click.FLOAT, bool: click.BOOL}


def command_of(operation: AnyOperation) -> click.Command:
    """The command that carries out an operation in the current folder."""
    name = operation.name.rpartition(" ")[2]
    return click.Command(name, params=_parameters(operation), callback=_callback(operation), help=_help(operation))


def group_of(name: str, operations: Sequence[AnyOperation], about: str) -> click.Group:
    """The group of operations whose names begin with these words; one with them alone is what the group does by itself."""
    below = {}
    for word in dict.fromkeys(each.name.split()[len(name.split())] for each in operations if each.name != name):
        full = f"{name} {word}"
        members = [each for each in operations if f"{each.name} ".startswith(f"{full} ")]
        alone_there = members[0].name == full and len(members) == 1
        below[word] = (
            command_of(members[0]) if alone_there else group_of(full, members, " ".join(each.about for each in members))
        )
    own = next((each for each in operations if each.name == name), None)
    if own is None:
        return click.Group(name, commands=below, help=about)
    call = _callback(own)

    @click.pass_context
    def alone(context: click.Context, /, **given: Any) -> int | None:  # Any: as click parsed them
        return None if context.invoked_subcommand else call(**given)

    params = _parameters(own)
    return click.Group(name, commands=below, params=params, callback=alone, invoke_without_command=True, help=_help(own))


def _callback(operation: AnyOperation) -> Callable[..., int]:
    inputs = list(inputs_of(operation))

    def call(*, as_json: bool, **given: Any) -> int:  # Any: as click parsed them
        value = operation.input(**{field.name: _typed(field, given[field.name]) for field in inputs})
        return _carry_out(operation, value, as_json=as_json)

    return call


def _parameters(operation: AnyOperation) -> list[click.Parameter]:
    flag = click.Option(["--json", "as_json"], is_flag=True, help="Print JSON (see docs/json.md).")
    return [*map(_parameter, inputs_of(operation)), flag]


def _help(operation: AnyOperation) -> str:
    return "\n\n".join(part for part in (operation.about, operation.details) if part)


def _carry_out(operation: AnyOperation, given: object, *, as_json: bool) -> int:
    """Call it and print what came back; the exit code."""
    way = own_way(operation.name) if not as_json and on_terminal(operation.name) else None
    found = perform(operation, context_here(), given, run=way)
    if as_json:
        print_json(found)
    elif show := shown(operation.name):
        show(found, given)
    else:
        text = operation.render(found)
        click.echo(text, nl=not text.endswith("\n"))
    for note in operation.notes(found) if operation.notes else ():
        click.echo(f"note: {note}", err=True)
    return 0 if operation.holds is None or operation.holds(found) else NOT_HELD


def _typed(field: InputField, value: Any) -> object:  # Any: as click parsed it
    """A parsed value as the input has it."""
    if isinstance(value, float) and math.isnan(value):  # no range of click's keeps it out
        raise click.BadParameter(f"{field.name} must be a number")
    return field.enumeration(value) if field.enumeration and value is not None else value


def _parameter(field: InputField) -> click.Parameter:
    required = field.default is ...
    if isinstance(field.place, Argument):
        metavar = field.place.metavar or None
        count = -1 if get_origin(field.form) is tuple else 1
        return click.Argument([field.name], type=_click_type(field), required=required, metavar=metavar, nargs=count)
    return _option(field, field.place, required=required)


def _option(field: InputField, place: Option, *, required: bool) -> click.Option:
    flags = [*(place.flags or (field.flag,)), field.name]
    if field.form is bool:
        return click.Option(flags, is_flag=True, default=field.default is True, help=place.about)
    default = None if required else field.default
    return click.Option(
        flags,
        type=_click_type(field),
        required=required,
        default=default,
        multiple=get_origin(field.form) is tuple,
        show_default=place.shows_default,
        metavar=place.metavar or None,
        help=place.about,
    )


def _click_type(field: InputField) -> "click.ParamType[Any]":
    if field.enumeration:
        return click.Choice([member.value for member in field.enumeration])
    form = get_args(field.form)[0] if get_origin(field.form) is tuple else field.form  # several of one kind
    if get_origin(form) is Literal:
        return click.Choice(get_args(form))
    if field.form is Path:
        return click.Path(path_type=Path)
    if field.bounds and field.form in {int, float}:
        return _ranged(field)
    return _PLAIN[form]


def _ranged(field: InputField) -> "click.ParamType[Any]":
    low = next((bound.ge for bound in field.bounds if isinstance(bound, Ge)), None)
    above = next((bound.gt for bound in field.bounds if isinstance(bound, Gt)), None)
    high = next((bound.le for bound in field.bounds if isinstance(bound, Le)), None)
    lowest: Any = above if low is None else low  # Any: a number, which `annotated_types` does not know as one
    highest: Any = high
    kind = click.FloatRange if field.form is float else click.IntRange
    return kind(lowest, highest, min_open=low is None and above is not None)
