//! `managed_by` in [genesys]: what the console or Terraform made in Genesys Cloud is listed, tested, exported and compared, and rolecall
//! writes nothing there.

use rolecall::sandbox::IntendedState;

use super::*;

const ORDERS: &str = "11111111-0000-4000-8000-000000000001";
const STOCK: &str = "11111111-0000-4000-8000-000000000002";
const ASLEEP: &str = "11111111-0000-4000-8000-000000000003";
const CREDENTIAL: &str = "22222222-0000-4000-8000-000000000001";
const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";

fn integration(name: &str) -> Value {
    json!({
        "kind": "aws-lambda-data-actions", "intended": "ENABLED", "intended_since": 0,
        "configuration": {
            "name": name, "version": 3, "properties": {}, "advanced": {}, "notes": "Ask the orders team.",
            "credentials": {"AmazonWebServicesARN": CREDENTIAL},
        },
    })
}

fn revision(name: &str) -> Value {
    let schema = |property: &str| json!({"type": "object", "properties": {property: {"type": "string"}}});
    json!({
        "name": name, "category": "Orders", "secure": false, "version": 2,
        "contract": {
            "input": {"inputSchema": schema("orderNumber")}, "output": {"successSchema": schema("status")},
        },
        "config": {
            "timeoutSeconds": 20,
            "request": {
                "requestUrlTemplate": FUNCTION, "requestType": "POST", "headers": {}, "requestTemplate": "${input.rawRequest}",
            },
            "response": {
                "translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}",
            },
        },
    })
}

fn put(state: &mut State, integration: &str, id: &str, published: Option<&Value>, draft: Option<&Value>) {
    let action = json!({"integration": integration, "published": published, "draft": draft});
    state.genesys.actions.insert(id.to_owned(), serde_json::from_value(action).unwrap());
}

