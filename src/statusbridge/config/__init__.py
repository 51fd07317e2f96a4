"""One TOML file, the environment and secrets in; complete, checked values out.

`load.load` is the way in, `values.Config` what it gives, `errors.ConfigError` all that is wrong
with a file at once. Nothing here reads a clock, a socket or an API.
"""
