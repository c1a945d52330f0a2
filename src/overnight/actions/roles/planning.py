"""A planner's answer as a plan, and the actions that a task is split into.

A plan is a proposal: it widens no budget, drops no check and names no other repository.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from overnight.actions.charter import ActionBudget, Request
from overnight.actions.findings import Plan
from overnight.actions.roles.answers import marked
from overnight.models.asking.written import documents
from overnight.program.scope import path_problem
from overnight.words.foreign import one_line, printable_lines

MOST_STEPS = 20
MOST_FILES = 40
MOST_SPLIT = 6  # actions that one task may become
LONGEST = 600  # characters of a step
LONGEST_SPLIT = 4_000  # characters of a part's text
TITLE = 100  # characters
PART = "{text}\n\nThis is part {number} of {count} of a larger task. Do this part alone. The whole task:\n\n{whole}"
KEYS = ("steps", "files", "shows", "research", "split")
MARKS = {"steps": "STEPS?", "files": "FILES?", "shows": "SHOWS?", "research": "RESEARCH", "split": "SPLIT"}


def read_plan(text: str) -> Plan | None:
    """The plan in an answer, by lines with marks or as JSON; None if there is none."""
    found: Mapping[str, Sequence[str]] = {key: marked(text, mark) for key, mark in MARKS.items()}
    if not found["steps"] and not found["split"]:
        found = _from_json(text)
    parts = [printable_lines(part, LONGEST_SPLIT) for part in found["split"] if not _is_nothing(part)]
    split = tuple(parts[:MOST_SPLIT]) if len(parts) > 1 else ()
    plan = Plan(
        steps=tuple(one_line(step, LONGEST) for step in found["steps"][:MOST_STEPS]),
        files=tuple(path for path in map(_path, found["files"][:MOST_FILES]) if path),
        shows=tuple(one_line(show, LONGEST) for show in found["shows"][:MOST_STEPS] if not _is_nothing(show)),
        research="" if split else next((one_line(each, LONGEST) for each in found["research"] if not _is_nothing(each)), ""),
        split=split,
    )
    return plan if plan.steps or plan.split else None


def split_requests(request: Request, plan: Plan, budget: ActionBudget) -> Sequence[Request]:
    """The actions that take a task's place, in order; each after the one before, together within its tokens and dollars."""
    count = len(plan.split)
    share = replace(
        budget,
        tokens=None if budget.tokens is None else budget.tokens // count,
        cost_usd=None if budget.cost_usd is None else budget.cost_usd / count,
    )
    return [
        replace(
            request,
            title=one_line(text.partition("\n")[0], TITLE),
            text=PART.format(text=text, number=number, count=count, whole=request.text),
            budget=share,
            plan=False,
        )
        for number, text in enumerate(plan.split, 1)
    ]


def _path(named: str) -> str:
    """The path that a line names; empty if no file can have it."""
    words = named.split(maxsplit=1)
    path = words[0].strip("`*_\"'").rstrip(".,;:").removeprefix("./") if words else ""
    return "" if not path or path_problem(path) else path


def _is_nothing(text: str) -> bool:
    return text.strip(" .*_`-").lower() in {"", "none", "no", "nothing", "n/a", "not needed"}


def _from_json(text: str) -> Mapping[str, Sequence[str]]:
    """What the first JSON object with our keys says."""
    fitting = (each for each in documents(text) if isinstance(each, dict) and not each.keys().isdisjoint(KEYS))
    document: Mapping[str, object] = next(fitting, {})
    return {key: _texts(document.get(key)) for key in KEYS}


def _texts(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return [value] if value.strip() else []
    return [each for each in value if isinstance(each, str) and each.strip()] if isinstance(value, list) else []
