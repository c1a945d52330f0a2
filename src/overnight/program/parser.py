"""`program.md` as a checked record: front matter for the machine, Markdown for the researchers."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pydantic import ValidationError

from overnight.errors import ProgramError
from overnight.program.front_matter import (
    QUOTED,
    FrontMatter,
    Place,
    Problem,
    dotted,
    load_front_matter,
    program_error,
    split_front_matter,
)
from overnight.program.mistakes import Wording, error_in, problems_of
from overnight.program.placeholders import slips
from overnight.program.program import OUTSIDE, SPLIT, Program
from overnight.program.schema import KEYS, ProgramKeys
from overnight.program.scope import collide, matches
from overnight.words.foreign import printable

PARSED = 4  # programs remembered: a start reads the same one several times
_COMMANDS = ("measure", "produce", "score", "prepare", "holdout", "audit")
_TWO = ("produce", "score", "artifacts")  # what the two-process form needs
_MADE = ("prepare", "inputs")  # what it may have in addition
# How to write a required key, and one whose value is out of bounds.
_REQUIRED: Mapping[str, str] = {
    "metric": "write `metric: NAME`, or `metric: {name: NAME, direction: minimize}`",
    "name": "write `name: val_loss`",
    "role": "write `role: NAME`",
    "use": "write `use: tuner`",
}
_SIZED, _COUNTED = "write a size such as 512MB or 4GB", "write a whole number such as 100 or 2k"
WRITTEN: Mapping[str, str] = {
    "wall": "write a duration such as 90s, 5m or 1h30m, at most 7d",
    "memory": _SIZED,
    "disk": _SIZED,
    "output": f"{_SIZED}, at most 1GB",
    "cpus": "write how many cores a trial gets, such as 1",
    "gpus": "write how many GPUs a trial gets, such as 1",
    "files": _COUNTED,
    "processes": _COUNTED,
    "allow_exit": "write exit codes such as [0, 1]",
    "experiments": _COUNTED,
    "hours": "write hours such as 8 or 0.5, or delete the key for no limit",
    "tokens": _COUNTED,
    "cost_usd": "write dollars such as 20",
    "error_rate": "write a share such as 0.1",
    "max_pairs": "write a count such as 60",
    "holdout_pairs": "write a count such as 5",
    "min_effect": "write the smallest gain that is worth keeping, 0 or more",
    "count": "write how many of them work at once, such as 2",
    "editable": "name the files that may change, such as [train.py]",
}
_WORDING = Wording(known=KEYS, required=_REQUIRED, written=WRITTEN)


@lru_cache(maxsize=PARSED)
def parse_program(text: str, path: str) -> Program:
    """The program that `text` describes, with every default filled in; `path` is for messages.

    Raises:
        ProgramError: the text has mistakes; the message has all of them, each with its line, key and fix.
    """
    front_text, body = split_front_matter(text, path)
    front = load_front_matter(front_text, path)
    problems = [*front.problems, *_form_problems(front)]
    try:
        keys = ProgramKeys.model_validate(front.values)
    except ValidationError as error:
        problems += problems_of(error, front, _WORDING)
        raise program_error(problems, path) from None
    problems += [*_boundary_problems(keys, front), *_role_problems(keys, front), *_placeholder_problems(keys, front)]
    problems += _input_problems(keys, front)
    if problems:
        raise program_error(problems, path)
    return _program(keys, path=path, source=text, body=body)


def error_at(program: Program, place: Place, message: str, *, fix: str = "") -> ProgramError:
    """A mistake in a value of a parsed program that only a look at the machine could show, with its line and key."""
    return error_in(program.source, program.path, place, message, fix=fix)


def _program(keys: ProgramKeys, *, path: str, source: str, body: str) -> Program:
    return Program(
        path=path,
        metric=keys.metric.record(),
        editable=keys.editable,
        judge_may_change=keys.judge_may_change or "",
        measure=keys.measure,
        produce=keys.produce,
        score=keys.score,
        artifacts=keys.artifacts,
        prepare=keys.prepare,
        inputs=keys.inputs,
        hidden=keys.hidden,
        checks=keys.checks,
        guards=keys.guards,
        holdout=keys.holdout,
        audit=keys.audit,
        readable=keys.readable,
        env=keys.env,
        limits=keys.limits.record(),
        budget=keys.budget.record(),
        gate=keys.gate.record(),
        target=keys.target,
        notify=tuple(channel.record() for channel in keys.notify),
        researchers=tuple(researcher.record() for researcher in keys.researchers),
        body=body,
        source=source,
        digest=hashlib.sha256(source.encode()).hexdigest(),
    )


def _form_problems(front: FrontMatter) -> Iterator[Problem]:
    """Either `measure`, or `produce`, `score` and `artifacts`; the latter with both `prepare` and `inputs`, or neither."""
    has = {key for key in ("measure", *_TWO, *_MADE) if (key,) in front.lines}
    if "measure" in has:
        for key in (*_TWO, *_MADE):
            if key in has:
                fix = "keep `measure`, or `produce`, `score` and `artifacts`"
                yield Problem(line=front.line((key,)), key=key, message="cannot be combined with `measure`", fix=fix)
    elif has:
        for key in _TWO:
            if key not in has:
                fix = "`produce`, `score` and `artifacts` go together"
                yield Problem(line=1, key=key, message="missing", fix=fix)
        for key in _MADE if has.intersection(_MADE) else ():
            if key not in has:
                fix = "`prepare` is the frozen command that makes the files of `inputs`: they go together"
                yield Problem(line=1, key=key, message="missing", fix=fix)
    else:
        fix = "write `measure: <the command that prints the metric>`"
        yield Problem(line=1, key="measure", message="required", fix=fix)


def _boundary_problems(keys: ProgramKeys, front: FrontMatter) -> Iterator[Problem]:
    """An editable file must not be hidden, a holdout must measure the candidate, and what needs it must have one."""
    place: Place
    if keys.produce and keys.holdout and keys.metric.name in OUTSIDE and SPLIT not in (keys.prepare or ""):
        message = f"would measure {keys.metric.name} of the scorer, not of the candidate"
        fix = "let `prepare` make sealed inputs for the candidate to run on: write `{split}` in it"
        yield Problem(line=front.line(("holdout",)), key="holdout", message=message, fix=fix)
    if keys.metric.sealed_parts and not keys.holdout:
        message = "are those of the `holdout`, and there is none"
        place = ("metric", "sealed_parts")
        yield Problem(
            line=front.line(place), key=dotted(place), message=message, fix="add `holdout: <command>`, or delete them"
        )
    if keys.gate.expensive and keys.target is not None:
        message = "cannot be combined with `gate.expensive`: the head has no trials of its own to show that it is reached"
        yield Problem(line=front.line(("target",)), key="target", message=message, fix="delete one of them")
    for index, glob in enumerate(keys.editable):
        plain = glob.rstrip("/")
        if any(plain == hidden.rstrip("/") for hidden in keys.hidden) or matches(plain, keys.hidden):
            place = ("editable", index)
            message = f"`{printable(glob, QUOTED)}` is both editable and hidden"
            yield Problem(line=front.line(place), key=dotted(place), message=message, fix="remove it from one of them")


def _input_problems(keys: ProgramKeys, front: FrontMatter) -> Iterator[Problem]:
    """An artifact must not take the place of an input, and `{split}` needs a holdout or an audit."""
    for index, name in enumerate(keys.artifacts):
        if any(collide(name, made) for made in keys.inputs):
            place: Place = ("artifacts", index)
            message = f"`{printable(name, QUOTED)}` is also an input: the candidate would write what the scorer reads as input"
            yield Problem(line=front.line(place), key=dotted(place), message=message, fix="choose another name")
    if keys.prepare and not keys.inputs:
        fix = "name the files that `prepare` leaves, or delete both"
        yield Problem(line=front.line(("inputs",)), key="inputs", message="names no file", fix=fix)
    if SPLIT in (keys.prepare or "") and not (keys.holdout or keys.audit):
        fix = "add `holdout: <the command that scores on sealed inputs>`, often that of `score`; or remove `{split}`"
        message = "has `{split}`, but there is no `holdout` and no `audit`, so it would always be `public`"
        yield Problem(line=front.line(("prepare",)), key="prepare", message=message, fix=fix)


def _placeholder_problems(keys: ProgramKeys, front: FrontMatter) -> Iterator[Problem]:
    """A command may name only the placeholder `{seed}`, and `prepare` also `{split}`."""
    commands: list[tuple[Place, str | None]] = [((key,), getattr(keys, key)) for key in _COMMANDS]
    commands += [(("checks", index), command) for index, command in enumerate(keys.checks)]
    for place, command in commands:
        for slip in slips(command or "", splits=place == ("prepare",)):
            yield Problem(line=front.line(place), key=dotted(place), message=slip.message, fix=slip.fix)


def _role_problems(keys: ProgramKeys, front: FrontMatter) -> Iterator[Problem]:
    roles = [researcher.role for researcher in keys.researchers]
    for index, role in enumerate(roles):
        if role in roles[:index]:
            place: Place = ("researchers", index, "role")
            fix = "name each role once and write `count: 2`"
            yield Problem(line=front.line(place), key=dotted(place), message=f"`{role}` appears twice", fix=fix)
