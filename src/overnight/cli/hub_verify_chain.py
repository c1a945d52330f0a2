"""`overnight hub verify-chain`: checks any copy of a hub's chain, and compares two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from overnight.cli.options import json_option, print_json
from overnight.research.findings import Finding
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.pool.work.copies import Copy

NOT_SHOWN = """\
Not shown: whether the values were ever measured. Nothing but trials of your own shows that, on the public measure alone."""
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


@click.command("verify-chain")
@click.argument("source", metavar="URL|FILE|FOLDER")
@click.option(
    "--against", metavar="URL|FILE|FOLDER", help="Another copy of it: finds that it was rewritten, or that there are two."
)
@json_option
def verify_chain(*, source: str, against: str | None, as_json: bool) -> int:
    """Check a copy of a hub's chain: at its address, in a mirror, in a worker's folder, or a file with an entry on each line.

    Links, signatures, trees, the arithmetic of every receipt, and the contents beside it. Exit code: 1 if something does not
    hold.
    """
    from overnight.pool.keys import require_cryptography

    require_cryptography()
    found = _report(source, against)
    if as_json:
        print_json(found)
    else:
        click.echo(_words(found))
    return 0 if found.holds else 1


def _report(source: str, against: str | None) -> CopyReport:
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
    return CopyReport(
        holds=all(each.holds is not False for each in findings),
        hub=copy.chain.genesis.hub if copy else "",
        project=copy.chain.genesis.project if copy else "",
        entries=copy.chain.number if copy else 0,
        head=copy.chain.head if copy else "",
        findings=sorted(findings, key=lambda each: each.holds is not False),
        proof=proof,
    )


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
