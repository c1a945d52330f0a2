"""The gpt lab: a language with a known floor, a scorer that accepts networks only as data, and repeatable training."""

import hashlib
import json
import math
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from lab_copies import lab_copy, modules_of, program_of, refusal, script, tunable
from targets import git, read_json

from overnight.program.scope import matches

PINNED = {
    "vocabulary.txt": "60c62cd0d7f7ba9e3a8e2440e48fc8455f98258ed802bcd69c5f150f1b06143c",
    "train.txt": "d452a3cc84d03f83c535e256bb28b3b93c839b327b710061c65516dba2516581",
    "heldout/public.txt": "38a58e5ddef9346206cbe8f72fe0b5007c23506978622f736ce01f5d2776d9d1",
    "heldout/holdout.txt": "13af5fd334feb4d16e7eb690cac1454bd9d41a97daffe53a5b075bfb2ba966e6",
    "heldout/audit.txt": "379284f5095cd696e2b9ed70f560e9277311a43cd81025fc8000b0afbfa6b438",
}
FLOOR = {"public": 0.5207, "holdout": 0.5108, "audit": 0.5207}  # bits per byte
HELD_OUT = tuple(f"heldout/{split}.txt" for split in FLOOR)
WORDS = 493
WIDTH = 12
SMALL = 2e9  # floating-point operations: about ten steps

Weights = dict[str, "np.ndarray[Any, np.dtype[np.float32]]"]  # Any: shapes have no static type

# A candidate without PyTorch: it leaves a network that knows nothing, looks for what it must not see, and lies.
SPY = """\
import json, os, struct
assert not [name for name in ("score.py", "corpus.py", "heldout", "README.md") if os.path.exists(name)]
weights = {"token": [493, 12], "head": [493, 12]}
about = {"heads": 1, "qk_norm": True, "qk_scale": 1, "rotary_base": 0, "logit_cap": 0, "weights": weights}
open("model.json", "w").write(json.dumps(about))
open("model.f32", "wb").write(struct.pack("<11832f", *[0.0] * 11832))
print("METRIC val_bpb=0.52")
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_copy("gpt", tmp_path_factory.mktemp("labs"))


@pytest.fixture(scope="module")
def modules(lab: Path) -> Iterator[dict[str, ModuleType]]:
    with modules_of(lab, "corpus", "score", "prepare") as loaded:
        yield loaded


@pytest.fixture(scope="module")
def corpus(modules: dict[str, ModuleType]) -> ModuleType:
    return modules["corpus"]


@pytest.fixture(scope="module")
def scorer(modules: dict[str, ModuleType]) -> ModuleType:
    return modules["score"]


# ---- The language ----


@pytest.mark.parametrize("name", PINNED)
def test_the_corpus_is_the_same_everywhere(lab: Path, name: str) -> None:
    """A copy holds exactly what the generator writes on any machine, pinned by its digest."""
    assert hashlib.sha256((lab / name).read_bytes()).hexdigest() == PINNED[name]
    assert name in git(lab, "ls-files").splitlines()


@pytest.mark.parametrize("split", FLOOR)
def test_the_floor_is_known(lab: Path, corpus: ModuleType, split: str) -> None:
    """The cost of a held-out text with perfect knowledge of the language is computed, not estimated, and is in the README."""
    text = (lab / f"heldout/{split}.txt").read_text(encoding="ascii")
    language = corpus.make_language()
    bits = sum(sum(corpus.oracle_bits(language, story)) for story in corpus.read_stories(text))
    assert bits / len(text) == pytest.approx(FLOOR[split], abs=5e-5)
    assert f"{FLOOR[split]:.4f}" in (lab / "README.md").read_text(encoding="utf-8")


def test_choices_are_weights_of_words(corpus: ModuleType) -> None:
    """At any point of a story the next word is one of known words with integer weights, so probabilities sum to one."""
    language = corpus.make_language()
    assert len(language.words) == len(set(language.words)) == WORDS
    for story in corpus.draw_stories(5, 20):
        telling = corpus.tell(language)
        weights = next(telling)
        for word in story:
            assert weights.keys() <= set(language.words)
            assert all(type(weight) is int and weight > 0 for weight in weights.values())
            weights = telling.send(word)
        assert weights == {}


def test_a_word_is_drawn_as_often_as_its_weight_says(corpus: ModuleType) -> None:
    """Each ticket below the sum of the weights belongs to one word, and each word has as many tickets as its weight."""
    weights = {"a": 3, "b": 1, "c": 2}
    assert [corpus.pick(weights, ticket) for ticket in range(6)] == ["a", "a", "a", "b", "c", "c"]


def test_what_the_language_cannot_say_has_no_chance(corpus: ModuleType) -> None:
    """The oracle refuses a text that breaks the grammar: here a singular verb without its `s`."""
    language = corpus.make_language()
    story = corpus.draw_stories(5, 1)[0]
    assert "s" in story
    story.remove("s")
    with pytest.raises(KeyError):
        corpus.oracle_bits(language, story)


def test_every_story_fits_a_context(lab: Path, modules: dict[str, ModuleType]) -> None:
    """No story of any split is longer than a network's context, and tokens are those of the scorer."""
    assert modules["prepare"].CONTEXT == modules["score"].CONTEXT
    assert tuple(modules["prepare"].vocabulary()) == modules["corpus"].make_language().words
    for name in modules["corpus"].SPLITS:
        stories = modules["corpus"].read_stories((lab / name).read_text(encoding="ascii"))
        assert max(map(len, stories)) <= modules["prepare"].CONTEXT


