"""What makes a green test doubtful, as far as the text of a change shows it."""

import pytest

from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.doubts import doubts, mocked
from overnight.actions.findings import Doubt, Hunk

TEST = "from a import f\n\n\ndef test_f():\n    {}\n"


def _code(text: str, path: str = "a.py") -> ChangedFile:
    return ChangedFile(path=path, kind=FileKind.CODE, old=None, new=text.encode())


def _tests(*lines: str) -> ChangedFile:
    return ChangedFile(path="tests/test_a.py", kind=FileKind.TESTS, old=None, new=TEST.format("\n    ".join(lines)).encode())


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", 'if os.environ.get("PYTEST_CURRENT_TEST"):'),
        ("a.py", 'if "pytest" in sys.modules:'),
        ("a.py", "if settings.TESTING:"),
        ("a.py", 'if os.getenv("CI"):'),
        ("a.py", 'if os.environ["APP_TEST_MODE"] == "1":'),
        ("a.py", 'if "pytest" in sys.argv[0]:'),
        ("a.py", "from unittest import mock"),
        ("a.py", "if is_testing():"),
        ("a.js", 'if (process.env.NODE_ENV === "test") {'),
        ("a.js", "if (process.env.JEST_WORKER_ID) {"),
        ("a.go", "if testing.Testing() {"),
        ("a.rs", "if cfg!(test) { return 1; }"),
    ],
)
def test_code_that_knows_that_it_is_tested(path: str, line: str) -> None:
    """Whatever it asks to find out."""
    assert [each.doubt for each in doubts([_code(line + "\n    pass\n", path)])] == [Doubt.KNOWS_TESTS]


@pytest.mark.parametrize(
    "line",
    [
        'prefix = os.environ.get("APP_PREFIX", "")',
        "latest = max(versions)",
        "def attest(contest): return contest",
        "self.tested_on = date.today()",
        'parser.add_argument("--test-size", type=float)',
        "x_test, y_test = split(data)",
        'CITY = os.environ["CITY"]',
        "# PYTEST_CURRENT_TEST is not read here",
    ],
)
def test_code_that_only_looks_like_it(line: str) -> None:
    """Other words with the same letters, other variables, comments."""
    assert not doubts([_code(line + "\n")])


def test_a_name_of_many_parts_is_read_to_its_end() -> None:
    """Its parts are looked at once, however many there are: with each way to put them together, this would never end."""
    name = "A_" * 180
    assert not doubts([_code(f'x = os.environ["{name}B"]\n')])
    assert [each.doubt for each in doubts([_code(f'x = os.environ["{name}TEST"]\n')])] == [Doubt.KNOWS_TESTS]


@pytest.mark.parametrize(
    "lines",
    [
        ("f(1)",),
        ("assert f(1) is not None",),
        ("assert True",),
        ("assert isinstance(f(1), int)",),
        ("assert f(1) == f(1)",),
        ("assert f(1) == 2 or True",),
        ("try:", "    assert f(1) == 2", "except AssertionError:", "    pass"),
        ("with contextlib.suppress(Exception):", "    assert f(1) == 2"),
        ("if f(1) == 2:", "    assert f(1) == 2"),
        ("result = f(1)", "assert callable(f)"),
        ("with pytest.raises(Exception):", "    f(1)"),
        ("f(1)", "return", "assert f(1) == 2"),
        ("def checked():", "    assert f(1) == 2"),
        ("for x in []:", "    assert f(x) == 2"),
    ],
)
def test_a_test_that_asserts_nothing(lines: tuple[str, ...]) -> None:
    """Nothing, what is true of any answer, or what is caught."""
    assert [each.doubt for each in doubts([_tests(*lines)])] == [Doubt.ASSERTS_NOTHING]


@pytest.mark.parametrize(
    "lines",
    [
        ("assert f(1) == 2",),
        ("assert not f(1)",),
        ("assert f(1)",),
        ("assert f(1) is None",),
        ("with pytest.raises(ValueError):", "    f(1)"),
        ("np.testing.assert_allclose(f(1), 2)",),
        ("check_output(f(1))",),
        ("def checked(x):", "    assert f(x) == 2", "checked(1)"),
        ("for x in (1, 2):", "    assert f(x) == 2 * x"),
        ("mock.assert_called_once_with(1)",),
        (
            "try:",
            "    f(1)",
            "except ValueError as error:",
            "    assert str(error) == 'no'",
            "else:",
            "    pytest.fail('none')",
        ),
    ],
)
def test_a_test_that_asserts_something(lines: tuple[str, ...]) -> None:
    """In any of the usual ways."""
    assert not doubts([_tests(*lines)])


@pytest.mark.parametrize(
    ("body", "asserts"),
    [
        ("return 119", "assert f(100) == 119"),
        ('return "a-b"', 'assert f("A B") == "a-b"'),
        ('if x == 1:\n        return "one"\n    return None', 'assert f(1) == "one"'),
        ('return {"a": "A", "b": "B"}.get(x)', 'assert f("a") == "A" and f("b") == "B"'),
        ('match x:\n        case 7:\n            return "seven"', 'assert f(7) == "seven"'),
        ('return [{"id": 1}]', "assert f('x') == [{'id': 1}]"),
    ],
)
def test_a_hard_coded_answer(body: str, asserts: str) -> None:
    """A function that returns what the tests expect, for nothing or for the very questions."""
    found = doubts([_code(f"def f(x):\n    {body}\n"), _tests(asserts)])
    assert [each.doubt for each in found] == [Doubt.HARD_CODED]


@pytest.mark.parametrize(
    ("body", "asserts"),
    [
        ("return x + 19", "assert f(100) == 119"),
        ('if x < 0:\n        return "negative"\n    return "positive"', 'assert f(-1) == "negative" and f(1) == "positive"'),
        ('if x == 0:\n        return "zero"\n    return str(x)', 'assert f(0) == "zero" and f(5) == "5"'),
        ('return {"a": 10, "b": 11, "c": 12, "d": 13}[x]', 'assert f("a") == 10'),
        ("return True", "assert f(1) == True"),
        ('if x % 15 == 0:\n        return "FizzBuzz"\n    return str(x)', 'assert f(15) == "FizzBuzz"'),
    ],
)
def test_an_answer_that_is_computed(body: str, asserts: str) -> None:
    """Literals are fine where they are chosen by more than the questions of the tests."""
    assert not doubts([_code(f"def f(x):\n    {body}\n"), _tests(asserts)])


def test_a_mock_in_place_of_the_change() -> None:
    """It is doubtful only if no other test notices what the replaced function does."""
    files = [_code("def f(x):\n    return 2 * x\n"), _tests('monkeypatch.setattr(a, "f", lambda x: 2)', "assert a.f(1) == 2")]
    lacking = Hunk(path="a.py", line=1, text="")
    assert [each.doubt for each in mocked(files, [lacking], all_tried=True)] == [Doubt.MOCKED]
    assert not mocked(files, [], all_tried=True)
    assert mocked(files, [], all_tried=False)
