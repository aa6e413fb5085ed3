"""One walk through the life of a role with the real binary: runs it, checks what it says and what the emulator holds."""

import itertools
import json
import os
import pathlib
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass

from proxy import rounds

RUN_SECONDS = 120
ROLE = "GenesysDataActionRole"
EXTERNAL_ID = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
VENDOR_ACCOUNT = "765628985471"
VENDOR = f"arn:aws:iam::{VENDOR_ACCOUNT}:root"


CREATIONS = ("iam:CreateRole", "iam:CreatePolicy")


def in_groups(writes):
    """The writes in order, those of a group sorted: creations go out side by side, and arrive in any order."""
    groups = itertools.groupby(writes, key=lambda operation: operation in CREATIONS)
    return [operation for together, group in groups for operation in (sorted(group) if together else group)]


class Mismatch(Exception):
    """Something is not as it should be."""


@dataclass
class Run:
    """One run of the binary."""

    arguments: list
    code: int
    stdout: str
    stderr: str
    seconds: float
    calls: list

    @property
    def report(self):
        try:
            return json.loads(self.stdout)
        except json.JSONDecodeError as error:
            raise Mismatch(f"standard output is not one JSON document: {error}") from error

    @property
    def writes(self):
        return [call.action for call in self.calls if call.is_write()]

    @property
    def operations(self):
        """What the report says is to be changed."""
        return [change["operation"] for change in self.report["changes"]]

    @property
    def foreign(self):
        """What the report says others put on the role."""
        return sorted(policy["resource"] for policy in self.report.get("foreign", []))

    @property
    def claims(self):
        """The results of the claims, each once."""
        return sorted({claim["result"] for claim in self.report["verification"]["claims"]})

    @property
    def probes(self):
        """What was tried, what AWS answered and what that shows."""
        return told(self.report["verification"]["probes"])

    @property
    def twin(self):
        """The same of the twin."""
        return told(self.report["verification"]["twin"]["probes"])


def told(probes):
    return [(probe["probe"], probe["answer"], probe["shows"]) for probe in probes]


class Step:
    """Collects what a step checks. A mismatch does not end it: a repair that follows is still wanted."""

    def __init__(self):
        self.checked, self.mismatches = [], []

    def check(self, what, actual, wanted=True):
        if actual == wanted:
            self.checked.append(what)
        else:
            self.mismatches.append(f"{what}: wanted {wanted!r}, got {actual!r}")


