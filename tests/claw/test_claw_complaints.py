"""What docs/claw.md says of users' complaints is true: each row names tests, and they are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "claw.md"


def test_each_complaint_has_a_test() -> None:
    """Each row names a file of tests, and each test that it names is in a file that it names."""
    rows = PAGE.read_text("utf-8").partition("| Complaint | Here |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(rows) >= 11
    for row in rows:
        paths, names = re.findall(r"`(tests/\S+\.py)`", row), re.findall(r"`(test_\w+)`", row)
        texts = "".join((TESTS.parent / path).read_text("utf-8") for path in paths)
        assert paths and names, row
        assert not [name for name in names if f"def {name}(" not in texts], row
