"""What a person is told who has not installed the libraries of the home."""

import pytest

from overnight.cli.home_twins import check_installed
from overnight.errors import UserError


def test_what_is_missing_is_named_with_its_fix() -> None:
    """One line with the modules, and the command that installs them; what is there needs nothing."""
    check_installed("json")
    with pytest.raises(UserError, match="this needs no_such_library") as raised:
        check_installed("json", "no_such_library")
    assert "pip install 'overnight[cameras,home]'" in str(raised.value.fix)
