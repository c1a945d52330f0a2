"""Which names of a Python file reach a random generator, so that the tuner finds seeds with innocent names.

Does not cover: a name that is passed through a function's parameters or another file's variables on the way.
"""

import ast
from collections.abc import Iterator

_GENERATORS = frozenset(
    {"Random", "RandomState", "default_rng", "SeedSequence", "PRNGKey", "Generator", "PCG64", "MT19937", "Philox", "SFC64"}
)
_SEED_ARGUMENTS = ("seed", "random_state", "rng")


def seed_names(tree: ast.Module) -> frozenset[str]:
    """Every name, attribute and string key that is used in an argument of a generator or of something called `seed`."""
    found: set[str] = set()
    computed: list[tuple[str, set[str]]] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func, args=args, keywords=keywords):
                sown = args + [k.value for k in keywords] if _sows(func) else [k.value for k in keywords if _is_seed(k.arg)]
                found.update(name for argument in sown for name in _mentioned(argument))
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Name() | ast.BinOp() | ast.Call(keywords=[]) as value):
                computed.append((target, set(_mentioned(value))))
    return _with_sources(found, computed)


def _sows(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    return "seed" in name.lower() or name in _GENERATORS


def _is_seed(argument: str | None) -> bool:
    return argument is not None and any(word in argument.lower() for word in _SEED_ARGUMENTS)


def _mentioned(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str() as name):
                yield name


def _with_sources(found: set[str], computed: list[tuple[str, set[str]]]) -> frozenset[str]:
    """`found`, and the names that those were computed from, transitively."""
    grown = True
    while grown:
        before = len(found)
        for target, sources in computed:
            if target in found:
                found |= sources
        grown = len(found) > before
    return frozenset(found)
