"""What becomes an alert, what explains what, and who is told when."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.hours import is_open
from alerts.models import Alert, Delivery, Notice
from alerts.services import acknowledge
from alerts.topology import Graph, device, explain, line
from compliance.services import load_policy
from inventory.models import MaintenanceWindow
from tests.alerts.county import County, channel, open_alert, policy, step
from tests.compliance.world import saved

pytestmark = pytest.mark.django_db(databases="__all__")


def told() -> list[tuple[str, str]]:
    rows = Notice.objects.order_by("pk").values_list("occasion", "alert__label")
    return list(rows)


def test_a_silent_device_becomes_an_alert_only_after_it_has_held(county: County) -> None:
    step(policy(after_min=5), channel())
    lone = county.offices[0]
    county.after(5, down=[lone])
    assert not Alert.objects.exists()
    county.after(5, down=[lone])
    assert open_alert().label == lone.name
    assert told() == [("open", lone.name)]
    county.after(5, down=[lone])
    assert told() == [("open", lone.name)]


def test_a_device_that_answers_again_in_time_leaves_nothing(county: County) -> None:
    step(policy(after_min=10), channel())
    county.after(5, down=[county.offices[0]])
    county.after(5)
    county.after(5)
    assert not Alert.objects.exists()


def test_a_dead_county_uplink_with_200_devices_behind_is_one_message(db: None) -> None:
    load_policy(actor=None)
    county = County(offices=199)
    step(policy(), channel())
    behind = [county.router.device, *county.offices]
    county.after(5, down=behind)
    county.show(county.core, "down")
    county.after(5, down=behind)
    county.after(5, down=behind)
    parent = open_alert(parent=None)
    assert (parent.kind, parent.label, parent.state) == ("line", county.uplink.line_no, "firing")
    assert parent.children.filter(state="suppressed").count() == 200
    assert parent.details["devices"] == 200
    assert told() == [("open", county.uplink.line_no)]
    assert Delivery.objects.count() == 1


def test_a_silent_router_explains_the_offices_behind_it(county: County) -> None:
    step(policy(), channel())
    behind = [county.router.device, *county.offices]
    county.after(5, down=behind)
    county.after(5, down=behind)
    parent = open_alert(parent=None)
    assert parent.label == county.router.device.name
    assert parent.children.count() == 3
    assert told() == [("open", county.router.device.name)]


def test_what_is_still_broken_when_its_explanation_is_over_alerts_on_its_own(county: County) -> None:
    step(policy(), channel())
    lone, behind = county.offices[0], [county.router.device, *county.offices]
    county.after(5, down=behind)
    county.after(5, down=behind)
    county.after(5, down=[lone])
    assert open_alert().state == "suppressed"  # asked at the very moment the router came back
    county.after(5, down=[lone])
    county.after(5, down=[lone])
    assert open_alert().state == "firing"
    router = county.router.device.name
    assert told() == [("open", router), ("resolved", router), ("open", lone.name)]


def test_the_offices_are_not_told_of_while_only_the_routers_next_reading_is_missing(county: County) -> None:
    step(policy(after_min=0), channel())
    county.now += dt.timedelta(minutes=4)
    for office in county.offices:
        county.ask(office, "down")  # the router was read four minutes ago
    county.evaluate()
    assert not Alert.objects.exists()
    county.now += dt.timedelta(minutes=1)
    county.ask(county.router.device, "down")
    county.ask(county.core.device, "up")
    county.evaluate()
    assert told() == [("open", county.router.device.name)]


def test_a_second_way_that_works_explains_nothing_away(county: County) -> None:
    step(policy(), channel())
    standby = county.line(role="standby", pair=county.uplink)
    county.bind(standby, "A", county.port("10GE1/0/2", county.router.device))
    county.bind(standby, "Z", county.port("10GE1/0/2", county.core.device))
    lone = county.offices[0]
    county.show(county.core, "down")
    county.after(5, down=[lone])
    county.after(5, down=[lone])
    assert [a.label for a in Alert.objects.filter(state="firing")] == [lone.name]


def test_who_watches_the_county_alone_is_told_of_the_cause_outside_it(county: County) -> None:
    elsewhere = county.county("410122")
    watching = policy(region=county.region, on_findings=False)
    step(watching, channel())
    county.site.region = county.region
    saved(county.site)
    county.uplink.region = elsewhere
    saved(county.uplink)
    behind = [county.router.device, *county.offices]
    county.after(5, down=behind)
    county.show(county.core, "down")
    county.after(5, down=behind)
    assert told() == [("open", county.uplink.line_no)]


def test_an_unknown_state_is_no_recovery(county: County) -> None:
    step(policy(), channel())
    county.after(5, down=[county.offices[0]])
    county.after(5, down=[county.offices[0]])
    county.now += dt.timedelta(minutes=5)
    county.ask_all()
    county.ask(county.offices[0], "unknown")
    county.evaluate()
    assert open_alert().state == "firing"
    county.after(5)
    assert Alert.objects.get().state == "resolved"
    assert [occasion for occasion, _label in told()] == ["open", "resolved"]


def test_nobody_acknowledges_so_the_next_step_is_told_and_it_repeats(county: County) -> None:
    rule = policy(repeat_min=20)
    step(rule, channel())
    step(rule, channel(), after_min=30)
    down = [county.offices[0]]
    for _n in range(9):
        county.after(5, down=down)
    # First message at 10 min, repeated at 30, escalated at 40.
    assert [occasion for occasion, _label in told()] == ["open", "repeat", "escalated"]


def test_an_acknowledgement_stops_repetition_and_escalation(county: County, make_user: Any) -> None:
    rule = policy(repeat_min=10)
    step(rule, channel())
    step(rule, channel(), after_min=15)
    step(rule, channel(), after_min=20, only_if_unacknowledged=False)
    down = [county.offices[0]]
    county.after(5, down=down)
    county.after(5, down=down)
    acknowledge(open_alert(), actor=make_user("alerts.*"), note="on my way", hours=None)
    for _n in range(6):
        county.after(5, down=down)
    assert open_alert().state == "acknowledged"
    assert [occasion for occasion, _label in told()] == ["open", "escalated"]  # the last step is told whatever happens


def test_an_acknowledgement_that_ends_while_it_is_still_broken_is_told_again(county: County, make_user: Any) -> None:
    step(policy(), channel())
    down = [county.offices[0]]
    county.after(5, down=down)
    county.after(5, down=down)
    alert = acknowledge(open_alert(), actor=make_user("alerts.*"), note="on it", hours=1)
    Alert.objects.filter(pk=alert.pk).update(acknowledged_until=county.now + dt.timedelta(minutes=7))
    county.after(5, down=down)
    assert open_alert().state == "acknowledged"
    county.after(5, down=down)
    assert open_alert().state == "firing"
    assert [occasion for occasion, _label in told()] == ["open", "repeat"]


def test_announced_work_stays_silent_and_alerts_when_it_is_over_and_still_broken(county: County) -> None:
    step(policy(), channel())
    window = MaintenanceWindow(
        name="move", starts_at=county.now, ends_at=county.now + dt.timedelta(minutes=22), device=county.offices[0]
    )
    saved(window)
    down = [county.offices[0]]
    for _n in range(4):
        county.after(5, down=down)
    assert open_alert().state == "maintenance"
    assert told() == []
    county.after(5, down=down)
    assert open_alert().state == "firing"
    assert [occasion for occasion, _label in told()] == ["open"]


def test_outside_its_hours_a_policy_waits_and_tells_when_they_begin(county: County) -> None:
    # The world begins on a Monday at 17:02 in the product's zone.
    step(policy(hours_from="17:30", hours_to="08:00"), channel())
    down = [county.offices[0]]
    for _n in range(5):
        county.after(5, down=down)
    assert open_alert().state == "firing"
    assert told() == []
    county.after(5, down=down)
    assert [occasion for occasion, _label in told()] == ["open"]


@pytest.mark.parametrize(
    ("moment", "days", "hours", "expected"),
    [
        ("2026-11-23 12:00", "1234567", ("", ""), True),
        ("2026-11-28 12:00", "12345", ("", ""), False),  # a Saturday
        ("2026-11-23 08:00", "12345", ("08:00", "18:00"), True),
        ("2026-11-23 18:00", "12345", ("08:00", "18:00"), False),
        ("2026-11-27 23:00", "12345", ("22:00", "06:00"), True),  # Friday night
        ("2026-11-28 05:59", "12345", ("22:00", "06:00"), True),  # still Friday's window
        ("2026-11-28 23:00", "12345", ("22:00", "06:00"), False),
        ("2026-11-23 05:00", "12345", ("22:00", "06:00"), False),  # Sunday's window, not watched
    ],
)
def test_hours_and_days(moment: str, days: str, hours: tuple[str, str], expected: bool) -> None:
    assert is_open(dt.datetime.fromisoformat(moment), days, *hours) is expected


def test_a_policy_that_is_switched_off_closes_its_alerts_without_a_word(county: County) -> None:
    rule = policy()
    step(rule, channel())
    down = [county.offices[0]]
    county.after(5, down=down)
    county.after(5, down=down)
    rule.is_active = False
    saved(rule)
    county.after(5, down=down)
    assert Alert.objects.get().state == "resolved"
    assert [occasion for occasion, _label in told()] == ["open"]


def test_alerts_of_one_moment_go_out_as_one_message(county: County) -> None:
    step(policy(), channel(group_s=60))
    down = county.offices[:2]
    county.after(5, down=down)
    county.after(5, down=down)
    assert Delivery.objects.count() == 0
    county.now += dt.timedelta(minutes=1)
    county.evaluate()
    assert Delivery.objects.get().notices.count() == 2


def test_what_is_over_before_it_was_sent_is_not_sent_at_all(county: County) -> None:
    step(policy(), channel(group_s=600))
    county.after(5, down=[county.offices[0]])
    county.after(5, down=[county.offices[0]])
    county.after(5)
    assert told() == []


def test_an_evaluation_costs_the_same_queries_for_any_number_of_devices(db: None) -> None:
    load_policy(actor=None)
    counts = []
    for offices in (3, 40):
        county = County(offices) if not counts else counts[0][1]
        if counts:
            county.offices += [
                saved(type(county.offices[0])(name=f"more-{n}", device_type=county.model, role=county.role,
                                              site=county.site, status="active", network=county.network))
                for n in range(offices)
            ]  # fmt: skip
            county.ask_all()
        else:
            step(policy(), channel())
        county.now += dt.timedelta(minutes=5)
        county.ask_all()
        county.evaluate()
        with CaptureQueriesContext(connection) as seen:
            county.evaluate()
        counts.append((len(seen), county))
    assert counts[0][0] == counts[1][0]
    assert counts[0][0] < 40


def test_five_thousand_devices_are_explained_in_two_seconds_of_processor() -> None:
    graph = Graph(roots={device(0)})
    for county in range(1, 17):
        graph.join(device(0), line(county))
        graph.join(line(county), device(county))
        for n in range(312):
            office = county * 1000 + n
            graph.join(device(county), line(office))
            graph.join(line(office), device(office))
    broken = [node for node in graph.neighbours if node[0] == "device" and node[1] >= 1] + [line(1)]
    begun = time.process_time()
    said = explain(graph, broken, [], {})
    assert time.process_time() - begun < 2
    assert said.visible == {line(1), *(device(n) for n in range(2, 17))}
    assert said.cause[device(1001)] == line(1)
    assert len([n for n in said.cause if n[0] == "device"]) == 1 + 16 * 312
