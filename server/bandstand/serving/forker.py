"""What the process that forks the workers imports beforehand, and nothing else does.

Who ends a whole group (systemd, a terminal) means the supervisor and its workers; this process goes when the supervisor
does, so that workers are not taken for dead while they finish what they do.
"""

import signal

import bandstand.serving.process  # noqa: F401 - imported once, for all workers

signal.signal(signal.SIGTERM, signal.SIG_IGN)
