"""The console: one page for whoever was just woken.

Shows what the daemon knows, and brings it what people decide; decides nothing.
"""
