"""A private nginx: in front of FastCGI, and alone with one static file to find the loader's ceiling."""

import shutil
from pathlib import Path

from benchmarks.peers.target import HOST, CannotRunError

COMMON = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 600s;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  fastcgi_temp_path {folder}/fastcgi;
  proxy_temp_path {folder}/proxy;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  types {{ image/png png; }}
  {body}
}}
"""

FASTCGI = """
  upstream application {{
    server unix:{first} max_conns=1;
    server unix:{second} backup;
  }}
  server {{
    listen {host}:{port};
    location / {{
      fastcgi_pass application;
      fastcgi_buffering on;
      fastcgi_buffers 64 64k;
      fastcgi_max_temp_file_size 0;
      fastcgi_read_timeout 300s;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param SCRIPT_NAME /;
      fastcgi_param SERVER_NAME {host};
      fastcgi_param SERVER_PORT {port};
      fastcgi_param HTTP_HOST $host:$server_port;
    }}
  }}
"""

STATIC = """
  server {{
    listen {host}:{port};
    root {root};
  }}
"""


def command() -> str:
    """The nginx program."""
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None:
        raise CannotRunError("nginx is not installed (apt-get install nginx-light)")
    return found


def write_fastcgi(folder: Path, port: int, first: Path, second: Path) -> Path:
    """A configuration that hands every request to one of two FastCGI processes, each with a socket of its own.

    The second is asked while the first is busy. So a lone client meets one process and one block cache, where taking
    turns would inflate every block twice. Clients keep their connections; those to the sockets are new for each
    request, as an idle one would lock its process away from requests that wait on others.
    """
    return _write(folder, FASTCGI.format(first=first, second=second, host=HOST, port=port))


def write_static(folder: Path, port: int, root: Path) -> Path:
    """A configuration that serves the files of a folder."""
    return _write(folder, STATIC.format(host=HOST, port=port, root=root))


def _write(folder: Path, body: str) -> Path:
    file = folder / "nginx.conf"
    file.write_text(COMMON.format(folder=folder, body=body))
    return file
