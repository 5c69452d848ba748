"""The database: its tables, their migrations, and one small file for each thing that is kept in it.

Everything takes ``now`` (seconds since 1970), ids and secrets from its caller; nothing here reads a clock or a random source.
Functions named after a change (``keep``, ``file``, ``snapshot`` …) return a ``Write``: a piece of work that runs inside the
caller's transaction, so that ``Journal.append(..., also=[...])`` commits it together with the events or not at all.
"""
