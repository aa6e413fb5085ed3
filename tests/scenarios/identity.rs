//! Who rolecall is to Genesys Cloud: `whoami`, where its credentials come from, and whose external ID it is.

use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, Principal, State, Tamper};
use serde_json::json;

use super::stage::{EXTERNAL_ID, ONE_TARGET, Run, Stage, manifest};

const SECRET_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf";
const OTHER: &str = "00000000-1111-2222-3333-444444444444";

/// A stage whose manifest names the secret.
fn with_secret() -> Stage {
    let text = manifest(ONE_TARGET)
        .replace("[role]", &format!("[genesys.credentials]\nsecret = \"{SECRET_ARN}\"\n\n[role]"));
    Stage::with(&text, State::demo())
}

fn store(stage: &Stage, value: &serde_json::Value) {
    let change = |state: &mut State| {
        let secrets = state.accounts.get_mut(CUSTOMER).unwrap().secrets.get_mut("us-east-1").unwrap();
        secrets.get_mut("genesys/rolecall").unwrap().value = value.to_string();
    };
    stage.sandbox.change(change).unwrap();
}

#[test]
fn whoami_names_permissions_and_limits() {
    let stage = Stage::new();
    let change = |state: &mut State| {
        let client = state.genesys.clients.values_mut().next().unwrap();
        client.permissions.retain(|permission| permission != "integrations:action:execute");
    };
    stage.sandbox.change(change).unwrap();
    let run = stage.run_client(&["genesys", "whoami"]).expect(0);
    insta::with_settings!({filters => [(r"127\.0\.0\.1:\d+", "[sandbox]"), (r"over in \d+ s", "over in [n] s")]}, {
        insta::assert_snapshot!("whoami", run.stdout);
        let run = stage.run_client(&["genesys", "whoami", "--output", "markdown"]).expect(0);
        insta::assert_snapshot!("whoami_markdown", run.stdout);
    });
    let report =
        stage.run_client(&["genesys", "whoami", "--output", "json", "--probe", "users"]).expect(0).json();
    assert_eq!(report["organization"]["id"], EXTERNAL_ID);
    assert_eq!(report["manifest"], json!({"organization_id": EXTERNAL_ID, "agrees": true}));
    assert_eq!(report["permissions_from"], "roles");
    let test = report["commands"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["command"].as_str().unwrap().contains("test"));
    assert_eq!(test.unwrap()["needs"][2]["any_of"][0], "integrations:action:execute");
    assert_eq!(report["users"]["requests"], 3);
    let users = report["calls"].as_array().unwrap().iter().find(|it| it["operation"] == "GET /api/v2/users");
    assert_eq!((&users.unwrap()["requests"], &users.unwrap()["succeeded"]), (&json!(3), &json!(3)));
}

fn denied(operation: &str) -> FaultRule {
    FaultRule { operation: operation.to_owned(), skip: 0, times: None, fault: Fault::Deny }
}

