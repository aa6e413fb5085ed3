"""A bucket for recordings on MiniStack, whose permission checks know S3: from the manifest to what the trusted account can do."""

import json

import botocore.exceptions

from walk import EXTERNAL_ID, ROLE, VENDOR_ACCOUNT

BUCKET, OTHER = "acme-recordings", "acme-payroll"
PREFIX, NEXT = "genesys/", "genesys-2027/"
FIRST = ["iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy"]
WRITTEN = ["iam:CreatePolicyVersion"]


def walk(w):
    """As the current caller, who may write the role and is trusted by it."""
    probe = f"arn:aws:iam::{w.emulator.account}:user/probe"
    buckets = w.emulator.client("s3")
    for bucket in (BUCKET, OTHER):
        # With ACLs, which new buckets do not have by themselves.
        buckets.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerPreferred")
    stated(w, probe, PREFIX)
    applied(w)
    used(w)
    widened(w)
    moved(w, probe)
    destroyed(w, buckets)


def stated(w, probe, prefix):
    grant = f'\n[[grant]]\nkind = "s3-recordings"\nbucket = "{BUCKET}"\nprefix = "{prefix}"\n'
    w.manifest(probe_principal=probe, extra=grant)


def policy_arn(w):
    return f"arn:aws:iam::{w.emulator.account}:policy/rolecall/{ROLE}/{ROLE}-s3-recordings"


def session(w, external_id=EXTERNAL_ID):
    """A client of S3 as Genesys Cloud has it."""
    sts = w.emulator.client("sts", key=VENDOR_ACCOUNT)
    stated_id = {} if external_id is None else {"ExternalId": external_id}
    keys = sts.assume_role(RoleArn=w.role()["Arn"], RoleSessionName="genesys", **stated_id)["Credentials"]
    return w.emulator.client("s3", keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def answer(call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"


def put(s3, key, bucket=BUCKET):
    return answer(s3.put_object, Bucket=bucket, Key=key, Body=b"recording")


def applied(w):
    with w.step("recordings: apply from nothing, with the least privileges") as step:
        run = w.run("apply", "--yes")
        w.check_run(step, run, 0, FIRST, FIRST)
        step.check("every claim proved", run.claims, ["proved"])
        step.check("one policy, for the bucket", w.attached(), [policy_arn(w)])
        w.check_run(step, w.run("apply", "--yes"), 0, [], [])
        w.check_run(step, w.run("drift"), 0, [], [])


def used(w):
    with w.step("recordings: what Genesys Cloud can do, without rolecall") as step:
        s3, key = session(w), f"{PREFIX}year=2026/recording.opus"
        for what, said, wanted in (
            ("an upload under the prefix", put(s3, key), "allowed"),
            ("its ACL", answer(s3.put_object_acl, Bucket=BUCKET, Key=key, ACL="bucket-owner-full-control"), "allowed"),
            ("where the bucket is", answer(s3.get_bucket_location, Bucket=BUCKET), "allowed"),
            ("an upload beside the prefix", put(s3, "other/recording.opus"), "AccessDenied"),
            ("an upload to another bucket", put(s3, key, OTHER), "AccessDenied"),
            ("reading the recording", answer(s3.get_object, Bucket=BUCKET, Key=key), "AccessDenied"),
            ("deleting the recording", answer(s3.delete_object, Bucket=BUCKET, Key=key), "AccessDenied"),
            ("listing the bucket", answer(s3.list_objects_v2, Bucket=BUCKET), "AccessDenied"),
            ("a session without the external ID", answer(session, w=w, external_id=None), "AccessDenied"),
            ("a session with another external ID", answer(session, w=w, external_id="another"), "AccessDenied"),
        ):
            step.check(f"{what}: {wanted}", said, wanted)
        # A bucket that has no configuration of its own is no denial.
        encryption = answer(s3.get_bucket_encryption, Bucket=BUCKET)
        step.check("how the bucket is encrypted can be asked", encryption != "AccessDenied")


def widened(w):
    with w.step("recordings: a policy that was widened by hand") as step:
        document = w.document(policy_arn(w))
        for statement in document["Statement"]:
            if "s3:PutObject" in statement["Action"]:
                statement["Resource"] = "arn:aws:s3:::*"
        w.iam.create_policy_version(PolicyArn=policy_arn(w), PolicyDocument=json.dumps(document), SetAsDefault=True)
        step.check("an upload to another bucket: allowed", put(session(w), "anything", OTHER), "allowed")
        run = w.run("verify", "--level", "paper")
        w.check_run(step, run, 4, writes=[])
        step.check("a claim is refuted", "refuted" in run.claims)
        w.check_run(step, w.run("drift"), 4, WRITTEN, [])
        w.check_run(step, w.run("apply", "--yes"), 0, WRITTEN, WRITTEN)
        step.check("an upload to another bucket: AccessDenied", put(session(w), "anything", OTHER), "AccessDenied")


def moved(w, probe):
    with w.step("recordings: another prefix") as step:
        stated(w, probe, NEXT)
        w.check_run(step, w.run("apply", "--yes"), 0, WRITTEN, WRITTEN)
        s3 = session(w)
        step.check("the new prefix: allowed", put(s3, f"{NEXT}recording.opus"), "allowed")
        step.check("the old prefix: AccessDenied", put(s3, f"{PREFIX}recording.opus"), "AccessDenied")


def destroyed(w, buckets):
    with w.step("recordings: destroy") as step:
        run = w.run("destroy", "--yes")
        w.check_run(step, run, 0, writes=run.operations)
        step.check("no role", w.role(), None)
        step.check("no policy", w.customer_policies(), [])
        kept = sorted(item["Key"] for item in buckets.list_objects_v2(Bucket=BUCKET)["Contents"])
        step.check("the recordings are untouched", kept, sorted([f"{PREFIX}year=2026/recording.opus", f"{NEXT}recording.opus"]))
