"""Secrets go in and never come out; of several credentials the most specific one is used."""

import json
from itertools import product

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.serializers import serialize
from django.db import connection
from django.forms import modelform_factory
from django.utils import translation

from collectors.credentials import credentials_of, weak_credentials
from collectors.devices import polled_devices
from collectors.models import Credential
from collectors.sources import LostKey, SnmpLogin, ways
from collectors.specs import CredentialSpec
from kernel import writes
from kernel.crypto import MASK, UnreadableSecret
from kernel.derive.rows import api_names, plan
from kernel.derive.sheets import table
from kernel.models import ChangeRecord
from kernel.registry import registry
from tests.collectors.record import make_credential, make_device, make_devices, make_network, make_site

pytestmark = pytest.mark.django_db(databases="__all__")

SECRET = "a-secret-nobody-may-see"


@pytest.fixture
def credential():
    return make_credential(community=SECRET)


def test_a_secret_is_encrypted_in_the_database(credential):
    with connection.cursor() as cursor:
        cursor.execute("SELECT community FROM collectors_credential")
        (stored,) = cursor.fetchone()
    assert SECRET not in stored
    assert Credential.objects.get().community.reveal() == SECRET


def test_the_api_answers_with_a_mask(credential):
    spec = registry.of(Credential)
    (row,) = plan(spec, api_names(spec)).read(spec.queryset(), "/api")
    assert row["community"] == MASK
    assert row["password"] == ""
    assert SECRET not in json.dumps(row, default=str)
    assert credential.community.token not in json.dumps(row, default=str)


def test_an_export_shows_a_mask(credential):
    header, row = table(registry.of(Credential), Credential.objects.all())
    assert row[header.index("community")] == MASK
    assert SECRET not in str(row)


def test_a_django_dump_holds_no_secret(credential):
    assert SECRET not in serialize("json", Credential.objects.all())


def test_a_form_never_shows_the_stored_secret_and_keeps_it_when_left_empty(credential):
    form_class = modelform_factory(Credential, fields=CredentialSpec.fields)
    page = form_class(instance=credential).as_p()
    assert SECRET not in page
    assert credential.community.token not in page
    assert credential.community.digest() not in page
    data = {"name": "renamed", "protocol": "snmp", "snmp_version": "v2c", "community": ""}
    form = form_class(data, instance=credential)
    assert form.is_valid(), form.errors
    writes.save(form.save(commit=False), actor=None)
    assert Credential.objects.get().name == "renamed"
    assert Credential.objects.get().community.reveal() == SECRET


def test_the_trail_tells_that_a_secret_changed_and_not_what_it_is(credential):
    credential.community = "another-secret"
    writes.save(credential, actor=None)
    first, second = ChangeRecord.objects.filter(object_type="collect.credential").order_by("pk")
    assert second.before["community"] == first.after["community"] != second.after["community"]
    assert SECRET not in json.dumps([first.after, second.before, second.after])
    assert "another-secret" not in json.dumps(second.after)
    assert second.after["community"].startswith("secret:")


def test_saving_the_same_secret_again_is_no_change(credential):
    credential.community = SECRET
    assert writes.save_many([credential], actor=None) == []


def test_giving_the_mask_back_keeps_the_secret(credential):
    credential.community = MASK
    assert writes.save_many([credential], actor=None) == []
    assert Credential.objects.get().community.reveal() == SECRET


def test_an_older_key_still_opens_what_it_closed(credential, settings):
    settings.CREDENTIALS_KEY = f"{Fernet.generate_key().decode()},{settings.CREDENTIALS_KEY}"
    assert Credential.objects.get().community.reveal() == SECRET


def test_a_lost_key_is_an_error_that_says_so(credential, settings):
    settings.CREDENTIALS_KEY = "another key altogether"
    with pytest.raises(UnreadableSecret, match="NETOPS_CREDENTIALS_KEY"):
        Credential.objects.get().community.reveal()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"protocol": "snmp", "snmp_version": ""}, "snmp_version"),
        ({"protocol": "snmp", "snmp_version": "v2c", "community": ""}, "community"),
        ({"protocol": "snmp", "snmp_version": "v3"}, "username"),
        ({"snmp_version": "v3", "username": "u", "auth_protocol": "SHA", "auth_secret": "short"}, "auth_secret"),
        (
            {"snmp_version": "v3", "username": "u", "priv_protocol": "AES", "priv_secret": "long-enough"},
            "auth_protocol",
        ),
        ({"protocol": "ssh", "snmp_version": "", "username": "admin"}, "password"),
        ({"protocol": "ssh", "username": "admin", "password": "p", "profile": "nothing"}, "profile"),
        ({"community": "x" * 300}, "community"),
        ({"context": "vrf-office"}, "context"),
        ({"source_address": "eth0"}, "source_address"),
        ({"source_address": "10.0.0.0/8"}, "source_address"),
        ({"source_address": "fe80::1%eth0"}, "source_address"),
        (
            {"protocol": "ssh", "snmp_version": "", "username": "u", "password": "p", "source_address": "10.0.0.1"},
            "source_address",
        ),
    ],
)
def test_a_credential_that_could_not_work_is_refused(fields, wrong):
    with pytest.raises(ValidationError) as refused:
        make_credential(**fields)
    assert wrong in refused.value.message_dict


