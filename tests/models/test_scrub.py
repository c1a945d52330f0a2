"""Keys are taken out of what passes, however it is cut into pieces and whatever part of one it holds."""

import html
import json
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from overnight.models.scrub import HIDDEN, PIECE, Scrubber, forms, scrub, scrub_text

CUTS = st.lists(st.integers(min_value=0, max_value=10**4), max_size=12)
KEYS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/+=", min_size=32, max_size=64)
KEY = "sk-ant-api03-9Uz0_T1SIaXqA2h9DbzDZST6_d8fNYvvUVl4nuYV-Ye9FZ1wxLpQ2yMK"
COMMON = "sk-ant-api03-"


def passed(text: bytes, key: str, cuts: list[int]) -> list[bytes]:
    """What goes on of a text in pieces, piece by piece, and at the end."""
    scrubber = Scrubber(forms([key]))
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [*(scrubber.feed(text[low:high]) for low, high in pairwise(edges)), scrubber.end()]


@given(key=KEYS, before=st.binary(max_size=40), after=st.binary(max_size=40), cuts=CUTS)
def test_a_key_is_gone_however_it_is_cut(key: str, before: bytes, after: bytes, cuts: list[int]) -> None:
    """Nothing of it that tells something is left, and what was around it is."""
    assume(len(set(key)) > 16)  # so that no part of it is another part
    said = b"".join(passed(before + b" " + key.encode() + b" " + after, key, cuts))
    assert key[:PIECE].encode() not in said
    assert key[-PIECE:].encode() not in said
    assert said == before + b" " + HIDDEN.encode() + b" " + after


@given(text=st.binary(max_size=200), cuts=CUTS)
def test_a_text_without_a_key_passes_byte_by_byte(text: bytes, cuts: list[int]) -> None:
    """Nothing else is changed, and never more is held back than a key without its last character."""
    pieces = passed(text, KEY, cuts)
    assert b"".join(pieces) == text
    assert len(pieces[-1]) < len(KEY)


@given(text=st.lists(st.sampled_from([KEY[:9], KEY[9:20], KEY[20:], "sk-", "y", " "]), max_size=8).map("".join), cuts=CUTS)
def test_pieces_of_a_key_in_any_order_do_not_depend_on_the_cuts(text: str, cuts: list[int]) -> None:
    """Nothing is held back that belongs to no key, and nothing is missed at a cut."""
    said = b"".join(passed(text.encode(), KEY, cuts))
    assert said == scrub(text.encode(), forms([KEY]))
    assert KEY[len(COMMON) : len(COMMON) + PIECE].encode() not in said
    assert KEY[-PIECE:].encode() not in said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"key {KEY} is bad", f"key {HIDDEN} is bad"),
        (f"key {KEY[:24]}... is bad", f"key {HIDDEN}... is bad"),
        (f"key ...{KEY[-8:]} is bad", f"key ...{HIDDEN} is bad"),
        (f"key {KEY[20:60]} is bad", f"key {HIDDEN} is bad"),
        (f"key {COMMON}...{KEY[-4:]} is bad", f"key {COMMON}...{KEY[-4:]} is bad"),
        (f"a key begins with {COMMON}", f"a key begins with {COMMON}"),
        (KEY * 3, HIDDEN * 3),
    ],
)
def test_a_part_goes_if_it_tells_something(said: str, left: str) -> None:
    """Eight characters of the secret part at either end do; what all keys begin with, and four at the end, do not."""
    assert scrub_text(said, forms([KEY])) == left


@pytest.mark.parametrize("key", [KEY, "AIzaSyD-1234/abc+def==&<x>'\"\\9876543210zyxwvu"])
def test_a_key_in_another_spelling_goes_too(key: str) -> None:
    """As JSON, URLs and HTML write it, and with every character as a number."""
    spelled = "".join(f"\\u{ord(character):04x}" for character in key)
    written = [json.dumps(key)[1:-1], key.replace("/", "\\/"), quote(key, safe=""), html.escape(key), spelled, spelled.upper()]
    for one in written[:-1]:
        assert scrub_text(f'{{"a": "{one}"}}', forms([key])) == f'{{"a": "{HIDDEN}"}}'


@pytest.mark.parametrize("word", ["", "ollama", "EMPTY", "lm-studio", "not-needed", "sk-1234", "no-key-required"])
def test_what_stands_for_a_key_is_no_key(word: str) -> None:
    """Local servers are given such words; they may stand in any answer."""
    assert scrub_text(f"install {word} first", forms([word])) == f"install {word} first"
