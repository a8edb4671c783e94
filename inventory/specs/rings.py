from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from inventory.models import Egress, EgressPair, Ring, RingSegment
from inventory.specs.counts import count_of
from kernel.spec import PUBLIC, Spec


class RingSpec(Spec):
    model = Ring
    api = ("network", "rings")
    scope = PUBLIC
    fields = ("name", "network", "protocol", "capacity_gbps", "description")
    columns = ("name", "network", "protocol", "capacity_gbps", "segment_count")
    filters = ("network", "protocol")
    search = ("name", "description")
    computed = (count_of("segment_count", _("segments"), RingSegment, "ring"),)
    brief = ("name", "description")
    menu = "details"
    icon = "topology-ring-2"
    intro = _("Rings of the backbone. One broken segment is survived, two split the ring.")
    ordering = ("name", "pk")


class RingSegmentSpec(Spec):
    model = RingSegment
    api = ("network", "ring-segments")
    scope = PUBLIC
    fields = ("ring", "sequence", "circuit", "from_location", "to_location")
    filters = ("ring", "from_location", "to_location")
    search = ("ring__name", "circuit__cid", "circuit__line_no")
    natural_key = ("ring", "sequence")
    brief = ("ring", "sequence")
    menu = "details"
    icon = "circle-dashed"
    intro = _("The lines of a ring in their order, from room to room.")
    ordering = ("ring__name", "sequence", "pk")


class EgressPairSpec(Spec):
    model = EgressPair
    api = ("network", "egress-pairs")
    scope = PUBLIC
    fields = ("name", "network", "target", "description")
    columns = ("name", "network", "target", "egress_count", "description")
    filters = ("network", "target")
    search = ("name", "description")
    computed = (count_of("egress_count", _("exits"), Egress, "pair"),)
    brief = ("name", "description")
    menu = "details"
    icon = "copy"
    intro = _("Exits that stand in for each other when one fails.")
    ordering = ("name", "pk")


class EgressSpec(Spec):
    model = Egress
    api = ("network", "egresses")
    scope = PUBLIC
    fields = ("name", "pair", "circuit", "router", "firewall", "bandwidth_mbps", "description")
    columns = ("name", "pair", "circuit", "router", "firewall", "bandwidth_mbps")
    filters = ("pair", "router", "firewall")
    search = ("name", "circuit__cid", "circuit__line_no", "description")
    brief = ("name", "description")
    menu = "details"
    icon = "logout"
    intro = _("Where the network leads to the Internet and to the province.")
    ordering = ("name", "pk")


SPECS = (RingSpec, RingSegmentSpec, EgressPairSpec, EgressSpec)
