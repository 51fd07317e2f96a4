"""The cycle: reads the accounts, decides, looks at the pages, publishes. Through Protocols only.

`cycle` reads and decides, `settling` reads back, `survey` looks, `publishing` writes.
"""
