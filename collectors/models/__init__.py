from collectors.models.counters import PortRate5m, PortRateDay, PortRateHour, PortSample
from collectors.models.credentials import Credential
from collectors.models.probes import Probe, ProbeDay, ProbeHour, ProbeState, ProbeTarget
from collectors.models.runs import CollectorRun, CollectorWatch
from collectors.models.sights import SeenAddress, SeenInterface, SeenModule, SeenNeighbour, SeenReach, SeenSystem
from collectors.models.targets import SeenHostKey, Target

__all__ = [
    "CollectorRun",
    "CollectorWatch",
    "Credential",
    "PortRate5m",
    "PortRateDay",
    "PortRateHour",
    "PortSample",
    "Probe",
    "ProbeDay",
    "ProbeHour",
    "ProbeState",
    "ProbeTarget",
    "SeenAddress",
    "SeenHostKey",
    "SeenInterface",
    "SeenModule",
    "SeenNeighbour",
    "SeenReach",
    "SeenSystem",
    "Target",
]