# ---- The folder ----


def test_the_lab_is_complete(lab: Path) -> None:
    """Its program parses, candidate and scorer are two processes, and the answers are hidden."""
    program = program_of(lab)
    assert program.produce and program.score and program.holdout
    assert program.editable == ("train.py",)
    assert [guard.metric for guard in program.guards] == ["cpu_s"]
    for secret in ("score.py", "corpus.py", "README.md", *HELD_OUT):
        assert (lab / secret).is_file() and matches(secret, program.hidden)
    readme = (lab / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# gpt: ") and "2 cores" in readme
    assert re.search(r"^## What to expect$", readme, re.MULTILINE)
    assert re.search(r"^## How it could be gamed, and what stops that$", readme, re.MULTILINE)
    assert len((lab / "AGENTS.md").read_text(encoding="utf-8").splitlines()) <= 30


def test_what_a_candidate_sees_does_not_tell_the_held_out_stories(lab: Path, corpus: ModuleType) -> None:
    """No visible file contains a held-out story, or the seeds that they were drawn with."""
    hidden = program_of(lab).hidden
    visible = [name for name in git(lab, "ls-files").splitlines() if not matches(name, hidden)]
    assert {"train.py", "prepare.py", "train.txt", "vocabulary.txt", "program.md"} <= set(visible)
    texts = [(lab / name).read_text(encoding="utf-8") for name in visible]
    for split in HELD_OUT:
        seed, _ = corpus.SPLITS[split]
        secrets = [str(seed), *(lab / split).read_text(encoding="ascii").splitlines()]
        assert not [secret for secret in secrets for text in texts if secret in text]


def test_the_tuner_finds_the_constants(lab: Path) -> None:
    """The built-in tuner sees the decay of the value embeddings, the betas and the rates, but not the budget."""
    found = tunable(lab)
    assert {"VALUE_EMBEDDING_WEIGHT_DECAY", "ADAM_BETA1", "ADAM_BETA2", "MUON_LR", "WARMDOWN", "BATCH_ROWS"} <= found
    assert not [name for name in found if "BUDGET" in name or "SEED" in name]


def test_hidden_files_are_out_of_reach_and_a_printed_metric_is_not_believed(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the jail a candidate finds neither the scorer nor held-out stories, and the score is that of its artifact."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")  # this Python has numpy
    copied = lab_copy("gpt", tmp_path)
    (copied / "train.py").write_text(SPY, encoding="utf-8")
    git(copied, "commit", "-q", "-a", "-m", "spy")
    checked = read_json(copied, "check")
    text = (lab / "heldout/public.txt").read_text(encoding="ascii")
    knows_nothing = math.log2(WORDS) * len(text.split()) / len(text)  # plus the ends of stories
    assert knows_nothing < checked["value"] < 1.05 * knows_nothing


# ---- The scorer ----


def made(**changes: object) -> tuple[dict[str, object], Weights]:
    """A network of random numbers with every kind of weight; `changes` are applied to model.json."""
    random = np.random.default_rng(3)
    shapes: dict[str, tuple[int, int]] = {"token": (WORDS, WIDTH), "head": (WORDS, WIDTH), "position": (96, WIDTH)}
    for layer in range(2):
        shapes |= {f"{name}{layer}": (8, WIDTH) for name in ("query", "key", "value")}
        shapes |= {f"mix{layer}": (WIDTH, 8), f"up{layer}": (20, WIDTH), f"down{layer}": (WIDTH, 20), f"skip{layer}": (1, 2)}
        shapes |= {f"value_embedding{layer}": (WORDS, 8), f"value_gate{layer}": (2, 12)}
    weights = {name: random.normal(size=size).astype(np.float32) for name, size in shapes.items()}
    about = {"heads": 2, "qk_norm": True, "qk_scale": 1.2, "rotary_base": 100, "logit_cap": 15.0, "weights": shapes}
    return {**about, **changes}, weights


def written(folder: Path, about: object, weights: Weights) -> Path:
    """A folder with a network's two files."""
    (folder / "model.json").write_text(about if isinstance(about, str) else json.dumps(about))
    (folder / "model.f32").write_bytes(b"".join(weight.astype("<f4").tobytes() for weight in weights.values()))
    return folder


def reshaped(changes: dict[str, tuple[int, int] | None]) -> tuple[dict[str, object], Weights]:
    """A network in which some weights have another shape, are new, or (None) are gone."""
    about, weights = made()
    for name, size in changes.items():
        weights.pop(name, None)
        if size is not None:
            weights[name] = np.ones(size, np.float32)
    return {**about, "weights": {name: weight.shape for name, weight in weights.items()}}, weights


@pytest.mark.parametrize("rotary_base", [0, 100])
@pytest.mark.parametrize("qk_norm", [True, False])
def test_chances_sum_to_one_and_look_at_nothing_ahead(
    scorer: ModuleType, tmp_path: Path, rotary_base: int, qk_norm: bool
) -> None:
    """After any beginning the probabilities of all next words sum to one, so none depends on what follows."""
    model = scorer.load(written(tmp_path, *made(rotary_base=rotary_base, qk_norm=qk_norm)))
    layers = scorer.check_shapes(model, WORDS)
    beginning = [0, 5, 17, 3, 400, 9]
    known = scorer.story_bits(model, layers, np.array(beginning))
    nexts = [scorer.story_bits(model, layers, np.array([*beginning, word])) - known for word in range(WORDS)]
    assert sum(2.0**-bits for bits in nexts) == pytest.approx(1.0, abs=1e-9)


def test_a_network_without_knowledge_pays_for_every_word_alike(scorer: ModuleType, tmp_path: Path) -> None:
    """If all logits are 0, a word costs log2 of their number."""
    about, weights = made()
    model = scorer.load(written(tmp_path, about, {**weights, "head": np.zeros((WORDS, WIDTH), np.float32)}))
    bits = scorer.story_bits(model, scorer.check_shapes(model, WORDS), np.array([0, 1, 2, 3]))
    assert bits == pytest.approx(3 * math.log2(WORDS))


def test_what_may_be_left_out_may_be_left_out(scorer: ModuleType, tmp_path: Path) -> None:
    """Without head, positions, value embeddings, gates and skips, and without any layer, there is still a score."""
    optional = ("head", "position", *(f"{name}{n}" for name in ("skip", "value_embedding", "value_gate") for n in (0, 1)))
    model = scorer.load(written(tmp_path, *reshaped(dict.fromkeys(optional))))
    assert scorer.check_shapes(model, WORDS) == 2
    assert math.isfinite(scorer.score(model, scorer.held_out("public")[:200].rpartition("\n")[0] + "\n"))
    model = scorer.load(written(tmp_path, *reshaped(dict.fromkeys(name for name in made()[1] if name != "token"))))
    assert scorer.check_shapes(model, WORDS) == 0


BAD_TEXTS = {
    "nothing": "",
    "not JSON": "heads",
    "no object": "[1]",
    "NaN": '{"heads": NaN}',
    "a key twice": '{"heads": 1, "heads": 2}',
    "deep lists": "[" * 10_000 + "]" * 10_000,
    "too many bytes": " " * 20_001,
    "a number of many digits": '{"heads": ' + "9" * 5000 + "}",
}


@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_a_description_that_is_none_is_rejected(scorer: ModuleType, tmp_path: Path, bad: str) -> None:
    """For any other model.json the scorer reports the mistake and computes nothing."""
    with pytest.raises(scorer.Rejected):
        scorer.load(written(tmp_path, BAD_TEXTS[bad], made()[1]))


BAD_SETTINGS: dict[str, dict[str, object]] = {
    "no heads": {"heads": 0},
    "too many heads": {"heads": 17},
    "heads that are true": {"heads": True},
    "half a head": {"heads": 1.5},
    "a scale that is NaN": {"qk_scale": math.nan},
    "a scale that is infinite": {"qk_scale": math.inf},
    "a scale below zero": {"qk_scale": -1.0},
    "a base that overflows": {"rotary_base": 1e-320},
    "a cap that is text": {"logit_cap": "15"},
    "a norm that is a number": {"qk_norm": 1},
    "a key too many": {"chances": [1.0]},
    "no weights": {"weights": {}},
    "weights that are a list": {"weights": [["token", [493, 12]]]},
    "an unknown name": {"weights": {"bias": [1, 2]}},
    "a digit of another script": {"weights": {"up\u0660": [1, 2]}},
    "a layer too far": {"weights": {"up8": [1, 2]}},
    "a shape of three": {"weights": {"token": [493, 12, 1]}},
    "a shape below zero": {"weights": {"token": [-493, -12]}},
    "a shape of fractions": {"weights": {"token": [493.0, 12.0]}},
    "a huge shape": {"weights": {"token": [10**6, 10**6]}},
    "an endless shape": {"weights": {"token": [10**400, 1]}},
}


@pytest.mark.parametrize("bad", BAD_SETTINGS)
def test_settings_out_of_bounds_are_rejected(scorer: ModuleType, tmp_path: Path, bad: str) -> None:
    """Each key must be present, have its type and be within its bounds; no other key is allowed."""
    with pytest.raises(scorer.Rejected):
        scorer.load(written(tmp_path, *made(**BAD_SETTINGS[bad])))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.1e6])
