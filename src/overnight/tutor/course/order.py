"""What comes next, by the rules that no agent can change: predict, try, example, exercise, explain; pure."""

from enum import StrEnum

from overnight.errors import UserError
from overnight.tutor.course.progress import Progress, StepProgress
from overnight.tutor.form.curriculum import Curriculum, Step

LEAST_ATTEMPTS = 2  # before the solution is shown


class Phase(StrEnum):
    """Where in a step the learner is."""

    PREDICT = "predict"  # say what you expect
    ATTEMPT = "attempt"  # try the exercise before any example
    EXAMPLE = "example"  # read the example, and fill its gaps
    EXERCISE = "exercise"  # until the checks pass
    EXPLAIN = "explain"  # in your own words
    DONE = "done"


def phase_of(step: Step, progress: StepProgress) -> Phase:
    """Where the learner is in a step."""
    if progress.choice is None:
        return Phase.PREDICT
    if progress.passed_at is not None:
        return Phase.DONE if progress.explained or progress.passed_over else Phase.EXPLAIN
    if not progress.attempts:
        return Phase.ATTEMPT
    return Phase.EXAMPLE if len(progress.filled) < len(step.fades) else Phase.EXERCISE


def current(curriculum: Curriculum, progress: Progress) -> Step | None:
    """The first step that is not done; None: all are."""
    return next((step for step in curriculum.steps if phase_of(step, progress.of(step.id)) is not Phase.DONE), None)


def due(curriculum: Curriculum, progress: Progress, now: float) -> list[Step]:
    """Steps that are to be shown again, the longest due first."""
    found = [(at, step) for step in curriculum.steps if (at := progress.of(step.id).due) is not None and at <= now]
    return [step for _, step in sorted(found, key=lambda pair: pair[0])]


def require_open(step: Step, progress: Progress) -> None:
    """Check that a step's turn has come.

    Raises:
        UserError: a step that it needs is not passed.
    """
    if missing := [each for each in step.needs if progress.of(each).passed_at is None]:
        raise UserError(f"`{step.id}` needs `{missing[0]}`, which is not passed", fix="overnight learn next")


def require_predicted(step: Step, progress: StepProgress) -> None:
    """Check that the learner has said what they expect.

    Raises:
        UserError: they have not.
    """
    if progress.choice is None:
        raise UserError(
            f"`{step.id}` begins with a prediction", fix="see `overnight learn next`, then overnight learn predict N"
        )


def next_hint(step: Step, progress: StepProgress) -> int:
    """The index of the hint that may be given now.

    Raises:
        UserError: none may.
    """
    if not progress.since_help or progress.passed_at is not None:
        what = "a hint is for an attempt, and there is none " + ("since the last hint" if progress.hints else "yet")
        raise UserError(what, fix="try it, then overnight learn check")
    if progress.hints >= len(step.hints):
        raise UserError("all hints are given", fix="ask for it: overnight learn solution")
    return progress.hints


def require_solution(step: Step, progress: StepProgress) -> None:
    """Check that the solution may be shown.

    Raises:
        UserError: there were too few attempts.
    """
    if progress.passed_at is None and progress.attempts < LEAST_ATTEMPTS:
        what = f"the solution of `{step.id}` is shown after {LEAST_ATTEMPTS} attempts; {progress.attempts} so far"
        raise UserError(what, fix="overnight learn check, then overnight learn hint")
