"""Requests of which the whole bill can be bounded: we know every field, and all the input that they bring stands in them.

A request with another field, or with a known one in another form (a limit as text, say), is not plain: a provider may honour
a limit that we do not read, take input from elsewhere (a stored answer, an address of an image, a search), or give several
answers. So nothing has to be known of what is not plain, also of fields that providers will invent. A picture is plain if its
bytes stand in the request and say how large it is.
"""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo

from overnight.models.pictures import PictureSize, size_of_base64, size_of_url

Limit = Annotated[int, Field(ge=1)]  # of tokens; in strict mode neither a text nor a float nor a boolean
Answers = Annotated[int, Field(ge=1, le=1024)]
SEARCHING = ":online"  # in a model's name: OpenRouter's search, whose results are input
P = TypeVar("P", bound="Plain")


class Plain(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Shown = list[tuple[PictureSize, int]]  # pictures of a request, each with the length of its Base64
MOST_PICTURES = 1000  # of a request; providers take 600


def understand(model: type[P], body: Mapping[str, object], shown: Shown) -> P | None:
    """A request as a plain one, None if it is not; its pictures are added to `shown`."""
    found: Shown = []
    try:
        plain = model.model_validate(body, context=found)
    except ValidationError:
        return None
    shown += found
    return plain


def _seen(text: str, size: PictureSize | None, info: ValidationInfo[Shown]) -> str:
    if size is None or len(info.context) >= MOST_PICTURES:
        raise ValueError("not a picture of a known size")
    info.context.append((size, len(text)))
    return text


PictureData = Annotated[str, AfterValidator(lambda text, info: _seen(text, size_of_base64(text), info))]
PictureUrl = Annotated[str, AfterValidator(lambda url, info: _seen(url, size_of_url(url), info))]
