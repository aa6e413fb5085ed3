#!/usr/bin/env python3
"""Measures `rolecall prove` on files that nobody writes by hand: time of the processor, time and peak memory of each run."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(sys.argv[1] if len(sys.argv) > 1 else "target/release/rolecall").absolute()
FOLDER = Path("target/bounds")
ALLOW = {"Effect": "Allow", "Action": "sts:AssumeRole"}


def policy(statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusting(principal, external_id="0a1b2c3d4e5f"):
    return {**ALLOW, "Principal": {"AWS": principal}, "Condition": {"StringEquals": {"sts:ExternalId": external_id}}}


def accounts(count):
    return [f"arn:aws:iam::{number:012}:root" for number in range(count)]


def invoking(resource_arn):
    return {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resource_arn}


def functions(count):
    return [f"arn:aws:lambda:us-east-1:123456789012:function:f{number}" for number in range(count)]


def description(count, external_id):
    roles = [
        {
            "RoleName": f"r{number}",
            "Arn": f"arn:aws:iam::123456789012:role/r{number}",
            "AssumeRolePolicyDocument": policy([trusting("arn:aws:iam::765628985471:root", external_id(number))]),
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy([invoking(functions(1))])}],
            "AttachedManagedPolicies": [],
        }
        for number in range(count)
    ]
    return {"RoleDetailList": roles, "Policies": []}


def plan(count):
    address = lambda number: {"address": f"aws_iam_role.r{number}", "type": "aws_iam_role", "name": f"r{number}", "mode": "managed"}
    trust = json.dumps(policy([trusting("arn:aws:iam::765628985471:root")]))
    values = lambda number: {"name": f"r{number}", "assume_role_policy": trust, "description": "d" * 1000}
    change = {"actions": ["create"], "after_unknown": {"arn": True}}
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [{**address(n), "values": values(n)} for n in range(count)]}},
        "resource_changes": [{**address(n), "change": change} for n in range(count)],
    }


FILES = {
    "trust: 10,000 accounts": policy([trusting(accounts(10_000))]),
    "trust: 10,000 roles": policy([trusting([f"arn:aws:iam::{n:012}:role/r" for n in range(10_000)])]),
    "trust: 10,000 Denies": policy([{**ALLOW, "Principal": "*"}] + [{"Effect": "Deny", "Principal": {"AWS": a}, "Action": "sts:AssumeRole"} for a in accounts(10_000)]),
    "trust: 50,000 statements, 8 MB": policy(trusting(a) for a in accounts(50_000)),
    "permissions: 10,000 functions": policy([invoking(functions(10_000))]),
    "permissions: 5,000 statements": policy(invoking(arn) for arn in functions(5_000)),
    "permissions: 70,000 statements, 8 MB": policy(invoking(arn) for arn in functions(70_000)),
    "account: 1,000 roles, one external ID": description(1_000, lambda _: "0a1b2c3d4e5f"),
    "account: 1,000 roles, own external IDs": description(1_000, lambda n: f"id-{n:08}"),
    "account: 10,000 roles, own external IDs": description(10_000, lambda n: f"id-{n:08}"),
    "plan: 5,000 roles, 10 MB": plan(5_000),
    "template: 500 roles": {"Resources": {f"R{n}": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy([trusting("765628985471")])}} for n in range(500)}},
    "lists: 10 MB, nested": "[" * 10_000_000,
    "numbers: 10 MB": "[" + "0," * 5_000_000 + "0]",
}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    print("| file | MB | exit code | wall | processor | peak MiB |\n|---|--:|--:|--:|--:|--:|")
    for index, (name, content) in enumerate(FILES.items()):
        text = content if isinstance(content, str) else json.dumps(content)
        path = FOLDER / f"{index}.json"
        path.write_text(text)
        begun = time.monotonic()
        process = subprocess.Popen([PROGRAM, "prove", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        wall, processor = time.monotonic() - begun, usage.ru_utime + usage.ru_stime
        code = os.waitstatus_to_exitcode(status)
        print(f"| {name} | {len(text) / 1e6:.1f} | {code} | {wall:.2f} s | {processor:.2f} s | {usage.ru_maxrss / 1024:.0f} |", flush=True)


if __name__ == "__main__":
    main()
