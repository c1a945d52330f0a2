"""A lesson at a terminal: paragraphs at its width, also where a line begins with bold words; lists and code as they are."""

import pytest

from overnight.cli.learn_screen import NARROWEST, show_text

LONG = "one two three four five six seven eight nine ten eleven twelve"


def test_a_paragraph_is_wrapped_and_a_list_is_not(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Bold words at the beginning of a line make no list of it."""
    monkeypatch.setenv("COLUMNS", str(NARROWEST + 1))
    show_text(f"words\n**bold**: {LONG}\n\n* an item: {LONG}\n\n```\ncode = {LONG!r}\n```")
    shown = capsys.readouterr().out
    bold = shown[: shown.index("* an item")]
    assert "words **bold**: one two" in bold and max(map(len, bold.splitlines())) <= NARROWEST
    assert f"\n* an item: {LONG}\n" in shown and f"\n    code = {LONG!r}\n" in shown
