"""`python -m dash_app` is `energy-dashboard`."""

import sys

from dash_app.cli import main

sys.exit(main())
