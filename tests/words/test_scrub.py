"""Keys are taken out of what passes, however it is cut into pieces and whatever part of one it holds."""

import html
import json
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from overnight.words.scrub import PIECE, StreamScrubber, forms, scrub, scrub_text
from overnight.words.secret import HIDDEN

CUTS = st.lists(st.integers(min_value=0, max_value=10**4), max_size=12)
KEYS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/+=", min_size=32, max_size=64)
KEY = "sk-ant-api03-9Uz0_T1SIaXqA2h9DbzDZST6_d8fNYvvUVl4nuYV-Ye9FZ1wxLpQ2yMK"
COMMON = "sk-ant-api03-"


def passed(text: bytes, key: str, cuts: list[int]) -> list[bytes]:
    """What goes on of a text in pieces, piece by piece, and at the end."""
    scrubber = StreamScrubber(forms([key]))
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
    numbers = ["".join(f"\\u{ord(character):04{kind}}" for character in key) for kind in "xX"]
    for one in [json.dumps(key)[1:-1], key.replace("/", "\\/"), quote(key, safe=""), html.escape(key), *numbers]:
        assert scrub_text(f'{{"a": "{one}"}}', forms([key])) == f'{{"a": "{HIDDEN}"}}'


@pytest.mark.parametrize(
    "word", ["", "ollama", "EMPTY", "lm-studio", "not-needed", "sk-1234", "no-key-required", "sk-xxxxxxxx", "your_api_key"]
)
def test_what_stands_for_a_key_is_no_key(word: str) -> None:
    """Local servers are given such words; they may stand in any answer."""
    assert scrub_text(f"install {word} first", forms([word])) == f"install {word} first"


JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0."
RANDOM = "9Uz0_T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (f"github_pat_{RANDOM}", "a github_pat_... goes into the header"),
        (f"{JWT}{RANDOM}", f"decode eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.x and {JWT}SflKxwRJSMeKKF2QT4fwpM"),
        (f"team-alpha-production-{RANDOM}", "deploy team-alpha-production- to"),
        ("team-alpha-production-2024x", "deploy team-alpha-production-2024 to"),
        (f"bedrock-api-key-{RANDOM}", "bedrock-api-key- and bedrock-runtime"),
        (f"Team-Alpha-{RANDOM}", "deploy Team-Alpha and TEAM-ALPHA to"),
        (f"TEAM-ALPHA-{RANDOM}", "deploy Team-Alpha and TEAM-ALPHA to"),
        (f"{RANDOM}-production", "deploy it to -production"),
        (f"{RANDOM[:17]}-production-of-everything-{RANDOM[17:]}", "the -production-of-everything- line"),
        ("correct-horse-battery-staple", "correct-horse-battery, battery-staple"),
        (f"2024-06-01-{RANDOM}", "since 2024-06-01-"),
    ],
)
def test_what_is_public_or_a_word_in_a_key_stays(key: str, said: str) -> None:
    """Only what is secret of a key is taken out of an answer; the whole key always."""
    assert scrub_text(said, forms([key])) == said
    assert scrub_text(f"key {key}.", forms([key])) == f"key {HIDDEN}."


@pytest.mark.parametrize("before", ["", "sk-ant-api03-", "github_pat_", JWT, "team-alpha-production-", "Team-Alpha-"])
def test_a_part_of_what_is_secret_goes_behind_any_beginning(before: str) -> None:
    """Its first eight characters, its last eight, and 31 from anywhere."""
    key = before + RANDOM
    for part in (key[: len(before) + PIECE], RANDOM[-PIECE:], RANDOM[5:36]):
        assert scrub_text(f"a {part}... ", forms([key])) == f"a {HIDDEN}... "


def test_of_a_short_secret_the_whole_alone_goes() -> None:
    """Half of fifteen characters may be a name that the user chose; sixteen are a key."""
    short, enough = RANDOM[:15], RANDOM[:16]
    assert scrub_text(f"{short[:8]} {short}", forms([f"team-{short}"])) == f"{short[:8]} {short}"
    assert scrub_text(f"{short[:8]} team-{short}", forms([f"team-{short}"])) == f"{short[:8]} {HIDDEN}"
    assert scrub_text(f"{enough[:8]} {enough}", forms([f"team-{enough}"])) == f"{HIDDEN} {HIDDEN}"


class Counted(bytes):
    """Bytes that count how many of them are looked at or copied."""

    work = 0

    def __getitem__(self, at: Any) -> Any:
        Counted.work += len(range(*at.indices(len(self)))) if isinstance(at, slice) else 1
        got = super().__getitem__(at)
        return Counted(got) if isinstance(got, bytes) else got

    def __add__(self, other: Any) -> "Counted":
        Counted.work += len(self) + len(other)
        return Counted(super().__add__(other))

    def find(self, sought: Any, start: Any = None, end: Any = None) -> int:
        at = super().find(sought, start, end)
        Counted.work += (at if at >= 0 else len(self)) - (start or 0)
        return at


@pytest.mark.parametrize("part", [KEY[13:21], KEY[-8:], KEY[37:45], KEY[30:], KEY[:21], KEY[13:21] * 2])
@pytest.mark.parametrize("between", ["", " "])
def test_the_work_grows_with_the_text_alone(part: str, between: str) -> None:
    """However many parts of a key a provider writes, each byte is looked at and copied a few times for each piece."""
    [form] = [form for form in forms([KEY]) if not form.sign]
    data = Counted((part + between).encode() * 2000)
    Counted.work = 0
    assert part[-PIECE:].encode() not in form.blank(data, more=False)
    assert Counted.work < 8 * len(form.pieces) * len(data)


def test_what_waits_is_found_in_a_few_looks() -> None:
    """Also at the end of a text that is nearly a very long key."""
    [form] = [form for form in forms(["".join(map(str, range(1000, 3000)))]) if not form.sign]
    data = Counted(form.text[:-1])
    Counted.work = 0
    assert form.tail(data) == len(data)
    assert Counted.work < 20 * len(data)
