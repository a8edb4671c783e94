from compliance.models.exemptions import Exemption
from compliance.models.findings import SUBJECTS, Finding
from compliance.models.policies import Clause, PolicyDocument, Rule
from compliance.models.results import (
    GroupVerdict,
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
    "SUBJECTS",
    "Clause",
    "Exemption",
    "Finding",
    "GroupVerdict",
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
