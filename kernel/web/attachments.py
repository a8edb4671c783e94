"""The documents of a row: listed on its page, attached by a form, saved, and removed with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel import attachments, policy
from kernel.derive.downloads import file_response
from kernel.models import Attachment
from kernel.registry import registry
from kernel.spec import Spec
from kernel.web.cells import url_of
from kernel.web.pages import SignedInView, SpecPage

_KINDS = {
    "application/pdf": "PDF",
    "application/ofd": "OFD",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "application/msword": "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.ms-excel": "Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "text/csv": "CSV",
    "text/plain": gettext_lazy("text"),
}


class AttachForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("file"), allow_empty_file=True)
    note = forms.CharField(
        label=gettext_lazy("remark"),
        required=False,
        max_length=attachments.LONGEST_NOTE,
        help_text=gettext_lazy("What it is, for example: signed contract, supplement 2."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "PDF, OFD, Word, Excel, WPS, PNG, JPEG, text or CSV; at most %(count)d MB."
        ) % {"count": settings.ATTACHMENT_MAX_MB}


def documents_of(spec: Spec, row: Any, user: Any) -> dict[str, Any] | None:
    """What `parts/attachments.html` shows; None for kinds of rows without documents."""
    if not spec.has_attachments:
        return None
    may_change = not spec.read_only and policy.visible(user, spec, action="change").filter(pk=row.pk).exists()
    found = attachments.of_row(row).select_related("uploaded_by").order_by("-uploaded_at", "-pk")
    return {
        "rows": [_shown(one, may_change) for one in found],
        "attach_url": reverse(f"{spec.route}-attach", args=[row.pk]) if may_change else "",
        "form": AttachForm(auto_id="doc_%s") if may_change else None,
    }


def _shown(one: Attachment, may_change: bool) -> dict[str, Any]:
    return {
        "name": one.name,
        "url": reverse("attachment", args=[one.pk]),
        "kind": _KINDS.get(one.content_type, one.content_type),
        "size": filesizeformat(one.size),
        "note": one.note,
        "who": one.uploaded_by.get_full_name() if one.uploaded_by else _("the system"),
        "at": one.uploaded_at,
        "digest": one.sha256,
        "remove_url": reverse("attachment-remove", args=[one.pk]) if may_change else "",
    }


class AttachPage(SpecPage):
    action = "change"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._shown(self.row(pk, "change"), AttachForm())

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.row(pk, "change")
        form = AttachForm(request.POST, request.FILES)
        if form.is_valid():
            upload = form.cleaned_data["file"]
            try:
                made = attachments.attach(
                    row,
                    name=upload.name,
                    content=attachments.read_bounded(upload),
                    note=form.cleaned_data["note"],
                    actor=request.user,
                    reason=request.POST.get("change_reason", ""),
                )
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                messages.success(request, _("Attached: %(name)s") % {"name": made.name})
                return redirect(f"{url_of(row)}#documents")
        return self._shown(row, form, 400)

    def _shown(self, row: Any, form: AttachForm, status: int = 200) -> HttpResponse:
        crumbs = self.crumbs((str(row), url_of(row)), (_("Attach a document"), ""))
        context = {
            "spec": self.spec,
            "object": row,
            "form": form,
            "crumbs": crumbs,
            "cancel_url": url_of(row),
            "reason": {"value": self.request.POST.get("change_reason", "")},
        }
        return TemplateResponse(self.request, "kernel/attachment_add.html", context, status=status)


class AttachmentView(SignedInView):
    """The file itself, for whoever may see the row."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        found = attachments.visible(request.user).filter(pk=pk).first()
        if found is None:
            raise Http404
        return file_response(found)


class RemoveAttachmentPage(SignedInView):
    def _found(self, pk: int) -> tuple[Attachment, Any]:
        found = attachments.visible(self.request.user).filter(pk=pk).first()
        if found is None:
            raise Http404
        try:
            spec, row = attachments.parent_of(found)
        except ObjectDoesNotExist as gone:
            raise Http404 from gone
        if not policy.visible(self.request.user, spec, action="change").filter(pk=row.pk).exists():
            raise PermissionDenied
        return found, row

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found, row = self._found(pk)
        spec = registry.of(row)
        context = {
            "attachment": _shown(found, True),
            "object": row,
            "spec": spec,
            "crumbs": [
                {"title": spec.title, "url": reverse(f"{spec.route}-list")},
                {"title": str(row), "url": url_of(row)},
                {"title": _("Remove a document"), "url": ""},
            ],
            "cancel_url": url_of(row),
        }
        return TemplateResponse(request, "kernel/attachment_remove.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        found, row = self._found(pk)
        attachments.remove(found, actor=request.user, reason=request.POST.get("change_reason", ""))
        messages.success(request, _("Removed: %(name)s") % {"name": found.name})
        return redirect(f"{url_of(row)}#documents")
