"""The table of rewrites: each makes its change, keeps what its example returns, and heeds its condition."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from overnight.research.researchers.mutator.rewrites.table import REWRITES
from overnight.research.researchers.mutator.source import Source, applied

FEWEST, LONGEST = 40, 160  # rewrites; characters of a sentence


@dataclass(frozen=True, slots=True)
class Example:
    """A function `f` before and after, arguments for it, and code that is left alone."""

    calls: str  # a list of tuples of arguments
    before: str
    after: str
    left: str


def examples() -> dict[str, Example]:
    """Those of `rewrites.txt`, by the name of the rewrite."""
    found = {}
    for part in Path(__file__).with_name("rewrites.txt").read_text().split("=== ")[1:]:
        heading, _, code = part.partition("\n")
        name, _, calls = heading.partition(" ")
        found[name] = Example(calls, *re.split(r"--- (?:becomes|alone)\n", code))
    return found


EXAMPLES = examples()


def rewritten(name: str, text: str) -> str:
    """A text with a rewrite made in all its places."""
    source = Source("t.py", text.encode())
    return applied(source.content, [cut for site in REWRITES[name].find(source) for cut in site.cuts]).decode()


def returned(text: str, calls: str) -> str:
    """What `f` of a text returns for some arguments."""
    scope: dict[str, object] = {}
    exec(text + f"\nresult = [f(*arguments) for arguments in {calls}]", scope)  # our own examples
    return repr(scope["result"])


def test_there_are_some_forty_and_each_has_an_example_and_a_reason() -> None:
    """No rewrite is without an example, and each says in one sentence what it did and why."""
    assert set(EXAMPLES) == set(REWRITES) and len(REWRITES) >= FEWEST
    assert all(10 < len(rewrite.says) < LONGEST and "\n" not in rewrite.says for rewrite in REWRITES.values())


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rewrite_does_what_it_says_and_keeps_what_is_returned(name: str) -> None:
    """The example becomes the text beside it, and both return the same."""
    example = EXAMPLES[name]
    assert rewritten(name, example.before) == example.after
    assert returned(example.before, example.calls) == returned(example.after, example.calls)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_rewrite_leaves_alone_what_its_condition_excludes(name: str) -> None:
    """A text that the condition excludes stays as it is."""
    assert rewritten(name, EXAMPLES[name].left) == EXAMPLES[name].left
