"""Pure: what strangers are shown of a hub, followed entry by entry from the texts of its chain alone.

Of each entry only a line is kept, and which content each of its files got, so that a long chain takes little memory.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from overnight.pool.chain import Block, Genesis, Withdrawal
from overnight.pool.evidence import block_findings
from overnight.pool.views.standing import EntryLine, lines_of
from overnight.program.direction import guess_direction
from overnight.program.front_matter import Value, mapping_in
from overnight.program.program import Direction
from overnight.research.findings import Finding
from overnight.research.receipts.proof import read_receipt
from overnight.research.receipts.receipt import RawPair
from overnight.research.report.diff import DiffView, view_diff
from overnight.words.diff import diff_lines
from overnight.words.differing import differing

# Lines from the first to the last that differs may be hard to compare: it takes seconds where they are as many as allowed.
LARGEST_DIFFED = 50_000  # characters of such lines of all files of an entry together, before and after
MOST_LINES = 600  # of all diffs of an entry together
MOST_PAIRS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """A file before and after an entry, by digests of its contents; None: it is not there."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiff:
    """What an entry changes of a file."""

    path: str
    view: DiffView | None  # None: what cannot be compared here
    words: str  # what is said of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a receipt shows."""

    findings: Sequence[Finding]  # by arithmetic alone
    pairs: Sequence[RawPair]  # as measured; none if the receipt cannot be read


@dataclass(slots=True)
class PublicStanding:
    """A chain as strangers are shown it."""

    genesis: Genesis
    lines: list[EntryLine] = field(default_factory=list)
    withdrawn: dict[int, str] = field(default_factory=dict)
    _contents: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)  # by path: from which entry on

    def __post_init__(self) -> None:
        for each in self.genesis.files:
            self._contents[each.path] = [(0, each.digest)]

    def add(self, entry: Block | Withdrawal) -> None:
        """Take in the next entry, which was checked before."""
        if isinstance(entry, Withdrawal):
            self.withdrawn[entry.block] = entry.why
            self.lines[entry.block - 1] = replace(self.lines[entry.block - 1], counts=False)
        self.lines += lines_of([entry], self.withdrawn)
        for each in entry.changes:
            self._contents.setdefault(each.path, []).append((entry.number, each.digest))

    def changed_by(self, entry: Block | Withdrawal) -> Sequence[Contents]:
        """The files that an entry changes."""
        return [
            Contents(path=each.path, before=self._before(each.path, entry.number), after=each.digest) for each in entry.changes
        ]

    def _before(self, path: str, number: int) -> str | None:
        return next((digest for at, digest in reversed(self._contents.get(path, [])) if at < number), None)


def diffs_of(changes: Iterable[Contents], content: Callable[[str], bytes]) -> Sequence[FileDiff]:
    """The changes of files, with the contents by their digests; what is beyond a page's share is named by its sizes."""
    found, lines, size = [], MOST_LINES, LARGEST_DIFFED
    for each in changes:
        old, new = (content(digest) if digest else b"" for digest in (each.before, each.after))
        words = "new" if each.before is None else "removed" if each.after is None else ""
        sizes = f"{len(old):,} bytes before, {len(new):,} after"
        view = None
        try:
            before, after = (text.decode().split("\n") if text else [] for text in (old, new))
        except UnicodeDecodeError:
            words = f"no text: {sizes}"
        else:
            part = differing(before, after)
            differs = sum(map(len, part.old)) + sum(map(len, part.new))
            if lines <= 0 or differs > size:
                words = f"too large to be shown: {sizes}"
            else:
                view = view_diff("\n".join(diff_lines(before, after)), limit=lines)
                lines, size = lines - (len(view.lines) if view else 0), size - differs
        found.append(FileDiff(path=each.path, view=view, words=words))
    return found


def evidence_of(block: Block, genesis: Genesis) -> Evidence:
    """What the receipt of a block shows."""
    findings = block_findings(block, genesis)
    try:
        pairs = read_receipt(block.receipt).pairs[:MOST_PAIRS]
    except ValueError:
        pairs = ()
    return Evidence(findings=findings, pairs=pairs)


def objective_of(front: Mapping[str, Value]) -> tuple[str, str]:
    """The metric of a hub's program, and which way it should go."""
    metric = front.get("metric")
    fields = mapping_in(metric)
    name = str(fields.get("name", metric))
    return name, str(fields.get("direction") or guess_direction(name) or Direction.MINIMIZE)
