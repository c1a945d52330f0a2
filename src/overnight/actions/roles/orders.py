"""What one turn of an agent is ordered with: its prompt, and what its answer may name."""

import secrets
from collections.abc import Collection
from pathlib import Path

from overnight.actions.charter import Role, Rules
from overnight.actions.port import Checkout, Order
from overnight.actions.roles.prompts import DIFF, Material, prompt_of
from overnight.actions.state import Action

CHANGE = ".overnight-change{}.diff"  # in a reviewer's folder, if the diff is longer than what the prompt shows


def order_of(action: Action, role: Role, folder: Path, *, rules: Rules, checkout: Checkout) -> Order:
    """The order of the next turn of an action, in a folder of its newest commit."""
    start = action.start if role in {Role.CODER, Role.RESEARCHER} else action.commit or action.base
    resumed = bool(action.left or action.onto)  # it begins with work in hand, which counts as its change
    diff = "" if start == (under := _under(action, start)) else checkout.diff(under, start)
    paths = checkout.paths(start)
    diff_file = _write_diff(folder, diff, paths) if role is Role.REVIEWER and len(diff) > DIFF else ""
    gone = () if not action.commit else set(checkout.paths(action.commit_base)) - set(paths)
    return Order(
        action=action.number,
        turn=action.turns + 1,
        role=role,
        folder=folder,
        prompt=prompt_of(role, action, Material(rules=rules, paths=paths, diff=diff, diff_file=diff_file)),
        changed=lambda: resumed or checkout.changed(folder, start),
        paths=frozenset((*paths, *gone)),
        unlike=action.agents.get(Role.CODER, "") if role is Role.REVIEWER else "",
    )


def _under(action: Action, start: str) -> str:
    """The commit that the change so far is on: once it goes on from a merge that failed, the head of then."""
    return action.base if action.onto and start != action.commit else action.commit_base or action.base


def _write_diff(folder: Path, diff: str, paths: Collection[str]) -> str:
    """Write the diff beside the files; its name, which is none of the change's own: a coder may write a file of any name."""
    taken = any(path.partition("/")[0] == CHANGE.format("") for path in paths)
    name = CHANGE.format(f"-{secrets.token_hex(4)}" if taken else "")
    with (folder / name).open("x", encoding="utf-8", errors="replace") as file:
        file.write(diff)
    return name
