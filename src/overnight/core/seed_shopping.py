"""Finds changes that only draw another random seed, which are luck and no idea.

By its text, a proposal whose only change is where a generator gets its seed from; by its trials, one whose generator no longer
listens to the seed that we hand out. A lucky seed that is fixed is better in every trial, so no statistics would refuse it.

Does not cover: a seed hidden in arithmetic, which fresh seeds for each trial make worthless as long as the trial's own seed
still counts; and a fixed seed beside noise added on purpose, which is fraud and shows in the diff.
"""

import ast
import math
import re
import warnings
from collections.abc import Sequence

from overnight.core.stats import mean, sum_of_squares

_SEED = re.compile(r"(?:.*_)?(?:seeds?|random_?state)", re.IGNORECASE)
_GENERATOR = re.compile(r"(?:.*_)?rng", re.IGNORECASE)
_CALL = re.compile(r"(?:.*_)?seed(?:_all|_everything)?|default_rng|RandomState|Random|PRNGKey", re.IGNORECASE)
_MENTION = re.compile(rb"seed|random_?state|rng|Random|PRNGKey", re.IGNORECASE)
_PLAIN = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.operator, ast.unaryop, ast.expr_context)

FEWEST = 5  # trials of each arm: with fewer, values that never repeat may yet be integers
REACHED = 4.0  # sd from the head's mean; the best of 10,000 draws is no farther


def only_seed_differs(before: bytes, after: bytes) -> bool:
    """Whether two Python texts differ in nothing but where a random seed comes from; False where one is no Python."""
    changed = set(before.splitlines()) ^ set(after.splitlines())
    if not any(_MENTION.search(line) for line in changed):
        return False  # the usual case, without reading the code
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a candidate's text is its own affair
            old, new = ast.parse(before), ast.parse(after)
            differs = ast.dump(old) != ast.dump(new)
            return differs and ast.dump(_Seedless().visit(old)) == ast.dump(_Seedless().visit(new))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def is_one_draw(values: Sequence[float], head: Sequence[float]) -> bool:
    """Whether a candidate's trials are one draw of the head's luck, made again and again.

    So it looks when it has one value whatever the seed, where the head has another for each, and the value is one that the
    head could have drawn. A candidate that is without noise because it reaches an optimum is farther away, or has values that
    the head meets too.
    """
    if min(len(values), len(head)) < FEWEST or len(set(values)) > 1:
        return False
    if len({*head, *values}) <= len(head):
        return False  # a coarse metric, or an optimum that the head reaches at times: equal values say nothing
    spread = math.sqrt(sum_of_squares(head) / (len(head) - 1))
    return abs(values[0] - mean(head)) <= REACHED * spread


class _Seedless(ast.NodeTransformer):
    """Puts one mark in the place of all that a seed is computed from."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:  # the name that ast asks for
        """`SEED = 1`, `self.seed = 1`, `rng = 1`."""
        match node:
            case ast.Assign(targets=[target], value=value):
                node.value = _without(_last_name(target), value)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """`seed: int = 1`."""
        node.value = node.value and _without(_last_name(node.target), node.value)
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """`{"seed": 1}`."""
        node.values = [_without(_text(key), value) for key, value in zip(node.keys, node.values, strict=True)]
        return self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        """`split(x, random_state=1)`."""
        node.value = _without(node.arg or "", node.value)
        return self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """`def f(seed=1)`."""
        named = [*node.posonlyargs, *node.args]
        first = len(named) - len(node.defaults)
        node.defaults = [_without(arg.arg, value) for arg, value in zip(named[first:], node.defaults, strict=True)]
        node.kw_defaults = [
            value and _without(arg.arg, value) for arg, value in zip(node.kwonlyargs, node.kw_defaults, strict=True)
        ]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`torch.manual_seed(1)`, `Random(int(sys.argv[1]))`."""
        if _CALL.fullmatch(_last_name(node.func)):
            node.args = [_mark(), *node.args[1:]]
        return self.generic_visit(node)


def _without(name: str, value: ast.expr) -> ast.expr:
    """The value of a name, or a mark if it is a seed; what makes a generator is an idea, a constant in its place is a seed."""
    plain = _GENERATOR.fullmatch(name) and all(isinstance(inner, _PLAIN) for inner in ast.walk(value))
    return _mark() if plain or _SEED.fullmatch(name) else value


def _mark() -> ast.expr:
    return ast.Constant(value="seed")


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