def test_numbers_out_of_bounds_are_rejected(scorer: ModuleType, tmp_path: Path, bad: float) -> None:
    """If one weight is not a bounded number, nothing is computed."""
    about, weights = made()
    weights["down1"][3, 4] = bad
    with pytest.raises(scorer.Rejected, match="from -1e6 to 1e6"):
        scorer.load(written(tmp_path, about, weights))


def test_numbers_too_few_or_too_many_are_rejected(scorer: ModuleType, tmp_path: Path) -> None:
    """The file of numbers is exactly as long as the shapes say, and no longer than allowed."""
    about, weights = made()
    content = (written(tmp_path, about, weights) / "model.f32").read_bytes()
    for other in (content[:-4], content + bytes(4), content + b"x", b"", bytes(4_000_001)):
        (tmp_path / "model.f32").write_bytes(other)
        with pytest.raises(scorer.Rejected):
            scorer.load(tmp_path)


def test_missing_files_are_rejected(scorer: ModuleType, tmp_path: Path) -> None:
    """A candidate that left no network has no score."""
    with pytest.raises(scorer.Rejected, match=r"no model\.json"):
        scorer.load(tmp_path)
    (written(tmp_path, *made()) / "model.f32").unlink()
    with pytest.raises(scorer.Rejected, match=r"no model\.f32"):
        scorer.load(tmp_path)


