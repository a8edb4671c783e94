"""Documents of rows: who may see and change them follows the row. Every change is in the row's trail."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel import contents, policy, storage
from kernel.contents import RefusedContent
from kernel.models import Attachment, ChangeRecord
from kernel.pictures import change, current_request, scopes_of
from kernel.registry import registry
from kernel.spec import Spec

MAX_A_ROW = 100
LONGEST_NOTE = 200
ORPHAN_AGE_S = 3600.0
_CHUNK = 500


def visible(user: Any) -> QuerySet[Attachment]:
    """The documents of all rows that the user may see."""
    condition = Q(pk__in=[])
    for spec in registry.all():
        if not spec.has_attachments or not policy.can(user, "view", spec):
            continue
        of_kind = Q(object_type=spec.object_type)
        if policy.scope_filter(user, spec.permission("view"), spec.scope) is not None:
            rows = policy.visible(user, spec, spec.model._base_manager.all())
            of_kind &= Q(object_id__in=rows.order_by().values("pk"))
        condition |= of_kind
    return Attachment.objects.filter(condition)


def of_row(row: models.Model) -> QuerySet[Attachment]:
    spec = registry.of(row)
    return Attachment.objects.filter(object_type=spec.object_type, object_id=row.pk)


def parent_of(attachment: Attachment) -> tuple[Spec, Any]:
    """The row that a document belongs to. Raises ObjectDoesNotExist when it is gone."""
    spec = registry.by_type(attachment.object_type)
    if spec is None:
        raise ObjectDoesNotExist
    return spec, spec.model._base_manager.get(pk=attachment.object_id)


def read_bounded(upload: UploadedFile[Any]) -> bytes:
    """The content of an upload, one byte beyond the limit at most: `attach` then says that it is too large."""
    content: bytes = upload.read(settings.ATTACHMENT_MAX_MB * 1024 * 1024 + 1)
    return content


def attach(row: models.Model, *, name: str, content: bytes, actor: Any, note: str = "", reason: str = "") -> Attachment:
    """Raises RefusedContent, ValidationError, PermissionDenied and OutOfScope; then nothing is kept."""
    spec = registry.of(row)
    _require(spec, row, actor)
    kind = _checked(content, name)
    note = _checked_note(note)
    digest = storage.put(content)
    try:
        with transaction.atomic():
            _refuse_too_many(spec, row, digest)
            made = Attachment.objects.create(
                object_type=spec.object_type,
                object_id=row.pk,
                name=contents.harmless_name(name, kind),
                size=len(content),
                content_type=kind.content_type,
                sha256=digest,
                note=note,
                uploaded_by=actor,
            )
            _record([(spec, row, None, made)], actor=actor, reason=reason)
            # The cleaner may have met the file before its record was there.
            storage.put(content)
    except IntegrityError as refused:
        raise ValidationError({"file": [_("This document is attached already.")]}) from refused
    return made


def remove(attachment: Attachment, *, actor: Any, reason: str = "") -> None:
    """The file itself stays as long as another record refers to it; see `clean_orphans`."""
    spec, row = parent_of(attachment)
    _require(spec, row, actor)
    with transaction.atomic():
        _record([(spec, row, attachment, None)], actor=actor, reason=reason)
        Attachment.objects.filter(pk=attachment.pk).delete()


def going_with(going: Iterable[tuple[type[models.Model], Sequence[Any]]]) -> list[tuple[type[models.Model], list[Any]]]:
    """The documents that a deletion of these rows takes along."""
    found: list[Any] = []
    for model, rows in going:
        if model in registry and registry.of(model).has_attachments:
            found += _of_rows(registry.of(model), [row.pk for row in rows])
    return [(Attachment, found)] if found else []


def remove_with(spec: Spec, rows: Sequence[Any], *, actor: Any, reason: str) -> None:
    """The documents of rows that are being deleted, each with its record in the row's trail. One query a thousand."""
    if not spec.has_attachments:
        return
    by_pk = {row.pk: row for row in rows}
    found = _of_rows(spec, list(by_pk))
    if not found:
        return
    _record([(spec, by_pk[one.object_id], one, None) for one in found], actor=actor, reason=reason)
    for part in _parts([one.pk for one in found]):
        Attachment.objects.filter(pk__in=part).delete()


