"""The first trial of a proposal: of the likeliest command, or of the next one where that is of no use."""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from overnight.errors import UserError
from overnight.gate.trial import Trial
from overnight.git.repository import Repository
from overnight.program.detection.outside import OUTSIDE
from overnight.program.detection.run_alone import METRIC, timed_alone
from overnight.program.detection.session_scope import LEFT_OUT
from overnight.program.program import Program
from overnight.research.setup.causes.failing import Failing, Fix
from overnight.research.setup.causes.table import fix_of, words_of
from overnight.research.setup.causes.tools import missing_tool
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, entry_of, propose, rendered, with_note
from overnight.research.setup.missing import MOST_ADDED, Failed, with_missing
from overnight.research.setup.refinement import FirstRun, refined, reread
from overnight.research.setup.remedies import remedy
from overnight.research.setup.shortening import first_run
from overnight.research.setup.tries import Tries
from overnight.research.setup.wishes import BY_HAND, Wishes
from overnight.words.failure import read_failure
from overnight.words.foreign import printable
from overnight.words.quantities import listed

MOST_TRIED = 3  # commands, where nobody names one
NAME = 120  # characters of one
SHOWN = 8  # lines of what a command printed
SHORTEST_S = 0.05  # of a run whose time the shell prints in thousandths
UNKNOWN = "fix it, or set --metric and --measure"


class _UselessError(UserError):
    """A command that measures nothing here, for a reason that another command need not have; `why` is that alone."""

    def __init__(self, why: str, message: str, *, fix: str, excerpt: Sequence[str] = ()) -> None:
        super().__init__(message, fix=fix, excerpt=excerpt)
        self.why = why
        self.message = message


async def first_that_runs(
    repository: Repository, wishes: Wishes, tries: Tries, say: Callable[[str], None]
) -> tuple[Proposal, Observed]:
    """The first trial of the likeliest command, or of the next one where that is of no use.

    Raises:
        UserError: of the likeliest command, with the others that were tried.
    """
    failures: dict[str, _UselessError] = {}
    while True:
        try:
            proposal = propose(repository, wishes, without=tuple(failures))
        except UserError:
            if failures:
                raise _of_all(failures) from None
            raise
        command = proposal.program.measure or ""
        if command in failures or len(failures) == MOST_TRIED:
            raise _of_all(failures)
        say(f"Measuring twice: {command}")
        try:
            proposal, first = await _first(proposal, repository, tries, wishes, say)
        except _UselessError as failure:
            if wishes.measure is not None:
                raise
            failures[command] = failure
            say(f"It is of no use here: {failure.why}")
            continue
        note = f"of no use here, though it looked likelier: {_named(failures)}"
        return (with_note(proposal, note) if failures else proposal), first


def _of_all(failures: Mapping[str, _UselessError]) -> UserError:
    """What to say if no command is of use: why the likeliest is not, and which others were tried."""
    (command, first), *_ = failures.items()
    others = {other: failure for other, failure in failures.items() if other != command}
    tried = f"; tried after `{printable(command, NAME)}`: {_named(others)}" if others else ""
    return UserError(f"{first.message}{tried}", fix=first.fix, excerpt=first.excerpt)


def _named(failures: Mapping[str, _UselessError]) -> str:
    return listed((f"`{printable(command, NAME)}` ({failure.why})" for command, failure in failures.items()), MOST_TRIED)


async def _first(
    proposal: Proposal, repository: Repository, tries: Tries, wishes: Wishes, say: Callable[[str], None]
) -> tuple[Proposal, Observed]:
    """The first trial, and the proposal as it is after it.

    Raises:
        UserError: it has no value, or only the user knows what may be edited.
    """
    begun = await first_run(proposal, repository, tries, wishes, say)
    proposal, run = begun.proposal, begun.run
    for _ in range(MOST_ADDED):
        trial = run.observed.trial
        lacking = Failed(key="measure", reason=trial.reason, excerpt=trial.excerpt)
        fixed = with_missing(proposal, repository, lacking, say) if trial.value is None else None
        if fixed is None:
            break
        begun = await first_run(fixed, repository, tries, wishes, say)
        proposal, run = begun.proposal, begun.run
    proposal, run = reread(repository, proposal, run) or (proposal, run)
    values_of([run.observed.trial], repository, proposal.program, wishes)
    better = refined(repository, proposal, run)
    if better.question:
        _check_printed(run, repository, proposal.program, wishes)
        if better.choices is not None:
            raise _of_metric(better.question, better.choices, wishes, run.output)
        files = " ".join(f"--editable {shlex.quote(glob)}" for glob in better.globs) or "--editable FILE"
        named = f"overnight init {wishes.options()} {files}"
        fix = f"name it, such as: {named}; or name the command that runs it, by --measure"
        asked = f"{better.question}{_left_out(proposal)}"
        if better.globs:  # a person may say that these are the files
            raise UserError(asked, fix=" ".join(fix.split()))
        raise _UselessError(better.question, asked, fix=" ".join(fix.split()))
    if better.proposal.program.metric == proposal.program.metric:
        return await _without_build(better.proposal, run, repository, tries, wishes=wishes, say=say)
    trial = replace(run.observed.trial, value=run.value(better.proposal.program.metric))
    return better.proposal, replace(run.observed, trial=trial)


