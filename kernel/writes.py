"""The only place recorded rows are saved or deleted.

The "before" picture is read from the database under a row lock, so a change is recorded correctly whoever makes
it: a form, the API, an import, a task or a shell. One row is a set of one.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, cast

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kernel import attachments, integrity, policy
from kernel.errors import GuardedField, RowsRejected, StaleEdit, StillUsed
from kernel.models import ChangeRecord, writing
from kernel.pictures import change, changed_fields, current_request, picture, scopes_of
from kernel.ports import ports
from kernel.registry import registry
from kernel.spec import Spec

Row = TypeVar("Row", bound=models.Model)
_BATCH = 250
_NAMED = 20  # rows named when the database refuses a set; finding each costs a few more attempts


def save(row: Row, *, actor: Any, reason: str = "", approval: str = "", expected_version: int | None = None) -> Row:
    """Save one row; see `save_many`. Raises ValidationError with the row's own messages."""
    expected = {} if expected_version is None else {row.pk: expected_version}
    try:
        save_many([row], actor=actor, reason=reason, approval=approval, expected_versions=expected)
    except RowsRejected as rejected:
        raise ValidationError(dict(rejected.rows[0])) from rejected
    return row


def save_many(
    rows: Sequence[Row],
    *,
    actor: Any,
    reason: str = "",
    approval: str = "",
    expected_versions: Mapping[int, int] | None = None,
) -> list[Row]:
    """Save a set of rows of one model, new and changed ones mixed, all or nothing.

    `actor` None is the product itself. `approval` names the approved request that lets guarded fields change.
    Returns the rows that were written; a row equal to what is stored is left alone and leaves no record.
    Raises RowsRejected, StaleEdit, GuardedField, OutOfScope, PermissionDenied.
    """
    if not rows:
        return []
    spec = registry.of(type(rows[0]))
    with transaction.atomic(), writing():
        stored = _locked(spec, [row.pk for row in rows if not row._state.adding])
        _refuse_stale(rows, stored, expected_versions or {})
        before = {pk: picture(row) for pk, row in stored.items()}
        changed = [row for row in rows if row._state.adding or picture(row) != before.get(row.pk)]
        if not changed:
            return []
        is_new = {id(row): row._state.adding for row in changed}
        _require(actor, spec, is_new.values())
        if actor is not None:
            policy.require_in_scope(actor, "change", spec, [r.pk for r in changed if not is_new[id(r)]])
        with _positions_in(rows, changed):
            _check(changed)
            _refuse_guarded(spec, changed, before, approval)
            for gate in ports.gates:
                gate(spec, changed)
            _store(spec, changed, before)
        if actor is not None:
            for action, wanted in (("add", True), ("change", False)):
                pks = [row.pk for row in changed if is_new[id(row)] is wanted]
                policy.require_in_scope(actor, action, spec, pks)
        _record(spec, changed, before, is_new, actor=actor, reason=_why(reason, approval))
        _keep_invariants(spec, changed, actor)
    return changed


def delete(row: models.Model, *, actor: Any, reason: str = "", expected_version: int | None = None) -> None:
    delete_many([row], actor=actor, reason=reason, expected_versions={row.pk: expected_version or 0})


def delete_many(
    rows: Sequence[models.Model], *, actor: Any, reason: str = "", expected_versions: Mapping[int, int] | None = None
) -> None:
    """Delete rows of one model and what hangs on them, each with its own change record, all or nothing."""
    if not rows:
        return
    spec = registry.of(type(rows[0]))
    if actor is not None and not policy.can(actor, "delete", spec):
        raise PermissionDenied
    with transaction.atomic(), writing():
        stored = _locked(spec, [row.pk for row in rows])
        _refuse_stale(rows, stored, {pk: v for pk, v in (expected_versions or {}).items() if v})
        if actor is not None:
            policy.require_in_scope(actor, "delete", spec, list(stored))
            _refuse_guarded_deletion(spec, [stored[row.pk] for row in rows])
        collector = _collected(list(stored.values()), actor)
        _loosen(collector, actor=actor, reason=reason)
        records = []
        at, request_id = timezone.now(), current_request.get() or uuid.uuid4()
        for model, going in _going(collector):
            if model not in registry:
                continue
            going_spec = registry.of(model)
            attachments.remove_with(going_spec, going, actor=actor, reason=reason)
            scopes = scopes_of(going_spec, [row.pk for row in going])
            records += [
                change(
                    going_spec,
                    row,
                    action=ChangeRecord.Action.DELETE,
                    before=picture(row),
                    after=None,
                    actor=actor,
                    reason=reason,
                    scope=scopes.get(row.pk, (None, "")),
                    at=at,
                    request_id=request_id,
                )
                for row in going
            ]
        ChangeRecord.objects.bulk_create(records, batch_size=_BATCH)
        collector.delete()
        _keep_invariants(spec, [], actor)


