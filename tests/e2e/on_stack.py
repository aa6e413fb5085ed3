"""Stacks of CloudFormation on MiniStack, with the real `rolecall-lambda` as the provider of their custom resources.

MiniStack runs a function of the runtime provided.al2023 for real: it starts `bootstrap`, serves it the Runtime API, and
takes what it sends to the ResponseURL. Both stacks are the ones of `deploy/`. The function has the execution role of its
template and no other permissions, for MiniStack decides each of its calls by that role's policy.

A gap of MiniStack: it does not ask for the deletion of a resource whose creation failed, as AWS does; `crates/rolecall-lambda/tests` does."""

import json
import pathlib

from emulator import start_ministack
from function_stack import checked, provided, provider, simulated
from on_sdk import CLIENT, Cloud, refusal
from process import Server, free_port
from stacks import CUSTOMER, DEPLOY, PROVIDER, STACK, Stacks
from walk import EXTERNAL_ID, ROLE

SERVICES = "iam,sts,lambda,cloudformation,s3,logs,sns,sqs,scheduler,events,monitoring,cloudwatch,ssm,secretsmanager"
OTHER_ROLE = "OtherDataActionRole"
OTHER_ORGANIZATION = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
ASKED = {"OrganizationId": EXTERNAL_ID}
CONDITION = """            Condition:
              StringEquals:
                sts:ExternalId: !Ref OrganizationId
"""
# What the URL for CloudFormation's answer looks like here.
RESPONSE_URL = "_ministack/cfn-response"

def walk(binary):
    function = pathlib.Path(binary).with_name("rolecall-lambda")
    if not function.exists():
        raise SystemExit(f"no {function}: cargo build")
    port = free_port()
    serve = [binary, "sandbox", "serve", "--port", port]
    with start_ministack(CUSTOMER, SERVICES, AWS_ENDPOINT_URL="http://127.0.0.1:{port}") as emulator:
        w = Stacks(emulator)
        with Server(serve, port, w.folder / "genesys.log", w.folder) as genesys:
            options = provided(w, function, genesys.url)
            allowed(w, options)
            simulated(w, binary, options["CredentialsSecret"])
            checked(w, binary, options)
            proof_alone(w)
            everything(w, Cloud(genesys.url))
            logged(w)
        w.close()
    return w


def without(text, start, end):
    """The text without what begins with one text and ends before another."""
    head, rest = text.split(start, 1)
    return head + end + rest.split(end, 1)[1]


def example():
    return (DEPLOY / "example.yaml").read_text()


def proof():
    """The example without what it makes in Genesys Cloud."""
    template = without(example(), "  Integration:", "Outputs:")
    return template.split("  IntegrationId:\n    Value")[0]


def open_role(template):
    """The template with a role that asks for no external ID."""
    assert template.count(CONDITION) == 1
    return template.replace(CONDITION, "")


def allowed(w, options):
    with w.step("a function that may look at other roles only") as step:
        status, reasons = w.create(STACK, proof(), **ASKED)
        step.check("the stack fails", status, "ROLLBACK_COMPLETE")
        step.check("and says which permission is missing", "is not authorized to perform: iam:" in reasons["Proof"])
        step.check("it can be deleted", w.delete(STACK)[0], "DELETE_COMPLETE")
        step.check("allowed", w.update(PROVIDER, provider(w), **options), ("UPDATE_COMPLETE", {}))