class Steps:
    """Steps one after the other, and a folder to work in."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self.runs = []
        self._folder = tempfile.TemporaryDirectory(prefix="rolecall-e2e-")
        self.folder = pathlib.Path(self._folder.name)

    def close(self):
        self._folder.cleanup()

    @contextmanager
    def step(self, title):
        """One line of the output: what was done, what was checked, how long it took."""
        self.runs, step, start = [], Step(), time.monotonic()
        try:
            yield step
        except Exception as error:  # whatever it is, the other steps are still worth walking
            step.mismatches.append(f"{type(error).__name__}: {error}")
        if step.mismatches:
            self.failed += 1
            print(f"FAIL {self.name}: {title}", *step.mismatches, sep="\n     ")
            for run in self.runs:
                print(f"     $ rolecall {' '.join(run.arguments)}    (exit {run.code})")
                for text in (run.stdout, run.stderr):
                    print("".join(f"       {line}\n" for line in text.splitlines()), end="", flush=True)
        else:
            self.passed += 1
            print(f"ok   {self.name}: {title} ({time.monotonic() - start:.1f} s)\n     {'; '.join(dict.fromkeys(step.checked))}", flush=True)


class Walk(Steps):
    """The steps on one emulator of AWS."""

    def __init__(self, name, emulator, binary):
        super().__init__(name)
        self.emulator, self.binary = emulator, binary
        self.key, self.secret = emulator.key, emulator.secret
        self.iam, self.lambdas = emulator.client("iam"), emulator.client("lambda")

    def manifest(self, *targets, probe_principal=None, role=ROLE, extra=""):
        """Writes the manifest. A target is a function's name or (name, qualifier)."""
        text = f'version = 1\n\n[genesys]\nregion = "us-east-1"\norganization_id = "{EXTERNAL_ID}"\n'
        text += f'\n[role]\nname = "{role}"\ntags = {{ team = "contact-centre" }}\n{extra}'
        for target in targets:
            function, qualifier = (target, None) if isinstance(target, str) else target
            text += f'\n[[target]]\nfunction = "{function}"\n'
            text += f'qualifier = "{qualifier}"\n' if qualifier else ""
        if probe_principal:
            text += f'\n[verify]\nprobe_principal = "{probe_principal}"\n'
        (self.folder / "rolecall.toml").write_text(text)

    def run(self, *arguments, endpoint=None, json_output=True, environment=None):
        """Runs the binary as the current caller, in an environment that holds nothing of ours."""
        arguments = [*arguments, *(["--output", "json"] if json_output else [])]
        self.emulator.proxy.take()
        start = time.monotonic()
        with subprocess.Popen(
            [self.binary, *arguments],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "AWS_ENDPOINT_URL": endpoint or self.emulator.url,
                "AWS_ACCESS_KEY_ID": self.key,
                "AWS_SECRET_ACCESS_KEY": self.secret,
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
                **(environment or {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as self.process:
            try:
                stdout, stderr = self.process.communicate(timeout=RUN_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                stdout, stderr = self.process.communicate()
        seconds = time.monotonic() - start
        calls = self.emulator.proxy.take()
        run = Run(arguments, self.process.returncode, stdout, stderr, seconds, calls)
        self.runs.append(run)
        return run

    def check_run(self, step, run, code, operations=None, writes=None):
        """What every run is held against: its exit code, the same code in its report, the number of calls in its report,
        the planned operations and the writes that reached AWS."""
        step.check(f"{run.arguments[0]} exits {code}", run.code, code)
        if "--output" in run.arguments:
            step.check("the report has the exit code", run.report["exit_code"], code)
            step.check("the report has the number of calls", run.report["aws_calls"], len(run.calls))
        if operations is not None:
            step.check(f"plans {', '.join(operations) or 'nothing'}", run.operations, operations)
        if writes is not None:
            step.check(f"writes {', '.join(writes) or 'nothing'}", in_groups(run.writes), in_groups(writes))

    def rounds_of(self, run):
        return rounds(run.calls)

    # What the emulator holds, asked with boto3.

    def role(self, name=ROLE):
        try:
            return self.iam.get_role(RoleName=name)["Role"]
        except self.iam.exceptions.NoSuchEntityException:
            return None

    def trust(self):
        return self.role()["AssumeRolePolicyDocument"]

    def set_trust(self, document):
        self.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document))

    def attached(self, name=ROLE):
        return sorted(policy["PolicyArn"] for policy in self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"])

    def inline(self):
        return self.iam.list_role_policies(RoleName=ROLE)["PolicyNames"]

    def customer_policies(self):
        pages = self.iam.get_paginator("list_policies").paginate(Scope="Local")
        return sorted(policy["Arn"] for page in pages for policy in page["Policies"])

    def document(self, arn):
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return self.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]

    def versions(self, arn):
        return self.iam.list_policy_versions(PolicyArn=arn)["Versions"]

    @property
    def policy_arn(self):
        """Where the policy for the targets is made."""
        return f"arn:aws:iam::{self.emulator.account}:policy/rolecall/{ROLE}/{ROLE}-invoke"

    def may_invoke(self):
        """The resources of the role's only statement, which allows lambda:InvokeFunction and nothing else."""
        [arn] = self.attached()
        [statement] = self.document(arn)["Statement"]
        if (statement["Effect"], statement["Action"]) != ("Allow", "lambda:InvokeFunction"):
            raise Mismatch(f"the policy allows something else: {statement}")
        resources = statement["Resource"]
        return [resources] if isinstance(resources, str) else resources

    def wanted_trust(self, *principals):
        """The trust policy as it should be, values as lists."""
        return [("Allow", [VENDOR, *principals], "sts:AssumeRole", {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}})]

    def plain_trust(self):
        """The trust policy as it is, in the form of `wanted_trust`."""
        as_list = lambda value: value if isinstance(value, list) else [value]
        return [
            (item["Effect"], as_list(item["Principal"]["AWS"]), item["Action"], item.get("Condition"))
            for item in self.trust()["Statement"]
        ]

    def tags(self):
        return {tag["Key"]: tag["Value"] for tag in self.role().get("Tags", [])}
