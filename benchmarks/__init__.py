"""Measurements of statusbridge beside what a user would take instead. `python -m benchmarks`.

Every comparison is a ratio of two things measured in turn within one run, each in a process of its
own, against the simulators in yet another: figures of two machines or hours can't be compared.
"""
