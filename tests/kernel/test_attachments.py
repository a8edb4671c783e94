"""Documents of rows: kept by content, served to be saved, with the rights and in the trail of their row."""

from __future__ import annotations

import io
import json
import stat
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from inventory.models import Circuit, LineContract, Provider, Tenant
from kernel import attachments, contents, storage, writes
from kernel.contents import RefusedContent
from kernel.errors import StillUsed
from kernel.models import Attachment, ChangeRecord
from tests.samples import make, one

pytestmark = pytest.mark.django_db(databases="__all__")
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
API = "/api/extras/attachments/"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def ole(*streams: str) -> bytes:
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + b"".join(f"{s}\0".encode("utf-16-le") for s in streams)


def upload(name: str = "contract.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def attach_url(row: Any) -> str:
    return reverse("network-linecontract-attach", args=[row.pk])


@pytest.mark.parametrize(
    ("content", "name", "content_type", "kept_as"),
    [
        (PDF, "a.pdf", "application/pdf", "a.pdf"),
        (PDF, "a.exe", "application/pdf", "a.exe.pdf"),
        (PNG, "照片.PNG", "image/png", "照片.PNG"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 9, "a.jpeg", "image/jpeg", "a.jpeg"),
        (packed("[Content_Types].xml", "word/document.xml"), "a.docx", contents.DOCX.content_type, "a.docx"),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "a.docx", contents.XLSX.content_type, "a.docx.xlsx"),
        (packed("OFD.xml", "Doc_0/Document.xml"), "红头文件.ofd", "application/ofd", "红头文件.ofd"),
        (ole("WordDocument"), "a.wps", "application/msword", "a.wps"),
        (ole("Workbook"), "a.et", "application/vnd.ms-excel", "a.et"),
        ("月租,元\n宽带,100".encode("gb18030"), "费用.csv", "text/csv", "费用.csv"),
        (b"del *.*", "run.bat", "text/plain", "run.bat.txt"),
        (b"<script>1</script>", "..\\..\\evil.html", "text/plain", "evil.html.txt"),
        (PDF, "x\u202efdp.exe", "application/pdf", "xfdp.exe.pdf"),
    ],
)
def test_a_file_is_known_by_its_content_and_named_after_it(
    content: bytes, name: str, content_type: str, kept_as: str
) -> None:
    kind = contents.kind_of(content, name)
    assert (kind.content_type, contents.harmless_name(name, kind)) == (content_type, kept_as)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"\x7fELF\x02\x01\x01\x00",
        packed("a.exe"),
        packed("word/document.xml", "word/vbaProject.bin"),
        ole("WordDocument", "_VBA_PROJECT"),
        ole("SomethingElse"),
        b"PK\x03\x04 cut off",
        b"\x00\x01\x02\x03",
    ],
)
def test_programs_archives_and_macros_are_refused_whatever_their_name(content: bytes) -> None:
    with pytest.raises(RefusedContent):
        contents.kind_of(content, "contract.pdf")


