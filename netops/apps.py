from django.apps import AppConfig


class NetopsConfig(AppConfig):
    name = "netops"

    def ready(self) -> None:
        from netops.assembly import assemble  # models are loaded only now

        assemble()
