"""The session machine: step(session, event, now) -> (session, effects)."""
