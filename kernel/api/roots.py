"""What the API offers: its sections, the models of each, and the versions it runs on."""

from __future__ import annotations

import platform
from typing import Any

import django
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import policy
from kernel.api.views import API_VERSION
from kernel.registry import registry

_FREE_FORM: Any = {200: {"type": "object", "additionalProperties": {"type": "string"}}}


class _Root(APIView):
    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["API-Version"] = API_VERSION
        return response


class ApiRoot(_Root):
    @extend_schema(responses=_FREE_FORM)
    def get(self, request: Request) -> Response:
        sections = sorted({spec.section for spec in registry.all()} | {"extras", "status", "schema"})
        return Response({s: request.build_absolute_uri(f"/api/{s}/") for s in sections})


class SectionRoot(_Root):
    section = ""

    @extend_schema(responses=_FREE_FORM)
    def get(self, request: Request) -> Response:
        found = [s for s in registry.all() if s.section == self.section and policy.can(request.user, "view", s)]
        paths = [s.api[1] for s in found] + (["attachments"] if self.section == "extras" else [])
        return Response({path: request.build_absolute_uri(f"/api/{self.section}/{path}/") for path in paths})


class Status(_Root):
    @extend_schema(responses={200: {"type": "object", "additionalProperties": True}})
    def get(self, request: Request) -> Response:
        return Response(
            {
                "django-version": django.get_version(),
                "netbox-version": "4.7.3",
                "python-version": platform.python_version(),
                "plugins": {},
            }
        )
