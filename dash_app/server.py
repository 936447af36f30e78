"""What gunicorn serves: `dash_app.server:server`."""

from dash_app import log
from dash_app.app import create_app
from dash_app.settings import Settings
from dash_app.wiring import background_manager, build

settings = Settings.from_env()
log.configure(settings.log_level)
app = create_app(build(settings), background=background_manager(settings))
server = app.server
