#!/usr/bin/env python3
"""Asks rolecall and other tools which roles of the example account are open to outsiders, and prints Markdown tables.

  benches/audit/compare.py --venvs DIR [--binary target/debug/rolecall] [--work DIR]

The script installs nothing. Each tool is looked for in DIR/TOOL/bin, then on PATH; a tool that is not there gets a row
that says so. Install what you want to compare, each tool in an environment of its own:

  python3.11 -m venv DIR/cloudsplaining && DIR/cloudsplaining/bin/pip install cloudsplaining==0.9.1
  python3.11 -m venv DIR/checkov        && DIR/checkov/bin/pip install checkov==3.3.30
  python3.11 -m venv DIR/prowler        && DIR/prowler/bin/pip install prowler==5.46.0
  python3.9  -m venv DIR/pmapper        && DIR/pmapper/bin/pip install principalmapper==1.1.5     # not for 3.10 and newer
  python3.11 -m venv DIR/parliament     && DIR/parliament/bin/pip install parliament==1.6.4 'setuptools<81'
  python3.11 -m venv DIR/moto           && DIR/moto/bin/pip install 'moto[server,iam]==5.2.5'    # for Prowler and PMapper

It needs Python 3.9 or newer and only the standard library. What is right for each role is read from the table RIGHT of
crates/rolecall-audit/tests/roll.rs, so that there is one such table. The role whose trust policy cannot be read is left
out of every input: AWS does not store such a policy, and some of the tools stop at it."""

import argparse
import contextlib
import csv
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT = ROOT / "crates" / "rolecall-sandbox" / "data" / "example-account.json"
RIGHT = ROOT / "crates" / "rolecall-audit" / "tests" / "roll.rs"
OWNER = "123456789012"
UNREADABLE = "broken-trust"
MOTO_START_SECONDS = 60
TOOL_SECONDS = 900

OPEN, CLOSED, NOBODY, UNKNOWN = STANDINGS = ("Open", "Closed", "None", "Unknown")

# Which findings of a tool say that a role's trust is open to outsiders. Findings about other questions do not count for
# or against a tool: permissions, names that the tool does not know, and roles for AWS services only, which a service may
# use for another account (rolecall notes them as R10, not as open).
CLOUDSPLAINING = ("AssumableByAnyPrincipal", "AssumableByAnyPrincipalWithConditions", "AssumableByCrossAccountPrincipal")
CHECKOV = ("CKV_AWS_60", "CKV_AWS_61", "CKV_AWS_283", "CKV_AWS_358", "CKV_AWS_393")
PROWLER_STOPS_AT = "everybody-but-us"
PROWLER_OUTSIDERS = ("iam_role_cross_account_readonlyaccess_policy",)
PROWLER_SERVICES = (
    "iam_role_cross_service_confused_deputy_prevention",
    "iam_role_service_trust_restricts_source_to_account",
)
PARLIAMENT = ("NOTPRINCIPAL_WITH_ALLOW",)

CLASSES = {
    "vendor account, no external ID asked": ("datadog-old", "half-guarded", "mfa-only", "address-only"),
    "vendor account, asked in a way that lets others in": (
        "monitoring-prefix", "billing-any-id", "backup-if-exists", "backup-for-all", "denied-only-if-absent",
        "denied-only-if-wrong",
    ),
    "vendor account, external ID of somebody else": ("genesys-other-organization",),
    "vendor account, exact external IDs": (
        "datadog-integration", "vendor-role-named", "two-ids", "literal-wildcard", "scanner-named-id",
        "scanner-account-id", "shared-one", "shared-two", "genesys-data-actions", "denied-otherwise",
        "denied-if-exists",
    ),
    "wildcard, `NotPrincipal`": ("public", "public-with-id", "everybody-but-us"),
    "wildcard, narrowed to a stranger": ("other-organization", "account-by-condition"),
    "wildcard, narrowed rightly": ("own-organization", "role-by-condition"),
    "own accounts, a deleted principal": ("sibling-account", "own-account", "deleted-principal"),
    "AWS service": ("function-role", "function-admin", "config-own", "config-any"),
    "GitHub, others' repositories too": ("github-open", "github-audience-only", "github-prefix", "github-for-all"),
    "GitHub, own repositories": ("github-organization", "github-branch"),
    "other tokens, any tenant": ("terraform-any", "eks-any-pod", "cognito-any-pool"),
    "other tokens, own tenant": (
        "gitlab-group", "terraform-organization", "eks-service-account", "cognito-pool", "cognito-signed-in",
    ),
    "SAML provider of the account": ("saml-engineers",),
    "issuer that nobody listed": ("unlisted-issuer",),
}  # fmt: skip


