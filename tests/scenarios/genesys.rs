//! The Genesys Cloud side: from an empty organisation to a tested action, what goes wrong with it, and back to nothing.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rolecall::sandbox::{Fault, FaultRule, Faults, IntendedState, State, Tamper};
use serde_json::{Value, json};

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
const ACTION: &str = "Get order status";
const TEST: [&str; 4] = ["genesys", "action", "test", ACTION];

fn with_action() -> String {
    format!(
        "{}\n[[action]]\nname = \"{ACTION}\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
         input_schema = \"schemas/request.json\"\noutput_schema = \"schemas/response.json\"\ntimeout_seconds = 10\n\
         test_input = \"input.json\"\n",
        manifest(ONE_TARGET)
    )
}

fn request(properties: &[&str]) -> String {
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    json!({"type": "object", "properties": properties}).to_string()
}

/// A stage whose manifest has an action, with its files.
fn stage() -> Stage {
    stage_with(&with_action(), State::demo())
}

fn stage_with(manifest: &str, state: State) -> Stage {
    let stage = Stage::with(manifest, state);
    stage.write("schemas/request.json", &request(&["orderNumber"]));
    stage.write(
        "schemas/response.json",
        r#"{"type": "object", "properties": {"status": {"type": "string"}}}"#,
    );
    stage.write("input.json", r#"{"orderNumber": "4711"}"#);
    stage
}

/// The same, with everything applied.
pub(crate) fn applied() -> Stage {
    let stage = stage();
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

fn change(stage: &Stage, change: impl FnOnce(&mut State)) {
    stage.sandbox.change(change).unwrap();
}

fn tamper(stage: &Stage, kind: Tamper) {
    stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().unwrap();
}

/// The writes to Genesys Cloud since the log was last cleared.
fn writes(stage: &Stage) -> Vec<String> {
    let calls = stage.calls().into_iter();
    calls.filter(|call| call.service == "genesys" && call.write).map(|call| call.action).collect()
}

/// The IDs of the published actions.
fn published(stage: &Stage) -> Vec<String> {
    let state = stage.sandbox.state();
    state.genesys.actions.iter().filter(|(_, it)| it.published.is_some()).map(|(id, _)| id.clone()).collect()
}

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
    stage
        .run_client(&["apply", "--yes", "--level", "paper"])
        .expect(0)
        .says("No changes")
        .says("not verifiable");
    assert_eq!(stage.calls().iter().filter(|call| call.write).count(), 0);
    stage.run_client(&["drift"]).expect(0).says("not verifiable");
    stage.run_client(&["plan", "--detailed-exitcode"]).expect(0);
    // With -v the report says how every call went, on both sides.
    let report = stage.run_client(&["drift", "-v", "--output", "json"]).expect(0).json();
    let calls = report["calls"].as_array().unwrap();
    let requests: u64 = calls.iter().map(|call| call["requests"].as_u64().unwrap()).sum();
    assert_eq!(requests, report["aws_calls"].as_u64().unwrap() + report["genesys_calls"].as_u64().unwrap());
    assert!(
        calls.iter().any(|call| call["operation"] == "GET /api/v2/integrations" && call["succeeded"] == 3)
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

/// The credential cannot be read, so only the test shows that it names another role.
#[test]
fn a_credential_for_another_role_is_found_by_the_test() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysCredentialRole);
    let run = stage.run_client(&[TEST.as_slice(), &["--output", "json"]].concat()).expect(4).json();
    assert_eq!(run["diagnosis"]["causes"][0]["cause"], "other_role", "{run:#}");
    // Genesys Cloud says when it was changed, and that was not by rolecall.
    change(&stage, |state| {
        let later = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10);
        state.genesys.credentials.values_mut().for_each(|it| it.modified = later.to_string());
    });
    stage.run_client(&["drift"]).expect(3).says("Genesys Cloud may assume a different role");
    stage.run_client(&["apply", "--yes", "--level", "genesys"]).expect(0).says("succeeded");
}

