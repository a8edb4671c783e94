from compliance.models.exemptions import Exemption
from compliance.models.findings import Finding
from compliance.models.policies import Clause, PolicyDocument, Rule
from compliance.models.results import (
    JudgeLease,
    JudgeRun,
    LineVerdict,
    ProofState,
    RingVerdict,
    RuleResult,
    VerdictChange,
    VerdictWord,
)

__all__ = [
    "Clause",
    "Exemption",
    "Finding",
    "JudgeLease",
    "JudgeRun",
    "LineVerdict",
    "PolicyDocument",
    "ProofState",
    "RingVerdict",
    "Rule",
    "RuleResult",
    "VerdictChange",
    "VerdictWord",
]
