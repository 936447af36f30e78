"""The embedded plant: what a site's Modbus devices would be, on loopback.

`registers` names the map, `battery_unit` and `pv_unit` are the devices that can be told something, `site` moves all
units of one site by one clock, `server` puts them on the wire, `faults` and `control` make them misbehave on request,
`sunspec_*` tell and command the same as a SunSpec image,
`memory` survives a restart, `write_log` keeps what was written to them, `profile` describes them as a DEVICES_FILE,
`process` runs all of it. Battery power is positive when discharging; grid = load - pv - battery.
"""

from slothbox.plant.control import add_fault_arguments, add_list_arguments, run_fault, run_list, send_fault
from slothbox.plant.process import run_plant

__all__ = ["add_fault_arguments", "add_list_arguments", "run_fault", "run_list", "run_plant", "send_fault"]
