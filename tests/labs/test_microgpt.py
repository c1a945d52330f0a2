"""The microgpt lab: gradients, determinism, the corpus and its floor, and a scorer that accepts weights only as data."""

import ast
import atexit
import hashlib
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import pytest

from overnight.pool.hub.public import require_openable, worker_front
from overnight.pool.hub.settings import parse_hub_settings
from overnight.program.parser import parse_program
from overnight.program.program import Direction
from overnight.program.scope import matches
from overnight.research.setup.labs import copy_lab

HOME = TemporaryDirectory()
atexit.register(HOME.cleanup)
LAB = Path(HOME.name) / "microgpt"
copy_lab("microgpt", LAB)
PINNED = {
    "words.txt": "bd51abf32a9e7a272a2054f15bdad8aeee94430cdbeefe92008daaff8be1acfe",
    "practice.txt": "ce03b34fead03f59469bf23092655cc0c6d00ad09d2ae06925db1ee55e711f30",
    "heldout/public.txt": "ecfb03a72bd06992b69abf3ac48b5b5be40e88a576527402665ae905d1d25b7c",
    "heldout/holdout.txt": "18d04efa09dd3d479403179914ab016c7321e65f35cef6e8f64c7ad35c18106c",
    "heldout/audit.txt": "5f0fe90aebf6dd34070a25ee0fd58cb66c200134b62ce90c71ea5a3dfb8dbea0",
}
FLOOR = {"public": 1.8773, "holdout": 1.8963, "audit": 1.9145}  # nats per token
HELD_OUT = tuple(f"heldout/{split}.txt" for split in FLOOR)
H = 1e-5  # step of the finite differences

Rows = list[list[float]]
Weights = dict[str, Rows]


@pytest.fixture(scope="module")
def lab() -> Iterator[Callable[[str], ModuleType]]:
    """The lab's modules by name, loaded as they are when it is copied out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(LAB))
        for name in ("prepare", "corpus", "network", "train", "score"):
            patch.delitem(sys.modules, name, raising=False)
        patch.setattr(sys, "dont_write_bytecode", True)
        yield import_module
        for name in ("prepare", "corpus", "network", "train", "score"):
            sys.modules.pop(name, None)


@pytest.fixture
def train(lab: Callable[[str], ModuleType]) -> ModuleType:
    return lab("train")


@pytest.fixture
def scorer(lab: Callable[[str], ModuleType]) -> ModuleType:
    return lab("score")


@pytest.fixture
def network(lab: Callable[[str], ModuleType]) -> ModuleType:
    return lab("network")


@pytest.fixture
def corpus(lab: Callable[[str], ModuleType]) -> ModuleType:
    return lab("corpus")


@pytest.fixture
def small(train: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`train.py` with a network that is quick to compute and has every kind of weight."""
    for name, value in {"WIDTH": 6, "HEADS": 2, "LAYERS": 2, "MLP_RATIO": 2, "INIT_STD": 0.5}.items():
        monkeypatch.setattr(train, name, value)
    return train


def loss_of(train: ModuleType, weights: object, word: str) -> float:
    """The summed loss of a word, without its gradient."""
    tokens = train.encode(word)
    loss = train.surprise(train.predict(weights, tokens[:-1]), tokens[1:]).rows[0][0]
    train.tape.clear()
    return float(loss)


def made(train: ModuleType, seed: int = 3) -> Weights:
    """First weights as the plain rows that a model.json holds."""
    random.seed(seed)
    return {name: tensor.rows for name, tensor in train.make_weights().items()}


