"""The forms that an answer about a foreign text may have. Closed ones carry no words of the text. Pure."""

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

UNSURE = "unsure"
_NUMBER = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,6})?")


class Form(StrEnum):
    """What kind of answer is wanted."""

    WORDS = "words"  # stay a quotation
    YES_NO = "yes-no"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"  # one of given options


def closed(form: Form, said: str, options: Sequence[str] = ()) -> str:
    """The answer in its form; `unsure` if what was said has another one."""
    text = said.strip().strip(".\"'`").strip()
    match form:
        case Form.YES_NO:
            return text.lower() if text.lower() in {"yes", "no"} else UNSURE
        case Form.NUMBER:
            plain = text.replace(",", "")
            return plain if _NUMBER.fullmatch(plain) else UNSURE
        case Form.DATE:
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                return UNSURE
        case Form.CHOICE:
            return next((option for option in options if option.lower() == text.lower()), UNSURE)
        case Form.WORDS:
            raise AssertionError("words are not closed")


def wanted_form(form: Form, options: Sequence[str] = ()) -> str:
    """What a model is asked to answer in."""
    wants = {
        Form.WORDS: "a few sentences",
        Form.YES_NO: "one word: yes, no or unsure",
        Form.NUMBER: "one number in digits, without a unit, or unsure",
        Form.DATE: "one date as YYYY-MM-DD, or unsure",
        Form.CHOICE: f"exactly one of: {' | '.join(options)}, or unsure",
    }
    return wants[form]