BAD_SHAPES: dict[str, dict[str, tuple[int, int] | None]] = {
    "no tokens": {"token": None},
    "too few tokens": {"token": (492, WIDTH)},
    "too many tokens": {"token": (494, WIDTH)},
    "a narrow head": {"head": (WORDS, WIDTH - 1)},
    "positions too few": {"position": (95, WIDTH)},
    "no keys": {"key0": None},
    "keys of another size than queries": {"key0": (12, WIDTH)},
    "heads of odd width": {"query0": (6, WIDTH), "key0": (6, WIDTH)},
    "values that no heads can share": {"value0": (7, WIDTH), "mix0": (WIDTH, 7)},
    "a mix of another size than values": {"mix1": (WIDTH, 6)},
    "no way down": {"down1": None},
    "a layer left out": {"up0": None},
    "a layer out of order": {"up5": (20, WIDTH)},
    "a value embedding of another size": {"value_embedding0": (WORDS, 12)},
    "a value embedding for pairs of words": {"value_embedding0": (WORDS * 2, 8)},
    "a gate of nothing": {"value_embedding0": None},
    "a gate too many": {"value_gate0": (3, 12)},
    "a long skip": {"skip0": (1, 3)},
}


@pytest.mark.parametrize("bad", BAD_SHAPES)
def test_shapes_that_do_not_fit_are_rejected(scorer: ModuleType, tmp_path: Path, bad: str) -> None:
    """Every matrix must be present, with the size that the others require, and no other."""
    scorer.check_shapes(scorer.load(written(tmp_path, *made())), WORDS)
    model = scorer.load(written(tmp_path, *reshaped(BAD_SHAPES[bad])))
    with pytest.raises(scorer.Rejected):
        scorer.check_shapes(model, WORDS)


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e6])
@pytest.mark.parametrize("qk_norm", [True, False])
def test_every_network_of_bounded_weights_has_a_finite_score(
    scorer: ModuleType, tmp_path: Path, size: float, qk_norm: bool
) -> None:
    """No choice of weights within the bounds overflows or divides by zero."""
    about, weights = made(qk_norm=qk_norm, qk_scale=100, logit_cap=0)
    extreme = {name: np.copysign(np.float32(size), weight) for name, weight in weights.items()}
    model = scorer.load(written(tmp_path, about, extreme))
    assert math.isfinite(scorer.story_bits(model, 2, np.array([0, 1, 2, 3])))


