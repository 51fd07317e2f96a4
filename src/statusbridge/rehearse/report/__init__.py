"""A backtest as one page for a browser: a single file that asks nothing of a network.

Knows results and how they are shown; not how they came about.
"""
