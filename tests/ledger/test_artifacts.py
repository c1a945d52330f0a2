"""Logs stored under the digest of their content: they can be found again, and do not fill the disk."""

import hashlib
from pathlib import Path

import pytest

from overnight.ledger.artifacts import TAIL_BYTES, ArtifactStore

MANY = 3000


def keep(store: ArtifactStore, folder: Path, content: bytes) -> str:
    """Keep a log with this content."""
    path = folder / "log"
    path.write_bytes(content)
    digest = store.keep(path)
    assert not path.exists()
    return digest


def test_what_was_kept_is_there_by_its_digest(tmp_path: Path) -> None:
    """Equal logs are one file; a log that was changed is no longer held."""
    store = ArtifactStore(tmp_path / "logs")
    digest = keep(store, tmp_path, b"some words")
    assert digest == hashlib.sha256(b"some words").hexdigest() == keep(store, tmp_path, b"some words")
    assert store.read(digest) == b"some words" and store.holds(digest)
    [path] = (tmp_path / "logs").glob("*/*")
    path.write_bytes(b"other words")
    assert not store.holds(digest)
    assert store.read("0" * 64) is None and not store.holds("0" * 64)


@pytest.mark.parametrize("digest", ["", "../" * 21 + "x", "A" * 64])
def test_only_digests_name_files(tmp_path: Path, digest: str) -> None:
    """Any other name is refused."""
    with pytest.raises(ValueError, match="not a digest"):
        ArtifactStore(tmp_path).read(digest)
    assert not ArtifactStore(tmp_path).holds(digest)


@pytest.mark.parametrize("again", [False, True])
def test_logs_do_not_fill_the_disk(tmp_path: Path, again: bool) -> None:
    """Beyond the limit only the end of each is kept, in this session and the next; small ones stay whole."""
    store = ArtifactStore(tmp_path / "logs", generous_bytes=1_000_000)
    whole = keep(store, tmp_path, bytes(900_000))
    store = ArtifactStore(tmp_path / "logs", generous_bytes=1_000_000) if again else store
    assert keep(store, tmp_path, bytes(900_000)) == whole
    cut, small = keep(store, tmp_path, b"a" * 300_000 + b"b" * TAIL_BYTES), keep(store, tmp_path, b"c" * TAIL_BYTES)
    assert store.read(whole) == bytes(900_000) and store.read(small) == b"c" * TAIL_BYTES
    left = store.read(cut) or b""
    note = b"[300 kB before this were dropped: the 1 MB for whole logs are used up]\n"
    assert left == note + b"b" * TAIL_BYTES and store.holds(cut)


def test_the_size_of_many_logs_is_estimated_from_some(tmp_path: Path) -> None:
    """The estimate is within a tenth, because digests are spread evenly."""
    store = ArtifactStore(tmp_path / "logs", generous_bytes=0)
    for number in range(MANY):
        keep(store, tmp_path, b"%d" % number * 100)
    true = sum(path.stat().st_size for path in (tmp_path / "logs").glob("*/*"))
    assert ArtifactStore(tmp_path / "logs")._estimate() == pytest.approx(true, rel=0.1)
