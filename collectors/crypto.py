"""Where released migrations look for the field; it moved to the kernel, because more than credentials is secret."""

from kernel.crypto import SecretField

__all__ = ["SecretField"]
