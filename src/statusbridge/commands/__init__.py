"""One module a command (group). They print, and own no logic."""
