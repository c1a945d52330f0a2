"""What every message between head and node is: a record that is checked when it is read, as JSON."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen record without unknown fields; bytes travel as base64."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")
