"""Hostile clients of MCP, and hostile texts in what they read."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hostile import TEXTS
from mcp_client import Client, here, started
from surface_campaigns import Made, campaign_of
from targets import make_repo, overnight

from overnight.gate.trial import Stage
from overnight.operations.fields import inputs_of
from overnight.operations.operation import Tier
from overnight.operations.pages import pages
from overnight.operations.registry import operations
from overnight.research.events import TrialFinished
from overnight.research.order import ChangeBudget
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.ordering import place_order
from overnight.web.mcp.messages import BUSY
from overnight.web.mcp.session import MOST_CALLS
from overnight.web.mcp.trimming import FULL

ADDRESSES = (
    "file:///etc/passwd", "/etc/passwd", "/repos/r/../../../etc/passwd", "/repos/..",
    "/repos/%2e%2e/campaigns/t", "/repos/r%00",
    "/repos/r/campaigns/..%2f..%2fx", "/repos/r/campaigns/../../x", "/repos/r/campaigns/" + "x" * 5_000, "//evil.example/home",
    "http://evil.example/", "/repos/r/campaigns/t?tag=../x", "/repos/r/campaigns/--version", "/repos/r/campaigns/\x1b[2J", "",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def nasty(tmp_path: Path) -> Made:
    """A campaign in which every text that others write is an attempt to break out."""
    return campaign_of(tmp_path / "r", 30, nasty=True, real=0.6)


def every_address(made: Made) -> list[str]:
    """The pages of a campaign, whatever they are."""
    parts = {"repo": "r", "tag": made.tag, "number": "1", "name": "log", "artifact": "0" * 64, "device": "1"}
    return [page.format(**parts) for page in pages() if page != "/repos/{repo}/compare"]


def test_no_address_leads_out(tmp_path: Path) -> None:
    """Only pages of served repositories are answered; anything else is a mistake, and shows nothing of the machine."""
    make_repo(tmp_path / "r", "no program")
    client = here({"r": tmp_path / "r"})
    client.hello()
    for address in ADDRESSES:
        for tool in ("look", "wait"):
            found = client.call(tool, fails=True, address=address)
            assert "root:" not in json.dumps(found) and "\x1b" not in found["error"]
        assert "error" in client.ask("resources/read", uri=address)


def test_texts_of_others_stay_data(nasty: Made) -> None:
    """On every page they are inside `data`, whole JSON, without control or bidirectional characters; `next` is ours."""
    client = here({"r": nasty.repository})
    client.hello()
    seen = ""
    for address in every_address(nasty):
        found = client.result("tools/call", name="look", arguments={"address": address, "detail": "full"})
        told = found["structuredContent"]
        assert set(told) <= {"address", "title", "data", "cut", "mark", "links", "orders", "next", "error", "more"}
        assert set(told["next"]) == {"tool", "input", "why"}
        text = json.dumps(told, ensure_ascii=False)
        assert len(text) < 2 * FULL
        assert not any(mark in text for mark in ("\x1b", "\x07", "\u202e", "\u2066", "\u200b"))
        assert not any(each in json.dumps(told["next"]) for each in TEXTS)
        seen += text
    assert "window.owned" in seen, "the texts were there to be seen"


def test_a_flood_is_bounded_and_a_ping_gets_through(tmp_path: Path) -> None:
    """Beyond so many calls at once others are refused; when they end, the next is answered."""
    made = campaign_of(tmp_path / "r", 3)
    client = here({"r": made.repository})
    client.hello()
    waits = {"name": "wait", "arguments": {"address": f"/repos/r/campaigns/{made.tag}", "timeout_s": 600}}
    numbers = [client.begin("tools/call", waits) for _ in range(10 * MOST_CALLS)]
    for number in numbers[MOST_CALLS:]:
        assert client.answer(number)["error"]["code"] == BUSY
    assert client.result("ping") == {}
    for number in numbers:
        client.write(method="notifications/cancelled", params={"requestId": number})
    listed = {"name": "list", "arguments": {"what": "repositories"}}
    while "error" in (found := client.ask("tools/call", **listed)):
        assert found["error"]["code"] == BUSY
    assert found["result"]["structuredContent"]["total"] == 1


def test_a_client_that_never_reads_ends_when_it_goes(tmp_path: Path) -> None:
    """We stop reading from it; nothing is kept for it, and its end is ours."""
    reads, writes = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "overnight", "mcp"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=writes, stderr=subprocess.PIPE
    )  # fmt: skip
    os.close(writes)
    assert process.stdin and process.stderr
    os.set_blocking(process.stdin.fileno(), False)
    line = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n' * 1_000
    sent = 0
    for _ in range(10_000):
        try:
            sent += os.write(process.stdin.fileno(), line)
        except BlockingIOError:
            break
    os.close(reads)
    process.stdin.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_two_clients_order_at_once_and_both_are_heard(tmp_path: Path) -> None:
    """On one campaign, each by its own process; the record has both, each by its name."""
    made = campaign_of(tmp_path / "r", 3)
    with started(made.repository) as (one, _), started(made.repository) as (other, _):
        for name, client in (("one", one), ("other", other)):
            client.hello(name)
        asked = [
            (
                client,
                client.begin("tools/call", {"name": "order", "arguments": {"operation": "idea add", "input": {"text": text}}}),
            )
            for client, text in ((one, "a smaller vocabulary of bytes alone"), (other, "gradient clipping at one half"))
        ]
        for client, number in asked:
            assert client.answer(number)["result"]["isError"] is False
    listed = json.loads(overnight(made.repository, "idea", "list", "--json", check=0).stdout)
    assert {"a smaller vocabulary of bytes alone", "gradient clipping at one half"} <= {idea["text"] for idea in listed["open"]}


def test_a_key_takes_no_order_of_others_in_advance(tmp_path: Path) -> None:
    """A client cannot use up a key that a message of a channel or a caller of REST will have; theirs is taken all the same."""
    made = campaign_of(tmp_path / "r", 3)
    client = here({"r": made.repository})
    client.hello()
    for key in ("message 12", "agent:claude: 1", "owner:web: 1"):
        client.call("order", operation="idea add", input={"text": f"with {key}"}, key=key)
        assert place_order(made.folder, ChangeBudget(experiments=5), key=key)
    for key in ("k" * 201, "a\nb"):
        assert "a key" in client.call("order", fails=True, operation="idea add", input={"text": "x"}, key=key)["error"]


def test_a_kill_during_an_order_breaks_nothing(tmp_path: Path) -> None:
    """The campaign and the record can be read, and the same order goes through afterwards or is there already."""
    made = campaign_of(tmp_path / "r", 3)
    order = {"name": "order", "arguments": {"operation": "idea add", "input": {"text": "weights in eight bits"}}}
    with started(made.repository) as (client, process):
        client.hello()
        client.begin("tools/call", order)
        process.send_signal(signal.SIGKILL)
        process.wait()
    client = here({"r": made.repository})
    client.hello()
    client.result("tools/call", **order)
    client.result("tools/call", **order)
    listed = json.loads(overnight(made.repository, "idea", "list", "--json", check=0).stdout)
    assert [idea["text"] for idea in listed["open"]].count("weights in eight bits") == 1
    assert overnight(made.repository, "approvals").returncode == 0


def test_a_name_of_a_client_is_no_way_up(tmp_path: Path) -> None:
    """One that calls itself the owner is an agent of that name."""
    make_repo(tmp_path / "r", "no program")
    client: Client = here({"r": tmp_path / "r"})
    for name in ("owner:terminal", "owner", "agent:x\nowner:web", "\u202eowner"):
        client.hello(name)
        assert "is for the owner alone" in client.call("order", fails=True, operation="approve", input={"which": "1"})["error"]
        assert client.call("start", fails=True)["error"] != ""


def test_no_answer_has_a_sealed_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page and no operation that reads shows what a holdout trial measured, to an agent who could then aim at it."""
    for name in ("looking.FULL", "ordering.SUMMARY"):
        monkeypatch.setattr(f"overnight.web.mcp.{name}", 10**8)  # nothing is cut
    made = campaign_of(tmp_path / "r", 300)
    with closing(SqliteLedger.for_reading(made.folder)) as ledger:
        finished = [entry.event for entry in ledger.events() if isinstance(entry.event, TrialFinished)]
    sealed = [event.trial for event in finished if event.trial.key.stage is Stage.HOLDOUT]
    assert len(sealed) > 10 and all(str(trial.value).startswith("7654321") for trial in sealed)
    client = here({"r": made.repository})
    client.hello()
    number = sealed[-1].key.experiment
    parts = {"repo": "r", "tag": made.tag, "number": number, "name": "log", "artifact": "0" * 64, "device": "1"}
    told = []
    for address in (page.format(**parts) for page in pages()):
        for detail in ("summary", "full"):
            told.append(client.ask("tools/call", name="look", arguments={"address": address, "detail": detail}))
        told.append(client.ask("resources/read", uri=f"overnight://{address}"))
    for operation in operations():
        names = {field.name for field in inputs_of(operation)}
        given = {"number": number, "tag": made.tag, "log": True, "transcript": True, "limit": 1000}
        if operation.tier is Tier.READ and not operation.lasts and not operation.owner_only:
            asked = {"operation": operation.name, "input": {name: value for name, value in given.items() if name in names}}
            told.append(client.ask("tools/call", name="order", arguments=asked))
    assert sum("structuredContent" in each.get("result", ()) and not each["result"]["isError"] for each in told) > 10
    assert "7654321" not in json.dumps(told)


