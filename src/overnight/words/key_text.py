"""What of a key's text is no secret: words that stand for a key, what many keys begin with, and ordinary words.

Such text may be in any answer of a model, so it is not taken out of one.
"""

import re

SHORTEST = 6  # characters; a shorter text would blank out parts of ordinary words
SECRET = 16  # characters behind the public beginning; of fewer a part alone is no find, and eight would be half of them
SURE = 24  # characters of a text that is a key for sure; a shorter one without a digit may be an ordinary word
# A JWT's header and claims, worth nothing without the signature; and words that name a provider or a use.
_PUBLIC = re.compile(r"(?:eyJ[A-Za-z0-9_-]+\.){0,2}(?:[a-z]+[0-9]{0,2}[-_])*")
_WORD = re.compile(r"[A-Z]?[a-z]*|[A-Z]*|[0-9]*")
_BREAK = re.compile(r"[^A-Za-z0-9]+")
# Local servers take any key, and these are what their manuals write; schemes and switches stand in headers.
_STAND_IN = re.compile(
    r"sk|key|api|apikey|token|no|none|not|null|nil|na|needed|required|necessary|used|unused|any|anything|empty|blank|dummy|fake|"
    r"placeholder|default|local|localhost|test|testing|example|sample|changeme|your|my|here|ollama|lm|studio|lmstudio|vllm|llama|"
    r"cpp|llamacpp|sglang|litellm|openai|anthropic|gemini|master|123[4-90]*|x*|bearer|basic|digest|true|false|enabled|disabled"
)


def is_key(text: str) -> bool:
    """Whether a text that is configured as a key may be one, rather than a word that stands for it."""
    return len(text) >= SHORTEST and not all(_STAND_IN.fullmatch(word) for word in _BREAK.split(text.lower()))


def public_beginning(text: str) -> int | None:
    """How many characters at the beginning tell nothing; None if the rest is so little that only the whole is the key."""
    found = _PUBLIC.match(text)
    begin = found.end() if found else 0
    mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    return begin if len(text) - begin >= SECRET and (mixed or len(text) >= SURE) else None


def is_words(part: str) -> bool:
    """Whether a part of a key reads like words and numbers, which an ordinary text may have too."""
    return all(_WORD.fullmatch(word) for word in _BREAK.split(part))
