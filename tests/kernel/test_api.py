"""The REST API beyond what every model promises: shapes, references, bounds and refusals as clients meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from inventory.models import (
    Circuit,
    Device,
    Manufacturer,
    Network,
    Provider,
    Site,
)
from kernel import writes
from tests.samples import make

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_choice_is_value_and_label_and_a_reference_is_brief(api: Any) -> None:
    device = make(Device, 1)
    row = api().get(f"/api/dcim/devices/{device.pk}/").json()
    assert set(row["status"]) == {"value", "label"}
    assert row["status"]["value"] == device.status
    assert {"id", "url", "display", "name", "slug"} <= set(row["site"])
    assert row["url"].startswith("http://testserver/api/dcim/devices/")


def test_a_reference_is_written_by_number_by_attributes_or_by_slug(api: Any) -> None:
    maker = make(Manufacturer, 1)
    client = api()
    for number, reference in enumerate(
        (maker.pk, {"id": maker.pk}, {"name": maker.name}, {"slug": maker.slug}, str(maker.pk))
    ):
        answer = client.post(
            "/api/dcim/device-types/", {"manufacturer": reference, "model": f"m{number}", "slug": f"m{number}"}
        )
        assert answer.status_code == 201, answer.content
        assert answer.json()["manufacturer"]["id"] == maker.pk


@pytest.mark.parametrize(
    "reference",
    [
        999999,
        {"name": "nobody"},
        {"nonsense": 1},
        {"manufacturer__name": "x"},
        {},
        [1],
        1.5,
        True,
        "nobody",
        None,
        2**70,
    ],
)
def test_a_reference_that_names_nothing_is_refused_with_400(api: Any, reference: Any) -> None:
    answer = api().post("/api/dcim/device-types/", {"manufacturer": reference, "model": "m", "slug": "m"})
    assert answer.status_code == 400
    assert "manufacturer" in answer.json()


@pytest.mark.parametrize(
    "body", ["", "{", "null", "7", '"x"', "[]", "[7]", '{"name": "\\u0000"}', '{"name": {"a": 1}}']
)
def test_a_broken_body_is_refused_with_400(api: Any, body: str) -> None:
    client = api()._client
    for verb in ("post", "put", "patch", "delete"):
        answer = getattr(client, verb)("/api/dcim/sites/", body, content_type="application/json")
        assert answer.status_code == 400, (verb, body, answer.content)


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "limit=-1",
        "offset=99999999999999999999",
        "id=x",
        "id=99999999999999999999999",
        "created__gte=yesterday",
        "status=nonsense",
        "name=%00",
        "region_id=x",
        "ordering=%00",
        "fields=%00",
        "name__regex=" + "(" * 200,
    ],
)
def test_a_query_string_never_ends_in_a_server_error(api: Any, query: str) -> None:
    assert api().get(f"/api/dcim/sites/?{query}").status_code in (200, 400)


def test_brief_fields_and_exclude_choose_what_is_shown(api: Any) -> None:
    make(Site, 1)
    client = api()
    brief = client.get("/api/dcim/sites/?brief=1").json()["results"][0]
    assert "physical_address" not in brief
    assert "name" in brief
    assert set(client.get("/api/dcim/sites/?fields=id,name").json()["results"][0]) == {"id", "name"}
    assert "name" not in client.get("/api/dcim/sites/?exclude=name").json()["results"][0]


def test_pages_are_linked_and_limit_zero_gives_as_much_as_one_answer_holds(api: Any) -> None:
    for number in range(5):
        make(Manufacturer, number)
    client = api()
    first = client.get("/api/dcim/manufacturers/?limit=2").json()
    assert (first["count"], len(first["results"]), first["previous"]) == (5, 2, None)
    second = client.get(first["next"].removeprefix("http://testserver")).json()
    assert second["previous"] is not None
    assert len(client.get("/api/dcim/manufacturers/?limit=0").json()["results"]) == 5


def test_an_edit_of_an_old_version_is_refused_with_412(api: Any) -> None:
    site = make(Site, 1)
    client = api()
    tag = client.get(f"/api/dcim/sites/{site.pk}/")["ETag"]
    path = f"/api/dcim/sites/{site.pk}/"
    assert client.patch(path, {"description": "a"}, headers={"If-Match": tag}).status_code == 200
    assert client.patch(path, {"description": "b"}, headers={"If-Match": tag}).status_code == 412
    assert client.delete(path, headers={"If-Match": tag}).status_code == 412
    assert client.patch(path, {"description": "c"}).status_code == 200


def test_deleting_what_others_need_is_refused_with_409_naming_them(api: Any) -> None:
    device = make(Device, 1)
    answer = api().delete(f"/api/dcim/sites/{device.site_id}/")
    assert answer.status_code == 409
    assert any(str(device) in text for text in answer.json()["protected"])


def test_a_guarded_field_is_refused_with_400_naming_the_request_to_make(api: Any) -> None:
    line = make(Circuit, 1)
    answer = api().patch(f"/api/circuits/circuits/{line.pk}/", {"bandwidth_approved_mbps": 12345})
    assert answer.status_code == 400
    assert answer.json()["request_kind"] in ("LINE_OPEN", "LINE_CHANGE")
    assert "bandwidth_approved_mbps" in answer.json()


def test_a_line_of_a_government_network_is_not_moved_into_use_by_a_direct_write(api: Any) -> None:
    network = writes.save(Network(name="外网", slug="ww", kind="extranet"), actor=None)
    line = make(Circuit, 1, network=network, status="planned")
    client = api()
    answer = client.patch(f"/api/circuits/circuits/{line.pk}/", {"status": "active"})
    assert answer.status_code == 400
    assert "request_kind" in answer.json()
    assert client.patch(f"/api/circuits/circuits/{line.pk}/", {"status": "offline"}).status_code == 200


def test_two_rows_with_one_name_are_refused_as_a_set(api: Any) -> None:
    client = api()
    rows = [{"name": "a", "slug": "a"}, {"name": "b", "slug": "a"}]
    answer = client.post("/api/circuits/providers/", rows)
    assert answer.status_code == 400
    assert not Provider.objects.exists()
    assert isinstance(answer.json(), list)


def test_the_openapi_document_is_valid_and_names_every_model(api: Any) -> None:
    from kernel.registry import registry

    document = json.loads(api().get("/api/schema/").content)
    validate(document)
    for spec in registry.all():
        assert f"/api/{spec.api[0]}/{spec.api[1]}/" in document["paths"]


def test_a_token_that_may_only_read_does_not_write(make_user: Any) -> None:
    from kernel.models import Token

    _token, key = Token.issue(make_user("*"), is_writable=False)
    client = Client(headers={"Authorization": f"Token {key}"})
    assert client.get("/api/dcim/sites/").status_code == 200
    assert client.post("/api/dcim/sites/", {}, content_type="application/json").status_code == 403
    stranger = Client(headers={"Authorization": "Token 0123"})
    assert stranger.get("/api/dcim/sites/").status_code in (401, 403)


def test_the_status_and_the_roots_answer(api: Any) -> None:
    client = api()
    assert client.get("/api/status/").json()["netbox-version"].startswith("4.")
    assert client.get("/api/")["API-Version"]
    assert "sites" in client.get("/api/dcim/").json()


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, '{"description": ' + "[" * 40 + "]" * 40 + "}"])
def test_a_deeply_nested_body_is_refused_with_400(api: Any, body: str) -> None:
    answer = api()._client.post("/api/dcim/sites/", body, content_type="application/json")
    assert answer.status_code == 400
    assert "detail" in answer.json()


@pytest.mark.parametrize("path", ["/api/dcim/sites/", "/api/dcim/sites/{pk}/"])
@pytest.mark.parametrize("method", ["TRACE", "BREW"])
def test_an_unknown_method_is_refused_with_405(api: Any, path: str, method: str) -> None:
    site = make(Site, 1)
    assert api()._client.generic(method, path.format(pk=site.pk)).status_code == 405


@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api/dcim/sites/x/", "/api/dcim/sites/1/2/", "/api/dcim/sites/999/"]
)
def test_an_address_of_the_api_that_leads_nowhere_answers_404_in_json(api: Any, path: str) -> None:
    answer = api().get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["detail"]


def test_an_unexpected_failure_of_the_api_answers_its_number_in_json(api: Any, monkeypatch: Any) -> None:
    from kernel.derive import filters

    monkeypatch.setattr(filters, "apply", lambda *args: 1 / 0)
    answer = api().get("/api/dcim/sites/")
    assert answer.status_code == 500
    assert answer.json()["error_number"] in answer.json()["detail"]


def test_a_page_that_fails_shows_the_number_to_quote(client: Client, login: Any, monkeypatch: Any, caplog: Any) -> None:
    from kernel.derive import filters

    login("*")
    monkeypatch.setattr(filters, "apply", lambda *args: 1 / 0)
    answer = client.get("/dcim/sites/")
    assert answer.status_code == 500
    number = next(r.args[0] for r in caplog.records if r.name == "kernel.web.middleware")
    assert number in answer.content.decode()


@pytest.mark.parametrize(("asked", "language"), [("en-US,en", "en"), ("zh-CN", "zh-hans"), ("fr", "zh-hans")])
def test_a_program_reads_errors_in_the_language_it_asks_for(api: Any, asked: str, language: str) -> None:
    answer = api().post("/api/dcim/sites/", {}, headers={"Accept-Language": asked})
    assert answer["Content-Language"] == language
    assert answer.json()["name"] == ["This field is required."] or language != "en"


def test_a_signed_in_browser_reads_the_api_in_the_language_of_its_pages(client: Client, login: Any) -> None:
    login("*")
    assert client.get("/api/dcim/sites/", headers={"Accept-Language": "en"})["Content-Language"] == "zh-hans"


@pytest.mark.parametrize("message", ["x" * 501, 7, ["x"], "a\x00b"])
def test_a_reason_that_the_trail_cannot_keep_is_refused_with_400(api: Any, message: Any) -> None:
    answer = api().post("/api/circuits/providers/", {"name": "a", "slug": "a", "changelog_message": message})
    assert answer.status_code == 400
    assert set(answer.json()) == {"changelog_message"}
    assert not Provider.objects.exists()


def test_the_openapi_document_lists_choices_bounds_and_refusals(api: Any) -> None:
    paths = json.loads(api().get("/api/schema/").content)["paths"]
    listed, single = paths["/api/circuits/circuits/"], paths["/api/circuits/circuits/{id}/"]
    parameters = {p["name"]: p["schema"] for p in listed["get"]["parameters"]}
    for name in ("status", "status__n"):
        assert set(parameters[name]["items"]["enum"]) == {*Circuit.Status.values, "null"}
    assert "password" not in {p["name"] for p in paths["/api/users/users/"]["get"]["parameters"]}
    for method in ("patch", "put", "delete"):
        body = listed[method]["requestBody"]["content"]["application/json"]["schema"]
        assert (body["minItems"], body["maxItems"]) == (1, 10_000)
    assert set(single["delete"]["responses"]) == {"204", "400", "403", "404", "409", "412", "415"}
    assert set(single["patch"]["responses"]) == {"200", "400", "403", "404", "412", "415"}
    assert set(listed["get"]["responses"]) == {"200", "400", "403", "414"}
