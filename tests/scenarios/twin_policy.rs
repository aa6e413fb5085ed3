//! The policy that `render twin` prints: enough for a twin and the sweep, and none of it for nothing.

use rolecall::sandbox::{State, Tamper};
use serde_json::{Value, json};

use super::stage::{ROLE, Stage};
use super::twin::{ACCOUNT, TWIN, with_twin_policy};
use super::views::named;

fn without(action: &str) -> impl Fn(&mut Value) {
    move |policy| {
        for statement in policy["Statement"].as_array_mut().unwrap() {
            let is_twins = statement["Sid"] == "Twin";
            if let (true, Some(actions)) = (is_twins, statement["Action"].as_array_mut()) {
                actions.retain(|known| known != action);
            }
        }
    }
}

#[test]
fn the_twin_policy_is_enough_for_the_twin_and_the_sweep() {
    let stage = with_twin_policy(|_| ());
    let run = stage.run(&TWIN);
    insta::assert_snapshot!(run.section("Twin"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let arn:aws:iam::123456789012:user/verifier assume the twin in place of Genesys Cloud
      confirmed  sts:AssumeRole without an external ID: denied
                 AWS refused arn:aws:iam::123456789012:user/verifier in place of Genesys Cloud
      confirmed  sts:AssumeRole with a wrong external ID: denied
                 AWS refused arn:aws:iam::123456789012:user/verifier in place of Genesys Cloud
      confirmed  sts:AssumeRole with the correct external ID, different letter case: denied
                 AWS refused arn:aws:iam::123456789012:user/verifier in place of Genesys Cloud
      confirmed  sts:AssumeRole with only the beginning of the external ID: denied
                 AWS refused arn:aws:iam::123456789012:user/verifier in place of Genesys Cloud
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
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Result: every claim about the role is proved
    ");
    assert!(
        !run.stdout.contains("may not ask") && !run.stdout.contains("the caller needs"),
        "{}",
        run.stdout
    );
    insta::assert_snapshot!(stage.run(&["verify", "--sweep"]).whole(), @"
    exit 0
    -- stdout
    No twins of role GenesysDataActionRole were found.

    Result: 0 twins removed
    ");
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    No changes: AWS matches the manifest.
    Verification
    Result: no changes; every claim about the role is proved
    ");
    insta::assert_snapshot!(stage.run(&["destroy", "--yes"]).outline(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role GenesysDataActionRole
      - detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole
      - delete policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      - delete role GenesysDataActionRole
    0 to create, 0 to change, 3 to delete.
    Result: failed: could not detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole: iam:DetachRolePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:DetachRolePolicy on resource: role GenesysDataActionRole because no identity-based policy allows the iam:DetachRolePolicy action (AccessDenied, request [id]) (exit code 1)
    -- stderr
    error[E17]: could not detach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke from GenesysDataActionRole: iam:DetachRolePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:DetachRolePolicy on resource: role GenesysDataActionRole because no identity-based policy allows the iam:DetachRolePolicy action (AccessDenied, request [id])
      nothing was changed
      not tried:
    hint: the caller needs the permission iam:DetachRolePolicy; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies for rolecall; then repeat the command; it reads what is there, and goes on from that
    ");
}

/// Whoever can write a policy on a role that he can assume can do everything, so the twin policy does not let its
/// holder do that; a role with others' policies then has no twin.
#[test]
fn the_twin_policy_gives_the_twin_none_but_our_policies() {
    let mut said = String::new();
    for kind in [Tamper::ExtraInlinePolicy, Tamper::ExtraManagedPolicy] {
        let stage = with_twin_policy(|_| ());
        stage.tamper(kind);
        let before = stage.sandbox.state();
        let run = stage.run(&[&TWIN[..], &["--output", "json"]].concat()).expect(4);
        assert_eq!(run.json()["verification"]["twin"]["outcome"], "refused");
        assert_eq!(stage.sandbox.state().accounts, before.accounts);
        said += &named(kind.name(), &run.standard_error());
    }
    insta::assert_snapshot!(said, @"
    === extra-inline-policy
    exit 4
    -- stderr
      ✓ create role GenesysDataActionRole-twin-[random]
      ✓ nothing to do: delete inline policy of GenesysDataActionRole-twin-[random] (not found)
      ✓ delete role GenesysDataActionRole-twin-[random]
    error[E17]: could not create the twin: iam:PutRolePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:PutRolePolicy on resource: role GenesysDataActionRole-twin-[random] because no identity-based policy allows the iam:PutRolePolicy action (AccessDenied, request [id])
    hint: a twin needs every policy that is on the role; `rolecall render twin` permits only those that rolecall made, so remove the others, or run this with iam:PutRolePolicy on the twin
    === extra-managed-policy
    exit 4
    -- stderr
      ✓ create role GenesysDataActionRole-twin-[random]
      ✓ nothing to do: detach arn:aws:iam::123456789012:policy/Sneaky from GenesysDataActionRole-twin-[random] (not found)
      ✓ delete role GenesysDataActionRole-twin-[random]
    error[E17]: could not create the twin: iam:AttachRolePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:AttachRolePolicy on resource: role GenesysDataActionRole-twin-[random] because no identity-based policy allows the iam:AttachRolePolicy action (AccessDenied, request [id])
    hint: a twin needs every policy that is on the role; `rolecall render twin` permits only those that rolecall made, so remove the others, or run this with iam:AttachRolePolicy on the twin
    ");
}

#[test]
fn a_twin_that_could_not_be_removed_is_not_made() {
    let mut said = String::new();
    for action in ["iam:DeleteRole", "iam:DetachRolePolicy"] {
        let stage = with_twin_policy(without(action));
        said += &named(action, &stage.run(&TWIN).headlines());
        assert!(stage.calls().iter().all(|call| call.action != "CreateRole"), "{action}");
    }
    insta::assert_snapshot!(said, @"
    === iam:DeleteRole
    exit 5
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Result: undecided: no twin was created, because rolecall might not be able to delete it: iam:DeleteRole failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:DeleteRole on resource: role GenesysDataActionRole-twin-[random] because no identity-based policy allows the iam:DeleteRole action (AccessDenied, request [id]) (exit code 5)
    -- stderr
    error[E17]: no twin was created, because rolecall might not be able to delete it: iam:DeleteRole failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:DeleteRole on resource: role GenesysDataActionRole-twin-[random] because no identity-based policy allows the iam:DeleteRole action (AccessDenied, request [id])
    hint: the caller needs the permission iam:DeleteRole; `rolecall render twin` prints the least that a twin needs
    === iam:DetachRolePolicy
    exit 5
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Result: undecided: no twin was created, because rolecall might not be able to delete it: iam:DetachRolePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:DetachRolePolicy on resource: role GenesysDataActionRole-twin-[random] because no identity-based policy allows the iam:DetachRolePolicy action (AccessDenied, request [id]) (exit code 5)
    -- stderr
    error[E17]: no twin was created, because rolecall might not be able to delete it: iam:DetachRolePolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: iam:DetachRolePolicy on resource: role GenesysDataActionRole-twin-[random] because no identity-based policy allows the iam:DetachRolePolicy action (AccessDenied, request [id])
    hint: the caller needs the permission iam:DetachRolePolicy; `rolecall render twin` prints the least that a twin needs
    ");
}

/// The permissions of a rendered policy for which the stage's calls since then have no use. The sandbox is no Access
/// Analyzer and has no organization: that these permissions are used, and no others, is shown in `analysers` and in
/// `organization`.
pub(super) fn unused(stage: &Stage, policy: &Value) -> Vec<String> {
    let actions =
        policy["Statement"].as_array().unwrap().iter().flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        });
    let calls = stage.calls();
    let is_used = |action: &String| calls.iter().any(|call| action.split_once(':').unwrap().1 == call.action);
    let elsewhere = |action: &String| {
        action.starts_with("access-analyzer:")
            || (action.starts_with("organizations:") && action != "organizations:DescribeOrganization")
    };
    let actions = actions.map(|action| action.as_str().unwrap().to_owned());
    let actions = actions.filter(|action| !is_used(action) && !elsewhere(action));
    let unused: std::collections::BTreeSet<_> = actions.collect();
    unused.into_iter().collect()
}

/// Gives the target a policy of its own: only then is it asked for URLs.
pub(super) fn publish(stage: &Stage) {
    let document = json!({"Version": "2012-10-17", "Statement": [{"Sid": "schedule", "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/nightly"}},
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"}]});
    let publish = |state: &mut State| {
        let functions = state.accounts.get_mut(ACCOUNT).unwrap().functions.get_mut("us-east-1").unwrap();
        functions.get_mut("my-genesys-trigger-function").unwrap().policies.insert(String::new(), document);
    };
    stage.sandbox.change(publish).unwrap();
}

/// Looks at a role with an inline policy on it, and at a target whose function is gone.
pub(super) fn look_everywhere(stage: &Stage) {
    stage.sandbox.change(|state| Tamper::ExtraInlinePolicy.apply(state, ROLE)).unwrap().unwrap();
    stage.run(&["verify", "--level", "paper"]).expect(4);
    stage.sandbox.change(|state| Tamper::FunctionDeleted.apply(state, ROLE)).unwrap().unwrap();
    insta::allow_duplicates! {
        insta::assert_snapshot!(stage.run(&["verify", "--level", "paper"]).whole(), @"
        exit 4
        -- stdout
        account 123456789012, as arn:aws:iam::123456789012:user/verifier
        Role arn:aws:iam::123456789012:role/GenesysDataActionRole
          trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
          may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

        Verification
          proved     nobody but the trusted principals can assume the role
          proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
          proved     `arn:aws:iam::765628985471:root` can assume the role
          proved     `arn:aws:iam::123456789012:role/ci` can assume the role
          refuted    a session can do nothing but invoke the target functions
                     a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it
          refuted    a session can invoke the target function
                     no function `my-genesys-trigger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function-test`, `customer-lookup`, `orders-status`
          proved     nobody outside the account reaches a target function without the role
          error      P2: the inline policy `sneaky` does not belong to the role: a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it
                     why: inline policies are easy to overlook, and add to the attached policies (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
                     fix: delete the inline policy, once other policies of the role allow every target
          Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
          note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

        Do this now
          1. rolecall apply --remove-foreign --allow-claim every-target
             rolecall writes what the manifest says; --remove-foreign takes the policies of others off the role; --allow-claim lets it do so although a target function is missing
          2. deploy the function, or correct the [[target]]: arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

        Result: refuted: a session can do more than invoke the targets; a target function is missing (exit code 4)
        ");
    }
}

#[test]
fn every_permission_of_the_twin_policy_is_used() {
    let stage = with_twin_policy(|_| ());
    let policy =
        stage.run(&["render", "twin", "--account", ACCOUNT, "--region", "us-east-1"]).expect(0).json();
    publish(&stage);
    stage.calls();
    stage.run(&TWIN).expect(0);
    stage.act_left_behind();
    insta::assert_snapshot!(stage.run(&["verify", "--sweep"]).whole(), @"
    exit 0
    -- stdout
    1 twin of role GenesysDataActionRole removed.

    Result: 1 twin removed
    -- stderr
      ✓ delete inline policy of GenesysDataActionRole-twin-[random]
      ✓ delete role GenesysDataActionRole-twin-[random]
    ");
    look_everywhere(&stage);
    // The tags are sent with CreateRole, and quotas are asked for only where the defaults are too small.
    assert_eq!(unused(&stage, &policy), ["iam:GetAccountSummary", "iam:TagRole"]);
}
