"""Which tests of a file are new or differ, by the names that runners give them. Pure."""

from overnight.actions.evidence.line_tests import names_of
from overnight.actions.evidence.python_tests import new_tests, parsed


def changed_tests(path: str, old: bytes | None, new: bytes | None) -> frozenset[str] | None:
    """The names of tests that are new or differ; None if the file cannot be read so, or differs outside of its tests."""
    if parsed(path, new) is None:
        texts = [(content or b"").decode(errors="replace") for content in (old, new)]
        return frozenset(names_of(texts[1]) - names_of(texts[0])) or None if not path.endswith(".py") else None
    return frozenset(test.name for test in new_tests(path, old, new)) or None
