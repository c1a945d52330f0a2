"""Actions that a campaign does the work of: a verified improvement of a metric in place of a coder's turn.

The campaign runs in a private repository that has the objects of the user's and nothing else of it, from the action's base and
by the `program.md` there. What it kept becomes the action's change: checked, reviewed, judged and merged like any other.

What `program.md` names runs in the campaign's own jail, with the user's settings. So it is taken only as it is on the user's
own branch, and if somebody else than the owner asked, only if the owner allows it.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from overnight.actions.charter import ActionBudget, Role
from overnight.actions.findings import TurnOutcome
from overnight.actions.port import Order, Trunk, Worker
from overnight.actions.state import ENDED, Action
from overnight.errors import UserError
from overnight.files.folders import closing_descriptor, create_file, delete_file, opened, remove_tree, write_all
from overnight.files.own import make_folder
from overnight.git import process
from overnight.git.port import FileChange, changes_between
from overnight.git.repository import Repository, open_repository
from overnight.machines.share import search_path
from overnight.models.usage import Usage
from overnight.operations.principal import OWNER
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM
from overnight.words.foreign import printable
from overnight.words.quantities import counted

if TYPE_CHECKING:
    from overnight.research.state import State

FOLDER = "campaigns"  # in the record's folder
TAG = "action"  # of the campaign, in a repository of its own
READY = "ready"  # beside it: it is whole
IDENTITY = ("-c", "user.name=overnight", "-c", "user.email=overnight@localhost")
SUBJECT = 200  # characters of a kept change
OWNERS = frozenset(("owner", str(OWNER)))
SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignWorker:
    """The port `Worker`: a campaign for the first turn of an action's coder, agents for all others."""

    agents: Worker
    repository: Repository
    trunk: Trunk
    place: Path  # the action's own folder for it, kept until the action has a commit
    action: Callable[[], Action]  # as it is now
    budget: ActionBudget
    sandbox: str

    async def turn(self, order: Order) -> TurnOutcome:
        """A campaign to its end, or an agent's turn; whatever comes of it is an outcome."""
        action = self.action()
        if order.role is not Role.CODER or not action.request.measure or action.commit:
            return await self.agents.turn(order)
        try:
            return await self._campaign(action, order.folder)
        except UserError as error:
            return TurnOutcome(text="", reason=printable(str(error).splitlines()[0], SHOWN), agent="campaign")

    async def _campaign(self, action: Action, folder: Path) -> TurnOutcome:
        from overnight.research.kind import USUAL
        from overnight.research.loop.stop import Stop
        from overnight.research.wiring import SessionRequest, open_session

        self._require_program(action)
        private = await to_thread.run_sync(self._private, action.base)
        request = SessionRequest(tag=TAG, sandbox=self.sandbox, hours=self.budget.minutes / 60)
        kind = replace(USUAL, seen_from=self.repository)
        with open_session(private, request, Stop(), [], kind=kind) as campaign:
            ending = (await campaign.run()).ending
            state = campaign.journal.state
        outcome = _outcome(state, ending.detail or str(ending.reason))
        if not outcome.reason:
            await to_thread.run_sync(_write_kept, private, state, folder)
        return outcome

    def _require_program(self, action: Action) -> None:
        """Check that the program is the user's own word; raises UserError."""
        from overnight.research.places.allowed import require_allowed

        text = self.trunk.text(action.base, PROGRAM)
        if not text:
            raise UserError(f"there is no {PROGRAM} to measure by", fix="write one with `overnight init`, and commit it")
        if text != self.trunk.text(self.trunk.owners(), PROGRAM):
            raise UserError(f"{PROGRAM} differs from that on your branch", fix="merge overnight/main into your branch first")
        if action.by not in OWNERS:
            require_allowed(parse_program(text, PROGRAM), self.repository.toplevel)

    def _private(self, base: str) -> Repository:
        """The campaign's own repository, at the base; made again if that was cut off."""
        folder, ready = self.place / "repository", self.place / READY
        make_folder(self.place.parent)
        make_folder(self.place)
        if not ready.exists():
            remove_tree(folder)
            _git("init", "-q", "-b", "main", str(folder), at=self.place)
            objects = self.repository.common_dir / "objects"
            (folder / ".git/objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
            _git("reset", "-q", "--hard", base, at=folder)
            ready.touch()
        return open_repository(folder)


def campaign_place(records: Path, action: Action) -> Path:
    """Where an action's private campaign is, in the folder of the record of all actions."""
    return records / FOLDER / str(action.number)


def forget_campaign(records: Path, action: Action) -> None:
    """Delete an action's private campaign if its outcome is a commit by now, or nobody wants it any more."""
    if action.request.measure and (action.commit or action.stage in ENDED):
        remove_tree(campaign_place(records, action))


def _outcome(state: "State", ended: str) -> TurnOutcome:
    from overnight.research.views.review import change, unread

    tally = state.tally
    usage = Usage(input_tokens=tally.tokens, cost_usd=tally.cost_usd)
    held = unread(state)
    lines = [f"A campaign of {counted(tally.experiments, 'experiment')} kept {counted(len(state.kept), 'change')}."]
    for kept in state.kept:
        said = change(state, kept, "")
        lines.append(f"\n{printable(said.subject, SUBJECT)}\n{said.body}")
    reason = str(held) if held else "" if state.kept else f"the campaign kept nothing: {ended}"
    return TurnOutcome(text="\n".join(lines), reason=reason, usage=usage, wall_s=tally.trial_wall_s, agent="campaign")


def _write_kept(private: Repository, state: "State", folder: Path) -> None:
    """Make a folder's files what the campaign's head has."""
    from overnight.git.history import GitHistory

    with closing(GitHistory(private)) as history:
        _write(folder, changes_between(history, state.start, state.head))


def _write(folder: Path, changes: Sequence[FileChange]) -> None:
    """Make a folder's files what they are after some changes."""
    with opened(folder) as root:
        for change in changes:
            if os.path.lexists(folder / change.path):
                delete_file(root, change.path)
        for change in changes:
            if change.content is not None:
                with closing_descriptor(create_file(root, change.path, executable=change.executable)) as file:
                    write_all(file, change.content)


def _git(*arguments: str, at: Path) -> None:
    """Run git without the user's settings, which must not affect a repository of ours."""
    environment = {"PATH": search_path(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    done = process.run([*IDENTITY, *arguments], folder=at, environment=environment)
    if done.returncode:
        said = printable(done.stderr.decode(errors="replace").strip(), SHOWN)
        raise UserError(f"git {arguments[0]} fails in {at}: {said}", fix="make room on the disk, and see `git fsck`")
