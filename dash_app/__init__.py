"""Energy DashBoard: see, plan, approve, dispatch and prove, for sites with PV, batteries and consumers.

Where do I go to ...?

    change what a word means, a unit or a sign     dash_app/domain
    change what happens when a person approves     dash_app/workflows
    add or change a page                           pages (one file for each route)
    change a chart or a card                       components
    talk to another energy API, disk or database   services
    change a forecast or the optimisation          optimizer
    talk to another device                         controllers
    change the demo's API, plant or data           slothbox
    put the parts together                         dash_app/wiring.py
"""
