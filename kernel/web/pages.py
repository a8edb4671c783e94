"""What the pages of every model share: rights, scope, crumbs and template choice."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views import View

from kernel import policy
from kernel.derive.keys import named
from kernel.spec import Spec


class SignedInView(AccessMixin, View):
    """Somebody must be signed in; `permission` (when set) must be among what their roles allow."""

    permission = ""
    is_for_everybody = False  # opens even before somebody has replaced the password they were given

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        if request.user.must_change_password and not self.is_for_everybody:
            return redirect("account")
        if self.permission and not policy.has_permission(request.user, self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class SpecPage(SignedInView):
    spec: Spec = None  # type: ignore[assignment]  # given by `as_view`
    action = "view"
    template = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not policy.can(request.user, self.action, self.spec):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def page(self, status: int = 200, **context: Any) -> TemplateResponse:
        """A model's own template, when it has one, else the one derived for all."""
        names = [
            f"{self.spec.section}/{self.spec.meta.model_name}_{self.template}.html",
            f"kernel/object_{self.template}.html",
        ]
        return TemplateResponse(self.request, names, {"spec": self.spec, **context}, status=status)

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"{self.spec.route}-{name}", args=args)

    def may(self, action: str) -> bool:
        return policy.can(self.request.user, action, self.spec) and (action == "view" or not self.spec.read_only)

    def rows(self, action: str = "view") -> QuerySet[Any]:
        return named(self.spec, policy.visible(self.request.user, self.spec, action=action))

    def row(self, pk: int, action: str = "view") -> Any:
        """404 for what isn't there or isn't the reader's to see; 403 for what they see but may not change."""
        found = self.rows(action).filter(pk=pk).first()
        if found is None:
            if action != "view" and self.rows("view").filter(pk=pk).exists():
                raise PermissionDenied
            raise Http404
        return found

    def crumbs(self, *titles: tuple[str, str]) -> list[dict[str, str]]:
        first = {"title": self.spec.title, "url": self.url("list")}
        return [first, *({"title": title, "url": url} for title, url in titles)]


def whole_number(text: str | None, default: int, low: int, high: int) -> int:
    """A number from a query string, held within bounds; nonsense is the default."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 12:
        return default
    return min(max(int(text), low), high)
