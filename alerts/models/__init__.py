from alerts.models.alerts import Alert, AlertMatch, EvaluationLease, EvaluationRun
from alerts.models.deliveries import Delivery, Notice
from alerts.models.policies import AlertChannel, AlertPolicy, EscalationStep

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertMatch",
    "AlertPolicy",
    "Delivery",
    "EscalationStep",
    "EvaluationLease",
    "EvaluationRun",
    "Notice",
]
