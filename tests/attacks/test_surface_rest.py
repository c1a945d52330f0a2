"""What may not come out of REST and the pages, and what words in an address or a body may not do."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rest import AGENT, Rest, served
from surface_campaigns import TAG, Made, campaign_of

from overnight.files.own import SIDE_FILES
from overnight.gate.trial import Stage
from overnight.operations.fields import foreign_inputs_of
from overnight.operations.pages import address_of, pages
from overnight.operations.registry import offered
from overnight.research.events import TrialFinished
from overnight.research.record.ledger import SqliteLedger
from overnight.web.api_addresses import address_of_operation, method_of

LENGTH = 8  # experiments
PATHS = (
    "../x",
    "..%2f..%2fx",
    "/etc/passwd",
    "a/../../x",
    ".git",
    "night/../../x",
    "night\x00",
    "~root",
    "$(id)",
    "-h",
    "--html=/x",
    "' OR 1=1 --",
    'night"; DROP TABLE events; --',
    "night\r\nSet-Cookie: a=b",
    "\x1b]0;x\x07",
    "\u202enight",
    "{{7*7}}",
    "x" * 5000,
)
GIVEN = {"artifact": "0" * 64, "tag": TAG, "a": TAG, "b": TAG, "number": "1", "name": "none", "repo": "r", "device": "1"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A campaign that has ended, with a sealed holdout."""
    return campaign_of(tmp_path_factory.mktemp("sealed") / "r", LENGTH, real=1.0)


@pytest.fixture(scope="module")
def rest(made: Made) -> Iterator[Rest]:
    """An agent's."""
    with served(AGENT, r=made.repository) as client:
        yield client


def reads(rest: Rest) -> Iterator[tuple[str, str]]:
    """The address and the text of everything that can be read: all operations, all pages in all forms, each experiment."""
    for operation in offered():
        if method_of(operation) == "GET":
            path, fields = address_of_operation(operation, "r"), foreign_inputs_of(operation)
            query = [f"{field.name}={GIVEN[field.name]}" for field in fields if field.name in GIVEN and field.name != "number"]
            query += [f"{field.name}=true" for field in fields if field.form is bool]
            numbers = [f"number={n}" for n in range(1, LENGTH + 1)] if any(f.name == "number" for f in fields) else [""]
            for number in numbers:
                address = f"{path}?{'&'.join([*query, number])}"
                yield address, rest.ask("GET", address).text
    for pattern in pages():
        for each in range(1, LENGTH + 1) if "{number}" in pattern else [1]:
            for form in ("", ".json", ".md"):
                address = address_of(pattern, **{**GIVEN, "number": str(each)}) + form
                yield address, rest.ask("GET", address).text


def test_no_answer_has_a_sealed_value(rest: Rest, made: Made) -> None:
    """Whatever is asked for: no value, no time and no fault of a trial on the holdout."""
    with closing(SqliteLedger.for_reading(made.folder)) as ledger:
        finished = [entry.event.trial for entry in ledger.events() if isinstance(entry.event, TrialFinished)]
    secret = {trial.value for trial in finished if trial.key.stage is Stage.HOLDOUT and trial.value is not None}
    public = {trial.value for trial in finished if trial.key.stage is not Stage.HOLDOUT and trial.value is not None}
    assert len(secret) > 3 and not secret & public
    texts = {f"{value!r}" for value in secret} | {f"{value:.7g}" for value in secret}
    found = dict(reads(rest))
    seen = "\n".join(found.values())
    assert any(f"{value!r}" in seen for value in public), "public values are shown"
    for address, text in found.items():
        assert not [value for value in texts if value in text], address


def files_of(made: Made) -> list[str]:
    """All beside and in its repository, but what git and a reader of SQLite make and remove."""
    found = [str(path) for path in made.repository.parent.rglob("*")]
    return sorted(each for each in found if ".git/" not in each and not each.endswith(SIDE_FILES))


@pytest.mark.parametrize("text", PATHS)
def test_words_of_a_caller_lead_nowhere(rest: Rest, made: Made, tmp_path: Path, text: str) -> None:
    """As a tag, a name, a repository or an operation: an error of one status, printable, and no file is made."""
    before = files_of(made)
    from urllib.parse import quote

    quoted = quote(text, safe="")
    addresses = [
        f"/api/v1/repos/r/status?tag={quoted}",
        f"/api/v1/repos/r/compare?a={TAG}&b={quoted}",
        f"/api/v1/repos/{quoted}/status",
        f"/api/v1/{quoted}",
        f"/api/v1/repos/r/{quoted}",
        f"/api/v1/task/show?name={quoted}",
        f"/api/v1/repos/r/brief?role={quoted}",
    ]
    answers = [rest.ask("GET", address) for address in addresses]
    answers += [rest.post("/repos/r/idea/add", text="a thought", tag=text), rest.post("/repos/r/stop", tag=text)]
    answers += [rest.post("/repos/r/finalize", into=text, tag=TAG), rest.post("/task/stop", name=text)]
    for answer in answers:
        assert answer.status in {400, 403, 404, 409, 414, 422}, answer
        if answer.headers["content-type"].startswith("application/json"):
            assert "set-cookie" not in answer.headers
            assert answer.text.replace("\n", "").isprintable() and len(answer.text) < 12_000
    assert files_of(made) == before
