from kernel.models.accounts import Role, Token, User
from kernel.models.attachments import Attachment
from kernel.models.changes import ChangeRecord, SealEntry
from kernel.models.records import Recorded, Versioned, writing

__all__ = ["Attachment", "ChangeRecord", "Recorded", "Role", "SealEntry", "Token", "User", "Versioned", "writing"]