def proof_alone(w):
    with w.step("a role and its proof") as step:
        step.check("made", w.create(STACK, proof(), **ASKED), ("CREATE_COMPLETE", {}))
        outputs = w.outputs(STACK)
        step.check("proved", outputs["Proved"], "proved")
        step.check("the role", outputs["RoleArn"], f"arn:aws:iam::{CUSTOMER}:role/{ROLE}")
        step.check("the physical ID", w.physical(STACK, "Proof"), f"trust-proof/{ROLE}")
    with w.step("another organization") as step:
        done = w.update(STACK, proof(), OrganizationId=OTHER_ORGANIZATION)
        step.check("updated", done, ("UPDATE_COMPLETE", {}))
        step.check("in place", w.physical(STACK, "Proof"), f"trust-proof/{ROLE}")
        step.check("what IAM has", external_id(w, ROLE), OTHER_ORGANIZATION)
    with w.step("an update that opens the role") as step:
        status, reasons = w.update(STACK, open_role(proof()), OrganizationId=OTHER_ORGANIZATION, Revision="2")
        step.check("rolled back", status, "UPDATE_ROLLBACK_COMPLETE")
        refuted(step, reasons)
        step.check("IAM has what it had", external_id(w, ROLE), OTHER_ORGANIZATION)
    with w.step("another role") as step:
        done = w.update(STACK, proof(), **ASKED, RoleName=OTHER_ROLE)
        step.check("updated", done, ("UPDATE_COMPLETE", {}))
        step.check("replaced", w.physical(STACK, "Proof"), f"trust-proof/{OTHER_ROLE}")
        step.check("the one before is gone", w.roles() & {ROLE, OTHER_ROLE}, {OTHER_ROLE})
    with w.step("deleted") as step:
        step.check("deleted", w.delete(STACK), ("DELETE_COMPLETE", {}))
        step.check("no role", w.roles() & {ROLE, OTHER_ROLE}, set())
    with w.step("a role that is open from the start") as step:
        status, reasons = w.create(STACK, open_role(proof()), **ASKED)
        step.check("rolled back", status, "ROLLBACK_COMPLETE")
        refuted(step, reasons)
        step.check("the role is gone", ROLE in w.roles(), False)
        step.check("deleted", w.delete(STACK)[0], "DELETE_COMPLETE")


