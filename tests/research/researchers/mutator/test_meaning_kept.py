"""Code that a known rewrite must leave alone, as it would mean something else, and rewrites in places that meet."""

import textwrap

import pytest

from overnight.research.researchers.mutator.rewrites.table import REWRITES
from overnight.research.researchers.mutator.source import Source, applied

LEFT_ALONE = {
    "a function of a module changes what it is handed": (
        "hoisted-call",
        """
        import heapq
        def f(heap, most):
            while len(heap) > most:
                heapq.heappop(heap)
        """,
    ),
    "a function is handed it by keyword": (
        "hoisted-call",
        """
        def f(queue):
            while len(queue) > 1:
                step(waiting=queue)
        """,
    ),
    "a function that is called changes a list of the module": (
        "hoisted-call",
        """
        queue = []
        def step():
            queue.pop()
        def f():
            while len(queue) > 0:
                step()
        """,
    ),
    "what consumes a generator changes its argument in between": (
        "enumerated",
        """
        def f(x):
            for i in range(len(x)):
                yield x[i]
        """,
    ),
    "a wrong text is caught within the loop": (
        "hoisted-call",
        """
        def f(x, text):
            for y in x:
                try:
                    y += int(text)
                except ValueError:
                    pass
        """,
    ),
    "a round without the key goes on before it is looked up": (
        "hoisted-entry",
        """
        def f(x, table, key):
            for y in x:
                if key not in table:
                    continue
                print(table[key])
        """,
    ),
    "a list is walked along": (
        "local-attribute",
        """
        class Node:
            def __init__(self, parent):
                self.parent = parent
            def root(self):
                while self.parent:
                    self = self.parent
                return self
        """,
    ),
    "another function of the file sets it": (
        "local-attribute",
        """
        class Counter:
            def __init__(self):
                self.most = 1
            def go(self, x):
                for y in x:
                    grow(self, y)
                    print(self.most)
        def grow(counter, most):
            counter.most = most
        """,
    ),
    "a function within begins another list": (
        "local-method",
        """
        def f(x):
            batch = []
            def flush():
                nonlocal batch
                batch = []
            for y in x:
                batch.append(y)
                flush()
        """,
    ),
    "the default may not be there": (
        "get-with-default",
        """
        def f(cache, table, key):
            return cache[key] if key in cache else table[key]
        """,
    ),
    "after another branch": (
        "returned-test",
        """
        def f(x):
            if x:
                print(x)
            elif x == 1:
                return True
            else:
                return False
            return None
        """,
    ),
    "it is added to": (
        "unused-name",
        """
        def f(x):
            n = 0
            for y in x:
                n += 1
        """,
    ),
    "it is deleted": (
        "unused-name",
        """
        def f(x):
            y = x
            del y
        """,
    ),
    "it is of a class": (
        "unused-name",
        """
        def f(x):
            class A:
                size = 3
                name = "a"
            return A.size
        """,
    ),
    "that it fails is what is asked": (
        "unused-name",
        """
        def f(x):
            try:
                number = int(x)
                return True
            except ValueError:
                return False
        """,
    ),
    "the name is one of the module": (
        "unrolled-any",
        """
        line = [1, 2]
        def f():
            return any(line for line in line)
        """,
    ),
}


def rewritten(name: str, text: str) -> str:
    """A text with a rewrite made in all its places."""
    source = Source("t.py", textwrap.dedent(text).encode())
    return applied(source.content, [cut for site in REWRITES[name].find(source) for cut in site.cuts]).decode()


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_would_mean_something_else_is_left_alone(case: str) -> None:
    """The text stays as it is."""
    name, text = LEFT_ALONE[case]
    assert rewritten(name, text) == textwrap.dedent(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "enumerated",
            """
            def f(x):
                n = 0
                for i in range(len(x)):
                    for j in range(len(x)):
                        n += x[i] * (j + 1) - x[j] * i
                return n
            """,
        ),
        (
            "items",
            """
            def f(x):
                d = {1: 2, 3: 5}
                n = 0
                for k in d:
                    for m in d:
                        n += d[k] * m - d[m]
                return n
            """,
        ),
        (
            "hoisted-entry",
            """
            def f(x):
                n = 0
                for y in x:
                    n += x[0] * y - x[1]
                return n
            """,
        ),
        (
            "hoisted-call",
            """
            def f(x):
                n = 0
                for y in x:
                    n += max(n, 7) * min(9, 2) - len(x)
                for y in x:
                    n += y + len(x)
                return n
            """,
        ),
    ],
)
def test_values_in_one_function_have_names_of_their_own(name: str, text: str) -> None:
    """All places of a rewrite together return what the text did."""
    text = textwrap.dedent(text)
    new = rewritten(name, text)
    found = []
    for each in (text, new):
        scope: dict[str, object] = {}
        exec(each + "\nresult = f([3, 1, 2])", scope)  # our own examples
        found.append(scope["result"])
    assert new != text and found[0] == found[1]
