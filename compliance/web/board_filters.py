"""What the board is narrowed to: read from the address, shown as chips and as a form that writes the same address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance import texts
from compliance.models import ProofState
from compliance.rules import CODES
from compliance.web.figures import GROUPS
from inventory.models import Circuit, LineContract, Location, Network, Provider, Region, Ring, Tenant
from inventory.models.code_lists import Tier
from kernel import policy
from kernel.derive.forms import suggested
from kernel.registry import registry
from kernel.web.paging import address

_LONGEST = 200
_COUNTY = 3

# In the order of the chips; the form has all but those that only links set.
PARAMETERS = (
    "network",
    "provider",
    "tenant",
    "region",
    "rule",
    "tier",
    "role",
    "proof",
    "status",
    "contract",
    "ring",
    "room",
)
_CHOSEN = ("network", "provider", "region", "rule", "tier", "role", "proof", "status")


@dataclass(frozen=True)
class BoardFilters:
    verdicts: tuple[str, ...]
    networks: tuple[int, ...]
    providers: tuple[int, ...]
    tenants: tuple[int, ...]
    rules: tuple[str, ...]
    tiers: tuple[str, ...]
    roles: tuple[str, ...]
    proofs: tuple[str, ...]
    statuses: tuple[str, ...]
    rings: tuple[int, ...]
    rooms: tuple[int, ...]
    contracts: tuple[int, ...]
    without: tuple[str, ...]
    region: Region | None
    managed_paths: tuple[str, ...]
    q: str
    options: dict[str, list[tuple[str, str]]]

    @classmethod
    def read(cls, params: QueryDict, user: Any) -> BoardFilters:
        """Unknown values are left out, so that an old address shows more rather than an error."""
        options = _options()
        region, managed = _region(params.get("region", ""))
        return cls(
            verdicts=_words(params, "verdict", GROUPS),
            networks=_numbers(params, "network"),
            providers=_numbers(params, "provider"),
            tenants=_tenants(params, user),
            rules=_words(params, "rule", [code for code, _label in options["rule"]]),
            tiers=_words(params, "tier", Tier.values),
            roles=_words(params, "role", Circuit.Role.values),
            proofs=_words(params, "proof", ProofState.values),
            statuses=_words(params, "status", Circuit.Status.values),
            rings=_numbers(params, "ring"),
            rooms=_numbers(params, "room"),
            contracts=_numbers(params, "contract"),
            without=tuple(name for name in _MAY_LACK if NONE in params.getlist(name)),
            region=region,
            managed_paths=managed,
            q=params.get("q", "").replace("\x00", "")[:_LONGEST].strip(),
            options=options,
        )

    @property
    def is_set(self) -> bool:
        return bool(
            self.verdicts
            or self.networks
            or self.providers
            or self.tenants
            or self.rules
            or self.tiers
            or self.roles
            or self.proofs
            or self.statuses
            or self.rings
            or self.rooms
            or self.contracts
            or self.without
            or self.region
            or self.q
        )

    def form(self, user: Any) -> BoardForm:
        chosen = {
            "network": self.networks[:1],
            "provider": self.providers[:1],
            "rule": self.rules[:1],
            "tier": self.tiers[:1],
            "role": self.roles[:1],
            "proof": self.proofs[:1],
            "status": self.statuses[:1],
            "region": (self.region.code,) if self.region else (),
        }
        initial = {name: str(values[0]) if values else "" for name, values in chosen.items()}
        if self.tenants:
            rows = policy.visible(user, registry.of(Tenant), Tenant.objects.filter(pk=self.tenants[0]))
            initial["tenant"] = rows.values_list("name", flat=True).first() or ""
        return BoardForm(self.options, initial=initial)

    def chips(self, params: QueryDict, user: Any) -> list[dict[str, str]]:
        """A number that names nothing the reader may see stays a number."""
        named = {
            "network": [str(n) for n in self.networks],
            "provider": [str(n) for n in self.providers],
            "rule": list(self.rules),
            "tier": list(self.tiers),
            "role": list(self.roles),
            "proof": list(self.proofs),
            "status": list(self.statuses),
        }
        found = {
            name: _(", ").join(dict(self.options[name]).get(value, value) for value in values)
            for name, values in named.items()
            if values
        }
        if self.region is not None:
            found["region"] = self.region.name
        for name in self.without:
            found[name] = _("in no county") if name == "region" else _("none")
        for name, model, numbers in (
            ("tenant", Tenant, self.tenants),
            ("ring", Ring, self.rings),
            ("room", Location, self.rooms),
            ("contract", LineContract, self.contracts),
        ):
            if numbers:
                rows = policy.visible(user, registry.of(model), model._default_manager.filter(pk__in=numbers))
                names = {row.pk: str(row) for row in rows}
                found[name] = _(", ").join(names.get(pk, str(pk)) for pk in numbers)
        return [
            {
                "label": str(_LABELS[name]),
                "value": found[name],
                "remove_url": address(params, **{name: None, "page": None}),
            }
            for name in PARAMETERS
            if name in found
        ]


NONE = "none"
"""Stands in a link for lines that have no department or network, or lie in no county."""
_MAY_LACK = ("network", "tenant", "region")
_LABELS = {
    "network": gettext_lazy("Network"),
    "provider": gettext_lazy("Carrier"),
    "tenant": gettext_lazy("Department"),
    "region": gettext_lazy("Division"),
    "rule": gettext_lazy("Hit by rule"),
    "tier": gettext_lazy("Tier"),
    "role": gettext_lazy("Purpose"),
    "proof": gettext_lazy("Proof of the ends"),
    "status": gettext_lazy("Status"),
    "contract": gettext_lazy("Contract"),
    "ring": gettext_lazy("Ends on ring"),
    "room": gettext_lazy("Ends in room"),
}


class BoardForm(forms.Form):
    """The filters as drop-downs. Bound to nothing: the address alone is read back."""

    def __init__(self, options: dict[str, list[tuple[str, str]]], initial: dict[str, str]) -> None:
        super().__init__(initial=initial, auto_id="f_%s")
        box = forms.TextInput(attrs=suggested(registry.of(Tenant)))
        self.fields["tenant"] = forms.CharField(label=_LABELS["tenant"], required=False, widget=box)
        for name in _CHOSEN:
            choices = [("", _("Any")), *options[name]]
            if initial.get(name) and initial[name] not in dict(choices):
                choices.append((initial[name], initial[name]))
            self.fields[name] = forms.ChoiceField(label=_LABELS[name], choices=choices, required=False)


def _options() -> dict[str, list[tuple[str, str]]]:
    """Three queries; none of the lists grows with the number of lines."""
    counties = Region.objects.filter(level=_COUNTY).order_by("code").values_list("code", "name")
    return {
        "network": [(str(pk), name) for pk, name in Network.objects.order_by("pk").values_list("pk", "name")],
        "provider": [(str(pk), name) for pk, name in Provider.objects.order_by("name", "pk").values_list("pk", "name")],
        "region": list(counties),
        "rule": [(code, f"{code} {texts.rule_title(code)}") for code in CODES],
        "tier": [(value, str(label)) for value, label in Tier.choices],
        "role": [(value, str(label)) for value, label in Circuit.Role.choices],
        "proof": [(value, str(label)) for value, label in ProofState.choices],
        "status": [(value, str(label)) for value, label in Circuit.Status.choices],
    }


def _region(code: str) -> tuple[Region | None, tuple[str, ...]]:
    """The division, and the paths of those it runs without being their statutory parent."""
    if not code:
        return None, ()
    region = Region.objects.filter(code=code[:20].replace("\x00", "")).first()
    if region is None or region.kind != Region.Kind.ZONE:
        return region, ()
    return region, tuple(Region.objects.filter(managed_by=region).values_list("path", flat=True))


def _words(params: QueryDict, name: str, known: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in params.getlist(name) if value in known))


def _tenants(params: QueryDict, user: Any) -> tuple[int, ...]:
    """By number, as links say it, or by a part of the name, as people type it; what names nobody shows no line."""
    given = [v.replace("\x00", "").strip() for v in params.getlist("tenant")[:50]]
    names = [v for v in given if v and v != NONE and not (v.isascii() and v.isdigit())]
    if not names:
        return _numbers(params, "tenant")
    rows = policy.visible(user, registry.of(Tenant), Tenant.objects.all())
    wanted = Q()
    for name in names:
        wanted |= Q(name__icontains=name) | Q(short_name__icontains=name)
    found = rows.filter(wanted).order_by("pk").values_list("pk", flat=True)[:_LONGEST]
    return (*_numbers(params, "tenant"), *found) or (0,)


def _numbers(params: QueryDict, name: str) -> tuple[int, ...]:
    given = params.getlist(name)[:50]
    return tuple(dict.fromkeys(int(v) for v in given if v.isascii() and v.isdigit() and len(v) < 19))
