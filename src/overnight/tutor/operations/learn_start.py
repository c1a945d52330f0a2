"""A curriculum is begun, or taken up again."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Len

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Option, Tier
from overnight.tutor.form.places import curriculum_in, own_curriculum, own_names
from overnight.tutor.operations._learn import NEXT, learner_of, recorded, words_of
from overnight.tutor.record.record import LearnerRecord
from overnight.tutor.teaching.lesson import begin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class StartInput:
    """Which one."""

    name: Annotated[str, Len(0, 40), Argument(about="Of a curriculum, such as microgpt.", metavar="NAME")] = ""
    source: Annotated[
        Path | None, Option(about="One of your own: the folder with its curriculum.yaml.", flags=("--from",), metavar="FOLDER")
    ] = None
    folder: Annotated[Path | None, Option(about="Where your files go [default: ~/overnight-learn/NAME].", metavar="FOLDER")] = (
        None
    )

    language: Annotated[str, Len(0, 40), Option(about="That you are taught in; remembered.", metavar="LANGUAGE")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What was begun."""

    curriculum: str
    title: str
    about: str
    steps: int
    folder: str  # where the learner's files are
    language: str  # that they are taught in; empty: not said


def run(context: Context, given: StartInput) -> Started:
    """Take it down; what was passed stays passed.

    Raises:
        UserError: there is no such curriculum, or it has mistakes.
    """
    if bool(given.name) == bool(given.source):
        raise UserError("one curriculum is begun at a time", fix="give its name, or --from FOLDER; `overnight learn list`")
    source = Path(os.path.realpath(context.where / given.source)) if given.source else None
    with LearnerRecord(learner_of(context)) as record:
        before = record.begun(given.name) if given.name and given.name not in own_names() else None
        if before and before.source:  # one of their own, taken up again
            source = Path(before.source)
        curriculum = curriculum_in(source) if source else own_curriculum(given.name)
        folder = context.where / given.folder if given.folder else None
        lesson = begin(record, curriculum, source=str(source or ""), folder=folder, language=given.language)
        language = lesson.language
    return Started(
        curriculum=curriculum.name,
        title=curriculum.title,
        about=curriculum.about,
        steps=len(curriculum.steps),
        folder=str(lesson.folder),
        language=language,
    )


def render(found: Started) -> str:
    """What it is, and what comes next."""
    return f"{printable(found.title, 200)}: {printable(found.about, 500)}\nyour files: {printable(found.folder, 500)}\n{NEXT}"


OPERATION = Operation(
    name="learn start",
    about="Begin a curriculum, or take it up again where you were.",
    input=StartInput,
    output=Started,
    tier=Tier.REVERSIBLE,
    of_machine=True,
    run=run,
    words=words_of,
    render=render,
    read_back=recorded,
)
