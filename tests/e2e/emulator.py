"""Emulators of AWS, each in a process of its own on a free loopback port, with a counting proxy before it."""

import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import zipfile

import boto3
import botocore.config

from proxy import Proxy

REGION = "us-east-1"
START_SECONDS = 60
ASSUMED_BY_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Emulator:
    """A running emulator. `key` and `secret` are the caller's; `url` is the proxy's."""

    def __init__(self, arguments, environment, key, secret, account):
        self.key, self.secret, self.account = key, secret, account
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._folder = tempfile.TemporaryDirectory(prefix="rolecall-e2e-")
        self.log = pathlib.Path(self._folder.name, "emulator.log")
        program, *rest = [argument.format(port=self.port) for argument in arguments]
        variables = {name: value.format(port=self.port) for name, value in environment.items()}
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [str(pathlib.Path(sys.executable).with_name(program)), *rest],
                # What the emulator leaves in the temporary folder goes when it goes.
                env={"PATH": os.environ["PATH"], "TMPDIR": self._folder.name, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.name,
                start_new_session=True,
            )
        self._wait_until_it_listens()
        self.proxy = Proxy(self.port)
        self.url = self.proxy.url

    def _wait_until_it_listens(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        log = self.log.read_text()
        self._stop()
        raise SystemExit(f"the emulator did not start:\n{log}")

    def _stop(self):
        self._process.kill()  # MiniStack can hang on SIGTERM
        self._process.wait()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.proxy.close()
        self._stop()

    def client(self, service, key=None, secret=None, token=None, region=REGION):
        """An AWS client that goes round the proxy, so that what the tests ask is not counted."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=region,
            aws_access_key_id=key or self.key,
            aws_secret_access_key=secret or self.secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def create_functions(self, names, account=None, region=REGION):
        """Functions that do nothing; they are never run."""
        account = account or self.account
        key = account if account != self.account else None
        iam, functions = self.client("iam", key), self.client("lambda", key, region=region)
        role = "lambda-execution"
        if role not in [known["RoleName"] for known in iam.list_roles()["Roles"]]:
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(ASSUMED_BY_LAMBDA))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as code:
            code.writestr("index.py", "def handler(event, context):\n    return {}\n")
        for name in names:
            functions.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role=f"arn:aws:iam::{account}:role/{role}",
                Handler="index.handler",
                Code={"ZipFile": archive.getvalue()},
            )

    def function_arn(self, name):
        return f"arn:aws:lambda:{REGION}:{self.account}:function:{name}"


def start_moto():
    """moto: storage behaviour and error codes of IAM and Lambda. It checks no permission and no trust policy."""
    return Emulator(["moto_server", "-H", "127.0.0.1", "-p", "{port}"], {}, "test", "test", "123456789012")


def start_ministack(account, services="iam,sts,lambda", command=("ministack",), **environment):
    """MiniStack with its checks on: trust policies, permissions and signatures count. A key of twelve digits is the root
    user of that account. `command` is what starts it."""
    environment |= {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": "{port}",
        "SERVICES": services,
        # Otherwise it listens on this port of every interface, whatever BIND_HOST says.
        "IOT_MTLS_ENABLED": "0",
    }
    return Emulator(list(command), environment, account, "test", account)
