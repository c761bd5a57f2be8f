"""The chat page, its stream of changes, and the pictures in it."""

from flask import Blueprint, Response, abort

from bot.sandbox.media import mimetype
from bot.sandbox.world import World


def blueprint(world: World) -> Blueprint:
    """Routes bound to one world."""
    routes = Blueprint("pages", __name__)

    @routes.get("/sandbox/pic/<media_id>")
    def picture(media_id: str) -> Response:
        medium = world.media.shown(media_id)
        if medium is None:
            abort(404)
        response = Response(medium.content, content_type=mimetype(medium.content[:16]))
        response.headers["Cache-Control"] = "private, max-age=86400"
        return response

    return routes
