"""The formats by wire."""

from collections.abc import Mapping

from overnight.models.usage import Wire
from overnight.models.wires.anthropic import Anthropic
from overnight.models.wires.gemini import Gemini
from overnight.models.wires.openai_chat import OpenAIChat
from overnight.models.wires.openai_responses import OpenAIResponses
from overnight.models.wires.wire import Format

FORMATS: Mapping[Wire, Format] = {
    Wire.OPENAI_CHAT: OpenAIChat(),
    Wire.OPENAI_RESPONSES: OpenAIResponses(),
    Wire.ANTHROPIC: Anthropic(),
    Wire.GEMINI: Gemini(),
}
