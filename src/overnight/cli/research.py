"""`overnight run`: one session of a campaign, shown live."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
from anyio.abc import TaskGroup

from overnight.cli.caller import by_others, is_declared, on_terminal, through_the_door
from overnight.cli.finish import exit_code
from overnight.cli.in_registry import in_registry
from overnight.cli.live import LiveView, PlainView, view_for
from overnight.cli.options import on_option, sandbox_option
from overnight.cli.signals import listen
from overnight.git.repository import Repository, open_repository
from overnight.notices.notice import NotifySpec
from overnight.program.program import Program
from overnight.research.events import Stopped
from overnight.research.kind import USUAL, CampaignKind
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.journal import Journal
from overnight.research.loop.stop import Stop
from overnight.research.notification_dispatcher import NotificationDispatcher
from overnight.research.places.campaigns import campaign_folder
from overnight.research.readiness.roles import heading_notes, require_roles, role_notes, try_roles
from overnight.research.setup.preconditions import fixing, left_out, started_over
from overnight.research.state import State
from overnight.research.wiring import SessionRequest, open_session
from overnight.secrets.broker import user_broker

if TYPE_CHECKING:
    from overnight.research.report.write import ReportFiles

View = LiveView | PlainView
MakesKind = Callable[[Repository, SessionRequest, Stop, View], AbstractAsyncContextManager[CampaignKind]]


@click.command()
@click.option("--tag", help="Name of the campaign; by default the newest, or a new one named after today.")
@click.option("--experiments", type=click.IntRange(min=1), help="At most this many more experiments.")
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="At most this many more hours.")
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="Trials at once; by default what the cores allow.")
@on_option
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
@click.option(
    "--report/--no-report", default=True, help="Write the report at the end; `overnight report` writes it at any time."
)
def run(
    *,
    tag: str | None,
    experiments: int | None,
    hours: float | None,
    sandbox: str,
    slots: int | None,
    on: str,
    plain: bool,
    report: bool,
) -> int:
    """Run a campaign, or continue one.

    Ctrl-C, SIGTERM or `overnight stop` end it when the running trials are recorded; a second Ctrl-C ends it at once.
    However it ends, `overnight run` continues where it stopped. Exit code: 0 if something was kept, 1 if nothing was, 2 if
    nothing was as a researcher could not work.
    """
    request = SessionRequest(
        tag=tag,
        experiments=experiments,
        hours=hours,
        sandbox=sandbox,
        slots=slots,
        on=on,
        allowed_only=by_others(),
        allows=on_terminal("overnight run"),
    )

    def session() -> int:
        return run_session(Path.cwd(), request, plain=plain, report=report)

    if not is_declared():  # the owner, whose sessions are in the campaign's own record
        return session()
    given = {"tag": tag, "experiments": experiments, "hours": hours, "sandbox": sandbox, "slots": slots, "on": on}
    return through_the_door("run", given, session)


@asynccontextmanager
async def _usual(*_: object) -> AsyncIterator[CampaignKind]:
    yield USUAL


def run_session(
    folder: Path,
    request: SessionRequest,
    *,
    plain: bool,
    report: bool,
    begun: Callable[[], None] = lambda: None,
    makes_kind: MakesKind = _usual,
) -> int:
    """Run one session to its end, write the report and print a summary; the exit code. `begun` is called when it runs."""
    repository = open_repository(folder)
    with view_for(plain=plain) as view:
        ended = anyio.run(partial(_session, repository, request, view, report=report, begun=begun, makes_kind=makes_kind))
    from overnight.research.views.summary import summary

    page, picture = (str(ended.files.html), str(ended.files.png)) if ended.files else ("", "")
    click.echo(summary(ended.stopped, ended.state, page, picture))
    return exit_code(ended.stopped, ended.state, worked=ended.worked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """The outcome of a session."""

    stopped: Stopped
    state: State
    files: "ReportFiles | None"
    worked: bool  # it ran a trial


async def _session(
    repository: Repository,
    request: SessionRequest,
    view: View,
    *,
    report: bool,
    begun: Callable[[], None],
    makes_kind: MakesKind,
) -> _Ended:
    stop = Stop()
    view.note(repository.notes)
    async with anyio.create_task_group() as tasks:
        await tasks.start(listen, stop, view.acknowledge)
        async with makes_kind(repository, request, stop, view) as kind:
            ended = await _campaign(tasks, repository, request, view=view, stop=stop, report=report, begun=begun, kind=kind)
        tasks.cancel_scope.cancel()
    return ended


async def _campaign(
    tasks: TaskGroup,
    repository: Repository,
    request: SessionRequest,
    *,
    stop: Stop,
    view: View,
    report: bool,
    begun: Callable[[], None],
    kind: CampaignKind,
) -> _Ended:
    program = kind.program(repository)
    roles = await try_roles(program, repository.toplevel)
    require_roles(roles, program.path)
    dispatcher = NotificationDispatcher(user_broker().environment)
    with open_session(repository, request, stop, [view.see, dispatcher.see], kind=kind) as campaign:
        journal = campaign.journal
        before = journal.state.tally.trials
        folder = campaign_folder(repository, journal.state.tag)
        view.note((*left_out(repository, journal.state.program), *campaign.notes))
        view.note((*role_notes(roles), *heading_notes(program)))
        if kind.trials is None:
            await _require_work(campaign, view.note)
        view.note(() if journal.state.sessions or before else started_over(folder))
        channels = _channels(journal.state.program, view.note)
        with in_registry(tasks, repository, journal, view.note) as ended:
            begun()
            with (
                view.showing(journal, lambda: campaign.asking.allowance, folder),
                fixing(repository, journal.state.program),
            ):
                async with (
                    dispatcher.on_duty(folder, channels, lambda: journal.state, journal.scrubber),
                    _listening(campaign, folder, repository.toplevel, channels, dispatcher),
                ):
                    stopped = await campaign.run()
            ended(stopped)
            view.note(dispatcher.problems)
            files = _written(journal, repository, folder) if report else None
    return _Ended(stopped=stopped, state=journal.state, files=files, worked=journal.state.tally.trials > before)


async def _require_work(campaign: Campaign, say: Callable[[Sequence[str]], None]) -> None:
    """Say what to know about the tuner before the baseline, if there is one."""
    if any(spec.use in {"tuner", "mutator"} for spec in campaign.journal.state.program.researchers):
        from overnight.research.setup.connection.readiness import require_work

        await require_work(campaign, say)


def _channels(program: Program, say: Callable[[Sequence[str]], None]) -> Sequence[NotifySpec]:
    """The channels of a campaign; says what is wrong with the others."""
    from overnight.config import read_settings
    from overnight.notices.channels import choose_channels

    wanted = choose_channels(program.notify, read_settings(user_broker().environment, Path.home()).notify)
    say(wanted.problems)
    return wanted.chosen


def _listening(
    campaign: Campaign, folder: Path, place: Path, channels: Sequence[NotifySpec], dispatcher: NotificationDispatcher
) -> AbstractAsyncContextManager[None]:
    """Listens on the channels that can receive, if there are any."""
    if not any(spec.receive for spec in channels):
        return nullcontext()
    from overnight.research.messages.session import listening

    return listening(campaign, folder, place, channels, user_broker().environment, post=dispatcher.post)


def _written(journal: Journal, repository: Repository, folder: Path) -> "ReportFiles":
    """The report of a campaign, written."""
    state, hide = journal.state, journal.scrubber.known_in
    if state.program.of_campaigns:
        from overnight.meta.report_files import write_running

        return write_running(journal.ledger, repository, folder, state, hide)
    from overnight.research.report.write import write_files

    return write_files(journal.ledger, repository, folder, state.program, hide=hide)
