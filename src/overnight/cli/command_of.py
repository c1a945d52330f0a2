"""The command of an operation: arguments, options and help from its input, `--json` from its output; groups of them."""

import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le

from overnight.cli.caller import check_by_hand, context_here, is_declared, on_terminal
from overnight.cli.options import print_json
from overnight.cli.shown import own_way, shown
from overnight.operations.fields import InputField, inputs_of
from overnight.operations.operation import AnyOperation, Argument, Option
from overnight.operations.perform import perform
from overnight.operations.registry import find

NOT_HELD = 1  # the exit code of a check of which something does not hold

_PLAIN: "Mapping[type, click.ParamType[Any]]" = {str: click.STRING, int: click.INT, float: click.FLOAT, bool: click.BOOL}


def command_of(operation: AnyOperation) -> click.Command:
    """The command that carries out an operation in the current folder."""
    name = operation.name.rpartition(" ")[2]
    return click.Command(name, params=_parameters(operation), callback=_callback(operation), help=_help(operation))


class OperationGroup(click.Group):
    """The commands whose names begin with its own, each imported when it is called or listed.

    An operation of that very name is what the group does by itself.
    """

    def __init__(
        self,
        full: str,
        names: Iterable[str],
        *,
        about: str = "",
        by_hand: Mapping[str, str] | None = None,
        order: Sequence[str] = (),
        callback: Callable[..., Any] | None = None,  # Any: what it returns, click ignores
    ) -> None:
        """`full`: all words of its name. `names`: of operations. `by_hand`: modules of `cli` with other subcommands.

        `about`: by default the lines of its operations. `order`: what is listed first.
        `callback`: what it does by itself, without such an operation.
        """
        below = [name for name in names if f"{name} ".startswith(f"{full} ")]
        self._full, self._by_hand, self._about = full, by_hand or {}, about
        self._own = full if full in below else ""
        words = {*self._by_hand, *(name.split()[len(full.split())] for name in below if name != full)}
        self._words = [word for word in order if word in words] + sorted(words - {*order})
        self._names = below
        alone = bool(self._own or callback)
        super().__init__(full.rpartition(" ")[2], help=about or None, invoke_without_command=alone, callback=callback)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All names, what is used first before the rest."""
        return self._words

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The subcommand with this name, None if there is none."""
        if cmd_name not in self._words:
            return None
        if cmd_name not in self._by_hand:
            return command_named(f"{self._full} {cmd_name}", self._names)
        command = getattr(importlib.import_module(f"overnight.cli.{self._by_hand[cmd_name]}"), cmd_name.replace("-", "_"))
        if not isinstance(command, click.Command):
            raise TypeError(f"{self._full} {cmd_name} is not a command")
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:  # Any: as click has it
        """Its context; what it does by itself is imported unless a subcommand is called."""
        if not args or args[0] not in self._words:
            self.complete()
        return super().make_context(info_name, args, parent, **extra)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The subcommand that is called; one by hand is for the owner alone."""
        if args[0] in self._by_hand and is_declared():
            check_by_hand(f"{self._full} {args[0]}")
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """All of its help."""
        self.complete()
        return super().get_help(ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Its line in a list."""
        if not (self._own or self._about) and len(self._words) > 1:
            return f"Its commands: {', '.join(self._words)}."
        self.complete()
        return super().get_short_help_str(limit)

    def complete(self) -> None:
        """Add what the operation of its name takes, does and says."""
        own = find(self._own) if self._own else None
        if own is None:
            self.help = self.help or " ".join(each.about for name in self._names if (each := find(name)))
            return
        call = _callback(own)

        @click.pass_context
        def alone(context: click.Context, /, **given: Any) -> int | None:  # Any: as click parsed them
            return None if context.invoked_subcommand else call(**given)

        self.params, self.callback = _parameters(own), alone
        self.help = "\n\n".join(part for part in (self._about or own.about, own.details) if part)


def command_named(name: str, names: Iterable[str], about: str = "") -> click.Command | None:
    """The command of the operation of this name, or the group of those whose names begin with it; None if there is none."""
    below = [each for each in names if f"{each} ".startswith(f"{name} ")]
    if below == [name]:
        operation = find(name)
        return command_of(operation) if operation else None
    return OperationGroup(name, below, about=about) if below else None


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
    if form is Path:
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
