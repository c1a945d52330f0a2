"""The defaults that Python code declares: options of a command line, arguments of functions, fields of classes."""

import ast
import re
from collections.abc import Iterator, Sequence

from overnight.research.researchers.tuner.findings import Tier
from overnight.research.researchers.tuner.options import last_name
from overnight.research.researchers.tuner.settings import Setting

_OPTIONS = frozenset(("add_argument", "option", "argument"))  # of argparse and click
_WRAPPERS = frozenset(("Field", "field", "Option", "Argument", "ib", "attrib", "Param"))  # a default, and more about it
_RECORDS = frozenset(("dataclass", "define", "frozen", "attrs", "NamedTuple", "BaseModel", "BaseSettings", "Struct"))
_NOT_SETTINGS = frozenset(("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "TypedDict", "TestCase", "Protocol"))
_CONFIG_CLASS = re.compile(r"config|param|setting|option|arg", re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def command_line_options(tree: ast.Module) -> Iterator[Setting]:
    """The defaults of options in the manner of argparse, click and absl, by the name of the option."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func, args=args, keywords=keywords):
                called = last_name(func)
                given = {keyword.arg: keyword.value for keyword in keywords if keyword.arg}
                if called in _OPTIONS and "default" in given and (name := _option_name(args)):
                    choices = _choices(given.get("choices")) or _choices(given.get("type"))
                    yield Setting(name=name, node=given["default"], choices=choices)
                elif called == "set_defaults":
                    yield from (Setting(name=f"--{name}", node=value) for name, value in given.items())
                elif called.startswith("DEFINE_") and len(args) > 1 and (name := _option_name(args)):
                    yield Setting(name=name, node=args[1])


def _option_name(args: Sequence[ast.expr]) -> str:
    """`--lr` of `"-l", "--lr"`; the first name if none is long."""
    names = [arg.value for arg in args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    names = [name.split("/")[0] for name in names]  # click's `--norm/--no-norm`
    return next((name for name in names if name.startswith("--")), names[0] if names else "")


def _choices(node: ast.expr | None) -> tuple[str, ...]:
    """The strings of a list, or of `Choice([...])`."""
    if isinstance(node, ast.Call):
        node = node.args[0] if node.args else None
    if not isinstance(node, ast.List | ast.Tuple):
        return ()
    return tuple(item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str))


def default_arguments(tree: ast.Module) -> Iterator[Setting]:
    """The defaults of the arguments of functions, by the names of both."""
    for name, function in functions(tree):
        arguments = function.args
        positional = [*arguments.posonlyargs, *arguments.args]
        pairs = list(zip(reversed(positional), reversed(arguments.defaults), strict=False))[::-1]
        for argument, default in [*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]:
            if default is not None:
                yield Setting(name=f"{name}.{argument.arg}", node=unwrapped(default), tier=Tier.DEFAULT)


def functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """All functions with their dotted names, in file order."""
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    while waiting:
        inside, node = waiting.pop()
        name = inside
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{inside}.{node.name}" if inside else node.name
            if not isinstance(node, ast.ClassDef):
                yield name, node
        waiting += [(name, child) for child in list(ast.iter_child_nodes(node))[::-1] if not isinstance(child, ast.expr)]


def class_attributes(definition: ast.ClassDef) -> Iterator[Setting]:
    """The values of a class's attributes; those of a record or a configuration are as plain as constants."""
    said = {last_name(node) for outer in (*definition.decorator_list, *definition.bases) for node in ast.walk(outer)}
    if said & _NOT_SETTINGS:
        return
    tier = Tier.NAMED if said & _RECORDS or _CONFIG_CLASS.search(definition.name) else Tier.DEFAULT
    for field in definition.body:
        match field:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield Setting(name=f"{definition.name}.{name}", node=unwrapped(value), tier=tier)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("__"):
                yield Setting(name=f"{definition.name}.{name}", node=unwrapped(value), tier=tier)


def unwrapped(value: ast.expr) -> ast.expr:
    """The default inside `Field(0.1, ge=0)` or `field(default=0.1)`; other expressions as they are."""
    if not isinstance(value, ast.Call) or last_name(value.func) not in _WRAPPERS:
        return value
    named = next((keyword.value for keyword in value.keywords if keyword.arg == "default"), None)
    return named or (value.args[0] if value.args else ast.Name(id="unset"))
