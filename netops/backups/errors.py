from kernel.errors import ProductError


class BackupRefused(ProductError):
    """A backup can't be made, or a file is no whole backup, or may not be restored here. Nothing was changed."""

    code = "backup_refused"
