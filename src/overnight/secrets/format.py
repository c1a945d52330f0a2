"""The bytes of the file of secrets: JSON, checked when it is read; no message shows a value of it."""

import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from overnight.secrets.entry import LONGEST_VALUE, MOST_SECRETS

VERSION = 1
_KEYS = ("version", "secrets", "value", "set_at")


class NotSecrets(Exception):  # noqa: N818  # a state
    """Some bytes are not a file of secrets; says where, without a value."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, hide_input_in_errors=True)


class StoredFormat(_Part):
    """One secret."""

    value: SecretStr = Field(max_length=LONGEST_VALUE)
    set_at: float = Field(ge=0, allow_inf_nan=False)


class SecretsFormat(_Part):
    """The whole file."""

    version: Literal[1]
    secrets: Mapping[str, StoredFormat] = Field(max_length=MOST_SECRETS)


def parse(content: bytes) -> SecretsFormat:
    """The file.

    Raises:
        NotSecrets: it is none.
    """
    try:
        return SecretsFormat.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(part for part in first["loc"] if part in _KEYS)  # any other may be a secret in the wrong place
        raise NotSecrets(f"{place or 'it'}: {first['type'].replace('_', ' ')}") from None


def render(secrets: Mapping[str, tuple[str, float]]) -> bytes:
    """The file of some secrets, each with its value and the time when it was set."""
    stored = {name: {"value": value, "set_at": set_at} for name, (value, set_at) in secrets.items()}
    return json.dumps({"version": VERSION, "secrets": stored}, indent=1).encode() + b"\n"