def everything(w, cloud):
    """The whole example: role, proof, integration and action."""
    api, template = cloud.integrations, example()
    with w.step("a role, its proof, an integration and an action") as step:
        step.check("made", w.create(STACK, template, **ASKED), ("CREATE_COMPLETE", {}))
        outputs = w.outputs(STACK)
        integration, action = outputs["IntegrationId"], outputs["ActionId"]
        step.check("the integration's state", api.get_integration(integration).reported_state.code, "ACTIVE")
        read = api.get_integrations_action(action, expand="contract", include_config=True)
        step.check("its function", read.config.request.request_url_template, w.function(STACK))
        step.check("a number of the contract", read.contract.input.input_schema.properties["order"]["maxLength"], 20)
        step.check("its version", (str(read.version), read.integration_id), (outputs["ActionVersion"], integration))
    with w.step("another timeout, and another name of the integration") as step:
        template = changed(template, ("timeoutSeconds: 10", "timeoutSeconds: 15"), ("(AWS Lambda)", "(Lambda)"))
        step.check("updated", w.update(STACK, template, **ASKED), ("UPDATE_COMPLETE", {}))
        after = w.outputs(STACK)
        step.check("the same integration and action", (after["IntegrationId"], after["ActionId"]), (integration, action))
        step.check("the next version", int(after["ActionVersion"]) > int(outputs["ActionVersion"]))
        step.check("the timeout", api.get_integrations_action(action, include_config=True).config.timeout_seconds, 15)
        step.check("the name", api.get_integration(integration).name, f"{STACK} (Lambda)")
    with w.step("an update that fails at the action") as step:
        broken = changed(template, ("timeoutSeconds: 15", "timeoutSeconds: 999"), ("(Lambda)", "(Renamed)"))
        status, reasons = w.update(STACK, broken, **ASKED)
        step.check("rolled back", status, "UPDATE_ROLLBACK_COMPLETE")
        step.check("what was wrong", "imeout" in reasons.get("Status", ""), True)
        step.check("the name is what it was", api.get_integration(integration).name, f"{STACK} (Lambda)")
        step.check("the timeout", api.get_integrations_action(action, include_config=True).config.timeout_seconds, 15)
    with w.step("another contract") as step:
        template = changed(template, ("maxLength: 20", "maxLength: 40"))
        step.check("updated", w.update(STACK, template, **ASKED), ("UPDATE_COMPLETE", {}))
        replaced = w.outputs(STACK)["ActionId"]
        step.check("another action", replaced != action)
        step.check("the one before is gone", refusal(api.get_integrations_action, action)[0], 404)
        step.check("the integration holds one", len(actions(api, integration)), 1)
    with w.step("an action that somebody changed by hand") as step:
        version = api.get_integrations_action(replaced).version
        api.patch_integrations_action(replaced, body={"version": version, "category": "Elsewhere"})
        template = changed(template, ("timeoutSeconds: 15", "timeoutSeconds: 20"))
        step.check("updated", w.update(STACK, template, **ASKED), ("UPDATE_COMPLETE", {}))
        step.check("as the stack says", api.get_integrations_action(replaced).category, "Orders")
        step.check("the log says so", "changed outside the stack" in w.log())
    with w.step("another role") as step:
        moved = {**ASKED, "RoleName": OTHER_ROLE}
        step.check("updated", w.update(STACK, template, **moved), ("UPDATE_COMPLETE", {}))
        after = w.outputs(STACK)
        step.check("the same integration and action", (after["IntegrationId"], after["ActionId"]), (integration, replaced))
        step.check("the proof's role", after["RoleArn"], f"arn:aws:iam::{CUSTOMER}:role/{OTHER_ROLE}")
        step.check("the role before is gone", w.roles() & {ROLE, OTHER_ROLE}, {OTHER_ROLE})
    with w.step("an update that opens the role") as step:
        status, reasons = w.update(STACK, open_role(changed(template, ("(Lambda)", "(Open)"))), **moved, Revision="2")
        step.check("rolled back", status, "UPDATE_ROLLBACK_COMPLETE")
        refuted(step, reasons)
        step.check("Genesys Cloud never heard of it", api.get_integration(integration).name, f"{STACK} (Lambda)")
    with w.step("all of it deleted, when the action is gone already") as step:
        api.delete_integrations_action(replaced)
        step.check("deleted", w.delete(STACK), ("DELETE_COMPLETE", {}))
        step.check("no role", w.roles() & {ROLE, OTHER_ROLE}, set())
        nothing_left(step, api)
    with w.step("a stack that fails at its last resource") as step:
        status, reasons = w.create(STACK, changed(template, ("timeoutSeconds: 20", "timeoutSeconds: 999")), **ASKED)
        step.check("rolled back", (status, list(reasons)), ("ROLLBACK_COMPLETE", ["Status"]))
        nothing_left(step, api)
        step.check("deleted", w.delete(STACK)[0], "DELETE_COMPLETE")


def changed(text, *changes):
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def actions(api, integration):
    every = api.get_integrations_actions(page_size=100).entities
    return [it for it in every if it.integration_id == integration]


def nothing_left(step, api):
    names = [it.name for it in api.get_integrations(page_size=100).entities]
    step.check("no integration", [name for name in names if STACK in name], [])
    step.check("no action", [it.name for it in api.get_integrations_actions(page_size=100).entities if "order" in it.name], [])
    step.check("no credential", api.get_integrations_credentials_listing(page_size="100").entities, [])


def refuted(step, reasons):
    reason = reasons.get("Proof", "")
    step.check("the stack's event has the witness", "is refuted" in reason and "without an external ID" in reason, True)
    step.check("the log's URL is not in it", RESPONSE_URL in reason, False)


def external_id(w, role):
    [statement] = w.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]["Statement"]
    return statement["Condition"]["StringEquals"]["sts:ExternalId"]


def logged(w):
    with w.step("the log") as step:
        log = w.log()
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        answered = [line for line in lines if line.get("message") == "custom resource"]
        step.check("every request", len(answered) > 8)
        step.check("no URL for an answer", RESPONSE_URL in log, False)
        step.check("no secret", CLIENT[1] in log, False)
