from __future__ import annotations

from kernel.errors import ProductError


class UnknownRule(ProductError):
    """No code here judges a rule of that name, or the city has not put it in force."""

    code = "unknown_rule"


class AlreadyJudging(ProductError):
    """Another judge held the lease for longer than we waited."""

    code = "already_judging"
    status = 409
