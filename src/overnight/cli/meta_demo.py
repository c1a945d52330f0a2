"""`overnight meta demo`: a real meta-campaign on the lab `plant`."""

import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path

import anyio
import click

from overnight.cli.demo import unused
from overnight.research.ending import Ending, EndReason
from overnight.research.standing import Kept
from overnight.research.state import State

TAG = "meta-demo"
PAIRS = 3  # of the check on each of two targets: twelve campaigns; below ten no difference may be claimed
DEMO_HOURS = 8.5 / 60
GRACE_HOURS = 5 / 60  # extra time, up to twice, if nothing is proven by then
GRACES = 2


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--slots", type=click.IntRange(min=1), help="Inner campaigns at once; by default what the cores allow.")
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
def demo(folder: Path | None, slots: int | None, plain: bool) -> int:
    """Improve a plain research organisation on the lab plant, in a new folder.

    Takes about ten minutes on two cores; needs no API key and no network. A trial is a whole campaign, of the organisation
    as it is and of a changed one, on instances of the lab that are new for each pair.
    """
    from overnight.cli.finish import INTERRUPTED
    from overnight.cli.meta_check import measured
    from overnight.cli.meta_run import session
    from overnight.git.repository import open_repository
    from overnight.meta.check_report import describe
    from overnight.meta.demo import make_demo
    from overnight.meta.preparation import prepare

    make_demo(target := folder or unused(Path("meta-demo")), instance=secrets.randbelow(2**31))
    click.echo(f"{target} has an organisation, program.md, and the charter of a meta-campaign, meta.md")
    prepared = prepare(open_repository(target))
    many = slots or prepared.slots
    total = 2 * PAIRS * len(prepared.charter.all_targets)
    click.echo(f"first: how noisy is the progress of that organisation? {total} whole campaigns")
    found = anyio.run(measured, prepared, PAIRS, "jail", many)
    if found is None:
        return INTERRUPTED
    click.echo(describe(found))
    click.echo("now other organisations, each beside the present one")
    code = session(target, tag=TAG, hours=DEMO_HOURS, slots=many, plain=plain)
    for _ in range(GRACES):
        if _standing(target).kept or not ran_out(_standing(target).ending):
            break
        click.echo("nothing is proven yet: continuing for up to five minutes")
        code = session(target, tag=TAG, hours=GRACE_HOURS, slots=many, plain=plain)
    state = _standing(target)
    return ended(code, state.kept, state.ending, target)


def ran_out(ending: Ending | None) -> bool:
    """Whether a session ended because its time was over."""
    return ending is not None and ending.reason is EndReason.SESSION


def ended(code: int, kept: Sequence[Kept], ending: Ending | None, folder: Path) -> int:
    """Say what was proven and what to do next; the exit code, of which `code` is the session's."""
    there = f"cd {shlex.quote(str(folder))}"
    for one in kept:
        click.echo(f"proven    #{one.number} {one.hypothesis}: {one.conclusion.reason}")
    if kept:
        click.echo(f"next      {there} && overnight meta finalize    # a branch with the better program.md")
        return code
    if not ran_out(ending):
        return code
    click.echo("The demo ran as it should, but nothing was proven this time.")
    click.echo(f"next      {there} && overnight meta run --hours 0.1    # continues from here")
    return 0


def _standing(folder: Path) -> State:
    from overnight.research.reading import reading

    with reading(TAG, folder) as campaign:
        return campaign.state()