/// Where Genesys Cloud shows the fields, the ARN is compared, and nothing is left unsaid.
#[test]
fn a_credential_that_can_be_read_is_compared() {
    let mut state = State::demo();
    state.genesys.shows_credential_fields = true;
    let stage = stage_with(&with_action(), state);
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let run = stage.run_client(&["drift"]).expect(0).says("AWS and Genesys Cloud match the manifest");
    assert!(!run.stdout.contains("not verifiable"));
    tamper(&stage, Tamper::GenesysCredentialRole);
    stage.run_client(&["drift"]).expect(3).says("credential");
    stage.run_client(&["apply", "--yes", "--level", "genesys"]).expect(0).says("succeeded");
}

#[test]
fn a_contract_changes_only_with_a_new_action_and_the_users_word() {
    let stage = applied();
    let before = published(&stage);
    stage.write("schemas/request.json", &request(&["orderNumber", "customer"]));
    stage.run_client(&["plan"]).expect(0).says("a replacement: the new action gets a new ID");
    stage.run_client(&["apply", "--yes"]).expect(1).says("flows may refer to").says("--replace");
    assert!(writes(&stage).is_empty());
    stage.run_client(&["drift"]).expect(3).says("rolecall apply --replace");
    stage.run_client(&["apply", "--yes", "--replace", "--level", "genesys"]).expect(0).says("succeeded");
    let after = published(&stage);
    assert_eq!(after.len(), 1);
    assert_ne!(before, after);
    stage.run_client(&["drift"]).expect(0);
    // What the manifest no longer names goes with the same word.
    stage.write("rolecall.toml", &format!("{}\n[genesys.integration]\n", manifest(ONE_TARGET)));
    stage.run_client(&["apply", "--yes"]).expect(1).says("the manifest does not contain it");
    stage.run_client(&["apply", "--yes", "--replace"]).expect(0);
    assert!(published(&stage).is_empty());
}

#[test]
fn a_schema_in_another_order_is_no_difference() {
    let stage = applied();
    stage.write(
        "schemas/request.json",
        "{\"additionalProperties\": true, \"properties\": {\"orderNumber\": {\"type\":\n \"string\"}},\n \"type\": \"object\"}",
    );
    stage.run_client(&["drift"]).expect(0);
}

#[test]
fn what_somebody_changes_is_drift_and_is_repaired() {
    for (kind, says, step) in [
        (Tamper::GenesysActionEdited, "a data action differs from the manifest", "UpdateAction"),
        (Tamper::GenesysActionDeleted, "a data action is missing", "CreateAction"),
        (Tamper::GenesysIntegrationDisabled, "Genesys Cloud is not connected to the role", "SetState"),
    ] {
        let stage = applied();
        let ids = published(&stage);
        tamper(&stage, kind);
        stage.run_client(&["drift"]).expect(3).says(says);
        stage
            .run_client(&["apply", "--yes", "--level", "genesys"])
            .expect(0)
            .says("1 change made.")
            .says("succeeded");
        assert_eq!(
            published(&stage) == ids,
            step != "CreateAction",
            "an action that is changed keeps its ID"
        );
        stage.run_client(&["drift"]).expect(0);
        stage.run_client(&["destroy", "--yes"]).expect(0);
        let genesys = stage.sandbox.state().genesys.clone();
        assert!(genesys.actions.is_empty() && genesys.credentials.is_empty());
        assert!(genesys.integrations.values().all(|it| it.kind != "aws-lambda-data-actions"));
        stage.run_client(&["destroy", "--yes"]).expect(0).says("no resources managed by rolecall were found");
    }
}

/// The order of `destroy` is that of `apply` turned round.
#[test]
fn destroy_removes_what_uses_the_role_before_the_role() {
    let stage = applied();
    let run = stage.run_client(&["destroy", "--yes", "--output", "json"]).expect(0).json();
    let planned: Vec<&str> =
        run["changes"].as_array().unwrap().iter().map(|it| it["operation"].as_str().unwrap()).collect();
    assert_eq!(
        planned,
        [
            "DELETE /api/v2/integrations/actions/{actionId}",
            "DELETE /api/v2/integrations/{integrationId}",
            "DELETE /api/v2/integrations/credentials/{credentialId}",
            "iam:DetachRolePolicy",
            "iam:DeletePolicy",
            "iam:DeleteRole",
        ]
    );
}

