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
    let run = stage.run_client(&["genesys", "whoami"]).expect(0);
    for line in [
        "granted  integrations:integration:view",
        "missing  integrations:action:view or bridge:actions:view",
        "unknown  integrations:integration:add",
        "granted  audits:audit:view",
    ] {
        assert!(run.stdout.contains(line), "no `{line}` in {}", run.stdout);
    }
}

#[test]
fn the_secret_of_the_manifest_is_enough() {
    let stage = with_secret();
    let access = stage.sandbox.genesys();
    let good = json!({"client_id": access.client_id, "client_secret": access.client_secret, "base_url": access.base_url});
    store(&stage, &good);
    stage.run(&["genesys", "whoami"]).expect(0).says("as in the manifest");
    // Not in the environment's place: the manifest names it.
    store(&stage, &json!({"clientId": access.client_id, "client_secret": "s", "base_url": access.base_url}));
    stage
        .run_client(&["genesys", "whoami"])
        .expect(1)
        .says(&format!("the secret `{SECRET_ARN}` has no `client_id`; it has `clientId`"));
    store(
        &stage,
        &json!({"client_id": access.client_id, "client_secret": "wrong", "base_url": access.base_url}),
    );
    stage.run_client(&["genesys", "whoami"]).expect(1).says("does not accept the OAuth client").says("OAuth");
}

#[test]
fn who_may_not_read_the_secret_hears_which_permission() {
    let mut stage = with_secret();
    stage.act_as(Principal::Nobody);
    stage
        .run_client(&["genesys", "whoami"])
        .expect(1)
        .says("the caller needs the permission secretsmanager:GetSecretValue");
}

#[test]
fn another_organisation_is_the_gravest_drift() {
    let stage = Stage::new();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.run_client(&["drift"]).expect(0);
    stage.sandbox.change(|state| state.genesys.organization.id = OTHER.to_owned()).unwrap();
    let report = stage.run_client(&["drift", "--output", "json"]).expect(3).json();
    assert_eq!(report["drift"][0]["consequence"], "other-organization");
    assert_eq!(
        (&report["drift"][0]["expected"], &report["drift"][0]["actual"]),
        (&json!(EXTERNAL_ID), &json!(OTHER))
    );
    assert_eq!(report["drift"][0]["position"]["line"], 5);
    stage.run_client(&["plan"]).expect(0).says("which could not assume the role");
    stage
        .run_client(&["genesys", "whoami"])
        .expect(4)
        .says("the manifest states a different organization_id");
}

#[test]
fn an_organisation_that_does_not_answer_is_a_warning() {
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
fn an_organisation_that_cannot_be_compared_is_undecided_where_credentials_are_named() {
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
    stage.run(&["drift"]).expect(4).says("was not compared");
}

#[test]
fn credentials_that_cannot_be_right_are_a_warning_of_the_report() {
    let stage = Stage::new();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let mut command = stage.client_command(&["drift", "--output", "json"]);
    let run: Run = command.env("GENESYSCLOUD_REGION", "eu-west-1").output().unwrap().into();
    let report = run.expect(0).json();
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("Genesys Cloud was not asked for the organisation's ID"), "{warning}");
}

#[test]
fn init_reads_the_external_id() {
    let stage = Stage::new();
    let init =
        ["init", "--force", "--genesys-region", "us-east-1", "--target", "my-genesys-trigger-function"];
    stage.run_client(&init).expect(0).says("Contact Centre");
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    assert!(text.contains(&format!("organization_id = \"{EXTERNAL_ID}\"")), "{text}");
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
