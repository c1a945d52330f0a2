"""The command `overnight`: finds a subcommand, runs it, and turns errors into one line and an exit code."""

import errno
import gc
import importlib
import io
import os
import sys
from typing import NoReturn

import click

from overnight import __version__
from overnight.cli.options import CALLER
from overnight.errors import LedgerCorrupt, OvernightError, UserError, leaf_errors
from overnight.words.foreign import printable

VERIFY = "`overnight verify`"
REGISTRY = "from_registry"  # the module that makes commands of operations
LINE = 2000  # characters per line of an error

# name: (module, first line of its help). To start fast, a command's module is imported only when it is called;
# a test checks these lines against the commands. `from_registry` makes commands of operations; those that other packages add
# are listed after these.
COMMANDS = {
    "home": (
        "home",
        "Show what runs here, what waits for you, and what models cost today; `home devices` and more: your home.",
    ),
    "init": ("init", "Look at this repo and write the front matter of its program.md."),
    "agents": ("agents.command", "List the researchers available on this machine, or test one."),
    "program": (
        REGISTRY,
        "Show program.md: what it would run, by whom, within which budget, and its mistakes with their fixes.",
    ),
    "check": ("check", "Check the program: measure the baseline, its noise, and what the gate could detect."),
    "run": ("research", "Run a campaign, or continue one."),
    "allow": (REGISTRY, "Show what program.md runs and opens, and let agents and faces start it."),
    "idea": (REGISTRY, "Add an idea to a campaign, list its ideas, drop one or put it first."),
    "brief": (REGISTRY, "Print the brief that a role would get now; nobody is asked anything."),
    "stop": (REGISTRY, "End the running campaign when its running trials are recorded."),
    "secret": ("secret", "Store keys and tokens for overnight alone, list their names, or remove them."),
    "ps": (REGISTRY, "List the loops on this machine: what runs, since when, and what should run."),
    "up": ("up", "Start what is set up and does not run, in the background, and start it again after a crash."),
    "down": ("down", "End loops in good order, and wait for them."),
    "notify": ("notify", "Test the channels that campaigns send notices through."),
    "campaigns": (REGISTRY, "List the campaigns of this repository: how each stands, and what it gained."),
    "status": (REGISTRY, "Show where a campaign stands."),
    "overview": (
        REGISTRY,
        "Show a campaign at a glance: what runs, what waits for you, the newest experiments and the next ideas.",
    ),
    "log": (REGISTRY, "List the experiments of a campaign."),
    "show": ("show", "Show one experiment: hypothesis, diff, trials, and the verdict with its reason."),
    "budget": (REGISTRY, "Change what a campaign may use, even while it runs; without a limit, show it."),
    "believe": (REGISTRY, "Say that you have read a kept change and that its gain is real."),
    "compare": ("compare", "Compare two campaigns: what each gained for what it cost, and how sure the difference is."),
    "audit": ("audit", "Measure start and head again, and what each kept change is still worth."),
    "report": (REGISTRY, "Write report.html, report.md and progress.png of a campaign."),
    "spend": (REGISTRY, "Show what models cost, the limits, and what was sent to which provider."),
    "serve": ("serve", "Serve pages, REST and live events over campaigns and everything else, on this machine alone."),
    "token": ("token", "Make a token for a program that calls `overnight serve`, list tokens and browsers, or revoke one."),
    "task": (REGISTRY, "List what was begun over a page, REST or MCP and takes minutes, show one, or stop it."),
    "mcp": ("mcp", "Serve everything over MCP on standard input and output, for claude, codex, opencode and others."),
    "verify": ("verify", "Check a campaign's record: ledger, refs, outputs and receipts against each other."),
    "finalize": (REGISTRY, "Turn the kept changes into a clean branch for review."),
    "approvals": (REGISTRY, "List the calls that wait for your approval, and the newest answers."),
    "approve": (REGISTRY, "Let one call through, once: the one with this number in `approvals`."),
    "refuse": (REGISTRY, "Refuse the call with this number in `approvals`."),
    "operations": (
        REGISTRY,
        "List what can be done here, with how bad each is if it was not meant, and its schemas.",
    ),
    "docs": (REGISTRY, "List the pages of the documentation, print one, or search them."),
    "meta": ("meta", "Improve the research organisation that program.md describes: meta.md says where it is tried."),
    "do": ("do", "Ask for a feature or a fix: agents code it in a checkout of its own, we check it, you judge the result."),
    "board": ("board", "Show the board of actions: what needs you, what flows, what waits and why."),
    "review": ("review", "Read the results that wait for you, and judge them: by keys on a terminal, else as Markdown."),
    "result": (
        REGISTRY,
        "Show the result of an action: what it does now with its evidence, risks, checks, findings, cost and diff.",
    ),
    "action": (REGISTRY, "Show what happened to an action, step by step, and what was printed and said in it."),
    "accept": (
        REGISTRY,
        "Accept the result of an action at the commit that you read: it is merged once its checks pass on the merged tree.",
    ),
    "send": (REGISTRY, "Send the result of an action back to its coder, with words on what is to change."),
    "drop": (
        REGISTRY,
        "Drop an action, whatever it is at: nothing of it is merged. Its commits stay under refs/overnight/actions/N.",
    ),
    "deliver": (
        REGISTRY,
        "Show what is pushed of a merged action and what runs then; with the digest that it shows, allow that and do it.",
    ),
    "work-on": (
        "work_on",
        "Run the board: take actions on until Ctrl-C, which lets the steps under way end; a second one ends it at once.",
    ),
    "hub": (
        "hub",
        "Open this repository to untrusted workers: verify what they send, and publish a chain of accepted commits.",
    ),
    "work": (
        "work",
        "Search for a project of others: join its hub, run, and send what your own gate keeps; alone: how that stands.",
    ),
    "claw": ("claw", "Talk to a persistent agent that remembers, keeps your schedule and acts on what you allow."),
    "learn": ("learn", "Learn how a GPT works, or what you write a curriculum for: checked by programs, taught by any agent."),
    "demo": ("demo", "Run a real campaign on the microgpt lab, in a new folder."),
    "labs": (REGISTRY, "List the bundled labs, or copy one."),
    "doctor": (REGISTRY, "Check what works on this machine and what does not."),
}

MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR)  # the user's to fix, not ours

WELCOME = """\
overnight keeps only what is better beyond noise: an autonomous research loop for your repo.

  overnight demo       see it work: a small GPT in pure Python, about three minutes, no API key
  overnight init       in your own repo: find the metric, write program.md
  overnight agents     which agents can be your researchers, and a test of each
  overnight check      measure the baseline and its noise
  overnight run        start, and sleep; Ctrl-C ends it cleanly, `run` again continues
  overnight status     where it stands; `log`, `show N`, `report` for more

Or ask for a feature or a fix:

  overnight do "..."   agents code it in a checkout of its own, we check it
  overnight review     read the result, and accept it or send it back

Or let it run your home:

  overnight home demo  a house of simulated devices, no hardware; `home scan` finds yours

Or let this machine search for a project of others:

  overnight work join URL, then `work run --hours 8`: the hub measures again what yours keeps

Or learn how a GPT works, from a number to training:

  overnight learn microgpt

All commands: overnight --help
"""


class Lazy(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """All names, in the order in which they are used, then those of operations that are not listed."""
        return [*COMMANDS, *_others()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command with this name, None if there is none."""
        if cmd_name not in COMMANDS and cmd_name not in _others():
            return None
        name = COMMANDS[cmd_name][0] if cmd_name in COMMANDS else REGISTRY
        command = getattr(importlib.import_module(f"overnight.cli.{name}"), attribute_of(cmd_name))  # may import more
        if not gc.isenabled():  # `main` is at work; whoever else calls has a collector of their own
            gc.freeze()
            gc.enable()
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is called; an unknown name is an error with the nearest one."""
        if args[0] not in COMMANDS and args[0] not in _others():
            from difflib import get_close_matches

            if near := get_close_matches(args[0], COMMANDS, n=1):
                raise click.UsageError(f"No such command '{args[0]}'; did you mean `{near[0]}`?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; of those above, none is imported."""
        added = {name: command.get_short_help_str(LINE) for name in _others() if (command := self.get_command(ctx, name))}
        with formatter.section("Commands"):
            formatter.write_dl([*((name, line) for name, (_, line) in COMMANDS.items()), *added.items()])


def _waiting() -> str:
    """How many results of actions wait for a person; empty if none does, or nobody can tell."""
    try:
        from overnight.files.state_folder import state_folder

        if not (state_folder() / "actions" / "ledger.db").exists():  # to start fast
            return ""
        from overnight.actions.operations._record import waiting_words

        return waiting_words()
    except (OSError, OvernightError, RuntimeError):
        return ""


def attribute_of(name: str) -> str:
    """The name of a command in its module."""
    return name.replace("-", "_")


def _others() -> list[str]:
    """The first words of operations that are not listed above."""
    from overnight.operations.registry import names

    return sorted({name.partition(" ")[0] for name in names()} - COMMANDS.keys())


@click.group(cls=Lazy, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option(
    "--as",
    "principal",
    metavar="KIND:NAME",
    help="Who calls, such as agent:claude; by default $OVERNIGHT_PRINCIPAL, else the owner (docs/operations.md).",
)
@click.pass_context
def app(context: click.Context, principal: str | None) -> None:
    """Run experiments on your repository overnight, and keep what is better beyond noise."""
    name = context.invoked_subcommand
    if name is None:
        click.echo(WELCOME, nl=False)
        if waiting := _waiting():
            click.echo(waiting)
    elif (principal or os.environ.get(CALLER)) and COMMANDS.get(name, (REGISTRY,))[0] != REGISTRY:
        from overnight.cli.caller import check_by_hand

        check_by_hand(name)


def main() -> NoReturn:
    """Run the command line; never returns."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # else it reads the metadata of all that is installed
    collects = gc.isenabled()
    gc.disable()  # what is imported stays, so looking for garbage among it is in vain; see `Lazy.get_command`
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # discard what is still buffered
        sys.exit(1)
    except click.ClickException as error:
        said = io.StringIO()
        error.show(file=said)
        click.echo(_visible(said.getvalue()), err=True)
        sys.exit(error.exit_code)
    except OvernightError as error:
        _fail(error)
    except Exception as error:  # noqa: BLE001  # the outermost frame of the process
        if _is_interrupt(error):
            sys.exit(130)
        _fail(error)
    finally:
        if collects:
            gc.enable()


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C caused an error: Python 3.11 wraps one that arrives while a class is created."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def _fail(error: Exception) -> NoReturn:
    if refused := _of_the_machine(error):
        _complain(refused)
        sys.exit(UserError.exit_code)
    ours = _single(error)
    if ours is None:
        import traceback

        click.echo(_visible("".join(traceback.format_exception(error))), err=True)
        _complain("this is a bug in overnight; all finished work is saved")
        sys.exit(OvernightError.exit_code)
    _complain(str(ours))
    if isinstance(ours, UserError):
        _add(ours)
    if isinstance(ours, LedgerCorrupt) and not ours.fix:
        _complain(f"{VERIFY} shows what is intact, and can write it out")
    sys.exit(ours.exit_code)


def _complain(message: str) -> None:
    """Print a message, each line with `error:` before it."""
    for line in _visible(message).splitlines():
        click.echo(f"error: {line}", err=True)


def _add(error: UserError) -> None:
    """Print what belongs below an error: the lines that a failed command printed, and notes."""
    for line in error.excerpt:
        click.echo(f"output: {_visible(line)}", err=True)
    for note in error.notes:
        click.echo(f"note: {_visible(note)}", err=True)


def _visible(message: str) -> str:
    """A message that may quote foreign text, with control characters escaped, and without secrets."""
    return "\n".join(printable(line, LINE) for line in _without_secrets(message).splitlines())


def _without_secrets(message: str) -> str:
    from overnight.secrets.broker import user_broker
    from overnight.words.secret_shapes import hide_shapes

    try:
        return user_broker().scrubber().text(message)
    except (
        OvernightError,
        RuntimeError,
    ):  # the secrets cannot be read, which may be what the message says, or there is no home
        return hide_shapes(message)


def _of_the_machine(error: BaseException) -> str:
    """What is wrong with the disk or its permissions; empty for any other error."""
    leaves = leaf_errors(error)
    if len(leaves) > 1 or not isinstance(leaf := leaves[0], OSError) or leaf.errno not in MACHINE:
        return ""
    where = f"{leaf.filename}: " if leaf.filename else ""
    return f"{where}{leaf.strerror}; fix it and run again, all finished work is saved"


def _single(error: BaseException) -> OvernightError | None:
    """The first error of ours, also from an exception group; None if the group holds any other error."""
    leaves = leaf_errors(error)
    ours = [leaf for leaf in leaves if isinstance(leaf, OvernightError)]
    return ours[0] if len(ours) == len(leaves) else None
