"""The tree of errors, and the errors in an exception group."""

from overnight.errors import UserError, leaf_errors


def test_an_error_alone_is_its_own_leaf() -> None:
    """An error that no task group wrapped is returned as it is, even if it is not an `Exception`."""
    error = KeyboardInterrupt()
    assert list(leaf_errors(error)) == [error]


def test_the_leaves_of_nested_groups_are_in_order() -> None:
    """Nested groups are unpacked, and no error in them is lost."""
    first, second, third = ValueError("a"), OSError("b"), ValueError("c")
    group = BaseExceptionGroup("outer", [BaseExceptionGroup("inner", [first, second]), third])
    assert list(leaf_errors(group)) == [first, second, third]


def test_a_sentence_of_others_ends_where_the_fix_begins() -> None:
    """A provider's message keeps its dot only if nothing follows; three dots stay."""
    assert str(UserError("401 see /api-keys.", fix="check the account")) == "401 see /api-keys; check the account"
    assert str(UserError("cut ...", fix="look")) == "cut ...; look"
    assert str(UserError("401 see /api-keys.")) == "401 see /api-keys."
