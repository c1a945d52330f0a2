"""Ready commands for agent programs that run unattended: how each is started, gets its prompt and finds the gateway.

All of them may edit and run anything: the jail confines them, not their own permissions. A prompt comes on
stdin. The jail's home folder is empty, so that no settings of the user's reach them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from overnight.models.usage import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How one agent program is run."""

    program: str  # that has to be on PATH
    command: str  # of a shell
    environment: Callable[[str, str], Mapping[str, str]]  # from the gateway's URL and the model's name; besides the usual ones
    install: str  # how a person gets it
    wires: tuple[Wire, ...]  # any of which it speaks


def _gemini(url: str, model: str) -> Mapping[str, str]:  # noqa: ARG001  # as the others
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},  # else it picks a type that refuses our base URL
        "general": {"enableAutoUpdate": False, "topicUpdateNarration": False},
        "tools": {
            "exclude": ["google_web_search", "web_fetch", "invoke_agent", "activate_skill", "enter_plan_mode", "update_topic"]
        },
        "skills": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False},
    }
    return {"OVERNIGHT_GEMINI_SETTINGS": json.dumps(settings)}


def _nothing(url: str, model: str) -> Mapping[str, str]:  # noqa: ARG001  # as the others
    return {}


_CODEX_PROVIDER = '{name="gateway",base_url="\'"$OPENAI_BASE_URL"\'",env_key="OPENAI_API_KEY",wire_api="responses"}'
TEMPLATES: Mapping[str, Template] = {
    "claude": Template(
        program="claude",
        command="exec claude -p --dangerously-skip-permissions --no-session-persistence",
        environment=_nothing,
        install="npm install -g @anthropic-ai/claude-code",
        wires=(Wire.ANTHROPIC,),
    ),
    "codex": Template(
        program="codex",
        command=(
            "exec codex exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox "
            f"-c 'model_providers.gateway={_CODEX_PROVIDER}' -c model_provider=gateway -c web_search=disabled "
            "-c analytics.enabled=false "  # else it waits five seconds at its end for a host that it cannot reach
            "-c features.multi_agent=false -c features.goals=false -c skills.bundled.enabled=false "  # two fifths of its prompt
            '${OVERNIGHT_MODEL:+-m "$OVERNIGHT_MODEL"} -'
        ),
        environment=_nothing,
        install="npm install -g @openai/codex",
        wires=(Wire.OPENAI_RESPONSES,),
    ),
    "opencode": Template(
        program="opencode",
        command="exec opencode run",
        environment=_nothing,
        install="npm install -g opencode-ai",
        wires=tuple(Wire),
    ),
    "gemini": Template(
        program="gemini",
        command=(
            'export GEMINI_CLI_HOME="$(mktemp -d)" && mkdir "$GEMINI_CLI_HOME/.gemini" && '
            'printf %s "$OVERNIGHT_GEMINI_SETTINGS" >"$GEMINI_CLI_HOME/.gemini/settings.json" && '
            'exec gemini --yolo --skip-trust ${OVERNIGHT_MODEL:+-m "$OVERNIGHT_MODEL"}'
        ),
        environment=_gemini,
        install="npm install -g @google/gemini-cli",
        wires=(Wire.GEMINI,),
    ),
}
