"""Contracts with the carriers: one for each carrier, network and county, of plausible length and price."""

from __future__ import annotations

import datetime as dt

from netops.sample import planted
from netops.sample.parts import LINE_LETTERS, City, Contract, Line, Org

_OWN = "自建"
_STEPS = (
    ("availability", "99.9", "5"),
    ("availability", "99.5", "10"),
    ("availability", "99", "20"),
    ("rtt", "20", "3"),
    ("loss", "0.1", "3"),
    ("restore", "4", "5"),
)


def sign(city: City) -> None:
    """Every line of a carrier gets its contract, and the contract the sum of its fees."""
    known: dict[tuple[str, str, str], Contract] = {}
    for line in city.lines:
        if line.provider == _OWN or line.number == planted.NO_CONTRACT_LINE:
            continue
        payer = _payer(city, line)
        key = (line.provider, line.network, payer.short)
        if key not in known:
            known[key] = _contract(city, line, payer)
            city.contracts.append(known[key])
        line.contract = known[key]
        known[key].fee += line.fee


def _payer(city: City, line: Line) -> Org:
    """The city pays for its departments, a county for everything below it."""
    org = line.org
    if org.tier == "city":
        return city.org("市大数据管理局")
    while org.parent is not None:
        org = org.parent
    return org


def _contract(city: City, line: Line, payer: Org) -> Contract:
    if line.org.tier == "city":
        number = f"SL-{line.provider}-{LINE_LETTERS[line.network]}-"
    else:
        number = f"SL-{line.provider}-{payer.short}-"
    if number == planted.EXPIRED_CONTRACT.removesuffix("2021"):
        ended = city.today - dt.timedelta(days=62)
        return Contract(
            planted.EXPIRED_CONTRACT, line.provider, payer, dt.date(2021, 7, 1), ended, has_documents=True
        )  # fmt: skip
    start = dt.date(city.today.year - 1, 7, 1)
    made = Contract(f"{number}{start.year}", line.provider, payer, start, dt.date(start.year + 3, 6, 30))
    if line.org.tier == "city":
        made.steps, made.cap, made.has_documents = _STEPS, "30", True
    if number in planted.ENDING_CONTRACTS:
        _end_soon(made, number, city.today)
    return made


def _end_soon(contract: Contract, number: str, today: dt.date) -> None:
    """Three years that are over in some days; one is to be thought of earlier than most."""
    left = planted.ENDING_CONTRACTS[number]
    contract.end_on = today + dt.timedelta(days=left)
    contract.start_on = contract.end_on - dt.timedelta(days=3 * 365)
    contract.number = f"{number}{planted.ENDING_YEAR}"
    if left > contract.reminder_days:
        contract.reminder_days = planted.EARLY_REMINDER_DAYS
