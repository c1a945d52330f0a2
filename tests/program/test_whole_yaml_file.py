"""A mistake in a file that is YAML as a whole is named with its own line, whatever kind of mistake it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from overnight.claw.setup.parsing import parse_charter
from overnight.errors import UserError
from overnight.home.settings import parse_settings
from overnight.pool.hub.settings import parse_hub_settings

PARSERS: list[Callable[[str], object]] = [parse_charter, parse_settings, parse_hub_settings]
MISTAKES = {
    "unknown key": "zzz: 1",
    "twice": "zone: UTC\nzone: UTC",
    "no value": "zone:",
    "not YAML": "a: b: c",
    "alias": "a: *b",
    "control character": "a: \x01",
    "not a mapping": "- a",
}


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=[*MISTAKES])
def test_a_mistake_is_named_with_its_line(parse: Callable[[str], object], mistake: str) -> None:
    """Comments above it are counted, and nothing else is."""
    text = "# one\n# two\n" + mistake + "\n"
    last = 1 if mistake == "- a" else 2 + len(mistake.splitlines())
    with pytest.raises(UserError, match=rf"(^|\n)(claw|home|hub)\.yaml:{last}:"):
        parse(text)


def test_what_a_hub_refuses_itself_has_its_line_and_key(tmp_path: Path) -> None:
    """The name of a branch and the bounds are checked by more than a form."""
    good = "project: p\ntag: pool\n"
    with pytest.raises(UserError, match=r"^hub\.yaml:2: tag: cannot be part of a branch name"):
        parse_hub_settings(good.replace("pool", "a..b"))
    with pytest.raises(UserError, match=r"^hub\.yaml:3: bounds: has no value between 2 and 1"):
        parse_hub_settings(good + "bounds: [2, 1]\n")
