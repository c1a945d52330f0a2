"""The plant lab: a family of simulated runs, with researchers that need no model."""

import re
import subprocess
from pathlib import Path
from statistics import correlation, mean, stdev

import pytest
from lab_copies import lab_copy, program_of, tunable
from targets import git, read_json

from overnight.errors import UserError
from overnight.program.scope import matches
from overnight.research.setup.labs import copy_lab, lab_of

SEEDS = range(40)
LINE = re.compile(r"([A-Z_]+) = (\S+)")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_copy("plant", tmp_path_factory.mktemp("labs"))


def scored(
    lab: Path, text: str, seed: int = 1, *, part: str = "public", truth: bool = False
) -> subprocess.CompletedProcess[str]:
    """A trial by hand."""
    (lab / "submitted.txt").write_text(text)
    settings = [f"seed={seed}", f"part={part}", *(["truth=1"] if truth else [])]
    command = ["awk", "-f", "score.awk", *settings, "world.txt", "submitted.txt"]
    return subprocess.run(command, cwd=lab, capture_output=True, text=True, timeout=60, check=False)


def loss_of(lab: Path, text: str, seed: int = 1, *, part: str = "public", truth: bool = False) -> float:
    done = scored(lab, text, seed, part=part, truth=truth)
    assert done.returncode == 0 and done.stdout.startswith("METRIC loss="), done
    return float(done.stdout.partition("=")[2])


def recipe(lab: Path) -> str:
    return (lab / "recipe.py").read_text()


def changed(text: str, **factors: float) -> str:
    """The recipe with some constants multiplied."""
    return LINE.sub(lambda line: f"{line[1]} = {float(line[2]) * factors.get(line[1], 1.0):.6g}", text)


def proposal(lab: Path, brief: str, *options: str) -> tuple[dict[str, float], str]:
    """By what the follower multiplies constants after a brief, and what it says."""
    before = dict(LINE.findall(recipe(lab)))
    command = ["python3", "-S", "-E", "follower.py", *options]
    done = subprocess.run(command, cwd=lab, input=brief, capture_output=True, text=True, timeout=60, check=True)
    after = dict(LINE.findall(recipe(lab)))
    git(lab, "checkout", "-q", "recipe.py")
    return {name: float(after[name]) / float(before[name]) for name in before if before[name] != after[name]}, done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "CLIP = 0", "CLIP = -1", "CLIP = nan", "CLIP = inf", "CLIP = 1e999", "CLIP = 0x10", "CLIP = 1, 2", "CLIP =",
        "CLIP = 1 + 1", "import os", "MADE_UP = 1", "CLIP = 2\nCLIP = 2", "", "METRIC loss=0",
    ],
)  # fmt: skip
def test_what_is_no_recipe_is_refused(lab: Path, line: str) -> None:
    """Each constant stands there once, as a plain positive number; anything else gives no metric, and a reason."""
    done = scored(lab, re.sub(r"^CLIP = .*$", line, recipe(lab), flags=re.MULTILINE))
    assert done.returncode == 1 and "METRIC loss=" not in done.stdout.replace(line or "\0", "") and done.stdout.strip()


def test_a_trial_depends_on_its_seed_and_its_constants(lab: Path) -> None:
    """The same again is the same loss; a seed's luck is shared in part; sealed parts have noise and optima of their own."""
    start, other = recipe(lab), changed(recipe(lab), CLIP=1.3)
    assert loss_of(lab, start) == loss_of(lab, start)
    one, two = ([loss_of(lab, text, seed) for seed in SEEDS] for text in (start, other))
    assert 0.02 < stdev(one) < 0.4 and 0.1 < correlation(one, two) < 0.9
    truths = {part: loss_of(lab, start, part=part, truth=True) for part in ("public", "holdout", "audit")}
    assert len(set(truths.values())) == len(truths)
    assert mean(one) == pytest.approx(truths["public"], abs=4 * stdev(one) / len(one) ** 0.5)


def test_too_high_a_learning_rate_diverges(lab: Path) -> None:
    """It is a crash with a reason, no number."""
    done = scored(lab, changed(recipe(lab), LEARNING_RATE=1e4))
    assert (done.returncode, done.stdout) == (1, "the loss is not finite: the run diverged\n")


