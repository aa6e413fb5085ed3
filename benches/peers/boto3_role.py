"""The same job with boto3, written with care: what a team would write instead of using a tool. A yardstick, not a product.

  boto3_role.py apply | drift      with ROLE, EXTERNAL_ID, PRINCIPAL and TARGETS (names, space separated) in the environment

Role, trust policy, one policy for all targets and its attachment; idempotent, prunes old versions, notices policies of
others. Exit code of drift: 0 in sync, 3 not. One call after another, as such scripts are."""

import json
import os
import sys

import boto3

ROLE, EXTERNAL_ID, PRINCIPAL = os.environ["ROLE"], os.environ["EXTERNAL_ID"], os.environ["PRINCIPAL"]
TARGETS = os.environ["TARGETS"].split()
POLICY = f"{ROLE}-invoke"
SESSION_SECONDS = 3600
MOST_VERSIONS = 5


def plain(value):
    """A policy document in a form in which formatting makes no difference: one value or a list of one are the same."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return plain(value[0]) if len(value) == 1 else sorted((plain(inner) for inner in value), key=json.dumps)
    return value


def changes(iam, functions, sts):
    """What is to be done, in order: (what, how) each."""
    account = sts.get_caller_identity()["Account"]
    policy_arn = f"arn:aws:iam::{account}:policy/{POLICY}"
    arns = [functions.get_function_configuration(FunctionName=target)["FunctionArn"] for target in TARGETS]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": PRINCIPAL},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
            }
        ],
    }
    permissions = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arns}],
    }
    trust_text, permissions_text = json.dumps(trust), json.dumps(permissions)

    attached, inline = [], []
    try:
        role = iam.get_role(RoleName=ROLE)["Role"]
    except iam.exceptions.NoSuchEntityException:
        yield "create the role", lambda: iam.create_role(
            RoleName=ROLE, AssumeRolePolicyDocument=trust_text, MaxSessionDuration=SESSION_SECONDS
        )
    else:
        pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=ROLE)
        attached = [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]
        inline = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
        if plain(role["AssumeRolePolicyDocument"]) != plain(trust):
            yield "update the trust policy", lambda: iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust_text)
        if role["MaxSessionDuration"] != SESSION_SECONDS:
            yield "update the session", lambda: iam.update_role(RoleName=ROLE, MaxSessionDuration=SESSION_SECONDS)

    try:
        version = iam.get_policy(PolicyArn=policy_arn)["Policy"]["DefaultVersionId"]
    except iam.exceptions.NoSuchEntityException:
        yield "create the policy", lambda: iam.create_policy(PolicyName=POLICY, PolicyDocument=permissions_text)
    else:
        document = iam.get_policy_version(PolicyArn=policy_arn, VersionId=version)["PolicyVersion"]["Document"]
        if plain(document) != plain(permissions):
            yield "update the policy", lambda: new_version(iam, policy_arn, permissions_text)
    if policy_arn not in attached:
        yield "attach the policy", lambda: iam.attach_role_policy(RoleName=ROLE, PolicyArn=policy_arn)
    for arn in attached:
        if arn != policy_arn:
            yield f"detach {arn}", lambda arn=arn: iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)
    for name in inline:
        yield f"delete {name}", lambda name=name: iam.delete_role_policy(RoleName=ROLE, PolicyName=name)


def new_version(iam, arn, document):
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= MOST_VERSIONS:
        oldest = min((item for item in versions if not item["IsDefaultVersion"]), key=lambda item: int(item["VersionId"][1:]))
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)


def main():
    is_apply = sys.argv[1] == "apply"
    found = 0
    for what, change in changes(boto3.client("iam"), boto3.client("lambda"), boto3.client("sts")):
        found += 1
        print(what)
        if is_apply:
            change()
    return 0 if is_apply or not found else 3


sys.exit(main())
