"""What is done with a merged action beside the trunk: a branch of it is pushed, and a command of the user's runs then.

Both happen outside the jail, with the user's own credentials. So they are what `actions.md` says on the user's own branch,
which no action can change, and a person has allowed this very address and this very command once.

Does not cover: a delivery that was cut off by a kill, which is done again: the push changes nothing then, the command may.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import anyio

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.charter import ACTIONS
from overnight.actions.events import Delivered, Event
from overnight.actions.state import Action
from overnight.actions.trunk.trunk import GitTrunk
from overnight.errors import UserError
from overnight.git.deadline import Deadline
from overnight.git.process import inherited
from overnight.git.push import push, push_address, shown
from overnight.git.repository import Repository
from overnight.user_command import run_for_output
from overnight.words.foreign import printable

PUSH_S = 120.0
THEN_S = 120.0
MOST_BYTES = 100_000  # that the command may print
LINE = 300  # characters of it that are kept
SLUG = 40  # characters
BRANCH, TITLE = "OVERNIGHT_BRANCH", "OVERNIGHT_TITLE"  # variables of the command
# What a command gets of our environment: enough to find its own settings, and the tokens that such commands read.
PASSED_ON = (
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"),
    *("GH_TOKEN", "GITHUB_TOKEN", "GH_HOST", "GITLAB_TOKEN", "GITLAB_HOST"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPlan:
    """What a delivery would do, as a person reads it before it is allowed."""

    branch: str  # on the remote
    remote: str
    url: str
    command: str  # that runs after the push, as it is written; empty: none
    digest: str  # of what is allowed: the repository, the address and the command


def planned(action: Action, trunk: GitTrunk, repository: Repository) -> DeliveryPlan:
    """What the delivery of an action would do.

    Raises:
        UserError: actions.md on the user's branch names no remote, or one that we do not push to, or has mistakes.
    """
    delivery = parse_rules(trunk.text(trunk.owners(), ACTIONS)).delivery
    if not delivery.push:
        raise UserError(f"{ACTIONS} on your branch names no remote any more", fix="write `deliver: {push: REMOTE}`")
    url = push_address(repository, delivery.push)
    allowed = json.dumps([str(repository.toplevel), url, delivery.then])
    digest = hashlib.sha256(allowed.encode()).hexdigest()
    return DeliveryPlan(branch=branch_of(action), remote=delivery.push, url=url, command=delivery.then, digest=digest)


def branch_of(action: Action) -> str:
    """The name that an action's branch has on a remote."""
    words = re.sub(r"[^a-z0-9]+", "-", action.request.title.lower()).strip("-")[:SLUG].strip("-")
    return f"overnight/{action.number}-{words}" if words else f"overnight/{action.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """Deliveries of one repository."""

    repository: Repository
    trunk: GitTrunk
    allowed: Callable[[], Collection[str]]  # digests
    record: Callable[[Event], Action]  # the action after the event
    scrub: Callable[[str], str]  # hides secrets in what is kept

    async def step(self, action: Action) -> Action:
        """Deliver a merged action; what comes of it is recorded."""
        where, problem = "", ""
        try:
            plan = planned(action, self.trunk, self.repository)
            if plan.digest in self.allowed():
                where = await self._deliver(action, plan)
            else:
                then = f" and run `{printable(plan.command, LINE)}`" if plan.command else ""
                how = f"`overnight deliver {action.number}` shows it, and how to allow it"
                problem = f"it would push to {shown(plan.url)}{then}: {how}"
        except UserError as error:
            problem = printable(str(error), LINE)
        return self.record(Delivered(action=action.number, where=self.scrub(where), problem=self.scrub(problem)))

    async def _deliver(self, action: Action, plan: DeliveryPlan) -> str:
        """Push, and run the command; where it is then.

        Raises:
            UserError: one of the two failed.
        """
        deadline = Deadline.within(PUSH_S, check=anyio.from_thread.check_cancelled)
        pushing = partial(push, self.repository, url=plan.url, commit=action.merged, branch=plan.branch, deadline=deadline)
        await anyio.to_thread.run_sync(pushing)
        where = f"{plan.branch} on {shown(plan.url)}"
        said = await self._then(plan, action.request.title) if plan.command else ""
        return f"{where}: {said}" if said else where

    async def _then(self, plan: DeliveryPlan, title: str) -> str:
        """The last line that the user's command prints.

        What it is filled in with stands in variables, whose values no shell reads as commands, however the user quoted them.
        """
        command = printable(plan.command, LINE)
        filled = plan.command.replace("{branch}", f'"${BRANCH}"').replace("{title}", f'"${TITLE}"')
        argv = ["/bin/sh", "-c", f"exec 2>&1\n{filled}"]
        environment = {**inherited(*PASSED_ON), BRANCH: plan.branch, TITLE: title.replace("\0", "")}
        try:
            printed = await run_for_output(
                argv, environment=environment, wall_s=THEN_S, most_bytes=MOST_BYTES, folder=self.repository.toplevel
            )
        except TimeoutError:
            raise UserError(f"it is pushed, but `{command}` did not end within {THEN_S:g} s") from None
        except OSError as error:
            raise UserError(f"it is pushed, but `{command}` does not start: {error.strerror}") from None
        lines = [line for line in printed.output.decode("utf-8", "replace").splitlines() if line.strip()]
        last = printable(lines[-1].strip(), LINE) if lines else ""
        if printed.code is None:
            raise UserError(f"it is pushed, but `{command}` printed more than {MOST_BYTES:,} bytes, and was ended")
        if printed.code:
            raise UserError(f"it is pushed, but `{command}` exited with {printed.code}: {last or 'it printed nothing'}")
        return last
