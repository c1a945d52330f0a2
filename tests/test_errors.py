"""The tree of errors, and what is in a group of them."""

from overnight.errors import leaf_errors


def test_an_error_alone_is_its_own_leaf() -> None:
    """What no task group wrapped is given as it is, also one that is no `Exception`."""
    error = KeyboardInterrupt()
    assert list(leaf_errors(error)) == [error]


def test_the_leaves_of_nested_groups_are_in_order() -> None:
    """Groups in groups are opened, and no error in them is lost."""
    first, second, third = ValueError("a"), OSError("b"), ValueError("c")
    group = BaseExceptionGroup("outer", [BaseExceptionGroup("inner", [first, second]), third])
    assert list(leaf_errors(group)) == [first, second, third]
