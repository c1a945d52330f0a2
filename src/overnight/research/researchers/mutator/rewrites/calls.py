"""Rewrites of calls: needless lists, generators and lambdas, and calls that have a quicker form."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Site, Source

CALLS = Table([])
COMPREHENSIONS = ast.GeneratorExp | ast.ListComp


def _calls(source: Source, *names: str, arguments: int = 1) -> Iterator[ast.Call]:
    for node in source.walk(ast.Call):
        if isinstance(node, ast.Call) and source.is_builtin(node, *names) and len(node.args) == arguments:
            yield node


def _inner(source: Source, node: ast.expr) -> str:
    """The text of a comprehension without its brackets; of a generator that is a call's only argument, too."""
    text = source.text(node)
    return text[1:-1].strip() if text[0] in "([" and text[-1] in ")]" else text


def _single_for(node: ast.expr) -> bool:
    return isinstance(node, COMPREHENSIONS) and not any(each.is_async for each in node.generators)


def _dropped(source: Source, outer: ast.expr, inner: ast.expr) -> Site:
    return source.replaced(outer, source.text(inner))


@CALLS.add("list-of-generator", "a list comprehension in place of `list(...)` over a generator makes no generator", rule="C400")
def list_of_generator(source: Source) -> Iterator[Site]:
    for call in _calls(source, "list"):
        if isinstance(call.args[0], ast.GeneratorExp):
            yield source.replaced(call, f"[{_inner(source, call.args[0])}]")


@CALLS.add("set-of-generator", "a set comprehension in place of `set(...)` makes no generator or list first", rule="C401, C403")
def set_of_generator(source: Source) -> Iterator[Site]:
    for call in _calls(source, "set"):
        if isinstance(call.args[0], COMPREHENSIONS):
            yield source.replaced(call, f"{{{_inner(source, call.args[0])}}}")


@CALLS.add("dict-of-pairs", "a dict comprehension in place of `dict(...)` makes no pairs first", rule="C402, C404")
def dict_of_pairs(source: Source) -> Iterator[Site]:
    for call in _calls(source, "dict"):
        match call.args[0]:
            case (
                ast.GeneratorExp(elt=ast.Tuple(elts=[key, value]) as pair)
                | ast.ListComp(elt=ast.Tuple(elts=[key, value]) as pair)
            ):
                inner = _inner(source, call.args[0])
                rest = inner[len(source.text(pair)) :]
                if inner.startswith(source.text(pair)):
                    yield source.replaced(call, f"{{{source.text(key)}: {source.text(value)}{rest}}}")


@CALLS.add("set-of-list", "a set display in place of `set([...])` makes no list first", rule="C405")
def set_of_list(source: Source) -> Iterator[Site]:
    for call in _calls(source, "set"):
        if isinstance(call.args[0], ast.List | ast.Tuple) and call.args[0].elts:
            elements = call.args[0].elts
            yield source.replaced(call, f"{{{', '.join(map(source.text, elements))}}}")


@CALLS.add("tuple-of-list", "a tuple display in place of `tuple([...])` makes no list first", rule="C409")
def tuple_of_list(source: Source) -> Iterator[Site]:
    for call in _calls(source, "tuple"):
        if isinstance(call.args[0], ast.List) and len(call.args[0].elts) > 1:
            yield source.replaced(call, f"({', '.join(map(source.text, call.args[0].elts))})")


@CALLS.add("empty-display", "`[]`, `{}` and `()` in place of calls look up and call nothing", rule="C408")
def empty_display(source: Source) -> Iterator[Site]:
    for call in _calls(source, "list", "dict", "tuple", arguments=0):
        assert isinstance(call.func, ast.Name)
        yield source.replaced(call, {"list": "[]", "dict": "{}", "tuple": "()"}[call.func.id])


@CALLS.add("list-in-any", "`any` and `all` over a generator stop early and fill no list", "the elements are pure", "C419")
def list_in_any(source: Source) -> Iterator[Site]:
    for call in _calls(source, "any", "all"):
        if isinstance(call.args[0], ast.ListComp) and source.is_pure(call.args[0].elt):
            yield source.replaced(call.args[0], _inner(source, call.args[0]))


@CALLS.add(
    "list-for-consumer",
    "a list comprehension feeds `join`, `sum`, `min` or `max` without resuming a generator for each element",
)
def list_for_consumer(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Call):
        assert isinstance(node, ast.Call)
        joins = isinstance(node.func, ast.Attribute) and node.func.attr == "join" and isinstance(node.func.value, ast.Constant)
        consumer = joins or source.is_builtin(node, "sum", "min", "max", "sorted", "tuple")
        if consumer and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp) and _single_for(node.args[0]):
            generator = node.args[0]
            if source.text(generator).startswith("("):  # its brackets may be those of the call
                start = source.spans.of(generator)[0]
                own = start != source.spans.of(node.func)[1]
                yield source.replaced(
                    generator, f"[{_inner(source, generator)}]" if own else f"([{_inner(source, generator)}])"
                )


@CALLS.add("list-of-sorted", "`sorted` returns a new list already, so `list` around it only copies", rule="C413")
def list_of_sorted(source: Source) -> Iterator[Site]:
    for call in _calls(source, "list"):
        if (
            isinstance(call.args[0], ast.Call)
            and getattr(call.args[0].func, "id", "") == "sorted"
            and "sorted" not in source.bound
        ):
            yield _dropped(source, call, call.args[0])


@CALLS.add("sorted-of-list", "`sorted`, `set` and the like copy by themselves, so `list` inside them copies twice", rule="C414")
def sorted_of_list(source: Source) -> Iterator[Site]:
    for call in _calls(source, "sorted", "set", "tuple", "list", "sum", "min", "max", "any", "all"):
        inner = call.args[0]
        if source.is_builtin(inner, "list", "tuple") and isinstance(inner, ast.Call) and len(inner.args) == 1:
            if not isinstance(inner.args[0], ast.GeneratorExp):
                yield _dropped(source, inner, inner.args[0])


