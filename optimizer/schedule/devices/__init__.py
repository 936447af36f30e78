"""What else a problem may hold, one small class each, whose docstring is its equation.

Devices: `vehicle`, `deferrable`, `heat_pump`, `generator`. Rules: `capacity` (charge on a peak), `reserve`, `ramp`,
`switching`, `dimming`. `reading` makes them from JSON, `block` is where they state themselves in the CVXPY model.
None of them imports CVXPY; the validator evaluates each anew.
"""
