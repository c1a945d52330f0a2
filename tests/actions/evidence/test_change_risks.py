"""Parts of a change that a person should look at."""

import pytest

from overnight.actions.evidence.changed import ChangedFile, changed_files
from overnight.actions.evidence.public_api import taken_away
from overnight.actions.evidence.risks import risks_of
from overnight.actions.findings import RiskKind
from overnight.git.port import FileChange


def _file(path: str, old: str | None, new: str | None) -> ChangedFile:
    before = {} if old is None else {path: old.encode()}
    return changed_files([FileChange(path=path, content=None if new is None else new.encode())], before, {}, ())[0]


@pytest.mark.parametrize(
    ("path", "old", "new", "kind"),
    [
        ("secrets/key.py", "a = 1\n", "a = 2\n", RiskKind.PROTECTED),
        ("app/auth/login.py", "a = 1\n", "a = 2\n", RiskKind.AUTH),
        ("app/views.py", "@login_required\ndef a(): ...\n", "def a(): ...\n", RiskKind.AUTH),
        ("app/http.py", "get(url)\n", "get(url, verify=False)\n", RiskKind.AUTH),
        ("requirements.txt", "a==1\n", "a==2\n", RiskKind.DEPENDENCIES),
        ("uv.lock", "", "x", RiskKind.DEPENDENCIES),
        ("web/package-lock.json", "{}", "{ }", RiskKind.DEPENDENCIES),
        ("pyproject.toml", "dependencies = []\n", 'dependencies = [\n  "evil>=1",\n]\n', RiskKind.DEPENDENCIES),
        ("package.json", '{"dependencies": {\n}}', '{"dependencies": {\n"left-pad": "^1.0"\n}}', RiskKind.DEPENDENCIES),
        ("app/migrations/0002_x.py", None, "a = 1\n", RiskKind.MIGRATIONS),
        (".github/workflows/ci.yml", "a: 1\n", "a: 2\n", RiskKind.CI),
        ("a.py", "def f(x):\n    return x\n", "def g(x):\n    return x\n", RiskKind.PUBLIC_API),
    ],
)
def test_a_risk_is_found(path: str, old: str | None, new: str, kind: RiskKind) -> None:
    """By its path, or by what stands in the lines that differ."""
    assert kind in [risk.kind for risk in risks_of([_file(path, old, new)], ["secrets/**"])]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("pyproject.toml", '[project]\nname = "a"\n', '[project]\nname = "b"\n'),
        ("app/author.py", "a = 1\n", "a = 2\n"),
        ("README.md", "a\n", "password\n"),
        ("a.py", "def f(x):\n    return x\n", "def f(x, y=1):\n    return x + y\n"),
        ("tests/test_a.py", "def helper(): ...\n", "def test_b(): ...\n"),
    ],
)
def test_the_rest_is_none(path: str, old: str, new: str) -> None:
    """Words, tests, and what is added."""
    assert not risks_of([_file(path, old, new)], [])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("def f(a, b): ...", "def f(a): ...", "`f`: the parameter `b` is gone"),
        ("def f(a): ...", "def f(a, b): ...", "the parameter `b` must be given"),
        ("def f(a, b=1): ...", "def f(a, b): ...", "the parameter `b` must be given"),
        ("def f(a, b): ...", "def f(b, a): ...", "another order"),
        ("def f(a): ...", "async def f(a): ...", "async"),
        ("class A:\n    def f(self): ...", "class A:\n    def g(self): ...", "`A.f` is gone"),
        ("LIMIT = 1", "TOP = 1", "`LIMIT` is gone"),
        ("__all__ = ['a', 'b']\na = b = 1", "__all__ = ['a']\na = b = 1", "`b` is gone from `__all__`"),
    ],
)
def test_what_is_taken_from_the_public(old: str, new: str, says: str) -> None:
    """Names that are gone, and calls that would fail."""
    assert any(says in each for each in taken_away(_file("a.py", old + "\n", new + "\n")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("def f(a): ...", "def f(a, *, b=1): ...\ndef g(): ..."),
        ("def _f(a): ...", "def _g(): ..."),
        ("def f(a): ...", "def f(*args, **rest): ..."),
        ("class _A:\n    def f(self): ...", "x = 1"),
    ],
)
def test_what_stays_usable(old: str, new: str) -> None:
    """Additions, private names, and parameters that are still taken."""
    assert not taken_away(_file("a.py", old + "\n", new + "\n"))
