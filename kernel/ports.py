"""What higher packages hand down. `netops/assembly.py` fills this once at start-up; the kernel only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kernel.models import Role, User
    from kernel.spec import Spec


@dataclass(frozen=True)
class Grant:
    """One role held by a user, over everything, one organisation, a division and all below it, or both."""

    role: Role
    org_id: int | None = None
    area_path: str | None = None

    @property
    def is_unscoped(self) -> bool:
        return self.org_id is None and self.area_path is None


def _no_grants(user: User) -> Iterable[Grant]:
    return ()


@dataclass
class Ports:
    grants_of: Callable[[User], Iterable[Grant]] = _no_grants
    # Each gate sees the rows of a write before they are saved and raises ProductError to refuse it.
    gates: tuple[Callable[[Spec, Sequence[Any]], None], ...] = ()
    # Each sees the rows of a person's write after it, within the transaction (none after a deletion), and raises
    # ValidationError to undo it. The product's own writes are not asked.
    invariants: tuple[Callable[[Spec, Sequence[Any]], None], ...] = ()
    menu_groups: tuple[Any, ...] = ()
    menu_badges: Callable[[Any], dict[str, int]] | None = None
    freshness: Callable[[Any], list[dict[str, Any]]] | None = None
    seal: bool = field(default=True)


ports = Ports()
