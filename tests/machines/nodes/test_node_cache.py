"""Contents that a node keeps by digest."""

import hashlib
import os
from pathlib import Path

import pytest

from overnight.machines.nodes.cache import ContentCache


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def put(cache: ContentCache, content: bytes) -> bytes:
    cache.put(digest(content), len(content), 0, content)
    return digest(content)


def test_a_content_is_here_once_it_is_whole(tmp_path: Path) -> None:
    """Parts come in order; until the last one the content is lacking."""
    cache, content = ContentCache(tmp_path / "c"), b"0123456789"
    for offset in (0, 4, 8):
        assert cache.lacks([digest(content)] * 2) == [digest(content)]
        cache.put(digest(content), 10, offset, content[offset : offset + 4])
    assert cache.lacks([digest(content)]) == []
    with os.fdopen(cache.open(digest(content)), "rb") as file:
        assert file.read() == content


def test_an_empty_content_is_one(tmp_path: Path) -> None:
    """A file without content travels too."""
    cache = ContentCache(tmp_path / "c")
    assert cache.lacks([put(cache, b"")]) == []


def test_another_content_is_refused(tmp_path: Path) -> None:
    """What has not the digest that it was sent with is not kept."""
    cache = ContentCache(tmp_path / "c")
    with pytest.raises(ValueError, match="not the digest"):
        cache.put(digest(b"mine"), 5, 0, b"yours")
    assert cache.lacks([digest(b"mine")]) == [digest(b"mine")]


def test_the_oldest_goes_first(tmp_path: Path) -> None:
    """Beyond its size, what was used least recently is deleted; not what is in use, nor what has just come."""
    cache = ContentCache(tmp_path / "c", most_bytes=10)
    one, two, three = (put(cache, each * 4) for each in (b"1", b"2", b"3"))
    assert cache.lacks([one, two, three]) == [one]
    os.close(cache.open(two))
    with cache.held([three]):
        four = put(cache, b"4" * 4)
        assert cache.lacks([two, three, four]) == [two]
    large = put(cache, b"5" * 100)
    assert cache.lacks([three, four, large]) == [three, four]


def test_it_begins_empty_and_private(tmp_path: Path) -> None:
    """What a killed session left is deleted; nobody else may look in."""
    put(ContentCache(tmp_path / "c"), b"old")
    assert ContentCache(tmp_path / "c").lacks([digest(b"old")])
    assert list((tmp_path / "c").iterdir()) == [] and (tmp_path / "c").stat().st_mode & 0o777 == 0o700
