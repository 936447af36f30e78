"""Puts the routes together and turns every error into JSON with one sentence."""

import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from slothbox.api import catalogue, edge, market, measurements, sign_in
from slothbox.api.answer import json_answer
from slothbox.api.context import EdgeContext, attach
from slothbox.api.errors import ApiError

LARGEST_BODY = 16 * 1024 * 1024
SENTENCES = {404: "There is nothing at this address.", 405: "This address does not answer that method."}


def create_api(context: EdgeContext) -> Flask:
    """Return the energy API on top of `context`."""
    app = Flask("slothbox")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    attach(app, context)
    for part in (sign_in, catalogue, measurements, market, edge):
        app.register_blueprint(part.routes)
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _not_served)
    app.register_error_handler(Exception, _failed)
    return app


def _refused(error: ApiError) -> Response:
    return json_answer({"error": error.sentence}, error.status, error.headers)


def _not_served(error: HTTPException) -> Response:
    status = error.code or 500
    return json_answer({"error": SENTENCES.get(status, f"{error.name}.")}, status)


def _failed(error: Exception) -> Response:
    structlog.get_logger().error("request_failed", path=request.path, exc_info=error)
    return json_answer({"error": "The server failed on this request."}, 500)
