"""`overnight demo`: a real campaign on a bundled lab."""

import shlex
from pathlib import Path

import click

from overnight.research.ending import EndReason
from overnight.research.setup.labs import copy_lab
from overnight.research.state import State
from overnight.research.views.numbers import half_way

TAG = "demo"  # of the demo's campaign
NOTHING_KEPT = 1
GRACE_HOURS = 60 / 3600  # extra time if nothing is proven by then
RAN_WELL = (EndReason.BUDGET, EndReason.SESSION, EndReason.NO_IDEAS, EndReason.TARGET)  # how a demo's session ends by itself
VERDICT_HOURS = 300 / 3600  # at most, for the verdict on what is under test
DEMO_HOURS = 150 / 3600  # for the demo's campaign; its set-up and report take extra time


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
def demo(folder: Path | None, plain: bool) -> int:
    """Run a real campaign on the microgpt lab, in a new folder.

    Takes about three minutes on two cores; needs no API key and no network.
    """
    from overnight.cli.research import run_session
    from overnight.research.wiring import SessionRequest

    def session(hours: float, experiments: int | None = None) -> int:
        return run_session(target, SessionRequest(tag=TAG, hours=hours, experiments=experiments), plain=plain, report=True)

    target = folder or unused(Path("demo"))
    copy_lab("microgpt", target)
    click.echo(f"the microgpt lab is in {target}: a small GPT in pure Python; the tuner edits train.py")
    code = session(DEMO_HOURS)
    if _may_go_on(code, target) and not _under_test(target):
        click.echo("a slow or busy machine: continuing for another minute")
        code = session(GRACE_HOURS)
    if _may_go_on(code, target) and (waiting := _under_test(target)):
        click.echo(f"a slow or busy machine: continuing until the verdict on #{waiting[0]}, for five minutes at most")
        code = session(VERDICT_HOURS, len(_standing(target).open))
    return _ended(code, target)


def _may_go_on(code: int, folder: Path) -> bool:
    """Whether nothing is kept only because the session ran out of time."""
    return code == NOTHING_KEPT and _has_ended_by(folder, EndReason.SESSION)


def _has_ended_by(folder: Path, *reasons: EndReason) -> bool:
    ending = _standing(folder).ending
    return ending is not None and ending.reason in reasons


def _under_test(folder: Path) -> list[int]:
    """The experiments that survived screening and have no verdict yet."""
    return [opened.proposed.number for opened in _standing(folder).open if opened.level is not None]


def _ended(code: int, folder: Path) -> int:
    """The exit code: 0 if the demo ran well, else the session's; also reports if nothing was found."""
    if code != NOTHING_KEPT:
        return code
    state = _standing(folder)
    if not _has_ended_by(folder, *RAN_WELL) or not state.tally.trials:
        return code
    if not state.kept:
        open_ones = "".join(f"; #{opened.proposed.number} {half_way(opened)}" for opened in state.open)
        click.echo(f"The demo ran as it should, but nothing was proven this time{open_ones}.")
        click.echo(f"next      cd {shlex.quote(str(folder))} && overnight run --hours 0.1    # continues from here")
    return 0


def _standing(folder: Path) -> State:
    """The recorded state of the demo's campaign."""
    from overnight.research.reading import reading

    with reading(TAG, folder) as campaign:
        return campaign.state()


def unused(folder: Path) -> Path:
    """The folder, or the first of folder-2, folder-3, ... that does not exist."""
    candidates = [folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000))]
    return next(path for path in candidates if not path.exists())
