"""`overnight init` where a training writes a file: a scorer of its own is preferred, tried, and never guessed."""

from pathlib import Path
from typing import Any

import pytest
from targets import git, overnight, read_json, repository_of

from overnight.program.parser import parse_program

MODEL = "RATE = 0.1\n\n\ndef step(w, x, y):\n    return w + RATE * (y - w * x) * x\n"
TRAIN = """\
import json

from model import step

rows = [tuple(map(float, line.split(","))) for line in open("data.csv")]
w = 0.0
for epoch in range(3):
    for x, y in rows:
        w = step(w, x, y)
    print(f"epoch {epoch} loss: {sum((y - w * x) ** 2 for x, y in rows):.6f}")
json.dump({"w": w}, open("weights.json", "w"))
"""
EVALUATE = """\
import json

w = json.load(open("weights.json"))["w"]
rows = [tuple(map(float, line.split(","))) for line in open("test.csv")]
print(f"test loss: {sum((y - w * x) ** 2 for x, y in rows):.6f}")
"""
FILES = {"train.py": TRAIN, "model.py": MODEL, "evaluate.py": EVALUATE, "data.csv": "1,2\n2,4.1\n", "test.csv": "3,6\n"}


def proposed(folder: Path, files: dict[str, str]) -> Any:  # Any: JSON
    """What `init` proposes for these files."""
    repository_of(folder, files)
    return read_json(folder, "init")


def test_a_script_that_scores_what_was_trained(tmp_path: Path) -> None:
    """Two commands, the file between them, the number of the frozen one, which both trials and the proof ran."""
    repository_of(tmp_path, FILES)
    said = overnight(tmp_path, "init", "--yes", check=0).stdout
    program = parse_program((tmp_path / "program.md").read_text(), "program.md")
    assert (program.measure, program.produce, program.score) == (None, "python train.py", "python evaluate.py")
    assert program.artifacts == ("weights.json",) and set(program.editable) == {"model.py", "train.py"}
    assert program.metric.name == "test_loss" and program.metric.direction.value == "minimize"
    assert "Proof: broken on purpose, 2 editable files" in said and "says itself" not in said
    assert "note: evaluate.py alone reads test.csv: `hidden` keeps that from candidates" in said and said.count("note: ") == 1
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "program")
    assert overnight(tmp_path, "check", check=0).stdout


def test_a_training_that_prints_no_number(tmp_path: Path) -> None:
    """Without its scorer there would be nothing to measure."""
    quiet = {"train.py": TRAIN.replace("    print(", "    str("), "evaluate.py": EVALUATE.replace("test loss", "accuracy")}
    found = proposed(tmp_path, {**FILES, **quiet})
    keys = {key["key"]: key["value"] for key in found["keys"]}
    assert (keys["score"], keys["metric"]["name"]) == ("python evaluate.py", "accuracy") and "measure" not in keys


@pytest.mark.parametrize(
    ("changed", "note"),
    [
        ({"evaluate.py": None}, "train.py writes weights.json; let a frozen script read that and print the number"),
        ({"evaluate.py": EVALUATE.replace("json", "pickle")}, "reads it in a way that can run code of the candidate's"),
        ({"evaluate.py": f"import model\n{EVALUATE}"}, "evaluate.py judges weights.json, but not alone"),
        ({"evaluate.py": EVALUATE.replace("test loss", "all in all")}, "evaluate.py judges weights.json, but not alone"),
    ],
)
def test_what_cannot_be_split_is_said(tmp_path: Path, changed: dict[str, str | None], note: str) -> None:
    """No scorer, one that a pickle could take over, one that needs what may be edited, one without a number: one process."""
    files = {name: text for name, text in {**FILES, **changed}.items() if text is not None}
    if "pickle" in files.get("evaluate.py", ""):
        files = {name: text.replace("weights.json", "weights.pickle") for name, text in files.items()}
    found = proposed(tmp_path, files)
    keys = {key["key"]: key["value"] for key in found["keys"]}
    assert keys["measure"] == "python train.py" and keys["metric"]["name"] == "loss" and "produce" not in keys
    [said] = [each for each in found["notes"] if "is believed as it stands" in each]
    assert note in said and "`produce`" in said


def test_a_command_by_hand_stays(tmp_path: Path) -> None:
    """The user has said what measures."""
    repository_of(tmp_path, FILES)
    found = read_json(tmp_path, "init", "--measure", "python train.py")
    assert "produce" not in {key["key"] for key in found["keys"]}
