"""The worth of stored energy by stochastic dynamic programming: what the fast loop decides by within a step.

classes.py    what the net load may be, from the past: classes per slot of the day, and how they follow each other
learned.py    both models of a site's net load from its history
backward.py   the worth of stored energy in every step of the horizon; `Worth.table(step)` is what an order carries
peak.py       the peak to hold and the energy kept back for it, where peaks cost
constants.py  one policy, one set of constants for all sites
"""
