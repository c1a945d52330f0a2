"""What can be said of a `check.py` without running it."""

import ast
from collections.abc import Collection, Iterator

from overnight.errors import ProgramError
from overnight.words.foreign import printable

SHOWN = 60  # characters of a name


def require_checks(tree: ast.Module, path: str, misconceptions: Collection[str]) -> None:
    """Check that there are checks, that each takes the learner, and that `EXPLAINS` names checks and misconceptions.

    Raises:
        ProgramError: it is not so.
    """
    checks = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("check_")}
    if not checks:
        raise ProgramError("has no check", path=path, line=1, fix="write `def check_something(learner): ...`")
    for name, check in checks.items():
        if len(check.args.posonlyargs + check.args.args) != 1 and not check.decorator_list:
            what = f"`{name}` does not take the learner alone"
            raise ProgramError(what, path=path, line=check.lineno, fix=f"write `def {name}(learner):`")
    known = (("check of this file", {*checks}), ("misconception of this step", {*misconceptions}))
    for pair in _explained(tree):
        for value, (what, names) in zip(pair, known, strict=True):
            if isinstance(value, ast.Constant) and value.value not in names:
                wrong = printable(repr(value.value), SHOWN) if isinstance(value.value, str) else "what is no text"
                said, fix = f"{wrong} is no {what}", f"known here: {', '.join(sorted(names))}"
                raise ProgramError(said, path=path, line=value.lineno, key="EXPLAINS", fix=fix)


def _explained(tree: ast.Module) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """Keys and values of `EXPLAINS`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_explains(node.targets[0]) and isinstance(node.value, ast.Dict):
            yield from zip(node.value.keys, node.value.values, strict=True)


def _is_explains(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "EXPLAINS"
