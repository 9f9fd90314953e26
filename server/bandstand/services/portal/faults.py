"""Error to problem details (RFC 9457): one sentence, the parameter, the position."""

import json

from bandstand.errors import BandstandError, InvalidProgram
from bandstand.model.exchange import Call, Response


def problem(call: Call, error: BandstandError) -> Response:
    """Word an error as `application/problem+json`."""
    name = type(error).__name__
    body: dict[str, object] = {
        "type": f"about:blank#{name}",
        "title": name,
        "status": error.http_status,
        "detail": error.message,
        "instance": call.path,
    }
    if error.locator:
        body["parameter"] = error.locator
    if isinstance(error, InvalidProgram) and error.column:
        body["position"] = error.column
    return Response(
        status=error.http_status,
        media_type="application/problem+json",
        body=json.dumps(body, ensure_ascii=False).encode(),
    )
