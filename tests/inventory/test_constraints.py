from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from inventory.models import (
    Circuit,
    ClassifiedCount,
    Device,
    IPAddress,
    LineContract,
    Location,
    Network,
    RoleGrant,
    Tenant,
)
from inventory.models.tenants import is_uscc
from kernel import writes
from kernel.errors import GuardedField
from kernel.models import writing
from kernel.registry import registry
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


def test_no_network_of_another_kind_gets_into_the_database() -> None:
    network = make(Network, 1)
    with pytest.raises(IntegrityError), transaction.atomic(), writing():
        Network.objects.filter(pk=network.pk).update(kind="intranet")


def test_nothing_refers_to_the_counts_of_the_classified_network() -> None:
    referring = [f for spec in registry.all() for f in spec.meta.concrete_fields if f.related_model is ClassifiedCount]
    assert referring == []
    assert [f.name for f in ClassifiedCount._meta.concrete_fields if f.is_relation] == []
    named = {f.name for f in ClassifiedCount._meta.concrete_fields} - {"id", "created", "last_updated", "version"}
    assert named == {"as_of", "organisations", "lines"}


# 91350100M000100Y43 is the example of GB 32100-2015 itself.
@pytest.mark.parametrize(
    ("code", "is_right"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("91350100M000100I43", False),
    ],
)
def test_the_check_character_of_a_social_credit_code_is_checked(code: str, is_right: bool) -> None:
    assert is_uscc(code) is is_right


def test_two_departments_cant_have_one_social_credit_code_but_many_can_have_none() -> None:
    make(Tenant, 1)
    make(Tenant, 2)
    make(Tenant, 3, uscc="91350100m000100y43")
    with pytest.raises(ValidationError):
        make(Tenant, 4, uscc="91350100M000100Y43")


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Circuit, {"install_date": dt.date(2026, 2, 1), "termination_date": dt.date(2026, 1, 31)}),
        (Circuit, {"bandwidth_declared_mbps": 0}),
        (Circuit, {"bandwidth_approved_mbps": 0}),
        (Circuit, {"monthly_fee": Decimal("-0.01")}),
        (Circuit, {"line_no": "37"}),
        (LineContract, {"end_on": dt.date(2024, 1, 1)}),
        (RoleGrant, {"valid_to": dt.date(2023, 12, 31)}),
        (Location, {"frozen_on": dt.date(2026, 1, 1)}),
        (Device, {"position": 1, "face": "front"}),
        (Network, {"mlps_level": 6}),
    ],
)
def test_values_that_cant_be_are_refused(model: type[models.Model], values: dict[str, object]) -> None:
    make(model, 1)
    with pytest.raises(ValidationError):
        make(model, 2, **values)


def test_lines_without_a_number_of_the_city_dont_meet() -> None:
    make(Circuit, 1, line_no="")
    make(Circuit, 2, line_no="")
    assert Circuit.objects.filter(line_no=None).count() == 2


def test_a_line_is_not_its_own_standby() -> None:
    circuit = make(Circuit, 1)
    circuit.pair = circuit
    with pytest.raises(ValidationError) as refused:
        writes.save(circuit, actor=None)
    named = next(c for c in Circuit._meta.constraints if c.name == "circuit_pair_differs")
    assert refused.value.messages == [str(named.violation_error_message)]


def test_the_approved_bandwidth_needs_an_approval() -> None:
    circuit = make(Circuit, 1)
    circuit.bandwidth_approved_mbps = 100
    with pytest.raises(GuardedField) as refused:
        writes.save(circuit, actor=None)
    assert refused.value.details["request_kind"] == "LINE_CHANGE"
    writes.save(circuit, actor=None, approval="SQ-1")
    assert Circuit.objects.get(pk=circuit.pk).bandwidth_approved_mbps == 100


@pytest.mark.parametrize(("kind", "is_refused"), [("extranet", True), ("resource", True), ("dept_private", False)])
def test_a_line_of_the_extranet_goes_into_service_by_request_only(kind: str, is_refused: bool) -> None:
    circuit = make(Circuit, 1, network=make(Network, 1, kind=kind))
    circuit.status = "active"
    if is_refused:
        with pytest.raises(GuardedField) as refused:
            writes.save(circuit, actor=None)
        assert refused.value.details["request_kind"] == "LINE_OPEN"
    else:
        assert writes.save(circuit, actor=None).status == "active"


def test_a_line_in_service_doesnt_slip_into_the_extranet() -> None:
    circuit = make(Circuit, 1, network=make(Network, 1, kind="internet"), status="active")
    circuit.network = make(Network, 2, kind="extranet")
    with pytest.raises(GuardedField):
        writes.save(circuit, actor=None)


def test_what_the_city_decided_about_a_room_needs_an_approval() -> None:
    room = make(Location, 1)
    room.decision = "closing"
    with pytest.raises(GuardedField):
        writes.save(room, actor=None)


@pytest.mark.parametrize(
    ("given", "stored", "family"),
    [
        ("10.0.0.1/24", "10.0.0.1/24", 4),
        (" 10.0.0.1 ", "10.0.0.1/32", 4),
        ("2001:DB8:0::1/64", "2001:db8::1/64", 6),
    ],
)
def test_an_address_is_kept_in_its_shortest_form(given: str, stored: str, family: int) -> None:
    address = make(IPAddress, 1, address=given)
    assert (address.address, address.family, len(bytes(address.host))) == (stored, family, 16)


@pytest.mark.parametrize("text", ["10.0.0.256/24", "10.0.0.1/33", "fe80::1%eth0/64", "", "router"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        make(IPAddress, 1, address=text)
    assert "address" in refused.value.message_dict


def test_addresses_sort_as_numbers() -> None:
    for n, text in enumerate(("10.0.0.10/24", "10.0.0.9/24", "9.255.0.1/24")):
        make(IPAddress, n, address=text)
    listed = IPAddress.objects.order_by("family", "host").values_list("address", flat=True)
    assert list(listed) == ["9.255.0.1/24", "10.0.0.9/24", "10.0.0.10/24"]


def test_two_devices_arent_polled_at_one_address() -> None:
    address = make(IPAddress, 1)
    make(Device, 1, primary_ip4=address)
    with pytest.raises(ValidationError) as refused:
        make(Device, 2, primary_ip4=address)
    assert "primary_ip4" in refused.value.message_dict


def test_every_constraint_says_what_to_do_in_its_own_words() -> None:
    default = models.CheckConstraint.default_violation_error_message
    silent = [
        constraint.name
        for spec in registry.all()
        if spec.meta.app_label == "inventory"
        for constraint in spec.meta.constraints
        if constraint.violation_error_message == default
    ]
    assert silent == []
