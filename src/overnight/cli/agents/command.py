"""`overnight agents`: which researchers are available here, and whether one really makes an edit."""

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
from anyio.abc import TaskStatus

from overnight.agents.editor.form import EditForm
from overnight.cli.agents.words import describe_form, describe_offer, describe_role, describe_tryout, describe_way
from overnight.cli.caller import by_others, context_here, through_the_door
from overnight.cli.options import json_option, print_json
from overnight.config import read_settings
from overnight.research.tryout.choice import choose, top_of
from overnight.research.tryout.edit_forms import finds_form
from overnight.research.tryout.result import SECONDS, TOKENS, Ask, FormTried, Tryout, TryoutMeter
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration
from overnight.words.units import parse_count

if TYPE_CHECKING:
    from rich.console import Console

NAME = 200  # characters of a name in a message
REFRESH_S = 0.25
INTERRUPTED = 130


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def agents(context: click.Context, as_json: bool) -> None:
    """List the researchers available on this machine, or test one.

    Each comes with its line for program.md, and with the fix if something is missing. Asks your providers which
    models they have, which uses no token, and looks for servers of models on this machine.
    """
    if context.invoked_subcommand is not None:
        return
    from overnight.operations.perform import perform
    from overnight.research.operations.agents import OPERATION, AgentsInput

    found = perform(OPERATION, context_here(), AgentsInput())
    if as_json:
        print_json(found)
        return
    ready, lacking = ([way for way in found.ways if way.ready is wanted] for wanted in (True, False))
    _say(*map(describe_way, ready), *map(describe_offer, found.servers))
    _say(*map(describe_way, lacking), *map(describe_role, found.roles))
    _say("", "`overnight agents test NAME` asks one of them for a tiny edit. Models, keys and local servers: docs/gateway.md")
    _say("`overnight secret set NAME` stores a key, such as ANTHROPIC_API_KEY: docs/secrets.md")
    if found.problem:
        click.echo(f"note: {found.problem}", err=True)


def _count(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:  # noqa: ARG001  # click's signature
    try:
        count = None if value is None else parse_count(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if count is not None and count < 1:
        raise click.BadParameter("must be 1 or more")
    return count


@agents.command()
@click.argument("name")
@click.option(
    "--model", default="", help="The model to ask for; by default the role's, else the agent's or the provider's default."
)
@click.option("--tokens", callback=_count, help="At most this many tokens in all; by default 60k.")
@click.option(
    "--cost-usd",
    type=click.FloatRange(min=0, min_open=True),
    help="At most this many dollars; needs a price. By default 0.10 if your settings have a price for the model.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), help="At most this many seconds in all; by default 300."
)
@json_option
def test(*, name: str, model: str, tokens: int | None, cost_usd: float | None, seconds: float | None, as_json: bool) -> int:
    """Ask a researcher for one tiny edit, in a throw-away repository.

    It runs in the jail and through the gateway, as in a campaign. NAME is agent, editor, tuner, claude, codex, opencode,
    gemini, "acp:COMMAND", or a role of the program.md of this repository. Shows what came back, the tokens, the cost and the
    times. An editor is asked in each form of edits, within the same limits.
    Exit code: 0 if an edit within scope came back, 1 if none did.
    """
    ask = ask_for(Path.cwd(), name, model, tokens=tokens, cost_usd=cost_usd, seconds=seconds, allowed_only=by_others())
    given = {"name": name, "model": model, "tokens": tokens, "cost_usd": cost_usd, "seconds": seconds}
    return through_the_door("agents test", given, lambda: _tested(ask, as_json=as_json))


def ask_for(
    folder: Path,
    name: str,
    model: str,
    *,
    tokens: int | None,
    cost_usd: float | None,
    seconds: float | None,
    allowed_only: bool = False,
) -> Ask:
    """What to try, by the names of a folder and our own limits for those that are not given.

    Raises:
        UserError: there is no such researcher, nothing about it can be tested, or the owner does not allow this very program.
    """
    spec, program = choose(name, model, folder)
    if program is not None and allowed_only:
        from overnight.research.places.allowed import require_allowed

        require_allowed(program, top_of(folder))
    environment = user_broker().environment
    return Ask(
        name=name,
        spec=spec,
        program=program,
        settings=read_settings(environment, Path.home()),
        environment=environment,
        tokens=tokens or TOKENS,
        cost_usd=cost_usd,
        seconds=seconds or SECONDS,
    )


def _tested(ask: Ask, *, as_json: bool) -> int:
    """Try it, and print what came back; the exit code."""
    found = anyio.run(watched, ask)
    if found is None:
        click.echo("ended; nothing is left running", err=True)
        return INTERRUPTED
    if as_json:
        print_json(found)
    else:
        _say(*describe_tryout(found))
    return 0 if found.edited else 1


async def watched(ask: Ask) -> Tryout | None:
    """Try it and show its progress; None if a signal ended it."""
    from rich.console import Console

    from overnight.research.tryout.tryout import try_out

    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True) if sys.stderr.isatty() else None

    def tell(form: FormTried) -> None:
        with suppress(OSError):
            line = f"{describe_form(form)} ({duration(meter.seconds)} so far)"
            console.print(line) if console else click.echo(line, err=True)

    found, meter = None, TryoutMeter(tell=tell)
    async with anyio.create_task_group() as tasks:
        await tasks.start(_ended_by_signals, tasks.cancel_scope)
        tasks.start_soon(_show, ask, meter, console)
        found = await try_out(ask, meter)
        tasks.cancel_scope.cancel()
    return found


async def _ended_by_signals(scope: anyio.CancelScope, *, task_status: TaskStatus[None]) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        task_status.started()
        async for _ in signals:
            scope.cancel()


async def _show(ask: Ask, meter: TryoutMeter, console: "Console | None") -> None:
    """Show what is used so far on a terminal; print one line elsewhere."""
    several = finds_form(ask.spec)
    asked = f"asking {printable(ask.name, NAME)} for one edit" + (f" in each of {len(EditForm)} forms" if several else "")
    if console is None:
        with suppress(OSError):
            together = " for all together" if several else ""
            click.echo(f"{asked}: at most {ask.tokens:,} tokens and {ask.seconds:g} s{together}", err=True)
        return
    with console.status(asked) as status:
        while True:
            used = f"{counted(meter.usage.calls, 'call')}, {meter.usage.tokens:,} of {ask.tokens:,} tokens"
            now = f", now {meter.form}" if meter.form else ""
            status.update(f"{asked}{now}: {meter.seconds:.0f} of {ask.seconds:g} s, {used}")
            await anyio.sleep(REFRESH_S)


def _say(*lines: str) -> None:
    for line in lines:
        click.echo(line)
