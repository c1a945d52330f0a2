"""Rewrites of loops themselves: what they walk, and when they end."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.loop_facts import FreshNames, changed_by, loops_of, repeated
from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Cut, Loop, Site, Source, loads, names_in, stores

LOOPS = Table([])


@LOOPS.add(
    "for-in-range",
    "`for` over a range counts in C; a `while` compares and adds in the interpreter",
    "the counter is bound before, grows by one at the end alone, and is not read behind the loop; the bound does not change",
)
def for_in_range(source: Source) -> Iterator[Site]:
    for function, loop in loops_of(source):
        match loop:
            case ast.While(
                test=ast.Compare(left=ast.Name(id=name), ops=[ast.Lt()], comparators=[bound]),
                body=[*_, ast.AugAssign(target=ast.Name(id=grown), op=ast.Add(), value=ast.Constant(value=1)) as step],
                orelse=[],
            ) if name == grown:
                pass
            case _:
                continue
        names = names_in(bound)
        simple = isinstance(bound, ast.Name) or (
            source.is_builtin(bound, "len") and isinstance(bound, ast.Call) and isinstance(bound.args[0], ast.Name)
        )
        if not simple or not names.isdisjoint(changed_by(source, function, loop)) or len(loop.body) < 2:  # noqa: PLR2004  # a body beside the step
            continue
        once = list(stores(loop)).count(name) == 1 and not any(isinstance(part, ast.Continue) for part in ast.walk(loop))
        inside = {id(part) for part in ast.walk(loop)}
        outside = [use for use in loads(function, name) if id(use) not in inside]
        declared = any(isinstance(part, ast.Global | ast.Nonlocal) for part in ast.walk(function))
        before = _assigned_before(source, loop, name)
        span = source.spans.lines_of(step)
        if once and not outside and not declared and before is not None and span is not None:
            start = source.spans.of(loop)[0]
            text = f"for {name} in range({before}, {source.text(bound)})"
            end = source.spans.of(loop.test)[1]
            yield Site(path=source.path, line=loop.lineno, cuts=(Cut(start, end, text.encode()), Cut(*span, b"")))


def _assigned_before(source: Source, loop: Loop, name: str) -> str | None:
    """The name itself if the statement before the loop binds it."""
    block = next(
        (
            b
            for f in ("body", "orelse", "finalbody")
            if isinstance(b := getattr(source.parents[loop], f, None), list) and loop in b
        ),
        [],
    )
    for statement in block[: block.index(loop)][-2:] if block else []:
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Constant(value=int())) if bound == name:
                return name
    return None


@LOOPS.add(
    "enumerated",
    "`enumerate` hands out each element, so none is looked up by its index",
    "the loop neither binds the list's name nor sets entries, and calls no method of it",
    "PLC0200",
)
def enumerated(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for function, loop in loops_of(source):
        match loop:
            case ast.For(
                target=ast.Name(id=index),
                iter=ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)])]),
            ):
                pass
            case _:
                continue
        changed = changed_by(source, function, loop)
        if "range" in source.bound or "len" in source.bound or name in changed or list(stores(loop)).count(index) > 1:
            continue
        entries = [
            node
            for node in repeated(loop)
            if isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
            and isinstance(node.slice, ast.Name)
            and node.slice.id == index
        ]
        if entries:
            element = names.of(source.text(entries[0]), name, "item")
            head = Cut(
                source.spans.of(loop.target)[0],
                source.spans.of(loop.iter)[1],
                f"{index}, {element} in enumerate({name})".encode(),
            )
            yield Site(path=source.path, line=loop.lineno, cuts=(head, *(source.cut(entry, element) for entry in entries)))


@LOOPS.add(
    "items", "`items` hands out each value, so none is looked up by its key", "the loop does not change the dict", "PLC0206"
)
def items(source: Source) -> Iterator[Site]:
    names = FreshNames(source)
    for function, loop in loops_of(source):
        match loop:
            case ast.For(target=ast.Name(id=key), iter=ast.Name(id=name)) if (
                name not in changed_by(source, function, loop) and list(stores(loop)).count(key) == 1
            ):
                pass
            case _:
                continue
        if not _is_dict(source, loop, name):
            continue
        entries = [
            node
            for node in repeated(loop)
            if isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
            and isinstance(node.slice, ast.Name)
            and node.slice.id == key
        ]
        if entries:
            value = names.of(source.text(entries[0]), name, "value")
            head = Cut(
                source.spans.of(loop.target)[0], source.spans.of(loop.iter)[1], f"{key}, {value} in {name}.items()".encode()
            )
            yield Site(path=source.path, line=loop.lineno, cuts=(head, *(source.cut(entry, value) for entry in entries)))


def _is_dict(source: Source, loop: Loop, name: str) -> bool:
    function = source.function_of(loop)
    assert function is not None
    bound = [
        part.value
        for part in ast.walk(function)
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name) and part.targets[0].id == name
    ]
    return (
        bool(bound)
        and all(isinstance(value, ast.Dict | ast.DictComp) for value in bound)
        and list(stores(function)).count(name) == len(bound)
    )


@LOOPS.add(
    "early-exit",
    "the loop ends once its answer is known",
    "its body does nothing but set one name to a constant under a pure condition",
    "SIM110",
)
def early_exit(source: Source) -> Iterator[Site]:
    for _, loop in loops_of(source):
        match loop:
            case ast.For(
                body=[
                    ast.If(test=test, body=[ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()) as found], orelse=[])
                ],
                orelse=[],
            ):
                names = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
                function = source.function_of(loop)
                assert function is not None
                inside = {id(part) for part in ast.walk(loop)}
                leaks = any(id(use) not in inside for each in names for use in loads(function, each))
                after = source.spans.lines_of(found)
                pure = (
                    source.is_pure(test)
                    and name not in names_in(test)
                    and isinstance(loop.iter, ast.Name | ast.Attribute | ast.Subscript)
                )
                if pure and not leaks and after and (indent := source.indent(found)) is not None:
                    end = source.spans.of(found)[1]
                    yield Site(path=source.path, line=loop.lineno, cuts=(Cut(end, end, f"\n{indent}break".encode()),))


@LOOPS.add(
    "unrolled-any",
    "a loop that returns makes no generator and resumes none",
    "the answer of `any` or `all` is returned at once",
)
def unrolled_any(source: Source) -> Iterator[Site]:
    for statement in source.walk(ast.Return):
        match statement:
            case ast.Return(value=ast.Call(func=ast.Name(id="any" | "all" as how)) as call):
                found = how == "any"
                if (head := _as_loop(source, statement, call, "" if found else "not ")) is not None:
                    indent = source.indent(statement)
                    lines = [*head, f"        return {found}", f"return {not found}"]
                    cut = source.cut(statement, f"\n{indent}".join(lines))
                    yield Site(path=source.path, line=statement.lineno, cuts=(cut,))


@LOOPS.add(
    "unrolled-if-any",
    "a loop that returns from within makes no generator and resumes none",
    "the branch returns a constant and has no other",
)
def unrolled_if_any(source: Source) -> Iterator[Site]:
    for statement in source.walk(ast.If):
        match statement:
            case ast.If(
                test=ast.Call(func=ast.Name(id="any")) as call, body=[ast.Return(value=ast.Constant() | None) as end], orelse=[]
            ) if not source.text(statement).startswith("elif"):
                if (head := _as_loop(source, statement, call, "")) is not None:
                    indent = source.indent(statement)
                    cut = source.cut(statement, f"\n{indent}".join([*head, f"        {source.text(end)}"]))
                    yield Site(path=source.path, line=statement.lineno, cuts=(cut,))


def _as_loop(source: Source, statement: ast.stmt, call: ast.Call, sign: str) -> list[str] | None:
    """The loop and the test of `any` over a generator; None if a name of it means something else in its function."""
    function = source.function_of(statement)
    if not source.is_builtin(call, "any", "all") or source.indent(statement) is None or function is None:
        return None
    match call.args:
        case [ast.GeneratorExp(elt=test, generators=[ast.comprehension(target=target, iter=over, ifs=ifs, is_async=0)])]:
            pass
        case _:
            return None
    bound = list(stores(function))
    own = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    if (
        any(bound.count(name) > 1 for name in own)
        or own & names_in(over)
        or b"#" in source.content[slice(*source.spans.of(statement))]
    ):
        return None
    inside = {id(part) for part in ast.walk(call)}
    if any(id(use) not in inside for name in own for use in loads(function, name)):
        return None
    asked = f"{sign}({source.text(test)})" if sign else _enclosed(source, test)
    asked = " and ".join([*(f"({source.text(each)})" for each in ifs), f"({asked})"]) if ifs else asked
    return [f"for {source.text(target)} in {_enclosed(source, over)}:", f"    if {asked}:"]


def _enclosed(source: Source, node: ast.expr) -> str:
    """The text of an expression, in brackets if it spans lines."""
    text = source.text(node)
    return f"({text})" if "\n" in text else text
