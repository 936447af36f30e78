"""The mathematics: frames and numbers in, frames and numbers out; no I/O, no clock, no environment.

`forecast` says what load and PV will be; `schedule` states and solves the problem of what the battery should do about
it and turns the plan into intents; `value` says what stored energy is worth within a step; `baseline` says what would
happen without it: no battery action, or the plain self-consumption rule. CVXPY, HiGHS and statsmodels are imported by
the first solve or fit, never by importing this.
"""
