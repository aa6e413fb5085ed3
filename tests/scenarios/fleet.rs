//! Many manifests in one run: accounts of their own, one report, and nothing that happens to one keeps the others back.

use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, State};
use serde_json::Value;

use super::stage::{Run, Stage, manifest};

/// Other accounts of the customer, each with a role that the stage's principal may assume.
const OTHERS: [&str; 2] = ["222222222222", "333333333333"];

/// A manifest of a role in an account; the caller's own where none is named.
fn member(role: &str, account: Option<&str>, function: &str) -> String {
    let text = manifest(&format!("[[target]]\nfunction = \"{function}\"\n"))
        .replace("name = \"GenesysDataActionRole\"", &format!("name = \"{role}\""));
    let text = text.split("[verify]").next().unwrap().to_owned();
    match account {
        Some(account) => {
            format!(
                "{text}[aws]\nassume_role = \"arn:aws:iam::{account}:role/rolecall\"\nexternal_id = \"fleet-{account}\"\n"
            )
        }
        None => text,
    }
}

/// A role of each account, and two more in the first.
fn stage() -> Stage {
    let mut state = State::demo();
    for account in OTHERS {
        state.ensure_administrator(account, "/", "rolecall");
        state.add_function(account, "us-east-1", "orders", &[]);
        // Only with the external ID.
        let role = state.role_mut(account, "rolecall").unwrap();
        role.trust = role.trust.replace(
            "\"Action\"",
            &format!(
                "\"Condition\":{{\"StringEquals\":{{\"sts:ExternalId\":\"fleet-{account}\"}}}},\"Action\""
            ),
        );
    }
    let stage = Stage::with("", state);
    for (file, text) in [
        ("a", member("Orders", None, "orders-status")),
        ("b", member("Customers", None, "customer-lookup")),
        ("c", member("Orders", Some(OTHERS[0]), "orders")),
        ("d", member("Orders", Some(OTHERS[1]), "orders")),
    ] {
        stage.write(&format!("accounts/{file}.toml"), &text);
    }
    stage
}

const ALL: [&str; 2] = ["--file", "accounts/*.toml"];

fn run(stage: &Stage, command: &[&str]) -> Run {
    stage.run(&[command, &ALL].concat())
}

/// The exit codes by manifest.
fn exits(run: &Run) -> Vec<(String, u64)> {
    let roles = run.json();
    let roles = roles["roles"].as_array().unwrap();
    let exit =
        |role: &Value| (role["manifest"].as_str().unwrap().to_owned(), role["exit_code"].as_u64().unwrap());
    roles.iter().map(exit).collect()
}

fn named(codes: [u64; 4]) -> Vec<(String, u64)> {
    ["a", "b", "c", "d"]
        .iter()
        .zip(codes)
        .map(|(file, code)| (format!("accounts/{file}.toml"), code))
        .collect()
}

#[test]
fn each_role_is_made_in_its_own_account_and_all_are_in_one_report() {
    let stage = stage();
    let plan = run(&stage, &["plan", "--detailed-exitcode", "--output", "json"]).expect(3);
    assert_eq!(exits(&plan), named([3; 4]));
    run(&stage, &["apply"]).expect(2).says("--yes");
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0).says("4 manifests:");
    let state = stage.sandbox.state();
    for (account, role) in
        [(CUSTOMER, "Orders"), (CUSTOMER, "Customers"), (OTHERS[0], "Orders"), (OTHERS[1], "Orders")]
    {
        assert!(state.role(account, role).is_some(), "{role} in {account}");
    }
    let drift = run(&stage, &["drift", "--output", "json"]).expect(0);
    assert_eq!(exits(&drift), named([0; 4]));
    assert!(drift.json()["roles"][2]["role"]["arn"].as_str().unwrap().contains(OTHERS[0]));
    run(&stage, &["verify", "--level", "paper"]).expect(0).says("✓ accounts/d.toml");
    // One manifest of an account needs nothing else.
    stage.run(&["drift", "--file", "accounts/c.toml"]).expect(0).says(OTHERS[0]);
}

