"""The words in the content of an answer: a text, or a list of parts."""

_WORDS = ("text", "output_text", "refusal")  # no set: a hostile kind may have no hash
MOST_PARTS = 1000


def text_in(content: object) -> str:
    """What it says, a line for each part; parts that say nothing, such as thoughts and images, are left out.

    Raises:
        ValueError: it is something else.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ValueError("its content is neither text nor a list of parts")
    return "\n".join(filter(None, map(_words, content[:MOST_PARTS])))


def refusal_in(content: object) -> bool:
    """Whether a part of it says that the model does not answer."""
    parts = content[:MOST_PARTS] if isinstance(content, list) else []
    return any(isinstance(part, dict) and part.get("type") == "refusal" for part in parts)


def _words(part: object) -> str:
    if isinstance(part, dict):
        kind = part.get("type", "text")
        part = part.get("refusal" if kind == "refusal" else "text") if kind in _WORDS else None
    return part if isinstance(part, str) else ""
