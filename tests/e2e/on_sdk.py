"""Genesys Cloud's official SDK for Python drives the embedded Genesys Cloud: what it makes it reads back, what conflicts it is
told, what comes in pages it gets whole."""

import datetime
import os
import subprocess
import time
from urllib.parse import unquote

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

from process import Server, exported, free_port
from walk import EXTERNAL_ID, ROLE, Steps

CLIENT = ("11111111-2222-3333-4444-555555555555", "not-a-secret")
ROLE_ARN = f"arn:aws:iam::123456789012:role/{ROLE}"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
MANY = 30


class Cloud:
    """The SDK, signed in."""

    def __init__(self, url):
        genesys.configuration.host = url
        client = genesys.api_client.ApiClient().get_client_credentials_token(*CLIENT)
        self.integrations = genesys.IntegrationsApi(client)
        self.organization = genesys.OrganizationApi(client)
        self.tokens = genesys.TokensApi(client)
        self.audits = genesys.AuditApi(client)
        self.users = genesys.UsersApi(client)


def walk(binary):
    steps = Steps("sdk")
    port = free_port()
    serve = [binary, "sandbox", "serve", "--port", port]
    with Server(serve, port, steps.folder / "serve.log", steps.folder) as server:
        cloud = Cloud(server.url)
        who(steps, cloud)
        integration = connected(steps, cloud)
        action = read_back(steps, cloud, integration)
        conflicts(steps, cloud, integration, action)
        tested(steps, cloud, action)
        pages(steps, cloud, integration)
        audited(steps, cloud, action)
        applied(steps, cloud, binary, exported(server.log))
    return steps


MANIFEST = f"""version = 1
[genesys]
region = "us-east-1"
organization_id = "{EXTERNAL_ID}"
[genesys.integration]
name = "By rolecall"
[role]
name = "{ROLE}"
[[target]]
function = "my-genesys-trigger-function"
[[action]]
name = "By rolecall"
category = "Orders"
target = "my-genesys-trigger-function"
input_schema = "input.json"
output_schema = "output.json"
test_input = "test.json"
"""


def applied(steps, cloud, binary, environment):
    """What rolecall writes, the SDK reads back."""
    api = cloud.integrations
    (steps.folder / "rolecall.toml").write_text(MANIFEST)
    (steps.folder / "input.json").write_text('{"type":"object","properties":{"order":{"type":"string"}}}')
    (steps.folder / "output.json").write_text('{"type":"object","properties":{"status":{"type":"string"}}}')
    (steps.folder / "test.json").write_text('{"order":"A-1"}')
    with steps.step("what rolecall wrote, read back") as step:
        done = subprocess.run(
            [binary, "apply", "--yes", "--level", "genesys"],
            cwd=steps.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(steps.folder), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        step.check("applied, and tested through Genesys Cloud", done.returncode, 0)
        made = [it for it in api.get_integrations(page_size=100).entities if it.name == "By rolecall"]
        step.check("one integration", len(made), 1)
        step.check("it is active", made[0].reported_state.code, "ACTIVE")
        config = api.get_integration_config_current(made[0].id)
        credential = config.credentials["AmazonWebServicesARN"]
        step.check("its credential", api.get_integrations_credential(credential.id).type.name, "amazonWebServicesARN")
        actions = api.get_integrations_actions(name="By rolecall", page_size=100).entities
        step.check("one action", [it.integration_id for it in actions], [made[0].id])
        read = api.get_integrations_action(actions[0].id, expand="contract", include_config=True)
        step.check("its contract", list(read.contract.input.input_schema.properties), ["order"])
        step.check("its function", read.config.request.request_url_template, FUNCTION)
        result = api.post_integrations_action_test(actions[0].id, body={"order": "A-1"})
        step.check("it runs", result.success, True)


def refusal(call, *arguments, **named):
    """The status and body of a call that must fail."""
    try:
        call(*arguments, **named)
    except ApiException as error:
        return error.status, error.body
    return None, None


def action_body(integration, name="Get order status"):
    return {
        "name": name,
        "category": "Orders",
        "integrationId": integration,
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}},
            "output": {"successSchema": {"type": "object", "properties": {"status": {"type": "string"}}}},
        },
        "config": {
            "timeoutSeconds": 10,
            "request": {"requestUrlTemplate": FUNCTION, "requestType": "POST", "requestTemplate": "${input.rawRequest}"},
            "response": {"successTemplate": "${rawResult}"},
        },
    }


def who(steps, cloud):
    with steps.step("who am I") as step:
        step.check("the organization", cloud.organization.get_organizations_me().id, EXTERNAL_ID)
        step.check("the client of the token", cloud.tokens.get_tokens_me().o_auth_client.id, CLIENT[0])
        limits = cloud.organization.get_organizations_limits_namespace("dataactions").entities
        step.check("a limit", {limit.key: limit.value for limit in limits}["actions.total.max"], 500)


