"""Changes that only draw another random seed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.core.seed_shopping import is_one_draw, only_seed_differs


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


HEAD = (5.1, 4.6, 5.3, 4.9, 5.2, 4.7)


@pytest.mark.parametrize(
    ("value", "head"),
    [(4.8, HEAD), (4.2, HEAD), (5.25, HEAD)],
    ids=["usual", "the best of many", "worse"],
)
def test_one_draw_for_every_seed_is_found(value: float, head: tuple[float, ...]) -> None:
    """The head's luck, drawn once: one value whatever the seed, where the head has another for each."""
    assert is_one_draw([value] * 6, head)


@pytest.mark.parametrize(
    ("values", "head"),
    [
        ([4.8] * 5 + [4.9], HEAD),
        ([0.0] * 6, HEAD),
        ([4.6] * 6, HEAD),
        ([2.0] * 6, (3.0, 4.0, 3.0, 5.0, 4.0, 3.0)),
        ([4.8] * 4, HEAD[:4]),
        ([5.0] * 6, (5.0,) * 6),
    ],
    ids=["it varies", "an optimum", "an optimum that the head reaches at times", "whole numbers", "too few", "no noise"],
)
def test_other_agreement_is_none(values: list[float], head: tuple[float, ...]) -> None:
    """Where all trials agree for a reason, and where too few were seen."""
    assert not is_one_draw(values, head)
