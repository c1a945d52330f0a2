"""REST: every operation at the address of its name; what comes back is what `--json` prints, and errors say the fix."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from rest import Answer, Rest, served
from surface_campaigns import TAG, Made, campaign_of
from targets import overnight

from overnight.jobs.loop import Loop
from overnight.jobs.presence import present
from overnight.jobs.records import loops_folder
from overnight.operations.foreign_input import MOST_BYTES
from overnight.operations.principal import OWNER, Kind, Origin, Principal
from overnight.web import api
from overnight.web.calls import Caller
from overnight.web.threads import AT_ONCE, MOST_WAITING, Busy, in_thread

R = "/repos/r"
HERE = f"/api/v1{R}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A campaign of a few experiments."""
    return campaign_of(tmp_path_factory.mktemp("api") / "r", 3)


@pytest.fixture(scope="module")
def rest(made: Made) -> Iterator[Rest]:
    """Its owner's REST."""
    with served(r=made.repository) as client:
        yield client


def refused(answer: Answer, status: int, says: str) -> None:
    """An error with a fix, of which every character can be seen."""
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/json")
    assert set(answer.json) == {"error", "fix", "approval"}
    words = f"{answer.json['error']}; {answer.json['fix']}"
    assert re.search(says, words), words
    assert words.replace("\n", "").isprintable() and len(words) < 5000


@pytest.mark.parametrize(
    ("address", "query", "command"),
    [
        (f"{R}/status", {}, ("status",)),
        (f"{R}/log", {"limit": 2, "oldest_first": "true"}, ("log", "-n", "2", "--oldest-first")),
        (f"{R}/show", {"number": 1}, ("show", "1")),
        (f"{R}/idea/list", {"tag": TAG}, ("idea", "list")),
        ("/labs", {}, ("labs",)),
    ],
)
def test_a_read_answers_what_json_prints(
    rest: Rest, made: Made, address: str, query: dict[str, object], command: tuple[str, ...]
) -> None:
    """Byte by byte, under the name of the operation, with its inputs as a query."""
    answer = rest.get(address, **query)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.text == overnight(made.repository, *command, "--json", check=0).stdout
    assert rest.ask("HEAD", f"/api/v1{address}").status in {200, 400}


def test_a_list_names_its_next_page(rest: Rest) -> None:
    """By the operation's own limit and offset; the last page names none."""
    path, seen = f"{HERE}/log?limit=2&oldest_first=true", []
    while path:
        answer = rest.ask("GET", path)
        seen += [each["number"] for each in answer.json["experiments"]]
        link = re.fullmatch(r'<(/api/v1/[^>]+)>; rel="next"', answer.headers.get("link", ""))
        path = link[1] if link else ""
    assert seen == [1, 2, 3]


@pytest.mark.parametrize(
    ("call", "body", "status", "says"),
    [
        ("GET /api/v1/nothing", None, 404, "no operation `nothing`"),
        ("GET /api/v1/labs/copy", None, 404, "no operation `labs copy` here"),
        ("GET /api/v1/repos/other/status", None, 404, "no repository `other` is served"),
        ("GET /api/v1/repos/r", None, 404, "an operation is missing"),
        ("GET /api/v1", None, 404, "an operation is missing"),
        ("GET /api/v1/", None, 404, "an operation is missing"),
        ("GET /api/v1/status", None, 404, "`status` is about a repository"),
        (f"GET {HERE}/ps", None, 404, "`ps` is about this machine"),
        (f"GET {HERE}/status?tag=none", None, 404, "no campaign"),
        (f"GET {HERE}/status?tag=..%2F..%2Fetc", None, 404, "cannot be part of a branch name"),
        (f"GET {HERE}/status?tag=a&tag=b", None, 400, "tag is given twice"),
        (f"GET {HERE}/status?more=1", None, 400, "no input `more`; it takes tag"),
        (f"GET {HERE}/show", None, 400, "number: Field required"),
        (f"GET {HERE}/show?number=0", None, 400, "number: Input should be greater"),
        (f"GET {HERE}/show?number=1e9", None, 400, "number: Input should be a valid integer"),
        (f"GET {HERE}/show?number=99", None, 404, "99"),
        (f"GET {HERE}/idea/add?text=x", None, 405, "called by POST"),
        (f"POST {HERE}/status", "{}", 405, "called by GET"),
        (f"PUT {HERE}/status", "{}", 405, "PUT does nothing"),
        (f"POST {HERE}/idea/add", "{", 400, "no JSON"),
        (f"POST {HERE}/idea/add", "[]", 400, "no JSON object"),
        (f"POST {HERE}/idea/add", '{"text": 1}', 400, "valid string"),
        (f"POST {HERE}/idea/add", '{"text": "a", "text": "b"}', 400, "a key is repeated"),
        (f"POST {HERE}/idea/add", '{"text": NaN}', 400, "NaN is no number"),
        (f"POST {HERE}/idea/add", '{"text": "a", "more": 1}', 400, "no input `more`"),
        (f"POST {HERE}/idea/add", '{"text": "\x00"}', 400, "no JSON"),
        (f"POST {HERE}/idea/add", '{"text": "  "}', 422, "has no words"),
        (f"POST {HERE}/idea/add", "[" * 60_000, 400, "no JSON"),
        (f"POST {HERE}/idea/add", " " * (MOST_BYTES + 1), 413, "at most 65,536 bytes"),
        (f"POST {HERE}/check", '{"slots": 1000000000}', 400, "slots: Input should be less"),
        (f"POST {HERE}/stop", "{}", 422, "is not running"),
        (f"POST {HERE}/report", '{"out": "/tmp"}', 400, "no input `out`"),
        ("POST /api/v1/approve", '{"which": "7"}', 409, "no such approval"),
        ("POST /api/v1/task/stop", '{"name": "../loops"}', 422, "no task `../loops`"),
    ],
)
def test_what_cannot_be_done_says_why(rest: Rest, call: str, body: str | None, status: int, says: str) -> None:
    """With a status that fits, and nothing done."""
    method, path = call.split(" ")
    answer = rest.ask(method, path, body)
    refused(answer, status, says)
    assert ("allow" in answer.headers) == (status == 405)


