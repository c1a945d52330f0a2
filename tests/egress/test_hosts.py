"""Hosts of a list, and which of them a job may reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.egress.hosts import BadHost, HostRule, Target, allows, canonical, read_rule, read_target


@pytest.mark.parametrize(
    ("rule", "asked", "allowed"),
    [
        ("pypi.org", "pypi.org:443", True),
        ("pypi.org", "pypi.org:80", True),
        ("pypi.org", "pypi.org:8443", False),
        ("pypi.org", "PyPI.ORG.:443", True),
        ("pypi.org", "files.pypi.org:443", False),
        ("pypi.org", "notpypi.org:443", False),
        ("pypi.org:8443", "pypi.org:8443", True),
        ("pypi.org:8443", "pypi.org:443", False),
        ("*.example.com", "a.example.com:443", True),
        ("*.example.com", "a.b.example.com:443", True),
        ("*.example.com", "example.com:443", False),
        ("*.example.com", "aexample.com:443", False),
        ("*.example.com", "example.com.evil.org:443", False),
        ("93.184.215.14", "93.184.215.14:443", True),
        ("*.example.com", "93.184.215.14:443", False),
        ("[2606:2800::1]:443", "[2606:2800:0:0::1]:443", True),
    ],
)
def test_a_list_has_what_it_names(rule: str, asked: str, allowed: bool) -> None:
    """An entry allows its host at its ports, by whatever spelling, and nothing that only looks like it."""
    assert allows([read_rule(rule)], read_target(asked)) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "*.com",
        "localhost",
        "pypi",
        "a..b.org",
        ".org",
        "-a.org",
        "a-.org",
        "pypi.org/simple",
        "https://pypi.org",
        "user@pypi.org",
        "pypi.org:0",
        "pypi.org:65536",
        "pypi.org:https",
        "pypi.org:",
        "a*.org",
        "*.*.example.org",
        "bücher.example",
        "10.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[fd00:ec2::254]:80",
        "::1",
        "[2606:2800::1%eth0]",
        "*.93.184.215.14",
        "0x7f.1",
        "2130706433",
        "127.1",
        "0177.0.0.1",
        "1.2.3.4.5",
        "a" * 64 + ".org",
        ".".join(["abcdefgh"] * 32) + ".org",
        "",
        "a b.org",
        "a\n.org",
    ],
)
def test_what_is_no_host_is_not_listed(text: str) -> None:
    """A list takes whole names and public addresses; everything else is an error when the program is read."""
    with pytest.raises(BadHost):
        read_rule(text)


def test_a_rule_is_written_as_it_is_read() -> None:
    """The text of an entry leads to the same entry."""
    for text in ("pypi.org", "*.example.com:8443", "[2606:2800::1]", "93.184.215.14:80", "under_score.example.com"):
        assert str(read_rule(text)) == text
        assert read_rule(str(read_rule(text))) == read_rule(text)
    assert read_rule("EXAMPLE.com.") == HostRule(host="example.com")


def test_a_request_names_its_port() -> None:
    """Without a default, a target has a port of its own; as it stands in a URL, the default one is left out."""
    with pytest.raises(BadHost, match="no port"):
        read_target("pypi.org")
    assert read_target("pypi.org", 80).authority(80) == "pypi.org"
    assert read_target("[2606:2800::1]:81").authority(80) == "[2606:2800::1]:81"


@given(st.text(max_size=40))
def test_a_spelling_is_final(text: str) -> None:
    """Whatever is asked for is refused, or has one spelling that is its own."""
    try:
        name, address = canonical(text)
    except BadHost:
        return
    again = f"[{name}]" if ":" in name else name
    assert canonical(again) == (name, address)
    assert Target(host=name, port=1, address=address).authority() == f"{again}:1"


@pytest.mark.parametrize(("text", "hint"), [("https://pypi.org", "a URL"), ("pypi.org/simple", "a URL"), ("*", "every host")])
def test_what_people_write_instead_of_a_host_has_a_hint(text: str, hint: str) -> None:
    """A URL, or all hosts at once."""
    with pytest.raises(BadHost, match=hint):
        read_rule(text)
