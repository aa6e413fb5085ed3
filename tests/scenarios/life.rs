//! Create, look again, tamper, notice, repair, destroy.

use rolecall::sandbox::{State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};

#[test]
fn a_second_apply_writes_nothing() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: 3 changes made; every claim about the role is proved
    ");
    stage.calls();
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest.
    Verification
    Result: no changes; every claim about the role is proved
    ");
    let calls = stage.calls();
    let writes: Vec<_> = calls.iter().filter(|call| call.write).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

/// What each kind of tampering is to `plan`, `drift` and `verify`, and the writes that repair it.
#[test]
fn tampering_is_noticed_and_repaired() {
    let owned = |kind: Tamper| kind.is_of_role() && !matches!(kind, Tamper::TagRemoved);
    for kind in Tamper::ALL.into_iter().filter(|kind| owned(*kind)) {
        let stage = Stage::new();
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        if kind == Tamper::PolicyVersionRolledBack {
            stage.sandbox.change(|state| Tamper::PolicyWidened.apply(state, ROLE)).unwrap().unwrap();
            stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        }
        stage.tamper(kind);
        let pending = match kind {
            Tamper::EquivalentJson => 0,
            Tamper::MaxSession => 3,
            _ => 4,
        };
        let plan = stage
            .run(&["plan", "--detailed-exitcode", "--output", "json", "--remove-foreign"])
            .expect(pending);
        let changes = plan.json()["changes"].as_array().unwrap().len();
        assert_eq!(changes > 0, pending != 0, "{}", kind.name());
        stage.calls();
        stage.run(&["apply", "--yes", "--level", "paper", "--remove-foreign"]).expect(0);
        let writes = stage.calls().iter().filter(|call| call.write).count();
        assert_eq!(writes, changes, "{}: apply makes the plan's writes and no others", kind.name());
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run(&["drift"]).headlines(), @"
            exit 0
            -- stdout
            account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
            Role arn:aws:iam::123456789012:role/GenesysDataActionRole
            No changes: AWS matches the manifest.
            As it is in AWS
            Result: AWS matches the manifest; every claim about the role is proved
            ");
        }
        stage.run(&["verify"]).expect(0);
    }
}

#[test]
fn a_foreign_policy_stays_until_its_removal_is_asked_for() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.sandbox.change(|state| Tamper::ExtraInlinePolicy.apply(state, ROLE)).unwrap().unwrap();
    let plan = stage.run(&["plan"]);
    insta::assert_snapshot!(plan.section("Role"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      ! inline policy sneaky is not managed by rolecall; --remove-foreign removes it from the role
    No changes, but 1 foreign policy on the role.
    After apply
    Result: refuted: a session can do more than invoke the targets (no changes, 1 foreign policy on the role) (exit code 4)
    ");
    assert_eq!(plan.status, 4, "the role would still be able to do more than it may:\n{}", plan.stdout);
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).headlines(), @"
    exit 3
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole
    0 to create, 0 to change, 2 to delete; 1 foreign policy on the role.
    2 changes made.
    Result: pending: role `GenesysDataActionRole` was not deleted: it has foreign policies, and IAM deletes a role only without policies; use --remove-foreign to remove them too (2 changes made) (exit code 3)
    -- stderr
    warning: role `GenesysDataActionRole` was not deleted: it has foreign policies, and IAM deletes a role only without policies; use --remove-foreign to remove them too
    ");
    assert!(stage.sandbox.state().accounts["123456789012"].roles.contains_key(&ROLE.to_lowercase()));
    stage.run(&["destroy", "--yes", "--remove-foreign"]).expect(0);
    assert!(!stage.sandbox.state().accounts["123456789012"].roles.contains_key(&ROLE.to_lowercase()));
}

#[test]
fn destroy_leaves_nothing_behind() {
    let before = State::demo();
    let stage = Stage::with(&manifest(ONE_TARGET), before.clone());
    stage.run(&["apply", "--yes"]).expect(0);
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole
    0 to create, 0 to change, 3 to delete.
    3 changes made.
    Result: 3 changes made
    ");
    assert_eq!(stage.sandbox.state().accounts, before.accounts);
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).whole(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role GenesysDataActionRole

    No changes: no resources managed by rolecall were found.

    Result: no changes
    ");
}

