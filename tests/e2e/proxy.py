"""A reverse proxy that counts AWS calls, can delay each by a fixed time and can make some fail. Standard library only.

It stands between a program and an emulator, so that the figures come from the wire and not from the program itself.
A call's delay stands for one round trip to AWS: with a delay well above the emulator's own time, calls that were made
side by side overlap in the log, and `rounds` finds how many had to wait for one another.
"""

import http.client
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# Lambda's REST paths, as far as they are told apart here.
LAMBDA_OPERATIONS = (
    ("GET", r"/2015-03-31/functions/?", "ListFunctions"),
    ("GET", r"/2015-03-31/functions/[^/]+/configuration/?", "GetFunctionConfiguration"),
    ("GET", r"/2015-03-31/functions/[^/]+/?", "GetFunction"),
    ("GET", r"/2015-03-31/functions/[^/]+/policy/?", "GetPolicy"),
    ("GET", r"/2015-03-31/functions/[^/]+/aliases/?", "ListAliases"),
    ("GET", r"/2015-03-31/functions/[^/]+/versions/?", "ListVersionsByFunction"),
    ("GET", r"/2021-10-31/functions/[^/]+/urls/?", "ListFunctionUrlConfigs"),
    ("POST", r"/2015-03-31/functions/[^/]+/invocations/?", "Invoke"),
)
# Calls that change nothing: by their names, as AWS writes them. Access Analyzer checks what it is sent, and of
# Organizations nothing is called that writes: its operations are named in a header, which is not looked at here.
READS = re.compile(
    r"(iam|lambda|sts):(Get|List|Simulate)|sts:AssumeRole$|lambda:Invoke$|access-analyzer:POST /policy/|organizations:POST /$"
)
# How long a connection may lie in the kernel's queue, and how long a call may outlive the program that made it.
ACCEPT_SECONDS = 0.02
CLOSE_SECONDS = 10
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Call:
    """One request: what it asked for, when it came and when it was answered."""

    action: str
    start: float
    end: float
    status: int

    def is_write(self):
        return READS.match(self.action) is None


def action_of(method, target, authorization, body):
    """The action as in a policy, such as `iam:GetRole`."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/", authorization)
    service = scope.group(1) if scope else "unsigned"
    url = urlsplit(target)
    if service == "lambda":
        for verb, pattern, operation in LAMBDA_OPERATIONS:
            if verb == method and re.fullmatch(pattern, url.path):
                return f"lambda:{operation}"
        return f"lambda:{method} {url.path}"
    form = parse_qs(body.decode("latin-1")) or parse_qs(url.query)
    return f"{service}:{form.get('Action', [f'{method} {url.path}'])[0]}"


@dataclass
class Fault:
    """The answer to a call of IAM or STS that is made to fail. Without a code the call is carried out, and the connection
    is cut before the answer."""

    status: int = 0
    code: str = ""
    message: str = ""

    def content(self):
        return (
            '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
            f"<Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        ).encode()


class Proxy:
    """Listens on a free loopback port until it is closed."""

    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self.latency = 0.0
        # Asked before each call with its action: `None` lets it through, `Fault` answers it.
        self.fault = lambda action: None
        self._calls = []
        self._connections = 0
        self._lock = threading.Condition()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def record(self, call):
        with self._lock:
            self._calls.append(call)

    def connected(self, change):
        with self._lock:
            self._connections += change
            self._lock.notify_all()

    def take(self):
        """The calls since the last time, in the order of their arrival. The program that made them must have ended: what
        it had under way at its end is waited for."""
        time.sleep(ACCEPT_SECONDS)
        with self._lock:
            self._lock.wait_for(lambda: self._connections == 0, timeout=CLOSE_SECONDS)
            calls, self._calls = self._calls, []
        return sorted(calls, key=lambda call: call.start)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: Proxy

    def setup(self):
        self.owner.connected(+1)
        super().setup()

    def finish(self):
        try:
            super().finish()
        finally:
            self.owner.connected(-1)

    def handle(self):
        try:
            super().handle()
        except ConnectionError:  # the program went away in the middle of a request, as it may
            pass

    def forward(self):
        start = time.monotonic()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        action = action_of(self.command, self.path, self.headers.get("Authorization", ""), body)
        fault = self.owner.fault(action)
        if self.owner.latency:
            time.sleep(self.owner.latency)
        if fault and fault.code:
            status, reason, headers, content = fault.status, fault.code, [("Content-Type", "text/xml")], fault.content()
        else:
            status, reason, headers, content = self.ask_upstream(body)
        # Recorded before the answer leaves: whoever has seen the answer finds the call in the log.
        self.owner.record(Call(action, start, time.monotonic(), status))
        if fault and not fault.code:
            self.close_connection = True
            return
        try:
            self.send_response_only(status, reason)
            for name, value in headers:
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:  # the program did not wait for the answer
            self.close_connection = True

    def ask_upstream(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", self.owner.upstream_port, timeout=60)
        try:
            # The signature covers the path and the headers, `Host` too: they pass as they came.
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    upstream.putheader(name, value)
            upstream.putheader("Content-Length", str(len(body)))
            upstream.putheader("Connection", "close")
            upstream.endheaders(body)
            answer = upstream.getresponse()
            return answer.status, answer.reason, answer.getheaders(), answer.read()
        finally:
            upstream.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward

    def log_message(self, *_):
        pass


def rounds(calls):
    """The longest chain of calls of which each began after the one before it was answered."""
    chain, last_end = 0, float("-inf")
    for call in sorted(calls, key=lambda call: call.end):
        if call.start >= last_end:
            chain, last_end = chain + 1, call.end
    return chain