/// An organisation in which somebody already made an integration of that name, with an action.
fn made_by_hand() -> State {
    let hand = applied();
    change(&hand, |state| {
        let integration =
            state.genesys.integrations.values_mut().find(|it| it.kind == "aws-lambda-data-actions");
        let integration = integration.unwrap();
        integration.configuration.notes = "Made by hand.".to_owned();
        integration.intended = IntendedState::Disabled;
        let action = state.genesys.actions.values().next().unwrap().clone();
        let mut other = action;
        other.published.as_mut().unwrap().name = "Somebody's".to_owned();
        state.genesys.actions.insert("custom_-_00000000-0000-4000-8000-000000000001".to_owned(), other);
    });
    let mut state = State::demo();
    state.genesys = hand.sandbox.state().genesys.clone();
    state
}

#[test]
fn an_integration_of_somebody_else_is_taken_over_only_when_asked_and_never_deleted() {
    let stage = stage_with(&with_action(), made_by_hand());
    stage.run_client(&["apply", "--yes"]).expect(1).says("was not made by rolecall").says("--adopt");
    assert!(writes(&stage).is_empty());
    stage.run_client(&["apply", "--yes", "--adopt", "--level", "genesys"]).expect(0).says("succeeded");
    stage.run_client(&["drift"]).expect(3).says("Somebody's");
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.run_client(&["destroy", "--yes"]).expect(0).says("was adopted");
    let genesys = stage.sandbox.state().genesys.clone();
    let left: Vec<_> =
        genesys.integrations.values().filter(|it| it.kind == "aws-lambda-data-actions").collect();
    assert_eq!(left.len(), 1);
    // As it was, with its notes.
    assert_eq!(left[0].configuration.notes, "Made by hand.");
    assert_eq!(genesys.actions.len(), 2);
}

/// Whatever the write at which a run is stopped, before or after Genesys Cloud did it, the next run ends with one of each.
#[test]
fn an_interrupted_run_is_continued() {
    let operations = [
        "postIntegrationsCredentials",
        "postIntegrations",
        "putIntegrationConfigCurrent",
        "patchIntegration",
        "postIntegrationsActionsDrafts",
        "postIntegrationsActionDraftPublish",
    ];
    for operation in operations {
        for fault in [Fault::DropReply, Fault::Deny] {
            let stage = stage();
            let rule = FaultRule { operation: format!("genesys:{operation}"), skip: 0, times: None, fault };
            stage.set(Faults { rules: vec![rule], ..Faults::default() });
            stage
                .run_client(&["apply", "--yes", "--level", "paper", "--deadline", "3"])
                .expect(1)
                .says("done");
            stage.set(Faults::default());
            stage.run_client(&["apply", "--yes", "--level", "genesys"]).expect(0).says("succeeded");
            let genesys = stage.sandbox.state().genesys.clone();
            let integrations =
                genesys.integrations.values().filter(|it| it.kind == "aws-lambda-data-actions").count();
            let counts = (genesys.credentials.len(), integrations, genesys.actions.len());
            assert_eq!(counts, (1, 1, 1), "{operation} {fault:?}");
            stage.run_client(&["drift"]).expect(0);
        }
    }
}

#[test]
fn what_is_not_visible_at_once_is_waited_for() {
    let stage = stage();
    let mut faults = Faults::default();
    faults.genesys.read_lag_ms = 1500;
    faults.genesys.activation_ms = 1000;
    stage.set(faults);
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0).says("8 changes made.");
    stage
        .run_client(&["apply", "--yes", "--level", "genesys"])
        .expect(0)
        .says("No changes")
        .says("succeeded");
}

