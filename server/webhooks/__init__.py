"""Webhooks: what a hospital's own system is told of its visits, signed, in order, again until it has been taken.

``events`` (what is told), ``signature``, ``schedule`` (when and in which order) and ``target`` (where to) decide and are
pure; ``client`` and ``sender`` carry, ``secrets`` makes and reads what signs, ``replays`` is for the command line. Endpoints
and deliveries are kept in ``server.store.webhooks`` and ``server.store.deliveries``. What a hospital reads is docs/webhooks.md.
"""
