"""Addresses that try to lead out of the surface, or to break what shows them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from surface_server import Surface, running
from targets import make_repo

from overnight.operations.pages import address_of, find_page

SECRET = "root:x:0:0"
STATIC = (
    "/static/../application.py",
    "/static/%2e%2e/application.py",
    "/static/..%2fapplication.py",
    "/static/%252e%252e/application.py",
    "/static/..%5capplication.py",
    "/static/....//application.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/surface.css%00.html",
    "/static/",
    "/static",
    "/static/.",
    "/static/surface.css/../../guard.py",
)
PAGES = (
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/repos/../../etc/passwd",
    "/repos/%2e%2e%2f%2e%2e%2fetc/campaigns/x",
    "/repos/x/campaigns/..%2f..%2f..%2fetc%2fpasswd",
    "/repos/x/campaigns/%00",
    "/repos/x/campaigns/%ff%fe",
    "/repos/x/campaigns/%0d%0aSet-Cookie:%20a=b",
    "/docs/..%2f..%2fsrc%2fovernight%2f__init__.py",
    "/docs/%2fetc%2fpasswd",
    "/file:%2f%2f%2fetc%2fpasswd",
    "//etc/passwd",
    "/%2fetc%2fpasswd.md",
    "/.json",
    "/.md.json.md",
    "/home/../enter",
    "/*",
    "/%",
    "/%zz",
    f"/{'a/' * 3_000}",
    f"/{'%2e%2e/' * 1_000}x.md",
)


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    with running(tmp_path_factory.mktemp("state")) as found:
        yield found


def test_no_file_but_ours_is_static(surface: Surface) -> None:
    """Nothing outside the folder, no list of it, and no way around the token by its address."""
    known = surface.bearer()
    for path in STATIC:
        answer = surface.ask("GET", path, known)
        assert answer.status in {400, 403, 404}, path
        assert "import" not in answer.body and SECRET not in answer.body and "--paper:" not in answer.body
    for path in ("/static/../operations.md", "/static/%2e%2e/operations.md", "/static/..%2foperations.md", "//static/../home"):
        answer = surface.ask("GET", path)
        assert answer.status in {400, 401, 403, 404} and "tier" not in answer.body, path


def test_no_address_leads_out(surface: Surface) -> None:
    """What is no page is not found, in each form; nothing of the address gets into a header."""
    known = surface.bearer()
    for path in PAGES:
        for accept in ("text/html", "*/*"):
            answer = surface.ask("GET", path, {**known, "Accept": accept})
            assert answer.status in {400, 404}, (path, answer.status)
            assert SECRET not in answer.body and "set-cookie" not in answer.headers


def test_an_address_is_shown_as_text(surface: Surface) -> None:
    """HTML, control and bidirectional characters of an address are escaped in the page that says that it leads nowhere."""
    path = "/%3Cscript%3Ealert(1)%3C/script%3E/%22onload=x/%E2%80%AE/%1b%5B31m"
    answer = surface.ask("GET", path, {**surface.bearer(), "Accept": "text/html"})
    assert answer.status == 404
    assert "<script>alert" not in answer.body and '"onload' not in answer.body
    assert "\u202e" not in answer.body and "\x1b" not in answer.body
    answer = surface.ask("GET", '/x"><script>alert(1)</script>', {"Accept": "text/html"})
    assert answer.status in {400, 401} and "<script>alert" not in answer.body


@pytest.mark.parametrize("name", ["x.json", "x.md", "x.json.md", ".json", "..", "a b", "x\n.md"])
def test_a_name_that_ends_as_a_form_does_is_the_thing_of_that_name(tmp_path: Path, name: str) -> None:
    """A repository or a campaign that its author calls so is not another one's twin: all links to it lead to itself."""
    page = "/repos/{repo}/campaigns/{tag}"
    for address in (address_of("/repos/{repo}", repo=name), address_of(page, repo="r", tag=name)):
        assert not address.endswith((".json", ".md"))
        found = find_page(address)
        assert found and name in found[1].values()
    make_repo(tmp_path / "x", "no program")
    make_repo(tmp_path / "x.json", "no program")
    names = {"x": tmp_path / "x", "x.json": tmp_path / "x.json"}
    with running(tmp_path / "state", repositories=names) as surface:
        known = surface.bearer()
        for repo in names:
            address = address_of("/repos/{repo}", repo=repo)
            assert f'"repository": "{repo}"' in surface.ask("GET", f"{address}.json", known).body
            assert f"<h1>{repo}" in surface.ask("GET", address, known).body
