"""Documents of rows over REST: /api/extras/attachments/. Rights follow the row that a document belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import attachments, policy
from kernel.api.bodies import JsonBody
from kernel.api.views import API_VERSION, MAX_REASON, link, window
from kernel.derive.downloads import file_response
from kernel.models import Attachment
from kernel.registry import registry
from kernel.spec import Spec


class AttachmentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(read_only=True)
    url = serializers.URLField(read_only=True)
    display = serializers.CharField(read_only=True)
    object_type = serializers.CharField(read_only=True)
    object_id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    content_type = serializers.CharField(read_only=True)
    sha256 = serializers.CharField(read_only=True)
    note = serializers.CharField(read_only=True)
    uploaded_by = serializers.CharField(read_only=True, allow_null=True)
    uploaded_at = serializers.DateTimeField(read_only=True)
    download_url = serializers.URLField(read_only=True)


class AttachmentList(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = AttachmentSerializer(many=True)


class UploadSerializer(serializers.Serializer[Any]):
    object_type = serializers.CharField(max_length=100)
    object_id = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    file = serializers.FileField(allow_empty_file=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=attachments.LONGEST_NOTE)
    changelog_message = serializers.CharField(required=False, allow_blank=True, max_length=MAX_REASON)


class RemovalSerializer(serializers.Serializer[Any]):
    changelog_message = serializers.CharField(required=False, allow_blank=True, max_length=MAX_REASON)


class _AttachmentView(APIView):
    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["API-Version"] = API_VERSION
        return response

    def rows(self) -> QuerySet[Attachment]:
        return attachments.visible(self.request.user).select_related("uploaded_by")

    def found(self, pk: int) -> Attachment:
        row = self.rows().filter(pk=pk).first()
        if row is None:
            raise NotFound
        return row

    def shown(self, row: Attachment) -> dict[str, Any]:
        url = self.request.build_absolute_uri(f"/api/extras/attachments/{row.pk}/")
        return {
            "id": row.pk,
            "url": url,
            "display": row.name,
            "object_type": row.object_type,
            "object_id": row.object_id,
            "name": row.name,
            "size": row.size,
            "content_type": row.content_type,
            "sha256": row.sha256,
            "note": row.note,
            "uploaded_by": row.uploaded_by.username if row.uploaded_by else None,
            "uploaded_at": row.uploaded_at.isoformat(),
            "download_url": f"{url}download/",
        }


def _attachable(object_type: str) -> Spec:
    spec = registry.by_type(object_type)
    if spec is None or not spec.has_attachments:
        known = ", ".join(s.object_type for s in registry.all() if s.has_attachments)
        raise ValidationError({"object_type": [_("Documents hang on: %(names)s.") % {"names": known}]})
    return spec


class AttachmentsView(_AttachmentView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="extras_attachments_list",
        parameters=[
            OpenApiParameter("object_type", str),
            OpenApiParameter("object_id", int),
            OpenApiParameter("limit", int),
            OpenApiParameter("offset", int),
        ],
        responses=AttachmentList,
    )
    def get(self, request: Request) -> Response:
        rows = self.rows().order_by("-uploaded_at", "-pk")
        if object_type := request.query_params.get("object_type", ""):
            rows = rows.filter(object_type=_attachable(object_type).object_type)
        if number := request.query_params.get("object_id", ""):
            if not (number.isascii() and number.isdigit()) or len(number) > 18:
                raise ValidationError({"object_id": [_("Give a whole number from 0 on.")]})
            rows = rows.filter(object_id=int(number))
        limit, offset = window(request)
        count = rows.order_by().count()
        return Response(
            {
                "count": count,
                "next": link(request, limit, offset + limit) if offset + limit < count else None,
                "previous": link(request, limit, offset - limit) if offset > 0 else None,
                "results": [self.shown(row) for row in rows[offset : offset + limit]],
            }
        )

    @extend_schema(
        operation_id="extras_attachments_create",
        request={"multipart/form-data": UploadSerializer},
        responses={201: AttachmentSerializer},
    )
    def post(self, request: Request) -> Response:
        given = UploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        spec = _attachable(values["object_type"])
        row = policy.visible(request.user, spec, spec.model._base_manager.all()).filter(pk=values["object_id"]).first()
        if row is None:
            raise ValidationError({"object_id": [_("There is no row %(pk)s.") % {"pk": values["object_id"]}]})
        if spec.read_only:
            raise PermissionDenied
        made = attachments.attach(
            row,
            name=values["file"].name,
            content=attachments.read_bounded(values["file"]),
            note=values.get("note", ""),
            actor=request.user,
            reason=values.get("changelog_message", ""),
        )
        shown = self.shown(made)
        return Response(shown, status=201, headers={"Location": shown["url"]})


class AttachmentDetailView(_AttachmentView):
    parser_classes = [JsonBody]

    @extend_schema(operation_id="extras_attachments_retrieve", responses=AttachmentSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(self.shown(self.found(pk)))

    @extend_schema(operation_id="extras_attachments_destroy", request=RemovalSerializer, responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        found = self.found(pk)
        given = RemovalSerializer(data=request.data if isinstance(request.data, Mapping) else {})
        given.is_valid(raise_exception=True)
        try:
            attachments.remove(found, actor=request.user, reason=given.validated_data.get("changelog_message", ""))
        except ObjectDoesNotExist as gone:
            raise NotFound from gone
        return Response(status=204)


class AttachmentDownloadView(_AttachmentView):
    @extend_schema(operation_id="extras_attachments_download", responses={(200, "application/octet-stream"): bytes})
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        try:
            return file_response(self.found(pk))
        except Http404 as missing:
            raise NotFound from missing
