"""Copies of a chain are checked and compared by anybody, without the hub."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pool_hubs import FILES, TestHub, changed, serving
from targets import overnight

from overnight.pool.canonical import canonical
from overnight.pool.chain import Chain, entry_json
from overnight.pool.work.client import MOST_AT_ONCE, OF_PAGE

BETTER = FILES["train.py"].decode().replace("OFFSET = 5.0", "OFFSET = 4.0")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    """A hub with a withdrawn-free chain of its opening alone."""
    with serving(TestHub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def checked(where: Path, *arguments: str, check: int = 0) -> dict[str, Any]:  # Any: JSON
    """What `verify-chain` found."""
    found: dict[str, Any] = json.loads(overnight(where, "hub", "verify-chain", *arguments, "--json", check=check).stdout)
    return found


def finding(report: dict[str, Any], what: str) -> dict[str, Any]:  # Any: JSON
    """One of its findings."""
    return next(each for each in report["findings"] if each["what"] == what)


def rewrite(hub: TestHub) -> None:
    """Let the hub sign another first block."""

    def again() -> None:
        hub.chain, hub.texts = Chain.begin(hub.chain.genesis), hub.texts[:1]
        changes = changed(train_dot_py=BETTER.replace("4.0", "3.0"))
        from overnight.pool.changes import content_digest, stated

        block = hub.block(tuple(map(stated, changes)))
        hub.contents |= {content_digest(each.content): each.content for each in changes if each.content is not None}
        hub.chain.add(block)
        hub.texts.append(canonical(entry_json(block)).decode())

    hub.do(again)


def test_a_mirror_is_checked_without_its_hub_and_brought_up_to_date(tmp_path: Path) -> None:
    """What is there is not fetched again, what is new is; afterwards the hub is not needed."""
    with serving(TestHub(tmp_path / "hub")) as hub:
        assert json.loads(overnight(tmp_path, "hub", "mirror", hub.url, "m", "--json", check=0).stdout)["fetched"] == len(FILES)
        hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
        found = json.loads(overnight(tmp_path, "hub", "mirror", hub.url, "m", "--json", check=0).stdout)
        assert (found["entries"], found["files"], found["fetched"]) == (1, len(FILES) + 1, 1)
    report = checked(tmp_path, "m", check=1)
    assert finding(report, "chain")["holds"] and finding(report, "files")["holds"]
    assert not finding(report, "block 1: receipt")["holds"], "the receipt of this hub is empty"


def test_a_mirror_whose_files_were_changed_does_not_hold(hub: TestHub, tmp_path: Path) -> None:
    """A content, a text or a link in place of a file is found by the digests and signatures alone."""
    overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
    assert checked(tmp_path, "m")["holds"]
    victim = next((tmp_path / "m/pool/v1/files").iterdir())
    content = victim.read_bytes()
    victim.write_bytes(content[:-1] + b"X")
    assert "another content" in finding(checked(tmp_path, "m", check=1), "files")["detail"]
    victim.unlink()
    victim.symlink_to("/etc/passwd")
    assert "missing or cannot be read" in finding(checked(tmp_path, "m", check=1), "files")["detail"]
    entries = tmp_path / "m/entries.jsonl"
    entries.write_text(entries.read_text().replace("a small loss", "a large loss"))
    assert "not signed" in finding(checked(tmp_path, "m", check=1), "chain")["detail"]


@pytest.mark.parametrize("text", ["", "[]\n", "{}\n", "null\n", "[" * 100_000 + "\n", "\x00\n", '{"entry": 1}\n'])
def test_what_is_no_chain_does_not_hold(tmp_path: Path, text: str) -> None:
    """Whatever is in the file, it is a finding."""
    (tmp_path / "x").write_text(text)
    assert not finding(checked(tmp_path, "x", check=1), "chain")["holds"]


def test_two_chains_are_proved(hub: TestHub, tmp_path: Path) -> None:
    """A rewritten block is shown beside the old one, both signed; a mirror keeps what it had."""
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
    overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
    before = (tmp_path / "m/entries.jsonl").read_bytes()
    rewrite(hub)
    report = checked(tmp_path, hub.url, "--against", "m", check=1)
    assert "signed two chains: entry 1" in finding(report, "against")["detail"]
    one, other = map(json.loads, report["proof"])
    assert one["number"] == other["number"] == 1 and one["tree"] != other["tree"] and one["signature"] != other["signature"]
    done = overnight(tmp_path, "hub", "mirror", hub.url, "m", check=2)
    assert "signed two chains" in done.stderr and (tmp_path / "m/entries.jsonl").read_bytes() == before


def test_a_chain_that_went_back_is_found(hub: TestHub, tmp_path: Path) -> None:
    """A hub that shows less than a copy of it has lost what it had published; an old copy has not."""
    overnight(tmp_path, "hub", "mirror", hub.url, "old", check=0)
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
    overnight(tmp_path, "hub", "mirror", hub.url, "new", check=0)
    assert finding(checked(tmp_path, "old", "--against", "new"), "against")["holds"]

    def go_back() -> None:
        hub.chain, hub.texts = Chain.begin(hub.chain.genesis), hub.texts[:1]

    hub.do(go_back)
    report = checked(tmp_path, hub.url, "--against", "new", check=1)
    assert "went back from entry 1 to 0" in finding(report, "against")["detail"]


def test_other_files_are_not_overwritten(hub: TestHub, tmp_path: Path) -> None:
    """A folder with something else stays as it is."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m/thesis.txt").write_text("x")
    assert "has other files" in overnight(tmp_path, "hub", "mirror", hub.url, "m", check=2).stderr
    assert [each.name for each in (tmp_path / "m").iterdir()] == ["thesis.txt"]


