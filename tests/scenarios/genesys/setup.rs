//! From nothing to a tested action, with and without the actions, by an address too; and broken setups.

use rolecall::sandbox::IntendedState;

use super::super::stage::Run;
use super::*;

#[test]
fn one_apply_leads_from_nothing_to_a_tested_action() {
    let stage = stage();
    let run =
        stage.run_client(&["apply", "--yes", "--level", "genesys", "--output", "json"]).expect(0).json();
    let test = &run["verification"]["actions"][0];
    assert_eq!(test["outcome"], "succeeded");
    // The sandbox's function answers with what it was called with.
    assert_eq!(test["result"]["function"], FUNCTION);
    assert_eq!(test["result"]["event"], json!({"orderNumber": "4711"}));
    let calls = stage.calls();
    let vendor = |service: &str, action: &str| {
        calls.iter().any(|call| {
            call.service == service && call.action == action && call.principal.contains("765628985471")
        })
    };
    assert!(vendor("sts", "AssumeRole"), "{calls:?}");
    // Role before credential, policy before action.
    let operations: Vec<&str> = run["applied"]["done"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["operation"].as_str().unwrap())
        .collect();
    assert_eq!(
        operations,
        [
            "iam:CreateRole",
            "iam:CreatePolicy",
            "iam:AttachRolePolicy",
            "POST /api/v2/integrations/credentials",
            "POST /api/v2/integrations",
            "PUT /api/v2/integrations/{integrationId}/config/current",
            "PATCH /api/v2/integrations/{integrationId}",
            "POST /api/v2/integrations/actions/drafts",
        ]
    );
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.

    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: no changes; every claim about the role is proved
    ");
    assert_eq!(stage.calls().iter().filter(|call| call.write).count(), 0);
    insta::assert_snapshot!(stage.run_client(&["drift"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: AWS matches the manifest, and so does everything that Genesys Cloud shows; every claim about the role is proved
    ");
    stage.run_client(&["plan", "--detailed-exitcode"]).expect(0);
    // With -v the report says how every call went, on both sides.
    let report = stage.run_client(&["drift", "-v", "--output", "json"]).expect(0).json();
    let calls = report["calls"].as_array().unwrap();
    let requests: u64 = calls.iter().map(|call| call["requests"].as_u64().unwrap()).sum();
    assert_eq!(requests, report["aws_calls"].as_u64().unwrap() + report["genesys_calls"].as_u64().unwrap());
    assert!(
        calls.iter().any(|call| call["operation"] == "GET /api/v2/integrations" && call["succeeded"] == 2)
    );
}

/// Each setup is broken in one place, and Genesys Cloud's error for it is traced to that place.
#[test]
fn broken_setups_are_traced_to_their_cause() {
    let trust = |state: &mut State, from: &str, to: &str| {
        let account = state.accounts.get_mut("123456789012").unwrap();
        let role = account.roles.get_mut(&ROLE.to_lowercase()).unwrap();
        assert!(role.trust.contains(from), "{}", role.trust);
        role.trust = role.trust.replace(from, to);
    };
    let url = |state: &mut State, to: &str| {
        let revision = state.genesys.actions.values_mut().next().unwrap().published.as_mut().unwrap();
        revision.config["request"]["requestUrlTemplate"] = json!(to);
    };
    type Break<'b> = &'b dyn Fn(&mut State);
    let cases: [(&str, Break<'_>); 8] = [
        ("wrong_external_id", &|state| Tamper::TrustExternalId.apply(state, ROLE).map(drop).unwrap()),
        ("wrong_principal", &|state| trust(state, "765628985471", "325654371633")),
        ("missing_permission", &|state| Tamper::PolicyDetached.apply(state, ROLE).map(drop).unwrap()),
        ("wrong_qualifier", &|state| url(state, &format!("{FUNCTION}:live"))),
        ("not_a_target", &|state| url(state, &format!("{FUNCTION}-test"))),
        ("function_missing", &|state| Tamper::FunctionDeleted.apply(state, ROLE).map(drop).unwrap()),
        ("role_missing", &|state| Tamper::RoleDeleted.apply(state, ROLE).map(drop).unwrap()),
        ("genesys_differs", &|state| {
            Tamper::GenesysIntegrationDisabled.apply(state, ROLE).map(drop).unwrap();
        }),
    ];
    for (cause, breaks) in cases {
        let stage = applied();
        change(&stage, breaks);
        let run = stage.run_client(&[TEST.as_slice(), &["--output", "json"]].concat()).expect(4).json();
        assert_eq!(run["outcome"], "failed");
        let causes = run["diagnosis"]["causes"].as_array().unwrap();
        let first = causes.iter().find(|it| it["cause"] == cause);
        assert!(first.is_some(), "{cause}: {run:#}");
        if cause != "genesys_differs" {
            assert_eq!(causes[0]["cause"], cause, "{run:#}");
        }
        stage.run_client(&["verify", "--level", "genesys", "--yes"]);
    }
}

#[test]
fn connect_makes_the_way_without_the_actions() {
    let stage = stage();
    insta::assert_snapshot!(stage.run_client(&["genesys", "connect", "--yes"]).whole(), @"
    exit 2
    -- stderr
    error[E38]: nothing was changed in AWS or Genesys Cloud: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` does not exist
    hint: run `rolecall apply`: it creates the role, then everything in Genesys Cloud
    ");
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &with_action());
    insta::assert_snapshot!(stage.run_client(&["genesys", "connect", "--yes"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    3 to create, 1 to change, 0 to delete.
    4 changes made.
    Result: 4 changes made
    ");
    assert!(published(&stage).is_empty());
    insta::assert_snapshot!(stage.run_client(&["genesys", "connect", "--yes"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
      ? not examined: the role ARN in the credential f3b8488c-368c-b0a6-72c4-7863a53f9962, which Genesys Cloud does not show; rolecall wrote arn:aws:iam::123456789012:role/GenesysDataActionRole; `verify --level genesys` tests it
    No changes: AWS matches the manifest, and so does everything that Genesys Cloud shows.

    Result: no changes
    ");
    insta::assert_snapshot!(stage.run_client(&["genesys", "action", "list"]).whole(), @"
    exit 0
    -- stdout
    ✗ Get order status  [Orders]  does not exist yet
    ");
    let run = stage.run_client(&["apply", "--yes", "--level", "genesys"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 to create, 0 to change, 0 to delete.
    1 change made.
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 1 change made; every claim about the role is proved
    "#);
}

#[test]
fn an_action_goes_out_and_comes_back_in_genesys_clouds_own_format() {
    let stage = applied();
    stage.run_client(&["genesys", "action", "export", ACTION, "--out", "exported.json"]).expect(0);
    let exported = std::fs::read_to_string(stage.folder.path().join("exported.json")).unwrap();
    let file: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(file["integrationType"], "aws-lambda-data-actions");
    assert_eq!(file["config"]["request"]["requestTemplate"], "${input.rawRequest}");
    stage.write("exported.json", &exported.replace(ACTION, "Get stock"));
    let import = ["genesys", "action", "import", "exported.json", "--category", "Orders"];
    insta::assert_snapshot!(stage.run_client(&import).whole(), @"
    exit 0
    -- stdout
    added action Get stock to rolecall.toml; `rolecall apply` creates it
    -- stderr
    wrote `schemas/get-stock-request.json`
    wrote `schemas/get-stock-response.json`
    ");
    insta::assert_snapshot!(stage.run_client(&import).whole(), @"
    exit 1
    -- stderr
    error[E6]: the manifest already has an action `Get stock`
    ");
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 to create, 0 to change, 0 to delete.
    1 change made.
    Verification
    Result: 1 change made; every claim about the role is proved
    ");
    assert_eq!(published(&stage).len(), 2);
    // An action without an input is not run, and that is said.
    let run: Run = stage.run_client(&["verify", "--level", "genesys", "--yes"]);
    insta::assert_snapshot!(run.section("Data actions"), @r#"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Data actions, run by Genesys Cloud
      succeeded  action Get order status (custom_-_84bb3f97-971d-80ab-bbf0-482148fb58a8)
                 {"function":"arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function","version":"$LATEST","event":{"orderNumber":"4711"}}
      not run    action Get stock
                 the manifest has no `test_input` for this action
                 fix: add `test_input` to the [[action]], a JSON file with the input of a test
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Result: undecided: action Get stock was not run (exit code 5)
    "#);
}

/// A function behind API Gateway: an integration of the other kind, whose credential is its administrators'.
#[test]
fn an_action_may_call_an_address() {
    let url = with_action().replace(
        "target = \"my-genesys-trigger-function\"\ninput_schema",
        "url = \"https://api.example.com/orders/${input.orderNumber}\"\nmethod = \"GET\"\n\
         headers = { Authorization = \"Bearer ${credentials.token}\" }\ninput_schema",
    );
    let stage = stage_with(&url, State::demo());
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    6 to create, 1 to change, 0 to delete.
    7 changes made.
    Verification
    Result: 7 changes made; every claim about the role is proved
    ");
    let genesys = stage.sandbox.state().genesys.clone();
    assert!(genesys.credentials.is_empty());
    let integration = genesys.integrations.values().find(|it| it.kind == "custom-rest-actions").unwrap();
    assert_eq!(integration.intended, IntendedState::Enabled);
    let action = genesys.actions.values().next().unwrap().published.clone().unwrap();
    assert_eq!(action.config["request"]["headers"]["Authorization"], "Bearer ${credentials.token}");
    insta::assert_snapshot!(stage.run_client(&["drift"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    No changes: AWS and Genesys Cloud match the manifest.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: AWS and Genesys Cloud match the manifest; every claim about the role is proved
    ");
    // The credential that somebody gave the integration stays when rolecall writes its configuration.
    change(&stage, |state| {
        let all = state.genesys.integrations.values_mut();
        let mut named = all.filter(|it| it.kind == "custom-rest-actions");
        let configuration = &mut named.next().unwrap().configuration;
        configuration.credentials.insert("basicAuth".to_owned(), "c1".to_owned());
        configuration.notes += "\nby hand";
    });
    stage.run_client(&["drift"]).expect(3);
    stage.run_client(&["apply", "--yes", "--level", "paper"]);
    let genesys = stage.sandbox.state().genesys.clone();
    let integration = genesys.integrations.values().find(|it| it.kind == "custom-rest-actions").unwrap();
    assert_eq!(integration.configuration.credentials["basicAuth"], "c1");
    stage.run_client(&["destroy", "--yes"]).expect(0);
    assert!(stage.sandbox.state().genesys.actions.is_empty());
}

#[test]
fn faults_in_the_files_come_out_together_before_anybody_is_asked() {
    let stage = stage();
    stage.write("schemas/request.json", r#"{"type": "object", "properties": {"orgId": {"type": "object"}}}"#);
    stage.write("schemas/response.json", "{\n  \"type\": }");
    let run = stage.run_client(&["plan"]).expect(2);
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E9]: schemas/request.json:/properties/orgId: `orgId` is reserved by Genesys Cloud; choose another name
    schemas/request.json:/properties/orgId/type: `orgId` is of type `object`, and an input of Genesys Cloud is flat: string, integer, number, boolean, null; split it into plain properties, and build the JSON that the function wants in `request_template`
    schemas/response.json:2:11: this is not JSON: expected value at line 2 column 11
    ");
    assert!(run.stdout.is_empty());
    assert!(stage.calls().is_empty());
}
