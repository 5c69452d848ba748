"""The booking API: what a hospital's own systems ask, with a key (docs/booking.md is for them; API.md has the principles).

`operations.py` says what an operation is and how one is added; `shell.py` does for all of them what they have in common;
`openapi.py` describes them; each resource has a module of its own, and `api.py` lists them.
"""
