"""`actions.md` as a checked record; mistakes name the file, the line, the key and the fix."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from overnight.actions.asking.schema import KEYS, RoleKeys, RulesKeys
from overnight.actions.charter import (
    ACTIONS,
    ALWAYS_PROTECTED,
    FOUND,
    TEST_GLOBS,
    ActionBudget,
    Role,
    RoleSpec,
    Rules,
)
from overnight.agents.context import AgentSpec
from overnight.errors import ProgramError
from overnight.program.front_matter import FrontMatter, load_front_matter, split_front_matter
from overnight.program.mistakes import Wording, checked
from overnight.program.parser import WRITTEN as OF_PROGRAMS

WRITTEN: Mapping[str, str] = {
    **{key: OF_PROGRAMS[key] for key in ("wall", "memory", "disk", "output", "files", "processes", "allow_exit", "tokens")},
    "cpus": "write how many cores a job gets, such as 1",
    "gpus": "write how many GPUs a job gets, such as 1",
    "cost_usd": "write dollars such as 2, or delete the key for no limit",
    "minutes": "write minutes of one turn of an agent, such as 60",
    "turns": "write how many turns agents have in all, such as 8",
    "roles": "write a list such as [{role: coder, use: claude}, {role: reviewer, use: agent}]",
    "allow": "write hosts such as [pypi.org]",
    "after": "write names of files or numbers of actions, such as [api.md, 7]",
}
OWN = AgentSpec(use="agent")
USUAL_ROLES = tuple(RoleSpec(role=role, agent=OWN) for role in Role)
_WORDING = Wording(known=KEYS, required={"role": f"write `role:` and one of: {', '.join(Role)}"}, written=WRITTEN)
_OPENING = re.compile("\ufeff?---[ \t]*\r?$", re.MULTILINE)
_KEY = re.compile(r"(\w+):(?:\s|$)")


def parse_rules(text: str, path: str = ACTIONS) -> Rules:
    """What `text` says of actions; an empty one says nothing, and one without front matter only speaks to agents.

    Raises:
        ProgramError: the text has mistakes; the message has all of them, each with its line, key and fix.
    """
    front, body = read_front(text, path, keys=KEYS[""])
    keys = checked(RulesKeys, front, _WORDING, path)
    return Rules(
        checks=keys.checks,
        test=keys.test or "",
        test_globs=TEST_GLOBS if keys.test_globs is None else keys.test_globs,
        setup=keys.setup or "",
        setup_inputs=keys.setup_inputs or (),
        show=keys.show or "",
        protected=tuple(dict.fromkeys((*ALWAYS_PROTECTED, *(keys.protected or ())))),
        allow=keys.allow or (),
        roles=_roles(keys.roles or ()),
        readable=keys.readable,
        env=keys.env,
        delivery=keys.deliver.record(),
        limits=keys.limits.record(),
        budget=keys.budget.record(ActionBudget()),
        body=body,
        source=text,
        found=_found(text, front),
    )


def read_front(text: str, path: str, *, keys: Collection[str]) -> tuple[FrontMatter, str]:
    """The front matter of a text that need not have one, and the text below; one that begins with one of `keys` forgot it.

    Raises:
        ProgramError: it is none, or too large.
    """
    nothing = FrontMatter(values={}, lines={}, problems=())
    if not _OPENING.match(text):
        begins = _KEY.match(text.lstrip("\ufeff \t\r\n"))
        if begins is not None and begins[1] in keys:
            fix = "put `---` above the keys and below them; a text begins with another word"
            raise ProgramError("no front matter, but a key", path=path, line=1, key=begins[1], fix=fix)
        split_front_matter(f"---\n---\n{text}", path)  # its size, and that it is Unicode
        return nothing, text.removeprefix("\ufeff")
    front_text, body = split_front_matter(text, path)
    lines = (line.strip() for line in front_text.splitlines())
    if all(line.startswith("#") for line in lines if line):
        return nothing, body
    return load_front_matter(front_text, path), body


def _roles(entries: Sequence[RoleKeys]) -> tuple[RoleSpec, ...]:
    """Every role with its entries, in the order in which they are tried; who reviews also plans and researches.

    Nobody is named to review: the coder does in a fresh context, unless it is a command, which may only know how to edit.
    """
    named = [entry.record() for entry in entries]
    found = {role: [spec for spec in named if spec.role is role] for role in Role}
    usual = {role: [RoleSpec(role=role, agent=OWN)] for role in Role}
    coders = [spec for spec in found[Role.CODER] if spec.agent.command is None]
    usual[Role.REVIEWER] = [replace(spec, role=Role.REVIEWER) for spec in coders] or usual[Role.REVIEWER]
    reviewers = found[Role.REVIEWER] or usual[Role.REVIEWER]
    for role in (Role.PLANNER, Role.RESEARCHER):
        usual[role] = [RoleSpec(role=role, agent=spec.agent, limits=spec.limits) for spec in reviewers]
    return tuple(spec for role in Role for spec in found[role] or usual[role])


def _found(text: str, front: FrontMatter) -> tuple[str, ...]:
    """The keys below the line that says that nobody wrote them."""
    lines = text.split("\n")
    if FOUND not in lines:
        return ()
    below = lines.index(FOUND) + 1
    return tuple(key for key in KEYS[""] if front.lines.get((key,), 0) > below)


def is_rules(text: str, path: str = ACTIONS) -> bool:
    """Whether a text has no mistakes."""
    try:
        parse_rules(text, path)
    except ProgramError:
        return False
    return True
