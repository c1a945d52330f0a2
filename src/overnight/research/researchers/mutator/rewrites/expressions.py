"""Rewrites of single expressions: membership, comparison, arithmetic."""

import ast
from collections.abc import Iterator
from itertools import count

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Cut, Site, Source, loads, stores

EXPRESSIONS = Table([])
FEW = 3  # constants, from which on a set is quicker than a tuple


def _constants(node: ast.expr) -> bool:
    """Whether a node is a display of texts, or of numbers."""
    elements = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    kinds = {type(each.value) for each in elements if isinstance(each, ast.Constant)}
    return (
        len(elements) >= FEW and all(isinstance(each, ast.Constant) for each in elements) and kinds in ({str}, {int}, {bytes})
    )


@EXPRESSIONS.add(
    "in-set",
    "a set of constants finds a value with one lookup; a list or tuple compares one by one",
    "the value can be hashed",
    "PLR6201",
)
def in_set(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Compare):
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[shown]) if _constants(shown):
                assert isinstance(shown, ast.List | ast.Tuple)
                yield source.replaced(shown, f"{{{', '.join(map(source.text, shown.elts))}}}")


@EXPRESSIONS.add(
    "constant-set",
    "a name that is only asked for membership becomes a frozenset: one lookup in place of many comparisons",
    "no other use in the file, which exports it to none",
)
def constant_set(source: Source) -> Iterator[Site]:
    for statement in source.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=shown) if (
                _constants(shown) and list(stores(source.tree)).count(name) == 1
            ):
                uses = loads(source.tree, name)
                asked = [
                    use
                    for use in uses
                    if isinstance(parent := source.parents[use], ast.Compare)
                    and [type(op) for op in parent.ops] in ([ast.In], [ast.NotIn])
                    and use in parent.comparators
                ]
                if uses and len(asked) == len(uses) and "__all__" not in source.bound:
                    assert isinstance(shown, ast.List | ast.Tuple)
                    yield source.replaced(shown, f"frozenset(({', '.join(map(source.text, shown.elts))}))")


@EXPRESSIONS.add("in-keys", "a dict is asked itself, without a view of its keys", rule="SIM118")
def in_keys(source: Source) -> Iterator[Site]:
    for node in source.walk((ast.Compare, ast.For)):
        match node:
            case ast.Compare(
                ops=[ast.In() | ast.NotIn()],
                comparators=[ast.Call(func=ast.Attribute(value=asked, attr="keys"), args=[], keywords=[]) as call],
            ):
                yield source.replaced(call, source.text(asked))
            case ast.For(iter=ast.Call(func=ast.Attribute(value=asked, attr="keys"), args=[], keywords=[]) as call):
                yield source.replaced(call, source.text(asked))


@EXPRESSIONS.add(
    "or-to-in",
    "one membership test in place of several comparisons reads the value once",
    "the value is pure; constants of one kind",
    "PLR1714",
)
def or_to_in(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.BoolOp):
        if not isinstance(node, ast.BoolOp):
            continue
        wanted: type[ast.cmpop] = ast.Eq if isinstance(node.op, ast.Or) else ast.NotEq
        pairs = []
        for each in node.values:
            match each:
                case ast.Compare(left=left, ops=[op], comparators=[ast.Constant(value=str() | int()) as right]) if isinstance(
                    op, wanted
                ):
                    pairs.append((left, right))
        same = len({ast.dump(left) for left, _ in pairs}) == 1
        if (
            len(pairs) == len(node.values)
            and same
            and source.is_pure(pairs[0][0])
            and len({type(right.value) for _, right in pairs}) == 1
        ):
            word = "in" if wanted is ast.Eq else "not in"
            shown = ", ".join(source.text(right) for _, right in pairs)
            yield source.replaced(node, f"{source.text(pairs[0][0])} {word} ({shown})")


@EXPRESSIONS.add("chained", "a chained comparison reads the middle value once", "the middle is a plain name", "PLR1716")
def chained(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.BoolOp):
        match node:
            case ast.BoolOp(
                op=ast.And(),
                values=[
                    ast.Compare(left=left, ops=[ast.Lt() | ast.LtE()], comparators=[ast.Name(id=middle)]) as first,
                    ast.Compare(left=ast.Name(id=again), ops=[ast.Lt() | ast.LtE()], comparators=[right]) as second,
                ],
            ) if middle == again:
                signs = ["<" if isinstance(each.ops[0], ast.Lt) else "<=" for each in (first, second)]
                yield source.replaced(node, f"{source.text(left)} {signs[0]} {middle} {signs[1]} {source.text(right)}")


@EXPRESSIONS.add(
    "any-equal", "`in` compares in C; `any` resumes a generator for each element", "the value is a name or constant"
)
def any_equal(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Call):
        match node:
            case ast.Call(
                args=[
                    ast.GeneratorExp(
                        elt=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]),
                        generators=[ast.comprehension(target=ast.Name(id=name), iter=over, ifs=[])],
                    )
                ]
            ):
                value = right if isinstance(left, ast.Name) and left.id == name else left
                other = left if value is right else right
                plain = isinstance(value, ast.Name | ast.Constant) and not (isinstance(value, ast.Name) and value.id == name)
                if source.is_builtin(node, "any") and plain and isinstance(other, ast.Name) and other.id == name:
                    yield source.replaced(node, f"({source.text(value)} in {_operand(source, over)})")


@EXPRESSIONS.add("squared", "a product is one multiplication; `**` calls the power function", "the base is a plain name")
def squared(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.BinOp):
        match node:
            case ast.BinOp(left=ast.Name(id=name), op=ast.Pow(), right=ast.Constant(value=2)):
                yield source.replaced(node, f"({name} * {name})")