def clean_orphans(now: float = 0.0) -> int:
    """Delete files whose last record is gone, an hour after they were last written; returns how many."""

    def kept(digests: Collection[str]) -> set[str]:
        return set(Attachment.objects.filter(sha256__in=digests).values_list("sha256", flat=True))

    return storage.clean(kept, older_than_s=ORPHAN_AGE_S, now=now)


def _of_rows(spec: Spec, pks: list[int]) -> list[Attachment]:
    found: list[Attachment] = []
    for part in _parts(pks):
        found += Attachment.objects.filter(object_type=spec.object_type, object_id__in=part).order_by("pk")
    return found


def _parts(numbers: list[int]) -> Iterable[list[int]]:
    return (numbers[start : start + _CHUNK] for start in range(0, len(numbers), _CHUNK))


def _require(spec: Spec, row: models.Model, actor: Any) -> None:
    """Documents are a part of the row: adding and removing one changes it."""
    if not spec.has_attachments:
        raise PermissionDenied
    if actor is None:
        return
    if not policy.can(actor, "change", spec):
        raise PermissionDenied
    policy.require_in_scope(actor, "change", spec, [row.pk])


def _checked(content: bytes, name: str) -> contents.Kind:
    most = settings.ATTACHMENT_MAX_MB
    try:
        if not content:
            raise RefusedContent(_("The file is empty."))
        if len(content) > most * 1024 * 1024:
            raise RefusedContent(_("The file is larger than %(count)d MB; split or compress it.") % {"count": most})
        return contents.kind_of(content, name)
    except RefusedContent as refused:
        raise ValidationError({"file": [refused.message]}) from refused


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE or "\x00" in note:
        raise ValidationError({"note": [_("Give a text of at most %(count)d characters.") % {"count": LONGEST_NOTE}]})
    return note


def _refuse_too_many(spec: Spec, row: models.Model, digest: str) -> None:
    have = Attachment.objects.filter(object_type=spec.object_type, object_id=row.pk)
    if have.filter(sha256=digest).exists():
        raise ValidationError({"file": [_("This document is attached already.")]})
    if have.count() >= MAX_A_ROW:
        raise ValidationError({"file": [_("This row has %(count)d documents already.") % {"count": MAX_A_ROW}]})


def picture(attachment: Attachment) -> dict[str, Any]:
    """What the trail keeps of a document: enough to recognise the file itself."""
    return {
        "attachment": {
            "id": attachment.pk,
            "name": attachment.name,
            "size": attachment.size,
            "content_type": attachment.content_type,
            "sha256": attachment.sha256,
            "note": attachment.note,
        }
    }


_Step = tuple[Spec, Any, Attachment | None, Attachment | None]  # kind, row, the document before and after


def _record(steps: Sequence[_Step], *, actor: Any, reason: str) -> None:
    by_spec: dict[Spec, list[int]] = defaultdict(list)
    for spec, row, _before, _after in steps:
        by_spec[spec].append(row.pk)
    scopes = {spec: scopes_of(spec, set(pks)) for spec, pks in by_spec.items()}
    at, request_id = timezone.now(), current_request.get() or uuid.uuid4()
    ChangeRecord.objects.bulk_create(
        [
            change(
                spec,
                row,
                action=ChangeRecord.Action.UPDATE,
                before=picture(before) if before else {},
                after=picture(after) if after else {},
                actor=actor,
                reason=reason,
                scope=scopes[spec].get(row.pk, (None, "")),
                at=at,
                request_id=request_id,
            )
            for spec, row, before, after in steps
        ],
        batch_size=250,
    )
