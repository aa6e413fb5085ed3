//! What a plan would leave unproved stops `apply` before the first write, unless it is allowed by name; `plan` says so.

use rolecall::sandbox::{Fault, FaultRule, Faults, State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};
use super::views::named;

const ALLOW: &str = "--allow-claim";

fn trust(condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{{{{trusted_principals}}}}"}},
            "Action":"sts:AssumeRole","Condition":{condition}}}]}}"#
    )
}

/// `apply` with these templates is refused for this claim, `plan` says the same, and nothing is written: what they say.
fn refused(stage: &Stage, exit: i32, claim: &str) -> String {
    let plan = stage.run(&["plan", "--policies", "own"]).expect(exit);
    let json = stage.run(&["plan", "--policies", "own", "--output", "json"]).expect(exit).json();
    let names: Vec<&str> = json["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| refusal["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&claim), "{names:?}");
    let run = stage.run(&["apply", "--yes", "--policies", "own"]).expect(exit);
    assert!(stage.calls().iter().all(|call| !call.write), "a refused plan writes nothing");
    named("plan", &plan.section("Apply refuses this plan.")) + &named("apply", &run.standard_error())
}

#[test]
fn a_second_external_id_is_refused() {
    let stage = Stage::new();
    stage.write(
        "own/trust.json",
        &trust(r#"{"StringEquals":{"sts:ExternalId":["{{external_id}}","another-customer"]}}"#),
    );
    insta::assert_snapshot!(refused(&stage, 4, "external-id"), @"
    === plan
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    After apply
    Apply refuses this plan. These checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `another-customer`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
                 use --allow-claim external-id to apply anyway
    Result: refuted: after apply: the role can be assumed without its external ID; apply refuses the plan because of external-id (3 to create, 0 to change, 0 to delete); until then: the role does not exist (exit code 4)
    === apply
    exit 4
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `another-customer`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
    hint: correct the template or the manifest; use `--allow-claim external-id` to apply anyway
    ");
}

#[test]
fn a_pattern_as_external_id_is_refused() {
    let stage = Stage::new();
    stage.write("own/trust.json", &trust(r#"{"StringLike":{"sts:ExternalId":"5f6b2c1e-*"}}"#));
    insta::assert_snapshot!(refused(&stage, 4, "external-id"), @"
    === plan
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    After apply
    Apply refuses this plan. These checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
                 use --allow-claim external-id to apply anyway
      T2 (refuted): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
                 use --allow-findings T2 to apply anyway
    Result: refuted: after apply: the role can be assumed without its external ID; apply refuses the plan because of external-id; and 1 more (3 to create, 0 to change, 0 to delete); until then: the role does not exist (exit code 4)
    === apply
    exit 4
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      T2 (refuted): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
    hint: correct the template or the manifest; use `--allow-claim external-id --allow-findings T2` to apply anyway
    ");
    let allowed = ["apply", "--yes", "--level", "paper", "--policies", "own", ALLOW, "external-id"];
    insta::assert_snapshot!(stage.run(&allowed).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: refuted: the role can be assumed without its external ID (3 changes made) (exit code 4)
    ");
}

/// Whether Genesys Cloud calls from there, nobody here knows.
#[test]
fn a_condition_that_cannot_be_decided_is_refused_as_undecided() {
    let stage = Stage::new();
    let condition = r#"{"StringEquals":{"sts:ExternalId":"{{external_id}}"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#;
    stage.write("own/trust.json", &trust(condition));
    insta::assert_snapshot!(refused(&stage, 5, "may-assume"), @"
    === plan
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    After apply
    Apply refuses this plan. These checks would not pass after it:
      may-assume (unknown): `arn:aws:iam::765628985471:root` can assume the role: it depends on `aws:SourceIp` (`192.0.2.0` is allowed, a request without it is not)
                 use --allow-claim may-assume to apply anyway
      may-assume (unknown): `arn:aws:iam::123456789012:role/ci` can assume the role: it depends on `aws:SourceIp` (`192.0.2.0` is allowed, a request without it is not)
                 use --allow-claim may-assume to apply anyway
    Result: undecided: after apply: not decided: the trusted principals can assume the role (3 to create, 0 to change, 0 to delete); until then: the role does not exist (exit code 5)
    === apply
    exit 5
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      may-assume (unknown): `arn:aws:iam::765628985471:root` can assume the role: it depends on `aws:SourceIp` (`192.0.2.0` is allowed, a request without it is not)
      may-assume (unknown): `arn:aws:iam::123456789012:role/ci` can assume the role: it depends on `aws:SourceIp` (`192.0.2.0` is allowed, a request without it is not)
    hint: correct the template or the manifest; use `--allow-claim may-assume` to apply anyway
    ");
    // One claim for each of the principals, under one name.
    let allowed = ["apply", "--yes", "--level", "paper", "--policies", "own", ALLOW, "may-assume"];
    insta::assert_snapshot!(stage.run(&allowed).headlines(), @"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: undecided: not decided: the trusted principals can assume the role (3 changes made) (exit code 5)
    ");
}

#[test]
fn a_widened_policy_is_refused() {
    let stage = Stage::new();
    stage.write(
        "own/invoke.json",
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{{targets}}"},
            {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}]}"#,
    );
    insta::assert_snapshot!(refused(&stage, 4, "only-targets"), @"
    === plan
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    After apply
    Apply refuses this plan. These checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `s3:GetObject` on `arn:aws:s3:::orders/other`, because statement 2 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
                 use --allow-claim only-targets to apply anyway
    Result: refuted: after apply: a session can do more than invoke the targets; apply refuses the plan because of only-targets (3 to create, 0 to change, 0 to delete); until then: the role does not exist (exit code 4)
    === apply
    exit 4
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `s3:GetObject` on `arn:aws:s3:::orders/other`, because statement 2 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
    hint: correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    ");
    // The name of one claim allows no other.
    let other = ["apply", "--yes", "--policies", "own", ALLOW, "external-id"];
    insta::assert_snapshot!(stage.run(&other).outline(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      refuted    a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      P6 (statement 2 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke): as shown above
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: refuted: a session can do more than invoke the targets; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `s3:GetObject` on `arn:aws:s3:::orders/other`, because statement 2 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
    hint: correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "--yes", "--level", "paper", "--policies", "own", ALLOW, "only-targets"];
    insta::assert_snapshot!(stage.run(&allowed).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: refuted: a session can do more than invoke the targets (3 changes made) (exit code 4)
    ");
}

#[test]
fn a_role_that_can_do_more_is_not_adopted_unless_that_is_allowed() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::TagRemoved);
    stage.tamper(Tamper::ExtraManagedPolicy);
    stage.calls();
    let adopt = ["apply", "--yes", "--level", "paper", "--adopt"];
    insta::assert_snapshot!(stage.run(&adopt).whole(), @r#"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      ~ update tags of GenesysDataActionRole
          - {}
          + {
          +   "rolecall:role": "GenesysDataActionRole"
          + }
      ! managed policy arn:aws:iam::123456789012:policy/Sneaky is not managed by rolecall; --remove-foreign removes it from the role
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.

    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `iam:PassRole` on `arn:aws:iam::123456789012:role/another-role`, because statement 1 of `arn:aws:iam::123456789012:policy/Sneaky` allows it
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      P1: the policy `arn:aws:iam::123456789012:policy/Sneaky` does not belong to the role: a session of the role can call `iam:PassRole` on `arn:aws:iam::123456789012:role/another-role`, because statement 1 of `arn:aws:iam::123456789012:policy/Sneaky` allows it
                 why: a session of the role can do everything that it allows (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
                 fix: detach the policy, once other policies of the role allow every target
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: refuted: a session can do more than invoke the targets; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `iam:PassRole` on `arn:aws:iam::123456789012:role/another-role`, because statement 1 of `arn:aws:iam::123456789012:policy/Sneaky` allows it
    hint: remove the foreign policies from the role (--remove-foreign), or correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    "#);
    insta::assert_snapshot!(stage.run(&["plan", "--adopt"]).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.
    After apply
    Apply refuses this plan. These checks would not pass after it:
    Result: refuted: after apply: a session can do more than invoke the targets; apply refuses the plan because of only-targets (0 to create, 1 to change, 0 to delete, 1 foreign policy on the role) (exit code 4)
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
    insta::assert_snapshot!(stage.run(&[&adopt[..], &[ALLOW, "only-targets"]].concat()).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.
    1 change made.
    Verification
    Result: refuted: a session can do more than invoke the targets (1 change made) (exit code 4)
    ");
}

/// `target add --apply` changes the manifest and then meets the same gate.
#[test]
fn a_target_is_not_added_to_a_role_that_can_do_more() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::ExtraInlinePolicy);
    stage.calls();
    let add = ["target", "add", "orders-status", "--qualifier", "live", "--apply", "--yes"];
    insta::assert_snapshot!(stage.run(&add).outline(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      ~ update policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke (allows more)
      ! inline policy sneaky is not managed by rolecall; --remove-foreign removes it from the role
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      refuted    a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      proved     nobody outside the account reaches a target function without the role
      error      P2: the inline policy `sneaky` does not belong to the role: a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: refuted: a session can do more than invoke the targets; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it
    hint: remove the foreign policies from the role (--remove-foreign), or correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    the manifest `rolecall.toml` was not changed
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_saved_plan_meets_the_same_gate() {
    let stage = Stage::new();
    stage.write("own/trust.json", &trust(r#"{"StringLike":{"sts:ExternalId":"5f6b2c1e-*"}}"#));
    stage.run(&["plan", "--policies", "own", "--out", "plan.json"]).expect(4);
    insta::assert_snapshot!(stage.run(&["apply", "plan.json", "--policies", "own"]).outline(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      T2 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: refuted: the role can be assumed without its external ID; apply refuses the plan, and nothing was changed (exit code 4)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      T2 (refuted): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
    hint: correct the template or the manifest; use `--allow-claim external-id --allow-findings T2` to apply anyway
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "plan.json", "--level", "paper", "--policies", "own", ALLOW, "external-id"];
    insta::assert_snapshot!(stage.run(&allowed).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: refuted: the role can be assumed without its external ID (3 changes made) (exit code 4)
    ");
}

#[test]
fn in_a_fleet_only_the_roles_that_are_proved_are_written() {
    let stage = Stage::new();
    stage.write("roles/one.toml", &manifest(ONE_TARGET));
    stage.write("roles/two.toml", &manifest(ONE_TARGET).replace(ROLE, "AnotherRole"));
    stage.write("own/trust.json", &trust(r#"{"StringLike":{"sts:ExternalId":"5f6b2c1e-*"}}"#));
    let run = stage.run(&["apply", "--yes", "--file", "roles/*.toml", "--policies", "own"]).expect(4);
    insta::assert_snapshot!(run.outline(), @"
    exit 4
    -- stdout
    roles/one.toml: refuted: the role can be assumed without its external ID; apply refuses the plan, and nothing was changed (exit code 4)
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      T2 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    roles/two.toml: refuted: the role can be assumed without its external ID; apply refuses the plan, and nothing was changed (exit code 4)
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/AnotherRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role AnotherRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/AnotherRole/AnotherRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/AnotherRole/AnotherRole-invoke to AnotherRole
    3 to create, 0 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      T2 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    2 manifests:
      2 × refuted: a caller can, or after the plan could, do what the manifest does not allow; or Genesys Cloud cannot do what it must (exit code 4)
    Result: refuted: 2 of 2 manifests (exit code 4)
    -- stderr
    error[E44]: roles/one.toml: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      T2 (refuted): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
    hint: roles/one.toml: correct the template or the manifest; use `--allow-claim external-id --allow-findings T2` to apply anyway
    error[E44]: roles/two.toml: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      external-id (refuted): the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`: `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
      T2 (refuted): any principal of account 765628985471 can assume the role with the external ID `5f6b2c1e-other`, because statement 1 allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`
    hint: roles/two.toml: correct the template or the manifest; use `--allow-claim external-id --allow-findings T2` to apply anyway
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

/// A permissions boundary that is not in force yet is read before it is put on the role.
#[test]
fn a_boundary_that_nobody_can_read_is_refused() {
    let boundary = "permissions_boundary = \"arn:aws:iam::123456789012:policy/Hidden\"";
    let text = manifest(ONE_TARGET).replace("\n\n[[target]]", &format!("\n{boundary}\n\n[[target]]"));
    let mut state = State::demo();
    let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    state.add_policy("123456789012", "/", "Hidden", document);
    let stage = Stage::with(&text, state);
    let fault = Fault::Deny;
    let rules = vec![FaultRule { operation: "iam:GetPolicy".to_owned(), skip: 0, times: None, fault }];
    stage.set(Faults { rules, ..Faults::default() });
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).outline(), @"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
      + create role GenesysDataActionRole
      + create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      + attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    3 to create, 0 to change, 0 to delete.
    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      unknown    what a session can do
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: undecided: not decided: a session can only invoke the target functions; apply refuses the plan, and nothing was changed (exit code 5)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (unknown): what a session can do: arn:aws:iam::123456789012:policy/Hidden: it could not be read
    hint: check that the boundary `arn:aws:iam::123456789012:policy/Hidden` exists, and let the caller read it (iam:GetPolicy and iam:GetPolicyVersion), so that it can be part of the proof
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_claim_that_does_not_exist_is_a_mistake_in_the_call() {
    let stage = Stage::new();
    insta::assert_snapshot!(stage.run(&["apply", "--yes", ALLOW, "everything"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: invalid value 'everything' for '--allow-claim <NAME>'
      [possible values: only-trusted, external-id, may-assume, only-targets, every-target]

      tip: a similar value exists: 'every-target'

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--allow-findings", "T99"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: invalid value 'T99' for '--allow-findings <ID>': not the ID of a finding (expected an ID such as `T3`); `rolecall explain` lists them, and docs/codes.md shows what each means

    For more information, try '--help'.
    ");
    assert!(stage.calls().is_empty());
}

/// Warnings beside proved claims are no 4 in any command, unless the manifest or an option says so: then in each of them.
#[test]
fn warnings_have_one_verdict_in_every_command() {
    let tags = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"{{trusted_principals}}"},
        "Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"StringEquals":{"sts:ExternalId":"{{external_id}}"}}}]}"#;
    let stage = Stage::new();
    stage.write("own/trust.json", tags);
    let paper = |command: &'static str| [&[command, "--policies", "own"][..], &["--level", "paper"]].concat();
    let failing = ["--fail-on", "warning"];
    // The plan is refused before anything is there, and accepted by name.
    stage.run(&["plan", "--policies", "own", "--fail-on", "warning"]).expect(4);
    let refused = stage.run(&[&paper("apply")[..], &["--yes"], &failing].concat()).expect(4);
    assert!(refused.stderr.contains("--allow-findings T16"), "{}", refused.stderr);
    assert!(stage.calls().iter().all(|call| !call.write), "a refused plan writes nothing");
    let ends = |stdout: &str| stdout.contains("every claim about the role is proved, with 1 warning");
    assert!(ends(&stage.run(&["plan", "--policies", "own"]).expect(0).stdout));
    assert!(ends(&stage.run(&[&paper("apply")[..], &["--yes"]].concat()).expect(0).stdout));
    assert!(ends(&stage.run(&paper("verify")).expect(0).stdout));
    assert!(ends(&stage.run(&["drift", "--policies", "own"]).expect(0).stdout));
    for command in [&paper("verify")[..], &["drift", "--policies", "own"], &["plan", "--policies", "own"]] {
        let run = stage.run(&[command, &failing].concat()).expect(4);
        assert!(run.stdout.contains("Result: refuted: "), "{}", run.stdout);
    }
    let in_manifest = manifest(ONE_TARGET).replace("[verify]\n", "[verify]\nfail_on = \"warning\"\n");
    stage.write("rolecall.toml", &in_manifest);
    for command in [&paper("verify")[..], &["drift", "--policies", "own"], &["plan", "--policies", "own"]] {
        stage.run(command).expect(4);
        assert!(ends(&stage.run(&[command, &["--fail-on", "error"]].concat()).expect(0).stdout));
    }
}
