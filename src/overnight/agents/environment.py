"""The environment variables of an agent's job: they lead every known agent to the gateway, with a placeholder for the key.

Does not cover: an agent that reads neither these variables nor its template's settings; in the jail it reaches no model.
"""

import json
from collections.abc import Collection, Iterable, Mapping

from overnight.models.port import ModelRun
from overnight.models.usage import Wire

NO_KEY = "the-gateway-has-the-keys"  # agents insist on one
_QUIET = {
    "NO_COLOR": "1",
    "TERM": "dumb",
    "CI": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION": "false",
    "GEMINI_TELEMETRY_ENABLED": "false",
    "OPENCODE_DISABLE_MODELS_FETCH": "true",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "true",
}
_PLAIN = {  # short prompts of their own, and no permission checks, for the jail confines them
    "IS_SANDBOX": "1",  # claude, if it runs as root
    "CLAUDE_CODE_SIMPLE": "1",  # claude's own `--bare`: a prompt of a tenth of the length
    "INITIAL_AGENT_MODE": "agent-full-access",  # codex over ACP
}
_TRIES = {"CLAUDE_CODE_MAX_RETRIES": "3"}  # the gateway tries again itself; claude would for minutes
_CODEX = {  # over ACP
    "web_search": "disabled",
    "analytics": {"enabled": False},
    "features": {"multi_agent": False, "goals": False},
    "skills": {"bundled": {"enabled": False}},
}
# The package by which opencode speaks a wire, all of them inside its program; and what it wants behind our URL.
_OPENCODE: Mapping[Wire, tuple[str, str]] = {
    Wire.OPENAI_CHAT: ("@ai-sdk/openai-compatible", "/v1"),
    Wire.ANTHROPIC: ("@ai-sdk/anthropic", "/v1"),
    Wire.OPENAI_RESPONSES: ("@ai-sdk/openai", "/v1"),
    Wire.GEMINI: ("@ai-sdk/google", "/v1beta"),
}


def agent_environment(run: ModelRun | None) -> dict[str, str]:
    """What a job of an agent finds in its environment; nothing if there is no gateway."""
    if run is None:
        return {}
    return {
        **_QUIET,
        **_PLAIN,
        **_TRIES,
        "OPENAI_BASE_URL": f"{run.url}/v1",
        "OPENAI_API_BASE": f"{run.url}/v1",
        "OPENAI_API_KEY": NO_KEY,
        "ANTHROPIC_BASE_URL": run.url,
        "ANTHROPIC_API_KEY": NO_KEY,
        **({"ANTHROPIC_MODEL": run.model, "ANTHROPIC_SMALL_FAST_MODEL": run.model} if run.model else {}),
        "GOOGLE_GEMINI_BASE_URL": run.url,
        "GEMINI_API_KEY": NO_KEY,
        "CODEX_CONFIG": json.dumps({**_CODEX, **({"model": run.model} if run.model else {})}),
        "OPENCODE_CONFIG_CONTENT": json.dumps(_opencode(run)),
        "OVERNIGHT_MODELS": run.url,
        "OVERNIGHT_MODEL": run.model,
    }


def first_wire(run: ModelRun, wires: Collection[Wire]) -> Wire | None:
    """On which of its wires a program is to ask: the first provider's that can be asked now; None if nobody speaks any."""
    return next((wire for wire in run.wires if wire in wires), None)


def variables_beside(variables: Iterable[tuple[str, str]], environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """A program's variables, without those that an agent's own environment needs."""
    return [(name, value) for name, value in variables if name not in environment]


def _opencode(run: ModelRun) -> Mapping[str, object]:
    """opencode's settings: it has no environment variables for a provider of one's own."""
    wire = first_wire(run, _OPENCODE) or Wire.OPENAI_CHAT
    package, behind = _OPENCODE[wire]
    model = run.model or "default"
    return {
        "provider": {
            "gateway": {
                "npm": package,
                "options": {"baseURL": run.url + behind, "apiKey": NO_KEY},
                "models": {model: {}},
            }
        },
        "enabled_providers": ["gateway"],
        "model": f"gateway/{model}",
        "small_model": f"gateway/{model}",
        "agent": {"title": {"disable": True}},  # a call for a title that is never shown
        "permission": {"edit": "allow", "bash": "allow", "webfetch": "deny"},
        "tools": {"task": False, "todowrite": False, "skill": False},  # a third of its tools' text, and agents of its own
        "autoupdate": False,
        "share": "disabled",
    }
