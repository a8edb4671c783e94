from django.apps import AppConfig
from django.db.backends.signals import connection_created


class KernelConfig(AppConfig):
    name = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import checks  # noqa: F401  # registers them; models are loaded only now
        from kernel.derive.patterns import replace_sqlite_regexp

        connection_created.connect(replace_sqlite_regexp)
