"""The one tool that a model may call: a shell command. Every request that offers it carries these words."""

TOOL = "bash"
TOOL_DESCRIPTION = "Run a shell command; returns its exit code and output."
PARAMETERS = {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]}
LONGEST = 100_000  # bytes of a quoted command: the system takes 128 KiB as one argument