def connected(steps, cloud):
    api = cloud.integrations
    with steps.step("credential, integration, configuration, state") as step:
        kind = api.get_integrations_type("aws-lambda-data-actions")
        step.check("the credential's key", list(kind.credentials), ["AmazonWebServicesARN"])
        body = {"name": "orders", "type": {"name": "amazonWebServicesARN"}, "credentialFields": {"ARN": ROLE_ARN}}
        credential = api.post_integrations_credentials(body=body)
        step.check("its fields are redacted", api.get_integrations_credential(credential.id).credential_fields, {})
        created = api.post_integrations(body={"name": "orders", "integrationType": {"id": "aws-lambda-data-actions"}})
        config = api.get_integration_config_current(created.id)
        config.credentials = {"AmazonWebServicesARN": {"id": credential.id}}
        step.check("the next version", api.put_integration_config_current(created.id, body=config).version, config.version + 1)
        api.patch_integration(created.id, body={"intendedState": "ENABLED"})
        deadline = time.monotonic() + 10
        while (state := api.get_integration(created.id).reported_state.code) == "ACTIVATING" and time.monotonic() < deadline:
            time.sleep(0.05)
        step.check("it is active", state, "ACTIVE")
    return created.id


def read_back(steps, cloud, integration):
    api = cloud.integrations
    with steps.step("an action, read back") as step:
        body = action_body(integration)
        action = api.post_integrations_actions(body=body)
        read = api.get_integrations_action(action.id, expand="contract", include_config=True)
        step.check("the contract", read.contract.input.input_schema.properties, body["contract"]["input"]["inputSchema"]["properties"])
        step.check("the function", read.config.request.request_url_template, FUNCTION)
        step.check("the template is a file", read.config.request.request_template, None)
        step.check("its text", api.get_integrations_action_template(action.id, "requesttemplate.vm"), "${input.rawRequest}")
        found = api.get_integrations_actions(name="order status").entities
        step.check("found by part of its name", [it.id for it in found], [action.id])
    return action.id


def conflicts(steps, cloud, integration, action):
    api = cloud.integrations
    with steps.step("versions that are not the current one") as step:
        config = api.get_integration_config_current(integration)
        config.version -= 1
        step.check("the configuration", refusal(api.put_integration_config_current, integration, body=config)[0], 409)
        step.check("the action", refusal(api.patch_integrations_action, action, body={"version": 9, "name": "x"})[0], 409)
        api.post_integrations_action_draft(action)
        status, body = refusal(api.post_integrations_action_draft_publish, action, body={"version": 2})
        step.check("the draft", (status, "does not match latest draft version 1" in body), (400, True))
        step.check("published", api.post_integrations_action_draft_publish(action, body={"version": 1}).version, 2)
        step.check("the current version", api.patch_integrations_action(action, body={"version": 2, "category": "Late"}).version, 3)


def tested(steps, cloud, action):
    with steps.step("a test without the role") as step:
        result = cloud.integrations.post_integrations_action_test(action, body={"order": "A-1"})
        failed = [operation for operation in result.operations if not operation.success]
        step.check("it failed", result.success, False)
        step.check("at Execute", [operation.name for operation in failed], ["Execute"])
        step.check("by AssumeRole", "sts:AssumeRole on resource: " + ROLE_ARN in failed[0].error.errors[0].message)


def pages(steps, cloud, integration):
    api = cloud.integrations
    with steps.step("pages by number and by cursor") as step:
        for number in range(MANY):
            api.post_integrations_actions(body=action_body(integration, f"Action {number:02}"))
            body = {"type": {"name": "amazonWebServicesARN"}, "credentialFields": {"ARN": ROLE_ARN}}
            api.post_integrations_credentials(body=body)
        names, number = [], 1
        while True:
            page = api.get_integrations_actions(page_size=7, page_number=number, name="Action ")
            names += [action.name for action in page.entities]
            if not page.next_uri:
                break
            number += 1
        step.check("every action once", sorted(names), [f"Action {number:02}" for number in range(MANY)])
        ids, after = [], {}
        while True:
            page = api.get_integrations_credentials_listing(page_size="8", **after)
            ids += [credential.id for credential in page.entities]
            if not page.next_uri:
                break
            after = {"after": unquote(page.next_uri.split("after=")[1].split("&")[0])}
        step.check("every credential once", (len(ids), len(set(ids))), (MANY + 1, MANY + 1))
        step.check("users", cloud.users.get_users(page_size=25, page_number=3).page_count, 3)


def audited(steps, cloud, action):
    with steps.step("the audit log") as step:
        now = datetime.datetime.now(datetime.timezone.utc)
        ends = [(now + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (-1, 1)]
        filters = [{"property": "EntityId", "value": action}]
        query = cloud.audits.post_audits_query(body={"interval": "/".join(ends), "serviceName": "Integrations", "filters": filters})
        states = [query.state]
        while states[-1] in ("Queued", "Running") and len(states) < 20:
            states.append(cloud.audits.get_audits_query_transaction_id(query.id).state)
        step.check("it runs, then it has succeeded", states, ["Queued", "Running", "Succeeded"])
        found, cursor = [], {}
        while True:
            page = cloud.audits.get_audits_query_transaction_id_results(query.id, page_size=2, **cursor)
            found += page.entities
            if not page.cursor:
                break
            cursor = {"cursor": page.cursor}
        step.check("all that was done, the latest first", [it.action for it in found], ["Execute", "Update", "Publish", "Create", "Create"])
        changes = {it.pcProperty: (it.old_values, it.new_values) for it in found[1].property_changes}
        step.check("old and new values", changes["category"], (["Orders"], ["Late"]))
        step.check("by this client", {it.client.id for it in found}, {CLIENT[0]})
