"""A child process that takes and gives lines of JSON, and never keeps its owner waiting."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

#: How much less important than Blender the child is, in Unix's unit: the window stays fluid on few cores.
_NICENESS = 5


class WorkerProcess:
    """Starts a process and speaks with it; every method returns at once, except :meth:`wait`.

    The process is started, written to and read by threads of this object, which touch no Blender data. It ends when
    its input ends, so that it does not outlive Blender however that goes.

    Args:
        command: the program and its arguments.
        environment: all of its environment variables.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._outbox: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._complaints: deque[str] = deque(maxlen=20)
        self._process: subprocess.Popen[str] | None = None
        self._closing = self._killed = False
        self._ended = threading.Event()
        self._start_thread(self._run, list(command), dict(environment))

    @property
    def pid(self) -> int | None:
        """The process's number, None before it has started and after it has ended."""
        return self._process.pid if self._process and not self._ended.is_set() else None

    def send(self, message: Mapping[str, Any]) -> bool:
        """Send one message; return False if the process takes no more."""
        with self._lock:
            if self._closing or self._ended.is_set():
                return False
            self._outbox.put(dict(message))
            return True

    def poll(self) -> list[dict[str, Any]]:
        """Return the messages that have arrived; the very last is ``{"event": "exit", "reason": …, "details": …}``."""
        messages = []
        with suppress(queue.Empty):
            while True:
                messages.append(self._inbox.get_nowait())
        return messages

    def close(self) -> None:
        """Take no more messages, and let the process end on its own; may be called from any thread."""
        with self._lock:
            self._closing = True
            self._outbox.put(None)

    def kill(self) -> None:
        """End the process at once."""
        self.close()
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the process has ended; return whether it has."""
        return self._ended.wait(timeout_s)

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        try:
            process = _start(command, environment)
        except OSError as error:
            self._end(f"could not be started ({error.strerror})", str(error))
            return
        with self._lock:
            self._process = process
            if self._killed:
                process.kill()
        stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
        assert stdin is not None and stdout is not None and stderr is not None, "pipes"
        complaining = self._start_thread(self._listen_to_complaints, stderr)
        self._start_thread(self._listen, process, stdout, complaining)
        with suppress(OSError, ValueError):  # it has ended, and the reading thread reports it
            for message in iter(self._outbox.get, None):
                stdin.write(json.dumps(message) + "\n")
                stdin.flush()
        with suppress(OSError):
            stdin.close()

    def _listen(self, process: subprocess.Popen[str], stdout: IO[str], complaining: threading.Thread) -> None:
        for line in stdout:
            try:
                message = json.loads(line)
            except ValueError:
                self._complaints.append(line)
                continue
            self._inbox.put(message)
        code = process.wait()
        complaining.join(timeout=1.0)
        stdout.close()
        self._end(_exit_reason(code), "".join(self._complaints))

    def _listen_to_complaints(self, stderr: IO[str]) -> None:
        with stderr:
            self._complaints.extend(stderr)

    def _end(self, reason: str, details: str) -> None:
        self._inbox.put({"event": "exit", "reason": reason, "details": details.strip()})
        self._ended.set()
        self._outbox.put(None)

    @staticmethod
    def _start_thread(target, *arguments: Any) -> threading.Thread:
        # Daemons: Blender's end does not wait for them, and the pipes' end is the child's.
        thread = threading.Thread(target=target, args=arguments, name="lanet worker", daemon=True)
        thread.start()
        return thread


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    if sys.platform == "win32":
        apart: dict[str, Any] = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS}
    else:
        apart = {"start_new_session": True}  # Ctrl+C in Blender's terminal is not meant for it
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        **apart,
    )
    if sys.platform != "win32":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    return process


def _exit_reason(code: int) -> str:
    if code >= 0:
        return f"ended with code {code:#x}" if code > 0xFFFF else f"ended with code {code}"
    if code == -getattr(signal, "SIGKILL", 9):
        return "was killed, perhaps because memory ran out"
    with suppress(ValueError):
        return f"crashed ({signal.Signals(-code).name})"
    return f"was ended by signal {-code}"
