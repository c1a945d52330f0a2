"""Changes that only draw another random seed, or fix one."""

import random

import pytest
from gate_walk import Walk, program
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.core.gate_memory import GateMemory
from overnight.core.noise import NoiseModel, noise_model
from overnight.core.seed_shopping import fixes_seed, is_one_draw, only_seed_differs
from overnight.records.program import Noise


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SEED = 1", "SEED = 2"),
        ("seed = 1\nx = 5", "seed = 0xBEEF\nx = 5"),
        ("RANDOM_SEED: int = 1", "RANDOM_SEED: int = -(7 + 2**3)"),
        ("random.seed(1)", "random.seed('lucky')"),
        ("torch.manual_seed(1)", "torch.manual_seed(1337)"),
        ("rng = np.random.default_rng(1)", "rng = np.random.default_rng(2)"),
        ("split(x, random_state=1, test=2)", "split(x, random_state=42, test=2)"),
        ("config = {'seed': 1, 'lr': 2}", "config = {'seed': 2, 'lr': 2}"),
        ("SEEDS = (1, 2, 3)", "SEEDS = [4, 5]"),
        ("def f(seed: int = 1): pass", "def f(seed: int = 2): pass"),
        ("key = jax.random.PRNGKey(0)", "key = jax.random.PRNGKey(1)"),
        ("seed = 1\n", "# a better seed\nseed =  9\n\n"),
        ("seed = 1", "seed = time()"),
        ("rng = random.Random(int(sys.argv[1]))", "rng = random.Random(7)"),
        ("rng = np.random.default_rng(args.seed)", "rng = np.random.default_rng()"),
        ("torch.manual_seed(int(sys.argv[1]))", "torch.manual_seed(1337)"),
        ("self.seed = args.seed", "self.seed = hash('lucky')"),
        ("rng = 1", "rng = 2"),
        ("def f(a, *, seed=None): pass", "def f(a, *, seed=7): pass"),
    ],
)
def test_another_seed_alone_is_found(before: str, after: str) -> None:
    """In assignments, defaults, keyword arguments, mappings and calls, however the constant is written."""
    assert only_seed_differs(before.encode(), after.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("seed = 1\nlr = 1", "seed = 2\nlr = 2"),
        ("lr = 1", "lr = 2"),
        ("n_seed_words = 1", "n_seed_words = 2"),
        ("rng = Random(seed)", "rng = Sobol(seed)"),
        ("shuffle(x)\nrng = Random(1)", "rng = Random(1)"),
        ("random.seed(1)", "pass"),
        ("seed_everything(1, workers=2)", "seed_everything(1, workers=4)"),
        ("for x in seeds: lr = 5", "for x in seeds: lr = 6"),
        ("lr, seed = 1, 2", "lr, seed = 5, 2"),
        ("seed = 1", "seed = 1  # comment"),
        ("seed = 1", "seed = 1"),
        ("f(seed=1, 2)", "f(seed=1, 3)"),
        ("seed = 1", ""),
        ("seed = 1", "seed = (2"),
        ("if a:\n  seed = 1", "if a:\n  seed = 2\n   b"),
        ("seed = 1", "# -*- coding: nonsense -*-\nseed = 2"),
        ("x = ab.seed", "x = ab.seed2"),
        ("x = np.random.random(10)", "x = np.random.random(20)"),
    ],
)
def test_anything_else_is_left_to_the_gate(before: str, after: str) -> None:
    """Ideas, comments, formatting and what is no Python are not rejected here."""
    assert not only_seed_differs(before.encode(), after.encode())


