"""`meta.md` as a checked record; mistakes name the file, the line, the key and the fix."""

import os
import re
from collections.abc import Iterator, Sequence
from itertools import count

from pydantic import ValidationError

from overnight.meta.charter import META, USUAL_RESEARCHERS, Charter, InnerBudget, MetaBudget, Target
from overnight.meta.schema import KEYS, CharterKeys
from overnight.program.front_matter import (
    QUOTED,
    FrontMatter,
    Place,
    Problem,
    Value,
    dotted,
    load_front_matter,
    mapping_in,
    program_error,
    split_front_matter,
)
from overnight.program.mistakes import Wording, problems_of
from overnight.program.parser import WRITTEN
from overnight.program.program import ADVISERS, OUTSIDE, WITHOUT_MODELS, ResearcherSpec
from overnight.research.setup.labs import is_family, lab_names
from overnight.words.foreign import printable

LAB = "lab:"
HERE = "here"  # the name of the repository of meta.md as a target
LONGEST_NAME = 40  # characters of a target's
LARGEST_INSTANCE = 2**31 - 1
GUARDED = ("tokens", "cost_usd", "elapsed_s")  # of a trial: summed over its inner campaigns
TAKEN = (*GUARDED, *OUTSIDE, "trials", "kept", "progress")  # names of what a trial reports, which no target may have
_SPEC = re.compile(r"lab:(?P<lab>[^#]*)(?:#(?P<instance>.*))?", re.DOTALL)
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_TRIALS = "a budget of experiments rewards an organisation that spends more trials on each; write `trials: 600`"
_BOUNDED = ("trials", "trial_seconds", "tokens", "cost_usd")
_WORDING = Wording(
    known=KEYS,
    required={
        "targets": "write `targets: [lab:plant]`, or folders of repositories that have a program.md",
        "inner": "write `inner: {trials: 600}`, the budget of one inner campaign",
        "allowed_researchers": "list entries as in program.md, such as `[{role: tuner, use: tuner}]`",
        "role": "write `role: NAME`",
        "use": "write `use: tuner`",
    },
    written={
        **WRITTEN,
        "targets": "write a list such as [lab:plant, ../my-repo]",
        "trials": "write a whole number such as 600, at least 10",
        "trial_seconds": "write seconds such as 600",
        "audit_pairs": "write a count such as 8, at least 2",
        "screening": "write a part of the inner budget, such as 0.25, at most 1",
        "campaigns": "write a whole number such as 200",
        "max_pairs": "write a count such as 60",
        "holdout_pairs": "write a count such as 4",
    },
)


def parse_charter(text: str, path: str) -> Charter:
    """The charter that `text` describes; `path` is for messages.

    Raises:
        ProgramError: the text has mistakes; the message has all of them, each with its line, key and fix.
    """
    front_text, body = split_front_matter(text, path, written_by="overnight meta init")
    front = load_front_matter(front_text, path)
    problems = [*front.problems, *_named_badly(front)]
    try:
        keys = CharterKeys.model_validate(front.values)
    except ValidationError as error:
        known = {problem.key for problem in problems}
        problems += [problem for problem in problems_of(error, front, _WORDING) if problem.key not in known]
        raise program_error(problems, path) from None
    problems += [*_target_problems(keys, front), *_inner_problems(keys, front), *_role_problems(keys, front)]
    if problems:
        raise program_error(problems, path)
    names = set(TAKEN)
    charter = Charter(
        path=path,
        organisation=keys.organisation,
        targets=tuple(_target(spec, names) for spec in keys.targets),
        holdout=tuple(_target(spec, names) for spec in keys.holdout),
        inner=InnerBudget(**keys.inner.model_dump(exclude={"audit_pairs", "screening"})),
        audit_pairs=keys.inner.audit_pairs,
        screening=keys.inner.screening,
        allowed=tuple(one.record() for one in keys.allowed_researchers),
        allowed_raw=tuple(mapping_in(one) for one in _list(front.values.get("allowed_researchers"))),
        error_rate=keys.gate.error_rate,
        max_pairs=keys.gate.max_pairs,
        holdout_pairs=keys.gate.holdout_pairs,
        budget=MetaBudget(**keys.budget.model_dump()),
        guards=keys.guards,
        notify=front.values.get("notify"),
        researchers=tuple(one.record() for one in keys.researchers),
        raw_researchers=tuple(mapping_in(one) for one in _list(front.values.get("researchers", USUAL_RESEARCHERS))),
        body=body,
        source=text,
    )
    if problems := [*_guard_problems(charter, front)]:
        raise program_error(problems, path)
    return charter


def charter_notes(charter: Charter) -> Iterator[str]:
    """What a person should know of a charter that is in order."""
    if charter.inner.tokens is None and charter.inner.cost_usd is None and (asks := _asking(charter.allowed)):
        yield (
            f"{charter.path}: {asks}, and `inner` limits neither tokens nor cost_usd: an organisation that "
            "spends more on each trial would look better than it is; write `inner: {trials: ..., tokens: ...}`"
        )
    everybody = (*charter.allowed, *charter.researchers)
    if charter.budget.tokens is None and charter.budget.cost_usd is None and (asks := _asking(everybody)):
        yield f"{charter.path}: {asks}, and `budget` limits neither tokens nor cost_usd"
    if not charter.holdout and any(target.fixed for target in charter.targets):
        yield (
            f"{charter.path}: no `holdout`, and a target is the same in each block: an organisation whose text holds the "
            "answer would be kept; write `holdout: [lab:kernel]`, or another target that nobody reads"
        )


