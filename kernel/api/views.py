"""The REST endpoints of one registered model, in NetBox's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed, NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from kernel import policy, writes
from kernel.api.bodies import JsonBody
from kernel.derive import filters
from kernel.derive.references import Resolver
from kernel.derive.rows import chosen, plan
from kernel.derive.serializers import Reader, assign, prefetch
from kernel.errors import StaleEdit
from kernel.pictures import current_request
from kernel.spec import Spec

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
MAX_BULK = 10_000
MAX_REASON = 500
_ACTIONS = {
    "GET": "view",
    "HEAD": "view",
    "OPTIONS": "view",
    "POST": "add",
    "PUT": "change",
    "PATCH": "change",
    "DELETE": "delete",
}
API_VERSION = "4.7"


class SpecView(APIView):
    """Rights, scope and the answer's shape; the subclasses add the verbs."""

    spec: Spec
    is_bulk = False
    parser_classes = [JsonBody]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        action = _ACTIONS.get(request.method or "")
        if action is None:
            raise MethodNotAllowed(request.method or "")
        if not policy.can(request.user, action, self.spec):
            raise PermissionDenied

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["API-Version"] = API_VERSION
        if (request_id := current_request.get()) is not None:
            response["X-Request-ID"] = str(request_id)
        return response

    @property
    def address(self) -> str:
        return self.request.build_absolute_uri("/api")

    def rows(self, action: str = "view") -> QuerySet[Any]:
        return policy.visible(self.request.user, self.spec, self.spec.queryset(), action)

    def names(self) -> tuple[str, ...]:
        params = self.request.query_params
        left_out = ",".join((params.get("exclude", ""), params.get("omit", "")))
        return chosen(
            self.spec,
            is_brief=params.get("brief", "").lower() in ("1", "true"),
            fields=[n for n in params.get("fields", "").split(",") if n],
            omit=[n for n in left_out.split(",") if n],
        )

    def shown(self, pks: list[int]) -> list[dict[str, Any]]:
        """Rows as they stand now, in the order of `pks`."""
        found: dict[int, dict[str, Any]] = {}
        for start in range(0, len(pks), 500):
            rows = self.spec.queryset().filter(pk__in=pks[start : start + 500])
            for row in plan(self.spec, chosen(self.spec)).read(rows, self.address):
                found[row["id"]] = row
        return [found[pk] for pk in pks if pk in found]

    def reason(self) -> str:
        data = self.request.data
        said = data.get("changelog_message") or "" if isinstance(data, Mapping) else ""
        if not isinstance(said, str) or len(said) > MAX_REASON or "\x00" in said:
            refused = _("Give a text of at most %(count)d characters.") % {"count": MAX_REASON}
            raise ValidationError({"changelog_message": [refused]})
        return said

    def read(self, data: Any, row: Any = None, *, partial: bool = False, reader: Reader | None = None) -> Any:
        """One row's values read onto it. Raises the serializer's ValidationError."""
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": [_("Give an object with the row's fields.")]})
        values = (reader or Reader(self.spec, Resolver(self.request.user))).read(data, partial=partial)
        return assign(row if row is not None else self.spec.model(), values)


def window(request: Request) -> tuple[int, int]:
    """The limit and the offset that the caller asks for."""
    found = []
    for name, default in (("limit", DEFAULT_LIMIT), ("offset", 0)):
        text = request.query_params.get(name, "") or str(default)
        if not (text.isascii() and text.isdigit()) or len(text) > 12:
            raise ValidationError({name: [_("Give a whole number from 0 on.")]})
        found.append(int(text))
    limit, offset = found
    return min(limit or MAX_LIMIT, MAX_LIMIT), offset


def link(request: Request, limit: int, offset: int) -> str:
    """The same list at another place."""
    address = replace_query_param(request.build_absolute_uri(), "limit", limit)
    if offset <= 0:
        return remove_query_param(address, "offset")
    return replace_query_param(address, "offset", offset)