def consequences(rows: Sequence[models.Model], actor: Any) -> list[tuple[type[models.Model], list[Any]]]:
    """What a deletion would take along, the rows themselves first. Raises StillUsed when others refer to them."""
    going = list(_going(_collected(list(rows), actor)))
    return [*going, *attachments.going_with(going)]


def _locked(spec: Spec, pks: Sequence[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    ordered = sorted(set(pks))
    for start in range(0, len(ordered), _BATCH):
        chunk = spec.model._base_manager.select_for_update().filter(pk__in=ordered[start : start + _BATCH])
        found.update({row.pk: row for row in chunk.order_by("pk")})
    return found


def _refuse_stale(rows: Sequence[Any], stored: Mapping[int, Any], expected: Mapping[int, int]) -> None:
    for row in rows:
        if row._state.adding:
            continue
        current = stored.get(row.pk)
        if current is None:
            raise StaleEdit(_("This row was deleted after you opened it; nothing was written."), current=None)
        wanted = expected.get(row.pk)
        if wanted is not None and current.version != wanted:
            raise StaleEdit(_("Somebody changed this row after you opened it; nothing was written."), current=current)


def _require(actor: Any, spec: Spec, new: Any) -> None:
    if actor is None:
        return
    for action in {"add" if is_new else "change" for is_new in new}:
        if not policy.can(actor, action, spec):
            raise PermissionDenied


@contextmanager
def _positions_in(rows: Sequence[Any], changed: Sequence[Any]) -> Iterator[None]:
    """Refusals name rows by their place among the changed ones; the caller knows them by their place in the set."""
    places = {id(row): place for place, row in enumerate(rows)}
    try:
        yield
    except RowsRejected as rejected:
        by_row = {places[id(changed[i])]: fields for i, fields in rejected.rows.items()}
        raise RowsRejected(rejected.message, by_row) from rejected
    except GuardedField as guarded:
        refusals = cast("dict[int, GuardedField]", guarded.details["rows"])
        guarded.details["rows"] = {places[id(changed[i])]: refusal for i, refusal in refusals.items()}
        raise


def _rejected(found: integrity.Problems) -> RowsRejected:
    message = ngettext(
        "%(count)d row is wrong; nothing was written.",
        "%(count)d rows are wrong; nothing was written.",
        len(found),
    ) % {"count": len(found)}
    return RowsRejected(message, found)


def _check(changed: Sequence[Any]) -> None:
    if found := integrity.problems(changed):
        raise _rejected(found)


def _refuse_guarded(spec: Spec, changed: Sequence[Any], before: Mapping[int, Any], approval: str) -> None:
    if not approval and spec.guards:
        _raise(_guard_refusal(spec, row, before.get(row.pk) if row.pk is not None else None) for row in changed)


def _refuse_guarded_deletion(spec: Spec, rows: Iterable[Any]) -> None:
    if any(guard.on_delete is not None for guard in spec.guards):
        _raise(_deletion_refusal(spec, row) for row in rows)


def _raise(said: Iterable[GuardedField | None]) -> None:
    """The refusal of the first row is raised; its `details["rows"]` holds that of every row, by position."""
    refusals = {position: refusal for position, refusal in enumerate(said) if refusal is not None}
    if refusals:
        first = next(iter(refusals.values()))
        raise GuardedField(first.message, **first.details, rows=refusals)


def _guard_refusal(spec: Spec, row: Any, old: Mapping[str, Any] | None) -> GuardedField | None:
    new = picture(row)
    touched = set(changed_fields(old if old is not None else picture(spec.model()), new))
    for guard in spec.guards:
        names = [n for n in guard.fields if spec.meta.get_field(n).attname in touched]
        if names and (guard.when is None or guard.when(old, new)):
            return GuardedField(str(guard.message), fields=names, request_kind=guard.request_kind)
    return None


def _deletion_refusal(spec: Spec, row: Any) -> GuardedField | None:
    for guard in spec.guards:
        if guard.on_delete is not None and guard.on_delete(picture(row)):
            return GuardedField(str(guard.message), fields=["non_field_errors"], request_kind=guard.request_kind)
    return None


def _store(spec: Spec, changed: Sequence[Any], before: Mapping[int, Any]) -> None:
    """The database has the last word; a set that it refuses is tried again by halves to name the rows at fault."""
    try:
        _write(spec, changed, before)
    except IntegrityError as refused:
        found: integrity.Problems = {}
        for position, error in islice(_refused(spec, changed, before), _NAMED):
            said = integrity.broken_constraints(changed[position])
            found[position] = said or {NON_FIELD_ERRORS: [_constraint_message(spec, error)]}
        if not found:  # they stand together when written one after the other, but not in this order
            raise ValidationError({NON_FIELD_ERRORS: [_constraint_message(spec, refused)]}) from refused
        raise _rejected(found) from refused


def _refused(
    spec: Spec, rows: Sequence[Any], before: Mapping[int, Any], start: int = 0
) -> Iterator[tuple[int, IntegrityError]]:
    """The rows that can't be written after those before them. What can be is left written: the caller rolls back."""
    try:
        _write(spec, rows, before)
    except IntegrityError as error:
        if len(rows) == 1:
            yield start, error
            return
        half = len(rows) // 2
        yield from _refused(spec, rows[:half], before, start)
        yield from _refused(spec, rows[half:], before, start + half)


def _write(spec: Spec, changed: Sequence[Any], before: Mapping[int, Any]) -> None:
    new = [row for row in changed if row._state.adding]
    try:
        with transaction.atomic():
            spec.model._base_manager.bulk_create(new, batch_size=_BATCH)
            _update([row for row in changed if row.pk in before], before, timezone.now())
    except IntegrityError:
        for row in new:  # their numbers were rolled back with them
            row.pk, row._state.adding = None, True
        raise


def _update(rows: Sequence[Any], before: Mapping[int, Any], now: dt.datetime) -> None:
    """Rows that get the same new values are one UPDATE; the others go by `bulk_update`."""
    alike: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        row.version += 1
        row.last_updated = now
        after = picture(row)
        alike[repr([(n, after[n]) for n in changed_fields(before[row.pk], after)])].append(row)
    for group in alike.values():
        names = changed_fields(before[group[0].pk], picture(group[0]))
        manager = type(group[0])._base_manager
        for start in range(0, len(group), _BATCH):
            part = group[start : start + _BATCH]
            values = {name: getattr(part[0], name) for name in names}
            manager.filter(pk__in=[r.pk for r in part]).update(
                **values, last_updated=now, version=models.F("version") + 1
            )


def _constraint_message(spec: Spec, refused: IntegrityError) -> str:
    """The model's own words for the constraint that the database named."""
    said = str(refused)
    for constraint in spec.meta.constraints:
        if constraint.name in said:
            return str(constraint.get_violation_error_message())
    return _("The database refused these values: they contradict another row.")


def _record(
    spec: Spec, rows: Sequence[Any], before: Mapping[int, Any], is_new: Mapping[int, bool], *, actor: Any, reason: str
) -> None:
    scopes = scopes_of(spec, [row.pk for row in rows])
    at, request_id = timezone.now(), current_request.get() or uuid.uuid4()
    ChangeRecord.objects.bulk_create(
        [
            change(
                spec,
                row,
                actor=actor,
                reason=reason,
                scope=scopes.get(row.pk, (None, "")),
                at=at,
                request_id=request_id,
                before=None if is_new[id(row)] else before[row.pk],
                after=picture(row),
                action=ChangeRecord.Action.CREATE if is_new[id(row)] else ChangeRecord.Action.UPDATE,
            )
            for row in rows
        ],
        batch_size=_BATCH,
    )


def _keep_invariants(spec: Spec, rows: Sequence[Any], actor: Any) -> None:
    if actor is not None:
        for invariant in ports.invariants:
            invariant(spec, rows)


def _why(reason: str, approval: str) -> str:
    return f"[{approval}] {reason}".strip() if approval else reason


def _collected(rows: Sequence[models.Model], actor: Any) -> Collector:
    collector = Collector(using="default", origin=rows[0])
    collector.can_fast_delete = lambda *args, **kwargs: False  # type: ignore[method-assign]  # every row is recorded
    try:
        collector.collect(rows)
    except (ProtectedError, RestrictedError) as refused:
        users = refused.args[1]
        raise StillUsed(
            ngettext(
                "%(count)d other row still refers to it; change or delete that one first.",
                "%(count)d other rows still refer to it; change or delete those first.",
                len(users),
            )
            % {"count": len(users)},
            protected=_named_to(actor, users),
        ) from refused
    return collector


def _named_to(actor: Any, rows: Iterable[Any]) -> list[str]:
    """The rows in words, without those that the actor may not see."""
    by_model: dict[type[models.Model], list[Any]] = defaultdict(list)
    for row in rows:
        by_model[type(row)].append(row)
    found = []
    for model, of in by_model.items():
        pks = {row.pk for row in of}
        if actor is not None and model in registry:
            visible = policy.visible(actor, registry.of(model), model._base_manager.filter(pk__in=pks))
            pks = set(visible.values_list("pk", flat=True))
        found += [f"{model._meta.verbose_name}: {row}" for row in of if row.pk in pks]
    return sorted(found)


def _going(collector: Collector) -> Iterator[tuple[type[models.Model], list[Any]]]:
    for model, rows in collector.data.items():
        yield model, sorted(rows, key=lambda row: row.pk)


def _loosen(collector: Collector, *, actor: Any, reason: str) -> None:
    """Rows that lose a reference by SET_NULL are changed rows; they get their record before the deletion."""
    for (field, value), sets in collector.field_updates.items():
        rows: list[Any] = [row for group in sets for row in cast("Iterable[Any]", group)]
        if rows and type(rows[0]) in registry:
            for row in rows:
                setattr(row, field.attname, value)
            save_many(rows, actor=None, reason=reason)
    collector.field_updates.clear()
