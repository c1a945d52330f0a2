"""Opens or resumes a campaign: what a session records before it does anything else."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from overnight import __version__
from overnight.errors import ProgramError, UserError
from overnight.gate.gate import RULES
from overnight.git.port import History, branch_of
from overnight.program.fit import check_fit
from overnight.program.judge.rules import check_judge
from overnight.program.program import Program
from overnight.research.events import CampaignOpened, EnvironmentChanged, Event, ProgramChanged, SessionStarted
from overnight.research.loop.branch import moved_by_others
from overnight.research.loop.committed import committed_text
from overnight.research.places.fingerprint import changes
from overnight.research.record.port import Ledger
from overnight.research.record.restore import restore
from overnight.research.state import State, begin, fold

# What cannot change during a campaign.
FIXED = (
    *("metric", "measure", "produce", "score", "artifacts", "prepare", "inputs", "editable", "hidden", "holdout", "audit"),
    *("checks", "guards", "env", "limits", "judge_may_change"),
)
FIXED_OF_GATE = ("error_rate", "noise", "expensive")
MOST_RECORDED = 100  # paths of what judges a proposal and may be changed by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The first events of a session."""

    ledger: Ledger
    history: History
    sandbox: str  # name of the executor
    environment: Callable[[Program], Mapping[str, str]]  # what trials of a program depend on, as it is now
    secret: str = ""  # of a new campaign; empty: drawn
    start: str = ""  # commit that it begins at; empty: the one that is checked out

    def open(self, program: Program, tag: str) -> State:
        """Record a new campaign.

        Raises:
            ProgramError: the program does not fit the commit that is checked out.
        """
        start = self.start or self.history.resolve_start()
        check_fit(program, [file.path for file in self.history.files(start)])
        editable_judges = self._check_judge(program, start)
        opened = CampaignOpened(
            tag=tag,
            version=__version__,
            program=program.source,
            start=start,
            secret=self.secret or secrets.token_hex(16),
            file=program.path,
            sandbox=self.sandbox,
            environment=self.environment(program),
            rules=RULES,
            editable_judges=tuple(editable_judges)[:MOST_RECORDED],
        )
        self.ledger.append(opened)
        return begin(opened)

    def take_up(self, program: Program, tag: str) -> State:
        """Open a campaign with this tag, or continue the existing one; its branch is then where the record says.

        Raises:
            UserError: somebody changed the record, the branch, or a key that must not change.
        """
        self.ledger.require_intact()
        state = restore(self.ledger)
        state = self._first_session(program, tag) if state is None else self._further_session(state, program)
        self._check_branch(state)
        return state

    def _first_session(self, program: Program, tag: str) -> State:
        if self.history.branch_head(tag) not in (None, self.start or self.history.resolve_start()):
            raise UserError(f"the branch {branch_of(tag)} already exists", fix="choose another --tag")
        return self.open(program, tag)

    def _further_session(self, state: State, program: Program) -> State:
        if state.gate.rules != RULES:
            what = f"the campaign `{state.tag}` began with rules {state.gate.rules} of the gate, and this overnight has {RULES}"
            raise UserError(what, fix="go on with the version that it began with, or start a new campaign with --tag")
        _check_fixed(state.program, program, state.tag)
        try:
            self._check_judge(program, state.start)
        except ProgramError as error:
            error.fix += "; then start a new campaign with --tag"
            raise
        events: list[Event] = [SessionStarted(version=__version__, sandbox=self.sandbox, elapsed_s=state.elapsed_s)]
        if state.program.digest != program.digest:
            events.append(ProgramChanged(program=program.source))
        now = self.environment(program)
        if changed := changes(state.environment, now):
            events.append(EnvironmentChanged(environment=now, changed=changed))
        self.ledger.append(*events)
        return fold(state, events)

    def _check_judge(self, program: Program, start: str) -> Sequence[str]:
        paths = [file.path for file in self.history.files(start)]
        return check_judge(program, paths, committed_text(self.history, start))

    def _check_branch(self, state: State) -> None:
        """Create the branch if it is not there; it must be at the head, or at a keep that a kill left half recorded."""
        head = self.history.branch_head(state.tag)
        if head is None:
            self.history.advance(tag=state.tag, old=None, new=state.head)
        elif head not in {state.head, *(opened.commit for opened in state.open if opened.conclusion)}:
            raise moved_by_others(state)


def changed_for_good(old: Program, new: Program) -> list[str]:
    """The keys that changed and cannot change during a campaign."""
    changed = [key for key in FIXED if getattr(old, key) != getattr(new, key)]
    return changed + [f"gate.{key}" for key in FIXED_OF_GATE if getattr(old.gate, key) != getattr(new.gate, key)]


def _check_fixed(old: Program, new: Program, tag: str) -> None:
    if changed := changed_for_good(old, new):
        names = ", ".join(changed)
        what = f"{old.path}: {names} changed since the campaign `{tag}` began, so old and new verdicts are not comparable"
        raise UserError(what, fix="restore it, or start a new campaign with --tag")
