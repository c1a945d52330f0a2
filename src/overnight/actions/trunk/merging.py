"""The merge queue: one accepted commit of an action onto the trunk, checked as it will be there, one at a time in a repository.

Nothing lands unchecked. A check that fails once is tried again; one that fails on the head as well is not held against the
action, but the trunk is broken then, and that is noted.
"""

import shlex
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial

from anyio import to_thread

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.charter import ACTIONS, Rules
from overnight.actions.checkouts.preparation import USUAL_INPUTS
from overnight.actions.events import Event, Judged, Merged, Returned, TrunkNoted, Word
from overnight.actions.findings import CheckOutcome, RiskKind
from overnight.actions.port import Checks, MergeTry, Trunk
from overnight.actions.state import Action, TrunkState
from overnight.errors import ProgramError
from overnight.program.scope import matches
from overnight.words.foreign import printable
from overnight.words.quantities import listed

FAILURES = 3  # of a check that failed, after which it is believed
PASSES = 2  # of one that failed first, after which it is called flaky
MOST_NAMED, PATH = 10, 200  # files in a message, and characters of each
TRIES = 5  # merges of one action onto a head that somebody else keeps moving
MESSAGE = "{title}\n\n{text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What the checks of a merged tree came to."""

    passed: Sequence[str] = ()
    flaky: Sequence[str] = ()  # of them, those that failed first
    failing: Sequence[str] = ()  # as on the head before
    broken: Sequence[CheckOutcome] = ()  # that the head passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """Merges of one action."""

    rules: Rules
    checks: Checks
    trunk: Trunk
    record: Callable[[Event], Action]  # the action after the event
    known: Callable[[], TrunkState | None]  # how the board says that the trunk stands
    alone: Callable[[], AbstractAsyncContextManager[None]]  # nobody else merges in this repository meanwhile

    async def step(self, action: Action) -> Action:
        """Merge it, or return it; the action as it was if the trunk cannot be moved now."""
        async with self.alone():
            if landed := self.trunk.landed(action=action.number, commit=action.accepted):
                return self.record(Merged(action=action.number, commit=landed, parent="", deliver=self._remote()))
            if held := self.trunk.held():
                return self._note(action, held=held)
            if self._state.held:
                self._note(action)  # not any more
            action = await self.take_in(action)
            for _ in range(TRIES):
                ended = await self._try(action)
                if ended is not None:
                    return ended
            return action

    async def catch_up(self, action: Action) -> Action:
        """Take in what the user committed, before an action begins on the trunk."""
        if not self.trunk.news():  # else a merge that is under way would be waited for
            return action
        async with self.alone():
            return await self.take_in(action)

    async def take_in(self, action: Action) -> Action:
        """Take in what the user committed meanwhile, if it fits; if not, the person is asked, and the trunk goes on without."""
        if said := self.trunk.changed():
            action = self._note(action, said=said)
        news = self.trunk.news()
        if not news or self.trunk.held():
            return action
        joined = await to_thread.run_sync(self.trunk.join, news)
        branch = self.trunk.branch
        name = shlex.quote(branch)
        fix = f"to merge it yourself: git switch overnight/main; git merge {name}; git switch {name}"
        if not joined.commit:
            files = listed((printable(path, PATH) for path in joined.conflicts), MOST_NAMED, noun="file")
            return self._note(action, apart=f"{news[:12]} on {branch} conflicts with what was merged in {files}; {fix}")
        broken: Sequence[str] = ()
        misfit = f"{news[:12]} on {branch} does not fit on what was merged: "
        if joined.commit != news:
            if self._state.apart.startswith(misfit):  # its checks would fail again before each merge
                return action
            verdicts = await self._verdicts(action, joined, also=news)
            if verdicts.broken:
                what = f"`{verdicts.broken[0].command}` fails when both are there: {verdicts.broken[0].reason}"
                return self._note(action, apart=f"{misfit}{what}; {fix}")
            broken = verdicts.failing
        if self.trunk.advance(old=joined.onto, new=joined.commit) and (self._state.apart or broken):
            return self._note(action, apart="", broken=broken)
        return action

    def leftovers(self, action: Action, commit: str) -> Sequence[CheckOutcome]:
        """What of a conflict is still in a commit, as a check that fails."""
        left = self.trunk.leftovers(commit, conflicts=action.conflicts, beside=action.beside)
        why = listed(left, MOST_NAMED, "; ", noun="file")
        return (
            [CheckOutcome(command="no conflict is left", passed=False, reason=why, excerpt=tuple(left[:MOST_NAMED]))]
            if left
            else []
        )

    def carried(self, action: Action) -> Judged | None:
        """A person's word on an earlier commit, for this one: only what conflicted was changed since, and all is well."""
        if not action.accepted_before or not action.conflicts or action.unusable or action.evidence is None:
            return None
        if action.evidence.broken or action.findings is None or action.blocking:
            return None
        if any(risk.kind is RiskKind.PROTECTED for risk in action.evidence.risks) or action.evidence.weakened:
            return None
        changed = {*self.trunk.differing(action.joined, action.commit)}
        if not changed <= {*action.conflicts, *action.beside}:
            return None
        if self.rules.setup and any(matches(path, self.rules.setup_inputs or USUAL_INPUTS) for path in changed):
            return None  # it would run, with the network, on what no person has read
        by, before = action.judged_by, action.accepted_before
        return Judged(action=action.number, word=Word.ACCEPT, by=by, commit=action.commit, carried=before)

    async def _try(self, action: Action) -> Action | None:
        """Merge or return; None if the head has moved meanwhile."""
        message = MESSAGE.format(title=action.request.title, text=action.request.text)
        merge = partial(
            self.trunk.merge, action=action.number, base=action.commit_base, commit=action.accepted, message=message
        )
        tried = await to_thread.run_sync(merge)
        if not tried.commit:
            return self._return(action, tried, why=listed(tried.whys, MOST_NAMED, "; ", noun="file"))
        verdicts = await self._verdicts(action, tried)
        if verdicts.broken:
            first = verdicts.broken[0]
            why = "\n".join((f"`{first.command}` fails: {first.reason}", *first.excerpt))
            return self._return(action, replace(tried, start=tried.commit), why=why)
        if not self.trunk.advance(old=tried.onto, new=tried.commit):
            return self._note(action, held=held) if (held := self.trunk.held()) else None
        return self.record(
            Merged(
                action=action.number,
                commit=tried.commit,
                parent=tried.onto,
                checks=verdicts.passed,
                flaky=verdicts.flaky,
                failing=verdicts.failing,
                deliver=self._remote(),
            )
        )

    def _return(self, action: Action, tried: MergeTry, *, why: str) -> Action:
        return self.record(
            Returned(
                action=action.number,
                why=why,
                onto=tried.onto,
                conflicts=tried.conflicts,
                beside=tried.beside,
                start=tried.start,
            )
        )

    async def _verdicts(self, action: Action, tried: MergeTry, *, also: str = "") -> Verdicts:
        """The checks on a merged tree; one that fails on the head too, or on the commit `also`, is not held against it."""
        seen = self._seen(action, tried.commit)
        left = self.leftovers(action, tried.commit)
        commands = await to_thread.run_sync(self._commands, action, tried)
        if isinstance(commands, CheckOutcome):
            return Verdicts(broken=(commands,))
        first = [seen.get(command) or await self._run(tried.commit, command) for command in commands]
        passed, flaky, failing, broken = [], [], [], list(left)
        for outcome in first:
            settled = outcome if outcome.passed else await self._settle(tried.commit, outcome)
            if settled.passed:
                passed.append(settled.command)
                flaky.extend([] if outcome.passed else [settled.command])
            elif await self._fails_before(settled.command, (tried.onto, also)):
                failing.append(settled.command)
            else:
                broken.append(settled)
        return Verdicts(passed=tuple(passed), flaky=tuple(flaky), failing=tuple(failing), broken=tuple(broken))

    def _seen(self, action: Action, merged: str) -> dict[str, CheckOutcome]:
        """Checks that passed on the very same files."""
        if not action.evidence or action.accepted != action.commit or not self.trunk.same_files(merged, action.commit):
            return {}
        return {outcome.command: outcome for outcome in action.evidence.after if outcome.passed}

    def _commands(self, action: Action, tried: MergeTry) -> Sequence[str] | CheckOutcome:
        """The checks of the head, those that the change adds, and the action's own; an outcome if actions.md is wrong now."""
        rules = [self._rules(tried.onto) or self.rules]
        try:
            rules.append(parse_rules(self.trunk.rules(tried.commit)))
        except ProgramError as error:
            if self._rules(tried.onto):
                return CheckOutcome(command=f"read {ACTIONS}", passed=False, reason=str(error).splitlines()[0])
        checks = [check for each in rules for check in each.checks]
        return tuple(dict.fromkeys((*checks, *action.request.checks)))

    def _rules(self, commit: str) -> Rules | None:
        """What actions on a commit go by; None if its actions.md has mistakes."""
        try:
            return parse_rules(self.trunk.rules(commit))
        except ProgramError:
            return None

    def _remote(self) -> str:
        """Where a merged action is pushed to: what the user's own branch says, which no action can change."""
        try:
            return parse_rules(self.trunk.text(self.trunk.owners(), ACTIONS)).delivery.push
        except ProgramError:
            return ""

    async def _run(self, commit: str, command: str) -> CheckOutcome:
        return (await self.checks.run(commit, [command]))[0]

    async def _settle(self, commit: str, failed: CheckOutcome) -> CheckOutcome:
        """What a check comes to that failed once: it is tried until it has failed, or passed, often enough."""
        failures, passes = 1, 0
        while failures < FAILURES:
            outcome = await self._run(commit, failed.command)
            if outcome.passed:
                passes += 1
                if passes == PASSES:
                    return outcome
            else:
                failures, failed = failures + 1, outcome
        return failed

    async def _fails_before(self, command: str, commits: Sequence[str]) -> bool:
        """Whether a check fails on one of some commits by itself."""
        for commit in filter(None, commits):
            outcome = await self._run(commit, command)
            if not outcome.passed and not (await self._settle(commit, outcome)).passed:
                return True
        return False

    @property
    def _state(self) -> TrunkState:
        return self.known() or TrunkState(head="")

    def _note(
        self,
        action: Action,
        *,
        held: str = "",
        apart: str | None = None,
        broken: Sequence[str] | None = None,
        said: str = "",
    ) -> Action:
        """Note how the trunk stands, if that is new."""
        old = self._state
        noted = TrunkNoted(
            action=action.number,
            repo=action.request.repo,
            head=self.trunk.head(),
            held=held,
            apart=old.apart if apart is None else apart,
            broken=old.broken if broken is None else broken,
            said=said,
        )
        same = (old.held, old.apart, tuple(old.broken)) == (noted.held, noted.apart, tuple(noted.broken))
        return action if same and not said else self.record(noted)
