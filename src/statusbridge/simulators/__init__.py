"""Loopback stand-ins of Twilio Monitor and of incident.io's Status Pages, driven by scenarios.

Used by `simulate`, by `demo`, and by anyone who points the daemon at them over HTTP. They know the
two APIs as their owners document them, and nothing of the bridge: no rule, no episode, no store.
What the owners leave open is a switch with both variants.
"""
