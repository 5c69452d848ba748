"""Wears the whole house down: churn, hostile datagrams, hours; and looks whether anything grows or anybody notices.

``./peitong soak`` is the way in. Method and figures stand in docs/performance/soak.md.
"""
