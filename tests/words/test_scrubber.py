"""One scrubber for all that is kept: known secrets as they become known, and what looks like one."""

import html
import json
from urllib.parse import quote

import pytest

from overnight.words.scrubber import MOST_VARIABLES, Scrubber, secrets_in
from overnight.words.secret import HIDDEN
from overnight.words.secret_shapes import has_shape, hide_shapes, is_secret

KEY = "team-alpha/9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"


def test_a_secret_is_hidden_from_when_it_is_known() -> None:
    """In each spelling, whole or in part; learning it twice changes nothing."""
    scrubber = Scrubber()
    assert scrubber.text(f"a {KEY} b") == f"a {KEY} b"
    scrubber.learn([KEY])
    scrubber.learn([KEY, "", "key", "not-needed"])
    letters = "".join(f"\\u{ord(character):04x}" for character in KEY)
    for one in (KEY, json.dumps(KEY)[1:-1], KEY.replace("/", "\\/"), quote(KEY, safe=""), html.escape(KEY), letters):
        assert scrubber.text(f"a {one} b") == f"a {HIDDEN} b"
        assert scrubber.finds(f"a {one} b")
    assert scrubber.text(f"{KEY[-12:]} and not-needed") == f"{HIDDEN} and not-needed"
    assert scrubber.knows(KEY) and not scrubber.knows(KEY[:-1])
    assert KEY not in repr(scrubber)


def test_lone_surrogates_pass() -> None:
    """Foreign text may hold anything."""
    scrubber = Scrubber([KEY])
    assert scrubber.text(f"\udc80 {KEY}") == f"\udc80 {HIDDEN}" and not scrubber.finds("\ud800")


def test_a_page_of_ours_loses_known_ones_alone() -> None:
    """It has texts of ours, which may look like a key."""
    assert Scrubber([KEY]).known_in(f"{KEY} sk-abcdefgh1234") == f"{HIDDEN} sk-abcdefgh1234"
    assert Scrubber([KEY]).whole(f"{KEY} \xff".encode("latin-1")) == f"{HIDDEN} \xff".encode("latin-1")


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-abcdefgh1234",
        "sk-abcdefghijklmnop",
        "sk-ab***********1234",
        "sk_live_abcdefgh",
        "gsk_abcdefghijkl",
        "ghp_abcdefghijklmnop1234",
        "github_pat_11ABCDEFG0abcdefgh",
        "glpat-abcdefgh",
        "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "xoxb-1234567890-abc",
        "AKIAABCDEFGHIJKL",
        "AIzaSyA1234567890",
        "tk_abcdefghijklmnop",
        "Bearer abc.def",
        "bearer abcdefgh12",
        "BEARER abcdefgh12",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9xx.SflKxwRJSMeKKF2QT4",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_key_is_hidden_unknown(text: str) -> None:
    """Whatever is around it."""
    assert hide_shapes(f"key ({text}) is bad") == f"key ({HIDDEN}) is bad" and has_shape(text)


def test_a_password_in_a_url_is_hidden_alone() -> None:
    """The rest of the URL stays."""
    assert hide_shapes("clone https://me:pw12@host/x") == f"clone https://{HIDDEN}@host/x"


@pytest.mark.parametrize(
    "text",
    [
        "from huggingface_hub import hf_hub_download",
        "a sk-learn-based model and sklearn.linear_model",
        "a task-specific-head2 beside risk-adjusted-loss1",
        "key_value_cache, key_proj_1, skip_connections_2, rk_stage_45",
        "bearer tokens and Bearer authentication",
        "https://host:8080/path?x=1@2, see ghp_ and tk_embed",
        "ASIAN AKIA, eyJust.eyJust.x",
        "BEGIN PRIVATE KEY section",
    ],
)
def test_words_of_code_and_of_research_stay(text: str) -> None:
    """A hypothesis must say what it means."""
    assert hide_shapes(text) == text and not has_shape(text)


@pytest.mark.parametrize(
    "piece",
    [
        "sk-",
        "sk-a",
        "eyJ-",
        "eyJaaaaaaaa.",
        "bearer ",
        "bearer a-",
        "BEARER  ",
        "://a:",
        "://",
        "-----BEGIN PRIVATE KEY-----",
        "xoxb-",
    ],
)
def test_a_hostile_text_takes_no_time_that_grows_with_its_square(piece: str) -> None:
    """This would not end if it did: much of what shapes begin with."""
    text = piece * (300_000 // len(piece))
    assert isinstance(has_shape(text), bool) and len(hide_shapes(text)) <= len(text) + 1000


def test_a_private_key_without_an_end_is_hidden_too() -> None:
    """As when a text was cut; so is one after another."""
    begin = "-----BEGIN RSA PRIVATE KEY-----\nabcdef\n"
    assert hide_shapes(f"a {begin}") == f"a {HIDDEN}" and hide_shapes(begin * 2) == HIDDEN * 2


def test_variables_are_secrets_by_name_or_value() -> None:
    """Numbers, paths and words are none; a name counts by its whole words."""
    secret = {"MY_API_KEY": "abcdefgh12", "DB_PASSWORD": "correct horse", "X": "sk-abcdefghijkl", "SENTRY_DSN": "abcdefgh"}
    plain = {"MONKEY": "a long text", "MAX_TOKEN": "100000000", "SSH_AUTH_SOCK": "/run/user/1/x", "SORT_KEY": "name"}
    assert secrets_in({**secret, **plain}) == list(secret.values())
    assert all(is_secret(name, value) for name, value in secret.items())
    assert len(secrets_in({f"KEY_{n}": f"value-{n:04}" for n in range(200)})) == MOST_VARIABLES
