//! The twin: AWS's own answer in the place of Genesys Cloud, for right and wrong roles, and never a trace of it.

use rolecall::sandbox::{Principal, State, Tamper};
use serde_json::{Value, json};

use super::stage::{EXTERNAL_ID, ONE_TARGET, ROLE, Run, Stage, manifest};

pub(super) const ACCOUNT: &str = "123456789012";

const GENESYS: &str = "arn:aws:iam::765628985471:root";

pub(super) const TWIN: [&str; 3] = ["verify", "--level", "twin"];

/// A stage with the role as `apply` makes it.
pub(super) fn applied() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

/// The same with a role that trusts nobody but Genesys Cloud.
fn applied_for_genesys_alone() -> Stage {
    let manifest = manifest(ONE_TARGET);
    let (manifest, _) = manifest.split_once("[verify]").unwrap();
    let stage = Stage::with(manifest, State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
}

/// A stage on which the user `verifier` has exactly the policy that `render twin` prints, changed by `edit`.
pub(super) fn with_twin_policy(edit: impl Fn(&mut Value)) -> Stage {
    let mut stage = applied();
    let run = stage.run(&["render", "twin", "--account", ACCOUNT, "--region", "us-east-1"]).expect(0);
    let mut policy = run.json();
    edit(&mut policy);
    stage
        .sandbox
        .change(|state| {
            let user = state.accounts.get_mut(ACCOUNT).unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("rolecall".to_owned(), policy.to_string());
        })
        .unwrap();
    stage.act_as(Principal::Verifier);
    stage
}

pub(super) fn roles(state: &State) -> Vec<String> {
    state.accounts[ACCOUNT].roles.values().map(|role| role.name.clone()).collect()
}

/// What the probes of a twin answered, by their names.
fn twin_probes(run: &Run) -> Vec<(String, String, String)> {
    let probes = run.json()["verification"]["twin"]["probes"].as_array().unwrap().clone();
    let text = |probe: &Value, key: &str| probe[key].as_str().unwrap().to_owned();
    probes.iter().map(|probe| (text(probe, "probe"), text(probe, "answer"), text(probe, "shows"))).collect()
}

#[test]
fn a_right_role_is_confirmed_at_each_level_and_nothing_is_left_of_the_twin() {
    let stage = applied();
    let before = stage.sandbox.state();
    for level in ["paper", "live", "twin"] {
        stage.run(&["verify", "--level", level]).expect(0);
    }
    let run = stage.run(&[&TWIN[..], &["--output", "json"]].concat()).expect(0);
    assert_eq!(stage.sandbox.state().accounts, before.accounts);
    let report = run.json();
    let findings = report["verification"]["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["id"] != "C1"), "{findings:?}");
    let twin = &report["verification"]["twin"];
    assert_eq!(twin["outcome"], "finished");
    let function = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
    let wanted = [
        ("sts:AssumeRole with the correct external ID", "allowed"),
        ("sts:AssumeRole without an external ID", "denied"),
        ("sts:AssumeRole with a wrong external ID", "denied"),
        ("sts:AssumeRole with the correct external ID, different letter case", "denied"),
        ("sts:AssumeRole with only the beginning of the external ID", "denied"),
        ("sts:GetCallerIdentity", "allowed"),
        (&format!("DryRun of {function}"), "allowed"),
        (&format!("DryRun of {function}-rolecall-sibling"), "denied"),
        (&format!("DryRun of {function}:$LATEST"), "denied"),
        ("iam:ListRoles", "denied"),
        ("iam:GetRole of arn:aws:iam::123456789012:role/GenesysDataActionRole", "denied"),
        ("lambda:ListFunctions in us-east-1", "denied"),
        (&format!("lambda:GetFunctionConfiguration of {function}"), "denied"),
    ];
    let wanted = wanted.map(|(probe, answer)| (probe.to_owned(), answer.to_owned(), "confirms".to_owned()));
    assert_eq!(twin_probes(&run), wanted);
    let session = format!("{}/rolecall-probe", twin["role"].as_str().unwrap())
        .replace("arn:aws:iam:", "arn:aws:sts:")
        .replace(":role/", ":assumed-role/");
    for (index, probe) in twin["probes"].as_array().unwrap().iter().enumerate() {
        let principal = if index < 5 { Principal::Ci.arn() } else { &session };
        assert_eq!(probe["evidence"]["principal"], principal, "{probe}");
        assert!(probe["evidence"]["request_id"].is_string(), "{probe}");
        assert_eq!(probe["expected"], probe["answer"], "{probe}");
        let asked = match probe["answer"].as_str().unwrap() {
            _ if probe["probe"] == "sts:GetCallerIdentity" => 1,
            "allowed" => 3,
            _ => 2,
        };
        assert_eq!(probe["times"], asked, "{probe}");
    }
}

/// Trust policies that look right and are not.
fn pitfalls() -> Vec<(&'static str, Vec<Value>)> {
    let statement = |condition: Option<Value>| {
        let mut statement =
            json!({"Effect": "Allow", "Principal": {"AWS": GENESYS}, "Action": "sts:AssumeRole"});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        statement
    };
    let with =
        |operator: &str, value: Value| vec![statement(Some(json!({operator: {"sts:ExternalId": value}})))];
    let right = || json!(EXTERNAL_ID);
    vec![
        ("T1", vec![statement(None)]),
        ("T2 any", with("StringLike", json!("*"))),
        ("T2 prefix", with("StringLike", json!("5f6b*"))),
        ("T2 list", with("StringLike", json!([EXTERNAL_ID, "*"]))),
        ("T3", with("StringEqualsIfExists", right())),
        ("T4", with("ForAllValues:StringEquals", right())),
        ("T5 other", with("StringNotEquals", json!("x"))),
        ("T5 presence", with("Null", json!("false"))),
        ("T6", with("Null", json!("true"))),
        ("T7", with("StringEqualsIgnoreCase", right())),
        ("T8", [with("StringEquals", right()), vec![statement(None)]].concat()),
    ]
}

/// The probe that sends what the proof's counterexample sends.
fn probe_of(external_id: Option<&str>) -> String {
    let flipped = EXTERNAL_ID.to_uppercase();
    match external_id {
        None => "sts:AssumeRole without an external ID".to_owned(),
        Some(EXTERNAL_ID) => "sts:AssumeRole with the correct external ID".to_owned(),
        Some(id) if id == flipped => {
            "sts:AssumeRole with the correct external ID, different letter case".to_owned()
        }
        Some(id) => format!("sts:AssumeRole with `{id}`, the external ID of the proof's counterexample"),
    }
}

#[test]
fn each_pitfall_is_refuted_by_the_proof_and_by_aws_with_the_same_witness() {
    std::thread::scope(|scope| {
        for (name, statements) in pitfalls() {
            scope.spawn(move || {
                let stage = applied_for_genesys_alone();
                let trust = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
                stage.sandbox.change(|state| state.role_mut(ACCOUNT, ROLE).unwrap().trust = trust).unwrap();
                let before = stage.sandbox.state();
                let run = stage.run(&[&TWIN[..], &["--output", "json"]].concat()).expect(4);
                assert_eq!(stage.sandbox.state().accounts, before.accounts, "{name}");
                let report = run.json();
                let claims = report["verification"]["claims"].as_array().unwrap();
                let witnesses: Vec<_> = claims
                    .iter()
                    .filter(|claim| {
                        claim["result"] == "refuted" && claim["witness"]["action"] == "sts:AssumeRole"
                    })
                    .map(|claim| probe_of(claim["witness"]["context"]["sts:externalid"].as_str()))
                    .collect();
                let refuted: Vec<_> = twin_probes(&run)
                    .into_iter()
                    .filter(|probe| probe.2 == "refutes")
                    .map(|probe| probe.0)
                    .collect();
                assert!(!witnesses.is_empty(), "{name}: {report:#}");
                for witness in witnesses {
                    assert!(refuted.contains(&witness), "{name}: {witness} is not among {refuted:?}");
                }
                // The caller itself is not trusted, so its own probes of the role show nothing of this.
                let own = report["verification"]["probes"].as_array().unwrap();
                assert!(own.iter().all(|probe| probe["shows"] == "no_information"), "{name}: {own:?}");
                assert!(
                    report["verification"]["findings"].as_array().unwrap().iter().all(|it| it["id"] != "C1")
                );
            });
        }
    });
}

#[test]
fn what_is_too_much_on_the_role_is_too_much_on_the_twin() {
    let stage = applied();
    // The inline policy allows something that no probe could try without harm: there the proof stands alone.
    let kinds = [(Tamper::PolicyWidened, 2), (Tamper::ExtraManagedPolicy, 6), (Tamper::ExtraInlinePolicy, 0)];
    for (kind, refutations) in kinds {
        stage.tamper(kind);
        let before = stage.sandbox.state();
        let run = stage.run(&[&TWIN[..], &["--output", "json"]].concat()).expect(4);
        assert_eq!(stage.sandbox.state().accounts, before.accounts);
        let refuted = twin_probes(&run).into_iter().filter(|probe| probe.2 == "refutes").count();
        assert_eq!(refuted, refutations, "{}: {:?}", kind.name(), twin_probes(&run));
        stage.run(&["apply", "--yes", "--level", "paper", "--remove-foreign"]).expect(0);
    }
    stage.sandbox.change(|state| Tamper::PolicyDetached.apply(state, ROLE)).unwrap().unwrap();
    insta::assert_snapshot!(stage.run(&TWIN).section("Twin"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the twin in place of Genesys Cloud
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with only the beginning of the external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:GetCallerIdentity: allowed
                 the next probes run as arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe
      refuted    DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied
                 the session must be able to invoke the target, but AWS denied it: User: arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function because no identity-based policy allows the lambda:InvokeFunction action
                 asked 2 times as arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe, last at [time], request [id]
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      confirmed  iam:ListRoles: denied
                 the session may not list the account's roles
      confirmed  iam:GetRole of arn:aws:iam::123456789012:role/GenesysDataActionRole: denied
                 the session may not read the role
      confirmed  lambda:ListFunctions in us-east-1: denied
                 the session may not list the region's functions
      confirmed  lambda:GetFunctionConfiguration of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied
                 the session may not read a target's configuration
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Do this now
    Result: refuted: a session cannot invoke every target; iam:SimulatePrincipalPolicy contradicts the manifest; and 1 more (exit code 4)
    ");
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.sandbox.change(|state| Tamper::BoundaryChanged.apply(state, ROLE)).unwrap().unwrap();
    insta::assert_snapshot!(stage.run(&TWIN).section("Twin"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the twin in place of Genesys Cloud
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with only the beginning of the external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:GetCallerIdentity: allowed
                 the next probes run as arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe
      refuted    DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied
                 the session must be able to invoke the target, but AWS denied it: User: arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function because no permissions boundary allows the lambda:InvokeFunction action
                 asked 2 times as arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe, last at [time], request [id]
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      confirmed  iam:ListRoles: denied
                 the session may not list the account's roles
      confirmed  iam:GetRole of arn:aws:iam::123456789012:role/GenesysDataActionRole: denied
                 the session may not read the role
      confirmed  lambda:ListFunctions in us-east-1: denied
                 the session may not list the region's functions
      confirmed  lambda:GetFunctionConfiguration of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied
                 the session may not read a target's configuration
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Do this now
    Result: refuted: a session cannot invoke every target; iam:SimulatePrincipalPolicy contradicts the manifest; and 1 more (exit code 4)
    ");
}

/// A condition on the caller is met by Genesys Cloud and not by us: then AWS's answer to us says nothing.
#[test]
fn a_condition_on_the_caller_makes_the_twin_say_nothing() {
    let stage = applied_for_genesys_alone();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": GENESYS}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalAccount": "765628985471"}},
    }]});
    stage.sandbox.change(|state| state.role_mut(ACCOUNT, ROLE).unwrap().trust = trust.to_string()).unwrap();
    insta::assert_snapshot!(stage.run(&TWIN).section("Twin"), @"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
      no info    5 probes show nothing about the role; -v lists them
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Do this now
    Result: undecided: 5 probes of the twin showed nothing (exit code 5)
    ");
    assert_eq!(roles(&stage.sandbox.state()).iter().filter(|name| name.contains("-twin-")).count(), 0);
}

#[test]
fn apply_can_go_as_far_as_the_twin() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "twin"]).section("Twin"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the twin in place of Genesys Cloud
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:AssumeRole with only the beginning of the external ID: denied
                 AWS refused arn:aws:sts::123456789012:assumed-role/ci/rolecall in place of Genesys Cloud
      confirmed  sts:GetCallerIdentity: allowed
                 the next probes run as arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole-twin-[random]/rolecall-probe
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      confirmed  iam:ListRoles: denied
                 the session may not list the account's roles
      confirmed  iam:GetRole of arn:aws:iam::123456789012:role/GenesysDataActionRole: denied
                 the session may not read the role
      confirmed  lambda:ListFunctions in us-east-1: denied
                 the session may not list the region's functions
      confirmed  lambda:GetFunctionConfiguration of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: denied
                 the session may not read a target's configuration
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 3 changes made; every claim about the role is proved
    ");
    assert!(roles(&stage.sandbox.state()).iter().all(|name| !name.contains("-twin-")));
}

