"""One curriculum as one learner has it: opened with its record, and what they do is taken down."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import read_regular
from overnight.tutor.checking.checker import LARGEST, Checked, check_program
from overnight.tutor.course import order
from overnight.tutor.course.events import Begun, Event, Tried
from overnight.tutor.course.order import Phase
from overnight.tutor.course.progress import Progress, StepProgress
from overnight.tutor.form.curriculum import Curriculum, Step
from overnight.tutor.form.places import curriculum_in, own_curriculum
from overnight.tutor.record.record import LearnerRecord
from overnight.tutor.teaching.campaign import campaign_facts
from overnight.tutor.teaching.unwritten import unwritten
from overnight.words.foreign import printable

SHOWN = 200  # characters of a path or name
PLACE = "overnight-learn"  # folder in the learner's home, for their files


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """An open curriculum."""

    record: LearnerRecord
    curriculum: Curriculum
    folder: Path  # where the learner's files are

    @property
    def progress(self) -> Progress:
        """How far it is, read anew."""
        return self.record.progress(self.curriculum.name)

    @property
    def language(self) -> str:
        """That the learner is taught in; empty: not said."""
        begun = self.record.begun(self.curriculum.name)
        return begun.language if begun else ""

    def step(self, wanted: str) -> Step:
        """The step of an id; without one, the one that is at hand.

        Raises:
            UserError: there is no such step, or all are done.
        """
        if wanted:
            if found := self.curriculum.step(wanted):
                return found
            known = ", ".join(step.id for step in self.curriculum.steps)
            raise UserError(f"there is no step `{printable(wanted, SHOWN)}`", fix=f"the steps are {known}")
        if found := order.current(self.curriculum, self.progress):
            return found
        raise UserError("all steps are passed", fix="name one with --step, or see `overnight learn review`")

    def of(self, step: Step) -> StepProgress:
        """How far a step is."""
        return self.progress.of(step.id)

    def phase(self, step: Step) -> Phase:
        """Where in a step the learner is."""
        return order.phase_of(step, self.of(step))

    def reviewed_now(self, step: Step) -> bool:
        """Whether a passed step is due to be shown again."""
        return step in order.due(self.curriculum, self.progress, self.record.clock())

    def file(self, step: Step) -> Path:
        """The learner's file of a step; each review has one of its own."""
        number = self.of(step).reviews + 1
        return self.folder / (f"{step.id}-review-{number}.py" if self.reviewed_now(step) else f"{step.id}.py")

    def provide(self, step: Step) -> Path:
        """Write what the learner starts from, unless it is there.

        Raises:
            UserError: it cannot be written.
        """
        path = self.file(step)
        contents = {**self.curriculum.files, path.name: step.start.encode()}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, content in contents.items():
                _make(self.folder / name, content)
        except OSError as error:
            where = printable(str(error.filename or self.folder), SHOWN)
            raise UserError(f"{where}: {error.strerror}", fix="overnight learn start --folder FOLDER") from error
        return path

    def require(self, step: Step) -> None:
        """Check that a program of this step may be checked.

        Raises:
            UserError: its turn has not come.
        """
        progress = self.progress
        order.require_open(step, progress)
        order.require_predicted(step, progress.of(step.id))

    def check(self, step: Step, source: str, here: Path | None) -> Checked:
        """Run the checks of a step over a program, and take down what came of it; nothing else passes a step.

        A step about a campaign is about the one of the folder `here`, else of `lab` among the learner's files.

        Raises:
            UserError: its turn has not come, or what it is about is missing.
            SandboxError: the jail does not work here.
        """
        self.require(step)
        facts = campaign_facts([each for each in (here, self.folder / "lab") if each]) if step.is_campaign else None
        found = check_program(self.curriculum, step, source, facts.text if facts else "")
        failed = [each for each in found.lines if not each.passed]
        beliefs = [] if unwritten(source, step.start) else [each.belief for each in failed if each.belief]
        self.add(
            Tried(
                curriculum=self.curriculum.name,
                step=step.id,
                passed=found.passed,
                failed=tuple(each.name for each in failed),
                beliefs=tuple(dict.fromkeys(beliefs)),
                program=_digest(source),
                checks=_digest(step.check),
            )
        )
        return replace(found, campaign=facts.folder) if facts else found

    def add(self, event: Event) -> None:
        """Take it down."""
        self.record.append(event)


@contextmanager
def lesson(learner: str, name: str = "") -> Iterator[Lesson]:
    """The curriculum of a name as a learner has it; without a name, the one that they began last.

    Raises:
        UserError: they have not begun it.
    """
    with LearnerRecord(learner) as record:
        begun = record.begun(name)
        if begun is None:
            what = f"`{printable(name, SHOWN)}` is not begun" if name else "no curriculum is begun"
            raise UserError(what, fix=f"overnight learn start {printable(name, SHOWN) or 'microgpt'}")
        yield _opened(record, begun)


def begin(record: LearnerRecord, curriculum: Curriculum, *, source: str, folder: Path | None, language: str = "") -> Lesson:
    """Begin a curriculum, or take it up again; its files and language stay unless others are named."""
    before = record.begun(curriculum.name)
    place = os.path.realpath(folder) if folder else before.folder if before else str(Path.home() / PLACE / curriculum.name)
    language = language or (before.language if before else "")
    record.append(Begun(curriculum=curriculum.name, source=source, folder=place, language=language))
    return Lesson(record=record, curriculum=curriculum, folder=Path(place))


def _opened(record: LearnerRecord, begun: Begun) -> Lesson:
    if begun.source and not Path(begun.source).is_dir():
        what = f"`{begun.curriculum}` was begun from {printable(begun.source, SHOWN)}, which is not there any more"
        raise UserError(what, fix="put it back, or overnight learn start --from FOLDER, where it is now")
    curriculum = curriculum_in(Path(begun.source)) if begun.source else own_curriculum(begun.curriculum)
    return Lesson(record=record, curriculum=curriculum, folder=Path(begun.folder))


def read_program(path: Path) -> str:
    """A learner's program.

    Raises:
        UserError: there is none, or it is no text.
    """
    shown = printable(str(path), SHOWN)
    try:
        return read_regular(path, LARGEST * 4 + 1).decode()
    except OSError as error:
        raise UserError(f"{shown}: {error.strerror or 'it is no file'}", fix="name the file with your program") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{shown} is not UTF-8", fix="save it as UTF-8") from error


def _make(path: Path, content: bytes) -> None:
    """Make a file unless it is there: under another name first, so that no kill leaves half of it."""
    if path.exists():
        return
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    with suppress(FileExistsError):
        os.link(beside, path)  # a rename would replace what was written meanwhile
    beside.unlink()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
