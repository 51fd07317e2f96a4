"""Why: for an alert, an error code, a rule, an incident key or a past time, as one document.

Looks at what is stored and remembered, as `status` does. Decides nothing, writes nothing, and knows
neither who asks nor how it is shown.
"""
