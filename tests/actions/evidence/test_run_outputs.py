"""What is read from the output of test runners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.actions.evidence.runs import Failure, Fate, failure_of, read_run

PYTEST = b"""\
..F
=========================== short test summary info ============================
PASSED tests/test_a.py::test_one
PASSED tests/test_a.py::Words::test_two[a b-c - d]
SKIPPED [1] tests/test_a.py:9: not here
FAILED tests/test_a.py::test_three - assert 1 == 2
ERROR tests/test_b.py - ModuleNotFoundError: No module named 'b'
1 failed, 2 passed, 1 skipped, 1 error in 0.12s
"""
UNITTEST = b"""\
F.E
======================================================================
ERROR: test_b (unittest.loader._FailedTest.test_b)
----------------------------------------------------------------------
ImportError: Failed to import test module: test_b
======================================================================
FAIL: test_net (tests.test_a.Prices.test_net)
A price.
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/trial/tests/test_a.py", line 3, in test_net
    self.assertEqual(1, 2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 4 tests in 0.001s

FAILED (failures=1, errors=1, skipped=1)
"""
NODE = b"""\
not ok 2 - adds
  ---
  error: 'Expected values to be strictly equal'
  code: 'ERR_ASSERTION'
# tests 3
# pass 1
# fail 1
# skipped 1
"""


def test_pytest_names_each_test() -> None:
    """With its summary, every test has a file, a name and a fate; counts are those of the last line."""
    run = read_run(PYTEST)
    assert [(test.path, test.name, test.fate) for test in run.tests] == [
        ("tests/test_a.py", "test_one", Fate.PASSED),
        ("tests/test_a.py", "Words::test_two", Fate.PASSED),
        ("tests/test_a.py", "test_three", Fate.FAILED),
        ("tests/test_b.py", "", Fate.FAILED),
    ]
    assert (run.count, run.skipped, run.failure) == (4, 1, Failure.ASSERTS)


def test_unittest_names_the_tests_that_fail() -> None:
    """A failed test has its module, its class and the line of the exception; a module that is not loaded has no name."""
    run = read_run(UNITTEST)
    assert [(test.module, test.name, test.reason) for test in run.tests] == [
        ("test_b", "", "ImportError: Failed to import test module: test_b"),
        ("test_a", "Prices::test_net", "AssertionError: 1 != 2"),
    ]
    assert (run.count, run.skipped) == (3, 1)


def test_others_are_counted() -> None:
    """Node, jest, cargo and Go say how many tests there were."""
    assert (read_run(NODE).count, read_run(NODE).skipped, read_run(NODE).failure) == (2, 1, Failure.ASSERTS)
    jest = read_run(b"Tests:       1 failed, 1 skipped, 4 passed, 6 total\n")
    assert (jest.count, jest.skipped) == (5, 1)
    cargo = read_run(
        b"test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\ntest result: ok. 2 passed; 0 failed; 0 ignored\n"
    )
    assert (cargo.count, cargo.skipped) == (5, 1)
    assert read_run(b"built\n").count is None


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("AssertionError: 1 != 2", Failure.ASSERTS),
        ("assert 3 == 4", Failure.ASSERTS),
        ("Failed: DID NOT RAISE <class 'ValueError'>", Failure.ASSERTS),
        ("ZeroDivisionError: division by zero", Failure.RAISES),
        ("KeyError: 'a'", Failure.RAISES),
        ("ImportError: cannot import name 'a' from 'b'", Failure.LOADS),
        ("AttributeError: module 'a' has no attribute 'b'", Failure.LOADS),
        ("NameError: name 'a' is not defined", Failure.LOADS),
        ("TypeError: f() got an unexpected keyword argument 'a'", Failure.LOADS),
        ("TypeError: f() takes 1 positional argument but 2 were given", Failure.LOADS),
        ("TypeError: unsupported operand type(s) for +: 'int' and 'str'", Failure.RAISES),
        ("TypeError: lib.shout is not a function", Failure.LOADS),
    ],
)
def test_a_reason_is_sorted(reason: str, failure: Failure) -> None:
    """What a test asserts, an error while the code ran, or something that is missing."""
    assert failure_of(reason) is failure


@given(st.binary(max_size=2000))
def test_any_output_is_read(output: bytes) -> None:
    """Foreign bytes never raise, and names are printable."""
    assert all(test.name.isprintable() and test.reason.isprintable() for test in read_run(output).tests)
