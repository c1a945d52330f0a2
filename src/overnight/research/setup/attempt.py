"""The first trial of one command that `init` proposes, and the proposal as that trial makes it."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from overnight.errors import UserError
from overnight.git.repository import Repository
from overnight.program.detection.outside import OUTSIDE
from overnight.program.detection.run_alone import METRIC, timed_alone
from overnight.program.detection.session_scope import LEFT_OUT
from overnight.program.program import Program
from overnight.research.setup.causes.table import fix_of
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, entry_of, rendered
from overnight.research.setup.missing import MOST_ADDED, Failed, with_missing
from overnight.research.setup.no_value import UselessError, known_in_init, values_of
from overnight.research.setup.refinement import FirstRun, refined, reread
from overnight.research.setup.shortening import first_run
from overnight.research.setup.splitting import Splitting
from overnight.research.setup.tries import Tries
from overnight.research.setup.wishes import BY_HAND, Wishes
from overnight.words.failure import read_failure
from overnight.words.foreign import printable

NAME = 120  # characters of a command
SHOWN = 8  # lines of what a command printed
SHORTEST_S = 0.05  # of a run whose time the shell prints in thousandths


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Tries the command of a proposal."""

    repository: Repository
    wishes: Wishes
    tries: Tries
    say: Callable[[str], None]

    async def first(self, proposal: Proposal) -> tuple[Proposal, Observed]:
        """The first trial, and the proposal as it is after it.

        Raises:
            UserError: it has no value, or only the user knows what may be edited.
        """
        begun = await first_run(proposal, self.repository, self.tries, self.wishes, self.say)
        proposal, run = begun.proposal, begun.run
        for _ in range(MOST_ADDED):
            trial = run.observed.trial
            lacking = Failed(key="measure", reason=trial.reason, excerpt=trial.excerpt)
            fixed = with_missing(proposal, self.repository, lacking, self.say) if trial.value is None else None
            if fixed is None:
                break
            begun = await first_run(fixed, self.repository, self.tries, self.wishes, self.say)
            proposal, run = begun.proposal, begun.run
        split = await Splitting(repository=self.repository, tries=self.tries, say=self.say).split(proposal, run)
        if not isinstance(split, Proposal):
            return split
        proposal = split
        proposal, run = reread(self.repository, proposal, run) or (proposal, run)
        values_of([run.observed.trial], self.repository, proposal.program, self.wishes)
        better = refined(self.repository, proposal, run)
        if better.question:
            self._check_printed(run, proposal.program)
            if better.choices is not None:
                raise self._of_metric(better.question, better.choices, run.output)
            files = " ".join(f"--editable {shlex.quote(glob)}" for glob in better.globs) or "--editable FILE"
            named = f"overnight init {self.wishes.options()} {files}"
            fix = f"name it, such as: {named}; or name the command that runs it, by --measure"
            asked = f"{better.question}{_left_out(proposal)}"
            if better.globs:  # a person may say that these are the files
                raise UserError(asked, fix=" ".join(fix.split()))
            raise UselessError(better.question, asked, fix=" ".join(fix.split()))
        if better.proposal.program.metric == proposal.program.metric:
            return await self._without_build(better.proposal, run)
        trial = replace(run.observed.trial, value=run.value(better.proposal.program.metric))
        return better.proposal, replace(run.observed, trial=trial)

    async def _without_build(self, proposal: Proposal, run: FirstRun) -> tuple[Proposal, Observed]:
        """The proposal with the time of the run alone in place of that of a build and a run.

        Raises:
            UserError: that is too short to be measured, so what the command prints must be the metric.
        """
        metric, measure = entry_of(proposal, "metric"), entry_of(proposal, "measure")
        if metric is None or measure is None or metric.value != OUTSIDE or BY_HAND in {metric.reason, measure.reason}:
            return proposal, run.observed
        command = timed_alone(str(measure.value))
        if command is None:
            return proposal, run.observed
        self.say("Measuring again: the run alone, without the time of its build.")
        reason = "the shell's word for the CPU time of the run, without that of the build"
        detected = proposal.detected.having(replace(metric, value=dict(METRIC), reason=reason))
        timed = rendered(detected.having(replace(measure, value=command)), proposal.body)
        alone = (await self.tries.first(self.repository, timed.program)).observed
        if alone.trial.value is None:
            return proposal, run.observed
        if alone.trial.value < SHORTEST_S:
            named = printable(str(measure.value), NAME)
            what = f"the time of `{named}` is that of its build: it runs for only {alone.trial.value} s"
            raise self._of_metric(f"{what}, and no number of its output is clearly the metric", (), run.output)
        return timed, alone

    def _of_metric(self, question: str, choices: Sequence[str], output: bytes) -> UserError:
        """What to say if only a person knows which number is the metric; if none was printed, another command may be of use."""
        begun, shown = f"overnight init {self.wishes.options()}".rstrip(), _end_of(output)
        if choices:
            fix = f"say which: {'; or '.join(f'{begun} {choice}' for choice in choices)}"
            return UserError(question, fix=fix, excerpt=shown)
        fix = f"name it, such as: {begun} --metric NAME:maximize --pattern 'REGEX'; or name another command, by --measure"
        if re.search(rb"[0-9]", output):
            return UserError(question, fix=fix, excerpt=shown)
        return UselessError(question, question, fix=fix, excerpt=shown)

    def _check_printed(self, run: FirstRun, program: Program) -> None:
        """Look for a failure in what a command printed that ended well but ran nothing of this repository.

        Raises:
            UserError: it says why, and the fix is known.
        """
        said = read_failure(run.output)
        failed = replace(run.observed.trial, reason=said.headline, excerpt=said.lines)
        if known := fix_of(self.repository, program, failed.reason, failed.excerpt):
            what = f"the measure command ended well, but failed all the same: {said.headline}; nothing was written"
            raise UserError(what, fix=known_in_init(known, self.repository, program, self.wishes), excerpt=said.lines)


def _end_of(output: bytes) -> Sequence[str]:
    lines = output[-SHOWN * NAME :].decode(errors="replace").splitlines()
    return tuple(printable(line, NAME) for line in lines if line.strip())[-SHOWN:]


def _left_out(proposal: Proposal) -> str:
    """What a session names that cannot be edited."""
    return "".join(f" ({note})" for note in proposal.detected.notes if LEFT_OUT in note)
