//! Many manifests in one run: accounts of their own, one report, and nothing that happens to one keeps the others back.

use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, State, Tamper};
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
    let plan = run(&stage, &["plan", "--detailed-exitcode", "--output", "json"]).expect(4);
    assert_eq!(exits(&plan), named([4; 4]));
    insta::assert_snapshot!(run(&stage, &["apply"]).whole(), @"
    exit 2
    -- stderr
    error[E2]: applying several manifests requires --yes
    hint: review `rolecall plan --file 'accounts/*.toml'` for the same manifests, then use --yes to apply all of them
    ");
    let applied = run(&stage, &["apply", "--yes", "--level", "paper"]);
    // The roles are made side by side.
    let mut steps: Vec<&str> = applied.stderr.lines().collect();
    steps.sort_unstable();
    insta::assert_snapshot!(steps.join("\n"), @"
    accounts/a.toml:   ✓ attach arn:aws:iam::123456789012:policy/rolecall/Orders/Orders-invoke to Orders
    accounts/a.toml:   ✓ create policy arn:aws:iam::123456789012:policy/rolecall/Orders/Orders-invoke
    accounts/a.toml:   ✓ create role Orders
    accounts/b.toml:   ✓ attach arn:aws:iam::123456789012:policy/rolecall/Customers/Customers-invoke to Customers
    accounts/b.toml:   ✓ create policy arn:aws:iam::123456789012:policy/rolecall/Customers/Customers-invoke
    accounts/b.toml:   ✓ create role Customers
    accounts/c.toml:   ✓ attach arn:aws:iam::222222222222:policy/rolecall/Orders/Orders-invoke to Orders
    accounts/c.toml:   ✓ create policy arn:aws:iam::222222222222:policy/rolecall/Orders/Orders-invoke
    accounts/c.toml:   ✓ create role Orders
    accounts/d.toml:   ✓ attach arn:aws:iam::333333333333:policy/rolecall/Orders/Orders-invoke to Orders
    accounts/d.toml:   ✓ create policy arn:aws:iam::333333333333:policy/rolecall/Orders/Orders-invoke
    accounts/d.toml:   ✓ create role Orders
    ");
    insta::assert_snapshot!(Run { stderr: String::new(), ..applied }.headlines(), @"
    exit 0
    -- stdout
    accounts/a.toml: 3 changes made; every claim about the role is proved (exit code 0)
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/Orders (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    accounts/b.toml: 3 changes made; every claim about the role is proved (exit code 0)
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/Customers (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    accounts/c.toml: 3 changes made; every claim about the role is proved (exit code 0)
    account 222222222222, as arn:aws:sts::222222222222:assumed-role/rolecall/rolecall
    Role arn:aws:iam::222222222222:role/Orders (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    accounts/d.toml: 3 changes made; every claim about the role is proved (exit code 0)
    account 333333333333, as arn:aws:sts::333333333333:assumed-role/rolecall/rolecall
    Role arn:aws:iam::333333333333:role/Orders (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    4 manifests:
    Result: done: all 4 manifests ended with exit code 0
    ");
    let state = stage.sandbox.state();
    for (account, role) in
        [(CUSTOMER, "Orders"), (CUSTOMER, "Customers"), (OTHERS[0], "Orders"), (OTHERS[1], "Orders")]
    {
        assert!(state.role(account, role).is_some(), "{role} in {account}");
    }
    let drift = run(&stage, &["drift", "--output", "json"]).expect(0);
    assert_eq!(exits(&drift), named([0; 4]));
    assert!(drift.json()["roles"][2]["role"]["arn"].as_str().unwrap().contains(OTHERS[0]));
    insta::assert_snapshot!(run(&stage, &["verify", "--level", "paper"]).whole(), @"
    exit 0
    -- stdout
    ✓ accounts/a.toml  arn:aws:iam::123456789012:role/Orders
    ✓ accounts/b.toml  arn:aws:iam::123456789012:role/Customers
    ✓ accounts/c.toml  arn:aws:iam::222222222222:role/Orders
    ✓ accounts/d.toml  arn:aws:iam::333333333333:role/Orders

    4 manifests:
      4 × done; in sync; proved (exit code 0)

    Result: done: all 4 manifests ended with exit code 0
    ");
    // One manifest of an account needs nothing else.
    insta::assert_snapshot!(stage.run(&["drift", "--file", "accounts/c.toml"]).whole(), @"
    exit 0
    -- stdout
    account 222222222222, as arn:aws:sts::222222222222:assumed-role/rolecall/rolecall
    Role arn:aws:iam::222222222222:role/Orders
      trusted     arn:aws:iam::765628985471:root with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:222222222222:function:orders

    No changes: AWS matches the manifest.

    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: AWS matches the manifest; every claim about the role is proved
    ");
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
    insta::with_settings!({filters => [("request [0-9a-f-]{36}", "request [id]")]}, {
        insta::assert_snapshot!(error, @"sts:AssumeRole failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/rolecall (AccessDenied, request [id])");
    });
    for format in ["human", "sarif", "junit", "github", "markdown", "html"] {
        let run = run(&stage, &["drift", "--output", format]).expect(1);
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
    insta::assert_snapshot!(run(&stage, &["drift"]).whole(), @r#"
    exit 2
    -- stderr
    error[E5]: accounts/e.toml: missing section [role]; it needs at least `name = "GenesysDataActionRole"`
    accounts/e.toml: missing section [genesys], which needs at least `region = "us-east-1"`, or [vendor], which needs at least `name = "Datadog"`, `account = "464622532012"`, `external_id = "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"`
    accounts/e.toml: missing section [[target]]; it needs at least `function = "my-genesys-trigger-function"`, or a [[grant]]
    "#);
    stage.write("accounts/e.toml", &member("orders", None, "orders-status"));
    insta::assert_snapshot!(run(&stage, &["drift"]).whole(), @"
    exit 2
    -- stderr
    error[E34]: accounts/f.toml: the manifest states no `organization_id` in [genesys]
    hint: it is the external ID: Genesys Cloud shows it under Admin > Account Settings > Organization Settings > Organization Details; commands that contact AWS read it from Genesys Cloud themselves where GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET are set
    ");
    stage.write("accounts/f.toml", &member("Orders", Some(OTHERS[0]), "orders"));
    let refused = run(&stage, &["apply", "--yes"]);
    insta::assert_snapshot!(refused.whole(), @"
    exit 2
    -- stderr
    error[E52]: role `Orders` is claimed by `accounts/c.toml` and `accounts/f.toml`
    role `Orders` is claimed by `accounts/a.toml` and `accounts/e.toml`
    hint: a role belongs to one manifest: remove the others, or give them another `name` in [role] or another account in [aws]
    ");
    assert_eq!(stage.calls(), []);
    insta::assert_snapshot!(stage.run(&["drift", "--file", "nowhere/*.toml"]).whole(), @"
    exit 2
    -- stderr
    error[E4]: no manifest matches `nowhere/*.toml`
    hint: quote the pattern, so that the shell leaves it alone; `**` stands for folders within folders
    ");
    insta::assert_snapshot!(stage.run(&["destroy", "--file", "accounts/*.toml"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: `destroy` takes one manifest
    hint: plan, apply, verify, drift and audit take several; run this once for each
    ");
    insta::assert_snapshot!(stage.run(&["plan", "--out", "p", "--file", "accounts/*.toml"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: `--out` takes one manifest
    hint: run `rolecall plan --out FILE --file MANIFEST` once for each
    ");
}

/// That two ways lead to one account shows only when AWS says so; still nothing is read of the role, and nothing written.
#[test]
fn two_ways_to_one_role_are_found_out() {
    let stage = stage();
    stage.sandbox.change(|state| state.ensure_administrator(CUSTOMER, "/", "rolecall")).unwrap();
    stage.write("accounts/e.toml", &member("Orders", Some(CUSTOMER), "orders-status"));
    insta::assert_snapshot!(run(&stage, &["apply", "--yes"]).whole(), @"
    exit 2
    -- stderr
    error[E52]: role `Orders` is claimed by `accounts/a.toml` and `accounts/e.toml`
    hint: a role belongs to one manifest: remove the others, or give them another `name` in [role] or another account in [aws]
    ");
    assert!(stage.calls().iter().all(|call| call.service == "sts"));
}

#[test]
fn a_manifest_that_is_named_twice_is_read_once() {
    let stage = stage();
    let arguments = ["plan", "--file", "accounts/a.toml", "--file", "./accounts/*.toml", "--output", "json"];
    let run = stage.run(&arguments);
    insta::assert_snapshot!(run.headlines(), @"
    exit 0
    -- stdout
    {
    }
    -- stderr
    warning: `accounts/a.toml` is named more than once; it is read once
    ");
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
    let drift = run(&stage, &["drift", "--deadline", "8", "--output", "json"]).expect(1);
    assert_eq!(exits(&drift), named([1; 4]));
}

/// So many roles in one account, in sync.
fn stage_of(roles: usize) -> Stage {
    let mut state = State::demo();
    for number in 0..roles {
        state.add_function(CUSTOMER, "us-east-1", &format!("function-{number}"), &[]);
    }
    let stage = Stage::with("", state);
    for number in 0..roles {
        let text = member(&format!("Role-{number}"), None, &format!("function-{number}"));
        stage.write(&format!("accounts/{number:02}.toml"), &text);
    }
    run(&stage, &["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    stage
}

fn operations(stage: &Stage) -> Vec<String> {
    stage.calls().into_iter().map(|call| call.action).collect()
}

/// What is read together is told apart as what is read one by one; only the tags of policies are not among it.
#[test]
fn many_roles_of_an_account_are_read_together() {
    let stage = stage_of(20);
    for (number, kind) in Tamper::ALL.into_iter().enumerate() {
        let role = format!("Role-{number}");
        // There is no version to go back to.
        if kind.is_of_role() && kind != Tamper::PolicyVersionRolledBack {
            stage.sandbox.change(|state| kind.apply(state, &role)).unwrap().unwrap();
        }
    }
    stage
        .sandbox
        .change(|state| {
            let account = state.accounts.get_mut(CUSTOMER).unwrap();
            account.functions.get_mut("us-east-1").unwrap().remove("function-19").unwrap();
            state.role_mut(CUSTOMER, "Role-18").unwrap().description = Some("by hand".to_owned());
        })
        .unwrap();
    stage.calls();
    let together = run(&stage, &["drift", "--output", "json"]);
    let calls = operations(&stage);
    let count = |name: &str| calls.iter().filter(|call| *call == name).count();
    assert_eq!((count("GetAccountAuthorizationDetails"), count("ListRoles"), count("GetRole")), (1, 1, 0));
    assert_eq!((count("GetCallerIdentity"), count("ListFunctions")), (1, 1));
    // What AWS itself made, a function that is gone, a boundary that is gone.
    let is_of_function = |call: &&String| ["GetPolicy", "ListFunctionUrlConfigs"].contains(&call.as_str());
    assert!(calls.iter().filter(|call| !is_of_function(call)).count() < 20, "{calls:?}");
    for (number, of_fleet) in together.json()["roles"].as_array().unwrap().iter().enumerate() {
        let alone =
            stage.run(&["drift", "--output", "json", "--file", &format!("accounts/{number:02}.toml")]);
        let alone = alone.json();
        for part in ["exit_code", "role", "changes", "drift", "foreign", "verification"] {
            assert_eq!(of_fleet[part], alone[part], "{part} of {number}");
        }
    }
}

/// Three are cheaper one by one; and who may not read the account's details reads role by role, too.
#[test]
fn few_roles_are_read_one_by_one_and_so_are_many_without_the_permission() {
    let stage = stage_of(4);
    let few =
        ["drift", "--file", "accounts/00.toml", "--file", "accounts/01.toml", "--file", "accounts/02.toml"];
    stage.run(&few).expect(0);
    assert!(!operations(&stage).contains(&"GetAccountAuthorizationDetails".to_owned()));
    let rule = FaultRule {
        operation: "iam:GetAccountAuthorizationDetails".to_owned(),
        skip: 0,
        times: None,
        fault: Fault::Deny,
    };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
    insta::assert_snapshot!(run(&stage, &["drift"]).whole(), @"
    exit 0
    -- stdout
    ✓ accounts/00.toml  arn:aws:iam::123456789012:role/Role-0
    ✓ accounts/01.toml  arn:aws:iam::123456789012:role/Role-1
    ✓ accounts/02.toml  arn:aws:iam::123456789012:role/Role-2
    ✓ accounts/03.toml  arn:aws:iam::123456789012:role/Role-3

    4 manifests:
      4 × done; in sync; proved (exit code 0)

    Result: done: all 4 manifests ended with exit code 0
    -- stderr
    each role of account 123456789012 was read by itself: iam:GetAccountAuthorizationDetails failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: iam:GetAccountAuthorizationDetails (AccessDenied, request [id])
    ");
    assert_eq!(operations(&stage).iter().filter(|call| *call == "GetRole").count(), 4);
    // Half of an account can be read: what can be told is told.
    let rule = FaultRule { operation: "iam:GetRole".to_owned(), skip: 2, times: None, fault: Fault::Deny };
    let denied = FaultRule {
        operation: "iam:GetAccountAuthorizationDetails".to_owned(),
        skip: 0,
        times: None,
        fault: Fault::Deny,
    };
    stage.set(Faults { rules: vec![denied, rule], ..Faults::default() });
    let half = run(&stage, &["drift", "--output", "json"]).expect(1).json();
    assert_eq!(half["exit_codes"], serde_json::json!({"0": 2, "1": 2}));
}

/// Between the plan and its turn a function goes away: that role is left as it was, the others are made.
#[test]
fn a_function_that_goes_away_before_apply_stops_its_own_role_only() {
    let stage = stage();
    run(&stage, &["plan"]).expect(0);
    stage
        .sandbox
        .change(|state| {
            let account = state.accounts.get_mut(CUSTOMER).unwrap();
            account.functions.get_mut("us-east-1").unwrap().remove("customer-lookup").unwrap();
        })
        .unwrap();
    let applied = run(&stage, &["apply", "--yes", "--level", "paper", "--output", "json"]).expect(4);
    assert_eq!(exits(&applied), named([0, 4, 0, 0]));
    let message = applied.json()["roles"][1]["error"]["message"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(message, @"
    nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      every-target (refuted): a session can invoke the target function: no function `customer-lookup` in us-east-1; the nearest names there are `orders-status`, `my-genesys-trigger-function`, `my-genesys-trigger-function-test`
    ");
    assert!(stage.sandbox.state().role(CUSTOMER, "Customers").is_none());
}

#[test]
fn the_embedded_aws_has_every_account_that_the_manifests_name() {
    let stage = stage();
    run(&stage, &["apply", "--sandbox", "--yes", "--level", "paper"]).expect(0);
    assert_eq!(stage.calls(), []);
    insta::assert_snapshot!(run(&stage, &["drift", "--sandbox"]).whole(), @"
    exit 0
    -- stdout
    ✓ accounts/a.toml  arn:aws:iam::123456789012:role/Orders
    ✓ accounts/b.toml  arn:aws:iam::123456789012:role/Customers
    ✓ accounts/c.toml  arn:aws:iam::222222222222:role/Orders
    ✓ accounts/d.toml  arn:aws:iam::333333333333:role/Orders

    4 manifests:
      4 × done; in sync; proved (exit code 0)

    Result: done: all 4 manifests ended with exit code 0
    ");
}
