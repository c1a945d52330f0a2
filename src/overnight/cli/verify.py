"""`overnight verify`: is a campaign's record consistent, does a kept change hold up, and is a published receipt correct?"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from overnight.cli.caller import check_by_hand, context_here
from overnight.cli.options import json_option, print_json, sandbox_option, tag_option
from overnight.errors import UserError
from overnight.operations.perform import perform
from overnight.research.findings import Finding
from overnight.research.reading import reading

if TYPE_CHECKING:
    from overnight.research.wiring import SessionRequest


@click.command()
@tag_option
@click.option("--rerun", "which", metavar="N|all", help="Measure this kept change, or all of them, against its parent again.")
@click.option(
    "--pairs", type=click.IntRange(2, 100_000), help="With --rerun: trials of each; by default 20, or 3 without noise."
)
@sandbox_option
@click.option("--slots", type=click.IntRange(min=1), help="With --rerun: trials at once.")
@click.option("--receipt", "commit", metavar="COMMIT", help="Check the published evidence of a commit; needs no campaign.")
@click.option(
    "--salvage",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write all intact events to a new file, one JSON object per line.",
)
@json_option
def verify(
    *,
    tag: str | None,
    which: str | None,
    pairs: int | None,
    sandbox: str,
    slots: int | None,
    commit: str | None,
    target: Path | None,
    as_json: bool,
) -> int:
    """Check a campaign's record: ledger, refs, outputs and receipts against each other.

    Exit code: 0 if everything holds, 1 if something does not.
    """
    if sum(option is not None for option in (which, commit, target)) > 1:
        raise UserError("--rerun, --receipt and --salvage exclude each other", fix="pass only one of them")
    if commit is not None:
        return _receipt(commit, as_json)
    if target is not None:
        check_by_hand("verify --salvage")  # it writes the secret of the trial seeds
        return _salvage(tag, target)
    if which is not None:
        check_by_hand("verify --rerun")  # it takes hours
        from overnight.research.wiring import SessionRequest

        return _rerun(tag, which, pairs, SessionRequest(sandbox=sandbox, slots=slots), as_json)
    from overnight.research.operations.verify import OPERATION, VerifyInput

    return _show(perform(OPERATION, context_here(), VerifyInput(tag=tag)), as_json)


def _receipt(commit: str, as_json: bool) -> int:
    from overnight.git.repository import open_repository
    from overnight.research.verify.receipts import examine_receipt
    from overnight.research.views.verification import describe_receipt

    found = examine_receipt(open_repository(Path.cwd()), commit)
    if as_json:
        print_json(found)
        return 0 if found.holds else 1
    _show(found.findings, as_json=False)
    click.echo(describe_receipt(found))
    return 0 if found.holds else 1


def _salvage(tag: str | None, target: Path) -> int:
    from overnight.research.verify.salvage import salvage

    with reading(tag) as campaign:
        count = salvage(campaign.ledger, target)
    click.echo(f"wrote {count} intact events to {target}; do not share it: it contains the secret of the trial seeds")
    return 0 if count else 1


def _rerun(tag: str | None, which: str, pairs: int | None, request: "SessionRequest", as_json: bool) -> int:
    from overnight.research.verify import rerun
    from overnight.research.views.verification import describe_pairs

    with reading(tag) as campaign:
        repository, state, running = campaign.repository, campaign.state(), campaign.running
    if running:
        click.echo("note: the campaign is running and shares the machine with these trials", err=True)
    reruns = anyio.run(rerun.rerun, repository, state, request, rerun.chosen(state, which), pairs)
    findings = [rerun.as_finding(one) for one in reruns]
    if as_json:
        print_json(reruns)
        return _exit_code(findings, unknown=1)
    for one in reruns:
        click.echo(describe_pairs(one))
    _show(findings, as_json=False)
    return _exit_code(findings, unknown=1)


def _show(findings: Sequence[Finding], as_json: bool) -> int:
    from overnight.research.views.verification import describe_finding

    if as_json:
        print_json(findings)
    for finding in findings if not as_json else ():
        click.echo(describe_finding(finding))
    return _exit_code(findings, unknown=0)


def _exit_code(findings: Sequence[Finding], *, unknown: int) -> int:
    if any(finding.holds is False for finding in findings):
        return 1
    return unknown if any(finding.holds is None for finding in findings) else 0