#[test]
fn what_the_api_does_not_tell_is_tried_or_unknown() {
    let stage = Stage::new();
    stage.set(Faults {
        rules: vec![denied("genesys:getAuthorizationSubjectsMe"), denied("genesys:getIntegrationsActions")],
        ..Faults::default()
    });
    insta::assert_snapshot!(stage.run_client(&["genesys", "whoami"]).whole(), @"
    exit 0
    -- stdout
    Contact Centre (sandbox) (contact-centre)
      external ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94, as in the manifest
      region        http://127.0.0.1:[port]
      OAuth client  rolecall, 11111111-2222-3333-4444-555555555555
      rate limit    7 of 300 requests used, starts over in [time] s

    Permissions (the API does not list the client's roles; rolecall tried a few reads)
      plan, drift, verify
        granted  integrations:integration:view
        missing  integrations:action:view or bridge:actions:view
      genesys connect
        granted  integrations:integration:view
        unknown  integrations:integration:add
        unknown  integrations:integration:edit
        missing  integrations:action:view or bridge:actions:view
      apply with [[action]]
        granted  integrations:integration:view
        unknown  integrations:integration:add
        unknown  integrations:integration:edit
        missing  integrations:action:view or bridge:actions:view
        unknown  integrations:action:add
        unknown  integrations:action:edit
        unknown  integrations:action:delete
        unknown  integrations:integration:delete
      genesys action list, genesys action export
        granted  integrations:integration:view
        missing  integrations:action:view or bridge:actions:view
      genesys action test, verify --level genesys
        granted  integrations:integration:view
        missing  integrations:action:view or bridge:actions:view
        unknown  integrations:action:execute or bridge:actions:execute
      destroy
        granted  integrations:integration:view
        missing  integrations:action:view or bridge:actions:view
        unknown  integrations:action:delete
        unknown  integrations:integration:delete
        unknown  integrations:integration:edit
      who uses an action that is deleted or replaced
        unknown  architect:dependencyTracking:view
        unknown  architect:flow:view
      genesys metrics, drift --with-metrics
        missing  integrations:action:view or bridge:actions:view
        granted  integrations:integration:view
      genesys whoami --probe users
        unknown  directory:user:view
      genesys audit
        granted  audits:audit:view
      genesys audit --fail-on foreign
        granted  audits:audit:view
        granted  integrations:integration:view
        missing  integrations:action:view or bridge:actions:view

    Limits of data actions
      actions.concurrent.executions.max     50
      actions.integration.max               100
      actions.total.max                     500
      requests.volume.max                   2500

    Result: done: the OAuth client belongs to the organization of the manifest
    ");
}

#[test]
fn the_secret_of_the_manifest_is_enough() {
    let stage = with_secret();
    let access = stage.sandbox.genesys();
    let good = json!({"client_id": access.client_id, "client_secret": access.client_secret, "base_url": access.base_url});
    store(&stage, &good);
    insta::assert_snapshot!(stage.run(&["genesys", "whoami"]).outline(), @"
    exit 0
    -- stdout
    Contact Centre (sandbox) (contact-centre)
      external ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94, as in the manifest
      region        http://127.0.0.1:[port]
      OAuth client  rolecall, 11111111-2222-3333-4444-555555555555
      rate limit    4 of 300 requests used, starts over in [time] s
    Permissions (by the roles of the OAuth client)
      plan, drift, verify
      genesys connect
      apply with [[action]]
      genesys action list, genesys action export
      genesys action test, verify --level genesys
      destroy
      who uses an action that is deleted or replaced
      genesys metrics, drift --with-metrics
      genesys whoami --probe users
      genesys audit
      genesys audit --fail-on foreign
    Limits of data actions
      actions.concurrent.executions.max     50
      actions.integration.max               100
      actions.total.max                     500
      requests.volume.max                   2500
    Result: done: the OAuth client belongs to the organization of the manifest
    ");
    // Not in the environment's place: the manifest names it.
    store(&stage, &json!({"clientId": access.client_id, "client_secret": "s", "base_url": access.base_url}));
    insta::assert_snapshot!(stage.run_client(&["genesys", "whoami"]).whole(), @"
    exit 1
    -- stderr
    error[E30]: the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` has no `client_id`; it has `clientId`
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
    store(
        &stage,
        &json!({"client_id": access.client_id, "client_secret": "wrong", "base_url": access.base_url}),
    );
    insta::assert_snapshot!(stage.run_client(&["genesys", "whoami"]).whole(), @"
    exit 1
    -- stderr
    error[E31]: POST /oauth/token failed: http://127.0.0.1:[port] does not accept the OAuth client `11111111-2222-3333-4444-555555555555` and its secret: invalid_client: authentication failed; possible causes: a wrong ID or secret, a disabled client, a grant type other than client credentials, or a client of another region (HTTP 401, contextId [id])
    hint: Genesys Cloud shows the client under Admin > Integrations > OAuth; it works only in the region of its organization
    ");
}

#[test]
fn who_may_not_read_the_secret_hears_which_permission() {
    let mut stage = with_secret();
    stage.act_as(Principal::Nobody);
    insta::assert_snapshot!(stage.run_client(&["genesys", "whoami"]).whole(), @"
    exit 1
    -- stderr
    error[E30]: cannot read the OAuth client from the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf`: secretsmanager:GetSecretValue failed: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf because no identity-based policy allows the secretsmanager:GetSecretValue action (AccessDeniedException, request [id]); the caller needs the permission secretsmanager:GetSecretValue
    hint: [genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET
    ");
}

#[test]
fn another_organization_is_the_gravest_drift() {
    let stage = Stage::new();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.run_client(&["drift"]).expect(0);
    stage.sandbox.change(|state| state.genesys.organization.id = OTHER.to_owned()).unwrap();
    let report = stage.run_client(&["drift", "--output", "json"]).expect(4).json();
    assert_eq!(report["drift"][0]["consequence"], "other-organization");
    assert_eq!(
        (&report["drift"][0]["expected"], &report["drift"][0]["actual"]),
        (&json!(EXTERNAL_ID), &json!(OTHER))
    );
    assert_eq!(report["drift"][0]["position"]["line"], 5);
    insta::assert_snapshot!(stage.run_client(&["plan"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    No changes: AWS matches the manifest.

    After apply
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      O1: the role is for the Genesys Cloud organization 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94, but the OAuth client belongs to the organization Contact Centre (sandbox) (00000000-1111-2222-3333-444444444444)
                 why: Genesys Cloud sends the ID of its own organization as the external ID, so the organization of the OAuth client cannot assume the role (https://help.mypurecloud.com/articles/create-iam-resources-for-aws-lambda/)
                 fix: set `organization_id` in [genesys] to the ID of the organization that must invoke the functions, or use an OAuth client of the organization in the manifest
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: refuted: the role is for the Genesys Cloud organization 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94, but the OAuth client belongs to the organization Contact Centre (sandbox) (00000000-1111-2222-3333-444444444444) (AWS matches the manifest) (exit code 4)
    ");
    insta::assert_snapshot!(stage.run_client(&["genesys", "whoami"]).outline(), @"
    exit 4
    -- stdout
    Contact Centre (sandbox) (contact-centre)
      external ID   00000000-1111-2222-3333-444444444444
      region        http://127.0.0.1:[port]
      OAuth client  rolecall, 11111111-2222-3333-4444-555555555555
      rate limit    4 of 300 requests used, starts over in [time] s
      the manifest states a different organization_id: 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
    Permissions (by the roles of the OAuth client)
      plan, drift, verify
      genesys connect
      apply with [[action]]
      genesys action list, genesys action export
      genesys action test, verify --level genesys
      destroy
      who uses an action that is deleted or replaced
      genesys metrics, drift --with-metrics
      genesys whoami --probe users
      genesys audit
      genesys audit --fail-on foreign
    Limits of data actions
      actions.concurrent.executions.max     50
      actions.integration.max               100
      actions.total.max                     500
      requests.volume.max                   2500
    Result: refuted: the OAuth client and the manifest belong to different organizations (exit code 4)
    -- stderr
    warning: the OAuth client and the manifest belong to different organizations: the role would accept only the external ID of the manifest's organization
    ");
}

#[test]
fn an_organization_that_does_not_answer_is_a_warning() {
    let stage = Stage::new();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let mut command = stage.client_command(&["drift", "--output", "json"]);
    let run: Run = command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "wrong").output().unwrap().into();
    let report = run.expect(0).json();
    assert!(
        report["warnings"][0]
            .as_str()
            .unwrap()
            .starts_with("the manifest's organization_id was not compared")
    );
}

/// Credentials that somebody named are to be used: that they are of no use must not look as if all were right.
#[test]
fn an_organization_that_cannot_be_compared_is_undecided_where_credentials_are_named() {
    let stage = with_secret();
    let access = stage.sandbox.genesys();
    let secret = |secret: &str| json!({"client_id": access.client_id, "client_secret": secret, "base_url": access.base_url});
    store(&stage, &secret(access.client_secret));
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.run(&["drift"]).expect(0);
    store(&stage, &secret("wrong"));
    let refused = stage.run(&["drift", "--output", "json"]).expect(5).json();
    store(&stage, &json!({"clientId": access.client_id}));
    let unusable = stage.run(&["drift", "--output", "json"]).expect(5).json();
    for report in [refused, unusable] {
        let warning = report["warnings"][0].as_str().unwrap();
        assert!(warning.starts_with("the manifest's organization_id was not compared"), "{warning}");
        assert_eq!(report["drift"], json!([]));
    }
    // What is wrong besides is found all the same, and a refutation counts more.
    stage.tamper(Tamper::TrustNoCondition);
    insta::assert_snapshot!(stage.run(&["drift"]).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: the trust policy lets in more than the manifest allows (1 difference) (exit code 4)
    -- stderr
    warning: the manifest's organization_id was not compared with the live one: the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` has no `client_id`; it has `clientId`
    ");
}

#[test]
fn credentials_that_cannot_be_right_are_a_warning_of_the_report() {
    let stage = Stage::new();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let mut command = stage.client_command(&["drift", "--output", "json"]);
    let run: Run = command.env("GENESYSCLOUD_REGION", "eu-west-1").output().unwrap().into();
    let report = run.expect(0).json();
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("Genesys Cloud was not asked for the organization's ID"), "{warning}");
}

#[test]
fn init_reads_the_external_id() {
    let stage = Stage::new();
    let init =
        ["init", "--force", "--genesys-region", "us-east-1", "--target", "my-genesys-trigger-function"];
    insta::assert_snapshot!(stage.run_client(&init).whole(), @"
    exit 0
    -- stdout
    wrote rolecall.toml
    -- stderr
    the external ID is the ID of the organization Contact Centre (sandbox), read from Genesys Cloud: 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
    hint: `rolecall plan` shows what it would make; `rolecall apply --sandbox` tries it without an account
    ");
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    insta::assert_snapshot!(text, @r#"
    # The IAM role that Genesys Cloud assumes, and the Lambda functions that it may then invoke.
    # `rolecall plan` shows what would change in AWS; `rolecall apply` changes and verifies it.
    version = 1

    [genesys]
    # The AWS region in which the organization lives, or its domain. It decides the login host and the AWS
    # account that the role trusts.
    region = "us-east-1"
    # The organization's ID. It is the external ID: without it nobody can assume the role.
    organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"

    [role]
    name = "GenesysDataActionRole"
    path = "/"
    # The longest session in seconds: 3600 to 43200.
    max_session_duration = 3600

    # Each [[target]] is one function that may be invoked, in exactly this form.

    [[target]]
    function = "my-genesys-trigger-function"

    # How AWS is reached. With `account`, credentials of any other account are refused:
    # [aws]
    # account = "123456789012"
    "#);
}

#[test]
fn a_proxy_is_not_on_the_way_to_this_machine() {
    let stage = Stage::new();
    let mut command = stage.client_command(&["genesys", "whoami"]);
    let run: Run = command
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap()
        .into();
    run.expect(0);
}

#[test]
fn no_output_holds_a_secret() {
    let stage = Stage::new();
    for arguments in [
        &["genesys", "whoami", "-v"][..],
        &["genesys", "whoami", "-v", "--output", "json"],
        &["genesys", "audit", "-v", "--output", "json"],
        &["drift", "-v"],
    ] {
        let run = stage.run_client(arguments);
        for secret in ["not-a-secret", "Bearer", "Basic"] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{arguments:?}");
        }
    }
}
