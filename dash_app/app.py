"""Assembly of the web app: server, guard, sign-in, frame and pages, put together for one workspace."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, cast

from dash import Dash
from flask import Flask, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

from components.shell import BRAND
from dash_app import frame, health
from dash_app.auth import Guard
from dash_app.domain.errors import ConfigError
from dash_app.exports import install_exports
from dash_app.faults import show_fault
from dash_app.headers import content_policy, install_headers, trusted_hosts
from dash_app.language import install_language, language
from dash_app.last_project import with_prefetch
from dash_app.login import Entrance, install_login
from dash_app.recompute_job import Compute, compute_for_session
from dash_app.routes import PageModule, find_page
from dash_app.session_cookie import configure_cookie
from dash_app.session_memory import SessionMemory
from dash_app.static_files import ASSETS, NOT_FOR_DASH, PUBLIC, StaticFiles
from dash_app.way_in import HOME
from dash_app.workflows.sign_in import session_of, sign_in, sign_out
from dash_app.workspace import Workspace
from pages import (
    account,
    audit,
    battery,
    consumer,
    efficiency,
    flows,
    forecast,
    gallery,
    live,
    measurements,
    measurements_forecasts,
    notices,
    overview,
    production,
    projects,
    quality,
    recommendations,
    status,
    temperature,
)

PAGES: tuple[PageModule, ...] = (
    projects,
    overview,
    battery,
    consumer,
    flows,
    measurements,
    measurements_forecasts,
    efficiency,
    temperature,
    production,
    forecast,
    recommendations,
    live,
    notices,
    audit,
    quality,
    account,
    status,
)
"""Every page: one line each. `register` is given what its parameters name (see `_offers`)."""


def pages_of(workspace: Workspace) -> tuple[PageModule, ...]:
    """Return the pages of a deployment: the gallery is for development only, whatever else is set."""
    return (*PAGES, gallery) if workspace.settings.dev_pages and not workspace.settings.production else PAGES


INDEX = """<!DOCTYPE html>
<html lang="__LANGUAGE__" data-bs-theme="light">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <link rel="icon" href="__ICON__" type="image/svg+xml">
    <script src="__THEME__"></script>
    <link rel="stylesheet" href="__BOOTSTRAP__">
    <link rel="stylesheet" href="__ICONS__">
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>
"""


class _Dash(Dash):
    """Dash with each page in the language of its reader."""

    def interpolate_index(self, *parts: Any, **more: Any) -> str:
        """Return the page's HTML; `<html lang>` says what the words in it are."""
        page = str(super().interpolate_index(*parts, **more))  # type: ignore[no-untyped-call]
        return page.replace("__LANGUAGE__", language(), 1)


def create_app(workspace: Workspace, *, background: Any = None, compute: Compute | None = None) -> Dash:
    """Return the app of a workspace, ready to serve.

    `background` is the manager of background callbacks; `compute` is what Recompute runs in the
    process of its job.
    """
    server = _server(workspace)
    files = StaticFiles()
    files.install(server)
    app = _dash(server, files, background, demo=workspace.demo)
    guard = _guard(app, workspace)
    install_login(server, _entrance(workspace, files))
    install_exports(server, workspace, guard.who)
    health.install_health(server, states=workspace.states, measurements=workspace.measurements, clock=workspace.clock)
    _register_pages(app, workspace, guard, files, compute or partial(compute_for_session, workspace))
    _warm_up(app, guard, pages_of(workspace))
    policy = content_policy(app.csp_hashes(), map_style_url=workspace.settings.map_style_url)
    install_headers(server, policy=policy, public_url=workspace.settings.public_url)
    return app


def _server(workspace: Workspace) -> Flask:
    settings = workspace.settings
    if not settings.secret_key:
        raise ConfigError("SECRET_KEY: empty; nothing could be signed with it.")
    server = Flask("dash_app", static_folder=None)
    secure = settings.public_url.startswith("https://")
    configure_cookie(server, secret_key=settings.secret_key, secure=secure)
    server.config.update(TRUSTED_HOSTS=trusted_hosts(settings.public_url), MAX_CONTENT_LENGTH=4_000_000)
    if settings.production:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=1, x_proto=1, x_host=0)  # type: ignore[method-assign]
    install_language(server)
    return server


