"""What trials depend on outside the repository, as digests: a change shows, the same content does not."""

import os
from pathlib import Path

import pytest

from overnight.research.places import fingerprint as module
from overnight.research.places.fingerprint import EnvironmentWatcher, changes, digest_of, fingerprint


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep/b.txt").write_text("b")
    return folder


def test_nothing_changed_is_no_change(data: Path, tmp_path: Path) -> None:
    """Two checks give the same digest, even after a file was touched: its content counts."""
    before = fingerprint(tmp_path, readable=[str(data)], search_path=os.environ["PATH"])
    os.utime(data / "a.txt", (1, 1))
    assert changes(before, fingerprint(tmp_path, readable=[str(data)], search_path=os.environ["PATH"])) == ()
    assert before.keys() >= {"cpu", "cores", "kernel", "python", "interpreter", str(data)}


@pytest.mark.parametrize(
    "change",
    [
        "echo x > a.txt",
        "echo x > new.txt",
        "rm deep/b.txt",
        "mv deep/b.txt deep/c.txt",
        "mkdir empty",
        "ln -s a.txt link",
        "rm a.txt; ln -s deep/b.txt a.txt",
    ],
)
def test_any_change_of_readable_data_shows(data: Path, change: str) -> None:
    """New, gone, renamed, rewritten, replaced."""
    before = digest_of(data)
    os.system(f"cd {data} && {change}")
    assert digest_of(data) != before


def test_large_files_are_known_by_size_and_time(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file too large to read is not read; a write shows in its time."""
    monkeypatch.setattr(module, "SMALL_BYTES", 10)
    (data / "large").write_bytes(b"x" * 1000)
    os.utime(data / "large", ns=(1, 1))
    before = digest_of(data)
    assert digest_of(data) == before
    os.utime(data / "large", ns=(2, 2))
    assert digest_of(data) != before


def test_a_path_may_be_a_file_a_link_or_gone(data: Path, tmp_path: Path) -> None:
    """A single file works; a link is followed to its target; a missing path is another state, not an error."""
    (tmp_path / "link").symlink_to(data)
    assert digest_of(tmp_path / "link") == digest_of(data)
    before = digest_of(data / "a.txt")
    (data / "a.txt").unlink()
    assert digest_of(data / "a.txt") != before


def test_packages_and_lock_files_show(tmp_path: Path) -> None:
    """An installed, removed or updated package and another lock file are noticed by name."""
    python, packages = tmp_path / "env/bin/python3", tmp_path / "env/lib/python3.11/site-packages"
    for folder in (python.parent, packages / "numpy-1.0.dist-info"):
        folder.mkdir(parents=True)
    python.touch(mode=0o755)
    (tmp_path / "uv.lock").write_text("1")
    before = fingerprint(tmp_path, search_path=str(python.parent))
    (packages / "numpy-1.0.dist-info").rename(packages / "numpy-2.0.dist-info")
    assert changes(before, fingerprint(tmp_path, search_path=str(python.parent))) == ("interpreter",)
    (tmp_path / "uv.lock").unlink()
    assert changes(before, fingerprint(tmp_path, search_path=str(python.parent))) == ("uv.lock", "interpreter")


def test_a_glance_before_a_trial_sees_a_change(data: Path, tmp_path: Path) -> None:
    """Reported once, with the current environment; a touched file with the same content is not a change."""
    path, readable = os.environ["PATH"], [str(data)]
    known = fingerprint(tmp_path, readable=readable, search_path=path)
    lookout = EnvironmentWatcher(tmp_path, path)
    assert lookout.look(known, readable) is None
    os.utime(data / "a.txt", (1, 1))
    assert lookout.look(known, readable) is None
    (data / "a.txt").write_text("other")
    changed = lookout.look(known, readable)
    assert changed is not None and changed.changed == (str(data),)
    assert lookout.look(changed.environment, readable) is None


def test_a_lock_file_that_comes_is_seen_before_the_next_trial(tmp_path: Path) -> None:
    """What a person installs while a campaign runs shows in the record."""
    lookout = EnvironmentWatcher(tmp_path, os.environ["PATH"])
    known = fingerprint(tmp_path, search_path=os.environ["PATH"])
    assert lookout.look(known, ()) is None
    (tmp_path / "uv.lock").write_text("version = 1")
    changed = lookout.look(known, ())
    assert changed is not None and changed.changed == ("uv.lock",)
