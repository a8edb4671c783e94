"""Recorded and observed state as frozen values for the rules, now or as it was on any past day."""

from compliance.facts.gather import Facts, Window, gather, gather_past, line_facts

__all__ = ["Facts", "Window", "gather", "gather_past", "line_facts"]
