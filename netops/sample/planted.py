"""What was planted in the sample city: breaches, and the false alarms that each rule's guards must hold off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """`expected` is the rule's verdict after two polls, as `compliance.rules.values.Verdict` writes it."""

    rule: str
    expected: str
    why: str
    line_no: str = ""
    ring: str = ""
    other: str = ""
    """A pair of exits, a contract, a device, or a port as "device port"."""


STRANGER = "ZWZX-AG01 ge1/0/17"
FORBIDDEN_DEVICE = "GX-OAM01"
PLANTED: tuple[Planted, ...] = (
    # T01, breaches
    Planted("T01", "FINDING", "申报、批准 100M,A 端端口只有 10M", "410105-WW-0037"),
    Planted("T01", "FINDING", "申报 200M,批准 100M,端口 100M", "410102-WW-0005"),
    Planted("T01", "EXEMPT", "申报 50M,端口 10M,已批准豁免", "410103-WW-0003"),
    # T01, false alarms
    Planted("T01", "PASS", "合同 100M,端口 1000M:端口速率只是上限", "410105-WW-0012"),
    Planted("T01", "UNKNOWN", "两端只绑定了多条线路共用的干道口", "410105-WW-0008"),
    Planted("T01", "UNKNOWN", "与 410105-WW-0008 共用干道口", "410105-WW-0009"),
    Planted("T01", "UNKNOWN", "A 端绑定的是子接口,显示的是父接口的速率", "410102-WW-0009"),
    Planted("T01", "UNKNOWN", "A 端端口停用,停用的端口不显示协商速率", "410104-WW-0002"),
    Planted("T01", "UNKNOWN", "A 端设备不应答", "410102-WW-0012"),
    Planted("T01", "FINDING", "端口 1000M,但限速 50M,申报 100M", "410105-WW-0032"),
    Planted("T01", "PASS", "A 端是子接口,限速 100M,与申报一致", "410105-WW-0033"),
    Planted("T01", "PASS", "运营商网内限速,端口显示 10M,验收实测 100M", "410105-WW-0034"),
    # T02
    Planted("T02", "FINDING", "30 天几乎没有流量", "410105-WW-0028"),
    Planted("T02", "FINDING", "30 天几乎没有流量", "410102-WW-0018"),
    Planted("T02", "FINDING", "资源专网的线也会闲置", "410105-ZY-0006"),
    Planted("T02", "NOT_APPLICABLE", "备用线平时没有流量,要靠切换演练证明", "410104-WW-0003"),
    Planted("T02", "NOT_APPLICABLE", "环段是冗余,不按流量判定", "410100-WW-R001"),
    Planted("T02", "INFO", "5 天前开通,不满 30 天", "410105-WW-0025"),
    Planted("T02", "INFO", "几乎没有流量,但正在休业期", "410102-WW-0022"),
    Planted("T02", "PASS", "A 端设备不应答,Z 端量得到流量", "410102-WW-0012"),
    # T03
    Planted("T03", "WARN", "工作日的 95 峰值高过批准带宽的 80%", "410105-WW-0030"),
    Planted("T03", "WARN", "工作日的 95 峰值高过批准带宽的 80%", "410102-WW-0020"),
    Planted("T03", "INFO", "流量超过批准带宽一成以上:运营商没有限速", "410105-WW-0031"),
    Planted("T03", "PASS", "有余量", "410105-WW-0012"),
    # T04
    Planted("T04", "FINDING", "端口接通多日,描述写着运营商,台账没有这条线", other="ZHD-AG01 ge0/0/47"),
    Planted("T04", "INFO", "刚接通,48 小时内可以补录", other="ZY-AG01 ge1/0/48"),
    Planted("T04", "INFO", "对端端口已绑定专线:是插错,由 P01 判定", other=STRANGER),
    # T05
    Planted("T05", "FINDING", "登记 214 天,绑定端口从未启用", "410105-WW-0021"),
    Planted("T05", "FINDING", "登记在用,没有绑定任何端口", "410103-WW-0002"),
    Planted("T05", "INFO", "5 天前开通,仍在 15 天宽限期内", "410105-WW-0025"),
    Planted("T05", "UNKNOWN", "绑定的设备从未应答", "410102-WW-0016"),
    Planted("T05", "PASS", "A 端停用,但 Z 端在用", "410104-WW-0002"),
    Planted("T05", "UNKNOWN", "备用线从未启用,要靠切换演练证明", "410104-WW-0003"),
    Planted("T05", "PASS", "现在中断,此前有记录证明在用", "410100-WW-R003"),
    # T07
    Planted("T07", "PASS", "两家运营商、两间机房、两台路由器", other="互联网双出口"),
    Planted("T07", "FINDING", "主备上联都在同一台路由器上", other="中牟县上联"),
    # T08
    Planted("T08", "WARN", "高新–中原段中断,环处于保护状态", ring="政务骨干环网"),
    Planted("T08", "WARN", "中断的环段", "410100-WW-R003"),
    Planted("T08", "UNKNOWN", "县级环有一台设备不应答:状态未知,不是中断", ring="中牟县级环"),
    # T09
    Planted("T09", "FINDING", "合同 62 天前到期,仍有 18 条在用", other="SL-广电-WW-2021"),
    Planted("T09", "WARN", "21 天后到期", other="SL-广电-中牟县-2023"),
    Planted("T09", "INFO", "58 天后到期", other="SL-广电-新郑市-2023"),
    Planted("T09", "FINDING", "在用,但不在任何合同里", "410105-WW-0040"),
    Planted("T09", "NOT_APPLICABLE", "自建线路不需要合同", "410100-WW-R001"),
    # T10
    Planted("T10", "FINDING", "端口地址不在任何规划之内", "410102-WW-0024"),
    Planted("T10", "FINDING", "端口地址属于别的单位", "410102-WW-0028"),
    Planted("T10", "PASS", "互联地址在规划之内", "410105-WW-0012"),
    Planted("T10", "PASS", "局域网地址是本单位自己的", "410105-WW-0043"),
    # T11
    Planted("T11", "FINDING", "同一台设备既在专用网络区又在互联网接入区", "410103-WW-0013"),
    Planted("T11", "PASS", "公用网络区与专用网络区可以同在一台设备", "410103-WW-0016"),
    # T13
    Planted("T13", "FINDING", "登记地址在禁采地址段内,已停止采集", other=FORBIDDEN_DEVICE),
    # P02
    Planted("P02", "FINDING", "在用专线两端都断了", "410106-WW-0004"),
    Planted("P02", "PASS", "A 端停用,但 Z 端是通的", "410104-WW-0002"),
    Planted("P02", "INFO", "备用线平时不通", "410104-WW-0003"),
    Planted("P02", "UNKNOWN", "两端设备都不应答:采集不到不等于断", "410102-WW-0016"),
    Planted("P02", "NOT_APPLICABLE", "从未启用的线由 T05 判定", "410105-WW-0021"),
    Planted("P02", "NOT_APPLICABLE", "环段由 T08 判定", "410100-WW-R003"),
    # P01
    Planted("P01", "WARN", "对端应答的是另一台设备", "410105-WW-0018"),
    Planted("P01", "UNKNOWN", "接入设备不支持 LLDP", "410105-WW-0015"),
    Planted("P01", "PASS", "两端互相证明", "410105-WW-0012"),
)

