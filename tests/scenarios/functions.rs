//! Lambda's side: ways past the role, and aliases that lead elsewhere.

use std::collections::BTreeMap;

use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, Function, STRANGER, Sandbox, State, Tamper};
use serde_json::{Value, json};

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

/// A statement of a function's policy in one of its forms, and how the commands judge it: those that read what the manifest names,
/// and `verify`, which reads every form.
struct Case {
    name: &'static str,
    form: &'static str,
    statement: Value,
    named: i32,
    every_form: i32,
}

fn case(name: &'static str, form: &'static str, statement: Value, (named, every_form): (i32, i32)) -> Case {
    Case { name, form, statement, named, every_form }
}

/// The target is the alias `live`, which points at version 1.
fn cases() -> Vec<Case> {
    let by = |principal: Value| json!({"Principal": principal});
    let from = |service: &str, key: &str, value: &str| json!({"Principal": {"Service": service}, "Condition": {"StringLike": {key: value}}});
    let calls =
        |action: &str| json!({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": action});
    let own = "arn:aws:events:us-east-1:123456789012:rule/nightly";
    vec![
        case("everybody", "", by(json!("*")), (4, 4)),
        case("another account", "", by(json!({"AWS": "arn:aws:iam::999999999999:root"})), (4, 4)),
        case("the vendor itself", "", by(json!({"AWS": "arn:aws:iam::765628985471:root"})), (4, 4)),
        case("any bucket", "", by(json!({"Service": "s3.amazonaws.com"})), (4, 4)),
        case("any API", "live", by(json!({"Service": "apigateway.amazonaws.com"})), (4, 4)),
        case(
            "another account's rule",
            "live",
            from("events.amazonaws.com", "aws:SourceAccount", "999999999999"),
            (4, 4),
        ),
        case("new code", "", calls("lambda:UpdateFunctionCode"), (4, 4)),
        case("new permissions", "live", calls("lambda:AddPermission"), (4, 4)),
        case("every action", "", calls("lambda:*"), (4, 4)),
        case("everybody, on another alias", "test", by(json!("*")), (0, 4)),
        case("everybody, on the version behind the alias", "1", by(json!("*")), (0, 4)),
        case("everybody, on a version", "2", by(json!("*")), (0, 4)),
        case("everybody, on the unpublished version", "$LATEST", by(json!("*")), (0, 4)),
        case("a rule of the account", "live", from("events.amazonaws.com", "aws:SourceArn", own), (0, 0)),
        case(
            "a bucket of the account",
            "",
            from("s3.amazonaws.com", "aws:SourceAccount", "123456789012"),
            (0, 0),
        ),
        case("a principal of the account", "", by(json!({"AWS": "arn:aws:iam::123456789012:root"})), (0, 0)),
        case("who reads", "", calls("lambda:GetFunctionConfiguration"), (0, 0)),
        // Lambda writes no `NotPrincipal`, and a policy that is read may hold it all the same.
        case(
            "everybody but the account",
            "",
            json!({"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}}),
            (4, 4),
        ),
        case(
            "a Deny of everybody but the account",
            "live",
            json!({"Effect": "Deny", "Action": "lambda:UpdateFunctionCode", "NotPrincipal": {"AWS": "123456789012"}}),
            (0, 0),
        ),
    ]
}

#[test]
fn who_passes_the_role_is_seen_by_every_command() {
    let stage = applied(ALIAS);
    change(&stage.sandbox, |function| {
        function.published = 2;
        function.aliases.insert("test".to_owned(), "2".to_owned());
    });
    for Case { name, form, statement: parts, named, every_form } in cases() {
        let separator = if form.is_empty() { "" } else { ":" };
        let resource = format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}{separator}{form}");
        let mut statement =
            json!({"Sid": "s", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resource});
        statement.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        change(&stage.sandbox, |function| {
            function.policies.clear();
            let document = json!({"Version": "2012-10-17", "Statement": [statement]});
            function.policies.insert(form.to_owned(), document);
        });
        for (arguments, expected) in [
            (["drift", "--output", "json"].as_slice(), named),
            (&["plan", "--output", "json"], named),
            (&["verify", "--level", "paper", "--output", "json"], named),
            (&["verify", "--level", "live", "--output", "json"], every_form),
        ] {
            let run = stage.run(arguments);
            assert_eq!(run.status, expected, "{name}: {arguments:?}\n{}", run.stdout);
            let claims = run.json()["verification"]["claims"].as_array().cloned().unwrap_or_default();
            let words = "nobody outside the account reaches a target function without the role";
            let claim = claims.iter().find(|claim| claim["claim"] == words);
            let is_refuted = claim.is_some_and(|claim| claim["result"] == "refuted");
            let is_shown = claim.is_some_and(|claim| claim["witness"].is_object());
            assert_eq!(
                (is_refuted, is_shown),
                (expected == 4, expected == 4),
                "{name}: {arguments:?} {claim:?}"
            );
        }
    }
}

/// What may reach the function stands in the manifest; the claim is about everybody else.
#[test]
fn a_stated_invoker_is_let_in() {
    let open = grant(&json!({"Service": "s3.amazonaws.com"}), ":live");
    for (invokers, expected) in [
        ("", 4),
        // Stated for another form of the function.
        ("[[target]]\nfunction = \"my-genesys-trigger-function\"\ninvokers = [\"s3.amazonaws.com\"]\n", 4),
        ("invokers = [\"sns.amazonaws.com\"]\n", 4),
        ("invokers = [\"sns.amazonaws.com\", \"s3.amazonaws.com\"]\n", 0),
    ] {
        let stage = applied(&format!("{ALIAS}{invokers}"));
        change(&stage.sandbox, |function| {
            function.policies.insert("live".to_owned(), open.clone());
        });
        let run = stage.run(&["drift"]);
        assert_eq!(run.status, expected, "{invokers}");
        let is_told = run.stdout.contains("manifest state: `s3.amazonaws.com`");
        assert_eq!(is_told, expected == 0, "{}", run.stdout);
    }
}

/// Whoever is stated invokes the function. Nothing else may be done to it without the role.
#[test]
fn a_stated_invoker_may_do_nothing_but_invoke() {
    let account = json!({"AWS": "arn:aws:iam::999999999999:root"});
    let stage = applied(&format!("{ALIAS}invokers = [\"999999999999\"]\n"));
    for (actions, expected) in [
        (json!(["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]), 0),
        (json!("lambda:UpdateFunctionCode"), 4),
        (json!(["lambda:InvokeFunction", "lambda:AddPermission"]), 4),
    ] {
        let mut policy = grant(&account, ":live");
        policy["Statement"][0]["Action"] = actions.clone();
        change(&stage.sandbox, |function| {
            function.policies.insert("live".to_owned(), policy);
        });
        let run = stage.run(&["verify", "--level", "paper"]);
        assert_eq!(run.status, expected, "{actions}: {}", run.whole());
        if expected == 4 {
            insta::allow_duplicates! {
                let fix = run.stdout.lines().find(|line| line.contains("fix:")).unwrap_or_default();
                insta::assert_snapshot!(fix.trim(), @"fix: remove the statement `direct` from the function's policy, or let it allow `lambda:InvokeFunction` alone and name the caller in `invokers` of the target");
            }
        }
    }
}

/// The claims about the function and the boundary have certificates, as the others have.
#[test]
fn each_claim_has_a_certificate() {
    let name = "name = \"GenesysDataActionRole\"";
    let bounded = manifest(ALIAS).replace(name, &format!("{name}\npermissions_boundary = \"targets\""));
    let stage = Stage::with(&bounded, State::demo());
    stage.run(&["boundary", "apply", "--yes"]).expect(0);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    change(&stage.sandbox, |function| {
        function.policies.insert("live".to_owned(), grant(&json!("*"), ":live"));
    });
    stage.run(&["verify", "--level", "paper", "--smtlib", "claims"]).expect(4);
    let files = std::fs::read_dir(stage.folder.path().join("claims")).unwrap();
    let mut claims: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".whole.smt2")?.to_owned()))
        .collect();
    claims.sort();
    assert_eq!(
        claims,
        [
            "boundary",
            "every-target",
            "may-assume-1",
            "may-assume-2",
            "only-targets",
            "only-through-role-1",
            "only-trusted",
            "only-with-external-id"
        ]
    );
}

/// A session that may write the function's code is for more than invoking it, whatever the role's own policies say.
#[test]
fn what_the_function_s_policy_grants_the_role_is_found() {
    let stage = applied(ALIAS);
    let role = "arn:aws:iam::123456789012:role/GenesysDataActionRole";
    for (action, expected) in [("lambda:InvokeFunction", 0), ("lambda:UpdateFunctionCode", 4)] {
        let mut policy = grant(&json!({"AWS": role}), ":live");
        policy["Statement"][0]["Action"] = json!(action);
        change(&stage.sandbox, |function| {
            function.policies.insert("live".to_owned(), policy);
        });
        for command in [&["drift"] as &[&str], &["plan"], &["verify", "--level", "paper"]] {
            let run = stage.run(command);
            assert_eq!(run.status, expected, "{action}: {}", run.whole());
            assert_eq!(run.stdout.contains("error      L1"), expected == 4, "{}", run.stdout);
            let is_advised = run.stdout.contains("aws lambda remove-permission");
            assert_eq!(is_advised, expected == 4 && command != ["plan"], "{}", run.stdout);
        }
    }
}

/// Who may not list the aliases or versions does not know whose policies there are.
/// A function in another account takes a call only if its own policy lets the caller in.
#[test]
fn a_target_in_another_account_must_let_the_role_in_itself() {
    let role = json!({"AWS": "arn:aws:iam::123456789012:role/GenesysDataActionRole"});
    let of_organization = json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}});
    let invoke = "lambda:InvokeFunction";
    for (principal, action, condition, exit) in [
        (role.clone(), invoke, json!({}), 0),
        (json!({"AWS": "arn:aws:iam::123456789012:role/another"}), invoke, json!({}), 4),
        (role.clone(), invoke, of_organization, 5),
        // AWS does not document what a blank before an action means.
        (role, " lambda:InvokeFunction", json!({}), 5),
    ] {
        let target = format!("arn:aws:lambda:us-east-1:{STRANGER}:function:orders");
        let mut state = State::demo();
        let own = &state.accounts[CUSTOMER].functions["us-east-1"];
        let mut function = own.values().next().unwrap().clone();
        let statement = |principal: &Value, action: &str, condition: &Value| {
            json!({"Effect": "Allow", "Principal": principal, "Action": action,
                "Resource": target, "Condition": condition})
        };
        let reader = json!({"AWS": format!("arn:aws:iam::{CUSTOMER}:root")});
        let statements = json!([
            statement(&principal, action, &condition),
            statement(&reader, "lambda:Get*", &json!({})),
            statement(&reader, "lambda:List*", &json!({})),
        ]);
        function.policies =
            BTreeMap::from([(String::new(), json!({"Version": "2012-10-17", "Statement": statements}))]);
        let functions = &mut state.accounts.get_mut(STRANGER).unwrap().functions;
        functions.entry("us-east-1".to_owned()).or_default().insert("orders".to_owned(), function);
        let stage = Stage::with(&manifest(&format!("[[target]]\nfunction = \"{target}\"\n")), state);
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(exit);
        let run = stage.run(&["verify", "--level", "paper"]).expect(exit);
        assert_eq!(run.stdout.contains("belongs to another account"), exit != 0, "{}", run.stdout);
    }
}

