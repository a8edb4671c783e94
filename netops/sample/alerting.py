"""The sample city's alerting: a policy that shows on the page, and a way out that leads nowhere."""

from __future__ import annotations

from alerts.models import AlertChannel, AlertPolicy, EscalationStep
from netops.sample.records import save


def is_written() -> bool:
    return AlertPolicy.objects.exists()


def write_alerting() -> None:
    """The channel's address is one that no mail server delivers to, and only the policy that is off uses it."""
    channel = AlertChannel(
        name="值班邮箱(示例)",
        kind="email",
        address="oncall@netops.invalid",
        description="示例数据:没有配置邮件服务器时发不出去",
    )
    save([channel])
    watch = AlertPolicy(
        name="全市值班",
        on_contracts=True,
        after_min=0,
        min_severity="minor",
        description="示例数据:只在页面上显示,不发消息",
    )
    night = AlertPolicy(
        name="夜间只报重大问题", is_active=False, min_severity="severe", hours_from="18:00", hours_to="08:00",
        repeat_min=60, description="示例数据:停用;启用后夜间先发值班邮箱,30 分钟无人确认再发一次",
    )  # fmt: skip
    save([watch, night])
    save([
        EscalationStep(policy=night, order=1, channel=channel),
        EscalationStep(policy=night, order=2, channel=channel, after_min=30),
    ])  # fmt: skip
