"""What gunicorn serves: `dash_app.server:server`."""

from dash_app.settings import Settings
from dash_app.web import web_app

app = web_app(Settings.from_env())
server = app.server