#[test]
fn the_longest_name_has_a_twin_too() {
    let name = format!("Genesys{}", "x".repeat(57));
    let stage = Stage::with(&manifest(ONE_TARGET).replace(ROLE, &name), State::demo());
    stage.run(&["apply", "--yes", "--level", "twin"]).expect(0);
    let role = roles(&stage.sandbox.state()).into_iter().find(|role| role.starts_with("Genesys"));
    assert_eq!(role, Some(name));
}

impl Stage {
    /// Plays somebody whose twin, with an inline policy on it, was left behind.
    pub(super) fn act_left_behind(&self) {
        self.sandbox
            .change(|state| {
                state.add_role(
                    ACCOUNT,
                    &format!("{ROLE}-twin-abcdefgh"),
                    r#"{"AWS":"arn:aws:iam::123456789012:root"}"#,
                );
                let twin = state.role_mut(ACCOUNT, &format!("{ROLE}-twin-abcdefgh")).unwrap();
                twin.tags.set("rolecall:twin", ROLE);
                let document =
                    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
                twin.permissions.inline.insert("more".to_owned(), document.to_owned());
            })
            .unwrap();
    }
}

#[test]
fn a_sweep_removes_twins_of_this_role_and_nothing_else() {
    let stage = applied();
    let before = roles(&stage.sandbox.state());
    let principal = r#"{"AWS":"arn:aws:iam::123456789012:root"}"#;
    let others = [
        (format!("{ROLE}-twin-untagged"), None),
        (format!("{ROLE}-twin-anothers"), Some("AnotherRole")),
        (format!("{ROLE}-twin-toolongname"), Some(ROLE)),
        (format!("{ROLE}2-twin-abcdefgh"), Some(ROLE)),
    ];
    stage
        .sandbox
        .change(|state| {
            for (name, tag) in &others {
                state.add_role(ACCOUNT, name, principal);
                if let Some(tag) = tag {
                    state.role_mut(ACCOUNT, name).unwrap().tags.set("rolecall:twin", tag);
                }
            }
        })
        .unwrap();
    let with_others = stage.sandbox.state();
    stage.act_left_behind();
    let run = stage.run(&["verify", "--sweep", "--output", "json"]).expect(0);
    assert_eq!(run.json()["changes"].as_array().unwrap().len(), 2, "{}", run.stdout);
    assert_eq!(stage.sandbox.state().accounts, with_others.accounts);
    assert_eq!(roles(&with_others).len(), before.len() + others.len());
    insta::assert_snapshot!(stage.run(&["verify", "--sweep"]).whole(), @"
    exit 0
    -- stdout
    No twins of role GenesysDataActionRole were found.

    Result: 0 twins removed
    ");
}