@contextmanager
def web_server(folder: Path) -> Iterator[str]:
    """The address of a plain web server over a folder, as a process."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"port (\d+)", process.stdout.readline())
            assert found
            yield f"http://127.0.0.1:{found[1]}"
        finally:
            process.terminate()


def test_a_worker_joins_a_mirror_at_any_web_server(tmp_path: Path) -> None:
    """It has the tree and the chain without the hub, and follows the mirror in the middle of a page."""
    with serving(TestHub(tmp_path / "hub")) as hub:
        hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
        overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
        with web_server(tmp_path / "m") as url:
            overnight(tmp_path, "work", "join", url, "w", "--yes", check=0)
            assert (tmp_path / "w/train.py").read_text() == BETTER
            hub.do(lambda: hub.add(changed(train_dot_py=BETTER.replace("4.0", "3.0"))))
            overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
            overnight(tmp_path / "w", "work", "run", "--hours", "0.001", check=0)
    assert (tmp_path / "w/train.py").read_text() == BETTER.replace("4.0", "3.0")
    assert finding(checked(tmp_path, "w", "--against", "m", check=1), "against")["holds"]


def test_a_mirror_of_more_entries_than_one_answer_is_read_whole_at_any_web_server(tmp_path: Path) -> None:
    """A web server answers each question about entries with the same file; the pages beside it have the rest."""
    with serving(TestHub(tmp_path / "hub")) as hub:

        def grow() -> None:
            for number in range(MOST_AT_ONCE + 2 * OF_PAGE + 1):
                hub.add(changed(train_dot_py=BETTER.replace("4.0", f"4.{number}1")))

        hub.do(grow)
        found = json.loads(overnight(tmp_path, "hub", "mirror", hub.url, "m", "--json", check=0).stdout)
    with web_server(tmp_path / "m") as url:
        report = checked(tmp_path, url, "--against", "m", check=1)
    assert report["entries"] == found["entries"] == MOST_AT_ONCE + 2 * OF_PAGE + 1
    assert finding(report, "chain")["holds"] and finding(report, "against")["holds"]


@pytest.mark.parametrize("page", ["[]", '["{}"]', "{}", None])
def test_a_web_server_whose_pages_do_not_go_on_is_no_hub(tmp_path: Path, page: str | None) -> None:
    """It is said, and nothing asks again and again."""
    with serving(TestHub(tmp_path / "hub")) as hub:

        def grow() -> None:
            for number in range(OF_PAGE + 1):
                hub.add(changed(train_dot_py=BETTER.replace("4.0", f"4.{number}1")))

        hub.do(grow)
        overnight(tmp_path, "hub", "mirror", hub.url, "m", check=0)
    file = tmp_path / "m/pool/v1/pages/1"
    file.unlink() if page is None else file.write_text(page)
    with web_server(tmp_path / "m") as url:
        report = checked(tmp_path, url, check=1)
    assert not finding(report, "chain")["holds"]
