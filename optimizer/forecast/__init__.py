"""Forecasts of load and PV: history in, P10/P50/P90 out; no I/O and no clock.

history.py     from measured series to a clean local-wall-clock history
components.py  the naive and profile components, and what every component is
harmonic.py    dynamic harmonic regression with autoregressive errors, on statsmodels
sun.py         clear-sky shape (pvlib) and the PV components built on it
mix.py         weights and intervals, learned only from forecasts whose targets are past
model.py       `forecast_load`, `forecast_pv`: what the rest of the application calls
backtest.py    rolling origins: MAE, skill, pinball, coverage
"""