def test_a_document_is_attached_listed_saved_and_removed_on_the_page_of_its_row(client: Client, login: Any) -> None:
    contract = make(LineContract)
    user = login("*")
    page = reverse("network-linecontract-detail", args=[contract.pk])
    answer = client.post(attach_url(contract), {"file": upload("合同.pdf"), "note": "signed"})
    assert answer.status_code == 302
    shown = client.get(page).content.decode()
    assert "合同.pdf" in shown
    assert "signed" in shown
    found = Attachment.objects.get()
    saved = client.get(reverse("attachment", args=[found.pk]))
    assert b"".join(saved.streaming_content) == PDF
    assert saved["Content-Type"] == "application/pdf"
    assert saved["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in saved["Content-Security-Policy"]
    remove = reverse("attachment-remove", args=[found.pk])
    assert "合同.pdf" in client.get(remove).content.decode()
    assert client.post(remove, {"change_reason": "superseded"}).status_code == 302
    assert not Attachment.objects.exists()
    records = ChangeRecord.objects.filter(object_type="network.linecontract", object_id=contract.pk).order_by("pk")
    assert [(r.action, r.actor_id, r.reason) for r in records][1:] == [
        ("update", user.pk, ""),
        ("update", user.pk, "superseded"),
    ]
    assert records[1].after["attachment"]["sha256"] == found.sha256
    changes = client.get(reverse("network-linecontract-history", args=[contract.pk])).context["changes"]
    assert [[(row["before"], row["after"]) for row in change["rows"]] for change in changes[:2]] == [
        [("合同.pdf", "")],
        [("", "合同.pdf")],
    ]


def test_a_refused_file_is_explained_beside_its_field_and_leaves_nothing(client: Client, login: Any) -> None:
    contract = make(LineContract)
    login("*")
    answer = client.post(attach_url(contract), {"file": upload("a.pdf", packed("a.exe")), "note": "kept"})
    assert answer.status_code == 400
    assert "file" in answer.context["form"].errors
    assert "kept" in answer.content.decode()
    assert not Attachment.objects.exists()
    assert client.post(attach_url(contract), {}).status_code == 400
    with override_settings(ATTACHMENT_MAX_MB=1):
        large = client.post(attach_url(contract), {"file": upload("a.pdf", PDF + b" " * 1024 * 1024)})
    assert "1 MB" in str(large.context["form"].errors["file"])
    assert client.post(attach_url(contract), {"file": upload("a.pdf", b"")}).status_code == 400
    assert client.post(attach_url(contract), {"file": upload()}).status_code == 302
    again = client.post(attach_url(contract), {"file": upload("other.pdf")})
    assert again.status_code == 400  # the same content twice on one row


def test_a_body_beyond_any_limit_is_refused_before_it_is_read(client: Client, login: Any) -> None:
    contract = make(LineContract)
    login("*")
    with override_settings(ATTACHMENT_MAX_MB=1):
        answer = client.post(
            attach_url(contract), {"file": upload()}, headers={"Content-Length": str(500 * 1024 * 1024)}
        )
    assert answer.status_code == 400
    assert not Attachment.objects.exists()


def test_rights_follow_the_row(client: Client, login: Any) -> None:
    own, other = make(LineContract, 1), make(LineContract, 2)
    for row in (own, other):
        attachments.attach(row, name="a.pdf", content=PDF, actor=None)
    mine, theirs = (attachments.of_row(row).get() for row in (own, other))
    login("network.view_linecontract", tenant=own.payer)
    assert client.get(reverse("attachment", args=[mine.pk])).status_code == 200
    assert client.get(reverse("attachment", args=[theirs.pk])).status_code == 404
    assert client.get(reverse("attachment-remove", args=[mine.pk])).status_code == 403
    assert client.post(reverse("attachment-remove", args=[mine.pk])).status_code == 403
    assert client.post(reverse("attachment-remove", args=[theirs.pk])).status_code == 404
    assert client.post(attach_url(own), {"file": upload("b.png", PNG)}).status_code == 403
    assert "id_file" not in client.get(reverse("network-linecontract-detail", args=[own.pk])).content.decode()
    login("network.view_linecontract", "network.change_linecontract", tenant=own.payer)
    assert client.post(attach_url(own), {"file": upload("b.png", PNG)}).status_code == 302
    assert client.post(attach_url(other), {"file": upload("b.png", PNG)}).status_code == 404
    assert client.post(reverse("attachment-remove", args=[mine.pk])).status_code == 302
    login()
    assert client.get(reverse("attachment", args=[theirs.pk])).status_code == 404
    client.logout()
    assert client.get(reverse("attachment", args=[theirs.pk])).status_code == 302


def test_equal_files_are_kept_once_and_the_last_record_takes_the_file_along() -> None:
    first, second = make(LineContract, 1), make(Circuit, 2)
    for row in (first, second):
        attachments.attach(row, name="a.pdf", content=PDF, actor=None)
    digest = Attachment.objects.values_list("sha256", flat=True).distinct().get()
    path = storage.path_of(digest)
    assert path.read_bytes() == PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    later = time.time() + 2 * attachments.ORPHAN_AGE_S
    attachments.remove(attachments.of_row(first).get(), actor=None)
    assert attachments.clean_orphans(later) == 0
    attachments.remove(attachments.of_row(second).get(), actor=None)
    assert attachments.clean_orphans() == 0  # young: its record may be on its way
    assert attachments.clean_orphans(later) == 1
    assert not path.exists()


def test_deleting_a_row_names_and_takes_its_documents(client: Client, login: Any) -> None:
    contract = make(LineContract)
    attachments.attach(contract, name="scan.pdf", content=PDF, actor=None)
    login("*")
    delete = reverse("network-linecontract-delete", args=[contract.pk])
    assert "scan.pdf" in client.get(delete).content.decode()
    assert client.post(delete, {"change_reason": "over"}).status_code == 302
    assert not Attachment.objects.exists()
    records = ChangeRecord.objects.filter(object_type="network.linecontract", object_id=contract.pk).order_by("-pk")
    assert [(r.action, r.reason) for r in records[:2]] == [("delete", "over"), ("update", "over")]
    assert records[1].before["attachment"]["name"] == "scan.pdf"


def test_rows_of_kinds_without_documents_take_none(api: Any) -> None:
    with pytest.raises(PermissionDenied):
        attachments.attach(one(Provider), name="a.pdf", content=PDF, actor=None)
    program = api()
    answer = program._client.post(
        API, {"object_type": "circuits.provider", "object_id": one(Provider).pk, "file": upload()}
    )
    assert answer.status_code == 400
    assert "object_type" in answer.json()


def test_the_api_lists_uploads_downloads_and_removes(api: Any) -> None:
    contract = make(LineContract)
    program = api()
    values = {"object_type": "network.linecontract", "object_id": contract.pk}
    made = program._client.post(API, {**values, "file": upload(), "note": "n", "changelog_message": "why"})
    assert made.status_code == 201, made.content
    row = made.json()
    assert row["content_type"] == "application/pdf"
    assert program.get(API, values).json()["results"] == [row]
    assert program.get(API, {**values, "object_id": contract.pk + 1}).json()["count"] == 0
    assert program.get(API, {"object_id": "x"}).status_code == 400
    assert program.get(API, {"object_type": "x"}).status_code == 400
    assert program.get(f"{API}{row['id']}/").json() == row
    assert b"".join(program.get(f"{API}{row['id']}/download/").streaming_content) == PDF
    refused = program._client.post(API, {**values, "file": upload("a.pdf", b"MZ\0")})
    assert refused.status_code == 400
    assert "file" in refused.json()
    gone = program.delete(f"{API}{row['id']}/", json.dumps({"changelog_message": "over"}))
    assert gone.status_code == 204
    assert program.get(f"{API}{row['id']}/").status_code == 404
    reasons = ChangeRecord.objects.filter(object_type="network.linecontract").order_by("pk").values_list("reason")
    assert [r for (r,) in reasons][-2:] == ["why", "over"]


def test_the_api_keeps_to_the_rights_on_the_row(api: Any, client: Client) -> None:
    own, other = make(LineContract, 1), make(LineContract, 2)
    for row in (own, other):
        attachments.attach(row, name="a.pdf", content=PDF, actor=None)
    theirs = attachments.of_row(other).get()
    assert client.get(API).status_code == 403
    reader = api("network.view_linecontract", tenant=own.payer)
    assert [r["object_id"] for r in reader.get(API).json()["results"]] == [own.pk]
    assert reader.get(f"{API}{theirs.pk}/").status_code == 404
    assert reader.get(f"{API}{theirs.pk}/download/").status_code == 404
    assert reader.delete(f"{API}{theirs.pk}/").status_code == 404
    assert reader.delete(f"{API}{attachments.of_row(own).get().pk}/").status_code == 403
    for row, status in ((own, 403), (other, 400)):
        values = {"object_type": "network.linecontract", "object_id": row.pk, "file": upload("b.png", PNG)}
        assert reader._client.post(API, values).status_code == status
    assert api("nothing.at_all").get(API).json()["count"] == 0


def test_a_list_of_documents_costs_the_same_queries_whatever_its_length(
    api: Any, django_assert_max_num_queries: Any
) -> None:
    tenant = one(Tenant)
    for n in range(1, 6):
        attachments.attach(make(LineContract, n, payer=tenant), name="a.pdf", content=PDF, actor=None)
    reader = api("network.view_linecontract", tenant=tenant)
    with django_assert_max_num_queries(8):
        assert reader.get(API).json()["count"] == 5


def test_a_deleted_account_of_an_uploader_is_refused(make_user: Any) -> None:
    contract, user = make(LineContract), make_user("*")
    attachments.attach(contract, name="a.pdf", content=PDF, actor=user)
    with pytest.raises(StillUsed):
        writes.delete(user, actor=None)
