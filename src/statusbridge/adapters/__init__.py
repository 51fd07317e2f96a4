"""Where the bridge meets the world: each module speaks to one thing, and only in core's values."""
