"""Something done in a process of its own that dies at a moment of its own choosing. Not for kills from outside."""

import os
import signal
from collections.abc import Callable

LONGEST_S = 300


def die() -> None:
    """As a kill from outside would: nothing is closed, flushed or put back."""
    os.kill(os.getpid(), signal.SIGKILL)


def cut_short(do: Callable[[], None]) -> str:
    """Do it in a child; how that ended: killed, ended or failed."""
    child = os.fork()
    if child == 0:
        signal.alarm(LONGEST_S)
        try:
            do()
        except BaseException:  # noqa: BLE001 (the child must not go on as a second parent)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed" if os.WTERMSIG(status) == signal.SIGKILL else f"hung for {LONGEST_S} s"
    return "failed" if os.WEXITSTATUS(status) else "ended"