@pytest.mark.parametrize("bits", [969.0, math.nan, -math.inf])
def test_a_score_below_the_floor_is_a_leak(scorer: ModuleType, bits: float) -> None:
    """Up to thirty bits below the floor of a whole text can be chance; more, or not a number, is refused."""
    scorer.check_leak(971.0, 1000.0)
    with pytest.raises(scorer.Rejected, match="leaked"):
        scorer.check_leak(bits, 1000.0)


def test_a_rejection_is_one_line_and_no_metric(lab: Path) -> None:
    """The scorer ends with an error and prints no number for a network that it cannot score."""
    (lab / "model.json").write_text('{"heads": 1}\nMETRIC val_bpb=0.1')
    assert refusal(lab, "score.py") == "rejected: model.json is not JSON"


# ---- Training, if PyTorch is installed ----


@pytest.fixture(scope="module")
def train(lab: Path, modules: dict[str, ModuleType]) -> Iterator[ModuleType]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'overnight[torch]'")
    torch.set_num_threads(1)  # on a busy machine two threads take many times the CPU time of one
    with modules_of(lab, "train") as loaded:
        yield loaded["train"]


def trained(train: ModuleType, stories: list[list[int]], budget: float, folder: Path) -> Path:
    """A folder with a network that learned from stories, and its files."""
    torch = train.torch
    torch.manual_seed(1)
    weights = train.make_weights(WORDS)
    train.train(weights, stories, budget)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        train.save(weights)
    return folder


def tokens_of(modules: dict[str, ModuleType], text: str) -> list[list[int]]:
    """The stories of a text as training reads them."""
    token = {word: number for number, word in enumerate(modules["prepare"].vocabulary())}
    return [[token[word] for word in story[:-1]] for story in modules["corpus"].read_stories(text)]


