"""The demo's sites as data: `model` says what a site is; one module per source of measured data fills it in."""
