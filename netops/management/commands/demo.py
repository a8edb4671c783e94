"""The sample city, running: databases, simulated network, collector, web server, first poll and verdicts."""

from __future__ import annotations

import io
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from alerts.evaluation import evaluate
from compliance.judge import judge
from netops.accounts import SAMPLE_PASSWORD, sample_accounts
from netops.ports import refuse_taken_ports, wait_until_served
from netops.sample.load import is_loaded, load_sample
from netops.sample.probes import probe_ports
from netops.setup import prepare_databases
from netops.supervisor import Service, Supervisor, only_one, product_services


class Command(BaseCommand):
    help = "Runs the sample city on 127.0.0.1 until Ctrl-C; the data stays for the next time."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_SAMPLE:
            raise CommandError("Set NETOPS_SAMPLE=1 (as `make demo` does): the demo never runs on a real database.")
        refuse_taken_ports(tcp=[settings.PORT, *probe_ports()], udp=[settings.SIMULATOR_PORT])
        with only_one(settings.DATA_DIR):
            self._run(settings.DATA_DIR)

    def _run(self, data: Path) -> None:
        self._step(_("Setting up the databases"))
        prepare_databases()
        is_new = not is_loaded()
        if is_new:
            self._step(_("Loading the sample city"))
            load_sample(progress=self._progress)
        supervisor = Supervisor(self._say)
        # Ctrl-C during the start ends what is running already, as later.
        signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
        try:
            self._step(_("Starting the simulated network"))
            plan = data / "simulator" / "plan.json"
            command = [
                sys.executable,
                "-m",
                "collectors.simulator",
                "--plan",
                str(plan),
                "--port",
                str(settings.SIMULATOR_PORT),
            ]
            simulator = Service("simulated network", command, data / "log" / "simulator.log")
            supervisor.add(simulator)
            simulator.wait_for("Simulating", patience_s=120)
            self._first_look(passes=2 if is_new else 1)
            self._step(_("Starting web server, collector and schedule"))
            for service in product_services(data, settings.PORT):
                supervisor.add(service)
            wait_until_served(f"http://127.0.0.1:{settings.PORT}/login/")
            self._ready()
            supervisor.watch()
        except KeyboardInterrupt:
            pass
        finally:
            self._say(_("Stopping ..."))
            supervisor.stop()
            self._say(_("Stopped. The data is kept in %(folder)s.") % {"folder": data})

    def _first_look(self, passes: int) -> None:
        """Twice on a new database: a finding needs two observations before it is opened."""
        for number in range(1, passes + 1):
            self._step(_("Polling every device, pass %(number)d of %(passes)d") % {"number": number, "passes": passes})
            out = io.StringIO()
            call_command("poll", format="json", stdout=out)
            rows = json.loads(out.getvalue())
            answered = sum(1 for row in rows if row["state"] == "up")
            self._progress(_("%(up)d of %(all)d devices answered") % {"up": answered, "all": len(rows)})
            self._step(_("Judging every line"))
            counts = judge().counts
            self._progress(", ".join(f"{word} {count}" for word, count in sorted(counts.items())))
        evaluate(wait_s=5)

    def _ready(self) -> None:
        self._say("")
        self._say(f"READY http://127.0.0.1:{settings.PORT}")
        for account in sample_accounts():
            self._say(f"  {account['username']:<11} {SAMPLE_PASSWORD}   {account['role']}")
        self._say(
            _("Break a line in a second terminal and watch its verdict change: see the README. Ctrl-C stops all.")
        )

    def _step(self, text: str) -> None:
        self._say(f"[{time.strftime('%H:%M:%S')}] {text} ...")

    def _progress(self, text: str) -> None:
        self._say(f"           {text}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
