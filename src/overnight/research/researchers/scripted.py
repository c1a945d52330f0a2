"""The researcher `use: scripted`: fixed edits in their order, for tests and examples."""

from overnight.program.program import ResearcherSpec
from overnight.program.scope import path_problem
from overnight.research.events import Proposed
from overnight.research.experiment import Draft, Experiment
from overnight.research.researchers.edits_file import BadEdit, EditsFile
from overnight.research.researchers.port import Assignment, NoIdeas, ProposalFailed, SearchTrial
from overnight.words.foreign import printable
from overnight.words.quantities import counted

EDIT = "edit"  # the note that says which edit, from 0
QUOTED = 80  # characters of a text in a message


class ScriptedResearcher:
    """Makes one edit per proposal, and after a restart goes on behind the last one that it is told of."""

    name = "scripted"

    def __init__(self, spec: ResearcherSpec) -> None:
        self._role = spec.role
        self._edits = spec.edits
        self._file = spec.edits_file
        self._lines = EditsFile()
        self._next = 0

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment, also one of another researcher."""
        self._follow(experiment)

    def recall(self, trial: SearchTrial) -> None:
        """Nothing: no edit depends on it."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Replace the next edit's old text, where it first stands in its file, by the new one.

        Raises:
            NoIdeas: every edit was made, or the next one changes what an earlier one may still bring.
            ProposalFailed: the file or the old text is not there; the next proposal is the edit behind it.
        """
        own = [proposed for proposed in assignment.under_way if self._follow(proposed)]
        index = self._next
        path, old, new = self._edit(assignment, index)
        file = assignment.workspace / path
        content = file.read_bytes() if not path_problem(path) and file.is_file() else None
        missing = content is None or old.encode() not in content
        if missing and own:
            raise NoIdeas(f"edit {index + 1} waits for the verdict on an earlier one")
        self._next += 1
        if content is None or missing:
            what = "is not there" if content is None else f"has no text {printable(repr(old), QUOTED)}"
            raise ProposalFailed(f"edit {index + 1}: {printable(path, QUOTED)} {what}")
        file.write_bytes(content.replace(old.encode(), new.encode(), 1))
        hypothesis = f"Edit {index + 1}: {printable(path, QUOTED)}: {printable(old, QUOTED)} -> {printable(new, QUOTED)}"
        return Draft(hypothesis=hypothesis, notes={EDIT: index})

    def _edit(self, assignment: Assignment, index: int) -> tuple[str, str, str]:
        """The edit `index`, from 0."""
        try:
            if self._file:
                edit = self._lines.read(assignment.workspace / self._file, index)
            else:
                edit = self._edits[index] if index < len(self._edits) else None
        except BadEdit as bad:
            self._next += 1
            raise ProposalFailed(f"{printable(self._file, QUOTED)}, line {index + 1}: {bad}") from bad
        except OSError as error:
            raise NoIdeas(f"{printable(self._file, QUOTED)} cannot be read: {error.strerror}") from error
        if edit is None:
            raise NoIdeas(f"all {counted(index, 'edit')} of the role {self._role} were made")
        return edit

    def _follow(self, made: Experiment | Proposed) -> bool:
        """Go on behind an edit that was made before; whether it is one of this role."""
        done = made.notes.get(EDIT)
        if made.researcher != self.name or made.role != self._role or not isinstance(done, int):
            return False
        self._next = max(self._next, done + 1)
        return True
