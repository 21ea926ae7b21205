"""One line in the log per request, with an id that the answer carries too."""

import time

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from kam.common.scrub import scrub

HEADER = "X-Request-Id"
# Asked every few seconds by machines; only what is wrong is worth a line.
QUIET = frozenset({"/healthz", "/readyz"})


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's request log, less the query string, plus the id as a header of the answer.

    The id is ours, never the client's: a client could otherwise hide behind somebody else's.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.prepare(request)
        request_id = structlog.contextvars.get_contextvars()["request_id"]
        started = time.perf_counter()
        response: HttpResponse = self.get_response(request)  # type: ignore[assignment]
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        if request.path in QUIET and response.status_code == 200:
            structlog.contextvars.clear_contextvars()
        else:
            structlog.contextvars.bind_contextvars(milliseconds=milliseconds)
            self.handle_response(request, response)
        response[HEADER] = request_id
        return response

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {scrub(request.path)}"
