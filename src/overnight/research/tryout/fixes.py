"""Why a test of a researcher failed, and what a person can do about it."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from overnight.agents.model_source import describe
from overnight.config import Settings
from overnight.errors import RepositoryError
from overnight.git.repository import open_repository
from overnight.models.accounts import AccountState
from overnight.models.breaker import BreakerState
from overnight.program.program import ResearcherSpec
from overnight.research.readiness.role import RoleReadiness
from overnight.research.tryout.repo import FILES
from overnight.research.tryout.result import Failing
from overnight.words.foreign import printable
from overnight.words.quantities import duration

SPENT = "allow it more with --tokens or --cost-usd"
BY_HAND = "run it by hand to see what it says: it asked the gateway for nothing"
OWN_FILES = "try it with `overnight run --experiments 1`"
SMALL = "the model may be too small for an agent: try `overnight agents test editor`"
NAME = 200  # characters of a file's name
LATE = "give it more time with --seconds, or run it by hand to see what it waits for"


def missing(role: RoleReadiness) -> Failing | None:
    """What a researcher lacks before it is tried; None if nothing is known to be missing."""
    if role.ready:
        return None
    fixes = dict.fromkeys(problem.fix for problem in role.fatal if problem.fix)
    return Failing(reason=", and ".join(problem.why for problem in role.fatal), fix=", and ".join(fixes))


def ties(spec: ResearcherSpec, folder: Path) -> Failing | None:
    """Why a command cannot be tried in the throw-away repository: a word of it names a file of the repository around `folder`.

    None if there is no such word.
    """
    if spec.template or not spec.command:
        return None
    try:
        words = shlex.split(spec.command)
    except ValueError:  # the shell will say so
        return None
    try:
        folder = open_repository(folder).toplevel
    except RepositoryError:
        return None
    own = (word for word in words if word not in FILES and not Path(word).is_absolute())
    named = [word for word in own if os.path.isfile(folder / word)]  # noqa: PTH113  # False also for what cannot be a name
    if not named:
        return None
    shown = printable(named[0], NAME)
    return Failing(
        reason=f"its command runs `{shown}` of this repository, which a test in a throw-away one lacks", fix=OWN_FILES
    )


def fix_parked(wait_s: float | None, accounts: Sequence[AccountState], settings: Settings) -> str:
    """What to do if no provider answers, for `wait_s` as far as is known; empty if all of them would."""
    providers = {provider.name: provider for provider in settings.providers}
    out = out_of_service(accounts)
    broken = [providers[account.name] for account in out if account.standing is BreakerState.BROKEN]
    if broken:
        return f"check the account and its key: {'; '.join(map(describe, broken))}"
    if any(account.standing is BreakerState.PARKED for account in out):
        when = f"try again in {duration(wait_s)}, or " if wait_s else ""
        return f"{when}set up another provider: docs/gateway.md"
    if out:
        return f"check whether it answers: {'; '.join(describe(providers[account.name]) for account in out)}"
    return ""


def out_of_service(accounts: Sequence[AccountState]) -> Sequence[AccountState]:
    """The accounts whose last call failed."""
    return [account for account in accounts if account.standing is not BreakerState.READY]


def fix_failed(spec: ResearcherSpec, calls: int) -> str:
    """What to do if an agent ended without an edit."""
    if calls == 0 and spec.use in {"acp", "command"}:
        return BY_HAND
    if spec.use == "agent" and calls:
        return f"{SMALL}, or another model with --model" if spec.model else SMALL
    return "try another model with --model" if spec.model else "name a model of your provider with --model"


def fix_edit(spec: ResearcherSpec) -> str:
    """What to do if a campaign would refuse the edit."""
    if spec.use == "command" and not spec.template:
        return f"if the command is made for your own files, {OWN_FILES}"
    return fix_failed(spec, calls=1)
