"""The web app on the real ports: what gunicorn serves, and what the process of a background job makes anew."""

from functools import partial

from dash import Dash

from dash_app import log
from dash_app.app import create_app
from dash_app.settings import Settings
from dash_app.wiring import background_manager, build


def web_app(settings: Settings) -> Dash:
    """Return the app; its background jobs run in an app made by the same call."""
    log.configure(settings.log_level)
    return create_app(build(settings), background=background_manager(settings, partial(web_app, settings)))