def test_instances_differ_and_share_a_tendency(tmp_path: Path) -> None:
    """A number always makes the same instance; generic ideas help on most of them, their opposites on few."""
    gains: dict[float, list[float]] = {2.0: [], 0.5: []}
    worlds = set()
    for number in range(12):
        copy_lab("plant", made := tmp_path / str(number), instance=number)
        worlds.add((made / "world.txt").read_text())
        start = loss_of(made, recipe(made), truth=True)
        for factor, found in gains.items():
            idea = changed(recipe(made), LEARNING_RATE=factor, COOLDOWN=factor, WEIGHT_DECAY=1 / factor)
            done = scored(made, idea, truth=True)
            found.append(start - float(done.stdout.partition("=")[2]) if done.returncode == 0 else -1.0)
    assert len(worlds) == 12
    assert sum(gain > 0 for gain in gains[2.0]) >= 9
    assert sum(gain > 0 for gain in gains[0.5]) <= 3
    copy_lab("plant", again := tmp_path / "again", instance=3)
    assert (again / "world.txt").read_text() == (tmp_path / "3" / "world.txt").read_text()


def test_the_answer_is_hidden(lab: Path) -> None:
    """What decides the loss is hidden from researchers and candidates, and so is the script that made it."""
    hidden = program_of(lab).hidden
    assert all(matches(name, hidden) for name in ("world.txt", "instance.py", "README.md"))
    assert not any(matches(name, hidden) for name in ("score.awk", "follower.py", "recipe.py"))


def test_the_start_runs_in_the_plants_jail(tmp_path: Path) -> None:
    """`check` measures it, with real noise."""
    found = read_json(lab_copy("plant", tmp_path), "check")
    assert found["noise"] != "deterministic" and 2.0 < float(str(found["value"])) < 6.0


def test_the_tuner_finds_every_constant_of_the_recipe(lab: Path) -> None:
    """None looks like a matter of fact."""
    assert tunable(lab) == set(dict(LINE.findall(recipe(lab))))


@pytest.mark.parametrize(
    ("idea", "made"),
    [
        ("“double learning_rate”.", {"LEARNING_RATE": 2.0}),
        ("“halve clip and double mix, margin”. It is meant to be safe", {"CLIP": 0.5, "MIX": 2.0, "MARGIN": 2.0}),
        ("“Quadruple `WARMUP`, quarter floor”.", {"WARMUP": 4.0, "FLOOR": 0.25}),
        ("“triple focus, lower entropy”.", {"FOCUS": 3.0, "ENTROPY": 1 / 1.5}),
    ],
)
def test_the_follower_works_out_its_idea(lab: Path, idea: str, made: dict[str, float]) -> None:
    """It multiplies what the idea names, nothing else, and says so."""
    brief = f"# Propose\n\n## The idea to work on\n\n#3, from program: {idea}\n\nImplement it.\n\n## To end\n\ndouble clip\n"
    factors, said = proposal(lab, brief)
    assert factors == pytest.approx(made, rel=0.01)
    assert said.startswith("HYPOTHESIS: multiply ") and all(name in said for name in made)


def test_without_an_idea_it_takes_a_step_that_the_brief_decides(lab: Path) -> None:
    """One constant by the factor of its role, else by 1.5; another brief, another step. A blind one never reads an idea."""
    for role, step in (("", 1.5), ("## Your role\n\nSteps of factor 3.\n\n", 3.0)):
        found = [proposal(lab, f"# Propose {n}\n\n{role}## To end\n") for n in range(6)]
        assert len({said for _, said in found}) > 3
        assert all(
            list(one.values()) in ([pytest.approx(step, rel=0.01)], [pytest.approx(1 / step, rel=0.01)]) for one, _ in found
        )
    idea = "## The idea to work on\n\n#3, from program: “double mix, clip and margin”.\n\n## To end\n"
    assert len(proposal(lab, idea)[0]) == 3 and len(proposal(lab, idea, "--blind")[0]) == 1


def test_a_lab_is_named_with_the_number_of_its_instance(tmp_path: Path) -> None:
    """`plant#7` is one of a family; a number that is none, or of a lab that is no family, is a mistake with its fix."""
    assert lab_of("plant#7") == ("plant", 7) and lab_of("plant") == ("plant", None)
    with pytest.raises(UserError, match="names no instance"):
        lab_of("plant#x")
    with pytest.raises(UserError, match="has no instances"):
        copy_lab("packing", tmp_path / "x", instance=7)