@pytest.mark.parametrize("tied", [False, True])
def test_gradients_are_those_of_finite_differences(small: ModuleType, monkeypatch: pytest.MonkeyPatch, tied: bool) -> None:
    """The gradient of each kind of weight matches the change in loss when that weight is moved a little."""
    monkeypatch.setattr(small, "TIED_EMBEDDINGS", tied)
    random.seed(1)
    weights = small.make_weights()
    tokens = small.encode("abracab")
    small.backward(small.surprise(small.predict(weights, tokens[:-1]), tokens[1:]))
    for name, tensor in weights.items():
        for i in {0, 1, len(tensor.rows) // 2}:
            row, j = tensor.rows[i], i % len(tensor.rows[i])
            own = row[j]
            row[j] = own + H
            above = loss_of(small, weights, "abracab")
            row[j] = own - H
            below = loss_of(small, weights, "abracab")
            row[j] = own
            assert tensor.slope[i][j] == pytest.approx((above - below) / (2 * H), rel=1e-5, abs=1e-7), name


def test_backward_adds_up_over_the_words_of_a_batch(small: ModuleType) -> None:
    """Two words in sequence leave the sum of their gradients, and nothing on the tape."""
    slopes = []
    for words in (["ab"], ["cde"], ["ab", "cde"]):
        random.seed(1)
        weights = small.make_weights()
        for word in words:
            tokens = small.encode(word)
            small.backward(small.surprise(small.predict(weights, tokens[:-1]), tokens[1:]), 0.5)
        slopes.append(weights["up0"].slope[0])
    assert slopes[2] == pytest.approx([a + b for a, b in zip(slopes[0], slopes[1], strict=True)])
    assert not small.tape


def test_adam_moves_by_the_rate_at_first(train: ModuleType) -> None:
    """After one step each weight has moved by the learning rate against its gradient, however large that is."""
    tensor = train.Tensor([[1.0, 1.0]])
    tensor.slope = [[1e-3, -50.0]]
    train.adam({"w": tensor}, {}, 1, 0.1)
    decay = 0.1 * train.WEIGHT_DECAY
    assert tensor.rows[0] == pytest.approx([1.0 - 0.1 - decay, 1.0 + 0.1 - decay], abs=1e-5)
    assert tensor.slope is None


def test_a_token_sees_nothing_that_comes_after_it(small: ModuleType) -> None:
    """The logits after a beginning do not depend on what follows it."""
    random.seed(1)
    weights = small.make_weights()
    long, short = (small.predict(weights, small.encode(word)[:-1]).rows for word in ("abcdef", "abc"))
    assert long[:4] == short


def test_training_lowers_the_loss_and_keeps_to_the_budget(train: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Even a small budget teaches something, and twice the budget reads twice as many words."""
    random.seed(1)
    words, weights = train.training_words(random), train.make_weights()
    before = sum(loss_of(train, weights, word) for word in words[-20:])
    train.train(weights, words, 2_000_000)
    assert sum(loss_of(train, weights, word) for word in words[-20:]) < before
    train.train(train.make_weights(), words, 4_000_000)
    read = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
    assert 1.6 < read[1] / read[0] < 2.4


def test_a_larger_network_gets_fewer_words(lab: Callable[[str], ModuleType]) -> None:
    """The cost of a token grows with the number of weights, so no width is free."""
    price = lab("prepare").price
    assert price(8000, 10) > 1.5 * price(4000, 10) > 0
    assert price(4000, 20) == 2 * price(4000, 10)


def test_sampling_makes_up_words(train: ModuleType) -> None:
    """A sample consists of letters, at most a context of them, and leaves nothing on the tape."""
    random.seed(1)
    weights = train.make_weights()
    words = [train.sample(weights) for _ in range(3)]
    assert all(set(word) <= set(train.LETTERS) and len(word) <= train.CONTEXT for word in words)
    assert any(words)
    assert not train.tape


def run_training(folder: Path, seed: int) -> bytes:
    """The model.json of a short run in its own folder."""
    folder.mkdir()
    command = [sys.executable, "-B", str(LAB / "train.py"), "--seed", str(seed), "--budget", "500000"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / "model.json").read_bytes()


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """A seed determines the model to the last digit, and another seed gives another one."""
    first = run_training(tmp_path / "a", 7)
    assert run_training(tmp_path / "b", 7) == first
    assert run_training(tmp_path / "c", 8) != first


def test_train_is_short_and_needs_nothing() -> None:
    """All of training is 200 lines that fit a page, and imports only the standard library and the frozen file."""
    source = (LAB / "train.py").read_text(encoding="ascii")
    assert len(source.splitlines()) <= 200
    assert max(map(len, source.splitlines())) <= 120
    imported = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for name in node.names}
    assert imported - set(sys.stdlib_module_names) == {"prepare"}


def test_the_program_is_valid_and_keeps_the_answers_out_of_reach() -> None:
    """Only train.py may be edited; the scorer, the language and the held-out words are hidden."""
    program = parse_program((LAB / "program.md").read_text(encoding="utf-8"), "program.md")
    assert program.metric.direction is Direction.MINIMIZE
    assert program.editable == ("train.py",)
    assert program.holdout is not None
    assert [guard.metric for guard in program.guards] == ["cpu_s"]
    for secret in ("score.py", "corpus.py", *HELD_OUT):
        assert (LAB / secret).is_file()
        assert matches(secret, program.hidden)


def visible_files() -> Iterator[Path]:
    """The files of the lab that a researcher or a candidate can see."""
    program = parse_program((LAB / "program.md").read_text(encoding="utf-8"), "program.md")
    for path in LAB.rglob("*"):
        if (
            path.is_file()
            and not {"__pycache__", ".git"} & set(path.parts)
            and not matches(path.relative_to(LAB).as_posix(), program.hidden)
        ):
            yield path


def test_what_a_candidate_sees_does_not_tell_the_held_out_words(corpus: ModuleType) -> None:
    """No visible file contains a run of held-out words, or the seeds that they were drawn with."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in visible_files()}
    assert {"train.py", "prepare.py", "words.txt", "practice.txt", "network.py", "program.md"} <= texts.keys()
    for split in HELD_OUT:
        seed, _ = corpus.SPLITS[split]
        words = (LAB / split).read_text(encoding="ascii").split()
        for name, text in texts.items():
            assert str(seed) not in text
            assert f"{seed:x}" not in text.lower().replace("_", "")
            flat = " ".join(text.split())
            assert not [pair for pair in pairwise(words) if f" {pair[0]} {pair[1]} " in flat], name
            if name not in {"words.txt", "practice.txt"}:  # from the same language, so some words are in both
                assert not [word for word in words if len(word) > 5 and word in text], name


@pytest.mark.parametrize("split", PINNED)
def test_the_corpus_is_the_same_everywhere(corpus: ModuleType, split: str) -> None:
    """The committed file is what the generator writes, pinned by its digest."""
    committed = (LAB / split).read_bytes()
    assert corpus.text_of(split).encode("ascii") == committed
    assert hashlib.sha256(committed).hexdigest() == PINNED[split]


def test_the_oracle_gives_probabilities(corpus: ModuleType) -> None:
    """The probabilities of the next letter sum to one everywhere, and a word has 3 to 15 letters."""
    language = corpus.make_language()
    for beginning in ("", "a", "ab", "abe", "kafe" * 3, "k" * 15):
        weights = corpus.next_weights(language, beginning)
        assert all(weight >= 0 for weight in weights.values())
        assert sum(weight / sum(weights.values()) for weight in weights.values()) == pytest.approx(1.0)
        assert (corpus.END in weights) == (len(beginning) >= 3)
    assert corpus.next_weights(language, "k" * 15) == {corpus.END: 1}


def test_vowel_harmony_is_there_to_be_found(corpus: ModuleType) -> None:
    """A vowel of another kind than the first one is rare, so attention to earlier letters pays."""
    language = corpus.make_language()
    front, back = (corpus.next_weights(language, beginning) for beginning in ("kek", "kok"))
    for vowel in corpus.FRONT_VOWELS:
        assert front[vowel] >= 20 * back[vowel]


@pytest.mark.parametrize("split", FLOOR)
def test_the_floor_is_known(corpus: ModuleType, split: str) -> None:
    """The surprise of perfect knowledge over a split is computed, not estimated."""
    language = corpus.make_language()
    nats = [nat for word in (LAB / f"heldout/{split}.txt").read_text().split() for nat in corpus.oracle_nats(word, language)]
    assert sum(nats) / len(nats) == pytest.approx(FLOOR[split], abs=1e-4)


@pytest.mark.parametrize(("tied", "heads"), [(False, 2), (True, 1), (False, 4)])
def test_the_scorer_computes_the_network_of_train(
    small: ModuleType, network: ModuleType, monkeypatch: pytest.MonkeyPatch, tied: bool, heads: int
) -> None:
    """Both agree on a word to nine digits, whatever the shapes."""
    monkeypatch.setattr(small, "TIED_EMBEDDINGS", tied)
    monkeypatch.setattr(small, "HEADS", heads)
    weights = made(small)
    tensors = {name: small.Tensor(rows) for name, rows in weights.items()}
    found = network.check_shapes(weights)
    assert found == [heads, heads]
    for word in ("abc", "kafekafekafekaf"):
        assert network.word_nats(weights, found, word) == pytest.approx(loss_of(small, tensors, word), abs=1e-9)


def test_the_scorer_reads_what_training_wrote(train: ModuleType, tmp_path: Path) -> None:
    """`train.py` and then `score.py` in one folder print the mean loss over the words of each split, and nothing else."""
    model = json.loads(run_training(tmp_path / "run", 1))
    tensors = {name: train.Tensor(rows) for name, rows in model.items()}
    for split in FLOOR:
        command = [sys.executable, "-B", str(LAB / "score.py"), "--split", split]
        done = subprocess.run(command, cwd=tmp_path / "run", check=True, capture_output=True, text=True)
        words = (LAB / f"heldout/{split}.txt").read_text(encoding="ascii").split()
        loss = sum(loss_of(train, tensors, word) for word in words) / sum(len(word) + 1 for word in words)
        assert done.stdout == f"METRIC val_loss={loss:.6f}\n"


def replaced(weights: Weights, **changes: object) -> dict[str, object]:
    """The weights with some entries changed; None removes one."""
    return {name: value for name, value in {**weights, **changes}.items() if value is not None}


BAD_VALUES = {
    "a string": "0.5",
    "a boolean": True,
    "null": None,
    "a list": [0.5],
    "an object": {"value": 0.5},
    "too large": 1e7,
    "an integer too large": 10**400,
}


@pytest.mark.parametrize("bad", BAD_VALUES)
def test_a_weight_is_a_bounded_number(
    small: ModuleType, scorer: ModuleType, network: ModuleType, tmp_path: Path, bad: str
) -> None:
    """Anything but a number of reasonable size is refused before a single step is computed."""
    weights: dict[str, object] = {**made(small), "token": [[BAD_VALUES[bad]] * 6] * 27}
    with pytest.raises(scorer.Rejected):
        network.load(written(tmp_path, json.dumps(weights)))


def written(folder: Path, text: str) -> Path:
    path = folder / "model.json"
    path.write_text(text)
    return path


BAD_TEXTS = {
    "nothing": "",
    "not JSON": "token",
    "no object": "[[1.0]]",
    "no matrices": "{}",
    "NaN": '{"token": [[NaN]]}',
    "infinity": '{"token": [[-Infinity]]}',
    "infinity by overflow": '{"token": [[1e999]]}',
    "a number of many digits": '{"token": [[' + "9" * 5000 + "]]}",
    "deep lists": '{"token": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "deep objects": '{"token": ' * 50_000 + "1" + "}" * 50_000,
    "a key twice": '{"token": [[1]], "token": [[2]]}',
    "an unknown name": '{"bias0": [[1.0]]}',
    "a name with a digit of another script": '{"up\\u0660": [[1.0]]}',
    "an empty matrix": '{"token": []}',
    "an empty row": '{"token": [[]]}',
    "rows that differ": '{"token": [[1.0], [1.0, 2.0]]}',
    "a row that is a string": '{"token": ["1"]}',
    "too many bytes": '{"token": [[' + " " * 2_000_000 + "1.0]]}",
    "too many weights": json.dumps({"token": [[0.5] * 1000] * 27}),
}


@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_a_file_that_is_no_model_is_rejected(scorer: ModuleType, network: ModuleType, tmp_path: Path, bad: str) -> None:
    """For any other model.json the scorer reports the mistake and computes nothing."""
    with pytest.raises(scorer.Rejected):
        network.load(written(tmp_path, BAD_TEXTS[bad]))


def test_no_file_is_rejected(scorer: ModuleType, network: ModuleType, tmp_path: Path) -> None:
    """A candidate that wrote no model has no score."""
    with pytest.raises(scorer.Rejected):
        network.load(tmp_path / "model.json")


BAD_SHAPES: dict[str, dict[str, object]] = {
    "no tokens": {"token": None},
    "no positions": {"position": None},
    "too few tokens": {"token": [[0.5] * 6] * 26},
    "another width": {"position": [[0.5] * 5] * 16},
    "no keys": {"key0.1": None},
    "no values": {"value1.0": None},
    "keys of another size than queries": {"key0.0": [[0.5] * 6] * 2},
    "a mix of another size than values": {"mix0.0": [[0.5] * 4] * 6},
    "no way down": {"down1": None},
    "a head out of order": {"query0.5": [[0.5] * 6] * 3},
    "a layer out of order": {"up7": [[0.5] * 6] * 3},
    "a name with a leading zero": {"up00": [[0.5] * 6] * 12},
    "a narrow out": {"out": [[0.5] * 5] * 27},
}


@pytest.mark.parametrize("bad", BAD_SHAPES)
def test_shapes_that_do_not_fit_are_rejected(small: ModuleType, scorer: ModuleType, network: ModuleType, bad: str) -> None:
    """Every matrix must be present, with the size that the others require, and no other."""
    network.check_shapes(made(small))
    with pytest.raises(scorer.Rejected):
        network.check_shapes(replaced(made(small), **BAD_SHAPES[bad]))


@pytest.mark.parametrize("size", [0.0, 1e-300, 1e6])
def test_every_model_of_bounded_weights_has_a_finite_loss(small: ModuleType, scorer: ModuleType, size: float) -> None:
    """No choice of weights within the bound overflows or divides by zero."""
    extreme = {name: [[math.copysign(size, v) for v in row] for row in rows] for name, rows in made(small).items()}
    assert math.isfinite(scorer.score(extreme, ["abc"]))


def test_a_model_that_knows_the_held_out_words_is_refused(
    train: ModuleType, scorer: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss below that of the language itself is a leak, not a score."""
    leaked = scorer.held_out("holdout")[:1]
    monkeypatch.setattr(train, "BATCH_WORDS", 1)
    random.seed(1)
    tensors = train.make_weights()
    train.train(tensors, leaked, 2_500_000)
    weights = {name: tensor.rows for name, tensor in tensors.items()}
    with pytest.raises(scorer.Rejected, match="leaked"):
        scorer.score(weights, leaked * 20)


def test_luck_is_no_leak(scorer: ModuleType, corpus: ModuleType) -> None:
    """A loss a little below the floor of one sample can be chance and passes; twenty nats cannot."""
    words = scorer.held_out("public")
    floor = sum(sum(corpus.oracle_nats(word, corpus.make_language())) for word in words)
    scorer.check_leak(floor - 19, words)
    with pytest.raises(scorer.Rejected):
        scorer.check_leak(floor - 21, words)


def test_a_rejection_is_one_line_and_no_metric(tmp_path: Path) -> None:
    """The scorer ends with an error and prints no number for a model that it cannot score."""
    written(tmp_path, '{"token": [[NaN]]}\nMETRIC val_loss=0.1')
    done = subprocess.run(
        [sys.executable, "-B", str(LAB / "score.py")], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "rejected: not JSON\n"


def test_the_public_measure_needs_nothing_that_is_hidden(train: ModuleType, tmp_path: Path) -> None:
    """With only the visible files, training and `practice.py` print the mean loss over `practice.txt`."""
    for path in visible_files():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for command in (["train.py", "--seed", "1", "--budget", "500000"], ["practice.py"]):
        done = subprocess.run([sys.executable, "-B", *command], cwd=tmp_path, check=True, capture_output=True, encoding="ascii")
    tensors = {name: train.Tensor(rows) for name, rows in json.loads((tmp_path / "model.json").read_bytes()).items()}
    words = (LAB / "practice.txt").read_text(encoding="ascii").split()
    loss = sum(loss_of(train, tensors, word) for word in words) / sum(len(word) + 1 for word in words)
    assert done.stdout == f"METRIC val_loss={loss:.6f}\n"


def test_the_lab_can_be_opened_as_a_hub() -> None:
    """Its hub.yaml gives workers `practice.py`, and nothing that they run is hidden from them."""
    program = parse_program((LAB / "program.md").read_text(encoding="utf-8"), "program.md")
    settings = parse_hub_settings((LAB / "hub.yaml").read_text(encoding="utf-8"))
    require_openable(program, settings)
    assert worker_front(program, settings)["score"] == "python practice.py"