@settings(deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_bytes_break_it(before: bytes, after: bytes) -> None:
    """Any two files give an answer, and a file never differs from itself."""
    head = b"seed = 1\n"
    assert only_seed_differs(head + before, b"seed = 2\n" + after) in {True, False}
    assert not only_seed_differs(before, before)


TOP = "import random, sys\nseed = int(sys.argv[1])\nrng = random.Random(seed)\n"


@pytest.mark.parametrize(
    "added",
    [
        "random.seed(0)",
        "np.random.seed(1)",
        "torch.manual_seed(7)",
        "torch.cuda.manual_seed_all(-7)",
        "noise = np.random.default_rng(3)",
        "noise = random.Random(5)",
        "noise = random.Random('lucky' * 2)",
        "noise = np.random.RandomState((1, 2))",
        "x = shuffle(x, seed=7)",
        "x = draw(rng=7)",
        "SEED = 7\nrandom.seed(SEED)",
        "SEED: int = 7\nx = train(seed=SEED + 1)",
        "def f():\n    random_seed = 2**3\n    return random.Random(random_seed)",
        "set_seed(42)",
    ],
)
def test_a_seed_that_is_written_down_is_found(added: str) -> None:
    """In calls that seed, in arguments of that name, and through a name that holds a constant; also in a new file."""
    assert fixes_seed([(TOP.encode(), f"{TOP}lr = 0.2\n{added}\n".encode())])
    assert fixes_seed([(b"x = 1\n", b"x = 2\n"), (b"", f"{added}\n".encode())])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rng = random.Random(int(sys.argv[1]))", "rng = random.Random(7)"),
        ("seed = int(sys.argv[1])\nrng = Random(seed)", "seed = 7\nrng = Random(seed)"),
        ("seed = 0\nseed = args.seed\nrng = Random(seed)", "seed = 0\nrng = Random(seed)"),
        ("x = train(seed=args.seed)", "x = train(seed=1)"),
        ("rng = default_rng()", "rng = default_rng(1)"),
    ],
)
def test_a_constant_in_the_place_of_the_trials_seed_is_found(before: str, after: str) -> None:
    """Where the seed came from elsewhere before, also beside another change."""
    assert fixes_seed([(before.encode(), f"lr = 2\n{after}".encode())])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("random.seed(0)", "random.seed(0)\nlr = 2  # seed"),
        ("random.seed(0)\nlr = 1", "lr = 2\nif lr:\n    random.seed(0)"),
        ("random.seed(0)", "np.random.seed(0)"),
        ("random.seed(0)", "lr = 2"),
        ("SEED = 7\nrandom.seed(SEED)", "random.seed(7)\nlr = 2"),
        ("", "rng = random.Random(seed)"),
        ("", "rng = random.Random(seed + 1)"),
        ("", "rng = np.random.default_rng([seed, 3])"),
        ("", "rng = random.Random(f'{seed} noise')"),
        ("", "rng = random.Random(int(os.environ['OVERNIGHT_SEED']) + 5)"),
        ("", "rng = random.Random()\nother = default_rng(None)"),
        ("", "x = np.random.random(100) + rng.random(5)"),
        ("", "parser.add_argument('--seed', type=int, default=7)"),
        ("", "def train(seed=7):\n    return random.Random(seed)"),
        ("", "seed = 0\nif sys.argv[1:]:\n    seed = int(sys.argv[1])\nrng = random.Random(seed)"),
        ("", "for seed in (1, 2, 3):\n    fit(random.Random(seed))"),
        ("", "x, y = split(x, random_state=0)"),
        ("", "best = search(n_seeds=4, use_seed=True, seed=None)"),
        ("", "SEEDS_PER_ROW = 7"),
        ("", "SEED = 7"),
        ("", "random.seed(0"),
        ("random.seed(0", "random.seed(0)"),
    ],
)
def test_other_uses_of_seeds_are_left_to_the_gate(before: str, after: str) -> None:
    """Seeds that come from a variable, defaults that are overridden, how data is split, and constants that were there."""
    assert not fixes_seed([(before.encode(), after.encode())])


def test_a_seed_that_moves_to_another_file_was_there() -> None:
    """What one file loses another may gain."""
    texts = [(b"random.seed(0)\nx = 1\n", b"x = 1\n"), (b"", b"random.seed(0)\n")]
    assert not fixes_seed(texts)
    assert fixes_seed(texts[1:])


