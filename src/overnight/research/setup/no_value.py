"""What to say of a trial of `init` that gave no value."""

from collections.abc import Sequence
from dataclasses import replace

from overnight.errors import UserError
from overnight.gate.trial import Fault, Trial
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.setup.causes.failing import Failing, Fix
from overnight.research.setup.causes.table import fix_of, words_of
from overnight.research.setup.causes.tools import missing_tool
from overnight.research.setup.remedies import remedy
from overnight.research.setup.wishes import Wishes

UNKNOWN = "fix it, or set --metric and --measure"


class UselessError(UserError):
    """A command that measures nothing here, for a reason that another command need not have; `why` is that alone."""

    def __init__(self, why: str, message: str, *, fix: str, excerpt: Sequence[str] = ()) -> None:
        super().__init__(message, fix=fix, excerpt=excerpt)
        self.why = why
        self.message = message


def values_of(trials: Sequence[Trial], repository: Repository, program: Program, wishes: Wishes) -> list[float]:
    """The values of all trials.

    Raises:
        UserError: one has none; the fix repeats what the user has set, so that nothing has to be found again.
    """
    values = []
    for trial in trials:
        if trial.value is None:
            known = fix_of(repository, program, trial.reason, trial.excerpt)
            found = None if known else remedy(program, trial.reason)
            fix = known_in_init(known, repository, program, wishes) if known else found.in_init(wishes) if found else UNKNOWN
            what = f"the measure command gave no value: {trial.reason}; nothing was written"
            guessed = trial.fault is Fault.METRIC and wishes.metric is None
            if fix == UNKNOWN or guessed or _lacks_tool(known, repository, program, trial):
                raise UselessError(trial.reason, what, fix=fix, excerpt=trial.excerpt)
            raise UserError(what, fix=fix, excerpt=trial.excerpt)
        values.append(trial.value)
    return values


def _lacks_tool(known: Fix | None, repository: Repository, program: Program, trial: Trial) -> bool:
    """Whether a program that is not on PATH is all that is wrong: another command may need another one."""
    failing = Failing(repository=repository, program=program, lines=(trial.reason, *trial.excerpt))
    return words_of(known) == missing_tool(failing) != ""


def known_in_init(known: Fix, repository: Repository, program: Program, wishes: Wishes) -> str:
    """A fix for a user of `init`, with its options where there are some."""
    if again := _again(known, repository, program, wishes):
        return f"{known.words}; here: overnight init {again.options()}"
    forms = (("readable", "PATH"), ("env", "NAME=VALUE"))
    named = [f"--{key} {form}" for key, form in forms if f"`{key}: " in known.words]
    return f"{known.words}, with init: {' and '.join(named)}" if named else known.words


def _again(fix: Fix, repository: Repository, program: Program, wishes: Wishes) -> Wishes | None:
    """What the user may set for a fix; None if no option does."""
    if fix.readable:
        paths = (str(repository.toplevel / path) if wishes.below else path for path in fix.readable)
        return replace(wishes, readable=(*wishes.readable, *paths))
    if not (fix.begin or fix.command) or program.measure is None or wishes.below:
        return None
    return replace(wishes, measure=fix.command or f"{fix.begin}{program.measure}")
