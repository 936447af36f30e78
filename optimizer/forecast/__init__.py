"""Forecasts of load and PV: history in, quantiles out; no I/O and no clock.

history.py     from measured series to a clean local-wall-clock history; faults.py and calendar.py say what is left out
               and which days are holidays
components.py  the naive and profile components, and what every component is; similar.py, harmonic.py and residual.py
               hold the ones that fit something, on statsmodels
sun.py         clear-sky shape (pvlib) and the PV components built on it
load_rows.py, pv_rows.py, boosting.py  what gradient boosting (LightGBM) learns from, and the model it leaves as text
recipe.py, recipes.py  which of these make up a forecast, by kind and by length of history
mix.py, conformal.py   weights and intervals, learned only from forecasts whose targets are past
record.py      what was forecast, in the order of issue; standing.py compares two forecasters by it
training.py    `train`, `advance`: a trained forecaster as a value; kept.py makes bytes of it that hold no code
forecasting.py one forecast; model.py  `forecast_load`, `forecast_pv`, `train_load`, ...: what the application calls
backtest.py    rolling origins: MAE, skill, pinball, CRPS, coverage
"""
