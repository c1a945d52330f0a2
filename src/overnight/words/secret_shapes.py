"""What a secret looks like: a variable's name that says so, and texts that have the form of a key.

Names of code must stay as they are: `hf_hub_download`, `sk-learn-based` and `key_value_cache` are no keys.

Does not cover: a secret of another form in a variable with a plain name.
"""

import re
from collections.abc import Mapping
from functools import cache

from overnight.words.secret import HIDDEN

SHORTEST = 8  # characters of a variable's value; `SORT_KEY=name` is a word
# Words of a variable's name that stand for a secret, whole: `TOKENIZERS_PARALLELISM` is none.
_TELLING = frozenset(
    "APIKEY AUTH CREDENTIAL CREDENTIALS DSN KEY PASSPHRASE PASSWD PASSWORD SECRET SECRETS TOKEN".split()  # noqa: SIM905
)
# By a text without which a shape is not there, and which is looked for first, as that is fast. A star is what providers write
# for characters of a key that they leave out. None may take a time that grows with the square of a text: hostile ones come by.
_SHAPES: Mapping[str, str] = {
    "sk-": r"\bsk-(?:(?=[\w*-]*[\d*])[\w*-]{8,}|[A-Za-z]{12,}[\w*-]*|[\w*-]{32,})",  # OpenAI, Anthropic and others
    "_live_": r"\b[spr]k_live_[\w*]{8,}",  # Stripe
    "_test_": r"\b[spr]k_test_[\w*]{8,}",
    "gsk_": r"\bgsk_[A-Za-z0-9*]{11,}",  # Groq
    "tk_": r"\btk_[A-Za-z0-9*]{11,}",  # ntfy
    "xai-": r"\bxai-[A-Za-z0-9*]{11,}",
    "gh": r"\bgh[pousr]_[A-Za-z0-9*]{16,}",  # GitHub
    "github_pat_": r"\bgithub_pat_[\w*]{16,}",
    "hf_": r"\bhf_[A-Za-z0-9*]{16,}",  # Hugging Face
    "glpat-": r"\bglpat-[\w*-]{8,}",  # GitLab
    "xox": r"\bxox[abeprs]-[\w*-]{8,}",  # Slack
    "AKIA": r"\bAKIA[A-Z0-9*]{12,}",  # AWS
    "ASIA": r"\bASIA[A-Z0-9*]{12,}",
    "AIza": r"\bAIza[\w*-]{8,}",  # Google
    "ya29.": r"\bya29\.[\w*.-]{8,}",
    "eyJ": r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",  # a JWT
    "://": r"(?<=://)[^/\s:@]{0,100}:[^/\s@]{1,200}(?=@)",  # user and password in a URL
    "earer": r"(?i:\bbearer)\s+(?=\S*[\d*_]|\S+\.\S)[\w.~+/*=-]{6,}",
    "EARER": r"\bBEARER\s+(?=\S*[\d*_]|\S+\.\S)[\w.~+/*=-]{6,}",
    "overnight_": r"\bovernight_[\w-]{43}(?![\w-])",  # our own, for `overnight serve`
    "PRIVATE KEY": r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----)(?s:.)){0,20000}"
    r"(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?",
}


def hide_shapes(text: str) -> str:
    """A text without whatever has the form of a key, or of a password in a URL."""
    for sign in _SHAPES:
        if sign in text:
            text = _shape(sign).sub(HIDDEN, text)
    return text


def has_shape(text: str) -> bool:
    """Whether a text holds something of the form of a key."""
    return any(sign in text and _shape(sign).search(text) for sign in _SHAPES)


@cache
def _shape(sign: str) -> re.Pattern[str]:
    """Compiled when a text first needs it: few do, and it takes time."""
    return re.compile(_SHAPES[sign])


def names_secret(name: str) -> bool:
    """Whether the name of a variable says that it holds a secret."""
    return not _TELLING.isdisjoint(name.upper().split("_"))


def is_secret(name: str, value: str) -> bool:
    """Whether a variable looks like a secret, by its name or its value; numbers and paths are none."""
    plain = len(value) < SHORTEST or value.isdecimal() or value.startswith(("/", "./"))
    return has_shape(value) or (not plain and names_secret(name))
