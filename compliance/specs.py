"""What of this package has pages, an API and a trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from compliance.models import Clause, Exemption, Finding, PolicyDocument, Rule
from kernel.spec import PUBLIC, Scope, Spec


class PolicyDocumentSpec(Spec):
    model = PolicyDocument
    api = ("compliance", "policy-documents")
    scope = PUBLIC
    fields = (
        "title",
        "doc_no",
        "issuer",
        "issued_on",
        "effective_from",
        "effective_to",
        "status",
        "source_url",
        "description",
    )
    columns = ("title", "doc_no", "issuer", "issued_on", "status")
    filters = ("status",)
    search = ("title", "doc_no", "issuer", "description")
    natural_key = ("title",)
    brief = ("title", "doc_no")
    menu = "basics"
    has_attachments = True
    icon = "file-text"
    ordering = ("-issued_on", "pk")
    intro = _("The documents that the city's rules come from.")


class ClauseSpec(Spec):
    model = Clause
    api = ("compliance", "clauses")
    scope = PUBLIC
    fields = ("document", "ref", "text", "modal", "description")
    columns = ("ref", "text", "modal", "document")
    filters = ("document",)
    search = ("ref", "text", "modal")
    natural_key = ("document", "ref")
    brief = ("ref", "modal")
    menu = "basics"
    icon = "quote"
    intro = _("Clauses word by word. The modal says how strong each one is.")


class RuleSpec(Spec):
    model = Rule
    api = ("compliance", "rules")
    scope = PUBLIC
    fields = (
        "code",
        "title",
        "clause",
        "basis",
        "severity",
        "watch_mode",
        "gate_mode",
        "parameters",
        "exemption_allowed",
        "exemption_authority",
        "is_active",
    )
    columns = ("code", "title", "clause", "severity", "watch_mode", "gate_mode", "is_active")
    filters = ("severity", "watch_mode", "gate_mode", "is_active")
    search = ("code", "title", "basis")
    natural_key = ("code",)
    brief = ("code", "title")
    icon = "gavel"
    ordering = ("code",)
    intro = _("What is judged, how strictly, and who may exempt. Thresholds are parameters.")


class ExemptionSpec(Spec):
    model = Exemption
    api = ("compliance", "exemptions")
    scope = Scope(org="circuit__tenant_id", area="circuit__region__path")
    fields = (
        "rule",
        "circuit",
        "ground",
        "category",
        "conditions",
        "approved_by",
        "document_no",
        "valid_from",
        "expires_on",
        "revoked",
    )
    columns = ("circuit", "rule", "ground", "approved_by", "document_no", "valid_from", "expires_on", "revoked")
    filters = ("rule", "ground", "category", "revoked")
    search = ("document_no", "approved_by", "conditions")
    natural_key = ("document_no", "rule", "circuit")
    brief = ("document_no", "expires_on")
    menu = "rules"
    has_attachments = True
    icon = "shield-half"
    ordering = ("expires_on", "pk")
    intro = _("Lines that may break a rule until a date. They show as exempt and never as a pass.")


class FindingSpec(Spec):
    model = Finding
    api = ("compliance", "findings")
    scope = Scope(org="tenant_id", area="region__path")
    read_only = True
    fields = (
        "number",
        "rule",
        "rule_version",
        "circuit",
        "ring",
        "egress_pair",
        "contract",
        "device",
        "port",
        "tenant",
        "region",
        "state",
        "severity",
        "opened_at",
        "observations",
        "explanation",
        "evidence",
        "closed_at",
        "closed_by_evidence",
        "recurrence_of",
    )
    columns = ("number", "rule", "circuit", "ring", "tenant", "region", "severity", "state", "opened_at", "closed_at")
    filters = ("state", "rule", "severity", "tenant", "region")
    subtree_filters = (("region", "region"),)
    search = ("number",)
    natural_key = ("number",)
    brief = ("number", "state")
    icon = "flag"
    is_long = True
    ordering = ("-opened_at", "pk")
    intro = _("Opened by the judge on evidence, closed by the judge on evidence.")


SPECS = (PolicyDocumentSpec, ClauseSpec, RuleSpec, ExemptionSpec, FindingSpec)
