"""`overnight audit`: what the campaign truly gained, and what each kept change is still worth."""

from dataclasses import dataclass

import anyio
import click

from overnight.cli.finish import INTERRUPTED, write_files
from overnight.cli.live import LiveView, PlainView, view_for
from overnight.cli.options import json_option, print_json, sandbox_option, tag_option
from overnight.cli.signals import listen
from overnight.gate.audit import ChangeAudit, Estimate, Standing, by_ratios, harm
from overnight.git.repository import Repository
from overnight.research.budget import SessionAllowance
from overnight.research.events import Stopped
from overnight.research.loop.stop import Stop
from overnight.research.reading import reading
from overnight.research.state import Kept, State
from overnight.research.views.words import number
from overnight.research.wiring import SessionRequest, campaign_folder, open_audit
from overnight.words.figures import figure
from overnight.words.foreign import printable
from overnight.words.quantities import counted

TEXT = 200  # characters of one foreign line
DIGITS = 4  # significant ones of a gain
NOTHING = "nothing was kept, so there is nothing to audit"
WORDS = {
    Standing.HELPS: "still helps",
    Standing.UNPROVEN: "not shown to help, nor not to: more pairs would tell",
    Standing.CAN_GO: "can go: no gain worth having is left of it",
    Standing.NEEDED: "stays: without it the head fails",
    Standing.CONFLICT: "cannot be left out by itself",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What `audit --json` prints."""

    tag: str
    audit: int  # number of it; 0: nothing was kept, so there is none
    finished: bool  # False: it was stopped; `overnight audit` goes on
    start: str
    head: str
    total: Estimate | None
    reason: str  # why there is no total
    changes: tuple[ChangeAudit, ...]


@click.command()
@tag_option
@click.option("--pairs", type=click.IntRange(2, 100_000), help="Trials of each tree; 20 by default, 3 without noise.")
@click.option("--leave-one-out/--no-leave-one-out", default=True, help="Also test the head without each kept change.")
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
@click.option("--report/--no-report", default=True, help="Write the report again at the end.")
@json_option
def audit(
    *,
    tag: str | None,
    pairs: int | None,
    leave_one_out: bool,
    sandbox: str,
    slots: int | None,
    plain: bool,
    report: bool,
    as_json: bool,
) -> int:
    """Measure start and head afresh, and what each kept change is still worth.

    Start and head run in interleaved pairs with seeds that nothing has used before: the mean of their differences is the
    true gain of the campaign, with its interval. Then each kept change is left out of the head in turn. Ctrl-C ends it when
    the running trials are recorded, and `overnight audit` goes on. Exit code: 0 when the total gain is above 0 beyond
    noise, 1 when it is not.
    """
    with reading(tag) as campaign:
        repository, state = campaign.repository, campaign.state()
    if not state.kept:
        _say(report_on(state), as_json)
        return 1
    request = SessionRequest(tag=state.tag, sandbox=sandbox, slots=slots)
    asked = _Asked(pairs, leave_one_out, report, as_json)
    with view_for(plain=plain or as_json) as view:
        state, stopped = anyio.run(_session, repository, request, asked, view)
    found = report_on(state)
    _say(found, as_json, state)
    return exit_code(found, stopped)


@dataclass(frozen=True, slots=True)
class _Asked:
    pairs: int | None
    leave_one_out: bool
    report: bool
    as_json: bool


async def _session(
    repository: Repository, request: SessionRequest, asked: _Asked, view: LiveView | PlainView
) -> tuple[State, Stopped]:
    stop, tag = Stop(), request.tag or ""
    folder = campaign_folder(repository, tag)
    async with anyio.create_task_group() as tasks:
        await tasks.start(listen, stop, view.acknowledge)
        with open_audit(repository, tag, request, stop, [] if asked.as_json else [view.see]) as audit:
            if asked.as_json:
                stopped = await audit.run(pairs=asked.pairs, leave_one_out=asked.leave_one_out)
            else:
                with view.showing(audit.journal, SessionAllowance(), folder):
                    stopped = await audit.run(pairs=asked.pairs, leave_one_out=asked.leave_one_out)
            state = audit.journal.state
            if asked.report:
                write_files(audit.journal.ledger, repository, folder, state.program)
        tasks.cancel_scope.cancel()
    return state, stopped


def exit_code(found: AuditReport, stopped: Stopped) -> int:
    """0 when the total gain is above 0 beyond noise, 130 after Ctrl-C, else 1."""
    if "SIGINT" in stopped.detail:
        return INTERRUPTED
    return 0 if found.total and found.total.low > 0 else 1


def report_on(state: State) -> AuditReport:
    """The newest audit of a campaign."""
    audit = state.audit
    concluded = audit.concluded if audit else None
    return AuditReport(
        tag=state.tag,
        audit=audit.opened.audit if audit else 0,
        finished=concluded is not None,
        start=state.start,
        head=audit.opened.head if audit else state.head,
        total=concluded.total if concluded else None,
        reason=concluded.reason if concluded else "" if state.kept else NOTHING,
        changes=concluded.changes if concluded else (),
    )


def _say(found: AuditReport, as_json: bool, state: State | None = None) -> None:
    if as_json:
        print_json(found)
    else:
        click.echo(describe(found, state.kept if state else ()))


def describe(found: AuditReport, kept: tuple[Kept, ...]) -> str:
    """The audit in a few lines for people."""
    if not found.finished:
        return found.reason or f"audit {found.audit} is not finished: `overnight audit` goes on with it"
    names = {each.number: printable(each.hypothesis, TEXT) for each in kept}
    lines = [f"audit {found.audit} of `{found.tag}`: start {found.start[:12]} against head {found.head[:12]}", _total(found)]
    for change in found.changes:
        lines.append(f"kept #{change.number:<4} {_worth(change)}; {_numbers(change)}")
        lines.append(f"           {names.get(change.number, '')}")
    return "\n".join(lines)


def _worth(change: ChangeAudit) -> str:
    """What is to be said of a change; harm above all."""
    lost = harm(change)
    return f"harms: {figure(lost, DIGITS)} better without it" if lost else WORDS[change.standing]


def _total(found: AuditReport) -> str:
    total = found.total
    if total is None:
        return f"no total: {printable(found.reason, TEXT)}"
    verdict = "a gain beyond noise" if total.low > 0 else "no gain beyond noise"
    return f"{number(total.before)} -> {number(total.after)}: {verdict}; {_interval(total)}"


def _numbers(change: ChangeAudit) -> str:
    return _interval(change.estimate) if change.estimate else printable(change.reason, TEXT)


def _interval(estimate: Estimate) -> str:
    ratios = by_ratios(before=estimate.before, after=estimate.after, gain=estimate.gain)
    gain = f"{'gain by the ratios of pairs' if ratios else 'gain'} {figure(estimate.gain, DIGITS, signed=True)}"
    if estimate.low == estimate.high:
        return f"{gain}, the same in {counted(estimate.pairs, 'pair')}"
    low, high = (figure(bound, DIGITS, signed=True) for bound in (estimate.low, estimate.high))
    return f"{gain}, {estimate.confidence:.0%} interval {low} to {high}, {counted(estimate.pairs, 'pair')}"