#[test]
fn forms_that_nobody_could_list_are_not_proved() {
    let stage = applied(ALIAS);
    for operation in ["lambda:ListAliases", "lambda:ListVersionsByFunction"] {
        let rule = FaultRule { operation: operation.to_owned(), skip: 0, times: None, fault: Fault::Deny };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
        stage.run(&["verify", "--level", "live"]).expect(5);
    }
}

/// What nobody may read is not proved, and the permission that is missing is named.
#[test]
fn a_policy_that_nobody_may_read_is_not_proved() {
    let stage = applied(ALIAS);
    for action in ["GetPolicy", "ListFunctionUrlConfigs"] {
        let operation = format!("lambda:{action}");
        let rule = FaultRule { operation, skip: 0, times: None, fault: Fault::Deny };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
        let run = stage.run(&["drift"]);
        let expected = if action == "GetPolicy" { 5 } else { 0 };
        assert_eq!(run.status, expected, "{action}: {}", run.stdout);
        assert!(run.stdout.contains(&format!("lambda:{action}")), "{}", run.stdout);
    }
}

#[test]
fn a_url_without_authentication_is_found_on_an_alias_too() {
    let stage = applied(ALIAS);
    for (authentication, is_policy, expected) in
        [("AWS_IAM", false, 0), ("NONE", false, 4), ("NONE", true, 4)]
    {
        change(&stage.sandbox, |function| {
            function.urls.insert("live".to_owned(), authentication.to_owned());
            if is_policy {
                let mut policy = grant(&json!("*"), ":live");
                policy["Statement"][0]["Action"] = json!("lambda:InvokeFunctionUrl");
                function.policies.insert("live".to_owned(), policy);
            }
        });
        for arguments in [["drift", "--output", "json"].as_slice(), &["verify", "--output", "json"]] {
            let report = stage.run(arguments).expect(expected).json();
            let findings = report["verification"]["findings"].as_array().unwrap();
            let of = |id: &str| findings.iter().any(|finding| finding["id"] == id);
            assert_eq!((of("L3"), of("L1")), (expected == 4, is_policy), "{findings:#?}");
        }
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

/// What needs nothing but the manifest is one round, at a pace that Lambda allows; the policies of further forms are a second.
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
    let of_lambda = |arguments: &[&str]| {
        stage.calls();
        stage.run(arguments).expect(0);
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for call in stage.calls().into_iter().filter(|call| call.service == "lambda") {
            *counted.entry(call.action).or_default() += 1;
        }
        counted.into_iter().map(|(action, calls)| format!("{calls} {action}")).collect::<Vec<_>>().join(", ")
    };
    let start = std::time::Instant::now();
    insta::assert_snapshot!(of_lambda(&["drift"]), @"50 GetPolicy, 50 ListFunctionUrlConfigs, 2 ListFunctions");
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds > 50.0 / 15.0, "50 calls under each quota of 15 a second in {seconds} s");
    insta::assert_snapshot!(of_lambda(&["verify"]), @"200 GetPolicy, 54 Invoke, 50 ListAliases, 50 ListFunctionUrlConfigs, 2 ListFunctions, 50 ListVersionsByFunction");
}

