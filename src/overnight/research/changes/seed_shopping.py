"""Finds changes that only pick another random seed, or hard-code one: those are luck, not ideas.

Does not cover: a seed hidden in arithmetic. Fresh seeds for each trial make it worthless as long as the trial's own seed is
still used; if it is not, `one_draw` checks the trials.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set

from overnight.research.changes.syntax import parse_python

_SEED = re.compile(r"(?:.*_)?(?:seeds?|random_?state)", re.IGNORECASE)
_GENERATOR = re.compile(r"(?:.*_)?rng", re.IGNORECASE)
_ARGUMENT = re.compile(r"(?:.*_)?(?:seed|rng)", re.IGNORECASE)  # not `random_state`: how data is split may be an idea
_CALL = re.compile(r"(?i:(?:.*_)?seed(?:_all|_everything)?|default_rng|PRNGKey)|RandomState|Random")  # not `random(...)`
_MENTION = re.compile(rb"seed|random_?state|rng|Random|PRNGKey", re.IGNORECASE)
_PLAIN = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.operator, ast.unaryop, ast.expr_context)

_NO_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def only_seed_differs(before: bytes, after: bytes) -> bool:
    """Whether two Python texts differ only in where a random seed comes from; False if one is not Python."""
    if not _mentions_seed(before, after):
        return False  # the usual case, without parsing the code
    try:
        old, new = parse_python(before), parse_python(after)
        differs = ast.dump(old) != ast.dump(new)
        return differs and ast.dump(_Seedless().visit(old)) == ast.dump(_Seedless().visit(new))
    except _NO_PYTHON:
        return False


def fixes_seed(texts: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether more generators get a hard-coded seed after a change than before it.

    `texts` are those of the changed Python files, before and after; a file that is not Python is ignored. A seed is
    hard-coded if it consists of constants, or of names like `SEED` that are only ever set to constants. Seeds that were
    there before may stay, move, get another constant or be removed.
    """
    return sum(_more_written(before, after) for before, after in texts) > 0


def _mentions_seed(before: bytes, after: bytes) -> bool:
    """Whether a line with a word for seeds is only in one of the two texts."""
    return any(_MENTION.search(line) for line in set(before.splitlines()) ^ set(after.splitlines()))


class _Seedless(ast.NodeTransformer):
    """Replaces every expression that computes a seed with the same mark."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST:  # the name that ast requires
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


def _more_written(before: bytes, after: bytes) -> int:
    """How many more hard-coded seeds a file has after a change."""
    if not _mentions_seed(before, after):
        return 0
    try:
        return _written_seeds(parse_python(after)) - _written_seeds(parse_python(before))
    except _NO_PYTHON:
        return 0


def _written_seeds(tree: ast.Module) -> int:
    """How many calls get a hard-coded seed."""
    constants = _constant_seeds(tree)
    return sum(isinstance(node, ast.Call) and _hands_over(node, constants) for node in ast.walk(tree))


def _hands_over(call: ast.Call, constants: Set[str]) -> bool:
    """`Random(5)`, `np.random.seed(SEED)`, `train(seed=7)`; not `Random(seed + 1)`, `Random()`, `train(seed=None)`."""
    if call.args and _CALL.fullmatch(_last_name(call.func)):
        return all(_is_written(argument, constants) for argument in call.args)
    return any(_ARGUMENT.fullmatch(each.arg or "") and _is_written(each.value, constants) for each in call.keywords)


def _is_written(value: ast.expr, constants: Set[str]) -> bool:
    """Whether a value consists only of constants. None lets the system choose, and a bool is not a seed."""
    found = False
    for each in ast.walk(value):
        named = isinstance(each, ast.Name) and each.id in constants
        if not named and not isinstance(each, _PLAIN):
            return False
        found = found or named or (isinstance(each, ast.Constant) and not isinstance(each.value, bool | None))
    return found


def _constant_seeds(tree: ast.Module) -> Set[str]:
    """Names like `SEED` that are only ever set to constants, in any scope."""
    bound, constant = Counter(_bound_names(tree)), Counter(_names_of_constants(tree))
    return {name for name, times in constant.items() if times == bound[name] and _SEED.fullmatch(name)}


def _bound_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name


def _names_of_constants(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.expr() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if _is_written(value, frozenset()):
                yield name


def _without(name: str, value: ast.expr) -> ast.expr:
    """The value of a name, or a mark if it is a seed. For a generator's name, only constants count as a seed."""
    plain = _GENERATOR.fullmatch(name) and all(isinstance(inner, _PLAIN) for inner in ast.walk(value))
    return _mark() if plain or _SEED.fullmatch(name) else value


def _mark() -> ast.expr:
    return ast.Constant(value="seed")


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
