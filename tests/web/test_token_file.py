"""The file of tokens: names, bounds, what is kept, what is refused."""

import os
from pathlib import Path

import pytest

from overnight.errors import UserError
from overnight.web import token_file
from overnight.web.hosts import hosts, own_name
from overnight.web.token import Role, Use, check_name
from overnight.web.token_file import TokenFile
from overnight.words.secret_shapes import hide_shapes


def test_names_are_free_and_stay(tmp_path: Path) -> None:
    """Each gets a number that no other has; a name is given once."""
    tokens = TokenFile(tmp_path)
    assert [tokens.make(Role.OWNER, Use.PROGRAM)[0].name for _ in range(2)] == ["owner-1", "owner-2"]
    assert tokens.revoke("owner-1") and not tokens.revoke("owner-1")
    assert tokens.make(Role.OWNER, Use.PROGRAM)[0].name == "owner-1"
    tokens.make(Role.AGENT, Use.PROGRAM, "claude")
    with pytest.raises(UserError, match="there is a token claude already; revoke it first"):
        tokens.make(Role.READER, Use.PROGRAM, "claude")
    for name in ("", "a:b", "../x", "x" * 65, "\x1b"):
        with pytest.raises(UserError, match="is no name of a token"):
            check_name(name)


def test_there_are_never_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest link makes room for a new one; a program's token is never dropped by itself."""
    monkeypatch.setattr(token_file, "MOST", dict.fromkeys(Use, 3))
    now = [1e9]

    def clock() -> float:
        now[0] += 1
        return now[0]

    tokens = TokenFile(tmp_path, clock)
    links = [tokens.make(Role.OWNER, Use.LINK)[1] for _ in range(4)]
    assert tokens.find(links[0], Use.LINK) is None and tokens.find(links[1], Use.LINK)
    for _ in range(3):
        tokens.make(Role.READER, Use.PROGRAM)
    with pytest.raises(UserError, match="tokens already; revoke one"):
        tokens.make(Role.READER, Use.PROGRAM)


def test_a_file_that_is_not_ours_opens_nothing(tmp_path: Path) -> None:
    """A link, other content, or a second name is refused with the fix, and no token is found in it."""
    tokens = TokenFile(tmp_path)
    _, text = tokens.make(Role.OWNER, Use.PROGRAM)
    content = tokens.path.read_bytes()
    for broken in (b"", b"[]", b'{"tokens":[{"name":"x"}]}', content.replace(b'"owner"', b'"root"'), content[:-3]):
        tokens.path.write_bytes(broken)
        with pytest.raises(UserError, match="is no file of tokens"):
            TokenFile(tmp_path).find(text, Use.PROGRAM)
    tokens.path.unlink()
    assert tokens.find(text, Use.PROGRAM) is None
    other = tmp_path / "other.json"
    other.write_bytes(content)
    tokens.path.symlink_to(other)
    with pytest.raises(UserError, match="is a link"):
        TokenFile(tmp_path).read()
    tokens.path.unlink()
    os.link(other, tokens.path)
    with pytest.raises(UserError, match="is a hard link"):
        TokenFile(tmp_path).read()


def test_the_scrubber_knows_a_token() -> None:
    """By its form, in whatever text it is."""
    text = "overnight_9GI2wWsPBk0zihyi1dCS79U-O9jDIfrSgofqbMuhjLA"
    assert text not in hide_shapes(f"GET /enter?token={text} failed") and "GET" in hide_shapes(f"GET {text}")
    assert hide_shapes("the extra overnight_lan") == "the extra overnight_lan"


def test_the_name_of_the_pages_is_kept(tmp_path: Path) -> None:
    """It is made once; what is no such name is replaced."""
    name = own_name(tmp_path / "state" / "web")
    assert own_name(tmp_path / "state" / "web") == name
    (tmp_path / "state" / "web" / "host").write_text("evil.example\n")
    assert own_name(tmp_path / "state" / "web") not in {name, "evil.example"}


def test_a_default_port_may_be_left_out() -> None:
    """As browsers leave it out of `Host` and `Origin`."""
    plain, secure = hosts("http", "a.localhost", 80), hosts("https", "a.localhost", 8443)
    assert plain.allows("a.localhost") and plain.allows("a.localhost:80") and plain.is_own_origin("http://a.localhost")
    assert secure.allows("a.localhost:8443") and not secure.allows("a.localhost")
    assert not secure.is_own_origin("http://a.localhost:8443")
