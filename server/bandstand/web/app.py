"""The WSGI application: configuration in, every service mounted."""

import codecs
import encodings.idna  # noqa: F401 - looked up for every request; two threads importing it at once would lose it for good
import os
import threading
from pathlib import Path
from typing import cast

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as WsgiResponse

from bandstand import services
from bandstand.config.load import load_config
from bandstand.config.schema import Config
from bandstand.engine.build import build_engine
from bandstand.engine.engine import Engine
from bandstand.engine.warm import warm_kernels
from bandstand.errors import shorten
from bandstand.observe.figures import FIGURES
from bandstand.observe.logs import configure_logs
from bandstand.plugins import members
from bandstand.services.base import Service
from bandstand.share import shipped
from bandstand.web.health import mount_health
from bandstand.web.metrics import Processes, mount_metrics, of_engine
from bandstand.web.mount import Mount, Settings, allow_methods

CONFIG_VARIABLE = "BANDSTAND_CONFIG"
"""Environment variable with the path of the configuration, for WSGI servers that start the application themselves."""


def create_app(config_path: Path | None = None) -> Flask:
    """Build the application from a configuration file, for WSGI servers that start it themselves.

    Args:
        config_path: None: the path in `BANDSTAND_CONFIG`, else the configuration that ships with Bandstand.

    Raises:
        ConfigError: The configuration cannot be used.
    """
    path = config_path or Path(os.environ.get(CONFIG_VARIABLE) or shipped("config.yml"))
    config = load_config(path)
    if config_path is None:
        # Standard error is ours.
        configure_logs(config.logging.level, config.logging.format)
    return build_app(config)


def build_app(config: Config, processes: Processes | None = None) -> Flask:
    """Build the application of a configuration, and compile in the background what the first visitor will need.

    Args:
        config: As loaded and checked.
        processes: Tells the figures of all processes of the server; None: those of this one.
    """
    threading.Thread(target=warm_kernels, name="warm", daemon=True).start()
    settings = Settings(
        public_url=config.server.public_url,
        trusted_proxies=config.server.trusted_proxies,
        origins=config.server.cors.origins,
        cors_max_age_s=config.server.cors.max_age_s,
        body_max_bytes=config.limits.body_max_bytes,
        metrics=config.server.metrics,
    )
    engine = build_engine(config)
    FIGURES.watch(lambda: of_engine(engine))
    return mount_services(engine, settings, processes)


def mount_services(engine: Engine, settings: Settings, processes: Processes | None = None) -> Flask:
    """Mount every service on an engine; `processes` as for `build_app`."""
    # Werkzeug spells host names by this codec. Python keeps a failed look-up for ever, and the first one can fail when
    # several threads of the server begin at once: then every answer of the process would be an error.
    codecs.lookup("idna")
    app = Flask("bandstand", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    # Flask would spool forms of any size; a request that is too large is refused by its announced length.
    app.config["MAX_CONTENT_LENGTH"] = settings.body_max_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.body_max_bytes
    mount = Mount(app, engine, settings)
    for service in all_services():
        mount.add(service)
    mount_health(app, engine, mount.allow_origin)
    mount_metrics(app, engine, mount.address, settings.metrics, processes or (lambda: {"": FIGURES.read()}))

    def nowhere(error: HTTPException) -> WsgiResponse:
        refused = mount.refuse(error)
        if refused is None:
            refused = _nowhere(error)
            mount.allow_origin(refused)
        return refused

    app.register_error_handler(404, nowhere)
    app.register_error_handler(405, nowhere)
    app.register_error_handler(500, mount.broken)
    return app


def _nowhere(error: HTTPException) -> Response:
    """An address or method that no service has, nor anything above it."""
    code = error.code or 404
    text = (
        f"{code}: nothing answers {shorten(request.method)} {shorten(request.path, 200)} here.\n"
        "There are: /  /wms  /wmts  /wcs  /xyz/{layer}/{z}/{x}/{y}.png  /api/layers  /docs/{page}  "
        "/healthz  /readyz  /metrics  /version\n"
    )
    response = Response(text, status=code, mimetype="text/plain")
    allow_methods(response, error)
    return response


def all_services() -> list[Service]:
    """The services in `bandstand.services` and those of other packages."""
    return cast("list[Service]", members(services, "SERVICE", group="bandstand.services"))
