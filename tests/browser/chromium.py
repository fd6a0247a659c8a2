"""Drives headless Chromium over the DevTools protocol: NUL-separated JSON on a pipe, standard library only."""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from shared.clock import real_monotonic

ANSWER_WITHIN_S = 60.0
_FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"),
    *("--no-first-run", "--no-default-browser-check", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-extensions", "--hide-scrollbars"),
]
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), "ArrowDown": (40, ""), "ArrowUp": (38, "")}
_KEYS |= {"ArrowLeft": (37, ""), "ArrowRight": (39, ""), "Home": (36, ""), "End": (35, "")}


def find_chromium():
    """Return the path of a Chromium or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


class Chromium:
    """A browser with one page. Its messages come in while an answer or a condition is awaited."""

    def __init__(self, binary):
        self._profile = tempfile.mkdtemp(prefix="raceday-chromium-")
        for_it, self._out = os.pipe()
        self._in, from_it = os.pipe()
        # Moved out of the way first: one of them may be 3 or 4 already.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (for_it, from_it)]
        command = [binary, *_FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        shell = 'exec 3<&"$0" 4>&"$1"; shift; exec "$@"'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", shell, str(high[0]), str(high[1]), *command],
            pass_fds=high,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in (for_it, from_it, *high):
            os.close(fd)
        self._buffer, self._number, self.errors = b"", 0, []
        self._session = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method, **params):
        """Return the result of one command."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = real_monotonic() + ANSWER_WITHIN_S
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._note(answer)

    def open(self, url):
        """Go to *url* and wait until it is loaded."""
        self.errors.clear()
        self.send("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression):
        """Return the value of a JavaScript expression; promises are awaited."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise AssertionError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait_for(self, expression, within_s=30.0):
        """Wait until the expression is true and return its value."""
        deadline = real_monotonic() + within_s
        while not (value := self.evaluate(expression)):
            if real_monotonic() > deadline:
                text = self.evaluate("document.body && document.body.innerText.slice(0, 2000)")
                raise AssertionError(f"not within {within_s:g} s: {expression}\nthe page says:\n{text}\n{self.errors}")
            self._listen(0.1)
        return value

    def press(self, key):
        """Press and release a key."""
        code, text = _KEYS.get(key, (ord(key.upper()), key) if len(key) == 1 else (0, ""))
        common = {"key": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def viewport(self, width, height, *, dark=False, still=False):
        """Set the size of the page, its colour scheme and whether motion is unwanted."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        features.append({"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"})
        self.send("Emulation.setEmulatedMedia", features=features)

    def screenshot(self, path):
        """Write a PNG of what is visible."""
        Path(path).write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        """End the browser and forget its profile."""
        for fd in (self._out, self._in):
            os.close(fd)  # it ends when its pipe does
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _listen(self, for_s):
        deadline = real_monotonic() + for_s
        while (left := deadline - real_monotonic()) > 0:
            if self._buffered() or select.select([self._in], [], [], left)[0]:
                self._note(self._receive(deadline + ANSWER_WITHIN_S, "events"))

    def _buffered(self):
        return b"\0" in self._buffer

    def _receive(self, deadline, awaited):
        while not self._buffered():
            left = deadline - real_monotonic()
            if left <= 0 or not select.select([self._in], [], [], left)[0]:
                raise AssertionError(f"Chromium did not answer {awaited} within {ANSWER_WITHIN_S:g} s")
            part = os.read(self._in, 1 << 16)
            if not part:
                raise AssertionError(f"Chromium ended (exit {self._process.poll()}) while {awaited} was awaited")
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        """Keep what a user would see in red in the console: errors, exceptions, what the CSP refused."""
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "assert"}:
            self.errors.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}".strip())