class ListView(SpecView):
    """List and create; with a list as body, create, change and delete many, all or nothing."""

    def get(self, request: Request) -> Response:
        spec = self.spec
        rows = filters.apply(spec, self.rows(), request.query_params)
        limit, offset = window(request)
        count = rows.order_by().count()
        page = filters.ordered(spec, rows, request.query_params.get("ordering", ""))[offset : offset + limit]
        return Response(
            {
                "count": count,
                "next": link(request, limit, offset + limit) if offset + limit < count else None,
                "previous": link(request, limit, offset - limit) if offset > 0 else None,
                "results": plan(spec, self.names()).read(page, self.address),
            }
        )

    def post(self, request: Request) -> Response:
        if isinstance(request.data, list):
            return self._create_many(request.data)
        row = self.read(request.data)
        writes.save_many([row], actor=request.user, reason=self.reason())
        shown = self.shown([row.pk])[0]
        return Response(shown, status=201, headers={"Location": shown["url"], "ETag": f'"{row.version}"'})

    def _listed(self, data: Any) -> list[Any]:
        self.is_bulk = True
        if not isinstance(data, list) or not data:
            raise ValidationError({"non_field_errors": [_("Give a list of objects.")]})
        if len(data) > MAX_BULK:
            raise ValidationError({"non_field_errors": [_("At most %(count)d rows at once.") % {"count": MAX_BULK}]})
        return data

    def _create_many(self, data: list[Any]) -> Response:
        rows = self._read_many(self._listed(data), {}, partial=False)
        writes.save_many(rows, actor=self.request.user)
        return Response(self.shown([row.pk for row in rows]), status=201)

    def _read_many(self, data: list[Any], stored: Mapping[int, Any], *, partial: bool) -> list[Any]:
        resolver = Resolver(self.request.user)
        prefetch(self.spec, resolver, data)
        reader = Reader(self.spec, resolver)
        rows: list[Any] = []
        errors: list[Any] = []
        for item in data:
            try:
                row = stored[item["id"]] if stored else None
                rows.append(self.read(item, row, partial=partial, reader=reader))
                errors.append({})
            except ValidationError as refused:
                errors.append(refused.detail)
        if any(errors):
            raise ValidationError(errors)
        return rows

    def _stored(self, data: list[Any], action: str) -> dict[int, Any]:
        ids = [item.get("id") if isinstance(item, Mapping) else None for item in data]
        if not all(isinstance(i, int) and not isinstance(i, bool) and 0 < i < 2**63 for i in ids):
            raise ValidationError({"id": [_("Each object needs the number of its row.")]})
        if len(set(ids)) != len(ids):
            raise ValidationError({"id": [_("One row is named twice.")]})
        found: dict[int, Any] = {}
        for start in range(0, len(ids), 500):
            found.update({row.pk: row for row in self.rows(action).filter(pk__in=ids[start : start + 500])})
        missing = [i for i in ids if i not in found]
        if missing:
            raise ValidationError({"id": [_("There is no row %(pk)s.") % {"pk": missing[0]}]})
        return found

    def _change_many(self, request: Request, *, partial: bool) -> Response:
        data = self._listed(request.data)
        stored = self._stored(data, "change")
        rows = self._read_many(data, stored, partial=partial)
        writes.save_many(rows, actor=request.user)
        return Response(self.shown([row.pk for row in rows]))

    def put(self, request: Request) -> Response:
        return self._change_many(request, partial=False)

    def patch(self, request: Request) -> Response:
        return self._change_many(request, partial=True)

    def delete(self, request: Request) -> Response:
        data = self._listed(request.data)
        stored = self._stored(data, "delete")
        writes.delete_many(list(stored.values()), actor=request.user)
        return Response(status=204)


class DetailView(SpecView):
    """One row: read, replace, change, delete. `If-Match` with the answer's ETag refuses a stale edit (412)."""

    def _row(self, pk: int, action: str) -> Any:
        row = self.rows(action).filter(pk=pk).first()
        if row is None:
            # Seen but not changeable is "not yours"; not seen is "not there".
            if action != "view" and self.rows("view").filter(pk=pk).exists():
                raise PermissionDenied
            raise NotFound
        return row

    def _expected(self, request: Request) -> int | None:
        text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        if not text or text == "*":
            return None
        if not text.isascii() or not text.isdigit():
            raise StaleEdit(_("If-Match is not an ETag of this API."), current=None)
        return int(text[:18])

    def get(self, request: Request, pk: int) -> Response:
        rows = self.rows().filter(pk=pk)
        names = self.names()
        found = plan(self.spec, names).read(rows, self.address)
        if not found:
            raise NotFound
        version = rows.values_list("version", flat=True)[0] if self.spec.field("version") else 1
        return Response(found[0], headers={"ETag": f'"{version}"'})

    def _change(self, request: Request, pk: int, *, partial: bool) -> Response:
        row = self.read(request.data, self._row(pk, "change"), partial=partial)
        expected = self._expected(request)
        versions = {} if expected is None else {row.pk: expected}
        with transaction.atomic():
            writes.save_many([row], actor=request.user, reason=self.reason(), expected_versions=versions)
        return Response(self.shown([row.pk])[0], headers={"ETag": f'"{row.version}"'})

    def put(self, request: Request, pk: int) -> Response:
        return self._change(request, pk, partial=False)

    def patch(self, request: Request, pk: int) -> Response:
        return self._change(request, pk, partial=True)

    def delete(self, request: Request, pk: int) -> Response:
        row = self._row(pk, "delete")
        writes.delete(row, actor=request.user, reason=self.reason(), expected_version=self._expected(request))
        return Response(status=204)


class ReadOnlyListView(ListView):
    http_method_names = ["get", "head", "options"]


class ReadOnlyDetailView(DetailView):
    http_method_names = ["get", "head", "options"]
