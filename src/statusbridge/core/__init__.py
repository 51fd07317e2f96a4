"""The decisions: alerts, rules and the live page in, operations out.

Everything here is a function of its arguments. No I/O, no clock, no logging: `now` and `as_of`
come in as arguments, and the same arguments give the same answer for ever.
"""
