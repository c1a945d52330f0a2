"""Rewrites that take work out of loops."""

import ast
from collections.abc import Iterator

from overnight.research.researchers.mutator.rewrites.rewrite import Table
from overnight.research.researchers.mutator.source import Cut, Function, Loop, Site, Source, loads, names_in, stores

LOOPS = Table([])
CHEAP = frozenset(("len", "abs", "min", "max", "ord", "int", "float"))


def _loops(source: Source) -> Iterator[tuple[Function, Loop]]:
    """Each loop with its function."""
    for loop in source.walk((ast.For, ast.While)):
        function = source.function_of(loop)
        if function is not None and isinstance(loop, ast.For | ast.While):
            yield function, loop


def _repeated(loop: Loop) -> Iterator[ast.AST]:
    """What is evaluated again and again, but for what functions and lambdas in it hold, and inner branches."""
    waiting: list[ast.AST] = [*loop.body, *([loop.test] if isinstance(loop, ast.While) else [])]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(
            node, Function | ast.Lambda | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        ):
            waiting.extend(ast.iter_child_nodes(node))


def _changed(loop: Loop) -> frozenset[str]:
    """The names that a loop binds, or whose value it may change: by an entry, an attribute or a method."""
    found = set(stores(loop))
    head = loop.target if isinstance(loop, ast.For) else loop.test
    for part in (part for each in (head, *loop.body, *loop.orelse) for part in ast.walk(each)):
        match part:
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                found.add(name)
            case ast.Call(args=arguments, func=func) if not (isinstance(func, ast.Name) and func.id in CHEAP):
                found.update(name for argument in arguments for name in names_in(argument))
            case ast.AugAssign(target=target):
                found.update(names_in(target))
    return frozenset(found)


def _fresh(source: Source, *words: str) -> str:
    """A name that says what it holds and that the file does not have."""
    name = "_".join(word.strip("_") for word in words if word)
    known = {part.id for part in ast.walk(source.tree) if isinstance(part, ast.Name)} | source.bound
    while name in known:
        name += "_"
    return name


def _hoisted(source: Source, loop: Loop, found: list[ast.expr], name: str) -> Iterator[Site]:
    """The same expression of a loop, read once before it."""
    above = source.before(loop, f"{name} = {source.text(found[0])}")
    if above is not None:
        yield Site(path=source.path, line=loop.lineno, cuts=(above, *(source.cut(each, name) for each in found)))


def _grouped(nodes: Iterator[ast.expr]) -> list[list[ast.expr]]:
    groups: dict[str, list[ast.expr]] = {}
    for node in nodes:
        groups.setdefault(ast.dump(node), []).append(node)
    return list(groups.values())


@LOOPS.add(
    "hoisted-call",
    "what `len` and the like return for values that the loop does not change is found once, before it",
    "the values are names that the loop neither binds nor hands on",
)
def hoisted_call(source: Source) -> Iterator[Site]:
    for _, loop in _loops(source):
        changed = _changed(loop)
        calls = (
            node
            for node in _repeated(loop)
            if isinstance(node, ast.Call)
            and source.is_builtin(node, *CHEAP)
            and all(isinstance(each, ast.Name | ast.Constant) for each in node.args)
            and any(isinstance(each, ast.Name) for each in node.args)
            and names_in(node).isdisjoint(changed)
        )
        for found in _grouped(calls):
            call = found[0]
            assert isinstance(call, ast.Call)
            words = [each.id for each in call.args if isinstance(each, ast.Name)]
            yield from _hoisted(source, loop, found, _fresh(source, source.text(call.func), *words))


@LOOPS.add(
    "hoisted-entry",
    "an entry that the loop does not change is read once, before it",
    "it is read in every round, and neither its names nor what they hold change in the loop",
)
def hoisted_entry(source: Source) -> Iterator[Site]:
    for _, loop in _loops(source):
        if not isinstance(loop, ast.For):
            continue
        changed = _changed(loop)
        entries = (
            node
            for node in _repeated(loop)
            if isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and not isinstance(node.slice, ast.Slice)
            and source.is_pure(node)
            and names_in(node).isdisjoint(changed)
            and _always(source, node, loop)
        )
        for found in _grouped(entries):
            node = found[0]
            assert isinstance(node, ast.Subscript)
            yield from _hoisted(source, loop, found, _fresh(source, source.text(node.value), "entry"))


def _always(source: Source, node: ast.expr, loop: Loop) -> bool:
    """Whether every round evaluates it: it is in no branch."""
    inner = node
    for parent in source.above(node):
        if parent is loop:
            return True
        if isinstance(parent, ast.If | ast.IfExp | ast.While):
            if inner is not parent.test:
                return False
        elif isinstance(parent, ast.BoolOp):
            if inner is not parent.values[0]:
                return False
        elif isinstance(parent, ast.For | ast.Try | ast.With):
            return False
        if isinstance(parent, ast.expr | ast.stmt):
            inner = parent  # type: ignore[assignment]  # a statement has parts as well
    return False


