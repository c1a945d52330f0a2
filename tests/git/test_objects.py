"""Objects of a repository that were read or written last are kept in memory, by nothing but their full ids."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from targets import git, make_repo, program

from overnight.errors import RepositoryError
from overnight.files.folders import CHUNK_BYTES
from overnight.git.objects import RECENT, SMALL_BYTES, ObjectStore


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with a commit."""
    return make_repo(tmp_path / "repo", program(("a", "b")))


@pytest.fixture
def store(repo: Path) -> Iterator[ObjectStore]:
    """Its objects."""
    store = ObjectStore(repo / ".git")
    yield store
    store.close()


def forget(repo: Path, oid: str) -> None:
    """Take an object away from the repository, so that git cannot answer for it any more."""
    (repo / ".git/objects" / oid[:2] / oid[2:]).unlink()


def copied(store: ObjectStore, oid: str, path: Path) -> bytes:
    """What is copied of a blob."""
    with path.open("wb") as file:
        store.copy_blobs([(oid, file.fileno())])
    return path.read_bytes()


def test_small_objects_are_read_once(repo: Path, store: ObjectStore, tmp_path: Path) -> None:
    """What was written or read is there without git, also to be copied; copying alone keeps it too."""
    written, commit = store.add_blob(b"written"), git(repo, "rev-parse", "HEAD")
    read, copied_first = git(repo, "rev-parse", "HEAD:train.py"), git(repo, "rev-parse", "HEAD:program.md")
    tree, text, first = store.commit(commit).tree, store.blob(read), copied(store, copied_first, tmp_path / "first")
    for oid in (written, read, copied_first, commit):
        forget(repo, oid)
    assert store.blob(written) == copied(store, written, tmp_path / "a") == b"written"
    assert store.blob(read) == copied(store, read, tmp_path / "b") == text
    assert store.blob(copied_first) == first
    assert store.commit(commit).tree == tree


def test_many_files_are_copied_at_once(repo: Path, store: ObjectStore, tmp_path: Path) -> None:
    """Each gets its own content, whatever its size and whether it is known; one that is missing is an error."""
    sizes = (0, 1, SMALL_BYTES, SMALL_BYTES + 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 7, 5)
    contents = [bytes([number]) * size for number, size in enumerate(sizes)]
    oids = [store.add_blob(content) for content in contents]
    fresh = ObjectStore(repo / ".git")
    for reader in (store, fresh, fresh):  # the last one knows the small ones
        with ExitStack() as opened:
            files = [opened.enter_context((tmp_path / str(number)).open("wb")) for number in range(len(oids))]
            reader.copy_blobs([(oid, file.fileno()) for oid, file in zip(oids, files, strict=True)])
        assert [(tmp_path / str(number)).read_bytes() for number in range(len(oids))] == contents
    assert list(fresh.contents([*oids, *oids[:2]], "blob")) == [*contents, *contents[:2]]
    with pytest.raises(RepositoryError):
        list(fresh.contents([oids[0], "0" * 40], "blob"))
    with (tmp_path / "none").open("wb") as file, pytest.raises(RepositoryError):
        fresh.copy_blobs([(oids[3], file.fileno()), ("0" * 40, file.fileno()), (oids[5], file.fileno())])
    assert copied(fresh, oids[5], tmp_path / "after") == contents[5]
    fresh.close()


def test_an_object_of_another_kind_is_none_of_that_kind(repo: Path, store: ObjectStore) -> None:
    """A kept blob is not taken for a commit."""
    oid = store.add_blob(b"tree 0\n")
    with pytest.raises(RepositoryError):
        store.commit(oid)


def test_large_objects_and_those_read_long_ago_are_asked_of_git(repo: Path, store: ObjectStore, tmp_path: Path) -> None:
    """Memory stays bounded: a large blob is never kept, and the one that was used least recently goes."""
    large, oldest = store.add_blob(b"x" * (SMALL_BYTES + 1)), store.add_blob(b"oldest")
    assert len(copied(store, large, tmp_path / "large")) == SMALL_BYTES + 1
    for number in range(RECENT):
        store.add_blob(b"%d" % number)
    for oid in (large, oldest):
        forget(repo, oid)
    store.close()
    for oid in (large, oldest):
        with pytest.raises(RepositoryError):
            store.blob(oid)


def test_a_name_is_looked_up_each_time(repo: Path, store: ObjectStore) -> None:
    """A branch moves: only full ids stand for one content for ever."""
    before = store.raw("HEAD", "commit")
    git(repo, "commit", "-q", "--allow-empty", "-m", "next")
    assert store.raw("HEAD", "commit") != before
