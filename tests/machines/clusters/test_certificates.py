"""Certificates of a session and of the user: both sides are checked, and what is wrong is named."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from overnight.errors import UserError
from overnight.machines.clusters.certificates import (
    CA,
    CERTIFICATE,
    KEY,
    Certificates,
    expires_in_s,
    make_certificates,
    read_certificates,
)


def shake(server: Certificates, client: Certificates | None) -> bytes:
    """What a client gets of a server over TLS, if the two trust each other; with Dask's own contexts."""
    theirs = server.security().get_listen_args("scheduler")["ssl_context"]
    if client is None:
        ours = ssl.create_default_context()
        ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
    else:
        ours = client.security().get_connection_args("client")["ssl_context"]
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            with far, theirs.wrap_socket(far, server_side=True) as connection:
                connection.sendall(b"code runs")
        except OSError:  # the handshake was refused
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with near, ours.wrap_socket(near) as connection:
            return connection.recv(100)
    finally:
        thread.join()


def test_both_sides_show_a_certificate_of_this_session(tmp_path: Path) -> None:
    """One without a certificate, and one of another session, get nothing, from either side."""
    ours, others = make_certificates(tmp_path / "a"), make_certificates(tmp_path / "b")
    assert shake(ours, ours) == b"code runs"
    for server, client in ((ours, others), (others, ours), (ours, None)):
        with pytest.raises(OSError):
            assert shake(server, client) == b""


def test_the_folder_is_ours_alone_and_has_no_key_of_the_authority(tmp_path: Path) -> None:
    """Nobody can sign another certificate; nobody else can read this one's key."""
    made = make_certificates(tmp_path / "a")
    assert {each.name for each in made.folder.iterdir()} == {CA, CERTIFICATE, KEY}
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in made.folder.iterdir()} == {0o600}
    assert "PRIVATE" not in made.texts()[CA] + made.texts()[CERTIFICATE]
    before = made.texts()
    assert make_certificates(tmp_path / "a").texts()[CERTIFICATE] != before[CERTIFICATE]


def test_certificates_of_the_user_are_read(tmp_path: Path) -> None:
    """As they are, with the seconds until the first expires."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    folder = make_certificates(tmp_path / "a", now).folder
    assert read_certificates(folder, now).texts() == Certificates(folder=folder).texts()
    assert expires_in_s(folder, now) == 60 * 86400
    assert expires_in_s(folder, now + timedelta(days=61)) == -86400


def test_a_wrong_certificate_is_named(tmp_path: Path) -> None:
    """A missing file, one that is none, an expired one, and a key of another certificate."""
    now = datetime.now(UTC)
    folder, other = make_certificates(tmp_path / "a", now).folder, make_certificates(tmp_path / "b", now).folder
    with pytest.raises(UserError, match="has expired; get new ones"):
        read_certificates(folder, now + timedelta(days=61))
    (folder / KEY).write_text((other / KEY).read_text())
    with pytest.raises(UserError, match=r"cannot be used: .*MISMATCH; key.pem must be the key"):
        read_certificates(folder)
    (folder / KEY).unlink()
    with pytest.raises(UserError, match=r"key.pem cannot be read: No such file .*; put ca.pem, cert.pem and key.pem"):
        read_certificates(folder)
    (other / CA).write_text("hello")
    with pytest.raises(UserError, match=r"ca.pem is not a certificate"):
        read_certificates(other)
