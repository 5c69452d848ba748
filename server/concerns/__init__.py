"""Complaints of families and incidents that staff record: filed with one tap, numbered, answered by the care coordinator."""
