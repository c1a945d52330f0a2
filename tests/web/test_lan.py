"""What `serve --lan` shows and keeps."""

import builtins
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from overnight.errors import UserError
from overnight.web.lan import VALID, bracketed, certificate, own_addresses, qr_code


def test_the_certificate_stays_until_it_ends(tmp_path: Path) -> None:
    """Its fingerprint is the same at each start; when its time is over, or the file is broken, there is a new one."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    first = certificate(tmp_path, now)
    assert len(first.fingerprint.split(":")) == 32
    assert certificate(tmp_path, now + VALID / 2) == first
    later = certificate(tmp_path, now + VALID)
    assert later.fingerprint != first.fingerprint
    later.context()
    later.path.write_text("broken")
    assert certificate(tmp_path, now).fingerprint not in {first.fingerprint, later.fingerprint}


def test_a_planted_certificate_is_refused(tmp_path: Path) -> None:
    """A link in its place leads to a key that somebody else may have."""
    certificate(tmp_path / "theirs")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "lan.pem").symlink_to(tmp_path / "theirs" / "lan.pem")
    with pytest.raises(UserError, match="is a link"):
        certificate(tmp_path / "ours")


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the fix."""
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> object:  # Any: Python's signature
        if name.partition(".")[0] in {"cryptography", "segno"}:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    for call in (lambda: certificate(tmp_path), lambda: qr_code("x")):
        with pytest.raises(UserError, match=r"--lan needs the extra `lan`; .*python\S* -m pip install 'overnight\[lan\]'"):
            call()


def test_addresses_are_those_that_others_reach() -> None:
    """No loopback, no address of a single link; in a URL those of IPv6 have brackets."""
    for address in own_addresses():
        assert not address.is_loopback and not address.is_link_local
        assert bracketed(address) == (f"[{address}]" if address.version == 6 else str(address))


def test_a_qr_code_is_drawn_in_characters() -> None:
    """Two rows of it in one line, without an escape."""
    lines = qr_code(f"https://192.168.100.100:8765/enter?token=overnight_{'x' * 43}#sha256={'A' * 64}").splitlines()
    assert len({len(line) for line in lines}) == 1 and set("".join(lines)) == set(" █▀▄")
    assert len(lines) < 35