def test_an_order_is_json(rest: Rest) -> None:
    """Else a form of another site could send one."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""):
        refused(rest.ask("POST", f"{HERE}/idea/add", '{"text": "a"}', {"Content-Type": kind}), 415, "application/json")
    answer = rest.ask("POST", f"{HERE}/stop", "", {"Content-Type": "application/json; charset=utf-8"})
    refused(answer, 422, "is not running")


def test_an_order_with_the_same_key_is_given_once(tmp_path: Path) -> None:
    """Of one caller; whoever else takes the same key gives an order of their own."""
    made = campaign_of(tmp_path / "r", 0)
    key = {"Idempotency-Key": "7"}
    with served(r=made.repository) as owner, served(Principal(Kind.AGENT, "a"), r=made.repository) as agent:
        assert owner.post(f"{R}/idea/add", key, text="clip the gradient").status == 200
        refused(owner.post(f"{R}/idea/add", key, text="another thought entirely"), 422, "ordered before")
        assert agent.post(f"{R}/idea/add", key, text="warm the rate up").json["text"] == "warm the rate up"
        texts = [idea["text"] for idea in owner.get(f"{R}/idea/list").json["open"]]
        assert texts[-2:] == ["clip the gradient", "warm the rate up"]
        refused(owner.post(f"{R}/idea/add", {"Idempotency-Key": "k" * 201}, text="x"), 400, "Idempotency-Key")


def test_a_fault_of_ours_is_json_too(tmp_path: Path) -> None:
    """A damaged record says what shows more; of a bug nothing comes out, and the terminal has it."""
    made = campaign_of(tmp_path / "r", 0)
    with served(r=made.repository) as rest:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(api, "carry_out", lambda *_, **__: {}["secret"])  # type: ignore[index]
            refused(broken := rest.ask("GET", f"{HERE}/status"), 500, "bug in overnight")
        (made.folder / "ledger.db").write_bytes(b"no database" * 1000)
        damaged = rest.ask("GET", f"{HERE}/status")
    assert "secret" not in broken.text and any("KeyError: 'secret'" in line for line in rest.said)
    assert damaged.status >= 400 and damaged.json["error"].isprintable()


def test_only_what_is_served_is_compared(rest: Rest, made: Made, tmp_path: Path) -> None:
    """A campaign of another repository is named by the name that it is served under, never by a folder."""
    other = campaign_of(tmp_path / "other", 3)
    for name in (f"{other.repository}:{TAG}", f"..:{TAG}", f"/:{TAG}", f"{made.repository}:"):
        refused(rest.get(f"{R}/compare", a=TAG, b=name), 404, "no repository")
    with served(r=made.repository, other=other.repository) as both:
        answer = both.get(f"{R}/compare", a=TAG, b=f"other:{TAG}")
        assert answer.status == 200 and answer.json["b"]["name"] == f"other:{TAG}"


def test_only_what_is_served_is_stopped(rest: Rest, tmp_path: Path) -> None:
    """A loop of another folder goes on, whatever its name."""
    with present(loops_folder(), Loop(system="other", folder=str(tmp_path / "elsewhere"))):
        refused(rest.post(f"{R}/stop", name="elsewhere"), 422, "in a folder that is not served here")


def test_one_caller_does_not_take_all_threads() -> None:
    """Others go on meanwhile; what waits is bounded."""
    free, busy = threading.Event(), 0

    def caller(principal: Principal) -> Caller:
        return Caller(principal=principal, origin=Origin.OWNER, address=None)

    async def wait() -> None:
        nonlocal busy
        try:
            await in_thread(caller(OWNER), free.wait)
        except Busy:
            busy += 1

    async def all_at_once() -> str:
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE + MOST_WAITING + 2):
                tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
            found = await in_thread(caller(Principal(Kind.AGENT, "a")), lambda: "through")
            free.set()
        return found

    assert anyio.run(all_at_once) == "through" and busy == 2