async def _without_build(
    proposal: Proposal, run: FirstRun, repository: Repository, tries: Tries, *, wishes: Wishes, say: Callable[[str], None]
) -> tuple[Proposal, Observed]:
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
    say("Measuring again: the run alone, without the time of its build.")
    reason = "the shell's word for the CPU time of the run, without that of the build"
    detected = proposal.detected.having(replace(metric, value=dict(METRIC), reason=reason))
    timed = rendered(detected.having(replace(measure, value=command)), proposal.body)
    alone = (await tries.first(repository, timed.program)).observed
    if alone.trial.value is None:
        return proposal, run.observed
    if alone.trial.value < SHORTEST_S:
        what = (
            f"the time of `{printable(str(measure.value), NAME)}` is that of its build: it runs for only {alone.trial.value} s"
        )
        raise _of_metric(f"{what}, and no number of its output is clearly the metric", (), wishes, run.output)
    return timed, alone


def _of_metric(question: str, choices: Sequence[str], wishes: Wishes, output: bytes) -> UserError:
    """What to say if only a person knows which number is the metric; if none was printed, another command may be of use."""
    begun, shown = f"overnight init {wishes.options()}".rstrip(), _end_of(output)
    if choices:
        fix = f"say which: {'; or '.join(f'{begun} {choice}' for choice in choices)}"
        return UserError(question, fix=fix, excerpt=shown)
    fix = f"name it, such as: {begun} --metric NAME:maximize --pattern 'REGEX'; or name another command, by --measure"
    if re.search(rb"[0-9]", output):
        return UserError(question, fix=fix, excerpt=shown)
    return _UselessError(question, question, fix=fix, excerpt=shown)


def _check_printed(run: FirstRun, repository: Repository, program: Program, wishes: Wishes) -> None:
    """Look for a failure in what a command printed that ended well but ran nothing of this repository.

    Raises:
        UserError: it says why, and the fix is known.
    """
    said = read_failure(run.output)
    failed = replace(run.observed.trial, reason=said.headline, excerpt=said.lines)
    if fix_of(repository, program, failed.reason, failed.excerpt):
        what = f"the measure command ended well, but failed all the same: {said.headline}; nothing was written"
        raise UserError(what, fix=_fix(repository, program, wishes, failed), excerpt=said.lines)


def _end_of(output: bytes) -> Sequence[str]:
    lines = output[-SHOWN * NAME :].decode(errors="replace").splitlines()
    return tuple(printable(line, NAME) for line in lines if line.strip())[-SHOWN:]


def _left_out(proposal: Proposal) -> str:
    """What a session names that cannot be edited."""
    return "".join(f" ({note})" for note in proposal.detected.notes if LEFT_OUT in note)


def values_of(trials: Sequence[Trial], repository: Repository, program: Program, wishes: Wishes) -> list[float]:
    """The values of all trials.

    Raises:
        UserError: one has none; the fix repeats what the user has set, so that nothing has to be found again.
    """
    values = []
    for trial in trials:
        if trial.value is None:
            fix = _fix(repository, program, wishes, trial)
            what = f"the measure command gave no value: {trial.reason}; nothing was written"
            if fix == UNKNOWN or _lacks_tool(repository, program, trial):
                raise _UselessError(trial.reason, what, fix=fix, excerpt=trial.excerpt)
            raise UserError(what, fix=fix, excerpt=trial.excerpt)
        values.append(trial.value)
    return values


def _lacks_tool(repository: Repository, program: Program, trial: Trial) -> bool:
    """Whether a program that is not on PATH is all that is wrong: another command may need another one."""
    failing = Failing(repository=repository, program=program, lines=(trial.reason, *trial.excerpt))
    return words_of(fix_of(repository, program, trial.reason, trial.excerpt)) == missing_tool(failing) != ""


def _fix(repository: Repository, program: Program, wishes: Wishes, trial: Trial) -> str:
    if known := fix_of(repository, program, trial.reason, trial.excerpt):
        if again := _again(known, repository, program, wishes):
            return f"{known.words}; here: overnight init {again.options()}"
        forms = (("readable", "PATH"), ("env", "NAME=VALUE"))
        named = [f"--{key} {form}" for key, form in forms if f"`{key}: " in known.words]
        return f"{known.words}, with init: {' and '.join(named)}" if named else known.words
    found = remedy(program, trial.reason)
    return found.in_init(wishes) if found else UNKNOWN


def _again(fix: Fix, repository: Repository, program: Program, wishes: Wishes) -> Wishes | None:
    """What the user may set for a fix; None if no option does."""
    if fix.readable:
        paths = (str(repository.toplevel / path) if wishes.below else path for path in fix.readable)
        return replace(wishes, readable=(*wishes.readable, *paths))
    if not fix.begin or program.measure is None or wishes.below:
        return None
    return replace(wishes, measure=f"{fix.begin}{program.measure}")
