"""The pages of every registered model, at the same paths as the API."""

from __future__ import annotations

from django.urls import URLPattern, path

from kernel.registry import Registry
from kernel.web.accounts import FirstPasswordPage, account_page
from kernel.web.attachments import AttachmentView, AttachPage, RemoveAttachmentPage
from kernel.web.deletions import BulkDeletePage, DeletePage
from kernel.web.details import DetailPage
from kernel.web.edits import AddPage, BulkEditPage, EditPage
from kernel.web.imports import ImportPage
from kernel.web.lists import ListPage, OptionsView
from kernel.web.search import SearchPage
from kernel.web.trail import HistoryPage, TrailPage

_READ = (
    ("", "list", ListPage),
    ("options/", "options", OptionsView),
    ("<int:pk>/", "detail", DetailPage),
    ("<int:pk>/history/", "history", HistoryPage),
)
_WRITE = (
    ("add/", "add", AddPage),
    ("import/", "import", ImportPage),
    ("edit/", "bulk-edit", BulkEditPage),
    ("delete/", "bulk-delete", BulkDeletePage),
    ("<int:pk>/edit/", "edit", EditPage),
    ("<int:pk>/delete/", "delete", DeletePage),
)


def web_urls(registry: Registry) -> list[URLPattern]:
    urls = [
        path("account/", account_page, name="account"),
        path("users/users/<int:pk>/password/", FirstPasswordPage.as_view(), name="first-password"),
        path("search/", SearchPage.as_view(), name="search"),
        path("attachments/<int:pk>/", AttachmentView.as_view(), name="attachment"),
        path("attachments/<int:pk>/remove/", RemoveAttachmentPage.as_view(), name="attachment-remove"),
        path("changes/", TrailPage.as_view(), name="changes"),
    ]
    for spec in registry.all():
        for tail, name, view in _READ if spec.read_only else (*_READ, *_WRITE):
            where = f"{spec.api[0]}/{spec.api[1]}/{tail}"
            urls.append(path(where, view.as_view(spec=spec), name=f"{spec.route}-{name}"))
        if spec.has_attachments and not spec.read_only:
            where = f"{spec.api[0]}/{spec.api[1]}/<int:pk>/attachments/"
            urls.append(path(where, AttachPage.as_view(spec=spec), name=f"{spec.route}-attach"))
    return urls