def _dash(server: Flask, files: StaticFiles, background: Any, *, demo: bool) -> Dash:
    marks = {
        "ICON": "favicon.svg",
        "THEME": "theme.js",
        "BOOTSTRAP": "vendor/bootstrap.css",
        "ICONS": "vendor/icons.css",
    }
    index = INDEX
    for mark, name in marks.items():
        index = index.replace(f"__{mark}__", files.address(name))
    app = _Dash(
        "dash_app",
        server=server,  # type: ignore[arg-type]  # Dash takes a Flask server
        assets_folder=str(ASSETS),
        assets_ignore=NOT_FOR_DASH,
        pages_folder="",
        use_pages=True,
        include_pages_meta=False,
        suppress_callback_exceptions=True,
        title=BRAND,
        update_title="",
        index_string=index,
        background_callback_manager=background,
        on_error=show_fault,
        add_log_handler=False,
    )
    app._got_first_request["pages"] = True  # Dash's own router stays out: see dash_app.routes
    app.layout = partial(frame.layout, demo=demo)
    return app


def _guard(app: Dash, workspace: Workspace) -> Guard:
    find = SessionMemory(partial(_session, workspace), workspace.clock)
    public = (*PUBLIC, *health.PUBLIC)
    return Guard(app, session_of=find, public=public, public_url=workspace.settings.public_url)


def _session(workspace: Workspace, session_id: str) -> Any:
    return session_of(workspace.sessions, workspace.api, session_id, workspace.clock)


def _entrance(workspace: Workspace, files: StaticFiles) -> Entrance:
    signing_in = partial(sign_in, workspace.api, workspace.sessions, workspace.audit, workspace.measurements)
    return Entrance(
        sign_in=with_prefetch(signing_in, workspace),
        sign_out=partial(sign_out, workspace.sessions, workspace.audit),
        audit=workspace.audit,
        demo=workspace.demo,
        asset=files.address,
    )


def _register_pages(app: Dash, workspace: Workspace, guard: Guard, files: StaticFiles, compute: Compute) -> None:
    drawn = frame.Frame(
        who=guard.who,
        sites=workspace.sites,
        measurements=workspace.measurements,
        recommendations=workspace.recommendations,
        notices=workspace.notices,
        clock=workspace.clock,
        demo=workspace.demo,
        pages=pages_of(workspace),
    )
    frame.register(app, drawn)
    guard.accept_any_path(*frame.ANY_PATH)
    offers = _offers(workspace, guard) | {"compute": compute, "asset": files.address}
    offers["map_style"] = workspace.settings.map_style_url
    for page in drawn.pages:
        _register(page.register, app, offers)


def _offers(workspace: Workspace, guard: Guard) -> dict[str, Any]:
    """Return what a page can ask for by name: every port of the workspace, `who` is signed in, and `require`."""
    ports = {field.name: getattr(workspace, field.name) for field in fields(workspace)}
    return {**ports, "who": guard.who, "require": guard.require}


def _register(register: Callable[..., None], app: Dash, offers: dict[str, Any]) -> None:
    wanted = [name for name in inspect.signature(register).parameters if name != "app"]
    register(app, **{name: offers[name] for name in wanted})


def _warm_up(app: Dash, guard: Guard, pages: tuple[PageModule, ...]) -> None:
    """Do now what Dash would do in the first request, where several at once would find it half done."""
    with app.server.test_request_context("/"):
        app._setup_server()  # type: ignore[no-untyped-call]
        app.index()  # type: ignore[no-untyped-call]
    guard.check_table()
    server = cast(Flask, app.server)

    @server.before_request
    def open_home() -> ResponseReturnValue | None:
        return redirect(HOME) if request.path == "/" else None

    @server.after_request
    def mark_missing(response: Response) -> Response:
        if request.endpoint == "/<path:path>" and (g.get("page_missing") or find_page(request.path, pages) is None):
            response.status_code = 404 if response.status_code == 200 else response.status_code
        return response
