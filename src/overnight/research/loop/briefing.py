"""The facts that a brief is written from, gathered from the campaign."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from overnight.git.port import History
from overnight.program.judge.rules import is_editable
from overnight.research.budget import SessionLimits
from overnight.research.changes.similar import terms_of
from overnight.research.charter import parse_charter
from overnight.research.experiment import Edit, Experiment
from overnight.research.idea import Idea
from overnight.research.loop.journal import Journal

if TYPE_CHECKING:
    from overnight.research.briefs.rework import Rework
    from overnight.research.briefs.task import BriefTask
    from overnight.research.briefs.under_way import Making

SIMILAR = 5  # past attempts that a brief mentions
KEPT = 8  # newest kept changes whose lines it shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """Gathers the facts for a role."""

    journal: Journal
    history: History
    limits: SessionLimits = field(default_factory=SessionLimits)  # the user's, for this session
    background: Callable[[], str] | None = None  # what else a brief says, in Markdown

    def task(
        self,
        role: str,
        idea: Idea | None = None,
        *,
        rework: "Rework | None" = None,
        angle: str = "",
        making: "Sequence[Making]" = (),
        problems: Sequence[str] = (),
        left_out: str = "",
        elsewhere: Collection[int] = (),
    ) -> "BriefTask":
        """The facts for one brief; the arguments are those of `BriefTask`."""
        from overnight.research.briefs.task import BriefTask

        state = self.journal.state
        return BriefTask(
            state=state,
            charter=parse_charter(state.program.body),
            role=role,
            recent=tuple(self.journal.recent),
            idea=idea,
            rework=rework,
            angle=angle,
            making=making,
            problems=problems,
            left_out=left_out,
            elsewhere=elsewhere,
            similar=self._similar(idea),
            kept_edits=self._kept_edits(),
            allowance=self.limits.within(state.budget),
            background=self.background() if self.background else "",
            files={file.path: file.size_bytes for file in self.history.files(state.head)},
        )

    def editable(self, commit: str) -> Sequence[str]:
        """The files of a commit that a researcher sees and may change, the largest first."""
        program = self.journal.state.program
        files = [file for file in self.history.files(commit) if is_editable(file.path, program)]
        return [file.path for file in sorted(files, key=lambda file: (-file.size_bytes, file.path))]

    def _kept_edits(self) -> Mapping[int, Edit]:
        from overnight.research.briefs.edits import edit_to_show

        numbers = (link.number for link in self.journal.state.kept[-KEPT:])
        found = (self.journal.ledger.experiment(number) for number in numbers)
        return {kept.number: edit_to_show(kept) for kept in found if kept}

    def _similar(self, idea: Idea | None) -> Sequence[Experiment]:
        terms = terms_of(idea.text) if idea else ()
        return self.journal.ledger.similar(terms, SIMILAR) if terms else ()