def test_a_device_whose_secret_cannot_be_read_says_so_instead_of_stopping_the_pass(settings):
    make_device()
    make_credential("lost")
    settings.CREDENTIALS_KEY = Fernet.generate_key().decode()
    (way,) = ways(polled_devices()).values()
    assert isinstance(way, LostKey)
    assert way.code == "unreadable_secret"


def test_a_credential_has_one_assignment():
    network = make_network()
    with pytest.raises(ValidationError):
        make_credential(network=network, site=make_site())


def test_the_most_specific_credential_is_chosen_in_one_query(django_assert_num_queries):
    network, site = make_network(), make_site("annex")
    devices = [
        *make_devices({"own": "127.9.1.1", "of site": "127.9.1.2"}, network, site=site),
        *make_devices({"of network": "127.9.1.3"}, network),
        *make_devices({"by default": "127.9.1.4"}, make_network("resource")),
    ]
    for name, assigned in (
        ("default", {}), ("network", {"network": network}), ("site", {"site": site}), ("device", {"device": devices[0]}),
        ("another default", {}),
    ):  # fmt: skip
        make_credential(name, **assigned)
    asked = polled_devices()
    with django_assert_num_queries(1):
        chosen = credentials_of(asked)
    found = {d.name: chosen[d.device_id].name for d in asked}
    assert found == {"own": "device", "of site": "site", "of network": "network", "by default": "default"}


def test_snmp_goes_before_ssh_of_the_same_assignment():
    make_device()
    make_credential("ssh", protocol="ssh", snmp_version="", username="admin", password="secret")
    make_credential("snmp")
    (device,) = polled_devices()
    assert credentials_of([device])[device.device_id].name == "snmp"


def test_weak_credentials_are_told():
    make_credential("v2c")
    v3 = {"snmp_version": "v3", "username": "u", "auth_secret": "long-enough", "priv_secret": "long-enough"}
    make_credential("sha1", **v3, auth_protocol="SHA", priv_protocol="AES")
    assert {c.name for c in weak_credentials()} == {"v2c", "sha1"}


def test_the_list_tells_of_each_credential_what_the_model_tells_of_it():
    """The column is the database's word and `is_weak` is ours: they agree on every pair of protocols."""
    secrets = {"username": "u", "auth_secret": "long-enough", "priv_secret": "long-enough"}
    for auth, priv in product((*Credential.Auth.values, ""), (*Credential.Priv.values, "")):
        if auth or not priv:
            made = {"snmp_version": "v3", "auth_protocol": auth, "priv_protocol": priv, **secrets}
            make_credential(f"v3 {auth} {priv}", **made)
    make_credential("v2c")
    make_credential("ssh", protocol="ssh", snmp_version="", username="admin", password="secret")
    with translation.override("en"):
        shown = {c.name: (c.weakness, c.is_weak) for c in registry.of(Credential).queryset()}
    assert len(shown) == 45
    assert {name for name, (text, is_weak) in shown.items() if bool(text) != is_weak} == set()
    assert shown["v2c"][0] == "community readable on the line"
    assert shown["v3  "][0] == "no authentication"
    assert shown["v3 SHA512 "][0] == "no encryption"
    assert shown["v3 MD5 DES"][0] == "MD5, DES"
    assert shown["v3 SHA AES"][0] == "SHA-1"
    assert shown["v3 SHA256 AES256C"][0] == shown["ssh"][0] == ""


def test_a_weak_credential_says_so_in_the_list_and_on_its_page(client, login):
    login("*")
    made = make_credential(
        "old",
        snmp_version="v3",
        username="u",
        auth_protocol="MD5",
        priv_protocol="DES",
        auth_secret="long-enough",
        priv_secret="long-enough",
    )
    for url in ("/collect/credentials/", f"/collect/credentials/{made.pk}/"):
        page = client.get(url)
        assert page.status_code == 200
        assert "MD5, DES" in page.content.decode()


def test_a_device_is_asked_in_its_credentials_context_from_its_source_address():
    make_device()
    make_credential(snmp_version="v3", username="u", context="vrf-office", source_address="127.0.0.9")
    (way,) = ways(polled_devices()).values()
    assert isinstance(way, SnmpLogin)
    assert (way.source, way.credentials.context) == ("127.0.0.9", "vrf-office")
