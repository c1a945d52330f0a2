"""Adding a page is one dataclass, one operation, one template: a package of another is all that is needed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from snow import SNOW
from toy_operations import Note, NoteInput, make

from overnight.errors import UserError
from overnight.operations.operation import Tier
from overnight.operations.page import Page
from overnight.operations.pages import CONSTANT, page_of

PAGE = """
from mountain.operations.snow_depth import OPERATION

from overnight.operations.page import Link, Page

PAGE = Page(
    address="/snow/{place}",
    operation=OPERATION,
    title=lambda found: f"Snow at {found.place}",
    template="snow.html.j2",
    links=lambda found, here: (Link(address=f"{here}?days=3", about="three days"), Link(address="/home", about="home")),
)
"""
LIST = """
from overnight.operations.own.operations import OPERATION
from overnight.operations.page import Page

PAGE = Page(address="/mountains", operation=OPERATION, title=lambda _: "Mountains", template="snow.html.j2", word="Mountains")
"""
TEMPLATE = """{% extends "base.html.j2" %}
{% block main %}
<p>{{ found.place }}: {{ found.depths_cm | join(' cm, ') }} cm</p>
{% endblock %}
"""
OURS = LIST.replace('"/mountains"', '"/home"')
LOOK = """
import json
from mcp_client import here as client
from visits import owner, visit
from overnight.operations.registry import find
from overnight.operations.pages import package_of, pages
from overnight.web.rendering import navigation
from overnight.web.api import address_of_operation, method_of
face = client({})
face.hello()
looked = face.call("look", address="/snow/Arosa?days=2")
templates = face.result("resources/templates/list")["resourceTemplates"]
rest = (method_of(find("snow depth")), address_of_operation(find("snow depth")))
here = visit("/snow/%3Cb%3E%20Arosa?days=2", owner({}))
print(json.dumps({"html": here.html, "markdown": here.markdown, "json": here.json, "navigation": navigation(),
    "looked": looked, "templates": [each["uriTemplate"] for each in templates], "rest": rest,
    "home": package_of(pages()["/home"])}))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for Python's path with an installed package that has an operation and a page."""
    made = tmp_path_factory.mktemp("package")
    files = {
        "mountain/__init__.py": "",
        "mountain/operations/__init__.py": "",
        "mountain/operations/snow_depth.py": SNOW,
        "mountain/pages/__init__.py": "",
        "mountain/pages/snow.py": PAGE,
        "mountain/pages/mountains.py": LIST,
        "mountain/pages/ours.py": OURS,
        "mountain/pages/snow.html.j2": TEMPLATE,
        "mountain-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: mountain\nVersion: 1\n",
        "mountain-1.dist-info/entry_points.txt": "[overnight.operations]\nmountain = mountain.operations\n"
        "[overnight.pages]\nmountain = mountain.pages\n",
    }
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


def with_package(package: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Python with that package installed."""
    tests = Path(__file__).parents[1]
    paths = os.pathsep.join(map(str, (package, tests, tests / "web")))
    environment = {**os.environ, "PYTHONPATH": paths, "XDG_STATE_HOME": str(package / "state")}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_a_page_of_another_package_has_all_forms(package: Path) -> None:
    """HTML with its text escaped, JSON, Markdown with its links, a word in the navigation, REST and MCP; ours stays ours."""
    done = with_package(package, LOOK)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "<p>&lt;b&gt; Arosa: 0 cm, 1 cm</p>" in found["html"] and "<title>Snow at &lt;b&gt; Arosa" in found["html"]
    assert json.loads(found["json"]) == {"place": "<b> Arosa", "depths_cm": [0, 1]}
    assert found["markdown"].startswith("# Snow at \\<b\\> Arosa\n\n> Show how deep the snow is.\n")
    assert "- `depths_cm`: 0, 1" in found["markdown"]
    assert "- [three days](/snow/%3Cb%3E%20Arosa.md?days=3)" in found["markdown"]
    assert ["Mountains", "/mountains"] in found["navigation"] and found["navigation"][0] == ["Home", "/home"]
    assert found["rest"] == ["GET", "/api/v1/snow/depth"]
    assert found["looked"]["data"] == {"place": "Arosa", "depths_cm": [0, 1]} and found["looked"]["title"] == "Snow at Arosa"
    assert "overnight:///snow/{place}{?days}" in found["templates"]
    assert found["home"] == "overnight.research.pages"


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"address": "/notes/{peak}"}, "names peak, no input of `note read`"),
        ({"address": "/repos/{repo}/notes/{text}"}, "must have {repo} in its address if and only if"),
        ({"template": "ice.html.j2"}, "has no template ice.html.j2"),
        ({"word": "Notes"}, "cannot be in the navigation"),
        ({"operation": make(Tier.COSTLY, of_machine=True)}, "shows `note costly`, which does more than read"),
        ({"operation": make(Tier.READ, of_machine=True, lasts=True)}, "or takes minutes"),
        ({}, ""),
    ],
)
def test_a_page_that_cannot_be_is_named_with_its_fault(tmp_path: Path, wrong: dict[str, Any], fault: str) -> None:
    """The error says which module it is of, and what is wrong with it."""
    (tmp_path / "note.html.j2").write_text("")
    right = {"address": "/notes/{text}", "operation": make(Tier.READ, of_machine=True), "template": "note.html.j2"}
    module = ModuleType("mountain.pages.note")
    module.__file__ = str(tmp_path / "note.py")
    page: Page[NoteInput, Note] = Page(title=lambda _: "Note", **{**right, **wrong})
    module.__dict__[CONSTANT] = page
    if not fault:
        assert page_of(module) is page
        return
    with pytest.raises(UserError, match=re.escape(fault)) as raised:
        page_of(module)
    assert "mountain.pages.note" in str(raised.value) and raised.value.fix


def test_a_module_without_a_page_is_named() -> None:
    """With what it must have."""
    with pytest.raises(UserError, match="mountain has no page; its constant PAGE must be one"):
        page_of(ModuleType("mountain"))
