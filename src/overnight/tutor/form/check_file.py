"""What can be said of a `check.py` without running it."""

import ast
from collections.abc import Collection, Iterator

from overnight.errors import ProgramError


def require_checks(source: str, path: str, misconceptions: Collection[str]) -> None:
    """Check that there are checks, that each takes the learner, and that `EXPLAINS` names checks and misconceptions.

    Raises:
        ProgramError: it is not so; the source itself is Python.
    """
    tree = ast.parse(source)
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
                said, fix = f"{ast.unparse(value)} is no {what}", f"known here: {', '.join(sorted(names))}"
                raise ProgramError(said, path=path, line=value.lineno, key="EXPLAINS", fix=fix)


def _explained(tree: ast.Module) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    """Keys and values of `EXPLAINS`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXPLAINS" and isinstance(node.value, ast.Dict):
            yield from zip(node.value.keys, node.value.values, strict=True)
