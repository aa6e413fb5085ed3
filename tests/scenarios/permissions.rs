//! The shipped permissions are enough, and no more than is used.

use rolecall::sandbox::{Principal, State};

use super::stage::{ONE_TARGET, Stage, manifest};
use super::twin_policy::{look_everywhere, publish, unused};

/// A stage on which the user `verifier` has exactly one of the rendered policies.
fn stage_with(document: &str) -> Stage {
    let stage = Stage::with(&manifest(ONE_TARGET), State::demo());
    let rendered = stage
        .run(&["render", document, "--account", "123456789012", "--region", "us-east-1"])
        .expect(0)
        .stdout;
    stage
        .sandbox
        .change(|state| {
            let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("rolecall".to_owned(), rendered);
        })
        .unwrap();
    stage
}

#[test]
fn the_provisioner_policy_is_enough_to_apply_and_destroy() {
    let stage = stage_with("provisioner").acting_as(Principal::Verifier);
    stage.run(&["apply", "--yes"]).expect(0);
    let more = format!("{ONE_TARGET}\n[[target]]\nfunction = \"orders-status\"\n");
    stage.write("rolecall.toml", &manifest(&more));
    insta::assert_snapshot!(stage.run(&["apply", "--yes"]).whole(), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
                  arn:aws:lambda:us-east-1:123456789012:function:orders-status


    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      refuted    a session can invoke each of the 2 target functions
                 a session of the role cannot call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:orders-status`, because no statement allows it
      unknown    nobody outside the account reaches a target function without the role
                 the policy of `arn:aws:lambda:us-east-1:123456789012:function:orders-status` could not be read: lambda:GetPolicy failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: lambda:GetPolicy on resource: arn:aws:lambda:us-east-1:123456789012:function:orders-status because no identity-based policy allows the lambda:GetPolicy action (AccessDeniedException, request [id])
      error      P3: the policy `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` differs from the policy that was written
                 why: the default version of a managed policy decides, and it was changed (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html)
                 fix: write the policy again and make that version the default
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: rolecall did not check whether other principals may invoke the targets directly: the caller needs lambda:GetPolicy
      note: rolecall did not check whether the targets have public URLs: the caller needs lambda:ListFunctionUrlConfigs
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: refuted: a session cannot invoke every target; not decided: nobody outside the account reaches a target without the role; nothing was changed: lambda:GetFunctionConfiguration failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: lambda:GetFunctionConfiguration on resource: arn:aws:lambda:us-east-1:123456789012:function:orders-status because no identity-based policy allows the lambda:GetFunctionConfiguration action (AccessDeniedException, request [id]) (exit code 4)
    -- stderr
    error[E17]: nothing was changed: lambda:GetFunctionConfiguration failed: User: arn:aws:iam::123456789012:user/verifier is not authorized to perform: lambda:GetFunctionConfiguration on resource: arn:aws:lambda:us-east-1:123456789012:function:orders-status because no identity-based policy allows the lambda:GetFunctionConfiguration action (AccessDeniedException, request [id])
    hint: the caller needs the permission lambda:GetFunctionConfiguration; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies for rolecall
    ");
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    stage.run(&["destroy", "--yes"]).expect(0);
}

#[test]
fn the_verifier_policy_is_enough_to_look_and_not_to_touch() {
    let mut stage = stage_with("verifier");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.act_as(Principal::Verifier);
    stage.run(&["plan"]).expect(0);
    stage.run(&["drift"]).expect(0);
    let run = stage.run(&["verify"]);
    insta::assert_snapshot!(run.section("Verification"), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:iam::123456789012:user/verifier
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
      paper    analysers  live       claim
      proved   -          no info    nobody but the trusted principals can assume the role
      proved   -          no info    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role
      proved   -          -          `arn:aws:iam::123456789012:role/ci` can assume the role
      proved   confirmed  -          a session can do nothing but invoke the target functions
      proved   confirmed  -          a session can invoke the target function
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
      no info    4 probes show nothing about the role; -v lists them
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Result: every claim about the role is proved
    ");
    assert!(
        !run.stdout.contains("may not ask") && !run.stdout.contains("the caller needs"),
        "{}",
        run.stdout
    );
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
    stage.run(&["drift"]).expect(0);
}

#[test]
fn every_permission_of_the_verifier_policy_is_used() {
    let mut stage = stage_with("verifier");
    let policy = stage.run(&["render", "verifier", "--account", "123456789012", "--region", "us-east-1"]);
    let policy = policy.expect(0).json();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.act_as(Principal::Verifier);
    publish(&stage);
    stage.calls();
    stage.run(&["verify"]).expect(0);
    look_everywhere(&stage);
    // Many roles of an account are read together.
    for role in ["One", "Two", "Three", "Four"] {
        let text = manifest(ONE_TARGET).replace("GenesysDataActionRole", role);
        stage.write(&format!("many/{role}.toml"), &text);
    }
    stage.run(&["drift", "--file", "many/*.toml"]).expect(4);
    // Quotas are asked for only where the defaults are too small.
    assert_eq!(unused(&stage, &policy), ["iam:GetAccountSummary"]);
}

#[test]
fn without_permissions_the_missing_one_is_named() {
    let stage = Stage::new().acting_as(Principal::Nobody);
    // Which of the reads that go out together is refused first, nobody knows.
    insta::with_settings!({filters => [
        (r"perform: .* because .* action", "perform: [it]"),
        (r"\b(iam|sts|lambda):[A-Z]\w+", "[a read]"),
        (r"AccessDenied\w*", "AccessDenied"),
    ]}, {
        insta::assert_snapshot!(stage.run(&["plan"]).whole(), @"
        exit 1
        -- stdout
        account 123456789012, as arn:aws:iam::123456789012:user/nobody
        Role arn:aws:iam::123456789012:role/GenesysDataActionRole
          trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
          may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


        As it is in AWS
          unknown    nobody outside the account reaches a target function without the role
                     the policy of `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` could not be read: [a read] failed: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: [it] (AccessDenied, request [id])
          Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
          note: rolecall did not check whether other principals may invoke the targets directly: the caller needs [a read]
          note: rolecall did not check whether the targets have public URLs: the caller needs [a read]
          note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them
          note: not everything that a comparison needs could be read: the caller needs [a read]
          note: not everything that a comparison needs could be read: the caller needs [a read]

        Result: failed: not decided: nobody outside the account reaches a target without the role; [a read] failed: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: [it] (AccessDenied, request [id]) (exit code 1)
        -- stderr
        error[E17]: [a read] failed: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: [it] (AccessDenied, request [id])
        hint: the caller needs the permission [a read]; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies for rolecall
        ");
    });
}
