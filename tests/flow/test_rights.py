"""What people may see, change and remove, where doors other than the plain list could say more."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from compliance.models import Finding
from compliance.services.policy import load_policy
from inventory.models import Circuit, Device, DeviceType, Manufacturer, Network, Region, Tenant
from tests.compliance.world import World
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def world(db: None) -> World:
    load_policy(actor=None)
    return World()


def broken_line(world: World) -> Circuit:
    line, near, far = world.bound_line()
    for state in ("up", "down", "down"):
        world.later()
        for port in (near, far):
            world.see(port, 1000, state)
    world.judge()
    return line


def test_findings_are_read_through_the_api(api: Any, world: World) -> None:
    line = broken_line(world)
    (row,) = api("compliance.view_finding").get("/api/compliance/findings/").json()["results"]
    assert (row["circuit"]["id"], row["rule"]["code"], row["state"]["value"]) == (line.pk, "P02", "open")
    assert api("compliance.view_finding").get(f"/api/compliance/findings/{row['id']}/").status_code == 200


def test_a_filter_by_number_does_not_tell_a_foreign_departments_name(client: Client, login: Any) -> None:
    own, other = make(Tenant, 1, name="own bureau"), make(Tenant, 2, name="secret bureau")
    login("circuits.*", "compliance.*", "tenancy.view_tenant", "network.view_*", tenant=own)
    for page in ("board", "findings"):
        said = client.get(reverse(page), {"tenant": other.pk}).content.decode()
        assert "secret bureau" not in said
        assert "own bureau" in client.get(reverse(page), {"tenant": own.pk}).content.decode()


def test_what_belongs_to_nobody_is_changed_by_the_city_alone(api: Any) -> None:
    maker = make(Manufacturer, 1)
    county = api("dcim.*", region=make(Region, 1))
    assert county.get(f"/api/dcim/manufacturers/{maker.pk}/").status_code == 200
    assert county.patch(f"/api/dcim/manufacturers/{maker.pk}/", {"name": "x"}).status_code == 403
    assert county.post("/api/dcim/manufacturers/", {"name": "y", "slug": "y"}).status_code == 403
    assert api("dcim.*").patch(f"/api/dcim/manufacturers/{maker.pk}/", {"name": "x"}).status_code == 200


def test_a_refused_deletion_names_only_what_the_reader_may_see(api: Any) -> None:
    device = make(Device, 1)
    blind = api("dcim.*_devicetype").delete(f"/api/dcim/device-types/{device.device_type_id}/")
    assert (blind.status_code, blind.json()["protected"]) == (409, [])
    seeing = api("dcim.*").delete(f"/api/dcim/device-types/{device.device_type_id}/")
    assert seeing.status_code == 409
    assert device.name in seeing.json()["protected"][0]
    assert DeviceType.objects.filter(pk=device.device_type_id).exists()


def governed(status: str) -> Circuit:
    network = make(Network, 1, kind="extranet")
    return make(Circuit, 1, network=network, status=status, tenant=make(Tenant, 1))


def test_a_line_in_service_is_neither_deleted_nor_taken_off_its_network(api: Any, client: Client, login: Any) -> None:
    line = governed("active")
    address = f"/api/circuits/circuits/{line.pk}/"
    deleted = api().delete(address)
    assert (deleted.status_code, deleted.json()["request_kind"]) == (400, "LINE_CLOSE")
    moved = api().patch(address, {"network": None})
    assert (moved.status_code, moved.json()["request_kind"]) == (400, "LINE_OPEN")
    login("*")
    page = client.post(reverse("circuits-circuit-delete", args=[line.pk]), {"change_reason": "over"})
    assert page.status_code == 400
    assert Circuit.objects.get().network_id is not None


def test_a_line_that_was_in_service_stays_on_record_whatever_it_is_called_now(api: Any) -> None:
    address = f"/api/circuits/circuits/{governed('active').pk}/"
    assert api().patch(address, {"status": "planned"}).status_code == 200
    assert api().patch(address, {"network": None}).status_code == 200
    assert api().delete(address).json()["request_kind"] == "LINE_CLOSE"


def test_a_line_that_never_was_in_service_may_be_deleted(api: Any) -> None:
    assert api().delete(f"/api/circuits/circuits/{governed('planned').pk}/").status_code == 204


def test_a_line_in_service_is_refused_for_that_before_its_findings_are_counted(world: World, api: Any) -> None:
    line = broken_line(world)
    answer = api().delete(f"/api/circuits/circuits/{line.pk}/")
    assert (answer.status_code, answer.json()["request_kind"]) == (400, "LINE_CLOSE")
    assert Finding.objects.filter(circuit=line).exists()
