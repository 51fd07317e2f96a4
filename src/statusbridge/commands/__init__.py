"""What the command line can do: one module for each command. They print, and decide nothing."""
