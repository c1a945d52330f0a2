"""The kernel lab: a wrong answer is a crash, however fast it is, and the reference is correct."""

import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from lab_copies import check_spied, lab_copy, modules_of, program_of, refusal, replace, script, tunable

FEWER = ("WORDS, QUERIES = 600, 80", "WORDS, QUERIES = 60, 20")
FEWER_SEALED = ("WORDS, QUERIES = 60, 500, 70", "WORDS, QUERIES = 60, 50, 20")
SPLITS = ("public", "holdout", "audit")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = lab_copy("kernel", tmp_path_factory.mktemp("labs"))
    replace(copied, "inputs.py", FEWER)
    replace(copied, "hidden/sealed.py", FEWER_SEALED)
    return copied


@pytest.fixture(scope="module")
def modules(lab: Path) -> Iterator[dict[str, ModuleType]]:
    with modules_of(lab, "inputs", "kernel", "test_kernel", "reference", "rules", "sealed") as loaded:
        yield loaded


def prepare(lab: Path, seed: int, split: str = "public") -> None:
    assert script(lab, "prepare.py", "--seed", str(seed), "--split", split).returncode == 0


def answers_of(lab: Path, seed: int) -> list[list[int]]:
    prepare(lab, seed)
    assert script(lab, "produce.py").returncode == 0
    answers: list[list[int]] = json.loads((lab / "answers.json").read_text())
    return answers


def score(answers: object, lab: Path, split: str = "public") -> str:
    prepare(lab, 1, split)
    (lab / "answers.json").write_text(answers if isinstance(answers, str) else json.dumps(answers))
    return refusal(lab, "score.py")


@pytest.mark.parametrize("split", SPLITS)
def test_right_answers_are_taken(lab: Path, split: str) -> None:
    """The start answers all queries as the reference does, on every split."""
    prepare(lab, 1, split)
    assert script(lab, "produce.py").returncode == 0
    assert script(lab, "score.py").stdout == "right_answers: 20\n"


def test_sealed_inputs_are_of_another_kind(modules: dict[str, ModuleType]) -> None:
    """Other letters, lengths and mistakes, the same for one seed; each word occurs once, and the empty query is included."""
    kinds = {
        "public": modules["inputs"].make_inputs,
        **{s: partial(modules["sealed"].make_sealed, split=s) for s in SPLITS[1:]},
    }
    letters = {split: set("".join(make(seed=1)[0])) for split, make in kinds.items()}
    assert len(letters["public"] - letters["holdout"]) > 5 and not letters["audit"] & letters["holdout"]
    for make in kinds.values():
        words, queries = make(seed=7)
        assert (words, queries) == make(seed=7) != make(seed=8)
        assert len(words) == len(set(words)) > 40 and len(queries) == 20 and "" in queries


@pytest.mark.parametrize("split", SPLITS)
def test_a_wrong_answer_is_a_crash_on_every_split(lab: Path, split: str) -> None:
    """Every answer is compared in sealed trials too."""
    assert "wrong answers" in score([[0, 0]] * 20, lab, split)


def test_inputs_of_a_trial_need_the_hidden_folder_for_sealed_ones_only(lab: Path, tmp_path: Path) -> None:
    """A researcher has no hidden folder, so it can make public inputs to try a kernel on, but no others."""
    for name in ("inputs.py", "prepare.py"):
        (tmp_path / name).write_text((lab / name).read_text(encoding="utf-8"), encoding="utf-8")
    prepare(tmp_path, 1)
    assert (tmp_path / "inputs.json").exists()
    assert "No module named 'sealed'" in script(tmp_path, "prepare.py", "--seed", "1", "--split", "holdout").stderr


def test_one_wrong_answer_is_a_crash(lab: Path) -> None:
    """Another word, a distance that is off by one, a missing or an extra answer, or the right one with another type."""
    answers = answers_of(lab, 1)
    index, distance = answers[3]
    for wrong in ([index + 1, distance], [index, distance + 1], [index, float(distance)], [index], str(index), None):
        assert score([*answers[:3], wrong, *answers[4:]], lab) == "wrong answers: 1, first to query 3"
    assert "wrong answers" in score(answers[:-1], lab)
    assert "wrong answers" in score([*answers, answers[0]], lab)


