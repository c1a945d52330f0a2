"""Pure: how an announcement in Home Assistant's form over MQTT is read: its names, topics, templates and values.

Facts: https://www.home-assistant.io/integrations/mqtt/. Of templates only those that name a part of a JSON message are known.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from overnight.home.drivers._mqtt import WILD

LONGEST = 200  # characters of a topic or a name
SHORT = {  # of https://www.home-assistant.io/integrations/mqtt/#supported-abbreviations-in-mqtt-discovery-messages
    "avty": "availability",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "bri_cmd_tpl": "brightness_command_template",
    "bri_cmd_t": "brightness_command_topic",
    "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic",
    "bri_val_tpl": "brightness_value_template",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "cmps": "components",
    "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template",
    "dev": "device",
    "dev_cla": "device_class",
    "ids": "identifiers",
    "mf": "manufacturer",
    "mdl": "model",
    "mode_cmd_t": "mode_command_topic",
    "mode_cmd_tpl": "mode_command_template",
    "mode_stat_t": "mode_state_topic",
    "mode_stat_tpl": "mode_state_template",
    "o": "origin",
    "opt": "optimistic",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_cls": "payload_close",
    "pl_lock": "payload_lock",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "pl_open": "payload_open",
    "pl_unlk": "payload_unlock",
    "pos_clsd": "position_closed",
    "pos_open": "position_open",
    "pos_t": "position_topic",
    "pos_tpl": "position_template",
    "set_pos_t": "set_position_topic",
    "set_pos_tpl": "set_position_template",
    "stat_clsd": "state_closed",
    "stat_locked": "state_locked",
    "stat_off": "state_off",
    "stat_open": "state_open",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "stat_unlocked": "state_unlocked",
    "stat_val_tpl": "state_value_template",
    "t": "topic",
    "temp_cmd_t": "temperature_command_topic",
    "temp_cmd_tpl": "temperature_command_template",
    "temp_stat_t": "temperature_state_topic",
    "temp_stat_tpl": "temperature_state_template",
    "temp_unit": "temperature_unit",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_TEMPLATE = re.compile(r"\{\{\s*value(?:_json((?:\.\w+|\[['\"][^'\"\]]+['\"]\])+))?\s*\}\}")
_STEP = re.compile(r"\.(\w+)|\[['\"]([^'\"\]]+)['\"]\]")
Said = Mapping[str, Any]  # Any: JSON


def long(said: Said) -> dict[str, Any]:  # Any: JSON
    """With whole names, and `~` in topics replaced."""
    base = said.get("~")
    found: dict[str, Any] = {}  # Any: JSON
    for key, value in said.items():
        name = SHORT.get(key, key)
        if name in ("device", "origin") and isinstance(value, dict):
            value = {SHORT.get(each, each): one for each, one in value.items()}  # noqa: PLW2901
        if name.endswith("topic") and isinstance(value, str) and isinstance(base, str):
            value = base + value[1:] if value.startswith("~") else value[:-1] + base if value.endswith("~") else value  # noqa: PLW2901
        found[name] = value
    return found


def topic(said: Said, name: str) -> str:
    """A topic that it names; empty: none, or one with wildcards."""
    value = said.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST and not set(value) & set(WILD) else ""


def reader(template: object) -> Callable[[bytes], object] | None:
    """What a value template makes of a message; None: it is not known."""
    if template is None:
        return partial(_text, ())
    found = _TEMPLATE.fullmatch(template.strip()) if isinstance(template, str) else None
    if not found:
        return None
    return partial(_text, tuple(name or key for name, key in _STEP.findall(found[1] or "")), structured=found[1] is not None)


def _text(path: Sequence[str], body: bytes, *, structured: bool = False) -> object:
    if not structured:
        return body.decode("utf-8", "replace")
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def word(value: object) -> str:
    """A value as a template of Home Assistant writes it."""
    return str(value).strip()


def number(value: object) -> float | None:
    """A value as a number; None: it is none, or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