/// Somebody writes between rolecall's read and its write: what is there is read again, and written over in its newest version.
#[test]
fn a_version_that_somebody_overtakes_is_read_again() {
    let stage = stage();
    // Time enough to come between two calls.
    stage.set(Faults { latency_ms: 200, ..Faults::default() });
    let mut command = stage.client_command(&["apply", "--yes", "--level", "paper"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let overtake = |after: &str, change_it: &dyn Fn(&mut State)| {
        let start = Instant::now();
        while !stage.sandbox.log().iter().any(|call| call.action == after) {
            assert!(start.elapsed() < Duration::from_secs(60), "no call of {after}");
            std::thread::sleep(Duration::from_millis(5));
        }
        change(&stage, change_it);
    };
    overtake("getIntegrationConfigCurrent", &|state| {
        let all = state.genesys.integrations.values_mut();
        all.filter(|it| it.kind == "aws-lambda-data-actions").for_each(|it| it.configuration.version += 1);
    });
    overtake("getIntegrationsActionDraftValidation", &|state| {
        state.genesys.actions.values_mut().for_each(|it| it.draft.as_mut().unwrap().version += 1);
    });
    Run::from(child.wait_with_output().unwrap()).expect(0).says("8 changes made.");
    let calls = stage.calls();
    for action in ["putIntegrationConfigCurrent", "postIntegrationsActionDraftPublish"] {
        let statuses: Vec<u16> =
            calls.iter().filter(|call| call.action == action).map(|call| call.status).collect();
        assert!(matches!(statuses.as_slice(), [400 | 409, 200]), "{action}: {statuses:?}");
    }
    stage.set(Faults::default());
    stage.run_client(&["drift"]).expect(0);
}

/// Somebody's draft is not overwritten; one that says what is published, or what is wanted, is a run's that was stopped.
#[test]
fn the_draft_of_somebody_else_stays() {
    let stage = applied();
    change(&stage, |state| {
        let action = state.genesys.actions.values_mut().next().unwrap();
        let mut draft = action.published.clone().unwrap();
        draft.config["timeoutSeconds"] = json!(33);
        action.draft = Some(draft);
    });
    stage.write("rolecall.toml", &with_action().replace("timeout_seconds = 10", "timeout_seconds = 20"));
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(1).says("has an unpublished draft");
    change(&stage, |state| {
        let action = state.genesys.actions.values_mut().next().unwrap();
        action.draft = action.published.clone();
    });
    stage.run_client(&["apply", "--yes", "--level", "genesys"]).expect(0).says("succeeded");
}

#[test]
fn another_organisation_is_refused() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysOrganization);
    stage.run_client(&["drift"]).expect(3).says("wrong Genesys Cloud organization");
    stage.run_client(&["apply", "--yes"]).expect(1).says("only that organisation could assume it");
    assert!(writes(&stage).is_empty());
}

#[test]
fn connect_makes_the_way_without_the_actions() {
    let stage = stage();
    stage.run_client(&["genesys", "connect", "--yes"]).expect(2).says("does not exist");
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &with_action());
    stage.run_client(&["genesys", "connect", "--yes"]).expect(0).says("4 changes made.");
    assert!(published(&stage).is_empty());
    stage.run_client(&["genesys", "connect", "--yes"]).expect(0).says("No changes");
    stage.run_client(&["genesys", "action", "list"]).expect(0).says("does not exist yet");
    stage
        .run_client(&["apply", "--yes", "--level", "genesys"])
        .expect(0)
        .says("1 change made.")
        .says("succeeded");
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
    stage.run_client(&import).expect(0).says("added action Get stock");
    stage.run_client(&import).expect(1).says("already has an action");
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0).says("1 change made.");
    assert_eq!(published(&stage).len(), 2);
    // An action without an input is not run, and that is said.
    let run: Run = stage.run_client(&["verify", "--level", "genesys", "--yes"]);
    run.expect(5).says("has no `test_input`");
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
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0).says("7 changes made.");
    let genesys = stage.sandbox.state().genesys.clone();
    assert!(genesys.credentials.is_empty());
    let integration = genesys.integrations.values().find(|it| it.kind == "custom-rest-actions").unwrap();
    assert_eq!(integration.intended, IntendedState::Enabled);
    let action = genesys.actions.values().next().unwrap().published.clone().unwrap();
    assert_eq!(action.config["request"]["headers"]["Authorization"], "Bearer ${credentials.token}");
    stage.run_client(&["drift"]).expect(0).says("AWS and Genesys Cloud match the manifest");
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
    let run =
        run.says("`orgId` is reserved").says("an input of Genesys Cloud is flat").says("response.json:2:");
    assert!(run.stdout.is_empty());
    assert!(stage.calls().is_empty());
}
