"""A Python file with its syntax tree, and what rewrites ask of it."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from overnight.research.changes.syntax import parse_python, unparsable
from overnight.research.researchers.tuner.spans import Spans

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.While
PURE = frozenset(
    ("len", "abs", "min", "max", "ord", "chr", "bool", "int", "float", "str", "isinstance", "sum", "round", "divmod")
)
READERS = PURE | {"range", "enumerate", "zip", "reversed", "sorted", "print", "repr", "any", "all"}  # change no argument
_IMPURE = ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom | ast.Lambda
_MUTABLE = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """Bytes `start` to `end` of a file, and what comes in their place."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One place where something can be changed in a file: cuts that belong together."""

    path: str
    line: int
    cuts: tuple[Cut, ...]


class Source:
    """One file."""

    def __init__(self, path: str, content: bytes) -> None:
        """Parse it.

        Raises:
            SyntaxError, ValueError, RecursionError, MemoryError: it is no Python that can be parsed.
            Unreadable: it is not UTF-8.
        """
        self.path, self.content = path, content
        self.tree = parse_python(content)
        self.spans = Spans(content)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node is in."""
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @cached_property
    def functions(self) -> Sequence[Function]:
        """All functions, outer ones first."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def imported(self) -> frozenset[str]:
        """The modules that are bound by their own names at the top level."""
        names = (alias for node in self.tree.body if isinstance(node, ast.Import) for alias in node.names)
        return frozenset(alias.name for alias in names if alias.asname is None)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that is bound or deleted anywhere in the file: such a name is no builtin."""
        return frozenset(stores(self.tree))

    @cached_property
    def changed(self) -> frozenset[str]:
        """Every name whose value may be changed in place anywhere in the file."""
        return frozenset(changed_in(self.tree))

    @cached_property
    def shared(self) -> frozenset[str]:
        """The names that some function binds outside itself."""
        return frozenset(name for part in self.walk((ast.Global, ast.Nonlocal)) for name in getattr(part, "names", ()))

    def walk(self, kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[ast.AST]:
        """All nodes of a kind."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    def text(self, node: ast.AST) -> str:
        """The text of an expression or statement."""
        assert isinstance(node, ast.expr | ast.stmt)  # others have no place
        return self.spans.read(*self.spans.of(node))

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node is in, from the inside out."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function_of(self, node: ast.AST) -> Function | None:
        """The innermost function that a node is in; None in a lambda or a class within it, too."""
        for parent in self.above(node):
            if isinstance(parent, ast.Lambda | ast.ClassDef):
                return None
            if isinstance(parent, Function):
                return parent
        return None

    def in_comprehension(self, node: ast.AST) -> bool:
        """Whether a node is evaluated by a comprehension."""
        kinds = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        for parent in self.above(node):
            if isinstance(parent, kinds):
                return True
            if isinstance(parent, ast.stmt):
                return False
        return False

    def is_builtin(self, node: ast.AST, *names: str) -> bool:
        """Whether a node is a call of one of these builtins, without keywords or starred arguments."""
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in names
            and node.func.id not in self.bound
            and not node.keywords
            and not any(isinstance(argument, ast.Starred) for argument in node.args)
        )

    def is_pure(self, node: ast.expr) -> bool:
        """Whether evaluating it twice, or once more, changes nothing, as far as its text shows."""
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and not self.is_builtin(part, *PURE):
                return False
            if isinstance(part, _IMPURE | _MUTABLE):
                return False
        return True

    def replaced(self, node: ast.expr, text: str) -> Site:
        """An expression with another text."""
        return Site(path=self.path, line=node.lineno, cuts=(self.cut(node, text),))

    def cut(self, node: ast.expr | ast.stmt, text: str) -> Cut:
        """The bytes of a node with another text."""
        return Cut(*self.spans.of(node), text.encode())

    def indent(self, statement: ast.stmt) -> str | None:
        """The white space before a statement; None if something else stands on its line."""
        start, _ = self.spans.of(statement)
        before = self.content[:start].rpartition(b"\n")[2]
        return before.decode() if not before.strip() else None

    def before(self, statement: ast.stmt, text: str) -> Cut | None:
        """A line before a statement; None if something else stands on the statement's line."""
        indent = self.indent(statement)
        if indent is None:
            return None
        start = self.spans.of(statement)[0] - len(indent)
        return Cut(start, start, f"{indent}{text}\n".encode())

    def before_top(self, node: ast.AST, text: str) -> Cut:
        """A line at the top level, before the statement there that holds a node and the decorators of that."""
        top = next((each for each in (node, *self.above(node)) if self.parents.get(each) is self.tree), self.tree.body[0])
        decorators = getattr(top, "decorator_list", [])
        assert isinstance(top, ast.stmt)
        first = min([top.lineno, *(each.lineno for each in decorators)])
        start = self.spans.of(ast.Pass(lineno=first, col_offset=0, end_lineno=first, end_col_offset=0))[0]
        return Cut(start, start, f"{text}\n".encode())


def stores(node: ast.AST) -> Iterator[str]:
    """Every name that is bound, rebound or deleted within a node."""
    for part in ast.walk(node):
        match part:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name).split(".")[0] for alias in names)
            case ast.Global(names=declared) | ast.Nonlocal(names=declared):
                yield from declared


def changed_in(node: ast.AST) -> Iterator[str]:
    """Names whose value a node may change in place: by an entry, an attribute, a method, or a function that is handed it."""
    for part in ast.walk(node):
        match part:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                yield name
            case ast.Call(func=func, args=arguments, keywords=keywords):
                if isinstance(func, ast.Attribute):
                    yield from names_in(func)
                if not (isinstance(func, ast.Name) and func.id in READERS):
                    yield from (name for each in (*arguments, *keywords) for name in names_in(each))
            case ast.AugAssign(target=target):
                yield from names_in(target)


def loads(node: ast.AST, name: str) -> list[ast.Name]:
    """Where a name is read within a node."""
    return [
        part for part in ast.walk(node) if isinstance(part, ast.Name) and part.id == name and isinstance(part.ctx, ast.Load)
    ]


def names_in(node: ast.AST) -> frozenset[str]:
    """All names within a node."""
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def applied(content: bytes, cuts: Iterable[Cut]) -> bytes:
    """A content with its cuts made; each cut that overlaps an earlier one is left out."""
    parts, end = [], 0
    for cut in sorted(set(cuts)):
        if cut.start >= end:
            parts += [content[end : cut.start], cut.text]
            end = cut.end
    return b"".join([*parts, content[end:]])


def parses(files: Mapping[str, bytes]) -> bool:
    """Whether every Python file among these can be parsed."""
    return not any(unparsable(path, content) for path, content in files.items())