@LOOPS.add(
    "local-attribute",
    "an attribute of `self` that only `__init__` sets is read once, before the loop",
    "no other method of the class sets it, and it is no method or property",
)
def local_attribute(source: Source) -> Iterator[Site]:
    for function, loop in _loops(source):
        owner = source.parents[function]
        if not isinstance(owner, ast.ClassDef) or not function.args.args or function.name == "__init__":
            continue
        own = function.args.args[0].arg
        fixed = _set_once(owner)
        reads = (
            node
            for node in _repeated(loop)
            if isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.value, ast.Name)
            and node.value.id == own
            and node.attr in fixed
        )
        for found in _grouped(reads):
            node = found[0]
            assert isinstance(node, ast.Attribute)
            yield from _hoisted(source, loop, found, _fresh(source, node.attr))


def _set_once(owner: ast.ClassDef) -> frozenset[str]:
    """The attributes that a class sets in `__init__` and nowhere else."""
    inside: set[str] = set()
    elsewhere: set[str] = set()
    for member in owner.body:
        if isinstance(member, Function):
            target = inside if member.name == "__init__" else elsewhere
            target.update(
                part.attr
                for part in ast.walk(member)
                if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store | ast.Del)
            )
            elsewhere.update([member.name])
    return frozenset(inside - elsewhere)


@LOOPS.add(
    "local-function", "a function of a module is looked up once, before the loop", "the module is imported by its own name"
)
def local_function(source: Source) -> Iterator[Site]:
    for _, loop in _loops(source):
        reads = (
            node.func
            for node in _repeated(loop)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in source.imported
            and list(stores(source.tree)).count(node.func.value.id) == 1
        )
        for found in _grouped(reads):
            yield from _hoisted(source, loop, found, _fresh(source, *source.text(found[0]).split(".")))


@LOOPS.add(
    "local-method",
    "a method such as `append` of a list that the loop does not rebind is looked up once",
    "the name is bound to a list, set or dict in the function",
    "FURB113",
)
def local_method(source: Source) -> Iterator[Site]:
    for function, loop in _loops(source):
        bound = frozenset(stores(loop))
        made = {
            part.targets[0].id
            for part in ast.walk(function)
            if isinstance(part, ast.Assign)
            and isinstance(part.targets[0], ast.Name)
            and isinstance(part.value, ast.List | ast.Dict | ast.Set | ast.ListComp)
            and part.lineno < loop.lineno
        }
        methods = (
            node.func
            for node in _repeated(loop)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"append", "add", "get"}
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in made - bound
        )
        for found in _grouped(methods):
            yield from _hoisted(source, loop, found, _fresh(source, *source.text(found[0]).split(".")))


@LOOPS.add(
    "for-in-range",
    "`for` over a range counts in C; a `while` compares and adds in the interpreter",
    "the counter is bound before, grows by one at the end alone, and is not read behind the loop; the bound does not change",
)
def for_in_range(source: Source) -> Iterator[Site]:
    for function, loop in _loops(source):
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
        if not simple or not names.isdisjoint(_changed(loop)) or len(loop.body) < 2:  # noqa: PLR2004  # a body beside the step
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
    for _, loop in _loops(source):
        match loop:
            case ast.For(
                target=ast.Name(id=index),
                iter=ast.Call(func=ast.Name(id="range"), args=[ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=name)])]),
            ):
                pass
            case _:
                continue
        if "range" in source.bound or "len" in source.bound or name in _changed(loop) or list(stores(loop)).count(index) > 1:
            continue
        entries = [
            node
            for node in _repeated(loop)
            if isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
            and isinstance(node.slice, ast.Name)
            and node.slice.id == index
        ]
        if entries:
            element = _fresh(source, name, "item")
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
    for _, loop in _loops(source):
        match loop:
            case ast.For(target=ast.Name(id=key), iter=ast.Name(id=name)) if (
                name not in _changed(loop) and list(stores(loop)).count(key) == 1
            ):
                pass
            case _:
                continue
        if not _is_dict(source, loop, name):
            continue
        entries = [
            node
            for node in _repeated(loop)
            if isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Name)
            and node.value.id == name
            and isinstance(node.slice, ast.Name)
            and node.slice.id == key
        ]
        if entries:
            value = _fresh(source, name, "value")
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
    for _, loop in _loops(source):
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
            case ast.Return(
                value=ast.Call(
                    args=[
                        ast.GeneratorExp(
                            elt=test, generators=[ast.comprehension(target=target, iter=over, ifs=ifs, is_async=0)]
                        )
                    ]
                ) as call
            ):
                indent = source.indent(statement)
                function = source.function_of(statement)
                if not source.is_builtin(call, "any", "all") or indent is None or function is None:
                    continue
                own = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
                if not own.isdisjoint(set(stores(function)) - own) or any(
                    list(stores(function)).count(name) > 1 for name in own
                ):
                    continue
                if any(part.lineno != statement.lineno for part in ast.walk(call) if isinstance(part, ast.expr)):
                    continue
                assert isinstance(call.func, ast.Name)
                found = call.func.id == "any"
                asked = source.text(test) if found else f"not ({source.text(test)})"
                asked = " and ".join([*(f"({source.text(each)})" for each in ifs), f"({asked})"]) if ifs else asked
                lines = [
                    f"for {source.text(target)} in {source.text(over)}:",
                    f"    if {asked}:",
                    f"        return {found}",
                    f"return {not found}",
                ]
                yield Site(path=source.path, line=statement.lineno, cuts=(source.cut(statement, f"\n{indent}".join(lines)),))
