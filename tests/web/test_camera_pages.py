"""What cameras show on pages: sightings with their pictures, and what a camera shows now; only pictures, and only those."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cameras import camera_server, jpeg, shows, street
from homes import home, introduce  # noqa: F401
from hostile import EVERYTHING, SCRIPT
from rest import Rest, served
from targets import make_repo, run_here
from visits import owner, visit

from overnight.home.events import LookoutSet, Sighted
from overnight.home.record.record import HomeRecord
from overnight.home.sightings.pictures import FOLDER, keep
from overnight.operations.principal import OWNER


@pytest.fixture
def rest(home: HomeRecord, tmp_path: Path) -> Iterator[Rest]:  # noqa: F811
    """The owner's."""
    with served(OWNER, r=make_repo(tmp_path / "r", "no program")) as client:
        yield client


def picture(rest: Rest, page: str, name: str) -> tuple[int, str]:
    """The status and the type of a picture."""
    answer = rest.ask("GET", f"/pictures?{urlencode({'page': page, 'name': name})}")
    return answer.status, answer.headers["content-type"]


def sight(record: HomeRecord, data: bytes, *, label: str = "truck") -> tuple[int, str]:
    """A sighting at the only camera; its number, and the digest of its picture."""
    device = record.devices()[0].number
    lookout = record.append(LookoutSet(device=device, what="delivery truck", hours="07:00-20:00"))
    digest = keep(record.folder, data)
    seen = Sighted(device=device, lookout=lookout, label=label, confirmed="yes", seen=1_764_600_000.0, picture=digest, asked=2)
    return record.append(seen), digest


def test_sightings_are_shown_and_judged(home: HomeRecord, rest: Rest) -> None:  # noqa: F811
    """With the picture, who confirmed it, and what the owner said; a page and a camera's device lead there."""
    with camera_server(shows(jpeg(street()))) as address:
        device = introduce(home, "camera", address, "street", snapshot="/snap.jpg")
    number, digest = sight(home, jpeg(street()))
    page = visit("/house/sightings", owner({}))
    assert "Delivery truck at street" in page.parsed.text and "a vision model confirms it" in page.parsed.text
    assert [digest in each.attributes["src"] for each in page.parsed.all("img")] == [True]
    assert picture(rest, "/house/sightings", digest) == (200, "image/jpeg")
    assert rest.post("/home/verdict", number=number, right="no").status == 200
    text = visit("/house/sightings", owner({})).parsed.text
    assert "you said that it was wrong" in text and "0 of 1 that you judged" in text
    for address in ("/house", f"/house/{device.number}"):
        assert '"/house/sightings"' in visit(address, owner({})).html
    assert "detector is not there" in visit("/house", owner({})).parsed.text


def test_only_pictures_that_the_page_shows_are_sent(home: HomeRecord, rest: Rest) -> None:  # noqa: F811
    """No other file of the home, no path, no page of markup under a name that is known; a label is text."""
    with camera_server(shows(jpeg(street()))) as address:
        introduce(home, "camera", address, "street", snapshot="/snap.jpg")
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.owned = 1</script></svg>"
    _, markup = sight(home, svg, label=EVERYTHING)
    unseen = keep(home.folder, jpeg(street(5)))
    assert (home.folder / FOLDER / unseen[:2] / unseen[2:]).is_file()
    for name in (
        markup,
        unseen,
        "",
        "../ledger.db",
        "../../home/home.yaml",
        f"{markup[:2]}/../../ledger.db",
        "now",
        "x" * 900,
    ):
        assert picture(rest, "/house/sightings", name)[0] == 404, name
    page = visit("/house/sightings", owner({}))
    assert "<script>window" not in page.html and "</script></style>" in page.parsed.text


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("image/svg+xml", SCRIPT.encode()),
        ("text/html", SCRIPT.encode()),
        ("image/jpeg", b"GIF89a<script>"),
        ("image/jpeg", b""),
    ],
)
def test_what_a_camera_shows_now_is_a_picture_or_nothing(home: HomeRecord, rest: Rest, kind: str, data: bytes) -> None:  # noqa: F811
    """It is decoded and written anew; bytes that are no picture, and a camera that is gone, show nothing."""
    answers = [shows(jpeg(street()) + b"hidden words")]

    def answer(request: BaseHTTPRequestHandler) -> None:
        answers[-1](request)

    with camera_server(answer) as address:
        device = introduce(home, "camera", address, "street", snapshot="/snap.jpg")
        page = f"/house/{device.number}"
        assert "name=now" in visit(page, owner({})).html
        assert picture(rest, page, "now") == (200, "image/jpeg")
        assert picture(rest, page, "later")[0] == 404
        answers.append(shows(data, kind=kind))
        assert picture(rest, page, "now")[0] == 404
    assert picture(rest, page, "now")[0] == 404, "it is gone"


def test_a_lookout_is_dropped_by_its_button(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """The hidden field says so, and the call does it."""
    with camera_server(shows(jpeg(street()))) as address:
        introduce(home, "camera", address, "street", snapshot="/snap.jpg")
    assert run_here(tmp_path, "home", "lookout", "truck").returncode == 0
    fields = [each.attributes for each in visit("/house/sightings", owner({})).parsed.all("input")]
    assert [each["value"] for each in fields if each.get("name") == "drop" and each["type"] == "hidden"] == ["True"]
