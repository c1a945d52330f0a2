"""Checks a published receipt with only the repository that it is in: no campaign folder is needed."""

from overnight.errors import ProgramError, UserError
from overnight.git.history import GitHistory
from overnight.git.published import NOTES
from overnight.git.repository import Repository
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.research.changes.scope import proposal_digest
from overnight.research.findings import Finding
from overnight.research.receipts.proof import check_receipt, read_receipt
from overnight.research.receipts.receipt import Receipt, ReceiptReport
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 100  # characters of a name
DEEPEST = 10_000  # commits of a chain that are walked


def examine_receipt(repository: Repository, name: str) -> ReceiptReport:
    """The receipt of a commit, and whether it fits the repository and itself.

    Raises:
        UserError: there is no such commit, or no receipt that can be read.
    """
    history = GitHistory(repository)
    try:
        commit = history.resolve(name)
        if commit is None:
            raise UserError(f"there is no commit `{printable(name, SHOWN)}`")
        text = history.published(commit)
        if text is None:
            fix = f"fetch receipts: git fetch origin {NOTES}:{NOTES}"
            raise UserError(f"no receipt is published for {commit[:12]}", fix=fix)
        try:
            receipt = read_receipt(text)
        except ValueError as error:
            raise UserError(f"the receipt of {commit[:12]} cannot be read: {printable(str(error), SHOWN)}") from error
        findings = (*_in_repository(history, receipt, commit), *check_receipt(receipt))
        holds = all(finding.holds is not False for finding in findings)
        return ReceiptReport(holds=holds, receipt=receipt, findings=findings)
    finally:
        history.close()


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
    return metric.name, metric.direction, metric.min_effect, program.guards, program.gate.error_rate


def _claims(receipt: Receipt) -> tuple[object, ...]:
    return receipt.metric, receipt.direction, receipt.min_effect, receipt.guards, receipt.error_rate
