"""Checks a published receipt with only the repository that it is in: no campaign folder is needed."""

import re

from overnight.errors import ProgramError, UserError
from overnight.gate.caution import basis, of_no_seed
from overnight.git.history import GitHistory
from overnight.git.port import ATTEMPT
from overnight.git.published import NOTES
from overnight.git.repository import Repository
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.research.changes.scope import proposal_digest
from overnight.research.findings import Finding
from overnight.research.receipts.proof import check_receipt, doubts_about, read_receipt
from overnight.research.receipts.receipt import Receipt, ReceiptReport
from overnight.research.state import JAIL
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 100  # characters of a name
DEEPEST = 10_000  # commits of a chain that are walked
UNJAILED = "candidates ran without a jail (--sandbox process), so they could have made these values up"
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def examine_receipt(repository: Repository, name: str) -> ReceiptReport:
    """The receipt of a commit, and whether it fits the repository and itself.

    Raises:
        UserError: there is no such commit, or no receipt that can be read.
    """
    history = GitHistory(repository)
    try:
        named = commit = history.resolve(name)
        if named is None or commit is None:
            raise UserError(f"there is no commit `{printable(name, SHOWN)}`")
        finalized = None if history.published(commit) else _finalized(history, commit)
        commit = finalized or commit
        text = history.published(commit)
        if text is None:
            fix = f"fetch receipts: git fetch origin {NOTES}:{NOTES}"
            raise UserError(f"no receipt is published for {commit[:12]}", fix=fix)
        try:
            receipt = read_receipt(text)
        except ValueError as error:
            raise UserError(f"the receipt of {commit[:12]} cannot be read: {printable(str(error), SHOWN)}") from error
        same = [_same_change(history, named, commit)] if finalized else []
        findings = (*same, *_in_repository(history, receipt, commit), *check_receipt(receipt))
        holds = all(finding.holds is not False for finding in findings)
        program = _committed(history, commit) if receipt.file == PROGRAM else None
        return ReceiptReport(holds=holds, receipt=receipt, findings=findings, cautions=_cautions(receipt, program))
    finally:
        history.close()


def _finalized(history: GitHistory, commit: str) -> str | None:
    """The measured commit that a commit of `overnight finalize` names; None if it names none.

    Raises:
        UserError: it is not here.
    """
    named = history.trailer(commit, ATTEMPT)
    if not _OID.fullmatch(named):
        return None
    if history.resolve(named) is None:
        fix = "fetch the measured commits too: git fetch origin 'refs/heads/autoresearch/*:refs/remotes/origin/autoresearch/*'"
        raise UserError(f"{commit[:12]} was measured as {named[:12]}, which is not in this repository", fix=fix)
    return named


def _same_change(history: GitHistory, finalized: str, measured: str) -> Finding:
    """Whether a finalized commit makes the very change that was measured, on the same files."""
    pairs = [(finalized, measured), *zip(history.parents(finalized), history.parents(measured), strict=False)]
    holds = len(pairs) > 1 and all(history.same_files(one, other) for one, other in pairs)
    detail = "the same files, before and after" if holds else "not the same files, so its receipt says nothing about this one"
    return Finding(what="finalized", holds=holds, detail=f"{finalized[:12]} and the measured {measured[:12]}: {detail}")


def _cautions(receipt: Receipt, program: Program | None) -> tuple[str, ...]:
    """What a receipt that holds does not show."""
    lines = [
        UNJAILED if receipt.sandbox != JAIL else "",
        *((of_no_seed(program), basis(program)) if program else ()),
        *(f"{doubt}: a bug, a leak or a trick gives such values too" for doubt in doubts_about(receipt, program)),
    ]
    return tuple(filter(None, lines))


def _committed(history: GitHistory, commit: str) -> Program | None:
    """The program of a commit's parent; None if there is none that can be read."""
    try:
        before = history.parents(commit)[0]
        return parse_program(history.read_files(before, [PROGRAM])[PROGRAM].decode("utf-8", "replace"), PROGRAM)
    except (ProgramError, LookupError):
        return None


def _in_repository(history: GitHistory, receipt: Receipt, commit: str) -> list[Finding]:
    """Whether it is about this commit, this change, this chain and this program."""
    parents = tuple(history.parents(commit))
    about = receipt.commit == commit and parents == (receipt.base,)
    if not about:
        return [Finding(what="commit", holds=False, detail=f"the receipt is about {printable(receipt.commit, SHOWN)}")]
    changes = history.merge(base=receipt.base, head=receipt.base, commit=commit) or ()
    same, files = proposal_digest(changes, receipt.base) == receipt.tree, counted(len(changes), "file")
    return [
        Finding(what="commit", holds=True, detail=f"{commit[:12]} on top of {receipt.base[:12]}"),
        Finding(what="change", holds=same, detail=f"{files}, digest {'as' if same else 'not as'} in the receipt"),
        _chain(history, receipt),
        _program(history, receipt),
    ]


def _chain(history: GitHistory, receipt: Receipt) -> Finding:
    """Whether the keeps before this one exist: the level grows with each of them."""
    at, before = receipt.base, 0
    while at != receipt.start and before < min(receipt.keeps, DEEPEST):
        parents = history.parents(at)
        if not parents:
            break
        at, before = parents[0], before + 1
    holds = at == receipt.start and before == receipt.keeps
    detail = f"{counted(receipt.keeps, 'kept change')} between the start and this one"
    return Finding(what="chain", holds=holds, detail=detail if holds else f"the receipt says {detail}, the commits do not")


def _program(history: GitHistory, receipt: Receipt) -> Finding:
    """Whether what was improved, and how sure, is as the commit's `program.md` says, if one is committed."""
    if receipt.file != PROGRAM:
        made = f"the program was made from {printable(receipt.file, SHOWN)}, so only the receipt says what was measured"
        return Finding(what="program", holds=None, detail=made)
    if PROGRAM not in history.paths(receipt.base):
        detail = f"{PROGRAM} is not committed, so only the receipt says what was measured"
        return Finding(what="program", holds=None, detail=detail)
    try:
        program = parse_program(history.read_files(receipt.base, [PROGRAM])[PROGRAM].decode("utf-8", "replace"), PROGRAM)
    except (ProgramError, KeyError) as error:
        return Finding(what="program", holds=False, detail=str(error))
    holds = _demands(program) == _claims(receipt)
    exactly = program.digest == receipt.program
    detail = "the committed one" if exactly else "metric, guards and error rate are those of the committed one"
    return Finding(what="program", holds=holds, detail=detail if holds else "the committed one asks for something else")


def _demands(program: Program) -> tuple[object, ...]:
    metric = program.metric
    gate = program.gate
    return metric.name, metric.direction, metric.min_effect, metric.parts, program.guards, gate.error_rate, gate.expensive


def _claims(receipt: Receipt) -> tuple[object, ...]:
    measured = receipt.metric, receipt.direction, receipt.min_effect, receipt.parts
    return *measured, receipt.guards, receipt.error_rate, receipt.expensive
