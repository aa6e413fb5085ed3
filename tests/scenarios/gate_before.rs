//! What was undecided before a plan, because of somebody else's policies: the gate holds against a plan what it would leave behind,
//! and not what it does not touch.

use rolecall::sandbox::{State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};

/// Two targets, after the first of which somebody put a policy on the role that cannot be decided.
fn undecided_by_others(first: &str) -> Stage {
    let stage = Stage::with(&manifest(first), State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let foreign = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
        "Condition":{"StringResembles":{"aws:PrincipalArn":"x"}}}}"#;
    let changed = stage.sandbox.change(|state| {
        let roles = &mut state.accounts.get_mut("123456789012").unwrap().roles;
        let role = roles.values_mut().find(|role| role.name == ROLE).unwrap();
        role.permissions.inline.insert("theirs".to_owned(), foreign.to_owned());
    });
    changed.unwrap();
    stage.calls();
    stage
}

/// What is open already because of somebody else, and what the plan does not touch, keeps nobody from adding a target.
#[test]
fn what_others_left_undecided_before_is_not_held_against_a_plan() {
    let stage = undecided_by_others(ONE_TARGET);
    stage.run(&["target", "add", "orders-status", "--qualifier", "live"]).expect(0);
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--level", "paper"]).section("Verification"), @"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.
    1 change made.
    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      unknown    a session can do nothing but invoke the target functions
                 statement 1 of inline policy `theirs`, /Statement/Condition/StringResembles/aws:PrincipalArn: `StringResembles` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::123456789012:role/GenesysDataActionRole`; AWS does not say how this operator reads this value, so this cannot be decided
                 statement 1: it may allow other requests, but none with a known AWS action on a resource that this action applies to
      proved     a session can invoke each of the 2 target functions
      proved     nobody outside the account reaches a target function without the role
      error      P2: the inline policy `theirs` does not belong to the role
                 why: inline policies are easy to overlook, and add to the attached policies (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
                 fix: delete the inline policy, once other policies of the role allow every target
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
    Result: undecided: not decided: a session can only invoke the target functions (1 change made) (exit code 5)
    ");
}

#[test]
fn on_a_role_that_is_adopted_nothing_is_open_already() {
    let stage = undecided_by_others(ONE_TARGET);
    stage.tamper(Tamper::TagRemoved);
    stage.calls();
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--adopt"]).whole(), @r#"
    exit 5
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
      ! inline policy theirs is not managed by rolecall; --remove-foreign removes it from the role
    0 to create, 1 to change, 0 to delete; 1 foreign policy on the role.

    After apply, which is refused
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      unknown    a session can do nothing but invoke the target functions
                 statement 1 of inline policy `theirs`, /Statement/Condition/StringResembles/aws:PrincipalArn: `StringResembles` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::123456789012:role/GenesysDataActionRole`; AWS does not say how this operator reads this value, so this cannot be decided
                 statement 1: it may allow other requests, but none with a known AWS action on a resource that this action applies to
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      error      P2: the inline policy `theirs` does not belong to the role
                 why: inline policies are easy to overlook, and add to the attached policies (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
                 fix: delete the inline policy, once other policies of the role allow every target
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: undecided: not decided: a session can only invoke the target functions; apply refuses the plan, and nothing was changed (exit code 5)
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (unknown): a session can do nothing but invoke the target functions: statement 1 of inline policy `theirs`, /Statement/Condition/StringResembles/aws:PrincipalArn: `StringResembles` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::123456789012:role/GenesysDataActionRole`; AWS does not say how this operator reads this value, so this cannot be decided; statement 1: it may allow other requests, but none with a known AWS action on a resource that this action applies to
    hint: remove the foreign policies from the role (--remove-foreign), or correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    "#);
    assert!(stage.calls().iter().all(|call| !call.write));
}
