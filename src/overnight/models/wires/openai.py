"""What OpenAI's two wires share: keys and errors."""

from collections.abc import Mapping


def refusal(message: str) -> Mapping[str, object]:
    """The error of a spent quota."""
    return {"error": {"message": message, "type": "insufficient_quota", "param": None, "code": "insufficient_quota"}}


class OpenAIKeys:
    """Keys and the client's own errors."""

    version = "v1"
    headers: Mapping[str, str] = {}
    passed_on = ("openai-beta",)

    def key_headers(self, key: str) -> Mapping[str, str]:
        """A bearer token."""
        return {"Authorization": f"Bearer {key}"}

    def error_body(self, status: int, message: str) -> Mapping[str, object]:
        """OpenAI's shape of an error; the status is in HTTP only."""
        kind = "authentication_error" if status == 401 else "invalid_request_error"  # noqa: PLR2004  # HTTP's number
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}