/// A role of rolecall's, and in Genesys Cloud what somebody made in the console.
fn console() -> Stage {
    let stage = Stage::with(&manifest(ONE_TARGET), State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    change(&stage, |state| {
        let credential = json!({
            "name": "Orders role", "kind": "amazonWebServicesARN", "fields": {"ARN": ROLE_ARN},
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
        });
        state.genesys.credentials.insert(CREDENTIAL.to_owned(), serde_json::from_value(credential).unwrap());
        let orders = serde_json::from_value(integration("Orders (console)")).unwrap();
        state.genesys.integrations.insert(ORDERS.to_owned(), orders);
        put(state, ORDERS, "custom_-_a1", Some(&revision(ACTION)), None);
    });
    stage.write("input.json", r#"{"orderNumber": "4711"}"#);
    stage.calls();
    stage
}

/// With more of it: a second integration, one that is switched off, headers, a request type, templates, and drafts.
fn busy() -> Stage {
    let stage = console();
    change(&stage, |state| {
        state.genesys.shows_credential_fields = true;
        let stock = serde_json::from_value(integration("Stock")).unwrap();
        state.genesys.integrations.insert(STOCK.to_owned(), stock);
        let mut asleep: Value = integration("Old");
        asleep["intended"] = json!("DISABLED");
        state.genesys.integrations.insert(ASLEEP.to_owned(), serde_json::from_value(asleep).unwrap());
        let mut cancel = revision("Cancel order");
        cancel["secure"] = json!(true);
        cancel["config"]["request"]["requestType"] = json!("PUT");
        cancel["config"]["request"]["headers"] = json!({"X-Tenant": "${input.orderNumber}"});
        cancel["config"]["request"]["requestTemplate"] = json!("{\n  \"order\": \"${input.orderNumber}\"\n}");
        cancel["config"]["response"]["translationMap"] = json!({"state": "$.state"});
        cancel["config"]["response"]["translationMapDefaults"] = json!({"state": "\"none\""});
        cancel["config"]["response"]["successTemplate"] = json!("{\"status\": ${state}}");
        // Of a published action somebody prepares a change; the other was never published.
        put(state, ORDERS, "custom_-_a2", Some(&cancel), Some(&cancel));
        put(state, ORDERS, "custom_-_a3", None, Some(&revision("Prepared")));
        // Too long for the name of a file, and what steers a terminal.
        let long = revision(&format!("{}\u{1b}[31m", "Long name ".repeat(24)));
        put(state, ORDERS, "custom_-_a4", Some(&long), None);
        // A function that is no target of the role.
        let mut other = revision("Other function");
        other["config"]["request"]["requestUrlTemplate"] = json!(format!("{FUNCTION}-other"));
        put(state, ORDERS, "custom_-_a5", Some(&other), None);
        // The same file names as those of another action.
        put(state, STOCK, "custom_-_b1", Some(&revision("Get ORDER: status")), None);
        let mut secret = revision("With a secret");
        secret["config"]["request"]["headers"] = json!({"Authorization": "Bearer hunter2"});
        put(state, STOCK, "custom_-_b2", Some(&secret), None);
        for id in ["custom_-_b3", "custom_-_b4"] {
            put(state, STOCK, id, Some(&revision("Twice")), None);
        }
        put(state, ASLEEP, "custom_-_c1", Some(&revision("Asleep")), None);
    });
    stage.calls();
    stage
}

/// The manifest, with these lines in `[genesys]`, and with these at its end.
fn observing(stage: &Stage, of_genesys: &str, end: &str) {
    let text = manifest(ONE_TARGET).replace("[genesys]\n", &format!("[genesys]\n{of_genesys}\n"));
    stage.write("rolecall.toml", &format!("{text}\n{end}"));
}

const STATED: &str = "\n[genesys.integration]\nname = \"Orders (console)\"\n";

fn action_entry(stage: &Stage) -> String {
    stage.write("schemas/request.json", &request(&["orderNumber"]));
    stage.write(
        "schemas/response.json",
        r#"{"type": "object", "properties": {"status": {"type": "string"}}}"#,
    );
    let text = with_action().replace("timeout_seconds = 10", "timeout_seconds = 20");
    format!("[[action]]{}", text.split_once("[[action]]").unwrap().1)
}

/// What was written to Genesys Cloud: everything but the tests of actions, which run something and change nothing.
fn writes(stage: &Stage) -> Vec<String> {
    super::writes(stage).into_iter().filter(|operation| operation != "postIntegrationsActionTest").collect()
}

/// All commands that change something, and what they wrote: nothing in Genesys Cloud.
fn nothing_is_written(stage: &Stage) {
    let before = stage.sandbox.state().genesys.clone();
    for command in [
        &["apply", "--yes", "--level", "paper"] as &[&str],
        &["apply", "--yes", "--level", "paper", "--adopt", "--replace"],
        &["genesys", "connect", "--yes"],
        &["genesys", "connect", "--yes", "--adopt", "--rewrite-credential"],
    ] {
        stage.run_client(command);
    }
    assert!(writes(stage).is_empty());
    let after = stage.sandbox.state().genesys.clone();
    assert_eq!((before.integrations, before.actions), (after.integrations, after.actions));
}

#[test]
fn without_any_word_on_it_actions_of_others_are_listed_tested_and_exported() {
    let stage = console();
    insta::assert_snapshot!(stage.run_client(&["genesys", "action", "list"]).whole());
    insta::assert_snapshot!(
        stage.run_client(&["genesys", "action", "test", ACTION, "--yes", "--input", "input.json"]).whole()
    );
    let by_id = ["genesys", "action", "test", "custom_-_a1", "--yes", "--input", "input.json"];
    stage.run_client(&by_id).expect(0);
    let export = stage.run_client(&["genesys", "action", "export", ACTION]).expect(0).json();
    assert_eq!(export["config"]["request"]["requestUrlTemplate"], FUNCTION);
    assert!(writes(&stage).is_empty());
}

#[test]
fn a_verification_that_tested_nothing_says_so_in_every_format() {
    let stage = console();
    let verify = ["verify", "--level", "genesys", "--yes"];
    insta::assert_snapshot!(stage.run_client(&verify).whole());
    for format in ["json", "sarif", "junit", "github", "markdown", "html"] {
        let run = stage.run_client(&[&verify as &[&str], &["--output", format]].concat()).expect(5);
        assert!(run.stdout.contains("no data action was tested"), "{format}: {}", run.stdout);
    }
    // Those of another tool are named, and nobody makes an input up for them.
    observing(&stage, "managed_by = \"terraform\"", STATED);
    insta::assert_snapshot!(stage.run_client(&verify).section("Data actions"));
    assert!(stage.calls().iter().all(|call| !call.principal.contains("765628985471")));
}

#[test]
fn what_another_tool_made_is_compared_and_nothing_is_written() {
    let stage = console();
    observing(&stage, "managed_by = \"terraform\"", &format!("{STATED}\n{}", action_entry(&stage)));
    insta::assert_snapshot!(stage.run_client(&["drift"]).whole());
    insta::assert_snapshot!(stage.run_client(&["plan", "--detailed-exitcode"]).whole());
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "genesys"]).whole());
    insta::assert_snapshot!(stage.run_client(&["genesys", "action", "list"]).whole());
    insta::assert_snapshot!(stage.run_client(&["genesys", "connect", "--yes"]).whole());
    nothing_is_written(&stage);
}

