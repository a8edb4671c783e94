from compliance.services.policy import PolicyLoaded, load_policy

__all__ = ["PolicyLoaded", "load_policy"]
