"""What a rule would do if it were set so: seen first, then switched on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import texts
from compliance.foresight import Foresight, Hit, foresee
from compliance.models import Rule, VerdictWord
from compliance.rules import parameters_of
from compliance.web import subjects
from compliance.web.rule_rows import parameter_label
from kernel import policy, writes
from kernel.errors import StaleEdit
from kernel.registry import registry
from kernel.web.pages import SignedInView

_MOST = 200


class RuleForm(forms.Form):
    is_active = forms.BooleanField(label=gettext_lazy("In force"), required=False)
    watch_mode = forms.ChoiceField(label=gettext_lazy("Watch"), choices=Rule.WatchMode.choices)

    def __init__(self, rule: Rule, data: Any = None) -> None:
        given = {p.name: rule.parameters.get(p.name, p.default) for p in parameters_of(rule.code) or ()}
        super().__init__(data, auto_id="r_%s", initial={
            "is_active": rule.is_active, "watch_mode": rule.watch_mode, **given,
        })  # fmt: skip
        self.names = tuple(given)
        for p in parameters_of(rule.code) or ():
            self.fields[p.name] = forms.IntegerField(
                label=parameter_label(p.name), min_value=p.low, max_value=p.high,
                help_text=_("%(low)d to %(high)d; usually %(n)d.") % {"low": p.low, "high": p.high, "n": p.default},
            )  # fmt: skip

    def changes(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "is_active": said["is_active"], "watch_mode": said["watch_mode"],
            "parameters": {name: said[name] for name in self.names},
        }  # fmt: skip


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason for the change"), max_length=500)


class ForesightPage(SignedInView):
    """GET shows what would be, POST sets the rule so. Both take who may change rules: the whole record is looked at."""

    permission = "compliance.change_rule"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        rule = self._rule(code)
        form = RuleForm(rule, request.GET if "watch_mode" in request.GET else None)
        seen = None
        if form.is_bound and form.is_valid():
            seen = self._seen(foresee(rule, **form.changes()))
        return self._page(rule, form, seen)

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        rule = self._rule(code)
        form = RuleForm(rule, request.POST)
        said = ReasonForm(request.POST)
        if not form.is_valid() or not said.is_valid():
            if said.errors:
                form.add_error(None, _("Say why the rule is changed."))
            return self._page(rule, form, None, status=400)
        for name, value in form.changes().items():
            setattr(rule, name, value)
        try:
            version = int(request.POST.get("version", "0"))
            writes.save(rule, actor=request.user, reason=said.cleaned_data["reason"], expected_version=version)
        except (StaleEdit, ValueError):
            messages.error(request, _("Somebody changed this rule meanwhile. Look at what it would do once more."))
            return redirect("foresight", code=code)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
            return self._page(rule, form, None, status=400)
        messages.success(
            request, _("Rule %(code)s is set. The next run of the judge applies it.") % {"code": rule.code}
        )
        return redirect("rules")

    def _rule(self, code: str) -> Rule:
        rows = policy.visible(self.request.user, registry.of(Rule), Rule.objects.all())
        rule = rows.select_related("clause__document").filter(code=code).first()
        if rule is None or parameters_of(code) is None:
            raise Http404
        return rule  # type: ignore[no-any-return]  # visible() is untyped

    def _page(self, rule: Rule, form: RuleForm, seen: dict[str, Any] | None, status: int = 200) -> HttpResponse:
        title = texts.rule_title(rule)
        context = {
            "rule": rule, "title": title, "form": form, "seen": seen, "reason": ReasonForm(),
            "crumbs": [
                {"title": _("Rules and clauses"), "url": reverse("rules")}, {"title": f"{rule.code} {title}"},
            ],
        }  # fmt: skip
        return TemplateResponse(self.request, "compliance/foresight.html", context, status=status)

    def _seen(self, seen: Foresight) -> dict[str, Any]:
        words = dict(VerdictWord.choices)
        moved = [(str(words[before]), str(words[after])) for _pk, before, after in seen.moved]
        return {
            "counts": dict(seen.counts), "opened": seen.opened, "suspended": seen.suspended, "moved": len(moved),
            "ways": sorted({way: moved.count(way) for way in moved}.items()), "total": len(seen.hits),
            "hits": [_row(hit) for hit in seen.hits[:_MOST]], "most": _MOST, "seconds": seen.seconds,
            "query": self.request.GET.urlencode(),
        }  # fmt: skip


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "name": hit.name, "url": subjects.page_of_subject(hit.subject),
        "verdict": hit.verdict.value, "sentence": texts.sentence(hit.explanation), "is_new": hit.is_new,
    }  # fmt: skip
