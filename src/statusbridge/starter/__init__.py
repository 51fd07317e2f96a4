"""A first configuration and its rule tests, as texts, made of what accounts and a page show.

Values in, texts out: asks nobody, reads nothing.
"""
