"""Changes that only draw another random seed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.core.seed_shopping import only_seed_differs


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
        ("seed = 1", "seed = time()"),
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
