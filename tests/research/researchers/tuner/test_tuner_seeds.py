"""Seeds by other names, and statements that can be dropped."""

import ast

import pytest

from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.seeds import seed_names


@pytest.mark.parametrize(
    "use",
    [
        "random.seed(LUCKY)",
        "torch.manual_seed(int(LUCKY))",
        "rng = np.random.default_rng(LUCKY)",
        "rng = random.Random(LUCKY + 1)",
        "key = jax.random.PRNGKey(LUCKY)",
        "split(data, random_state=LUCKY)",
        "model = Model(seed=c.LUCKY)",
        "np.random.seed(CONFIG['LUCKY'])",
        "def f():\n    start = LUCKY * 7\n    random.seed(start)",
    ],
)
def test_what_reaches_a_generator_is_a_seed(use: str) -> None:
    """The use of a constant makes it a seed, whatever its name."""
    assert "LUCKY" in seed_names(ast.parse(use))


def test_what_does_not_reach_a_generator_is_none() -> None:
    """Other arguments and what a generator returns are not seeds."""
    names = seed_names(ast.parse("rng = Random(3)\nx = rng.gauss(0, STD)\ny = train(LR, seed=4)\n"))
    assert not names & {"STD", "LR"}


SOURCE = b"""
def forward(x, scale):
    x = norm(x)  # comment
    x *= scale
    y = norm(x)
    x = x + 1
    x = drop(
        x)
    if scale:
        x = relu(x)
    while x:
        x = half(x)
    random_order = shuffle(random_order)
    loss = smooth(loss)
    return x

def evaluate(x):
    x = norm(x)
    return x

x = norm(x)
"""


def test_only_updates_can_be_dropped() -> None:
    """Statements that update a name and measure nothing, if the block keeps another one; each is whole lines."""
    removals = scan_python("t.py", SOURCE).removals
    assert [r.statement for r in removals] == ["x = norm(x)", "x *= scale"]
    for removal in removals:
        shorter = SOURCE[: removal.start] + SOURCE[removal.end :]
        ast.parse(shorter)
        assert len(shorter.splitlines()) == len(SOURCE.splitlines()) - 1


def test_statements_that_share_a_line_stay() -> None:
    """A statement beside another on one line is not dropped."""
    assert scan_python("t.py", b"def f(x):\n    x = g(x); y = 1\n    return x\n").removals == ()
