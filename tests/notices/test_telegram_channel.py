"""Notices over Telegram: settings, what is sent, and what is said when that fails."""

import anyio
import pytest
from bot_api import TOKEN, BotApi, fault
from pydantic import ValidationError

from overnight.notices.notice import Notice, Occasion
from overnight.notices.port import NotSent
from overnight.notices.registry import make_channels
from overnight.notices.settings import NotifySettingsKeys

NOTICE = Notice(key="k", occasion=Occasion.TARGET, title="The target is reached", lines=("by #7", "http://a.example"))


def _send(url: str, token: str = TOKEN) -> None:
    keys = {"use": "telegram", "chat": 42, "url": url, "token_env": "T"}
    specs = NotifySettingsKeys.model_validate({"channels": {"phone": keys}}).record().channels
    (channel,) = make_channels(specs, {"T": token}).values()
    anyio.run(channel.send, NOTICE)


def test_a_notice_is_a_message(bot_api: BotApi) -> None:
    """It is sent as plain text, without a look at its links."""
    _send(bot_api.url)
    assert bot_api.texts() == ["The target is reached\nby #7\nhttp://a.example"]
    assert bot_api.sent[0]["link_preview_options"] == {"is_disabled": True}


def test_why_it_was_not_sent(bot_api: BotApi) -> None:
    """A wrong token is not tried again; a server that is busy says when to."""
    with pytest.raises(NotSent, match="401 Unauthorized") as wrong:
        _send(bot_api.url, TOKEN.replace("A", "B"))
    assert not wrong.value.again and "B" * 10 not in str(wrong.value)
    bot_api.faults.append(fault(429, "Too Many Requests", retry_after=5))
    with pytest.raises(NotSent) as busy:
        _send(bot_api.url)
    assert busy.value.again and busy.value.wait_s == 5


@pytest.mark.parametrize("keys", [{"chat": 42}, {"token_env": "T"}, {"chat": "me", "token_env": "T"}, {"chat": 1, "host": "x"}])
def test_its_settings_name_a_chat_and_a_token(keys: dict[str, object]) -> None:
    """What is missing or cannot be is found when the settings are read."""
    with pytest.raises(ValidationError, match=r"telegram|chat"):
        NotifySettingsKeys.model_validate({"channels": {"phone": {"use": "telegram", **keys}}})