/// Versions are many. Of those that nobody names the newest are read, and how many are left is said.
#[test]
fn older_versions_are_left_out_and_that_is_said() {
    let stage = applied(ALIAS);
    let open = |version: u64| {
        change(&stage.sandbox, |function| {
            function.published = 30;
            function.policies.clear();
            let form = format!(":{version}");
            function.policies.insert(version.to_string(), grant(&json!("*"), &form));
        });
    };
    let note = "not examined: the policies of 19 older versions; `--exhaustive` reads them";
    for (version, expected) in [(30, 4), (21, 4), (20, 0), (1, 4)] {
        open(version);
        let run = stage.run(&["verify"]);
        assert_eq!(run.status, expected, "version {version}");
        assert!(run.stdout.contains(note), "{}", run.stdout);
    }
    open(20);
    let run = stage.run(&["verify", "--exhaustive"]).expect(4);
    assert!(!run.stdout.contains("older version"), "{}", run.stdout);
}

/// A function's policy is not rolecall's to change: an apply carries out its own changes, says who passes the role, and ends with 4.
#[test]
fn an_apply_goes_on_beside_a_function_that_is_open() {
    for kind in [Tamper::FunctionPublic, Tamper::FunctionUrl] {
        let stage = applied(ALIAS);
        stage.tamper(kind);
        let text = manifest(ALIAS).replace("[role]\n", "[role]\ndescription = \"Orders\"\n");
        stage.write("rolecall.toml", &text);
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(4);
        let described =
            stage.sandbox.state().role("123456789012", super::stage::ROLE).unwrap().description.clone();
        assert_eq!(described.as_deref(), Some("Orders"), "{}", kind.name());
        stage.run(&["drift"]).expect(4);
    }
}