@EXPRESSIONS.add(
    "compared-min",
    "comparing in place avoids the call of `min` or `max`, which builds and walks its arguments",
    "two or three pure values",
)
def compared_min(source: Source) -> Iterator[Site]:
    numbers = count(1)
    for node in source.walk(ast.Call):
        assert isinstance(node, ast.Call)
        if not source.is_builtin(node, "min", "max") or len(node.args) not in {2, 3} or not all(map(source.is_pure, node.args)):
            continue
        function = source.function_of(node)
        if function is None or source.in_comprehension(node):
            continue
        assert isinstance(node.func, ast.Name)
        sign = "<" if node.func.id == "min" else ">"
        best = _operand(source, node.args[0])
        for argument in node.args[1:]:
            other, held = _held(_operand(source, argument), source.bound, numbers)
            kept, now = _held(best, source.bound, numbers)
            best = f"({other} if {held} {sign} {now} else {kept})"
        yield source.replaced(node, best)


def _held(text: str, taken: frozenset[str], numbers: Iterator[int]) -> tuple[str, str]:
    """How a value is read the second time, and the first time: by a name of its own unless it is one."""
    if text.isidentifier() or text.isdecimal():
        return text, text
    name = next(name for number in numbers if (name := f"_v{number}") not in taken)
    return name, f"({name} := {text})"


def _operand(source: Source, node: ast.expr) -> str:
    text = source.text(node)
    simple = isinstance(node, ast.Name | ast.Constant | ast.Attribute | ast.Subscript | ast.Call | ast.List | ast.Tuple)
    return text if simple and (not isinstance(node, ast.Tuple) or text.startswith("(")) else f"({text})"


@EXPRESSIONS.add(
    "bool-choice", "a comparison is a bool already, so `True if ... else False` chooses for nothing", rule="SIM210"
)
def bool_choice(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.IfExp):
        match node:
            case ast.IfExp(test=ast.Compare(ops=[_]) as test, body=ast.Constant(value=True), orelse=ast.Constant(value=False)):
                if not isinstance(test.ops[0], ast.Eq | ast.NotEq | ast.Lt | ast.Gt | ast.LtE | ast.GtE) or _plain(test):
                    yield source.replaced(node, f"({source.text(test)})")


def _plain(test: ast.Compare) -> bool:
    """Whether one side is a constant, so that the answer of `==` or `<` is a bool and no array."""
    return any(isinstance(each, ast.Constant) for each in (test.left, *test.comparators))


@EXPRESSIONS.add("merged-if", "a branch on a branch becomes one test", rule="SIM102")
def merged_if(source: Source) -> Iterator[Site]:
    for outer in source.walk(ast.If):
        match outer:
            case ast.If(test=first, body=[ast.If(test=second, body=body, orelse=[]) as inner], orelse=[]):
                indent = source.indent(inner)
                alone = len({first.lineno, inner.lineno, body[0].lineno}) == 3 and first.end_lineno == first.lineno  # noqa: PLR2004
                if indent is None or not alone or second.end_lineno != second.lineno or _has_comment(source, outer, body[0]):
                    continue
                parts = [
                    f"({source.text(t)})"
                    if isinstance(t, ast.BoolOp | ast.IfExp | ast.Lambda | ast.NamedExpr)
                    else source.text(t)
                    for t in (first, second)
                ]
                start = source.spans.of(first)[0]
                end = source.spans.of(second)[1]
                cuts = [
                    Cut(start, end, " and ".join(parts).encode()),
                    *_dedented(source, body, indent, source.indent(outer) or ""),
                ]
                if len(cuts) > 1:
                    yield Site(path=source.path, line=outer.lineno, cuts=tuple(cuts))


def _has_comment(source: Source, outer: ast.stmt, body: ast.stmt) -> bool:
    start, end = source.spans.of(outer)[0], source.spans.of(body)[0]
    return b"#" in source.content[start:end]


def _dedented(source: Source, body: list[ast.stmt], old: str, new: str) -> list[Cut]:
    """Each line of a block one step further out; nothing if a text spans lines in it."""
    step, cuts, at = len(old) - len(new), [], 0
    texts = (part for each in body for part in ast.walk(each) if isinstance(part, ast.Constant | ast.JoinedStr))
    if any(part.end_lineno != part.lineno for part in texts):
        return []
    starts = [source.spans.of(body[0])[0] - len(source.indent(body[0]) or "")]
    end = source.spans.of(body[-1])[1]
    while (at := source.content.find(b"\n", starts[-1], end) + 1) > 0:
        starts.append(at)
    for at in starts:
        if source.content[at : at + step] == b" " * step:
            cuts.append(Cut(at, at + step, b""))
        elif source.content[at : at + 1].strip():
            return []
    return cuts


@EXPRESSIONS.add(
    "no-double-not", "`not x in y` twice negated or compared with a constant has a direct form", rule="E713, SIM201"
)
def no_double_not(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.UnaryOp):
        match node:
            case ast.UnaryOp(
                op=ast.Not(), operand=ast.Compare(left=left, ops=[ast.In() | ast.Is() | ast.Eq() as op], comparators=[right])
            ):
                word = {ast.In: "not in", ast.Is: "is not", ast.Eq: "!="}[type(op)]
                if not isinstance(op, ast.Eq) or isinstance(right, ast.Constant):
                    yield source.replaced(node, f"({source.text(left)} {word} {source.text(right)})")