def test_the_scorer_computes_the_network_of_train(train: ModuleType, modules: dict[str, ModuleType], tmp_path: Path) -> None:
    """NumPy in the scorer and PyTorch in training agree on a story."""
    torch, functional = train.torch, train.F
    scorer, stories = modules["score"], tokens_of(modules, modules["score"].held_out("holdout"))
    model = scorer.load(trained(train, stories[:50], SMALL, tmp_path))
    weights = {name: torch.tensor(weight) for name, weight in model.weights.items()}
    for story in ([0, *stories[0], 0], [0, *stories[1], 0]):
        logits = train.predict(weights, torch.tensor([story[:-1]]))[0]
        nats = functional.cross_entropy(logits, torch.tensor(story[1:]), reduction="sum").item()
        bits = scorer.story_bits(model, scorer.check_shapes(model, WORDS), np.array(story))
        assert bits == pytest.approx(nats / math.log(2), rel=1e-5)


def test_a_network_that_knows_the_held_out_stories_is_refused(
    train: ModuleType, modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    """A network that learned the held-out text gets below the floor, which is a rejection, not a score."""
    scorer = modules["score"]
    leaked = "".join(scorer.held_out("holdout").splitlines(keepends=True)[:4])
    model = scorer.load(trained(train, tokens_of(modules, leaked), 8e9, tmp_path))
    with pytest.raises(scorer.Rejected, match="leaked"):
        scorer.score(model, leaked)


def test_same_seed_same_bytes_and_a_score(train: ModuleType, lab: Path) -> None:
    """A seed determines the network to the last bit, another seed gives another one, and the scorer reads the result."""
    bits = []
    for seed in ("7", "7", "8"):
        done = script(lab, "train.py", "--seed", seed, "--budget", str(SMALL))
        assert done.returncode == 0, done.stderr
        bits.append((lab / "model.f32").read_bytes())
    assert bits[0] == bits[1] != bits[2]
    scored = script(lab, "score.py", "--split", "holdout")
    assert re.fullmatch(r"METRIC val_bpb=[01]\.\d{6}\n", scored.stdout), scored.stderr


def test_the_budget_is_operations_and_not_steps(train: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the budget is twice the steps, and a wider network gets fewer of them."""
    stories = train.training_stories()
    steps = train.train(train.make_weights(WORDS), stories, SMALL)
    assert 2 * steps <= train.train(train.make_weights(WORDS), stories, 2 * SMALL) <= 2 * steps + 1
    monkeypatch.setattr(train, "WIDTH", 96)
    assert train.train(train.make_weights(WORDS), stories, SMALL) < steps / 2


def test_training_learns(train: ModuleType, modules: dict[str, ModuleType], tmp_path: Path) -> None:
    """Even a small budget makes unseen stories cheaper than knowing nothing."""
    scorer, stories = modules["score"], train.training_stories()
    story = np.array([0, *stories[-1], 0])
    model = scorer.load(trained(train, stories[:200], 2 * SMALL, tmp_path))
    assert scorer.story_bits(model, 2, story) < 0.8 * (len(story) - 1) * math.log2(WORDS)


def test_rows_are_whole_beginnings_of_stories(train: ModuleType) -> None:
    """Every row starts before a story and is full, and every story is used."""
    rows = train.batches([[5] * 40, [6] * 40, [7] * 40])
    seen = set()
    for batch in (next(rows) for _ in range(5)):
        assert batch.shape == (train.BATCH_ROWS, train.CONTEXT + 1)
        assert (batch[:, 0] == train.END).all() and (batch[:, 1] != train.END).all()
        seen |= set(batch.flatten().tolist())
    assert seen == {0, 5, 6, 7}


def test_decay_shrinks_a_table_by_its_share(train: ModuleType) -> None:
    """Without a gradient AdamW only decays by the decay times the schedule, whatever the rate."""
    torch = train.torch
    for rate in (0.1, 1.0):
        weight = torch.ones(2, 2)
        weight.grad = torch.zeros(2, 2)
        train.Adam(weight, rate, 0.2).step(0.5)
        assert weight.flatten().tolist() == pytest.approx([0.9] * 4)


def test_muon_moves_every_direction_alike(train: ModuleType) -> None:
    """Muon's update is nearly orthogonal, however uneven the gradient is."""
    torch = train.torch
    torch.manual_seed(1)
    for size in ((48, 48), (192, 48), (48, 192)):
        stretched = train.orthogonal(torch.randn(size) @ torch.diag(torch.logspace(0, -1, size[1])))
        values = torch.linalg.svdvals(stretched)
        assert values.min() > 0.3 and values.max() < 1.5
