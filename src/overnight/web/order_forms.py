"""Orders as forms: made from the typed inputs of an operation, sent as JSON to REST."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin
from urllib.parse import quote

from annotated_types import Ge, Gt, Le, Lt, MaxLen

from overnight.operations.fields import InputField, inputs_of
from overnight.operations.operation import AnyOperation, Argument, Option, Tier
from overnight.operations.page import REPOSITORY
from overnight.web.api_addresses import address_of_operation
from overnight.web.calls import Looked, operation_named

WORDS: Mapping[Tier, str] = {
    Tier.READ: "",
    Tier.REVERSIBLE: "",
    Tier.COSTLY: "It takes hours, tokens or money, or stands for your word.",
    Tier.IRREVERSIBLE: "It cannot be taken back.",
    Tier.PHYSICAL: "It acts outside this machine.",
}
RAISED = "It can take more hours, tokens or money than now, or stands for your word."
AT_HOME = ("sandbox",)  # inputs that are left as they are: over a face nothing starts without a jail
LONG = ("text", "question")  # inputs that a person writes sentences in
ANSWERS = ("yes", "no")  # of an input that is true, false or not set
KINDS: Mapping[object, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One input, as a control of HTML."""

    name: str
    kind: str  # how live.js reads it: string, integer, number, boolean, answer or list
    about: str
    value: str = ""  # that it begins with
    choices: Sequence[str] = ()
    is_hidden: bool = False
    is_required: bool = False
    is_long: bool = False
    least: str = ""
    most: str = ""
    raises: bool = False  # another value than the one that it begins with can make the call worse

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderForm:
    """An operation that can be called from a page."""

    id: str  # in the page
    name: str
    about: str
    action: str  # the address in REST
    tier: Tier
    tier_words: str
    confirms: bool  # asks once more before it is sent; else only if a field that `raises` is filled in
    command: str  # that does the same
    fields: Sequence[FormField]

    @property
    def word(self) -> str:
        """For its button: the verb, which comes last in the name, and then what it is done to."""
        return " ".join(reversed(self.name.split())).capitalize()

    @property
    def can_be_worse(self) -> bool:
        """Whether what is filled in can make it worse."""
        return not self.confirms and any(field.raises for field in self.fields)

    @property
    def hidden(self) -> Sequence[FormField]:
        """What the page gives."""
        return [field for field in self.fields if field.is_hidden]

    @property
    def asked(self) -> Sequence[FormField]:
        """What a person has to say."""
        return [field for field in self.fields if field.is_required and not field.is_hidden]

    @property
    def options(self) -> Sequence[FormField]:
        """What they may say."""
        return [field for field in self.fields if not field.is_required and not field.is_hidden]


def order_form(
    name: str, looked: Looked, given: Mapping[str, object], offers: Mapping[str, Sequence[str]] = MappingProxyType({})
) -> OrderForm:
    """The form of an operation on a page; `given` and the page's address give inputs that are not asked for.

    `offers` has the values to choose from of inputs that take any text; one with a single value is given.
    """
    operation = operation_named(name)
    known = {**looked.parts, **{name: values[0] for name, values in offers.items() if len(values) == 1}, **given}
    inputs = [each for each in inputs_of(operation) if _kind(each) is not None and each.name not in AT_HOME]
    if any(field.name in known for field in inputs):  # an argument that may be left out names otherwise what the page is about
        inputs = [each for each in inputs if each.name in known or each.default is ... or isinstance(each.place, Option)]
    preset = {field.name: str(known[field.name]) for field in inputs if known.get(field.name) is not None}
    controls = [_control(field, preset.get(field.name), offers.get(field.name, ())) for field in inputs]
    says_itself = any(each.raises for each in controls)  # which input makes it worse; else something that no form shows does
    return OrderForm(
        id="-".join(["order", *operation.name.split(), *(quote(str(value), safe="") for value in given.values())]),
        name=operation.name,
        about=operation.about,
        action=address_of_operation(operation, quote(looked.parts.get(REPOSITORY, ""), safe="")),
        tier=operation.tier,
        tier_words=WORDS[operation.tier] or (RAISED if says_itself else ""),
        confirms=operation.tier.exceeds(Tier.REVERSIBLE) or (operation.raised is not None and not says_itself),
        command=" ".join(_command(operation, inputs, preset)),
        fields=controls,
    )


def _control(field: InputField, preset: str | None, offers: Sequence[str] = ()) -> FormField:
    kind = _kind(field) or "string"
    choices = tuple(offers) or _values(get_args(field.form)[0] if kind == "list" else field.form)
    is_required = field.default is ... or bool(offers)
    if kind == "boolean" and field.is_optional:  # a box is ticked or not, and this can be neither
        kind, choices = "answer", ANSWERS
    default = "" if field.default is ... or field.default is None or kind == "list" else str(field.default)
    low, high = _bounds(field)
    return FormField(
        name=field.name,
        kind=kind,
        about=field.place.about,
        value=default if preset is None else preset,
        choices=("", *choices) if choices and field.is_optional and not is_required else choices,
        is_hidden=preset is not None,
        is_required=is_required,
        is_long=kind == "string" and not choices and (kind == "list" or field.name in LONG),
        least=low,
        most=high,
        raises=isinstance(field.place, Option) and field.place.raises,
    )


def _kind(field: InputField) -> str | None:
    """How a field is read; None: not from a form, such as a path of this machine."""
    if get_origin(field.form) is tuple:
        inner = get_args(field.form)[0]
        return "list" if inner is str or _values(inner) else None
    return "string" if _values(field.form) else KINDS.get(field.form)


def _values(form: Any) -> tuple[str, ...]:  # Any: a class, or a form of one
    """All values of an enumeration or of a `Literal`; none of another type."""
    if isinstance(form, type) and issubclass(form, Enum):
        return tuple(str(each.value) for each in form)
    return tuple(map(str, get_args(form))) if get_origin(form) is Literal else ()


def _bounds(field: InputField) -> tuple[str, str]:
    """The least and the most of a number; of a text its length."""
    low = high = ""
    for bound in field.bounds:
        match bound:
            case Ge(least) | Gt(least):
                low = str(least)
            case Le(most) | Lt(most) | MaxLen(most):
                high = str(most)
    return low, high


def _command(operation: AnyOperation, inputs: Sequence[InputField], preset: Mapping[str, str]) -> Iterator[str]:
    """The command line that does the same; what a person has to say is in capitals."""
    yield f"overnight {operation.name}"
    for field in inputs:
        if isinstance(field.place, Argument) and (field.default is ... or field.name in preset):
            yield shlex.quote(preset[field.name]) if field.name in preset else field.name.upper()
    for field in inputs:
        if not isinstance(field.place, Argument) and (field.default is ... or field.name in preset):
            yield f"{field.flag} {shlex.quote(preset[field.name]) if field.name in preset else field.name.upper()}"