#[test]
fn what_somebody_changes_by_hand_is_told_with_the_tool_that_repairs_it() {
    type Change<'c> = &'c dyn Fn(&mut State);
    let cases: [(&str, i32, Change<'_>); 8] = [
        ("disconnected", 4, &|state| {
            state.genesys.integrations.get_mut(ORDERS).unwrap().intended = IntendedState::Disabled;
        }),
        ("disconnected", 4, &|state| {
            state.genesys.integrations.get_mut(ORDERS).unwrap().configuration.credentials.clear();
        }),
        ("disconnected", 4, &|state| {
            state.genesys.shows_credential_fields = true;
            let fields = &mut state.genesys.credentials.get_mut(CREDENTIAL).unwrap().fields;
            fields.insert("ARN".to_owned(), format!("{ROLE_ARN}2"));
        }),
        ("disconnected", 4, &|state| {
            state.genesys.integrations.get_mut(ORDERS).unwrap().configuration.name = "Renamed".to_owned();
        }),
        ("action-differs", 4, &|state| {
            let action = state.genesys.actions.get_mut("custom_-_a1").unwrap().published.as_mut().unwrap();
            action.config["request"]["headers"] = json!({"X-By-Hand": "1"});
        }),
        ("action-differs", 4, &|state| {
            let action = state.genesys.actions.get_mut("custom_-_a1").unwrap().published.as_mut().unwrap();
            action.contract["output"]["successSchema"]["properties"] = json!({"other": {"type": "string"}});
        }),
        ("action-missing", 4, &|state| drop(state.genesys.actions.remove("custom_-_a1"))),
        ("notes", 3, &|state| {
            let action = state.genesys.actions.get_mut("custom_-_a1").unwrap().published.as_mut().unwrap();
            action.category = "Else".to_owned();
        }),
    ];
    let stage = console();
    observing(&stage, "managed_by = \"terraform\"", &format!("{STATED}\n{}", action_entry(&stage)));
    let before = State::clone(&stage.sandbox.state());
    let mut told = String::new();
    for (consequence, status, by_hand) in cases {
        change(&stage, by_hand);
        let differences =
            stage.run_client(&["drift", "--output", "json"]).expect(status).json()["drift"].clone();
        for difference in differences.as_array().unwrap() {
            assert_eq!(difference["consequence"], consequence, "{difference:#}");
            told += &format!(
                "{} of {}: {}\n  {}\n",
                difference["attribute"].as_str().unwrap(),
                difference["resource"].as_str().unwrap(),
                difference["effects"][0].as_str().unwrap(),
                difference["repair"].as_str().unwrap()
            );
        }
        told += "\n";
        stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(status);
        nothing_is_written(&stage);
        change(&stage, |state| *state = before.clone());
        stage.run_client(&["drift"]).expect(0);
    }
    insta::assert_snapshot!(told);
    change(&stage, |state| drop(state.genesys.actions.remove("custom_-_a1")));
    insta::assert_snapshot!(stage.run_client(&["plan"]).whole());
    let test = stage.run_client(&["verify", "--level", "genesys", "--yes"]).expect(4);
    insta::assert_snapshot!(test.section("Data actions"));
}

#[test]
fn an_integration_that_nobody_states_means_all_of_them() {
    let stage = busy();
    observing(&stage, "managed_by = \"other\"", "");
    insta::assert_snapshot!(stage.run_client(&["drift"]).whole());
    insta::assert_snapshot!(stage.run_client(&["genesys", "action", "list"]).whole());
    let export = stage.run_client(&["genesys", "action", "export", "Twice"]).expect(2);
    insta::assert_snapshot!(export.whole());
    stage.run_client(&["genesys", "action", "export", "custom_-_b3"]).expect(0);
    // Two of one name, and the manifest means one.
    change(&stage, |state| {
        let name = &mut state.genesys.integrations.get_mut(STOCK).unwrap().configuration.name;
        *name = "Orders (console)".to_owned();
    });
    observing(&stage, "managed_by = \"other\"", STATED);
    let run = stage.run_client(&["drift"]).expect(5);
    insta::assert_snapshot!(run.section("1 difference"));
    let by_id = STATED.replace("Orders (console)", ORDERS);
    observing(&stage, "managed_by = \"other\"", &by_id);
    stage.run_client(&["drift"]).expect(0);
    nothing_is_written(&stage);
}

/// Each side has its own: rolecall makes and removes the role, and leaves Genesys Cloud alone.
#[test]
fn the_role_is_rolecalls_and_genesys_cloud_is_not() {
    let stage = console();
    observing(&stage, "managed_by = \"pulumi\"", STATED);
    tamper(&stage, Tamper::PolicyDetached);
    stage.run_client(&["drift"]).expect(4);
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes", "--level", "paper"]).headlines());
    stage.run_client(&["drift"]).expect(0);
    insta::assert_snapshot!(stage.run_client(&["destroy", "--yes"]).whole());
    assert!(stage.sandbox.state().role("123456789012", ROLE).is_none());
    assert!(writes(&stage).is_empty());
    assert_eq!(published(&stage), ["custom_-_a1"]);
}

#[test]
fn what_is_there_becomes_a_manifest_in_which_nothing_differs() {
    let stage = busy();
    // A probe principal is trusted only where the manifest says so.
    let text = manifest(ONE_TARGET);
    stage.write("rolecall.toml", text.split_once("\n[verify]").unwrap().0);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    let mut told = String::new();
    for (folder, options) in [
        ("all", &["--from-role", ROLE] as &[&str]),
        ("live", &[]),
        ("one", &["--integration", "Stock", "--managed-by", "terraform"]),
    ] {
        // Where nobody reads the role, each function that an action calls is a target; the role does not allow this one.
        if folder == "live" {
            change(&stage, |state| drop(state.genesys.actions.remove("custom_-_a5")));
        }
        let file = format!("{folder}/rolecall.toml");
        let init = ["init", "--from-genesys", "--genesys-region", "us-east-1", "--file", &file];
        let run = stage.run_client(&[&init as &[&str], options].concat()).expect(0);
        let text = std::fs::read_to_string(stage.folder.path().join(&file)).unwrap();
        if folder != "live" {
            told += &format!("{folder}\n{}\n{text}\n", run.whole());
        }
        assert!(!text.contains("hunter2") && !run.whole().contains("hunter2"));
        let drift = stage.run_client(&["drift", "--file", &file]);
        assert_eq!(drift.status, 0, "{folder}: {}", drift.whole());
        // Again: neither the manifest nor a file that is different is replaced.
        stage.run_client(&[&init as &[&str], options].concat()).expect(2);
        stage.run_client(&[&init as &[&str], options, &["--force"]].concat()).expect(0);
    }
    insta::assert_snapshot!(told);
    insta::assert_snapshot!(stage.run_client(&["drift", "--file", "all/rolecall.toml"]).whole());
    assert!(writes(&stage).is_empty());
}

#[test]
fn nothing_is_half_written() {
    let stage = busy();
    stage.write("new/schemas/cancel-order-request.json", "{}");
    let init = ["init", "--from-genesys", "--genesys-region", "us-east-1", "--file", "new/rolecall.toml"];
    insta::assert_snapshot!(stage.run_client(&init).expect(2).standard_error());
    let files = |folder: &str| std::fs::read_dir(stage.folder.path().join(folder)).unwrap().count();
    assert_eq!((files("new"), files("new/schemas")), (1, 1));
    // A folder where the manifest is to be: it is written last, and the files before it go again.
    std::fs::remove_dir_all(stage.folder.path().join("new")).unwrap();
    std::fs::create_dir_all(stage.folder.path().join("new/rolecall.toml")).unwrap();
    stage.run_client(&[&init as &[&str], &["--force"]].concat()).expect(1);
    assert_eq!((files("new/schemas"), files("new/templates")), (0, 0));
    for (options, status) in [
        (&["--integration", "Nobody's"] as &[&str], 2),
        (&["--organization-id", "00000000-0000-4000-8000-000000000009"], 2),
        (&["--role", "Another"], 1),
    ] {
        let file = ["--file", "other.toml"];
        let run = stage.run_client(&[&init[..4], &file, options].concat()).expect(status);
        assert!(!stage.folder.path().join("other.toml").exists(), "{}", run.whole());
    }
}
