"""My account: the own password and API tokens; and, for who manages accounts, a first password for somebody else."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from kernel import accounts, policy
from kernel.derive.forms import styled
from kernel.models import User
from kernel.registry import registry
from kernel.web.pages import SignedInView

_LASTS = (
    ("30", gettext_lazy("30 days")),
    ("365", gettext_lazy("one year")),
    ("", gettext_lazy("until it is revoked")),
)


class TokenForm(forms.Form):
    description = forms.CharField(
        label=gettext_lazy("what it is for"),
        max_length=200,
        help_text=gettext_lazy("For example: Ansible on the jump host."),
    )
    is_writable = forms.BooleanField(label=gettext_lazy("may write"), required=False)
    days = forms.ChoiceField(label=gettext_lazy("valid for"), choices=_LASTS, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        styled(self)


class AccountPage(SignedInView):
    """GET shows it; a POST's `do` says what is wanted: password, token or revoke."""

    is_for_everybody = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        wanted = {"password": self._change_password, "token": self._issue_token, "revoke": self._revoke_token}
        handler = wanted.get(request.POST.get("do", ""))
        if handler is None:
            raise Http404
        return handler(request)

    def _page(self, status: int = 200, **context: Any) -> HttpResponse:
        user: Any = self.request.user
        context.setdefault("password_form", _password_form(user))
        context.setdefault("token_form", TokenForm(initial={"days": "365"}))
        shown = {"roles": policy.roles_of(user), "tokens": user.tokens.order_by("-created"), **context}
        return TemplateResponse(self.request, "kernel/account.html", shown, status=status)

    def _change_password(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        form = _password_form(user, request.POST)
        if not form.is_valid():
            return self._page(status=400, password_form=form)
        accounts.change_own_password(user, form.cleaned_data["new_password1"])
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Other sessions of yours are signed out."))
        return redirect("account")

    def _issue_token(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST)
        if not form.is_valid():
            return self._page(status=400, token_form=form)
        said = form.cleaned_data
        token, key = accounts.issue_token(
            request.user,  # type: ignore[arg-type]  # signed in
            description=said["description"],
            is_writable=said["is_writable"],
            days=int(said["days"]) if said["days"] else None,
        )
        return self._page(new_token=token, new_key=key)  # no redirect: the key is kept nowhere

    def _revoke_token(self, request: HttpRequest) -> HttpResponse:
        text = request.POST.get("token", "")
        pk = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        if not accounts.revoke_token(request.user, pk):  # type: ignore[arg-type]  # signed in
            raise Http404
        messages.success(request, _("The token is revoked; programs that use it are refused from now on."))
        return redirect("account")


def _password_form(user: Any, data: Any = None) -> PasswordChangeForm:
    form: PasswordChangeForm = PasswordChangeForm(user, data)
    styled(form)
    return form


class FirstPasswordPage(SignedInView):
    """A new first password for another account, shown once to who asked for it."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, self._user(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = self._user(pk)
        return self._page(request, user, password=accounts.give_password(user, actor=request.user))

    def _user(self, pk: int) -> User:
        spec = registry.of(User)
        if not policy.can(self.request.user, "change", spec):
            raise PermissionDenied
        found = policy.visible(self.request.user, spec, action="change").filter(pk=pk).first()
        if found is None:
            raise Http404
        if found == self.request.user:
            raise PermissionDenied  # one's own is changed with the old one at hand
        return found  # type: ignore[no-any-return]  # a row of that model

    def _page(self, request: HttpRequest, user: User, **context: Any) -> HttpResponse:
        spec = registry.of(User)
        crumbs = [
            {"title": spec.title, "url": reverse(f"{spec.route}-list")},
            {"title": str(user), "url": reverse(f"{spec.route}-detail", args=[user.pk])},
            {"title": _("First password"), "url": ""},
        ]
        return TemplateResponse(request, "kernel/first_password.html", {"account": user, "crumbs": crumbs, **context})


def first_password_action(request: HttpRequest, user: User) -> dict[str, Any] | None:
    """The button on an account's own page, for who may press it."""
    if user == request.user or not policy.can(request.user, "change", registry.of(User)):
        return None
    url = reverse("first-password", args=[user.pk])
    return {"head": {"more_actions": [{"title": _("First password…"), "url": url, "icon": "key"}]}}


account_page = sensitive_post_parameters()(AccountPage.as_view())
