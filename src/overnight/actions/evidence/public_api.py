"""What a change takes away from what other code may use of a Python file. Pure.

Public is what has no underscore, at the top of a module or in a class there. What is added takes nothing away, nor do
parameters that may be left out. Does not cover: names that are made while it runs, and what a changed body does.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.python_tests import Function, parsed


def taken_away(file: ChangedFile) -> Sequence[str]:
    """What is gone or is called otherwise, a line each."""
    old, new = parsed(file.path, file.old), parsed(file.path, file.new)
    if file.kind is not FileKind.CODE or old is None or (new is None and file.new is not None) or _is_private(file.path):
        return ()
    before, after = _public(old), _public(new)
    found = [f"`{name}` is gone" for name in before if name not in after]
    found += [f"`{name}`: {what}" for name, node in before.items() if name in after for what in _changes(node, after[name])]
    return [*found, *(f"`{name}` is gone from `__all__`" for name in sorted(_exported(old) - _exported(new)))]


def _is_private(path: str) -> bool:
    return any(part.startswith("_") and part not in {"__init__.py", "__main__.py"} for part in path.split("/"))


def _public(tree: ast.Module | None) -> Mapping[str, ast.stmt]:
    return dict(_names(tree.body if tree else (), ""))


def _names(body: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name == "__init__" or not name.startswith("_"):
                yield prefix + name, node
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield prefix + name, node
                yield from _names(node.body, f"{prefix}{name}.")
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield prefix + name, node


def _changes(old: ast.stmt, new: ast.stmt) -> Iterator[str]:
    if not isinstance(old, Function) or not isinstance(new, Function):
        return
    if type(old) is not type(new):
        yield "it is async now" if isinstance(new, ast.AsyncFunctionDef) else "it is no longer async"
    before, after = _parameters(old), _parameters(new)
    if old.args.kwarg is None or new.args.kwarg is None:
        for name in before:
            if name not in after and new.args.kwarg is None:
                yield f"the parameter `{name}` is gone"
    for name, required in after.items():
        if required and not before.get(name, False):
            yield f"the parameter `{name}` must be given now"
    positional = [each.arg for each in (*old.args.posonlyargs, *old.args.args)]
    now = [each.arg for each in (*new.args.posonlyargs, *new.args.args)]
    if all(name in after for name in positional) and now[: len(positional)] != positional:
        yield "its parameters stand in another order"


def _parameters(node: Function) -> Mapping[str, bool]:
    """The parameters of a function, and whether each must be given."""
    positional = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    optional = positional[len(positional) - len(node.args.defaults) :]
    found = {name: name not in optional for name in positional}
    for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        found[each.arg] = default is None
    return found


def _exported(tree: ast.Module | None) -> frozenset[str]:
    for node in tree.body if tree else ():
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)):
                return frozenset(each.value for each in names if isinstance(each, ast.Constant) and isinstance(each.value, str))
    return frozenset()
