"""`overnight audit`: what the campaign really gained, and what each kept change is still worth."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import anyio
import click

from overnight.cli.caller import by_others, through_the_door
from overnight.cli.finish import INTERRUPTED
from overnight.cli.in_registry import in_registry
from overnight.cli.live import LiveView, PlainView, view_for
from overnight.cli.options import json_option, on_option, print_json, sandbox_option, tag_option
from overnight.cli.signals import listen
from overnight.git.repository import Repository
from overnight.research.budget import SessionAllowance
from overnight.research.ending import EndReason
from overnight.research.events import Stopped
from overnight.research.loop.stop import Stop
from overnight.research.places.campaigns import campaign_folder
from overnight.research.reading import reading
from overnight.research.report.write import write_files
from overnight.research.state import State
from overnight.research.views.audit import AuditReport, describe, report_on
from overnight.research.views.session import audit_words
from overnight.research.wiring import SessionRequest, open_audit


@click.command()
@tag_option
@click.option("--pairs", type=click.IntRange(2, 100_000), help="Trials of each tree; 20 by default, 3 without noise.")
@click.option("--leave-one-out/--no-leave-one-out", default=True, help="Also test the head without each kept change.")
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
@on_option
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
@click.option("--report/--no-report", default=True, help="Update the report at the end.")
@json_option
def audit(
    *,
    tag: str | None,
    pairs: int | None,
    leave_one_out: bool,
    sandbox: str,
    slots: int | None,
    on: str,
    plain: bool,
    report: bool,
    as_json: bool,
) -> int:
    """Measure start and head again, and what each kept change is still worth.

    Start and head run in interleaved pairs, with seeds that have not been used before if the command takes one: the mean
    of their differences is the true gain of the campaign, with its interval. Then each kept change is left out of the
    head in turn. Ctrl-C ends the audit when the running trials are recorded; `overnight audit` continues it. Exit code: 0
    if the total gain is above 0 beyond noise, 1 if it is not.
    """
    with reading(tag) as campaign:
        repository, state = campaign.repository, campaign.state()
    if not state.kept:
        _say(report_on(state), as_json)
        return 1
    request = SessionRequest(tag=state.tag, sandbox=sandbox, slots=slots, on=on, allowed_only=by_others())
    asked = Asked(pairs=pairs, leave_one_out=leave_one_out, report=report, quiet=as_json)

    def session() -> int:
        state, stopped = audit_session(repository, request, asked, plain=plain)
        found = report_on(state)
        _say(found, as_json, state)
        return exit_code(found, stopped)

    given = {
        "tag": tag,
        "pairs": pairs,
        "leave_one_out": leave_one_out,
        "sandbox": sandbox,
        "slots": slots,
        "on": on,
        "report": report,
    }
    return through_the_door("audit", given, session)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How to measure, and what to show of it."""

    pairs: int | None
    leave_one_out: bool
    report: bool
    quiet: bool  # show nothing meanwhile


def audit_session(
    repository: Repository, request: SessionRequest, asked: Asked, *, plain: bool, begun: Callable[[], None] = lambda: None
) -> tuple[State, Stopped]:
    """Measure, listed among the loops of this machine; a signal or `overnight stop` ends it in good order."""
    with view_for(plain=plain or asked.quiet) as view:
        return anyio.run(_session, repository, request, asked, view, begun)


async def _session(
    repository: Repository, request: SessionRequest, asked: Asked, view: LiveView | PlainView, begun: Callable[[], None]
) -> tuple[State, Stopped]:
    stop, tag = Stop(), request.tag or ""
    folder = campaign_folder(repository, tag)
    async with anyio.create_task_group() as tasks:
        await tasks.start(listen, stop, view.acknowledge)
        with (
            open_audit(repository, request, stop, [] if asked.quiet else [view.see]) as audit,
            in_registry(tasks, repository, audit.journal, view.note, doing=audit_words) as ended,
        ):
            begun()
            with nullcontext() if asked.quiet else view.showing(audit.journal, SessionAllowance, folder):
                stopped = await audit.run(pairs=asked.pairs, leave_one_out=asked.leave_one_out)
            ended(stopped)
            state = audit.journal.state
            if asked.report:
                hide = audit.journal.scrubber.known_in
                write_files(audit.journal.ledger, repository, folder, state.program, hide=hide)
        tasks.cancel_scope.cancel()
    return state, stopped


def exit_code(found: AuditReport, stopped: Stopped) -> int:
    """0 if the total gain is above 0 beyond noise, 130 after Ctrl-C, else 1."""
    if stopped.ending.reason is EndReason.INTERRUPT:
        return INTERRUPTED
    return 0 if found.total and found.total.low > 0 else 1


def _say(found: AuditReport, as_json: bool, state: State | None = None) -> None:
    if as_json:
        print_json(found)
    else:
        click.echo(describe(found, state.kept if state else ()))