# T06, of the month before the one the city is drawn in: two probes a line, over the carrier's promise of 99.9 %.
BAD_SERVICE, ANNOUNCED_WORK = "410106-WW-0001", "410105-WW-0004"
ONE_PROBE_DOWN, TOO_LITTLE_DATA = "410105-WW-0006", "410105-WW-0005"
PLANTED_T06: tuple[Planted, ...] = (
    Planted("T06", "WARN", "上月中断 5 小时,两个探测都证明,可用率低于合同承诺", BAD_SERVICE),
    Planted("T06", "PASS", "上月中断 5 小时,但在公告的割接窗口内", ANNOUNCED_WORK),
    Planted("T06", "PASS", "两个探测中只有一个失败,线路是通的", ONE_PROBE_DOWN),
    Planted("T06", "UNKNOWN", "上月采集器停了 6 天,数据不足 90%", TOO_LITTLE_DATA),
)

REST_STANDBY = "410104-WW-0003"
CUT_LINE = "410106-WW-0004"
SILENT_DEVICE_OF = "410102-WW-0012"
NEVER_ANSWERED_OF = "410102-WW-0016"
EXEMPT_LINE = "410103-WW-0003"
SILENT_RING_NODE = "ZM-DJ-NR01"

IDLE_LINES = ("410105-WW-0028", "410102-WW-0018", "410105-ZY-0006")
CONGESTED_LINES = ("410105-WW-0030", "410102-WW-0020")
MORE_LINE = "410105-WW-0031"
SEASON_LINE = "410102-WW-0022"
NO_CONTRACT_LINE = "410105-WW-0040"
OUTSIDE_LINE, OTHERS_LINE, OWN_LAN_LINE = "410102-WW-0024", "410102-WW-0028", "410105-WW-0043"
MIXED_LINE, TWO_ZONES_LINE = "410103-WW-0013", "410103-WW-0016"
OVER_BOUGHT_LINE = "410105-WW-0026"
EXPIRED_CONTRACT = "SL-广电-WW-2021"
ENDING_YEAR = 2023
ENDING_CONTRACTS = {"SL-广电-新郑市-": 58, "SL-广电-中牟县-": 21, "SL-电信-中牟县-": 140}
"""Days left. The last one is beyond the usual 90 days and is to be renewed early."""
EARLY_REMINDER_DAYS = 180