@settings(deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_bytes_break_the_search_for_fixed_seeds(before: bytes, after: bytes) -> None:
    """Any two files give an answer, and a file never differs from itself."""
    assert fixes_seed([(b"seed = 1\n" + before, b"Random(2)\n" + after)]) in {True, False}
    assert not fixes_seed([(before, before)])


HEAD = (5.1, 4.6, 5.3, 4.9, 5.2, 4.7)


def known(*values: float, noise: Noise = Noise.GAUSSIAN) -> NoiseModel:
    """The noise where the gate knows the mean of these values, and nothing else of how they spread."""
    memory = GateMemory(baseline=values, trials=len(values), varied=True)
    return noise_model(program(noise=noise), memory)


@pytest.mark.parametrize(
    ("values", "head"),
    [
        ([4.8] * 6, HEAD),
        ([4.2] * 6, HEAD),
        ([5.25] * 6, HEAD),
        ([4.2 + 1e-6 * place for place in range(6)], HEAD),
        ([0.92] * 6, (0.9, 0.91, 0.9, 0.895, 0.905, 0.91)),
        ([230.0] * 6, (300.0, 281.0, 322.0, 260.0, 331.0, 297.0)),
    ],
    ids=["usual", "the best of many", "worse", "but for the last digits", "a coarse metric", "large whole numbers"],
)
def test_one_draw_for_every_seed_is_found(values: list[float], head: tuple[float, ...]) -> None:
    """The head's luck, drawn once: one value whatever the seed, where the head has several, even if some of them tie."""
    assert is_one_draw(values, head, known(*head))


@pytest.mark.parametrize(
    ("values", "head"),
    [
        ([4.8] * 5 + [4.9], HEAD),
        ([4.8 + 0.01 * place for place in range(6)], HEAD),
        ([3.5 + 0.01 * place for place in range(6)], (*HEAD[:5], 1e6)),
        ([3.0] * 6, HEAD),
        ([0.0] * 6, (0.02, 0.015, 0.03, 0.01, 0.025, 0.022)),
        ([1.0] * 6, (0.9995, 0.9996, 0.9993, 0.9994, 0.9997, 0.9992)),
        ([100.0] * 6, (99.5, 99.6, 99.3, 99.4, 99.7, 99.2)),
        ([4.6] * 6, HEAD),
        ([0.92] * 6, (0.9, 0.9, 0.9, 0.9, 0.91, 0.9)),
        ([14.0] * 6, (20.0, 18.0, 22.0, 20.0, 21.0, 17.0)),
        ([4.8] * 4, HEAD[:4]),
        ([5.0] * 6, (5.0,) * 6),
    ],
    ids=[
        "it varies",
        "it varies little",
        "one trial of the head diverged",
        "far away",
        "no loss",
        "a perfect share",
        "a perfect percentage",
        "an optimum that the head reaches at times",
        "so coarse that trials agree by chance",
        "counts",
        "too few",
        "no noise",
    ],
)
def test_other_agreement_is_none(values: list[float], head: tuple[float, ...]) -> None:
    """Where all trials agree for a reason, and where too few were seen."""
    assert not is_one_draw(values, head, known(*head))


def test_what_is_known_of_the_head_counts() -> None:
    """Five values that happen to lie close together do not make the head's usual luck impossible."""
    close = (5.0, 5.01, 4.99, 5.02, 4.98)
    assert not is_one_draw([4.8] * 5, close, known(*close))
    draw = random.Random(1)
    walk = Walk(program(), lambda _: draw.gauss(5.0, 0.1)).baseline()
    assert is_one_draw([4.8] * 5, close, noise_model(walk.program, walk.memory))


def test_times_are_compared_by_ratio() -> None:
    """A candidate's one time is as far from the head's as their ratio says."""
    head = (1.0, 10.0, 2.0, 5.0, 3.0)
    assert is_one_draw([0.4] * 5, head, known(*head, noise=Noise.TIMING))
    assert not is_one_draw([0.001] * 5, head, known(*head, noise=Noise.TIMING))
