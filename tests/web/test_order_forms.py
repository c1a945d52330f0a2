"""Forms of orders, made from the typed inputs of their operations."""

from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import Markup
from targets import make_repo, program

from overnight.operations.operation import Tier
from overnight.operations.principal import OWNER, Origin
from overnight.operations.principal import Address as Face
from overnight.operations.registry import operations
from overnight.web.calls import Caller, Looked, place_at
from overnight.web.order_forms import OrderForm, order_form
from overnight.web.rendering import environment
from overnight.web.repositories import NotFound


@pytest.fixture
def looked(tmp_path: Path) -> Looked:
    """The page of a repository's campaigns."""
    repo = make_repo(tmp_path / "a b", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    caller = Caller(
        principal=OWNER,
        origin=Origin.OWNER,
        address=Face(channel="web", id="browser"),
        repositories={"a b": repo},
    )
    return place_at("/repos/a%20b", [], caller).look()


def html_of(form: OrderForm) -> str:
    module = environment().get_template("orders.html.j2").module
    found: Markup = module.order(form)  # type: ignore[attr-defined]  # a macro
    return str(found)


def test_every_operation_has_a_form(looked: Looked) -> None:
    """With an address of its own, a word on its button, and the command line that does the same."""
    forms = [order_form(operation.name, looked, {}) for operation in operations() if not operation.local]
    assert len({form.action for form in forms}) == len(forms) > 20
    for form in forms:
        assert form.action.startswith("/api/v1/")
        assert form.command.startswith(f"overnight {form.name}")
        assert f'data-order="{form.action}"' in html_of(form)


def test_what_a_page_gives_is_not_asked(looked: Looked) -> None:
    """It is hidden in the form, and stands in the command line; another way to name the same is not offered."""
    form = order_form("stop", looked, {"tag": "night 1"})
    assert [(field.name, field.value) for field in form.hidden] == [("tag", "night 1")]
    assert (form.asked, form.options) == ([], [])
    assert form.command == "overnight stop --tag 'night 1'"
    assert form.action == "/api/v1/repos/a%20b/stop"


def test_what_a_page_offers_is_chosen(looked: Looked) -> None:
    """One of several values is asked for, without a way around it; the only one is given."""
    looked = replace(looked, parts={})
    several = order_form("do", looked, {}, {"repo": ("a", "b")})
    assert [(field.name, field.choices) for field in several.asked] == [("text", ()), ("repo", ("a", "b"))]
    assert [(field.name, field.value) for field in order_form("do", looked, {}, {"repo": ("a",)}).hidden] == [("repo", "a")]


def test_what_is_true_false_or_neither_has_three_answers(looked: Looked) -> None:
    """So that leaving it alone does not say no."""
    [plan] = [field for field in order_form("do", looked, {}).options if field.name == "plan"]
    assert (plan.kind, plan.value, plan.choices) == ("answer", "", ("", "yes", "no"))


def test_a_number_has_its_bounds_and_a_choice_its_choices(looked: Looked) -> None:
    """The browser refuses what the operation would refuse; what may be left out is folded."""
    text = html_of(order_form("run", looked, {}))
    assert (
        'name="experiments" value="" step="1" data-kind="integer" aria-describedby="order-run-experiments-about" min="1"'
        in text
    )
    assert 'name="sandbox"' not in text  # nothing starts without a jail
    assert "<summary>More</summary>" in text
    asked = order_form("believe", looked, {}).asked
    assert [(field.name, field.kind, field.least, field.is_required) for field in asked] == [("number", "integer", "1", True)]


def test_what_is_costly_is_confirmed(looked: Looked) -> None:
    """By a box that has to be ticked."""
    assert order_form("believe", looked, {}).confirms
    assert "I mean it" in html_of(order_form("believe", looked, {}))
    assert order_form("idea add", looked, {}).tier is Tier.REVERSIBLE
    assert "I mean it" not in html_of(order_form("idea add", looked, {}))


def test_what_some_inputs_make_costly_is_confirmed_with_them(looked: Looked) -> None:
    """Every operation whose tier can be raised says which inputs do it; the box is shown when one of them is filled in.

    For `check` that is its sandbox, which no form offers.
    """
    raised = [operation for operation in operations() if operation.raised and not operation.local and operation.name != "check"]
    assert {"budget", "finalize"} <= {operation.name for operation in raised}
    for operation in raised:
        form = order_form(operation.name, looked, {})
        assert form.confirms or form.can_be_worse, operation.name
    text = html_of(order_form("budget", looked, {}))
    assert "data-confirm hidden" in text and 'name="hours" value="" step="any" data-kind="number" data-raises=""' in text


def test_what_is_for_the_command_line_has_no_form(looked: Looked) -> None:
    """Such as what writes to a folder of this machine."""
    with pytest.raises(NotFound):
        order_form("labs copy", looked, {})


def test_values_of_a_list_are_named(looked: Looked) -> None:
    """Each is a box to tick; a list of any texts is written one a line."""
    [field] = [field for field in order_form("budget", looked, {}).options if field.name == "unlimited"]
    assert (field.kind, "trials" in field.choices) == ("list", True)
    assert '<input type="checkbox" name="unlimited" value="trials" data-kind="choice"' in html_of(
        order_form("budget", looked, {})
    )


def test_hostile_values_stay_text(looked: Looked) -> None:
    """What a page gives is escaped wherever it stands."""
    evil = '"><script>alert(1)</script>'
    text = html_of(order_form("believe", looked, {"number": evil, "tag": evil}))
    assert "<script" not in text
    assert 'value="&#34;&gt;&lt;script' in text