class Unavailable(Exception):
    """A tool that is not there, or that failed; the text goes into the table."""


def right():
    """What is right for each role, and what the owner of the account states (`--expect`), both from the tests."""
    text = RIGHT.read_text()
    table = text.split("const RIGHT", 1)[1].split("\n];", 1)[0]
    rows = re.findall(r'\(\s*"([\w-]+)",\s*(?:Some\((\w+)\)|(None)),', table)
    answers = {name: some or none for name, some, none in rows}
    assert set(answers.values()) <= set(STANDINGS), answers
    expected = text.split('const EXPECTED: &str = r#"', 1)[1].split('"#;', 1)[0]
    return answers, expected


def roles():
    account = json.loads(ACCOUNT.read_text())
    account["RoleDetailList"] = [role for role in account["RoleDetailList"] if role["RoleName"] != UNREADABLE]
    return account


def run(command, codes=(0,), **more):
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=TOOL_SECONDS,
        **more,
    )
    if done.returncode not in codes:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise Unavailable(f"failed (exit code {done.returncode}): {last[:120]}")
    return done.stdout


class Bench:
    def __init__(self, options, work):
        self.venvs, self.work = options.venvs, work
        self.binary = options.binary
        self.account = roles()
        self.names = {role["RoleName"] for role in self.account["RoleDetailList"]}
        self.trust = {role["RoleName"]: role["AssumeRolePolicyDocument"] for role in self.account["RoleDetailList"]}
        self.right, self.expected = right()
        assert set(self.right) == self.names | {UNREADABLE}
        classed = [name for names in CLASSES.values() for name in names]
        assert sorted(classed) == sorted(self.names), "each role is of exactly one class"
        self.saved = self.write("account.json", self.account)

    def write(self, name, content):
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    def folder(self, name):
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def tool(self, name, program=None):
        program = program or name
        if self.venvs and (self.venvs / name / "bin" / program).exists():
            return self.venvs / name / "bin" / program
        found = shutil.which(program)
        if found is None:
            raise Unavailable("not installed")
        return pathlib.Path(found)

    # Each of the following answers with the names of the roles that the tool calls open, and with remarks.

    def rolecall(self, expects):
        expect = ["--expect", self.write("expect.toml", self.expected)] if expects else []
        # 4: some role is open; 5: some role is unknown
        told = json.loads(run([self.binary, "audit", *expect, "--output", "json", self.saved], codes=(0, 4, 5)))
        named = {role["arn"].split("/")[-1]: role["standing"] for role in told["roles"]}
        unknown = sorted(name for name, standing in named.items() if standing == "unknown")
        opened = {name for name, standing in named.items() if standing == "open"}
        return opened, f"answers unknown for: {', '.join(unknown) or 'none'}"

    def cloudsplaining(self):
        program, out = self.tool("cloudsplaining"), self.folder("cloudsplaining")
        run([program, "create-exclusions-file", "-o", out / "exclusions.yml"])
        exclusions = (out / "exclusions.yml").read_text()
        own = re.findall(r'own_accounts = \["(\d+)"\]', self.expected)
        told, count = re.subn(r'known-accounts:\n +- ""', f'known-accounts:\n  - "{own[0]}"', exclusions)
        if count != 1:
            raise Unavailable("the file of exclusions has no known-accounts")
        (out / "exclusions.yml").write_text(told)
        # -t: flag trust policies; -s: open no browser
        run([program, "scan", "-t", "-s", "-i", self.saved, "-e", out / "exclusions.yml", "-o", out])
        found = json.loads((out / "iam-results-account.json").read_text())["roles"].values()
        flagged = {role["name"] for role in found if any(role[kind]["findings"] for kind in CLOUDSPLAINING)}
        everybody = {role["name"] for role in found if role["AssumableByAnyPrincipal"]["findings"]}
        return flagged, f"critical only for: {', '.join(sorted(everybody))}"

    def checkov(self, form):
        program, out = self.tool("checkov"), self.folder(f"checkov-{form}")
        numbered = dict(enumerate(sorted(self.names)))
        if form == "cloudformation":
            resources = {
                f"Role{number}{spelling}": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {"RoleName": name, "AssumeRolePolicyDocument": policy},
                }
                for number, name in numbered.items()
                for spelling, policy in (("", self.trust[name]), ("Lists", with_lists(self.trust[name])))
            }
            (out / "template.json").write_text(json.dumps({"Resources": resources}, indent=1))
        else:
            blocks = [terraform(number, name, self.trust[name]) for number, name in numbered.items()]
            (out / "main.tf").write_text("\n".join(blocks))
        told = run([program, "-d", out, "--framework", form, "-o", "json", "--compact", "--quiet"], codes=(0, 1))
        told = json.loads(told)
        failed = told["results"]["failed_checks"] if isinstance(told, dict) else []
        by_check = {}
        for finding in failed:
            number = int(re.search(r"Role(\d+)", finding["resource"]).group(1))
            by_check.setdefault(finding["check_id"], set()).add(numbered[number])
        flagged = {name for check, names in by_check.items() if check in CHECKOV for name in names}
        counts = ", ".join(f"{check} on {len(names)}" for check, names in sorted(by_check.items()))
        return flagged, f"failed checks: {counts or 'none'}"

    def parliament(self):
        program, out = self.tool("parliament"), self.folder("parliament")
        for name, policy in self.trust.items():
            # A trust policy has no Resource. parliament calls that malformed and looks no further, so it gets one.
            policy = json.loads(json.dumps(policy))
            for statement in policy["Statement"]:
                statement["Resource"] = "*"
            (out / f"{name}.json").write_text(json.dumps(policy, indent=1))
        command = [program, "--directory", out, "--json", "--include-community-auditors"]
        by_issue = {}
        for line in run(command, codes=(0, 1)).splitlines():
            finding = json.loads(line)
            name = pathlib.Path(finding["location"]["filepath"]).stem
            by_issue.setdefault(finding["issue"], set()).add(name)
        flagged = {name for issue, names in by_issue.items() if issue in PARLIAMENT for name in names}
        counts = ", ".join(f"{issue} on {len(names)}" for issue, names in sorted(by_issue.items()))
        return flagged, f"findings: {counts or 'none'}"

    def prowler(self, read_only):
        program = self.tool("prowler")
        out = self.folder("prowler-read-only" if read_only else "prowler")
        # The check of ReadOnlyAccess reads the trust policy only of a role that has that policy, and it fails as a whole
        # at a statement without Principal. So the run with ReadOnlyAccess goes without the role that has NotPrincipal.
        with self.moto(read_only, {PROWLER_STOPS_AT} if read_only else set()) as environment:
            # 3: a check failed
            checks = [*PROWLER_OUTSIDERS, *PROWLER_SERVICES]
            command = [program, "aws", "--checks", *checks, "--region", "us-east-1", "--no-banner", "-M", "csv"]
            run([*command, "-o", out, "-F", "out"], codes=(0, 3), env=environment, cwd=out)
        rows = list(csv.DictReader((out / "out.csv").read_text().splitlines(), delimiter=";"))
        looked = {row["RESOURCE_NAME"] for row in rows}
        failed = {
            check: sorted(row["RESOURCE_NAME"] for row in rows if row["CHECK_ID"] == check and row["STATUS"] == "FAIL")
            for check in checks
        }
        only_services = {
            name
            for name, policy in self.trust.items()
            if all(set(statement.get("Principal", ())) == {"Service"} for statement in policy["Statement"])
        }
        flagged = {name for check in checks for name in failed[check]} - only_services
        others = "; ".join(f"{check}: {', '.join(failed[check]) or 'none'}" for check in PROWLER_SERVICES)
        return flagged, f"looked at {len(looked)} roles; {others}"

    def pmapper(self):
        program, out = self.tool("pmapper"), self.folder("pmapper")
        with self.moto(False) as environment:
            environment["PMAPPER_STORAGE"] = str(out)
            limits = ["--include-regions", "us-east-1", "--include-services", "iam", "sts"]
            aws = ["--localstack-endpoint", environment["AWS_ENDPOINT_URL"]]
            run([program, "graph", "create", *aws, *limits], env=environment)
            nodes = {
                f"role/{node['arn'].split('/')[-1]}"
                for path in out.rglob("nodes.json")
                for node in json.loads(path.read_text())
            }
            flagged = set()
            for name in sorted(self.names):
                asked = f"who can do sts:AssumeRole with arn:aws:iam::{OWNER}:role/{name}"
                told = run([program, "--account", OWNER, "query", asked], env=environment)
                callers = {line.split()[0] for line in told.splitlines() if line.strip() and not line[0].isspace()}
                if callers - nodes:
                    flagged.add(name)
            told = run([program, "--account", OWNER, "analysis", "--output-type", "json"], env=environment)
            report = json.loads(told)
        titles = "; ".join(sorted({finding["title"] for finding in report["findings"]}))
        remark = f"{len(nodes)} principals in its graph, all of the account; analysis: {titles or 'no finding'}"
        return flagged, remark

    @contextlib.contextmanager
    def moto(self, read_only, without=frozenset()):
        """An emulated AWS that has the roles. `read_only` attaches a policy named ReadOnlyAccess to each of them."""
        try:
            program = self.tool("moto", "moto_server")
        except Unavailable:
            raise Unavailable("needs moto, which is not installed") from None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        with open(self.work / "moto.log", "ab") as log:
            server = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
        try:
            wait_for(url)
            if read_only:
                statement = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
                document = {"Version": "2012-10-17", "Statement": [statement]}
                iam(url, "CreatePolicy", PolicyName="ReadOnlyAccess", PolicyDocument=json.dumps(document))
            for role in self.account["RoleDetailList"]:
                name = role["RoleName"]
                if name in without:
                    continue
                trust = json.dumps(role["AssumeRolePolicyDocument"])
                iam(url, "CreateRole", RoleName=name, Path=role["Path"], AssumeRolePolicyDocument=trust)
                for policy in role["RolePolicyList"]:
                    document = json.dumps(policy["PolicyDocument"])
                    iam(url, "PutRolePolicy", RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
                for policy in role["AttachedManagedPolicies"]:
                    # moto's answer for an attached policy of AWS has no PolicyName, at which PMapper stops
                    [known] = [one for one in self.account["Policies"] if one["Arn"] == policy["PolicyArn"]]
                    document = json.dumps(known["PolicyVersionList"][0]["Document"])
                    iam(url, "PutRolePolicy", RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
                if read_only:
                    iam(url, "AttachRolePolicy", RoleName=name, PolicyArn=f"arn:aws:iam::{OWNER}:policy/ReadOnlyAccess")
            keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_DEFAULT_REGION": "us-east-1"}
            path = {"PATH": os.environ["PATH"], "HOME": str(self.work)}
            yield {**path, **keys, "AWS_ENDPOINT_URL": url}
        finally:
            server.terminate()
            server.wait()


def wait_for(url):
    end = time.monotonic() + MOTO_START_SECONDS
    while True:
        try:
            return urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()
        except OSError:
            if time.monotonic() > end:
                raise Unavailable("moto did not start") from None
            time.sleep(0.2)


def iam(url, action, **parameters):
    """A call of IAM's query API. moto reads the service from the header and checks no signature."""
    form = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode()
    scope = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x"
    request = urllib.request.Request(url, form, {"Authorization": scope})
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as refused:
        raise Unavailable(f"moto refused {action} for {parameters}: {refused.read()[:200]}") from None


def as_list(value):
    return value if isinstance(value, list) else [value]


def with_lists(policy):
    """The same policy as others write it. Some of Checkov's checks know principals only as a list, or only as `AWS`."""
    policy = json.loads(json.dumps(policy))
    for statement in policy["Statement"]:
        for element in ("Principal", "NotPrincipal"):
            if element in statement:
                principal = {"AWS": "*"} if statement[element] == "*" else statement[element]
                statement[element] = {kind: as_list(identifiers) for kind, identifiers in principal.items()}
    return policy


def terraform(number, name, policy):
    """A role in the ways that Terraform users write it: the trust policy as JSON, and as a data source. Checkov has
    checks of its own for each way; a finding about either counts."""
    lines = [f'data "aws_iam_policy_document" "Role{number}" {{']
    for statement in policy["Statement"]:
        lines.append("  statement {")
        lines.append(f"    effect = {json.dumps(statement['Effect'])}")
        lines.append(f"    actions = {json.dumps(as_list(statement['Action']))}")
        for element, block in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
            principal = statement.get(element, {})
            principal = {"AWS": "*"} if principal == "*" else principal
            for kind, identifiers in principal.items():
                lines.append(f"    {block} {{")
                lines.append(f"      type = {json.dumps(kind)}")
                lines.append(f"      identifiers = {json.dumps(as_list(identifiers))}")
                lines.append("    }")
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                lines.append("    condition {")
                lines.append(f"      test = {json.dumps(operator)}")
                lines.append(f"      variable = {json.dumps(key)}")
                lines.append(f"      values = {json.dumps(as_list(values))}")
                lines.append("    }")
        lines.append("  }")
    lines.append("}")
    for spelling, written in (("", policy), ("Lists", with_lists(policy))):
        lines.append(f'resource "aws_iam_role" "Role{number}{spelling}" {{')
        lines.append(f"  name = {json.dumps(name)}")
        lines.append("  assume_role_policy = <<POLICY")
        lines.append(json.dumps(written, indent=1))
        lines.append("POLICY")
        lines.append("}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venvs", type=pathlib.Path, help="a folder with one virtual environment for each tool")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "debug" / "rolecall")
    parser.add_argument("--work", type=pathlib.Path, help="keep inputs and outputs of the tools here")
    options = parser.parse_args()
    if options.venvs:
        options.venvs = options.venvs.absolute()
    with contextlib.ExitStack() as stack:
        work = options.work or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        work = work.absolute()
        work.mkdir(parents=True, exist_ok=True)
        compare(Bench(options, work))


def compare(bench):
    tools = {
        "rolecall, with `--expect`": lambda: bench.rolecall(True),
        "rolecall, without": lambda: bench.rolecall(False),
        "cloudsplaining": bench.cloudsplaining,
        "Checkov, CloudFormation": lambda: bench.checkov("cloudformation"),
        "Checkov, Terraform": lambda: bench.checkov("terraform"),
        "Prowler": lambda: bench.prowler(False),
        "Prowler, ReadOnlyAccess attached": lambda: bench.prowler(True),
        "PMapper": bench.pmapper,
        "parliament": bench.parliament,
    }
    opened = {name for name, standing in bench.right.items() if standing == OPEN}
    closed = {name for name, standing in bench.right.items() if standing in (CLOSED, NOBODY)} - {UNREADABLE}
    answers, remarks, missing = {}, {}, {}
    for tool, ask in tools.items():
        print(f"{tool} …", file=sys.stderr)
        try:
            answers[tool], remarks[tool] = ask()
        except (Unavailable, subprocess.TimeoutExpired) as problem:
            missing[tool] = str(problem)

    print(f"| tool | found, of {len(opened)} open roles | missed | false alarms, of {len(closed)} other roles |")
    print("|---|--:|--:|--:|")
    for tool in tools:
        if tool in missing:
            print(f"| {tool} | {missing[tool]} | | |")
            continue
        flagged = answers[tool]
        print(f"| {tool} | {len(flagged & opened)} | {len(opened - flagged)} | {len(flagged & closed)} |")
    print()
    print(f"| class of role | roles | {' | '.join(answers)} |")
    print(f"|---|---|{'--:|' * len(answers)}")
    for title, names in CLASSES.items():
        standing = ", ".join(
            f"{count} {said.lower()}"
            for said, wanted in ((OPEN, (OPEN,)), (CLOSED, (CLOSED, NOBODY)), (UNKNOWN, (UNKNOWN,)))
            if (count := sum(bench.right[name] in wanted for name in names))
        )
        cells = " | ".join(str(len(flagged & set(names))) for flagged in answers.values())
        print(f"| {title} | {standing} | {cells} |")
    print("\nA cell counts the roles that the tool flags.\n")
    for tool, remark in remarks.items():
        flagged = answers[tool]
        print(f"- {tool}: {remark}")
        print(f"  - missed: {', '.join(sorted(opened - flagged)) or 'none'}")
        print(f"  - false alarms: {', '.join(sorted(flagged & closed)) or 'none'}")


if __name__ == "__main__":
    main()
