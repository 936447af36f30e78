"""Pages, one file for each route: PATH, Id, layout(), views that can be tested without Dash, register(app, ...).

A layout does no I/O and holds no data; callbacks take in, call one thing and render. A page becomes reachable by its
line in `dash_app.app.PAGES`; its place in the navigation is a row of `dash_app.navigation`.
"""