@CALLS.add(
    "list-in-loop",
    "a loop over `list(x)` goes over a copy for nothing",
    "the loop changes nothing, as its body has no call",
    "PERF101",
)
def list_in_loop(source: Source) -> Iterator[Site]:
    for loop in source.walk(ast.For):
        assert isinstance(loop, ast.For)
        quiet = not any(
            isinstance(part, ast.Call | ast.Subscript | ast.Delete | ast.Yield) for each in loop.body for part in ast.walk(each)
        )
        if (
            quiet
            and source.is_builtin(loop.iter, "list", "tuple")
            and isinstance(loop.iter, ast.Call)
            and len(loop.iter.args) == 1
        ):
            if isinstance(loop.iter.args[0], ast.Name):
                yield _dropped(source, loop.iter, loop.iter.args[0])


@CALLS.add("first-of-sorted", "`min` finds the least element without sorting all", rule="FURB192")
def first_of_sorted(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Subscript):
        match node:
            case ast.Subscript(value=ast.Call(args=[argument]) as call, slice=ast.Constant(value=0), ctx=ast.Load()):
                if source.is_builtin(call, "sorted"):
                    yield source.replaced(node, f"min({source.text(argument)})")


@CALLS.add("plain-lambda", "the function itself in place of a lambda that only calls it saves a call", rule="PLW0108")
def plain_lambda(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Lambda):
        match node:
            case ast.Lambda(
                args=ast.arguments(
                    posonlyargs=[], args=[ast.arg(arg=name)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]
                ),
                body=ast.Call(func=ast.Name(id=called), args=[ast.Name(id=given)], keywords=[]),
            ) if name == given != called:
                yield source.replaced(node, called)


@CALLS.add(
    "map-of-lambda", "a comprehension in place of `map` or `filter` with a lambda saves a call for each element", rule="C417"
)
def map_of_lambda(source: Source) -> Iterator[Site]:
    for outer in _calls(source, "list", "set", "tuple", "sum", "any", "all", "sorted"):
        match outer.args[0]:
            case (
                ast.Call(
                    func=ast.Name(id="map" | "filter" as how),
                    args=[
                        ast.Lambda(
                            args=ast.arguments(args=[ast.arg(arg=name)], defaults=[], vararg=None, kwarg=None), body=body
                        ),
                        over,
                    ],
                ) as call
            ):
                if source.is_builtin(call, how):
                    value, rest = (source.text(body), "") if how == "map" else (name, f" if {source.text(body)}")
                    yield source.replaced(call, f"[{value} for {name} in {source.text(over)}{rest}]")


@CALLS.add("merged-isinstance", "one `isinstance` with a tuple in place of several is one call", rule="SIM101")
def merged_isinstance(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.BoolOp):
        match node:
            case ast.BoolOp(op=ast.Or(), values=values) if all(source.is_builtin(each, "isinstance") for each in values):
                calls = [each for each in values if isinstance(each, ast.Call) and len(each.args) == 2]  # noqa: PLR2004  # value, class
                subjects = {ast.dump(each.args[0]) for each in calls}
                if len(calls) == len(values) and len(subjects) == 1 and source.is_pure(calls[0].args[0]):
                    if not any(isinstance(each.args[1], ast.Tuple) for each in calls):
                        kinds = ", ".join(source.text(each.args[1]) for each in calls)
                        yield source.replaced(node, f"isinstance({source.text(calls[0].args[0])}, ({kinds}))")


@CALLS.add("merged-startswith", "`startswith` takes a tuple, so one call does the work of several", rule="PIE810")
def merged_startswith(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.BoolOp):
        if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.Or):
            continue
        parts = []
        for each in node.values:
            match each:
                case ast.Call(
                    func=ast.Attribute(value=subject, attr="startswith" | "endswith" as how),
                    args=[ast.Constant(value=str()) as text],
                    keywords=[],
                ):
                    parts.append((ast.dump(subject), how, subject, text))
        if len(parts) == len(node.values) and len({part[:2] for part in parts}) == 1 and source.is_pure(parts[0][2]):
            texts = ", ".join(source.text(part[3]) for part in parts)
            yield source.replaced(node, f"{source.text(parts[0][2])}.{parts[0][1]}(({texts}))")


@CALLS.add("get-without-none", "`get` returns None by itself", rule="SIM910")
def get_without_none(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Call):
        match node:
            case ast.Call(func=ast.Attribute(attr="get") as func, args=[key, ast.Constant(value=None)], keywords=[]):
                yield source.replaced(node, f"{source.text(func)}({source.text(key)})")


@CALLS.add(
    "formatted",
    "an f-string in place of `format` parses no format at run time and calls no method",
    "plain `{}` and simple values",
    "UP032",
)
def formatted(source: Source) -> Iterator[Site]:
    for node in source.walk(ast.Call):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str(text)) as literal, attr="format"), args=values, keywords=[]
            ) if values:
                simple = all(isinstance(each, ast.Name | ast.Attribute) for each in values)
                plain = text.count("{}") == len(values) == text.count("{") == text.count("}")
                own = source.text(literal)
                if (
                    simple
                    and plain
                    and own[0] in "\"'"
                    and own[:3] not in ('"""', "'''")
                    and "\n" not in own
                    and "\\" not in own
                ):
                    pieces = own.split("{}")
                    filled = "".join(f"{piece}{{{source.text(value)}}}" for piece, value in zip(pieces, values, strict=False))
                    yield source.replaced(node, f"f{filled}{pieces[-1]}")
