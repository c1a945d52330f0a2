"""A training and its scorer as two commands, by what their texts say."""

import pytest

from overnight.program.detection.split import Split, split_of, written

TRAIN = 'import json\nfor epoch in range(3):\n    step()\njson.dump(w, open("weights.json", "w"))\n'
SCORE = 'import json\nw = json.load(open("weights.json"))\nprint("accuracy:", 0.5)\n'


@pytest.mark.parametrize(
    "line",
    [
        'json.dump(w, open("m.json", "w"))',
        "with open('m.json', mode='w') as f:",
        'Path("m.json").write_text(s)',
        'OUT = Path("m.json")\nOUT.write_text(s)',
        'OUT = "m.json"\nwith open(OUT, "wb") as f:',
        'np.savetxt("m.json", w)',
        'torch.save(net.state_dict(), "m.json")',
        'save_file(net.state_dict(), "m.json")',
        'frame.to_json("m.json")',
        'model.save("m.json")',
        'parser.add_argument("--output", default="m.json")',
    ],
)
def test_a_file_that_is_written_by_its_name(line: str) -> None:
    """In a call that writes, or by a constant or a default of an option."""
    assert written(line) == ("m.json",)


@pytest.mark.parametrize(
    "line",
    ['open("m.json")', 'open("/tmp/m.json", "w")', 'open("../m.json", "w")', 'open(f"{x}.json", "w")', 'print("m.json")'],
)
def test_a_file_that_is_only_read_or_lies_elsewhere(line: str) -> None:
    """Nothing is handed over by it."""
    assert written(line) == ()


def split(files: dict[str, str], command: str = "python train.py --lr 1") -> Split | None:
    """What is found in these files."""
    return split_of(command, "train.py", files, files.get)


def test_the_scorer_runs_as_the_training_does() -> None:
    """With the same interpreter, without the options of the training."""
    files = {"train.py": TRAIN, "evaluate.py": SCORE, "plot.py": SCORE, "data.csv": ""}
    found = split(files)
    assert found == Split(
        script="train.py", scorer="evaluate.py", score="python evaluate.py", artifacts=("weights.json",), runs_code=False
    )
    run = split(files, "uv run train.py")
    assert run and run.score == "uv run evaluate.py"


@pytest.mark.parametrize(
    "command", ["cd a && python train.py", "python train.py > log", "python train.py; ls", "python -m train"]
)
def test_a_command_that_does_more_is_left_alone(command: str) -> None:
    """Nobody knows what of it belongs to which."""
    assert split({"train.py": TRAIN, "evaluate.py": SCORE}, command) is None


def test_what_needs_a_person_names_no_scorer() -> None:
    """Several that judge, none, and none that reads the file; a committed file is no product of the training."""
    for others in ({}, {"evaluate.py": "print(1)"}, {"evaluate.py": SCORE, "score.py": SCORE}):
        found = split({"train.py": TRAIN, **others})
        assert found and not found.scorer and found.artifacts == ("weights.json",)
    assert split({"train.py": TRAIN, "weights.json": "{}", "evaluate.py": SCORE}) is None
    assert split({"train.py": "print(1)", "evaluate.py": SCORE}) is None


@pytest.mark.parametrize(
    ("reads", "runs_code"),
    [
        ("pickle.load(open('weights.json', 'rb'))", True),
        ("joblib.load('weights.json')", True),
        ("torch.load('weights.json')", True),
        ("torch.load('weights.json', weights_only=True)", False),
        ("np.load('weights.json', allow_pickle=True)", True),
        ("np.load('weights.json')", False),
        ("np.load('weights.json', allow_pickle=False)", False),
        ("pd.read_pickle('weights.json')", True),
        ("cloudpickle.load(open('weights.json', 'rb'))", True),
        ("load_model('weights.json')\nfrom keras.models import load_model", True),
        ("load_model('weights.json')", False),
        ("eval(open('weights.json').read())", True),
        ("load_file('weights.json')", False),
    ],
)
def test_a_scorer_that_runs_what_it_reads(reads: str, runs_code: bool) -> None:
    """It would let the candidate into its process, by a pickle for example."""
    found = split({"train.py": TRAIN, "evaluate.py": f"w = {reads}\nprint(w)\n"})
    assert found and found.scorer == "evaluate.py" and found.runs_code == runs_code


def test_a_module_of_the_scorer_runs_what_it_reads() -> None:
    """A frozen module that unpickles, however far it is imported; one that nobody imports says nothing."""
    scorer = "from lib import io\nw = io.load_file('weights.json')\nprint(w)\n"
    files = {"train.py": TRAIN, "evaluate.py": scorer, "lib/io.py": "import reading\n", "reading.py": "import pickle\n"}
    found = split(files)
    assert found and found.scorer == "evaluate.py" and found.runs_code
    alone = split({**files, "lib/io.py": "import evaluate\n"})
    assert alone and not alone.runs_code
