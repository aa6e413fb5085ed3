//! An error never hides a finding: each read is denied once, and each rule broken once, beside an open trust, and every command
//! shows the open trust and ends with 4.

use rolecall::sandbox::{Fault, FaultRule, Faults, ManagedPolicy, Role, State, Tamper};
use serde_json::{Value, json};

use super::stage::{ROLE, Run, Stage, manifest};

const ACCOUNT: &str = "123456789012";
const TARGET: &str = "[[target]]\nfunction = \"my-genesys-trigger-function\"\nqualifier = \"live\"\n";

/// The commands, each with what it is asked for.
const LOOKS: [&[&str]; 4] = [
    &["drift"],
    &["plan", "--detailed-exitcode"],
    &["verify", "--level", "paper"],
    &["verify", "--level", "live"],
];
const OUTPUTS: [&str; 3] = ["human", "json", "sarif"];

/// The reads of these commands, but for that of the trust itself.
const READS: [&str; 13] = [
    "sts:GetCallerIdentity",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:GetRolePolicy",
    "iam:ListPolicies",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListPolicyVersions",
    "iam:GetAccountSummary",
    "lambda:GetFunctionConfiguration",
    "lambda:GetPolicy",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListAliases",
];

fn applied(text: &str) -> Stage {
    let stage = Stage::with(text, State::demo());
    if text.contains("permissions_boundary") {
        stage.run(&["boundary", "apply", "--yes"]).expect(0);
    }
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
}

/// The role of the stage, with its trust open to everybody and an inline policy of somebody else.
fn open(stage: &Stage) {
    stage.tamper(Tamper::TrustNoCondition);
    stage.tamper(Tamper::TrustWildcardPrincipal);
    stage.tamper(Tamper::ExtraInlinePolicy);
}

fn bounded() -> String {
    let name = format!("name = \"{ROLE}\"");
    manifest(TARGET).replace(&name, &format!("{name}\npermissions_boundary = \"targets\""))
}

/// Whether the output says who gets in.
fn shows(run: &Run, output: &str) -> bool {
    match output {
        "json" => {
            let report: Value = run.json();
            let refuted = |claim: &Value| {
                let text = claim["claim"].as_str().unwrap();
                claim["result"] == "refuted" && text.starts_with("nobody but the trusted principals")
            };
            let claims = report["verification"]["claims"].as_array();
            claims.is_some_and(|claims| claims.iter().any(refuted))
                || report["until_applied"].as_array().is_some_and(|all| {
                    all.iter().any(|difference| difference["consequence"] == "widens-trust")
                })
        }
        "sarif" => {
            let results = run.json()["runs"][0]["results"].as_array().cloned().unwrap_or_default();
            let is_open = |result: &Value| {
                ["claim-only-trusted", "drift-widens-trust"].contains(&result["ruleId"].as_str().unwrap())
            };
            results.iter().any(is_open)
        }
        _ => {
            let is_refuted = |line: &str| {
                line.trim().starts_with("refuted")
                    && line.contains("nobody but the trusted principals can assume the role")
            };
            run.stdout.lines().any(is_refuted)
                || run.stdout.contains("the trust policy lets in more than the manifest allows")
        }
    }
}

