"""Requests of which the whole bill can be bounded: we know every field, and all the input that they bring stands in them.

A request with another field, or with a known one in another form (a limit as text, say), is not plain: a provider may honour
a limit that we do not read, take input from elsewhere (a stored answer, an image, a search), or give several answers. So
nothing has to be known of what is not plain, also of fields that providers will invent.
"""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Limit = Annotated[int, Field(ge=1)]  # of tokens; in strict mode neither a text nor a float nor a boolean
Answers = Annotated[int, Field(ge=1, le=1024)]
SEARCHING = ":online"  # in a model's name: OpenRouter's search, whose results are input
P = TypeVar("P", bound="Plain")


class Plain(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def understand(model: type[P], body: Mapping[str, object]) -> P | None:
    """A request as a plain one, None if it is not."""
    try:
        return model.model_validate(body)
    except ValidationError:
        return None
