"""Changes that only pick another random seed, or hard-code one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.research.changes.seed_shopping import fixes_seed, only_seed_differs


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
    """Ideas, comments, formatting and files that are not Python are not rejected here."""
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
    """In calls that seed, in arguments of that name, and through a name that holds a constant; even in a new file."""
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
    """If the seed came from elsewhere before, even beside another change."""
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
    """A seed may move from one file to another."""
    texts = [(b"random.seed(0)\nx = 1\n", b"x = 1\n"), (b"", b"random.seed(0)\n")]
    assert not fixes_seed(texts)
    assert fixes_seed(texts[1:])


@settings(deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_bytes_break_the_search_for_fixed_seeds(before: bytes, after: bytes) -> None:
    """Any two files give an answer, and a file never differs from itself."""
    assert fixes_seed([(b"seed = 1\n" + before, b"Random(2)\n" + after)]) in {True, False}
    assert not fixes_seed([(before, before)])
