"""What becomes of a change that was revealed: it is queued, or refused without a trial."""

from collections.abc import Sequence
from dataclasses import replace

from overnight.git.port import FileChange
from overnight.pool.changes import BadChanges, Tree, apply, stated
from overnight.pool.events import Refused, Revealed
from overnight.pool.record.record import HubRecord, Submission
from overnight.pool.serving.inspection import Inspected, Text, inspect
from overnight.pool.serving.public_chain import PublicChain
from overnight.program.program import Program
from overnight.program.scope import matches


class Reveals:
    """Checks changes, and records them."""

    def __init__(self, record: HubRecord, chain: PublicChain, program: Program) -> None:
        self._record, self._chain, self._program = record, chain, program

    def text_of(self, changes: Sequence[FileChange], parent: str) -> Text | None:
        """What is to be looked into; None if it is refused without that."""
        tree = self._chain.tree(parent)
        return None if tree is None or self._problem(changes, tree)[0] else self._text(changes, tree, parent)

    def queue(
        self, found: Submission, changes: Sequence[FileChange], revealed: Revealed, inspected: Inspected | None = None
    ) -> None:
        """Record what was revealed, or its refusal. `inspected`: its text was looked into already."""
        tree = self._chain.tree(found.parent)
        code, why = ("stale", "") if tree is None else self._problem(changes, tree)
        meaning = ""
        if tree is not None and not code:
            inspected = inspected or inspect(self._text(changes, tree, found.parent))
            code, why, meaning = "changes" if inspected.problem else "", inspected.problem, inspected.meaning
        rivals = [] if code else self._rivals(revealed.digest, meaning)
        if any(each.number < found.number or each.state != "queued" or each.experiment is not None for each in rivals):
            code, why = "duplicate", f"as submission {rivals[0].number}"
        if code:
            self._record.append(Refused(submission=found.number, code=code, why=why))
            return
        displaced = [
            Refused(submission=each.number, code="duplicate", why=f"submission {found.number} was committed to before")
            for each in rivals
        ]
        contents = [each.content for each in changes if each.content is not None]
        self._record.append(*displaced, replace(revealed, meaning=meaning), contents=contents)

    def _problem(self, changes: Sequence[FileChange], tree: Tree) -> tuple[str, str]:
        """The code for why a change may not be verified, by its paths, and words for the founder; empty: it may."""
        program = self._program
        for each in changes:
            free = matches(each.path, program.editable) and not matches(each.path, program.hidden)
            if not free or each.path == program.path or (each.content is None and each.path not in tree):
                return "scope", f"{each.path}"
        try:
            apply(tree, [stated(each) for each in changes])
        except BadChanges as bad:
            return "changes", str(bad)
        return "", ""

    def _text(self, changes: Sequence[FileChange], tree: Tree, parent: str) -> Text:
        old = [tree[each.path] for each in changes if each.path in tree]
        return Text(
            changes=changes,
            before={each.path: self._record.content(each.digest) or b"" for each in old},
            executable={each.path: each.executable for each in old},
            parent=parent,
            program=self._program,
        )

    def _rivals(self, digest: str, meaning: str) -> Sequence[Submission]:
        """Submissions that are the same or do the same."""
        found = [self._record.submission_of(digest), self._record.submission_like(meaning) if meaning else None]
        return [*{each.number: each for each in found if each}.values()]
