"""Template tags that draw the product's signs: icons, verdicts, lights, bars, sparklines, moments and form controls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy, ngettext

register = template.Library()

Word = str | Promise

VERDICTS: dict[str, tuple[str, Word]] = {
    "PASS": ("circle-check", gettext_lazy("Pass")),
    "WARN": ("alert-triangle", gettext_lazy("Warning")),
    "FINDING": ("square-x", gettext_lazy("Finding")),
    "UNKNOWN": ("help-circle", gettext_lazy("Unknown")),
    "EXEMPT": ("shield-half", gettext_lazy("Exempt")),
    "BLOCK": ("ban", gettext_lazy("Block")),
    "INFO": ("info-circle", gettext_lazy("Note")),
    "NA": ("minus", gettext_lazy("Not applicable")),
}
LIGHTS = {
    "green": "circle-check-filled",
    "yellow": "clock-filled",
    "red": "alert-octagon-filled",
    "pause": "player-pause-filled",
}
ACTIONS: dict[str, tuple[str, Word]] = {
    "create": ("plus", gettext_lazy("Added")),
    "update": ("edit", gettext_lazy("Changed")),
    "delete": ("trash", gettext_lazy("Deleted")),
}
BAR_ORDER = ("finding", "warn", "unknown", "exempt", "pass")
SPARK_WIDTH, SPARK_HEIGHT = 96, 26


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """A picture from the sprite, beside words that say the same; `size` is "", "lg" or "xl"."""
    classes = f"i i-{size}" if size else "i"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', classes, static("kernel/icons.svg"), name
    )


@register.inclusion_tag("kernel/parts/verdict.html")
def verdict(value: str | None, text: Word = "", size: str = "") -> dict[str, Any]:
    """Word, shape and colour of a verdict. Nothing judged yet reads as unknown; any other word is an error."""
    code = str(value or "UNKNOWN").upper()
    picture, word = VERDICTS[code]
    return {"code": code.lower(), "icon": picture, "text": text or word, "size": size}


@register.filter
def midsentence(name: Word) -> str:
    """A title as it stands inside a sentence: "Line" becomes "line", while "VLAN" and "IP address" stay."""
    text = str(name)
    return text if text[1:2].isupper() or text[1:2].isdigit() else text[:1].lower() + text[1:]


@register.filter
def is_verdict(tone: str | None) -> bool:
    """Whether a choice's tone is a verdict, so that it is drawn as one."""
    return str(tone or "").upper() in VERDICTS


@register.inclusion_tag("kernel/parts/light.html")
def light(level: str, text: Word) -> dict[str, Any]:
    """An approval light; the text carries the number of days, the shape and colour only repeat it."""
    return {"level": level, "icon": LIGHTS[level], "text": text}


@register.inclusion_tag("kernel/parts/action.html")
def change_action(code: str) -> dict[str, Any]:
    """What a change did, from its code in the trail; other words are shown as they are."""
    picture, word = ACTIONS.get(code, ("edit", code))
    return {"icon": picture, "text": word}


def relative_text(moment: datetime, now: datetime) -> str:
    """Relative up to a day either way, else the local date; the year only when it is not this one."""
    seconds = (now - moment).total_seconds()
    minutes, hours = int(abs(seconds) // 60), int(abs(seconds) // 3600)
    if hours >= 24:
        local, today = timezone.localtime(moment), timezone.localtime(now)
        return local.strftime("%m-%d" if local.year == today.year else "%Y-%m-%d")
    if minutes < 1:
        return gettext("just now")
    if hours >= 1:
        past = ngettext("%(count)d hour ago", "%(count)d hours ago", hours)
        ahead = ngettext("in %(count)d hour", "in %(count)d hours", hours)
        return (past if seconds > 0 else ahead) % {"count": hours}
    past = ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes)
    ahead = ngettext("in %(count)d minute", "in %(count)d minutes", minutes)
    return (past if seconds > 0 else ahead) % {"count": minutes}


@register.filter
def relative_time(value: datetime | date | None) -> str:
    """A moment as people say it, its full instant in the title; a plain date stays a date."""
    if value is None or value == "":
        return ""
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.date_format(value, "Y-m-d"))
    moment = timezone.make_aware(value) if timezone.is_naive(value) else value
    local = timezone.localtime(moment)
    return format_html(
        '<time class="num nw" datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        relative_text(moment, timezone.now()),
    )


def bar_parts(counts: dict[str, int], width: int = 1000) -> list[tuple[str, int, int]]:
    """(name, x, width) for each count above zero; every part stays visible, the largest pays for the small ones."""
    present = [(name, counts[name]) for name in BAR_ORDER if counts.get(name, 0) > 0]
    total = sum(count for _, count in present)
    widths = {name: max(6, round(width * count / total)) for name, count in present}
    if widths:
        widest = max(widths, key=lambda name: widths[name])
        widths[widest] += width - sum(widths.values())
    parts, x = [], 0
    for name, _ in present:
        parts.append((name, x, widths[name]))
        x += widths[name]
    return parts