#[test]
fn one_account_that_cannot_be_reached_does_not_stop_the_others() {
    let stage = stage();
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0);
    stage
        .sandbox
        .change(|state| {
            // Nobody may assume it any more; in the other account somebody is let in.
            state.role_mut(OTHERS[0], "rolecall").unwrap().trust =
                r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
            let role = state.role_mut(OTHERS[1], "Orders").unwrap();
            role.trust = role.trust.replace("StringEquals", "StringEqualsIfExists");
            state.role_mut(CUSTOMER, "Customers").unwrap().max_session_duration = 7200;
        })
        .unwrap();
    let drift = run(&stage, &["drift", "--output", "json"]).expect(1);
    assert_eq!(exits(&drift), named([0, 3, 1, 4]));
    let error = drift.json()["roles"][2]["error"]["message"].as_str().unwrap().to_owned();
    assert!(error.contains("sts:AssumeRole") || error.contains("rolecall"), "{error}");
    for (format, names) in [
        ("human", &["accounts/b.toml", "accounts/c.toml", "accounts/d.toml", "4 manifests"] as &[&str]),
        ("sarif", &["accounts/b.toml", "accounts/c.toml", "accounts/d.toml"]),
        ("junit", &["rolecall drift of accounts/a.toml", "rolecall drift of accounts/c.toml run"]),
        (
            "github",
            &["file=accounts/b.toml", "title=rolecall drift of accounts/c.toml", "file=accounts/d.toml"],
        ),
        ("markdown", &["| accounts/a.toml |", "## rolecall drift of accounts/c.toml"]),
        ("html", &["accounts/a.toml", "manifest-2-drift-heading", "manifest-4-path-title"]),
    ] {
        let run = run(&stage, &["drift", "--output", format]).expect(1);
        for name in names {
            assert!(run.stdout.contains(name), "{format}: no `{name}` in\n{}", run.stdout);
        }
        let text = run.stdout.replace(env!("CARGO_PKG_VERSION"), "[version]");
        insta::with_settings!({filters => vec![("request [0-9a-f-]{36}", "request [id]")]}, {
            insta::assert_snapshot!(format!("fleet_{format}"), text);
        });
    }
}

#[test]
fn manifests_that_are_wrong_are_all_named_and_nothing_is_contacted() {
    let stage = stage();
    stage.write("accounts/e.toml", "version = 1\n");
    stage.write("accounts/f.toml", &member("Stock", None, "orders-status").replace("organization_id", "# "));
    run(&stage, &["drift"]).expect(2).says("accounts/e.toml: missing section [genesys]");
    stage.write("accounts/e.toml", &member("orders", None, "orders-status"));
    run(&stage, &["drift"]).expect(2).says("accounts/f.toml: the manifest states no `organization_id`");
    stage.write("accounts/f.toml", &member("Orders", Some(OTHERS[0]), "orders"));
    let refused = run(&stage, &["apply", "--yes"]).expect(2);
    for pair in ["`accounts/a.toml` and `accounts/e.toml`", "`accounts/c.toml` and `accounts/f.toml`"] {
        assert!(refused.stderr.contains(pair), "{}", refused.stderr);
    }
    assert_eq!(stage.calls(), []);
    stage.run(&["drift", "--file", "nowhere/*.toml"]).expect(2).says("no manifest matches `nowhere/*.toml`");
    stage.run(&["destroy", "--file", "accounts/*.toml"]).expect(2).says("takes one manifest");
    stage.run(&["plan", "--out", "p", "--file", "accounts/*.toml"]).expect(2).says("of one manifest");
}

/// That two ways lead to one account shows only when AWS says so; still nothing is read of the role, and nothing written.
#[test]
fn two_ways_to_one_role_are_found_out() {
    let stage = stage();
    stage.sandbox.change(|state| state.ensure_administrator(CUSTOMER, "/", "rolecall")).unwrap();
    stage.write("accounts/e.toml", &member("Orders", Some(CUSTOMER), "orders-status"));
    run(&stage, &["apply", "--yes"])
        .expect(2)
        .says("role `Orders` is claimed by `accounts/a.toml` and `accounts/e.toml`");
    assert!(stage.calls().iter().all(|call| call.service == "sts"));
}

#[test]
fn a_manifest_that_is_named_twice_is_read_once() {
    let stage = stage();
    let arguments = ["plan", "--file", "accounts/a.toml", "--file", "./accounts/*.toml", "--output", "json"];
    let run = stage.run(&arguments).expect(0).says("`accounts/a.toml` is named more than once");
    assert_eq!(exits(&run).len(), 4);
}

#[test]
fn a_throttled_account_is_waited_for() {
    let stage = stage();
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0);
    let rule = FaultRule { operation: "iam:*".to_owned(), skip: 3, times: Some(12), fault: Fault::Throttle };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    let drift = run(&stage, &["drift", "--output", "json"]).expect(0);
    assert_eq!(exits(&drift), named([0; 4]));
    // Throttled for good, each says so, and the run ends.
    let rule = FaultRule { operation: "iam:*".to_owned(), skip: 0, times: None, fault: Fault::Throttle };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    let drift = run(&stage, &["drift", "--deadline", "3", "--output", "json"]).expect(1);
    assert_eq!(exits(&drift), named([1; 4]));
}

#[test]
fn the_embedded_aws_has_every_account_that_the_manifests_name() {
    let stage = stage();
    run(&stage, &["apply", "--sandbox", "--yes", "--level", "paper"]).expect(0);
    assert_eq!(stage.calls(), []);
    run(&stage, &["drift", "--sandbox"])
        .expect(0)
        .says("✓ accounts/c.toml  arn:aws:iam::222222222222:role/Orders");
}
