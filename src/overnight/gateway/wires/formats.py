"""The formats by wire."""

from collections.abc import Mapping

from overnight.gateway.wires.anthropic import Anthropic
from overnight.gateway.wires.gemini import Gemini
from overnight.gateway.wires.openai_chat import OpenAIChat
from overnight.gateway.wires.openai_responses import OpenAIResponses
from overnight.gateway.wires.wire import Format
from overnight.records.usage import Wire

FORMATS: Mapping[Wire, Format] = {
    Wire.OPENAI_CHAT: OpenAIChat(),
    Wire.OPENAI_RESPONSES: OpenAIResponses(),
    Wire.ANTHROPIC: Anthropic(),
    Wire.GEMINI: Gemini(),
}
