#!/usr/bin/env python3
"""Gives the six trust policies beside this file to rolecall and to other tools, and prints what each says, as a Markdown table.

  benches/compared/compare.py --venvs DIR [--binary target/debug/rolecall] [--mirror DIR] [--write]

The script installs nothing. Each tool is looked for in DIR/TOOL/bin, then on PATH; a tool that is not there gets a column that says so.

  python3.11 -m venv DIR/checkov    && DIR/checkov/bin/pip install checkov==3.3.30
  python3.11 -m venv DIR/parliament && DIR/parliament/bin/pip install parliament==1.6.4 'setuptools<81'
  python3.11 -m venv DIR/cfn-lint   && DIR/cfn-lint/bin/pip install cfn-lint==1.58.0

Terraform needs its AWS provider: --mirror names a folder that `terraform providers mirror` filled. `--write` puts the table into
docs/compared.md. It needs Python 3.9 or newer and only the standard library."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "compared.md"
BEGIN, END = "<!-- benches/compared/compare.py --write: begin -->\n", "<!-- end -->\n"
ACCOUNT, EXTERNAL_ID = "765628985471", "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"

# The policies, and who can assume a role that has them; "the vendor" is the account that Genesys Cloud calls from.
POLICIES = {
    "good": "the vendor, with this external ID only",
    "no-external-id": "the vendor, also for any other of its customers",
    "anyone-with-external-id": "anybody in any account who knows the external ID, which is not a secret",
    "wildcard-external-id": "the vendor, also with other external IDs that begin like ours",
    "if-exists": "the vendor, also without any external ID",
    "second-statement": "the vendor as it should; and everybody in another account, without an external ID",
}
GOOD = "good"


class Unavailable(Exception):
    pass


class Bench:
    def __init__(self, arguments, work):
        self.arguments, self.work = arguments, work
        self.policies = {name: json.loads((HERE / f"{name}.json").read_text()) for name in POLICIES}

    def tool(self, name, program=None):
        program = program or name
        if self.arguments.venvs:
            found = self.arguments.venvs / name / "bin" / program
            if found.exists():
                return found
        found = shutil.which(program)
        if found is None:
            raise Unavailable("not installed")
        return pathlib.Path(found)

    # Each of the following answers with what the tool said of each policy: a set of the IDs of its findings.

    def rolecall(self):
        said = {}
        for name in POLICIES:
            intent = ["--principal", ACCOUNT, "--external-id", EXTERNAL_ID]
            told = run([self.arguments.binary, "prove", HERE / f"{name}.json", *intent, "--output", "json"], (0, 4, 5))
            proof = json.loads(told)
            findings = {finding["id"] for finding in proof["findings"]}
            said[name] = {proof["result"], *findings} if proof["result"] != "proved" else set()
        return said

    def checkov(self, form):
        program, said = self.tool("checkov"), {}
        for name, policy in self.policies.items():
            folder = self.folder(f"checkov-{form}-{name}")
            end = "tf" if form == "terraform" else "json"
            # Checkov looks at a list of principals where it does not look at one: a finding about either spelling counts.
            (folder / f"one.{end}").write_text(resource(form, policy))
            (folder / f"list.{end}").write_text(resource(form, with_lists(policy)))
            command = [program, "-d", folder, "--framework", form, "-o", "json", "--compact", "--quiet"]
            told = json.loads(run(command, (0, 1)))
            failed = told["results"]["failed_checks"] if isinstance(told, dict) else []
            said[name] = {finding["check_id"] for finding in failed}
        return said

    def parliament(self):
        program, folder = self.tool("parliament"), self.folder("parliament")
        for name, policy in self.policies.items():
            policy = json.loads(json.dumps(policy))
            for statement in policy["Statement"]:
                # A trust policy has none. parliament calls that malformed and looks no further; so what it says of this one
                # does not count.
                statement["Resource"] = "*"
            (folder / f"{name}.json").write_text(json.dumps(policy, indent=1))
        said = {name: set() for name in POLICIES}
        for line in run([program, "--directory", folder, "--json", "--include-community-auditors"], (0, 1)).splitlines():
            finding = json.loads(line)
            if finding["issue"] != "RESOURCE_STAR":
                said[pathlib.Path(finding["location"]["filepath"]).stem].add(finding["issue"])
        return said

    def cfn_lint(self):
        program, said = self.tool("cfn-lint"), {}
        for name, policy in self.policies.items():
            path = self.folder("cfn-lint") / f"{name}.json"
            path.write_text(resource("cloudformation", policy))
            # 2, 4, 8: errors, warnings, notes, and their sums
            told = run([program, "--format", "json", "--include-checks", "I", "W", "E", "--", path], tuple(range(15)))
            said[name] = {finding["Rule"]["Id"] for finding in json.loads(told)}
        return said

    def terraform(self):
        program, said = self.tool("terraform"), {}
        if self.arguments.mirror is None:
            raise Unavailable("needs --mirror")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.work), "TF_CLI_CONFIG_FILE": str(self.work / "none")}
        (self.work / "none").write_text("")
        for name, policy in self.policies.items():
            folder = self.folder(f"terraform-{name}")
            (folder / "main.tf").write_text(resource("terraform", policy))
            run([program, "init", "-input=false", f"-plugin-dir={self.arguments.mirror}"], (0,), folder, environment)
            told = json.loads(run([program, "validate", "-json"], (0, 1), folder, environment))
            said[name] = {diagnostic["summary"] for diagnostic in told["diagnostics"]}
        return said

    def folder(self, name):
        folder = self.work / name
        folder.mkdir(exist_ok=True)
        return folder


def with_lists(policy):
    """The same policy with each principal in a list."""
    policy = json.loads(json.dumps(policy))
    for statement in policy["Statement"]:
        statement["Principal"]["AWS"] = [statement["Principal"]["AWS"]]
    return policy


def resource(form, policy):
    """A role with this trust policy."""
    if form == "cloudformation":
        properties = {"RoleName": "GenesysDataActionRole", "AssumeRolePolicyDocument": policy}
        return json.dumps({"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}, indent=1)
    text = json.dumps(policy, indent=2)
    return f'resource "aws_iam_role" "genesys" {{\n  name = "GenesysDataActionRole"\n  assume_role_policy = jsonencode({text})\n}}\n'


def run(command, codes, folder=None, environment=None):
    done = subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def version(program):
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+\.\d+", told.stdout + told.stderr)
    return found.group() if found else ""


def heading(name, number):
    """The version stands behind the tool: `Checkov 3.3.30, Terraform`."""
    tool, comma, form = name.partition(",")
    return f"{tool} {number}{comma}{form}"


def table(columns):
    lines = ["| trust policy | who can assume the role | " + " | ".join(columns) + " |"]
    lines.append("|---|---|" + "---|" * len(columns))
    for name, truth in POLICIES.items():
        cells = []
        for said in columns.values():
            cells.append(said if isinstance(said, str) else ", ".join(sorted(said[name])) or "nothing")
        mark = "**right**: " if name == GOOD else ""
        lines.append(f"| [`{name}`](../benches/compared/{name}.json) | {mark}{truth} | " + " | ".join(cells) + " |")
    cells = []
    for said in columns.values():
        bad = [name for name in POLICIES if name != GOOD]
        cells.append("–" if isinstance(said, str) else f"{sum(bool(said[name] - said[GOOD]) for name in bad)} of {len(bad)}")
    lines.append("| **told from `good`** | a finding that `good` does not have | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venvs", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target" / "debug" / "rolecall")
    parser.add_argument("--mirror", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    columns = {}
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(arguments, pathlib.Path(work))
        for name, program, ask in (
            ("rolecall prove", arguments.binary, bench.rolecall),
            ("Checkov, Terraform", "checkov", lambda: bench.checkov("terraform")),
            ("Checkov, CloudFormation", "checkov", lambda: bench.checkov("cloudformation")),
            ("parliament", "parliament", bench.parliament),
            ("cfn-lint", "cfn-lint", bench.cfn_lint),
            ("terraform validate", "terraform", bench.terraform),
        ):
            try:
                said = ask()
                known = program if isinstance(program, pathlib.Path) else bench.tool(program)
                columns[heading(name, version(known))] = said
            except Unavailable as error:
                columns[name] = str(error)
    text = table(columns)
    print(text, end="")
    if arguments.write:
        page = PAGE.read_text()
        before, rest = page.split(BEGIN)
        _, after = rest.split(END)
        PAGE.write_text(f"{before}{BEGIN}{text}{END}{after}")


if __name__ == "__main__":
    main()
