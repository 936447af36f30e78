"""The schedule: problem format v1 from numbers to intents.

`problem` (and `reading`: from JSON; `site_problem`: from a site and its forecasts) says what is known; `solve` is the
way in to an answer, `solution` what comes back. Behind it, `exact` decides where binaries are needed, `model` states
the problem in CVXPY, `compiled` keeps its matrices, `highs` solves them, `relax` explains why there is no plan.
`devices` are everything beyond batteries and flexible loads, `pareto` sets money against CO2.
`validator` checks every plan without knowing any of those. `intents` turns a plan into the steps that people approve
and controllers execute.
"""
