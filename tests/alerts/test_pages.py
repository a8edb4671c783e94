"""The pages: what fires first, what it explains, who is on it, and a channel that is tried out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from alerts.models import Alert
from inventory.models import Region
from kernel.models import ChangeRecord
from tests.alerts.county import County, channel, open_alert, policy, step
from tests.compliance.world import saved
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")
WORD = "on my way"


@pytest.fixture
def dead_router(county: County) -> Alert:
    step(policy(), channel())
    behind = [county.router.device, *county.offices]
    county.after(5, down=behind)
    county.after(5, down=behind)
    return open_alert(parent=None)


def test_the_list_shows_the_cause_and_how_much_it_explains(client: Client, login: Any, dead_router: Alert) -> None:
    login("alerts.view_alert")
    page = client.get(reverse("alerts"))
    assert [row["alert"].pk for row in page.context["rows"]] == [dead_router.pk]
    assert page.context["rows"][0]["below"] == 3
    explained = client.get(reverse("alerts"), {"state": "suppressed"})
    assert len(explained.context["rows"]) == 3
    assert client.get(reverse("alerts"), {"policy": "9" * 30, "network": "x", "q": "\x00"}).status_code == 200


def test_the_page_lists_what_it_explains_and_counts_the_unacknowledged(
    client: Client, login: Any, dead_router: Alert, county: County
) -> None:
    login("alerts.view_alert", "dcim.view_device")
    page = client.get(reverse("alert", args=[dead_router.pk]))
    said = page.content.decode()
    assert all(office.name in said for office in county.offices)
    assert page.context["can_acknowledge"] is False
    badges = [item["badge"] for group in page.context["menu"] for item in group["items"] if item["url"] == "/alert/"]
    assert badges == [1]


def test_acknowledging_is_recorded_and_needs_a_note(client: Client, login: Any, dead_router: Alert) -> None:
    user = login("alerts.view_alert", "alerts.acknowledge")
    where = reverse("alert-acknowledge", args=[dead_router.pk])
    client.post(where, {"note": " ", "hours": "2"})
    assert open_alert(pk=dead_router.pk).state == "firing"
    client.post(where, {"note": WORD, "hours": "2"})
    row = open_alert(pk=dead_router.pk)
    assert (row.state, row.acknowledged_note) == ("acknowledged", WORD)
    assert row.acknowledged_until is not None
    record = ChangeRecord.objects.get(object_type="alerts.alert")
    assert (record.actor_id, record.reason) == (user.pk, WORD)
    assert WORD in client.get(reverse("alert", args=[row.pk])).content.decode()


def test_who_may_not_acknowledge_is_refused(client: Client, login: Any, dead_router: Alert) -> None:
    login("alerts.view_alert")
    assert client.post(reverse("alert-acknowledge", args=[dead_router.pk]), {"note": WORD}).status_code == 403


def test_a_county_sees_and_acknowledges_its_own_alone(
    client: Client, login: Any, dead_router: Alert, county: County
) -> None:
    login("alerts.view_alert", "alerts.acknowledge", region=make(Region, 7), name="elsewhere")
    assert client.get(reverse("alert", args=[dead_router.pk])).status_code == 404
    assert client.get(reverse("alerts")).context["rows"] == []
    login("alerts.view_alert", "alerts.acknowledge", region=county.region, name="here")
    assert client.post(reverse("alert-acknowledge", args=[dead_router.pk]), {"note": WORD}).status_code == 302
    assert open_alert(pk=dead_router.pk).state == "acknowledged"


def test_a_program_acknowledges_through_the_api(api: Any, dead_router: Alert) -> None:
    where = f"/api/alerts/alerts/{dead_router.pk}/acknowledge/"
    assert api("alerts.view_alert").post(where, {"note": WORD}).status_code == 403
    program = api("alerts.*")
    assert program.post(where, {}).status_code == 400
    answer = program.post(where, {"note": WORD, "hours": 8})
    assert (answer.status_code, answer.json()["state"]) == (200, "acknowledged")
    (row, *_others) = program.get("/api/alerts/alerts/", {"state": "acknowledged"}).json()["results"]
    assert row["acknowledged_note"] == WORD


def test_a_channel_says_why_its_test_message_failed(client: Client, login: Any, settings: Any, county: County) -> None:
    settings.SMTP = None
    login("alerts.*")
    mail = channel(kind="email", address="noc@example.org")
    page = client.post(reverse("alert-channel-test", args=[mail.pk]), follow=True)
    assert "NETOPS_SMTP_URL" in page.content.decode()


def test_a_policy_shows_what_it_would_alert_now(client: Client, login: Any, dead_router: Alert) -> None:
    login("alerts.*")
    rule = policy(on_findings=False, name="preview")
    page = client.get(reverse("alerts-alertpolicy-detail", args=[rule.pk])).content.decode()
    assert dead_router.label in page
    elsewhere = policy(region=make(Region, 8), name="elsewhere")
    page = client.get(reverse("alerts-alertpolicy-detail", args=[elsewhere.pk])).content.decode()
    assert dead_router.label not in page


def test_a_channels_secrets_are_shown_nowhere(client: Client, login: Any, api: Any, county: County) -> None:
    login("*")
    robot = saved(channel(kind="wecom", address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=secret-key-1"))
    for url in (reverse(f"alerts-alertchannel-{name}", args=[robot.pk]) for name in ("detail", "edit", "history")):
        assert "secret-key-1" not in client.get(url).content.decode()
    assert "secret-key-1" not in api("alerts.*").get("/api/alerts/channels/").content.decode()
    assert robot.access_key.reveal() == "secret-key-1"
