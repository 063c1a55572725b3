"""An alert sent: to a webhook, and to a command such as mail. Not for what it says (message.py), nor for when (sensors.py, command.py)."""

import logging
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

from pipelines.alerts.message import Alert
from pipelines.settings import Settings, bare_environment
from pipelines.sources.plain import plain_line
from pipelines.sources.punctual import PunctualAdapter
from pipelines.sources.redaction import redact

TRIES = 3
PAUSE_S = 1.0  # before the second try; twice that before the third
WAIT_S = 10.0
COMMAND_S = 60.0


@dataclass(frozen=True)
class Delivery:
    """Ways the alert went, and what became of the others: without the webhook's address, which may hold a token."""

    sent: tuple[str, ...]
    problems: tuple[str, ...]


def is_set(settings: Settings) -> bool:
    """Is there anybody to tell."""
    return settings.alert_webhook is not None or settings.alert_command is not None


def send(settings: Settings, alert: Alert, sleep: Callable[[float], None] = time.sleep) -> Delivery:
    """Send it every way there is; a way that fails holds up no other, and is told."""
    ways = {"webhook": settings.alert_webhook and (lambda: _post(settings, alert, sleep)),
            "command": settings.alert_command and (lambda: _command(settings, alert))}  # fmt: skip
    problems = {name: way() for name, way in ways.items() if way}
    for name, problem in problems.items():
        if problem:
            logging.getLogger("rotation.alerts").error("The alert %r was not sent by the %s: %s", alert.subject, name, problem)
    failed = {name: problem for name, problem in problems.items() if problem}
    return Delivery(tuple(n for n in problems if n not in failed), tuple(f"{name}: {problem}" for name, problem in failed.items()))


def _post(settings: Settings, alert: Alert, sleep: Callable[[float], None]) -> str | None:
    """None when it was taken; else why not. What the libraries say of a failure holds the address: only its kind is told."""
    url = settings.alert_webhook.get_secret_value() if settings.alert_webhook else ""
    body = {"text": f"{alert.subject}\n\n{alert.text}", "subject": alert.subject, "kind": alert.kind, "market": alert.market,
            "run_id": alert.run_id, "checks": list(alert.checks)}  # fmt: skip
    said = ""
    wire = logging.getLogger("urllib3.connectionpool")  # which logs the path, and there the token
    was, wire.disabled = wire.disabled, True
    try:
        for n in range(TRIES):
            if n:
                sleep(PAUSE_S * n)
            try:
                with requests.Session() as session:
                    session.mount("http://", PunctualAdapter())
                    session.mount("https://", PunctualAdapter())
                    # a redirect could carry the message to another house
                    answer = session.post(url, json=body, timeout=WAIT_S, allow_redirects=False, stream=True)
                    answer.close()
            except (requests.RequestException, OSError) as problem:
                said = type(problem).__name__
                continue
            if answer.ok and not answer.is_redirect:
                return None
            said = f"status {answer.status_code}"
            if answer.status_code < 500 and answer.status_code != 429:
                return f"{said}. Correct ROTATION_ALERT_WEBHOOK."
    finally:
        wire.disabled = was
    return f"{said}, {TRIES} times. Does the receiver of ROTATION_ALERT_WEBHOOK answer?"


def _command(settings: Settings, alert: Alert) -> str | None:
    """None when the command ended with 0; else why not. There is no shell, and the subject is one argument whatever it holds."""
    words = [word.replace("{subject}", alert.subject) for word in shlex.split(settings.alert_command or "")]
    secrets = [*settings.tokens.values(), settings.alert_webhook.get_secret_value() if settings.alert_webhook else ""]
    try:
        ended = subprocess.run(
            words, input=f"Subject: {alert.subject}\n\n{alert.text}\n" if "{subject}" not in (settings.alert_command or "") else f"{alert.text}\n",
            capture_output=True, text=True, timeout=COMMAND_S, check=False, env=bare_environment(),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        why = (
            f"no end within {COMMAND_S:.0f} s"
            if isinstance(problem, subprocess.TimeoutExpired)
            else problem.strerror or type(problem).__name__
        )
        return f"{words[0]}: {why}. Correct ROTATION_ALERT_COMMAND."
    if ended.returncode:
        told = plain_line(redact(ended.stderr.strip()[:200], [s for s in secrets if s]))
        return f"{words[0]} ended with {ended.returncode}: {told or 'it said nothing'}. Try it with `rotation alert --test`."
    return None
