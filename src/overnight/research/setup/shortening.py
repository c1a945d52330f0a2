"""Makes the first trial shorter if its command takes too long and has an option for how much it does; never silently."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.detection.briefer import briefer_commands
from overnight.program.detection.progress import amount_done
from overnight.program.program import Program
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.committed import committed_text
from overnight.research.setup.amounts import Amount, amount_of, constant_of, endless
from overnight.research.setup.first_look import Proposal, entry_of, rendered, with_note
from overnight.research.setup.python_texts import python_texts
from overnight.research.setup.refinement import FirstRun
from overnight.research.setup.remedies import TIMED_OUT
from overnight.research.setup.wishes import Wishes
from overnight.words.foreign import printable
from overnight.words.quantities import duration

SOON_S = 90.0  # after which a command that can be made shorter is looked at
TARGET_S = 45.0  # for a trial of it
QUICK = 3  # a trial that takes so many times less than the target is made longer
SURE = 0.8  # of the limit: what is expected to take so long is left to end by itself
GUESS = 10  # without progress to read: so many times less is tried next
MOST_TRIED = 6  # shorter commands
SHORTEST_S, MOST_TIMES = 0.5, 100  # of a quick trial: its start is not counted, and so many times more is tried
HALVED = 3  # a first digit up to which a number is rounded to halves of it: 15, 25, but 30
NAME = 120  # characters of a constant that is named
UNENDING = 1000  # what is tried first of a command that would go on for ever and prints no progress
# Python keeps back what it prints into a file, so that nothing would be known of a command that is ended.
_SHOWS_PROGRESS = ("PYTHONUNBUFFERED", "1")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortened:
    """A proposal, and its first trial."""

    proposal: Proposal
    run: FirstRun


class FirstTry(Protocol):
    """Runs the first trial of a program."""

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        """What it measured, opened and printed."""
        ...


async def first_run(proposal: Proposal, repository: Repository, tries: FirstTry, wishes: Wishes, say: Say) -> Shortened:
    """The first trial of a proposal: if its command takes too long and can be made shorter, of a shorter one.

    A command that the user named stays as it is, and one that cannot be made shorter gets its whole limit.
    """
    ways = _ways(proposal, repository)
    limits = entry_of(proposal, "limits")
    own_limit = wishes.wall is None and limits is not None and isinstance(limits.value, dict) and "wall" in limits.value
    if wishes.measure is not None or own_limit or not (ways.amount or ways.suites):
        run = await tries.first(repository, proposal.program)
        return Shortened(proposal=proposal, run=_advised(run, ways) if _timed_out(run) else run)
    shortening = _Shortening(proposal=proposal, repository=repository, tries=tries, by_hand=wishes.wall is not None, say=say)
    run = await shortening.run(shortening.command, min(SOON_S, shortening.limit_s))
    if not _timed_out(run):
        return Shortened(proposal=proposal, run=run)
    return await (shortening.less(ways.amount, run) if ways.amount else shortening.briefer(ways.suites, run))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """How a command can be made shorter."""

    amount: Amount | None  # by an option for how much it does
    suites: Sequence[tuple[str, str]]  # by other commands, each with what is set in it
    constant: str  # by a person who edits this one
    endless: str  # by a person who gives the loop of this file an end


def _ways(proposal: Proposal, repository: Repository) -> _Ways:
    command = proposal.program.measure or ""
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        read = committed_text(history, start)
        texts = python_texts(command, [file.path for file in history.files(start)], read)
        suites = briefer_commands(command, criterion="criterion" in (read("Cargo.toml") or ""))
    return _Ways(amount=amount_of(command, texts), suites=suites, constant=constant_of(texts), endless=endless(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shortening:
    """Tries shorter commands, one after the other."""

    proposal: Proposal
    repository: Repository
    tries: FirstTry
    by_hand: bool  # the user set the limit
    say: Say

    @property
    def command(self) -> str:
        return self.proposal.program.measure or ""

    @property
    def limit_s(self) -> float:
        return self.proposal.program.limits.wall_s

    @property
    def target_s(self) -> float:
        return self.limit_s / 2 if self.by_hand else min(TARGET_S, self.limit_s / 2)

    async def run(self, command: str, limit_s: float) -> FirstRun:
        """One trial of a command."""
        program = self.proposal.program
        given = any(name == _SHOWS_PROGRESS[0] for name, _ in program.env)
        env = program.env if given else (*program.env, _SHOWS_PROGRESS)
        limits = replace(program.limits, wall_s=limit_s)
        return await self.tries.first(self.repository, replace(program, measure=command, env=env, limits=limits))

    async def less(self, amount: Amount, run: FirstRun) -> Shortened:
        """With a smaller amount, chosen by how far the command came."""
        done = _done(run, amount)
        known = done and amount.number
        expected_s = run.observed.trial.wall_s * amount.number / done if done and amount.number else self.limit_s
        if self.limit_s > SOON_S and (expected_s <= SURE * self.limit_s if known else self.by_hand):
            self.say(f"It takes longer than {duration(SOON_S)}: trying again, for up to {duration(self.limit_s)}.")
            run = await self.run(self.command, self.limit_s)
            if not _timed_out(run):
                return Shortened(proposal=self.proposal, run=run)
        return await self._search(amount, run, self._fewer(amount, amount.number, run))

    async def briefer(self, suites: Sequence[tuple[str, str]], run: FirstRun) -> Shortened:
        """With the options of a benchmark's runner; the last of them with the whole limit."""
        for index, (command, what) in enumerate(suites):
            self.say(f"It takes longer than {duration(run.observed.trial.wall_s)}: trying it with {what}.")
            run = await self.run(command, self.limit_s if index == len(suites) - 1 else min(SOON_S, self.limit_s))
            if not _timed_out(run):
                return self._shortened(command, f"`{what}`", run)
        return Shortened(proposal=self.proposal, run=_even(run, f"`{suites[-1][1]}`"))

    async def _search(self, amount: Amount, run: FirstRun, number: int) -> Shortened:
        """The amount with which a trial takes about as long as it should."""
        best: tuple[int, FirstRun] | None = None
        for _ in range(MOST_TRIED):
            how = "only " if best else "longer than "
            self.say(f"It takes {how}{duration(run.observed.trial.wall_s)}: trying `{amount.words(number)}`.")
            whole = self.by_hand or number == 1
            run = await self.run(amount.of(self.command, number), self.limit_s if whole else min(SOON_S, self.limit_s))
            more = number if best or _timed_out(run) else self._more(amount, number, run)
            if more > number:
                best, number = (number, run), more
            elif not _timed_out(run) or best or number == 1:
                break
            else:
                number = self._fewer(amount, number, run)
        number, run = best if best and _timed_out(run) else (number, run)
        if _timed_out(run):
            return Shortened(proposal=self.proposal, run=_even(run, f"`{amount.words(number)}`"))
        of = f" of {amount.number}" if amount.number else ", where it would go on without end"
        return self._shortened(amount.of(self.command, number), f"`{amount.words(number)}`{of}", run)

    def _fewer(self, amount: Amount, number: int | None, run: FirstRun) -> int:
        """The amount to try after one that took too long."""
        if done := _done(run, amount):
            wanted = _rounded(done * self.target_s / run.observed.trial.wall_s)
        else:
            wanted = number // GUESS if number else UNENDING
        return max(1, min(wanted, number - 1) if number else wanted)

    def _more(self, amount: Amount, number: int, run: FirstRun) -> int:
        """The amount to try after one that ended; the same if that took long enough, or has no value."""
        trial = run.observed.trial
        if trial.value is None or trial.wall_s * QUICK > self.target_s:
            return number
        wanted = _rounded(number * min(self.target_s / max(trial.wall_s, SHORTEST_S), MOST_TIMES))
        return max(number, min(wanted, amount.number // 2) if amount.number else wanted)

    def _shortened(self, command: str, what: str, run: FirstRun) -> Shortened:
        """The proposal of a shorter command, which says so."""
        entry = entry_of(self.proposal, "measure")
        takes = duration(run.observed.trial.wall_s)
        said = f"{what}, so that a trial takes {takes}"
        why = f"{said}; {entry.reason}" if entry else said  # a long reason is shortened at its end
        detected = self.proposal.detected.having(FrontMatterEntry(key="measure", value=command, reason=why))
        note = f"made shorter: {said}; raise it together with `limits: {{wall: ...}}` (--wall)"
        return Shortened(proposal=with_note(rendered(detected, self.proposal.body), note), run=run)


def _timed_out(run: FirstRun) -> bool:
    return run.observed.trial.value is None and TIMED_OUT.match(run.observed.trial.reason) is not None


def _done(run: FirstRun, amount: Amount) -> int:
    return amount_done(run.output, amount.unit, amount.number)


def _advised(run: FirstRun, ways: _Ways) -> FirstRun:
    """A trial that took too long, whose reason says what makes the command shorter, if that is known."""
    if ways.amount:
        return _explained(run, f"; `{ways.amount.option.strip()}` makes the command shorter")
    if ways.endless:
        loop = f"`{printable(ways.endless, NAME)}` has a loop without end"
        return _explained(run, f"; {loop}: commit an option for how much it does, such as `--steps`")
    if ways.constant:
        return _explained(
            run, f"; `{printable(ways.constant, NAME)}` says how much it does: commit a smaller one, or an option"
        )
    return run


def _even(run: FirstRun, what: str) -> FirstRun:
    """A trial that took too long although its command was made shorter, whose reason says so."""
    return _explained(run, f", even with {what}")


def _explained(run: FirstRun, more: str) -> FirstRun:
    trial = run.observed.trial
    return replace(run, observed=replace(run.observed, trial=replace(trial, reason=f"{trial.reason}{more}")))


def _rounded(number: float) -> int:
    """A number that is easily said, and not larger."""
    whole = int(number)
    scale = int("1" + "0" * (len(str(whole)) - 1))
    step = max(scale // 2, 1) if whole < HALVED * scale else scale
    return whole // step * step
