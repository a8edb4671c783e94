"""What each code of a verdict says, what to do about it, and what the product's own rules are called."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: Mapping[str, str | Promise] = {
    "not_in_use": _("The line is not in use (%(status)s), so it is not judged."),
    "no_rule_counts": _("No rule in force has a say over this line yet."),
    "exempt": _("Exempt until %(expires_on)s by %(document_no)s. Without it: %(judged)s."),
    "device_never": _("%(device)s has never answered, so there is no verdict yet."),
    "device_silent": _("%(device)s has not answered since %(since)s, so there is no verdict."),
    "device_stale": _("%(device)s was last read at %(since)s, too long ago for a verdict."),
    "device_not_polled": _("Nobody polls %(device)s, so there is no verdict. Add a credential and poll it."),
    "port_not_seen": _("%(device)s shows no port %(port)s. Check the name of the bound port."),
    "t01_nothing_declared": _("No bandwidth is declared, so there is nothing to compare."),
    "t01_not_bound": _("No port is bound to the line, so its speed was never seen."),
    "t01_only_trunk": _("Only a shared trunk is bound (%(ports)s); its speed is not this line's."),
    "t01_shaped": _(
        "%(device)s %(port)s is a sub-interface or shaped and its policer's rate is not known, so the port's speed "
        "proves nothing."
    ),
    "t01_limited_upstream": _(
        "The carrier limits the rate before the hand-off and no acceptance throughput is on record."
    ),
    "t01_acceptance_slower": _("Acceptance measured %(mbps)s, %(less)s below the %(declared)s declared."),
    "t01_acceptance_carries": _("Acceptance measured %(mbps)s, as much as the %(declared)s declared."),
    "t01_policer_slower": _(
        "The policer at %(device)s %(port)s lets %(mbps)s through, %(less)s below the %(declared)s declared."
    ),
    "t01_policer_carries": _("The policer at %(device)s %(port)s lets %(mbps)s through; %(declared)s is declared."),
    "t01_port_down": _("%(device)s %(port)s is down or tells no speed, so the speed can't be compared."),
    "t01_standby_down": _("The standby port %(device)s %(port)s is down until it is needed; no speed to compare."),
    "t01_seen_once": _(
        "%(device)s %(port)s runs at %(mbps)s, %(less)s below the %(declared)s declared, seen only once so far."
    ),
    "t01_port_slower": _("End %(side)s: port %(port)s runs at %(mbps)s, %(less)s below the %(declared)s declared."),
    "t01_port_carries": _("The port runs at %(mbps)s, no slower than the %(declared)s declared."),
    "t05_within_grace": _("Opened on %(opened_on)s; it has %(grace)s days to be seen up."),
    "t05_not_bound": _("In use since %(opened_on)s by the record, and no port is bound to it after %(days)s days."),
    "t05_only_trunk": _("Only a shared trunk is bound; whether this line is up can't be seen."),
    "t05_seen_up": _("Port %(port)s of %(device)s is seen up."),
    "t05_was_up": _("Port %(port)s of %(device)s was seen up at %(up_at)s."),
    "t05_standby_down": _("The standby line was never seen up; only a failover test can tell."),
    "t05_seen_once": _("Port %(port)s of %(device)s is down, seen only once so far."),
    "t05_never_up": _(
        "In use for %(days)s days by the record, and port %(port)s of %(device)s was never seen up in "
        "%(observations)s readings."
    ),
    "p01_both": _("Both ends see each other."),
    "p01_one": _("%(device)s %(port)s sees %(seen_device)s %(seen_port)s; the other end says nothing."),
    "p01_sees_another": _("%(device)s %(port)s really sees %(seen_device)s %(seen_port)s; the record has another end."),
    "p01_not_bound": _("No port is bound, so no end can prove anything."),
    "p01_no_lldp": _("%(device)s hears no LLDP on any port, so the ends are not proved."),
    "p01_hears_nobody": _("%(device)s %(port)s hears nobody, so the ends are not proved."),
    "p01_other_end_not_bound": _("The other end has no bound port in the record, so there is nothing to compare."),
    "p02_up": _("Port %(port)s of %(device)s is up."),
    "p02_down": _(
        "The line is down: port %(port)s of %(device)s (end %(side)s) says so in %(observations)s readings in a row."
    ),
    "p02_seen_once": _("Port %(port)s of %(device)s says the line is down, seen only once so far."),
    "p02_standby_down": _("The standby line is at rest: port %(port)s of %(device)s is down until it is needed."),
    "p02_never_up": _("The line was never seen up; rule T05 judges that."),
    "p02_ring_segment": _("A segment of a ring; rule T08 judges that."),
    "p02_only_trunk": _("Only a shared trunk is bound; its state is not this line's."),
    "p02_not_bound": _("No port is bound to the line, so its state was never seen."),
    "p02_state_untold": _("%(device)s %(port)s tells no state."),
    "t08_no_segments": _("The ring has no segments on record."),
    "t08_closed": _("The ring is closed: all %(segments)s segments are up."),
    "t08_protected": _("One segment is down (%(names)s); the ring is protected and has no reserve left."),
    "t08_split": _("%(down)s segments are down (%(names)s); the ring is split."),
    "t08_unknown": _("The state of %(unknown)s of %(segments)s segments is not known (%(names)s)."),
    "t08_segment_down": _("Segment %(sequence)s of %(ring)s is down: %(device)s %(port)s says so."),
    "t08_segment_up": _("Segment %(sequence)s of %(ring)s is up."),
    "t08_seen_once": _("%(device)s %(port)s says the segment is down, seen only once so far."),
    "t08_not_in_use": _("The segment's line is not in use (%(status)s)."),
    "t08_not_bound": _("The segment's line has no port of its own bound, so its state can't be seen."),
    "t08_sees_another": _("%(device)s %(port)s is up, but sees %(seen_device)s %(seen_port)s."),
    "t08_one_end": _("Only %(device)s %(port)s says up; the other end can't be read and LLDP doesn't prove it."),
    "t08_state_untold": _("%(device)s %(port)s tells no state."),
    "t02_standby": _("A standby line rests by its nature; a failover drill proves it."),
    "t02_ring_segment": _("A ring's segment is reserve; it is not judged by its traffic."),
    "t02_new": _("Opened on %(opened_on)s; traffic is judged after %(days)s days."),
    "t02_only_trunk": _("Only a shared trunk is bound; its traffic is not this line's."),
    "t02_not_bound": _("No port is bound to the line, so its traffic was never counted."),
    "t02_carries": _("It carries traffic: %(kbps)s kbit/s on %(on)s."),
    "t02_season": _("A quiet season until %(until)s; traffic is judged %(days)s days after it."),
    "t02_collector_away": _("The collector was there for %(share)s %% of the last %(days)s days, too little to tell."),
    "t02_too_little_data": _("Too few of the last %(days)s days were counted to tell."),
    "t02_idle": _(
        "Idle for %(days)s days: at most %(kbps)s kbit/s, below the floor of %(floor)s, with the collector there "
        "%(share)s %% of the time."
    ),
    "t02_down": _("Down since %(since_on)s, all of the last %(days)s days; it is still paid for."),
    "t02_never_up": _("The line was never seen up; rule T05 judges that."),
    "t03_no_bandwidth": _("No bandwidth is approved or declared, so there is nothing to compare."),
    "t03_only_trunk": _("Only a shared trunk is bound; its traffic is not this line's."),
    "t03_not_bound": _("No port is bound to the line, so its traffic was never counted."),
    "t03_congested": _(
        "Above %(percent)s %% of %(mbps)s on %(days)s of the last %(of_days)s working days, up to %(most_mbps)s Mbit/s."
    ),
    "t03_has_room": _(
        "Above %(percent)s %% of %(mbps)s on %(days)s of the last %(of_days)s working days: room enough."
    ),
    "t03_carrier_gives_more": _(
        "It carries up to %(most_mbps)s Mbit/s, more than the %(mbps)s on record: the carrier does not limit it."
    ),
    "t03_too_little_data": _("Only %(told)s of the last %(of_days)s working days were counted, too few to tell."),
    "t04_recorded": _("Port %(port)s of %(device)s is bound to a line now."),
    "t04_not_read": _("%(device)s can't be read just now, so whether port %(port)s is still up is not known."),
    "t04_down": _("Port %(port)s of %(device)s is down."),
    "t04_patching": _("Port %(port)s of %(device)s hears %(neighbour)s, whose port is bound to a line: see rule P01."),
    "t04_no_line": _("Nothing at port %(port)s of %(device)s points to a line."),
    "t04_seen_once": _("Port %(port)s of %(device)s looks like the end of a line, seen only once so far."),
    "t04_within_grace": _("Port %(port)s of %(device)s is up since %(since)s; it has %(grace)s hours to be recorded."),
    "t04_work_in_progress": _("Port %(port)s of %(device)s is up and line %(line)s is being opened there."),
    "t04_hears_user": _(
        "Port %(port)s of %(device)s hears %(neighbour)s since %(since)s, and the record has no line there."
    ),
    "t04_named_line": _(
        "Port %(port)s of %(device)s is up since %(since)s and named “%(alias)s”, and the record binds no line to it."
    ),
    "t06_no_promise": _("No contract of the line promises anything that can be measured."),
    "t06_no_probes": _("No probe measures the line, so nobody can say whether contract %(contract)s is kept."),
    "t06_one_probe": _(
        "What is wrong in %(month)s is said by one probe alone (availability %(availability)s %%); a second one has to "
        "say the same before it counts."
    ),
    "t06_too_little": _("Only %(measured)s %% of %(month)s was measured; a verdict needs %(needed)s %%."),
    "t06_month_young": _("%(month)s is too young for a verdict; it needs %(hours)s measured hours."),
    "t06_availability": _(
        "Availability in %(month)s is %(availability)s %%, below the promised %(promised_availability)s %%: "
        "%(down_min)s minutes down by two probes, maintenance left out."
    ),
    "t06_restore": _(
        "An outage in %(month)s lasted %(longest_h)s hours; contract %(contract)s promises %(promised_restore_h)s."
    ),
    "t06_loss": _("Loss in %(month)s is %(loss)s %%, above the promised %(promised_loss)s %%."),
    "t06_rtt": _("The round trip in %(month)s is %(rtt_ms)s ms, above the promised %(promised_rtt_ms)s ms."),
    "t06_kept_maintenance": _(
        "Contract %(contract)s is kept in %(month)s; the line failed in announced maintenance alone "
        "(%(maintenance_min)s minutes)."
    ),
    "t06_kept": _("Contract %(contract)s is kept in %(month)s: availability %(availability)s %%."),
    "t07_diverse": _("Both exits are up and differ in carrier, router and room."),
    "t07_all_down": _("Every exit of %(pair)s is down (%(down)s)."),
    "t07_one_down": _("%(down)s is down; the other exit carries everything and has no reserve."),
    "t07_not_diverse": _("The exits of %(pair)s share their %(shared)s (%(what)s), so they can fail together."),
    "t07_alone": _("%(pair)s has one exit alone (%(exits)s)."),
    "t07_unknown": _("The state of %(unknown)s is not known."),
    "t09_own_line": _("The city's own line; it needs no contract."),
    "t09_no_contract": _("In use and under no contract; %(fee)s yuan a month."),
    "t09_no_lines": _("No line in use is under this contract."),
    "t09_not_begun": _("Contract %(contract)s has not begun, and %(lines)s lines under it are in use."),
    "t09_expired": _("Contract %(contract)s ended on %(end_on)s, %(days)s days ago; %(lines)s lines are still in use."),
    "t09_ends_soon": _("Contract %(contract)s ends on %(end_on)s, in %(days)s days; %(lines)s lines depend on it."),
    "t09_ends": _("Contract %(contract)s ends on %(end_on)s, in %(days)s days."),
    "t09_valid": _("Contract %(contract)s runs until %(end_on)s."),
    "t10_no_plan": _(
        "No prefix of the plan is recorded for this department or network; %(address)s can't be compared."
    ),
    "t10_in_plan": _("Every address at its ports lies in the plan (%(address)s in %(prefix)s)."),
    "t10_seen_once": _("%(device)s shows %(address)s at %(port)s, outside the plan, seen only once so far."),
    "t10_outside": _("%(device)s shows %(address)s at %(port)s; no prefix of the plan holds it."),
    "t10_others_block": _("%(device)s shows %(address)s at %(port)s, from %(prefix)s, a block of somebody else."),
    "t11_apart": _("Everything seen belongs to one zone (%(zone)s)."),
    "t11_seen_once": _("%(device)s shows addresses of two zones (%(address)s, %(other)s), seen only once so far."),
    "t11_port": _(
        "Port %(port)s of %(device)s stands in the private VPN zone (%(address)s) and the Internet zone (%(other)s)."
    ),
    "t11_host": _(
        "%(device)s stands in the private VPN zone (%(port)s, %(address)s) and the Internet zone (%(other_port)s, "
        "%(other)s)."
    ),
    "t13_clear": _("%(device)s has no address in a forbidden prefix."),
    "t13_recorded": _(
        "%(device)s is recorded with %(address)s, inside %(prefix)s, which nobody may poll. It is not asked."
    ),
    "t13_seen": _("%(device)s shows %(address)s, inside %(prefix)s, which nobody may poll. It is not asked any more."),
}
RULE_TITLES: Mapping[str, str | Promise] = {
    "T01": _("Declared faster than the port"),
    "T02": _("Line idle"),
    "T03": _("Line congested"),
    "T04": _("Line seen, not recorded"),
    "T05": _("Recorded, never seen"),
    "T06": _("Worse than the contract promises"),
    "T07": _("Exits down or not diverse"),
    "T08": _("Ring broken or split"),
    "T09": _("Contract ending or missing"),
    "T10": _("Address outside the plan"),
    "T11": _("Zones mixed"),
    "T13": _("Forbidden prefix touched"),
    "P01": _("Ends proved by LLDP"),
    "P02": _("In use and down"),
}
NEXT_STEPS: Mapping[str, str | Promise] = {
    "t01_port_slower": _("Ask the carrier to check end %(side)s; two good observations will close this."),
    "t01_policer_slower": _("Ask the carrier to raise the rate; two good observations will close this."),
    "t01_acceptance_slower": _("Ask the carrier for a new throughput test."),
    "t02_idle": _(
        "Ask the department; without a reason for it, apply for the line's closing. It costs %(fee)s yuan a month."
    ),
    "t02_down": _("Ask the department and the carrier; without a use, apply for the line's closing."),
    "t03_congested": _("Apply for more bandwidth, or find what fills the line."),
    "t04_hears_user": _("Find out whose line it is; record it, or have it taken down."),
    "t04_named_line": _("Find out whose line it is; record it, or have it taken down."),
    "t06_availability": _("Take it to the carrier with the month's deduction sheet."),
    "t06_restore": _("Take it to the carrier with the month's deduction sheet."),
    "t06_loss": _("Ask the carrier to find the loss; the deduction sheet holds the measurements."),
    "t06_rtt": _("Ask the carrier to check the route; the deduction sheet holds the measurements."),
    "t06_no_probes": _("Add two probes to the line."),
    "t06_one_probe": _("Add a second probe, or see why it doesn't answer."),
    "t06_too_little": _("See that the collector of this network runs without breaks."),
    "t07_all_down": _("Call both carriers now."),
    "t07_one_down": _("Call the carrier before the other exit fails too."),
    "t07_not_diverse": _("Move one exit to another carrier, router and room, or record it as it really is."),
    "t07_alone": _("Record the second exit, or plan one."),
    "t09_no_contract": _("Put the line under its contract, or sign one."),
    "t09_expired": _("Renew the contract, or close its lines."),
    "t09_ends_soon": _("Renew the contract before it ends."),
    "t10_outside": _("Record the prefix, or have the address changed."),
    "t10_others_block": _("Have the address changed, or correct the plan."),
    "t11_port": _("Take one of the zones off this port now."),
    "t11_host": _("Take the device out of one of the zones now."),
    "t13_recorded": _("Correct the address, or take the device out of the record."),
    "t13_seen": _("Find out why the device has this address; it belongs to no network that may be polled."),
    "t05_not_bound": _("Bind the port the line ends in, or apply for the line's removal."),
    "t05_never_up": _("Check the port and the binding with the carrier, or apply for the line's removal."),
    "t08_segment_down": _("Ask the carrier to restore the segment before a second one fails."),
    "p02_down": _("Report the fault to the carrier; two good observations will close this."),
    "p01_sees_another": _("Check the patching, or correct the bound port in the record."),
}