#[test]
fn a_role_made_by_hand_is_left_alone_until_it_is_adopted() {
    let mut state = State::demo();
    state.add_role("123456789012", ROLE, r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
    let stage = Stage::with(&manifest(ONE_TARGET), state.clone());
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      refuted    nobody but the trusted principals can assume the role
                 any principal of the role's own account 123456789012 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of the role's own account 123456789012 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      refuted    a session can invoke the target function
                 a session of the role cannot call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function`, because no statement allows it
      proved     nobody outside the account reaches a target function without the role
      warning    T24 (statement 1 of the trust policy): as shown above
                 why: principals of the account can assume the role, and the role can renew its own sessions (https://aws.amazon.com/blogs/security/announcing-an-update-to-iam-role-trust-policy-behavior/)
                 fix: name `arn:aws:iam::123456789012:role/ci` alone in `Principal`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Do this now
      1. rolecall apply --adopt
         rolecall writes what the manifest says; --adopt takes over what lost its owner tag or what rolecall did not make

    Result: refuted: an unauthorized principal can assume the role; the role can be assumed without its external ID; and 2 more; nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall (exit code 4)
    -- stderr
    error[E35]: nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall
    hint: choose another role name, or use --adopt to take the role over (`rolecall plan --adopt` shows what would change); if another tool such as Terraform keeps managing the role, name it in `managed_by` in [role]
    ");
    assert_eq!(stage.sandbox.state().accounts, state.accounts, "nothing was changed");
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).whole(), @"
    exit 1
    -- stderr
    error[E35]: nothing was changed in AWS or Genesys Cloud: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall
    hint: choose another role name, or use --adopt to take the role over (`rolecall plan --adopt` shows what would change); if another tool such as Terraform keeps managing the role, name it in `managed_by` in [role]
    ");
    insta::assert_snapshot!(stage.run(&["plan", "--adopt"]).outline(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      ~ update trust policy of GenesysDataActionRole (allows something else)
      ~ update tags of GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
      ~ update settings of GenesysDataActionRole
    2 to create, 3 to change, 0 to delete.
    After apply
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: pending: 2 to create, 3 to change, 0 to delete; after apply every claim about the role is proved; until then: the trust policy lets in more than the manifest allows; a session can do less than the manifest asks for
    ");
    stage.run(&["apply", "--adopt", "--yes"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

#[test]
fn targets_come_and_go_and_the_oldest_policy_version_makes_room() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let more = "[[target]]\nfunction = \"orders-status\"\nqualifier = \"live\"\n";
    for round in 0..6 {
        let targets = if round % 2 == 0 { format!("{ONE_TARGET}\n{more}") } else { ONE_TARGET.to_owned() };
        stage.write("rolecall.toml", &manifest(&targets));
        stage.run(&["apply", "--yes"]).expect(0);
    }
    let state = stage.sandbox.state();
    let policies = &state.accounts["123456789012"].policies;
    let policy = policies.values().find(|policy| policy.name.starts_with(ROLE)).unwrap();
    assert_eq!(policy.versions.len(), 5);
}

#[test]
fn only_the_form_that_is_called_is_granted() {
    let stage = Stage::with(
        &manifest("[[target]]\nfunction = \"my-genesys-trigger-function\"\nqualifier = \"live\"\n"),
        State::demo(),
    );
    let run = stage.run(&["apply", "--yes", "--output", "json"]).expect(0);
    let probes = run.json()["verification"]["probes"].as_array().unwrap().clone();
    let answer =
        |probe: &serde_json::Value| (probe["probe"].as_str().unwrap().to_owned(), probe["answer"].clone());
    let target = "DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:live";
    assert!(
        probes.iter().map(answer).any(|probe| probe == (target.to_owned(), "allowed".into())),
        "{probes:?}"
    );
    let role = &run.json()["role"]["targets"];
    assert_eq!(role[0], "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:live");
}

#[test]
fn many_targets_are_found_with_few_calls() {
    let mut state = State::demo();
    let names: Vec<String> = (0..50).map(|index| format!("genesys-fn-{index:03}")).collect();
    for name in &names {
        state.add_function("123456789012", "us-east-1", name, &[]);
    }
    let targets: String = names.iter().map(|name| format!("[[target]]\nfunction = \"{name}\"\n")).collect();
    let stage = Stage::with(&manifest(&targets), state);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.calls();
    let run = stage.run(&["drift", "--output", "json"]).expect(0);
    let calls = stage.calls();
    assert!(calls.len() <= 12 + 2 * names.len(), "{} calls: {calls:?}", calls.len());
    assert_eq!(run.json()["aws_calls"], calls.len());
    assert!(calls.iter().all(|call| call.action != "GetFunctionConfiguration"));
}

/// Hundreds of targets are spread over the fewest policies; one less rewrites one of them.
#[test]
fn hundreds_of_targets_are_packed_and_stay_where_they_are() {
    let mut state = State::demo();
    let names: Vec<String> = (0..500).map(|index| format!("genesys-fn-{index:03}")).collect();
    for name in &names {
        state.add_function("123456789012", "us-east-1", name, &[]);
    }
    let of = |names: &[String]| -> String {
        names.iter().map(|name| format!("[[target]]\nfunction = \"{name}\"\n")).collect()
    };
    let stage = Stage::with(&manifest(&of(&names)), state);
    let run = stage.run(&["apply", "--yes", "--level", "paper", "--output", "json"]).expect(0);
    let policies = run.json()["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["operation"] == "iam:CreatePolicy")
        .count();
    assert_eq!(policies, 6, "some 90 of these names fit into a policy");
    stage.run(&["drift"]).expect(0);
    let mut fewer = names.clone();
    fewer.remove(250);
    stage.write("rolecall.toml", &manifest(&of(&fewer)));
    stage.calls();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let writes: Vec<_> =
        stage.calls().into_iter().filter(|call| call.write).map(|call| call.action).collect();
    assert_eq!(writes, ["CreatePolicyVersion"]);
    stage.run(&["destroy", "--yes"]).expect(0);
}

#[test]
fn more_targets_than_the_role_has_room_for_are_refused_with_the_numbers() {
    let mut state = State::demo();
    let names: Vec<String> =
        (0..700).map(|index| format!("genesys-function-with-a-rather-long-name-{index:03}")).collect();
    for name in &names {
        state.add_function("123456789012", "us-east-1", name, &[]);
    }
    let targets: String = names.iter().map(|name| format!("[[target]]\nfunction = \"{name}\"\n")).collect();
    let stage = Stage::with(&manifest(&targets), state);
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-000
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-001
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-002
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-003
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-004
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-005
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-006
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-007
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-008
                  arn:aws:lambda:us-east-1:123456789012:function:genesys-function-with-a-rather-long-name-009
                  and 690 others


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: nothing was changed: 700 targets need 11 policies, the role also has foreign policies (0), and the account's quota is 10 policies for a role (exit code 1)
    -- stderr
    error[E23]: nothing was changed: 700 targets need 11 policies, the role also has foreign policies (0), and the account's quota is 10 policies for a role
    hint: have the quota raised (Service Quotas, L-0DA4ABF3: up to 25), or split the targets and grants over several roles, with one manifest for each role
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_role_that_lost_its_tag_is_drift_and_is_adopted_again() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.sandbox.change(|state| Tamper::TagRemoved.apply(state, ROLE)).unwrap().unwrap();
    insta::assert_snapshot!(stage.run(&["drift"]).section("Role"), @r#"
    exit 3
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      a tag differs
        tag `rolecall:role` of arn:aws:iam::123456789012:role/GenesysDataActionRole (rolecall.toml:7)
        rolecall recognizes its own resources by this tag; without the tag it changes them only with --adopt
          - "GenesysDataActionRole"
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: pending: 1 difference; every claim about the role is proved (exit code 3)
    "#);
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


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

    Result: failed: nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall (exit code 1)
    -- stderr
    error[E35]: nothing was changed: role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists and was not made by rolecall
    hint: choose another role name, or use --adopt to take the role over (`rolecall plan --adopt` shows what would change); if another tool such as Terraform keeps managing the role, name it in `managed_by` in [role]
    ");
    stage.run(&["apply", "--yes", "--adopt"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

#[test]
fn a_target_may_be_named_by_its_whole_arn() {
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:my-genesys-trigger-function-eu";
    let stage = Stage::with(&manifest(&format!("[[target]]\nfunction = \"{arn}\"\n")), State::demo());
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).section("Verification"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  DryRun of arn:aws:lambda:eu-west-1:123456789012:function:my-genesys-trigger-function-eu: allowed
      confirmed  DryRun of arn:aws:lambda:eu-west-1:123456789012:function:my-genesys-trigger-function-eu-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:eu-west-1:123456789012:function:my-genesys-trigger-function-eu:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      note: not examined: the policies of aliases and versions that the manifest does not name
    Result: 3 changes made; every claim about the role is proved
    ");
    stage.run(&["drift"]).expect(0);
}

#[test]
fn a_manifest_is_written_from_a_live_role() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.sandbox.change(|state| Tamper::ExtraInlinePolicy.apply(state, ROLE)).unwrap().unwrap();
    let init = ["init", "--from-role", ROLE, "--genesys-region", "us-east-1", "--file", "live.toml"];
    insta::assert_snapshot!(stage.run(&init).whole(), @"
    exit 0
    -- stdout
    wrote live.toml
    -- stderr
    warning: the trust policy also names `arn:aws:iam::123456789012:role/ci`, which the manifest leaves out
    warning: policy `sneaky` does more than invoke functions; the manifest leaves that out
    hint: `rolecall plan --file live.toml` shows what it would make; `rolecall apply --file live.toml --sandbox` tries it without an account
    ");
    insta::assert_snapshot!(stage.run(&["plan", "--file", "live.toml"]).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.
    After apply
    Apply refuses this plan. These checks would not pass after it:
    Result: refuted: after apply: a session can do more than invoke the targets; apply refuses the plan because of only-targets (0 to create, 1 to change, 0 to delete, 1 foreign policy on the role); until then: the trust policy lets in more than the manifest allows (exit code 4)
    ");
    let run = stage.run(&[
        "init",
        "--from-role",
        "nobody",
        "--genesys-region",
        "us-east-1",
        "--file",
        "other.toml",
    ]);
    insta::assert_snapshot!(run.whole(), @"
    exit 1
    -- stderr
    error[E38]: there is no role `nobody` in account 123456789012
    hint: `--profile` chooses the account
    ");
    assert!(!stage.folder.path().join("other.toml").exists());
}
