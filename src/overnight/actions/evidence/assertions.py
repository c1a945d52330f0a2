"""What a Python test asserts, as values that two versions of it can be compared by. Pure.

Does not cover: assertions in helpers of other files, which are called by a name that does not say so.
"""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from overnight.actions.evidence.python_tests import Function

TEXT = 120  # characters of an assertion that is shown
EXACT, NEAR, LOOSE, NOTHING = 3, 2, 1, 0
_SAYS_SO = ("assert", "check", "verify", "expect", "should", "ensure", "fail")
_SWALLOWS = frozenset(("AssertionError", "Exception", "BaseException"))
_RAISES = frozenset(("raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "assertWarnsRegex", "assertLogs"))
_SLACK = frozenset(("abs", "rel", "delta", "atol", "rtol", "places", "tolerance"))
_BY_METHOD = {
    "assertEqual": "==",
    "assertEquals": "==",
    "assertIs": "is",
    "assertNotEqual": "!=",
    "assertIn": "in",
    "assertNotIn": "not in",
    "assertIsNone": "is None",
    "assertIsNotNone": "is not None",
    "assertIsInstance": "isinstance",
    "assertAlmostEqual": "about",
    "assertTrue": "true",
    "assertFalse": "false",
    "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<",
    "assertLessEqual": "<=",
}
_BY_OPERATOR: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_RANK = {"==": EXACT, "is": EXACT, "false": EXACT, "is None": EXACT, "raises": EXACT, "about": NEAR}
_ANY_ERROR = frozenset(
    form
    for name in ("Exception", "BaseException")
    for one in [ast.dump(ast.Name(id=name, ctx=ast.Load()))]
    for form in (one, ast.dump(ast.Tuple(elts=[ast.Name(id=name, ctx=ast.Load())])))
)
_OF_ANY_ANSWER = frozenset(("is not None", "isinstance", "callable", "hasattr", "constant", "itself"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """One thing that a test asserts."""

    subject: str  # what is looked at, as a syntax tree in words
    asks: str  # how: `==`, `in`, `about`, `raises`, the name of a method
    expected: str = ""  # as a syntax tree in words
    slack: float = 0.0  # of `about`
    swallowed: bool = False  # its failure is caught, or it is under a condition
    line: int = 0
    text: str = ""

    @property
    def rank(self) -> int:
        """How much it asks for."""
        if self.asks == "raises" and self.expected in _ANY_ERROR:
            return NOTHING
        return NOTHING if self.asks in _OF_ANY_ANSWER else _RANK.get(self.asks, LOOSE)

    @property
    def key(self) -> tuple[str, str, str, float]:
        """What makes two assertions the same."""
        return (self.subject, self.asks, self.expected, self.slack)

    @property
    def telling(self) -> bool:
        """Whether it can fail for a wrong answer."""
        return self.rank > NOTHING and not self.swallowed


def assertions_of(node: Function) -> Sequence[Assertion]:
    """All that a test asserts, in order."""
    called = frozenset(name_of(each) for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute))
    return list(_in(node.body, called, swallowed=False))


def _in(body: Sequence[ast.stmt], called: Collection[str], *, swallowed: bool) -> Iterator[Assertion]:
    for node in body:
        for found in _of(node):
            yield replace(found, swallowed=swallowed, line=node.lineno, text=ast.unparse(node).partition("\n")[0][:TEXT])
        inner = swallowed or isinstance(node, ast.If) or _never_runs(node)
        match node:
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                swallowed = True  # nothing behind it runs
            case ast.Try():
                yield from _in(node.body, called, swallowed=swallowed or any(_swallows(each) for each in node.handlers))
                yield from _in([each for handler in node.handlers for each in handler.body], called, swallowed=swallowed)
                yield from _in([*node.orelse, *node.finalbody], called, swallowed=swallowed)
            case ast.With() | ast.AsyncWith():
                suppressed = any(_suppresses(item.context_expr) for item in node.items)
                yield from _in(node.body, called, swallowed=swallowed or suppressed)
            case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
                yield from _in([*node.body, *node.orelse], called, swallowed=inner)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _in(node.body, called, swallowed=swallowed or node.name not in called)


def _never_runs(node: ast.stmt) -> bool:
    """Whether a loop goes over nothing."""
    match node:
        case ast.For(iter=ast.List(elts=[]) | ast.Tuple(elts=[])) | ast.While(test=ast.Constant(value=False | 0)):
            return True
    return False


def _of(node: ast.stmt) -> Iterator[Assertion]:
    match node:
        case ast.Assert(test=test):
            yield from _asserted(test)
        case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
            yield from _called(call)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                if isinstance(item.context_expr, ast.Call) and name_of(item.context_expr.func) in _RAISES:
                    asked = ast.Tuple(elts=[*item.context_expr.args, *(word.value for word in item.context_expr.keywords)])
                    body = "".join(ast.dump(each) for each in node.body)
                    yield Assertion(subject=body, asks="raises", expected=ast.dump(asked))


def _asserted(test: ast.expr) -> Iterator[Assertion]:
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            for each in values:
                yield from _asserted(each)
        case ast.BoolOp(values=values) if any(isinstance(each, ast.Constant) and each.value for each in values):
            yield Assertion(subject=ast.dump(test), asks="constant")
        case ast.Constant():
            yield Assertion(subject=ast.dump(test), asks="constant")
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield Assertion(subject=ast.dump(operand), asks="false")
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            yield _compared(left, _BY_OPERATOR.get(type(operator), "compare"), right)
        case ast.Call(func=ast.Name(id="isinstance" | "callable" | "hasattr" as name), args=[subject, *_]):
            yield Assertion(subject=ast.dump(subject), asks=name)
        case _:
            yield Assertion(subject=ast.dump(test), asks="true")


def _compared(left: ast.expr, asks: str, right: ast.expr) -> Assertion:
    if isinstance(left, ast.Constant) and asks in {"==", "!=", "is"}:
        left, right = right, left
    if ast.dump(left) == ast.dump(right):
        return Assertion(subject=ast.dump(left), asks="itself")
    if isinstance(right, ast.Constant) and right.value is None and asks in {"is", "is not", "==", "!="}:
        return Assertion(subject=ast.dump(left), asks="is None" if asks in {"is", "=="} else "is not None")
    if isinstance(right, ast.Call) and name_of(right.func) == "approx" and right.args:
        return Assertion(subject=ast.dump(left), asks="about", expected=ast.dump(right.args[0]), slack=_slack(right))
    return Assertion(subject=ast.dump(left), asks=asks, expected=ast.dump(right))


def _called(call: ast.Call) -> Iterator[Assertion]:
    name = name_of(call.func)
    if name in _RAISES:
        yield Assertion(
            subject="".join(map(ast.dump, call.args[1:])), asks="raises", expected="".join(map(ast.dump, call.args[:1]))
        )
    elif name in {"assertTrue", "assertFalse"} and call.args:
        for found in _asserted(call.args[0]):
            yield found if name == "assertTrue" else replace(found, asks=f"not {found.asks}")
    elif name in _BY_METHOD and call.args:
        yield _by_method(name, call)
    elif name.lower().startswith(_SAYS_SO):
        subject = call.func.value if isinstance(call.func, ast.Attribute) and name.startswith("assert_called") else None
        first = subject or (call.args[0] if call.args else call)
        yield Assertion(subject=ast.dump(first), asks=name, expected="".join(map(ast.dump, call.args[1:])), slack=_slack(call))


def _by_method(name: str, call: ast.Call) -> Assertion:
    asks, first = _BY_METHOD[name], call.args[0]
    if asks in {"is None", "is not None"} or len(call.args) == 1:
        return Assertion(subject=ast.dump(first), asks=asks)
    if asks == "about":
        return Assertion(subject=ast.dump(first), asks=asks, expected=ast.dump(call.args[1]), slack=_slack(call))
    return _compared(first, asks, call.args[1])


def _slack(call: ast.Call) -> float:
    """How far off an answer may be; a number of decimal places as what they leave open."""
    found = 0.0
    for word in call.keywords:
        if word.arg in _SLACK and isinstance(word.value, ast.Constant) and isinstance(word.value.value, int | float):
            value = float(word.value.value)
            found = max(found, 10.0**-value if word.arg == "places" and abs(value) < 300 else value)  # noqa: PLR2004  # of a float
    return found


def name_of(node: ast.expr) -> str:
    """The last name of what is called; empty if it has none."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _swallows(handler: ast.ExceptHandler) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type] if handler.type else []
    catches = not types or any(name_of(each) in _SWALLOWS for each in types)
    return catches and not any(isinstance(each, ast.Raise) or _fails(each) for each in handler.body)


def _fails(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and name_of(node.value.func) == "fail"


def _suppresses(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and name_of(node.func) == "suppress"
        and any(name_of(each) in _SWALLOWS for each in node.args)
    )
