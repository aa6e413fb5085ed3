//! Several organizations of one customer on one role: for good, and while a customer moves from one to another.

use rolecall::sandbox::State;

use super::stage::{EXTERNAL_ID, ONE_TARGET, Stage, manifest};

const OTHER: &str = "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9";

fn with(further: &str) -> String {
    let text = manifest(ONE_TARGET);
    text.replace("[role]", &format!("{further}\n[role]"))
}

fn for_good() -> String {
    with(&format!("[[genesys.organization]]\nid = \"{OTHER}\"\nname = \"test\"\n"))
}

/// From the other organization to the usual one.
fn moving() -> String {
    with(&format!("[[genesys.organization]]\nid = \"{OTHER}\"\nuntil = \"2099-01-31T18:00:00Z\"\n"))
}

#[test]
fn a_test_organization_beside_the_usual_one() {
    let stage = Stage::with(&for_good(), State::demo());
    stage.run(&["apply", "--yes"]).expect(0);
    insta::assert_snapshot!(stage.run(&["verify"]).expect(0).stdout, @"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
                  or 0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    Verification
      paper    analysers  live       claim
      proved   -          -          nobody but the trusted principals can assume the role
      proved   -          confirmed  the trusted principals can assume the role only with one of the external IDs `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role
      proved   -          confirmed  `arn:aws:iam::123456789012:role/ci` can assume the role
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
      proved   -          -          `arn:aws:iam::123456789012:role/ci` can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
      proved   confirmed  confirmed  a session can do nothing but invoke the target functions
      proved   confirmed  confirmed  a session can invoke the target function
      proved   -          -          nobody outside the account reaches a target function without the role
      Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.
      confirmed  iam:SimulatePrincipalPolicy: the targets
                 1 of 1 allowed; rolecall: allowed too
      confirmed  iam:SimulatePrincipalPolicy: functions other than the targets
                 7 of 7 denied; rolecall: denied too
      confirmed  iam:SimulatePrincipalPolicy: other actions on a target
                 6 of 6 denied; rolecall: denied too
      confirmed  iam:SimulatePrincipalPolicy: actions that this role never needs
                 9 of 9 denied; rolecall: denied too
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall, as expected
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer

    Result: every claim about the role is proved
    ");
    stage.run(&["verify", "--level", "twin"]).expect(0);
    stage.calls();
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(stage.calls().iter().all(|call| !call.write), "a second apply writes nothing");
    let report = stage.run(&["plan", "--output", "json"]).expect(0).json();
    assert_eq!(report["role"]["further_external_ids"], serde_json::json!([{ "id": OTHER }]));
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    insta::assert_snapshot!(stage.run(&["drift"]).expect(4).headlines(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
    Result: refuted: the trust policy lets in more than the manifest allows (1 difference) (exit code 4)
    ");
    stage.run(&["apply", "--yes"]).expect(0);
    assert!(!stage.run(&["verify", "--output", "json"]).expect(0).stdout.contains(OTHER));
}

#[test]
fn the_roll_call_expects_further_organizations_until_they_end() {
    let stage = Stage::with(&for_good(), State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let is_unexpected = || {
        let report = stage.run(&["audit", "--file", "rolecall.toml", "--output", "json"]).stdout;
        report.contains("the external ID is not the expected one")
    };
    assert!(!is_unexpected(), "both are in the manifest");
    stage.write("rolecall.toml", &moving());
    assert!(!is_unexpected(), "it has not ended");
    stage.write("rolecall.toml", &moving().replace("2099", "2021"));
    assert!(is_unexpected(), "it has ended, and AWS still lets it in");
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    assert!(is_unexpected(), "it is not in the manifest");
}

#[test]
fn a_move_has_no_interruption_and_an_end() {
    let before = manifest(ONE_TARGET).replace(EXTERNAL_ID, OTHER);
    let stage = Stage::with(&before, State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.write("rolecall.toml", &moving());
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).expect(0).stdout, @r#"
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
                  or 0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9 until 2099-01-31T18:00:00Z
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

      ~ update trust policy of GenesysDataActionRole (allows something else)
            {
              "Action": "sts:AssumeRole",
              "Condition": {
                "StringEquals": {
          -       "sts:ExternalId": "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"
          +       "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
                }
              },
              "Effect": "Allow",
              "Principal": {
                "AWS": [
                  "arn:aws:iam::765628985471:root",
                  "arn:aws:iam::123456789012:role/ci"
                ]
              }
            }
          + {
          +   "Action": "sts:AssumeRole",
          +   "Condition": {
          +     "DateLessThan": {
          +       "aws:CurrentTime": "2099-01-31T18:00:00Z"
          +     },
          +     "StringEquals": {
          +       "sts:ExternalId": [
          +         "0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9"
          +       ]
          +     }
          +   },
          +   "Effect": "Allow",
          +   "Principal": {
          +     "AWS": [
          +       "arn:aws:iam::765628985471:root",
          +       "arn:aws:iam::123456789012:role/ci"
          +     ]
          +   }
          + }
    0 to create, 1 to change, 0 to delete.

    1 change made.

    Verification
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with one of the external IDs `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     from 2099-01-31T18:00:00Z on nobody of another account can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
      proved     `arn:aws:iam::765628985471:root` can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9` until 2099-01-31T18:00:00Z
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9` until 2099-01-31T18:00:00Z
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
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      note: not examined: the policies of aliases and versions that the manifest does not name

    Result: 1 change made; every claim about the role is proved
    "#);
    stage.run(&["drift"]).expect(0);
    // The probes send the first ID, a wrong one and none: what becomes of these is the same at any time.
    stage.run(&["verify", "--level", "twin"]).expect(0);
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    stage.run(&["apply", "--yes"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

#[test]
fn an_end_that_somebody_put_off_is_a_refutation() {
    let stage = Stage::with(&moving(), State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
        .sandbox
        .change(|state| {
            for role in state.accounts.get_mut("123456789012").unwrap().roles.values_mut() {
                role.trust = role.trust.replace("2099-01-31", "2999-01-31");
            }
        })
        .unwrap();
    let drift = stage.run(&["drift"]).expect(4).stdout;
    let (_, claims) = drift.split_once("As it is in AWS").unwrap();
    insta::assert_snapshot!(claims, @"

      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with one of the external IDs `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      refuted    from 2099-01-31T18:00:00Z on nobody of another account can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
                 shown above
      proved     `arn:aws:iam::765628985471:root` can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9` until 2099-01-31T18:00:00Z
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role with the external ID `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9` until 2099-01-31T18:00:00Z
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Do this now
      1. rolecall apply
         rolecall writes what the manifest says

    Result: refuted: the trust policy lets in more than the manifest allows (1 difference) (exit code 4)
    ");
}

#[test]
fn the_guardrail_lets_in_every_organization_and_nobody_else() {
    let stage = Stage::with(&moving(), State::demo());
    let run = stage.run(&["render", "rcp", "--account", "123456789012"]).expect(0);
    assert!(run.stdout.contains(EXTERNAL_ID) && run.stdout.contains(OTHER), "{}", run.stdout);
    insta::assert_snapshot!(run.stderr, @"
    proved: whatever the role's trust policy says, no principal of an account, AWS service or identity provider can assume the role, except the trusted principals
    proved: whatever the role's trust policy says, nobody can assume the role without one of the external IDs `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9`
    proved: the policy does not stop `arn:aws:iam::765628985471:root` with the external ID (without session tags, source identity or context)
    proved: the policy does not stop `arn:aws:iam::123456789012:role/ci` with the external ID (without session tags, source identity or context)
    note: the claims hold where AWS applies the policy: in an account to which it is attached directly or through a unit or the root, but never in the organization's management account and never for a service-linked role
    ");
}

#[test]
fn a_time_that_has_passed_is_told() {
    let stage = Stage::with(&moving().replace("2099", "2019"), State::demo());
    insta::assert_snapshot!(stage.run(&["plan"]).expect(0).stderr, @"warning: the organization `0a1b2c3d-4e5f-4061-8273-8495a6b7c8d9` ended at 2019-01-31T18:00:00Z: AWS lets it in no more; remove its [[genesys.organization]] and apply, so that the trust policy says no more than it has to");
}
