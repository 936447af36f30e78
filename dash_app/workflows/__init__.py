"""The use cases, on ports only: what happens when somebody signs in, looks, asks for a plan, decides, stops.

sign_in, prefetch             who comes in, and what is fetched behind them
overview, board, live         what the pages show, gathered from ports
plan, compute, recompute      a recommendation: gather (I/O), compute (pure), store; on a person's click as a job
review                        approve, reject, withdraw, stop: the rights are checked here
dispatch, verify, hand_back   one tick for one device: intend, write, read back, compare with the meter, release
"""
