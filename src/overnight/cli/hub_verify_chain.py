"""`overnight hub verify-chain`: checks any copy of a hub's chain, compares two, and measures a block again."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from overnight.cli.caller import check_by_hand
from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.pool.work.claims import Agreement, Remeasured
from overnight.research.findings import Finding
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.pool.work.copies import Copy

NOT_SHOWN = """\
Not shown: whether the values were ever measured. Only trials of your own show that (--rerun), on the public measure alone."""
NEWEST = "newest"  # `--rerun` without a number
DIGITS = 9  # of a block's number
SHOWN = 500  # characters of a line
QUOTED = 400  # characters of an entry in a proof


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReport:
    """What a check of copies found."""

    holds: bool
    hub: str  # its key; empty: there is no chain that holds
    project: str
    entries: int  # after the genesis
    head: str  # digest of the newest entry
    findings: Sequence[Finding]  # those that do not hold first
    proof: Sequence[str]  # two entries with one number, both signed by the hub: that it signed two chains
    rerun: Remeasured | None = None  # what trials of a block found here, if they were asked for


@click.command("verify-chain")
@click.argument("source", metavar="URL|FILE|FOLDER")
@click.option(
    "--against", metavar="URL|FILE|FOLDER", help="Another copy of it: finds that it was rewritten, or that there are two."
)
@click.option(
    "--rerun",
    metavar="[N]",
    is_flag=False,
    flag_value=NEWEST,
    help="Measure block N again on this machine, by default the newest: its parent against it, in the jail.",
)
@click.option(
    "--pairs", type=click.IntRange(2, 100_000), help="With --rerun: pairs of trials; by default 20, or 3 without noise."
)
@click.option("--yes", is_flag=True, help="With --rerun: agree to what would run, without a question.")
@json_option
def verify_chain(*, source: str, against: str | None, rerun: str | None, pairs: int | None, yes: bool, as_json: bool) -> int:
    """Check a copy of a hub's chain: at its address, in a mirror, in a worker's folder, or a file with an entry on each line.

    Links, signatures, trees, the arithmetic of every receipt, and the contents beside it; with `--rerun` the values of a block.
    Exit code: 1 if something does not hold, or if trials here do not agree with the block.
    """
    from overnight.pool.keys import require_cryptography

    if rerun is not None:
        check_by_hand("hub verify-chain --rerun")  # it runs a stranger's code, for hours
        if rerun != NEWEST and not (rerun.isascii() and rerun.isdigit() and len(rerun) <= DIGITS):
            what = f"`{printable(rerun, SHOWN)}` is no number of a block"
            raise UserError(what, fix="write the copy first: overnight hub verify-chain SOURCE --rerun [N]")
    require_cryptography()
    found, copy = _report(source, against)
    if rerun is not None and copy is not None:
        if not as_json:
            click.echo(_words(found))
        number = None if rerun == NEWEST else int(rerun)
        again = _measured(copy, number, pairs, yes=yes, as_json=as_json)
        if again is None:
            return 1
        found = replace(found, rerun=again)
        if not as_json:
            from overnight.pool.work.claims import words

            click.echo(words(again))
            return 0 if found.holds and again.agreement is Agreement.AGREES else 1
    if as_json:
        print_json(found)
    else:
        click.echo(_words(found))
    return 0 if found.holds and (found.rerun is None or found.rerun.agreement is Agreement.AGREES) else 1


def _measured(copy: "Copy", number: int | None, pairs: int | None, *, yes: bool, as_json: bool) -> Remeasured | None:
    """What trials here found; None: nobody agreed to them."""
    from functools import partial
    from pathlib import Path

    import anyio

    from overnight.pool.work.remeasuring import find_subject, remeasure
    from overnight.pool.work.settings import read_settings
    from overnight.secrets.broker import user_broker

    subject = find_subject(copy, number, read_settings(user_broker().environment, Path.home()).caps)
    click.echo(f"\n{subject.offer()}", err=as_json)
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("somebody has to agree to this", fix="call it on a terminal, or with --yes if you do")
        if not click.confirm("\nRun this here?", err=as_json):
            return None
    with click.progressbar(length=pairs or 1, label="pairs", file=sys.stderr, show_pos=True) as bar:

        def seen(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        return anyio.run(partial(remeasure, subject, pairs, seen))


def _report(source: str, against: str | None) -> "tuple[CopyReport, Copy | None]":
    from overnight.pool.work.copies import check_copy, compare

    findings: list[Finding] = []
    proof: list[str] = []
    copy, other = _read(source, "chain", findings), _read(against, "against", findings) if against else None
    if copy is not None:
        findings += check_copy(copy)
        if other is not None:
            compared, two = compare(copy, other)
            findings.append(compared)
            proof = [two.one, two.other] if two else []
    report = CopyReport(
        holds=all(each.holds is not False for each in findings),
        hub=copy.chain.genesis.hub if copy else "",
        project=copy.chain.genesis.project if copy else "",
        entries=copy.chain.number if copy else 0,
        head=copy.chain.head if copy else "",
        findings=sorted(findings, key=lambda each: each.holds is not False),
        proof=proof,
    )
    return report, copy


def _read(source: str, what: str, findings: list[Finding]) -> "Copy | None":
    import anyio

    from overnight.pool.chain import BadChain
    from overnight.pool.work.client import BadHub
    from overnight.pool.work.copies import read_any

    try:
        return anyio.run(read_any, source)
    except (BadChain, BadHub) as bad:
        findings.append(Finding(what=what, holds=False, detail=f"{source}: {bad}"))
        return None


def _words(found: CopyReport) -> str:
    states = {True: "holds", False: "DOES NOT HOLD", None: "not checked"}
    lines = [f"{states[each.holds]}  {printable(each.what, SHOWN)}: {printable(each.detail, SHOWN)}" for each in found.findings]
    if found.proof:
        lines.append("Proof, whole with --json: two entries with one number, each with the hub's signature")
        lines += [f"  {printable(each, QUOTED)}" for each in found.proof]
    return "\n".join([*lines, NOT_SHOWN])
