"""Documents of the sample's contracts: a page of PDF and a note, made here and saying that they are samples."""

from __future__ import annotations

from inventory.models import LineContract
from kernel import attachments

_FONT = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
    "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /CIDSystemInfo "
    "<< /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /FontDescriptor 7 0 R >>",
    "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
    "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)


def attach(contract: LineContract) -> None:
    lines = [
        "专线租用合同(示例)",
        f"合同编号:{contract.contract_no}",
        f"运营商:{contract.provider.name}",
        f"付款单位:{contract.payer.name}",
        f"期限:{contract.start_on} 至 {contract.end_on}",
        "本文件为示例数据,没有法律效力。",
    ]
    attachments.attach(
        contract, name=f"{contract.contract_no} 合同扫描件.pdf", content=pdf(lines), actor=None, note="示例:合同正本"
    )
    note = "示例:验收单\n\n" + "\n".join(lines[1:])
    attachments.attach(
        contract, name=f"{contract.contract_no} 验收单.txt", content=note.encode(), actor=None, note="示例:开通验收"
    )


def pdf(lines: list[str]) -> bytes:
    """One page in a Chinese font that readers bring along."""
    text = "\n".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -26 Td" for line in lines)
    stream = f"BT /F1 14 Tf 72 760 Td\n{text}\nET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        *_FONT,
    ]
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return out + f"{tail}startxref\n{len(out)}\n%%EOF\n".encode("ascii")
