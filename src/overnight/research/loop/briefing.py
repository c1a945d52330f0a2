"""The facts that a brief is written from, gathered from the campaign."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from overnight.git.port import History
from overnight.program.scope import matches
from overnight.research.briefs.brief import BriefTask
from overnight.research.briefs.rework import Rework
from overnight.research.briefs.under_way import Making
from overnight.research.changes.similar import terms_of
from overnight.research.charter import parse_charter
from overnight.research.experiment import Experiment
from overnight.research.idea import Idea
from overnight.research.loop.journal import Journal

SIMILAR = 5  # past attempts that a brief mentions


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """Gathers the facts for a role."""

    journal: Journal
    history: History

    def task(
        self,
        role: str,
        idea: Idea | None = None,
        *,
        rework: Rework | None = None,
        angle: str = "",
        making: Sequence[Making] = (),
        problems: Sequence[str] = (),
        left_out: str = "",
        elsewhere: Collection[int] = (),
    ) -> BriefTask:
        """The facts for one brief; the arguments are those of `BriefTask`."""
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
            files={file.path: file.size_bytes for file in self.history.files(state.head)},
        )

    def editable(self, commit: str) -> Sequence[str]:
        """The files of a commit that a researcher sees and may change, the largest first."""
        program = self.journal.state.program
        found = (file for file in self.history.files(commit) if matches(file.path, program.editable))
        files = [file for file in found if not matches(file.path, program.hidden)]
        return [file.path for file in sorted(files, key=lambda file: (-file.size_bytes, file.path))]

    def _similar(self, idea: Idea | None) -> Sequence[Experiment]:
        terms = terms_of(idea.text) if idea else ()
        return self.journal.ledger.similar(terms, SIMILAR) if terms else ()