/// `drift` in every format, the others in one, another for each.
fn every_look_shows_it(stage: &Stage, what: &str) {
    for (index, look) in LOOKS.into_iter().enumerate() {
        let outputs = if index == 0 { &OUTPUTS[..] } else { &OUTPUTS[index - 1..index] };
        for output in outputs.iter().copied() {
            let run = stage.run(&[look, &["--output", output]].concat());
            assert_eq!(run.status, 4, "{what}: {look:?} {output}\n{}\n{}", run.stdout, run.stderr);
            assert!(shows(&run, output), "{what}: {look:?} {output}\n{}\n{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn a_read_that_is_denied_hides_no_open_trust() {
    let stage = applied(&bounded());
    open(&stage);
    for read in READS {
        let rule = FaultRule { operation: read.to_owned(), skip: 0, times: None, fault: Fault::Deny };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
        every_look_shows_it(&stage, read);
    }
}

type Break = fn(&mut State);

fn role(state: &mut State) -> &mut Role {
    state.role_mut(ACCOUNT, ROLE).unwrap()
}

/// Ten administrator policies of somebody else in the place of the own one.
fn full(state: &mut State) {
    role(state).permissions.attached.clear();
    let account = state.accounts.get_mut(ACCOUNT).unwrap();
    let like = account.policies.values().next().unwrap().clone();
    let mut all = Vec::new();
    for number in 0..10 {
        let name = format!("Foreign{number}");
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
        let mut policy = ManagedPolicy { name, path: "/".to_owned(), ..like.clone() };
        policy.tags.0.clear();
        for version in policy.versions.values_mut() {
            version.document =
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
                    .to_owned();
        }
        account.policies.insert(arn.clone(), policy);
        all.push(arn);
    }
    role(state).permissions.attached = all;
}

fn name_taken(state: &mut State) {
    role(state).permissions.attached.clear();
    let account = state.accounts.get_mut(ACCOUNT).unwrap();
    let own = account.policies.keys().find(|arn| arn.contains("/rolecall/")).unwrap().clone();
    let mut policy = account.policies.remove(&own).unwrap();
    "/elsewhere/".clone_into(&mut policy.path);
    policy.tags.0.clear();
    account.policies.insert(format!("arn:aws:iam::{ACCOUNT}:policy/elsewhere/{}", policy.name), policy);
}

fn unreadable(state: &mut State) {
    let account = state.accounts.get_mut(ACCOUNT).unwrap();
    let (_, own) = account.policies.iter_mut().find(|(arn, _)| arn.contains("/rolecall/")).unwrap();
    own.versions.values_mut().for_each(|version| version.document = "no JSON".to_owned());
}

fn without_boundary(state: &mut State) {
    role(state).permissions.boundary = None;
    let account = state.accounts.get_mut(ACCOUNT).unwrap();
    account.policies.retain(|arn, _| !arn.contains("/rolecall-boundary/"));
}

fn moved(state: &mut State) {
    "/elsewhere/".clone_into(&mut role(state).path);
}

fn not_owned(state: &mut State) {
    role(state).tags.0.clear();
}

#[test]
fn a_rule_that_is_broken_hides_no_open_trust() {
    let rules: [(&str, Break); 7] = [
        ("ten foreign policies", full),
        ("a name that is taken", name_taken),
        ("an unreadable policy", unreadable),
        ("no boundary", without_boundary),
        ("another path", moved),
        ("no owner tag", not_owned),
        ("no function", |state| drop(Tamper::FunctionDeleted.apply(state, ROLE).unwrap())),
    ];
    let stage = applied(&bounded());
    open(&stage);
    let before = State::clone(&stage.sandbox.state());
    for (what, break_it) in rules {
        stage.sandbox.change(|state| *state = before.clone()).unwrap();
        stage.sandbox.change(break_it).unwrap();
        every_look_shows_it(&stage, what);
    }
}

/// What a template cannot be made of is no reason to say nothing.
#[test]
fn a_template_that_iam_refuses_hides_no_open_trust() {
    let stage = applied(&bounded());
    open(&stage);
    stage.write(
        "own/invoke.json",
        &json!({"Version": "2012-10-17", "Statement": [{"Effect": "Permit"}]}).to_string(),
    );
    for look in LOOKS {
        let run = stage.run(&[look, &["--policies", "own"]].concat());
        if run.status != 4 || !shows(&run, "human") {
            panic!("{look:?}\n{}\n{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn what_remove_foreign_removes_takes_no_room() {
    let stage = applied(&manifest(TARGET));
    stage.sandbox.change(full).unwrap();
    let drift = stage.run(&["drift"]).expect(4);
    assert!(drift.stdout.contains("1. rolecall apply --remove-foreign"), "{}", drift.stdout);
    stage.run(&["apply", "--yes", "--level", "paper", "--remove-foreign"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

const ACTIONS: &str = "[[action]]\nname = \"Start\"\ntarget = \"my-genesys-trigger-function\"\ncategory = \"Orders\"\ninput_schema = \"in.json\"\noutput_schema = \"out.json\"\n";

/// Each side is compared, whatever becomes of the other.
#[test]
fn one_side_that_cannot_be_read_does_not_hide_the_other() {
    let schema = r#"{"type":"object","properties":{}}"#;
    let text = manifest(&format!("{TARGET}\n{ACTIONS}"));
    let stage = Stage::with(&text, State::demo());
    stage.write("in.json", schema);
    stage.write("out.json", schema);
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::GenesysIntegrationDisabled);
    for read in ["iam:GetRole", "iam:ListPolicies"] {
        let rule = FaultRule { operation: read.to_owned(), skip: 0, times: None, fault: Fault::Deny };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
        let run = stage.run_client(&["drift"]).expect(4);
        assert!(run.stdout.contains("Genesys Cloud is not connected to the role"), "{}", run.stdout);
        assert!(run.stderr.contains(read), "{}", run.stderr);
    }
    stage.set(Faults::default());
    open(&stage);
    let rule = FaultRule { operation: "genesys:*".to_owned(), skip: 0, times: None, fault: Fault::Deny };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    let run = stage.run_client(&["drift"]).expect(4);
    assert!(shows(&run, "human"), "{}\n{}", run.stdout, run.stderr);
}
