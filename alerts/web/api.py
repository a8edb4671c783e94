"""The one act on an alert, for programs: POST /api/alerts/alerts/<number>/acknowledge/."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerts.models import Alert
from alerts.services import LONGEST_HOURS, LONGEST_NOTE, acknowledge
from kernel import policy
from kernel.api.bodies import JsonBody
from kernel.registry import registry


class AcknowledgeInput(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=LONGEST_NOTE)
    hours = serializers.IntegerField(min_value=1, max_value=LONGEST_HOURS, required=False, allow_null=True)


class AcknowledgeAnswer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    state = serializers.CharField()
    acknowledged_by = serializers.CharField()
    acknowledged_at = serializers.DateTimeField()
    acknowledged_until = serializers.DateTimeField(allow_null=True)


class AcknowledgeView(APIView):
    """Say that somebody is on it."""

    parser_classes = [JsonBody]

    @extend_schema(operation_id="alerts_alerts_acknowledge", request=AcknowledgeInput, responses=AcknowledgeAnswer)
    def post(self, request: Request, pk: int) -> Response:
        spec = registry.of(Alert)
        alert = policy.visible(request.user, spec, Alert.objects.all()).filter(pk=pk).first()
        if alert is None:
            raise Http404
        given = AcknowledgeInput(data=request.data)
        given.is_valid(raise_exception=True)
        values = given.validated_data
        row = acknowledge(alert, actor=request.user, note=values["note"], hours=values.get("hours"))
        return Response(AcknowledgeAnswer(row).data)


@dataclass(frozen=True)
class Extra:
    path: str
    view: type[APIView]
    name: str


ALERT_API = (Extra("<int:pk>/acknowledge/", AcknowledgeView, "api-alerts-alert-acknowledge"),)
