"""The checks of our curricula: right answers pass, wrong ones fail, whatever the numbers drawn."""

import ast

import pytest
from learners import CURRICULA, failures
from mutants import mutants

from overnight.tutor.form.places import own_curriculum, own_names

OURS = [own_curriculum(name) for name in own_names()]
STEPS = [f"{each.name}/{step.id}" for each in OURS for step in each.steps]
WRONG = [(f"{each.name}/{step.id}", wrong.name) for each in OURS for step in each.steps for wrong in step.misconceptions]
SURVIVORS = {  # mutants that no check can tell apart, and why
    "microgpt/embeddings": {"0 -> -1": "a slope of 1 x 1: the first row and number are the last ones"},
    "microgpt/neuron": {"v > 0 -> v >= 0": "0.0 for what is 0 either way; only the forward pass"},
    "microgpt/norm": {"0 -> -1": "all rows have one length"},
    "microgpt/training": {"0 -> -1": "all rows have one length", "0 -> 1": "all rows have one length"},
    "microgpt/campaign": {
        "abs(difference) <= 2 * math.sqrt(2) * sigma -> abs(difference) < 2 * math.sqrt(2) * sigma": "which of both is a "
        "matter of rounding where they meet"
    },
}
MOST_SURVIVORS = 0.05


def source(step: str, name: str) -> str:
    return (CURRICULA / step / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("step", STEPS)
def test_the_solution_passes_with_any_numbers(step: str) -> None:
    """No draw of numbers makes a check fail that should pass."""
    for seed in range(10):
        assert failures(CURRICULA / step, source(step, "solution.py"), seed=seed) == {}


@pytest.mark.parametrize("step", STEPS)
def test_what_is_given_to_complete_runs_and_fails(step: str) -> None:
    """A learner who hands in the file as it was given does not pass, and it is no error of Python that says so."""
    failed = failures(CURRICULA / step, source(step, "start.py"))
    assert failed
    assert "loads" not in failed


@pytest.mark.parametrize(("step", "name"), WRONG, ids=[f"{step}-{name}" for step, name in WRONG])
def test_each_misconception_fails(step: str, name: str) -> None:
    """A wrong belief fails a check, with three draws of numbers."""
    for seed in range(3):
        failed = failures(CURRICULA / step, source(step, f"misconceptions/{name}.py"), seed=seed)
        assert failed
        assert "loads" not in failed


@pytest.mark.parametrize("step", STEPS)
def test_a_failing_check_points_to_a_belief_that_fails_it(step: str) -> None:
    """`EXPLAINS` names checks and misconceptions of the step, and the misconception fails that check."""
    tree = ast.parse(source(step, "check.py"))
    tables = {ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)}
    for check, name in ast.literal_eval(tables["EXPLAINS"]).items():
        assert check in failures(CURRICULA / step, source(step, f"misconceptions/{name}.py"), seed=1), (check, name)


def mutants_of(step: str) -> dict[str, str]:
    """Each mutant of the solution of a step, and what was changed in it, without the line."""
    return {program: what.partition(": ")[2] for what, program in mutants(source(step, "solution.py"))}


@pytest.mark.parametrize("step", STEPS)
def test_mutants_of_the_solution_fail(step: str) -> None:
    """A small mistake fails a check; each that does not is listed with the reason why it is none."""
    made = mutants_of(step)
    passing = {what for program, what in made.items() if not failures(CURRICULA / step, program, seed=1, all_of_them=False)}
    assert passing <= SURVIVORS.get(step, {}).keys()


def test_few_mutants_are_listed_as_harmless() -> None:
    """Under one in twenty, even if each mutant with a listed change passes."""
    made = {step: [*mutants_of(step).values()] for step in STEPS}
    listed = sum(what in SURVIVORS.get(step, {}) for step, changes in made.items() for what in changes)
    assert listed / sum(map(len, made.values())) < MOST_SURVIVORS


def test_three_misconceptions_a_step_at_least() -> None:
    """Each with a belief and a counter-example."""
    for step in (step for each in OURS for step in each.steps):
        assert len(step.misconceptions) >= 3
        assert all(each.belief and each.counter_example for each in step.misconceptions)


def test_predictions_are_got_wrong_by_most() -> None:
    """What most people choose is not the answer: otherwise the question teaches nothing."""
    for step in (step for each in OURS for step in each.steps):
        assert step.prediction.most not in {None, step.prediction.answer}, step.id


def test_checks_import_nothing_of_ours() -> None:
    """A check needs the standard library alone, on any Python from 3.9 on."""
    for path in CURRICULA.glob("*/*/check.py"):
        text = path.read_text(encoding="utf-8")
        ast.parse(text, feature_version=(3, 9))
        assert "overnight" not in {node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)}
        assert "strict=" not in text
