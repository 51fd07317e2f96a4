"""The production cycle without the world: on a clock that is turned, before a page that remembers.

Rule tests and replays of history run here. Knows how a bridge is put together; not what is printed.
"""
