"""A value that is found once for a module gets one name, in whichever place it is used; two values never share one."""

import ast
from typing import Any

import pytest

from overnight.research.researchers.mutator.rewrites.table import REWRITES
from overnight.research.researchers.mutator.source import Site, Source, applied

PATTERNS = """import re

def f(x):
    return re.sub('a+', 'b', x) + re.sub('c+', 'd', x)

def g(x):
    return re.sub('a+', 'z', x)
"""
SETS = """def f(x):
    return x in frozenset(('a', 'b'))

def g(x):
    return x in frozenset(('ab',))

def h(x):
    return x in frozenset(('a', 'b'))
"""


def sites(rule: str, text: str) -> list[Site]:
    """Where a rewrite finds something."""
    return list(REWRITES[rule].find(Source("m.py", text.encode())))


def ran(text: str, chosen: list[Site]) -> dict[str, object]:
    """The module with these places changed."""
    content = applied(text.encode(), [cut for site in chosen for cut in site.cuts])
    module: dict[str, object] = {}
    exec(compile(ast.parse(content), "m.py", "exec"), module)  # a text of this test
    return module


@pytest.mark.parametrize(("rule", "text", "given"), [("compiled-pattern", PATTERNS, "aac"), ("constant-call", SETS, "ab")])
def test_each_place_alone_and_all_together_return_the_same(rule: str, text: str, given: str) -> None:
    """A place alone has the line that its name needs."""
    found = sites(rule, text)
    assert len(found) == 3
    before = ran(text, [])
    for chosen in ([found[0]], [found[1]], [found[2]], found):
        after = ran(text, chosen)
        for name in "fgh"[: text.count("def ")]:
            assert after[name](given) == before[name](given)  # type: ignore[operator]


def test_a_pattern_that_python_warns_of_is_compiled_without_a_word() -> None:
    """The warning is about the code of others."""
    assert len(sites("compiled-pattern", "import re\n\ndef f(x):\n    return re.sub('[[a]', 'b', x)\n")) == 1


@pytest.mark.parametrize("call", ["re.sub('(', 'b', x)", "float('abc')", "float(None)", "frozenset(3)"])
def test_what_would_fail_when_the_module_is_loaded_is_left_alone(call: str) -> None:
    """It fails where it is used, and perhaps nobody uses it."""
    text = f"import re\n\ndef f(x):\n    return {call}\n"
    assert not [*sites("compiled-pattern", text), *sites("constant-call", text)]


def test_a_cached_function_may_have_a_value_of_the_module_above_it() -> None:
    """Together, the line of the value stands above the decorator, and the text still parses."""
    text = "import functools\n\ndef f(x):\n    n = float('inf')\n    for i in range(x):\n        n = min(n, i)\n    return n\n"
    source = Source("t.py", text.encode())
    cuts = [cut for name in ("cached", "constant-call") for site in REWRITES[name].find(source) for cut in site.cuts]
    scope: dict[str, Any] = {}
    exec(applied(source.content, cuts), scope)  # our own example
    assert scope["f"](3) == 0 and scope["f"].cache_info().misses == 1