@register.simple_tag
def bar(
    *, finding: int = 0, warn: int = 0, unknown: int = 0, exempt: int = 0, passed: int = 0, size: str = ""
) -> SafeString:
    """Counts of verdicts as one stacked bar, in the fixed order; the words are in its label."""
    counts = {"finding": finding, "warn": warn, "unknown": unknown, "exempt": exempt, "pass": passed}
    counts = {name: int(count or 0) for name, count in counts.items()}
    words = ", ".join(f"{VERDICTS[name.upper()][1]} {counts[name]}" for name in BAR_ORDER if counts[name])
    rects = format_html_join(
        "", '<rect class="{}" x="{}" y="0" width="{}" height="10"/>', ((n, x, w) for n, x, w in bar_parts(counts))
    )
    label = words or gettext("nothing judged yet")
    return format_html(
        '<svg class="{}" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="{}">'
        "<title>{}</title>{}</svg>",
        f"bar {size}".strip(),
        label,
        label,
        rects,
    )


def spark_runs(points: Sequence[float | None], top: float) -> list[list[tuple[float, float]]]:
    """Runs of plotted points; a gap in the data is a gap in the line."""
    step = SPARK_WIDTH / max(1, len(points) - 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in enumerate(points):
        if value is None:
            runs.append([])
            continue
        y = SPARK_HEIGHT - 1 - (SPARK_HEIGHT - 3) * float(value) / top
        runs[-1].append((round(at * step, 1), round(y, 1)))
    return [run for run in runs if run]


@register.simple_tag
def spark(points: Iterable[float | None] | None, limit: float | None = None) -> SafeString:
    """A small line of the last days with a dashed limit, grey without traffic. The figures stand beside it."""
    values = list(points or [])
    seen = [float(value) for value in values if value is not None]
    top = max([*seen, float(limit or 0), 0.0]) or 1.0
    runs = spark_runs(values, top)
    area, line = [], []
    for run in runs:
        path = " L".join(f"{x:g} {y:g}" for x, y in run)
        line.append(f"M{path}" + ("h1" if len(run) == 1 else ""))
        area.append(f"M{run[0][0]:g} {SPARK_HEIGHT} L{path} L{run[-1][0]:g} {SPARK_HEIGHT}Z")
    parts = format_html('<path class="area" d="{}"/><path d="{}"/>', " ".join(area), " ".join(line))
    if limit:
        y = round(SPARK_HEIGHT - 1 - (SPARK_HEIGHT - 3) * float(limit) / top, 1)
        parts += format_html('<path class="lim" d="M0 {}H{}"/>', y, SPARK_WIDTH)
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        "spark" if any(seen) else "spark dead",
        SPARK_WIDTH,
        SPARK_HEIGHT,
        parts if runs or limit else "",
    )


def _widget_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


def _forgiving(widget: forms.Widget) -> forms.Widget | None:
    """A plain text box where the browser would refuse to show what was typed into a number or date box."""
    typed = widget.attrs.get("type", getattr(widget, "input_type", "text"))
    if typed not in {"number", "date", "datetime-local", "time", "month"}:
        return None
    kept = {name: value for name, value in widget.attrs.items() if name not in {"type", "min", "max", "step"}}
    return forms.TextInput(attrs=kept)


@register.simple_tag
def control(field: BoundField, stale: dict[str, Any] | None = None) -> SafeString:
    """The input itself, with the product's classes and its hint and error announced with it."""
    widget = field.field.widget
    differs = any(row["field"] == field.name for row in (stale or {}).get("differences", ()))
    classes = [
        str(widget.attrs.get("class", "")),
        _widget_class(widget),
        "is-invalid" if field.errors else "",
        "differs" if differs else "",
    ]
    attrs: dict[str, Any] = {"class": " ".join(name for name in classes if name)}
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    described += [f"{field.auto_id}_error"] if field.errors else []
    if described and not widget.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(widget=_forgiving(widget) if field.errors else None, attrs=attrs)


@register.filter
def field_kind(field: BoundField) -> str:
    """How a field is laid out: `check` beside its label, `group` of choices, `wide` across the form, else `plain`."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if widget.use_fieldset:
        return "group"
    return "wide" if isinstance(widget, forms.Textarea | forms.SelectMultiple) else "plain"


@register.simple_tag(takes_context=True)
def keep_query(context: template.Context, *dropped: str | forms.BaseForm) -> SafeString:
    """Hidden inputs that carry the present query string through a GET form, without what that form sets itself.

    A form given here drops the names of its fields; the page number is always dropped.
    """
    request = context.get("request")
    names = {"page"}
    for item in dropped:
        if isinstance(item, forms.BaseForm):
            for name, field in item.fields.items():
                whole = item.add_prefix(name)
                names.update((whole, *(f"{whole}_{at}" for at in range(len(getattr(field, "fields", ()))))))
        elif item:
            names.add(item)
    if request is None:
        return mark_safe("")
    kept = [(name, value) for name, values in request.GET.lists() if name not in names for value in values]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', kept)
