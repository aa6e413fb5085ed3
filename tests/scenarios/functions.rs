//! Lambda's side: ways past the role, and aliases that lead elsewhere.

use rolecall::sandbox::{Function, Sandbox, State};
use serde_json::json;

use super::stage::{Stage, manifest};

const FUNCTION: &str = "my-genesys-trigger-function";
const ALIAS: &str = "[[target]]\nfunction = \"my-genesys-trigger-function\"\nqualifier = \"live\"\n";

fn applied(target: &str) -> Stage {
    let stage = Stage::with(&manifest(target), State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

fn change(sandbox: &Sandbox, change: impl FnOnce(&mut Function)) {
    sandbox
        .change(|state| {
            let functions = &mut state.accounts.get_mut("123456789012").unwrap().functions;
            change(functions.get_mut("us-east-1").unwrap().get_mut(FUNCTION).unwrap());
        })
        .unwrap();
}

fn grant(principal: &serde_json::Value, form: &str) -> serde_json::Value {
    let resource = format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}{form}");
    let statement = json!({"Sid": "direct", "Effect": "Allow", "Principal": principal,
        "Action": "lambda:InvokeFunction", "Resource": resource});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

#[test]
fn a_grant_past_the_role_is_found_in_every_form_of_the_function() {
    let vendor = json!({"AWS": "arn:aws:iam::765628985471:root"});
    for (qualifier, form) in [("", ""), ("live", ":live")] {
        let stage = applied("[[target]]\nfunction = \"my-genesys-trigger-function\"\n");
        change(&stage.sandbox, |function| {
            function.policies.insert(qualifier.to_owned(), grant(&vendor, form));
        });
        let report = stage.run(&["verify", "--output", "json"]).expect(4).json();
        let found = report["verification"]["findings"].as_array().unwrap();
        assert!(found.iter().any(|finding| finding["id"] == "L1"), "`{qualifier}`: {found:?}");
    }
}

#[test]
fn a_service_of_the_account_is_no_way_past_the_role() {
    let stage = applied(ALIAS);
    change(&stage.sandbox, |function| {
        function
            .policies
            .insert("live".to_owned(), grant(&json!({"Service": "events.amazonaws.com"}), ":live"));
    });
    stage.run(&["verify"]).expect(0);
}

#[test]
fn a_public_url_is_found_on_an_alias_too() {
    let stage = applied(ALIAS);
    for (authentication, status) in [("AWS_IAM", 0), ("NONE", 0), ("NONE", 4)] {
        change(&stage.sandbox, |function| {
            function.urls.insert("live".to_owned(), authentication.to_owned());
            // Lambda does not ask who calls, and its policy still decides whether everybody may.
            if status == 4 {
                let mut policy = grant(&json!("*"), ":live");
                policy["Statement"][0]["Action"] = json!("lambda:InvokeFunctionUrl");
                function.policies.insert("live".to_owned(), policy);
            }
        });
        let report = stage.run(&["verify", "--output", "json"]).expect(status).json();
        let findings = report["verification"]["findings"].as_array().unwrap();
        assert_eq!(findings.iter().any(|it| it["id"] == "L3"), status == 4, "{findings:#?}");
    }
}

#[test]
fn a_weighted_alias_is_found_where_the_role_invokes_it() {
    for (target, is_found) in
        [(ALIAS, true), ("[[target]]\nfunction = \"my-genesys-trigger-function\"\n", false)]
    {
        let stage = applied(target);
        change(&stage.sandbox, |function| {
            function.published = 2;
            function.routing.insert("live".to_owned(), ("2".to_owned(), 0.1));
        });
        let report = stage.run(&["verify", "--output", "json"]).expect(0).json();
        let findings = report["verification"]["findings"].as_array().unwrap();
        assert_eq!(findings.iter().any(|it| it["id"] == "L4"), is_found, "{findings:#?}");
    }
}

/// Everything about a function that needs nothing but its name is one round; the policies of its further aliases are a
/// second: three calls a function with one alias, at a pace that Lambda allows. A function without a policy is not asked for
/// URLs.
#[test]
fn fifty_targets_are_looked_at_side_by_side() {
    let mut state = State::demo();
    let names: Vec<String> = (0..50).map(|index| format!("genesys-fn-{index:03}")).collect();
    for name in &names {
        state.add_function("123456789012", "us-east-1", name, &["live"]);
    }
    let targets: String = names.iter().map(|name| format!("[[target]]\nfunction = \"{name}\"\n")).collect();
    let stage = Stage::with(&manifest(&targets), state);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    let start = std::time::Instant::now();
    stage.run(&["verify"]).expect(0);
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds > 100.0 / 15.0, "100 calls under each quota of 15 a second in {seconds} s");
    let calls = stage.calls();
    let of =
        |action: &str| calls.iter().filter(|call| call.service == "lambda" && call.action == action).count();
    assert_eq!((of("ListAliases"), of("ListFunctionUrlConfigs"), of("GetPolicy")), (50, 0, 100));
    stage.run(&["verify", "--level", "paper"]).expect(0);
    let calls = stage.calls();
    assert!(calls.len() <= 12, "paper asks for the documents alone: {calls:?}");
}

/// Of very many functions only some are read, unless all are asked for. A note says so, for an open function may be among the
/// others.
#[test]
fn of_very_many_targets_a_sample_is_looked_at_and_said() {
    let mut state = State::demo();
    let names: Vec<String> = (0..150).map(|index| format!("genesys-fn-{index:03}")).collect();
    for name in &names {
        state.add_function("123456789012", "us-east-1", name, &[]);
    }
    let functions = &mut state.accounts.get_mut("123456789012").unwrap().functions;
    let open = functions.get_mut("us-east-1").unwrap().get_mut("genesys-fn-001").unwrap();
    let resource = "arn:aws:lambda:us-east-1:123456789012:function:genesys-fn-001";
    let statement = json!({"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction",
        "Resource": resource});
    open.policies.insert(String::new(), json!({"Version": "2012-10-17", "Statement": [statement]}));
    let targets: String = names.iter().map(|name| format!("[[target]]\nfunction = \"{name}\"\n")).collect();
    let stage = Stage::with(&manifest(&targets), State::demo());
    // The embedded AWS has no quotas, so its calls are not paced.
    let file = stage.folder.path().join(".rolecall/sandbox.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    rolecall::sandbox::save(&state, &file).unwrap();
    stage.run(&["apply", "--sandbox", "--yes", "--level", "paper"]).expect(0);
    let note = "rolecall read the own policies, URLs and aliases of 75 of the 150 functions";
    assert!(stage.run(&["verify", "--sandbox"]).expect(0).stdout.contains(note));
    assert!(!stage.run(&["verify", "--sandbox", "--exhaustive"]).expect(4).stdout.contains(note));
}
