"""The API's addresses: every registered model at its path, the roots, status and the OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularJSONAPIView

from kernel.api.attachments import AttachmentDetailView, AttachmentDownloadView, AttachmentsView
from kernel.api.roots import ApiRoot, SectionRoot, Status
from kernel.api.views import DetailView, ListView, ReadOnlyDetailView, ReadOnlyListView
from kernel.registry import Registry
from kernel.spec import Spec


def _views(spec: Spec) -> tuple[type[Any], type[Any]]:
    pair = (ReadOnlyListView, ReadOnlyDetailView) if spec.read_only else (ListView, DetailView)
    name = spec.model.__name__
    listed, single = (type(f"{name}{base.__name__}", (base,), {"spec": spec, "__doc__": base.__doc__}) for base in pair)
    return listed, single


def api_urls(registry: Registry) -> list[URLPattern]:
    urls = [
        path("", ApiRoot.as_view(), name="api-root"),
        path("status/", Status.as_view(), name="api-status"),
        path("schema/", SpectacularJSONAPIView.as_view(), name="api-schema"),
        path("extras/attachments/", AttachmentsView.as_view(), name="api-attachments"),
        path("extras/attachments/<int:pk>/", AttachmentDetailView.as_view(), name="api-attachment"),
        path("extras/attachments/<int:pk>/download/", AttachmentDownloadView.as_view(), name="api-attachment-download"),
    ]
    sections: dict[str, list[Spec]] = {"extras": []}
    for spec in registry.all():
        sections.setdefault(spec.section, []).append(spec)
        listed, single = _views(spec)
        where = f"{spec.api[0]}/{spec.api[1]}/"
        urls.append(path(where, listed.as_view(), name=f"api-{spec.route}-list"))
        urls.append(path(f"{where}<int:pk>/", single.as_view(), name=f"api-{spec.route}-detail"))
        urls += [path(where + extra.path, extra.view.as_view(), name=extra.name) for extra in spec.api_extra]
    urls += [
        path(f"{section}/", SectionRoot.as_view(section=section), name=f"api-{section}-root") for section in sections
    ]
    return urls