def test_no_argument_is_a_bug_of_ours(tmp_path: Path) -> None:
    """Lone surrogates, control characters, options, paths, depth: each is answered as a mistake or as what it says."""
    made = campaign_of(tmp_path / "r", 3)
    client = here({"r": made.repository})
    client.hello()
    deep: object = 1
    for _ in range(900):
        deep = {"a": deep}
    page = f"/repos/r/campaigns/{made.tag}"
    for text in (
        "\ud800",
        "\x00",
        "a" * 9_999,
        "../x",
        "-x",
        "--help",
        "%",
        "%ff",
        "\u202e",
        "a\nb",
        "",
        ".",
        "r",
        "{x}",
        "/",
        "a/b",
    ):
        for tool, given in (
            ("list", {"what": "campaigns", "repo": text}), ("look", {"address": text}), ("look", {"address": page, "at": text}),
            ("look", {"address": f"/repos/r/campaigns/{text}"}), ("look", {"address": f"{page}?tag={text}"}),
            ("look", {"address": f"/operations/{text}"}), ("start", {"tag": text}), ("stop", {"tag": text}),
            ("stop", {"name": text}), ("order", {"operation": text}), ("order", {"operation": "idea add", "repo": text}),
            ("order", {"operation": "idea add", "input": {"text": text, "tag": text}}),
            ("order", {"operation": "log", "input": {text: text}, "key": text}), ("docs", {"name": text}),
            ("docs", {"search": text}), ("wait", {"address": page, "at": "/status", "mark": text, "timeout_s": 1}),
        ):  # fmt: skip
            found = client.ask("tools/call", name=tool, arguments=given)
            assert "result" in found, (tool, given, found)
        assert client.ask("resources/read", uri=f"overnight:///{text}").get("error", {}).get("code", 0) != -32603
    found = client.ask("tools/call", name="order", arguments={"operation": "idea add", "input": {"text": deep}})
    assert found["result"]["isError"]