@pytest.mark.parametrize("text", ["", "{}", "NaN", "[" * 100_000, "METRIC cpu_s=0.001", '{"__reduce__": "os.system"}'])
def test_what_holds_no_answers_is_a_crash(lab: Path, text: str) -> None:
    """A file of another kind is reported in one line."""
    assert "answers" in score(text, lab)


def test_answers_of_another_trial_are_wrong(lab: Path) -> None:
    """Answers computed or stored beforehand do not fit the words of a fresh seed."""
    assert "wrong answers" in score(answers_of(lab, 2), lab)


def test_ties_go_to_the_first_word(lab: Path, modules: dict[str, ModuleType]) -> None:
    """A kernel that picks any of the nearest words is detected by the inputs of a trial and by the checks."""
    words, queries = modules["inputs"].make_inputs(1)
    last = modules["reference"].nearest(words[::-1], queries)
    assert score([[len(words) - 1 - index, distance] for index, distance in last], lab).startswith("wrong answers")


def test_the_reference_is_right(modules: dict[str, ModuleType]) -> None:
    """It agrees with the textbook's table on short and long texts of few letters."""
    draw, plain = random.Random(1), modules["test_kernel"].plain_nearest
    texts = ["".join(draw.choice("abc") for _ in range(draw.choice((0, 1, 2, 5, 9, 70)))) for _ in range(60)]
    assert modules["reference"].nearest(texts[:40], texts[40:]) == plain(texts[:40], texts[40:])


def test_every_setting_of_the_start_is_right(modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """No constant that a tuner could choose makes an answer wrong: it can only change the speed."""
    kernel, draw = modules["kernel"], random.Random(2)
    words, queries = modules["inputs"].make_inputs(2)
    words, queries = words[:20], queries[:8]
    wanted = modules["reference"].nearest(words, queries)
    for _ in range(40):
        for switch in ("GIVE_UP_EARLY", "STRIP_START", "STRIP_END", "SKIP_BY_LENGTH", "NARROW_TO_BEST"):
            monkeypatch.setattr(kernel, switch, draw.random() < 0.5)
        monkeypatch.setattr(kernel, "FIRST_BAND", draw.choice((1, 2, 4, 8, 32)))
        monkeypatch.setattr(kernel, "BAND_GROWTH", draw.choice((0.5, 1.0, 2.0, 8.0)))
        assert kernel.nearest(words, queries) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "import json",
        "import numpy as np",
        "import os.path",
        "from ctypes import CDLL",
        "from . import x",
        "eval('1')",
        "open('answers.json')",
        "__import__('os')",
        "().__class__",
        "getattr(1, 'x')",
    ],
)
def test_what_is_not_plain_python_is_reported(modules: dict[str, ModuleType], line: str) -> None:
    """Compiled modules, files and ways around the rules are refused; the start follows them."""
    source = Path(str(modules["kernel"].__file__)).read_text(encoding="utf-8")
    assert modules["rules"].problems(source) == []
    assert modules["rules"].problems(f"{source}\n{line}\n")


def test_the_start_runs_in_the_jail(tmp_path: Path) -> None:
    """Its CPU time is measured from outside; it sees no hidden files, and its output is ignored."""
    lab = lab_copy("kernel", tmp_path)
    replace(lab, "inputs.py", FEWER)
    replace(lab, "hidden/sealed.py", FEWER_SEALED)
    replace(lab, "program.md", ("checks: [python rules.py, ", "checks: ["))  # the spy breaks the rules
    found = check_spied(lab)
    assert found["metric"] == "cpu_s" and found["noise"] == "timing"
    assert isinstance(found["value"], float) and 0.01 < found["value"] < 60


def test_the_tuner_finds_the_constants(lab: Path) -> None:
    """Switches and the two numbers of the band."""
    switches = {"GIVE_UP_EARLY", "STRIP_START", "STRIP_END", "SKIP_BY_LENGTH", "NARROW_TO_BEST"}
    assert tunable(lab) == switches | {"FIRST_BAND", "BAND_GROWTH"}
    assert program_of(lab).metric.name == "cpu_s"
