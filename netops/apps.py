from django.apps import AppConfig


class NetopsConfig(AppConfig):
    name = "netops"

    def ready(self) -> None:
        from netops.assembly import assemble  # models are loaded only now
        from netops.logs import keep_secrets_out

        assemble()
        keep_secrets_out()
