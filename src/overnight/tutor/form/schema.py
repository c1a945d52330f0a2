"""The shape of `curriculum.yaml` and of a step's front matter: which keys there are, and what each may hold."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from overnight.program.mistakes import Wording
from overnight.words.fields import Mistake, Short, Text
from overnight.words.foreign import printable

GAP = "____"
LEAST_HINTS = 3
MOST_STEPS = 100
RESERVED = {"answer.py", "run.py", "check.py", "campaign.json"}  # what lies in the same folder
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_RANGE = re.compile(r"([0-9]{1,6})(?:-([0-9]{1,6}))?")


def _path(text: str) -> str:
    name = text.removeprefix("lab:")
    if not name or name.startswith("/") or "\\" in name or {"..", ".", ""} & {*name.split("/")}:
        raise Mistake("is no path inside the curriculum", fix="write it as data.txt, or as lab:microgpt/train.py")
    return text


def _lines(value: int | str) -> tuple[int, int]:
    found = _RANGE.fullmatch(str(value))
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise Mistake("is no range of lines", fix='write "31-47", or 52')
    return first, last


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Mistake(
            f"`{printable(text, 60)}` is no name of a step", fix="small letters, digits and hyphens, such as first-step"
        )
    return text


StepId = Annotated[str, AfterValidator(_id)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$")]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class CurriculumKeys(_Keys):
    """Keys of `curriculum.yaml`."""

    title: Short
    about: Text
    files: Mapping[FileName, Annotated[str, AfterValidator(_path)]] = Field(default_factory=dict, max_length=20)
    taught: FileName | None = None
    steps: Annotated[tuple[StepId, ...], Field(min_length=1, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.taught and self.taught not in self.files:
            raise Mistake("is not among `files`", key="taught", fix="name one of them")
        if len({*self.steps}) < len(self.steps):
            raise Mistake("has a step twice", key="steps", fix="delete one of them")
        if taken := sorted({*self.files} & {*RESERVED, *(f"{step}.py" for step in self.steps)}):
            raise Mistake(f"`{taken[0]}` is the name of another file there", key="files", fix="give it another name")
        return self


class PredictKeys(_Keys):
    """Keys of `predict`: a question that most get wrong."""

    choices: Annotated[tuple[Text, ...], Field(min_length=2, max_length=9)]
    answer: Annotated[int, Field(ge=0)]
    because: Text
    most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for key, number in (("answer", self.answer), ("most", self.most or 0)):
            if number >= len(self.choices):
                raise Mistake("names no choice", key=key, fix=f"the choices are 0 to {len(self.choices) - 1}")
        return self


class FadeKeys(_Keys):
    """Keys of an item of `fade`: the example with gaps."""

    code: Text
    answers: Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if (gaps := self.code.count(GAP)) != len(self.answers):
            raise Mistake(f"has {len(self.answers)} answers for {gaps} gaps", key="answers", fix=f"give one for each {GAP}")
        return self


class StepKeys(_Keys):
    """Keys of the front matter of `step.md`."""

    title: Short
    needs: tuple[StepId, ...] = ()
    lines: tuple[Annotated[int | str, AfterValidator(_lines)], ...] = ()
    kind: Literal["program", "campaign"] = "program"
    predict: PredictKeys
    rubric: Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)]
    hints: Annotated[tuple[Text, ...], Field(min_length=LEAST_HINTS, max_length=20)]
    fade: Annotated[tuple[FadeKeys, ...], Field(max_length=9)] = ()


def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(model.model_fields)


_REQUIRED = {
    "title": "write `title: Tokens`",
    "about": "say in one sentence what is taught",
    "steps": "write `steps: [first, second]`",
    "predict": "write `predict: {choices: [a, b], answer: 0, because: why}`",
    "rubric": "list what a good explanation has",
    "hints": f"list {LEAST_HINTS} hints or more, the weakest first",
}
_WRITTEN = {
    **_REQUIRED,
    "answer": "count the choices from 0",
    "most": "count the choices from 0",
    "choices": "write two or more: [a, b]",
    "because": "say why in a sentence",
    "files": "write `files: {data.txt: data.txt}`",
    "needs": "write `needs: [first]`",
    "lines": 'write `lines: ["31-47", 52]`',
    "fade": 'write `fade: [{code: "2 * ____", answers: ["3"]}]`',
    "code": "write the example with gaps: ____",
    "answers": 'write `answers: ["3"]`',
    "kind": "write `kind: program`, or campaign",
}
CURRICULUM_WORDING = Wording(known={"": _keys(CurriculumKeys)}, required=_REQUIRED, written=_WRITTEN)
STEP_WORDING = Wording(
    known={"": _keys(StepKeys), "predict": _keys(PredictKeys), "fade": _keys(FadeKeys)}, required=_REQUIRED, written=_WRITTEN
)