def _asking(specs: Sequence[ResearcherSpec]) -> str:
    """Who asks models, in words; empty if nobody does. Of a command of the user's own nobody knows."""
    asks = (spec for spec in specs if spec.use not in {*WITHOUT_MODELS, "command"} or spec.template or spec.model)
    return next((f"`{spec.role}` asks models" for spec in asks), "")


def _named_badly(front: FrontMatter) -> Iterator[Problem]:
    """Keys that look right and are none, with the reason."""
    if ("inner", "experiments") in front.lines:
        place: Place = ("inner", "experiments")
        yield Problem(line=front.line(place), key=dotted(place), message="is no budget of inner campaigns", fix=_TRIALS)
    if front.values.get("progress") not in (None, "audited"):
        message = "must be `audited`: what fresh trials say that no verdict used; a campaign's own numbers are claims"
        yield Problem(line=front.line(("progress",)), key="progress", message=message, fix="delete the key")


def _inner_problems(keys: CharterKeys, front: FrontMatter) -> Iterator[Problem]:
    if all(getattr(keys.inner, name) is None for name in _BOUNDED):
        fix = "write `inner: {trials: 600}`, or trial_seconds, tokens, cost_usd"
        message = "limits nothing: both arms of a comparison need the same budget"
        yield Problem(line=front.line(("inner",)), key="inner", message=message, fix=fix)
    if keys.organisation == META:
        fix = "name the program.md to improve"
        yield Problem(line=front.line(("organisation",)), key="organisation", message="is this very file", fix=fix)


def _target_problems(keys: CharterKeys, front: FrontMatter) -> Iterator[Problem]:
    """Labs must be there, and no target may be there twice, least of all as a sealed one."""
    seen: dict[str, str] = {}
    for key in ("targets", "holdout"):
        for index, spec in enumerate(getattr(keys, key)):
            place: Place = (key, index)
            plain = _plain(spec)
            if plain in seen:
                sealed = key == "holdout" and seen[plain].startswith("targets")
                message = f"`{printable(spec, QUOTED)}` is also {seen[plain]}" + (
                    ", so it would not be sealed" if sealed else ""
                )
                fix = "name another one, such as another lab" if sealed else "delete one of them"
                yield Problem(line=front.line(place), key=dotted(place), message=message, fix=fix)
            seen.setdefault(plain, dotted(place))
            if problem := _spec_problem(spec):
                yield Problem(line=front.line(place), key=dotted(place), message=problem[0], fix=problem[1])


def _spec_problem(spec: str) -> tuple[str, str] | None:
    """What is wrong with a target as it is written, and the fix."""
    found = _SPEC.fullmatch(spec)
    if found is None:
        if spec.startswith("~"):
            return "must be a folder, absolute or relative to that of meta.md", "write your home folder's name for `~`"
        return None
    lab, instance = found["lab"], found["instance"]
    if lab not in lab_names():
        return f"there is no lab `{printable(lab, QUOTED)}`", f"choose one of: {', '.join(lab_names())}"
    if instance is None:
        return None
    if not is_family(lab):
        return f"the lab `{lab}` is no family, so it has no instances", f"write `{LAB}{lab}`"
    if not (_NUMBER.fullmatch(instance) and int(instance) <= LARGEST_INSTANCE):
        return f"`#{printable(instance, QUOTED)}` names no instance", f"write a number such as `{LAB}{lab}#7`"
    return None


def _plain(spec: str) -> str:
    """A target in one spelling."""
    return spec if spec.startswith(LAB) else os.path.normpath(spec)


def _role_problems(keys: CharterKeys, front: FrontMatter) -> Iterator[Problem]:
    for key in ("allowed_researchers", "researchers"):
        roles = [one.role for one in getattr(keys, key)]
        for index, role in enumerate(roles):
            if role in roles[:index]:
                place: Place = (key, index, "role")
                fix = "name each role once" + (
                    " and write `count: 2`" if key == "researchers" else "; an organisation sets the count"
                )
                yield Problem(line=front.line(place), key=dotted(place), message=f"`{role}` appears twice", fix=fix)
    if all(one.role in ADVISERS for one in keys.allowed_researchers):
        message, place = "none of them proposes changes", ("allowed_researchers",)
        yield Problem(line=front.line(place), key=dotted(place), message=message, fix="add `{role: tuner, use: tuner}`")


def _guard_problems(charter: Charter, front: FrontMatter) -> Iterator[Problem]:
    """A guard bounds from above what inner campaigns use: screening has a part of the budget, and must not break it by that."""
    for index, guard in enumerate(charter.guards):
        if guard.metric not in GUARDED or guard.op.startswith(">"):
            place: Place = ("guards", index)
            message = f"`{guard}` is no bound on what inner campaigns use"
            yield Problem(
                line=front.line(place),
                key=dotted(place),
                message=message,
                fix=f"write an upper bound on one of: {', '.join(GUARDED)}",
            )


def _list(raw: Value | None) -> list[Value]:
    return raw if isinstance(raw, list) else []


def _target(spec: str, names: set[str]) -> Target:
    """A target under a name of its own, which is added to `names`."""
    found = _SPEC.fullmatch(spec)
    lab, instance = (found["lab"], found["instance"]) if found else ("", None)
    stem = lab or _name(_plain(spec))
    name = next(name for number in count(1) if (name := stem if number == 1 else f"{stem}-{number}") not in names)
    names.add(name)
    return Target(
        name=name,
        lab=lab,
        family=bool(lab) and is_family(lab),
        instance=int(instance) if instance else None,
        folder="" if lab else spec,
    )


def _name(folder: str) -> str:
    """The name of a repository as one of a metric."""
    last = re.sub(r"^[\W\d]+", "", re.sub(r"[^\w.-]", "-", folder.rpartition("/")[2]))[:LONGEST_NAME]
    return HERE if folder == "." else last or "target"
