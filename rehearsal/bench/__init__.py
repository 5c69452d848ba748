"""Measures: what a consultation costs the real processes, under media at true timing from a generator of its own.

``./peitong bench relay`` is the way in. What is measured and how stands in docs/performance/method.md.
"""
