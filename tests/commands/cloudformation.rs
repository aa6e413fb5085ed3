//! `rolecall prove` on CloudFormation templates.

use super::{EXTERNAL_ID, FUNCTION, PRINCIPAL, results, rolecall};

const SECOND: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders-status";
const INTENT: [&str; 8] =
    ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION, "--target", SECOND];

#[test]
fn a_template_with_every_function_that_is_resolved() {
    let arguments = [&["prove", "cloudformation/role.yaml"][..], &INTENT].concat();
    // A stack can have other values than the defaults, so they prove nothing.
    insta::assert_snapshot!(rolecall(&arguments).section("Role"), @"
    exit 5
    -- stdout
    Role (CloudFormation template cloudformation/role.yaml)
      unknown    nobody but the trusted principals can assume the role
                 parameter `ExternalId` is not stated, and a stack can have another value than the default; state it with --parameter 'ExternalId=5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94'
      unknown    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 parameter `ExternalId` is not stated, and a stack can have another value than the default; state it with --parameter 'ExternalId=5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94'
      unknown    `arn:aws:iam::765628985471:root` can assume the role
                 parameter `ExternalId` is not stated, and a stack can have another value than the default; state it with --parameter 'ExternalId=5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94'
      unknown    a session can do nothing but invoke the target functions
                 parameter `Environment` is not stated, and a stack can have another value than the default; state it with --parameter 'Environment=production'
                 parameter `Functions` is not stated, and a stack can have another value than the default; state it with --parameter 'Functions=my-genesys-trigger-function, orders-status'
      unknown    a session can invoke each of the 2 target functions
                 parameter `Environment` is not stated, and a stack can have another value than the default; state it with --parameter 'Environment=production'
                 parameter `Functions` is not stated, and a stack can have another value than the default; state it with --parameter 'Functions=my-genesys-trigger-function, orders-status'
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: parameter Environment is taken at its default `production`
      note: parameter ExternalId is taken at its default `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      note: parameter Functions is taken at its default `my-genesys-trigger-function, orders-status`
    Result: unknown
    ");
    let external_id = format!("ExternalId={EXTERNAL_ID}");
    let stated =
        ["Environment=production", "Functions=my-genesys-trigger-function, orders-status", &external_id];
    let stated = stated.iter().flat_map(|parameter| ["--parameter", parameter]);
    let arguments: Vec<&str> = arguments.into_iter().chain(stated).collect();
    insta::assert_snapshot!(rolecall(&arguments).whole(), @"
    exit 0
    -- stdout
    Role (CloudFormation template cloudformation/role.yaml)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    ");
    // Another value of a parameter: the test environment has debugging policies.
    let run = rolecall(&[&arguments[..], &["--parameter", "Environment=test"]].concat());
    insta::assert_snapshot!(run.outline(), @"
    exit 4
    -- stdout
    Role (CloudFormation template cloudformation/role.yaml)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      refuted    a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      error      P9 (statement 1 of inline policy debug of Role): as shown above
      error      P6 (statement 1 of inline policy debug of Role): a session of the role can call `lambda:UpdateFunctionConfiguration` on `arn:aws:lambda:us-east-1:123456789012:function:x`, because statement 1 of `inline policy debug of Role` allows it
      error      P7 (statement 1 of inline policy debug of Role): a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-other`, because statement 1 of `inline policy debug of Role` allows it
      error      P9 (statement 1 of Debug): a session of the role can call `lambda:UpdateFunctionCode` on `arn:aws:lambda:us-east-1:123456789012:function:x`, because statement 1 of `Debug` allows it
      error      P6 (statement 1 of Debug): a session of the role can call `lambda:UpdateFunctionConfiguration` on `arn:aws:lambda:us-east-1:123456789012:function:x`, because statement 1 of `Debug` allows it
      error      P7 (statement 1 of Debug): a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-other`, because statement 1 of `Debug` allows it
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    ");
    rolecall(&[&arguments[..], &["--parameter", "ExternalId=0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46"]].concat())
        .expect(4);
    rolecall(&[&arguments[..], &["--parameter", "Functions=my-genesys-trigger-function,other"]].concat())
        .expect(0);
    let run = rolecall(&[&arguments[..], &["--parameter", "Enviroment=test"]].concat());
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E10]: cannot prove `cloudformation/role.yaml`: the template has no parameter `Enviroment`
    ");
}

/// The default of the parameter switches the condition off.
#[test]
fn a_condition_that_drops_the_external_id_is_seen() {
    let path = "cloudformation/optional-id.yaml";
    insta::assert_snapshot!(rolecall(&["prove", path]).whole(), @r#"
    exit 4
    -- stdout
    Role (CloudFormation template cloudformation/optional-id.yaml)
      unknown    nobody but the trusted principals can assume the role
                 parameter `ExternalId` is not stated, and a stack can have another value than the default; state it with --parameter 'ExternalId='
      refuted    no principal of another account can assume the role without an external ID
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      unknown    `arn:aws:iam::765628985471:root` can assume the role
                 parameter `ExternalId` is not stated, and a stack can have another value than the default; state it with --parameter 'ExternalId='
      proved     a session can do nothing but invoke the target functions
      error      T1 (statement 1 of the trust policy): as shown above
                 why: another customer of the vendor can make the vendor use this role (the confused deputy problem) (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID: add `"Condition": {"StringEquals": {"sts:ExternalId": "YOUR-ID"}}` to the statement
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: parameter ExternalId is taken at its default ``

    Result: refuted
    "#);
    let id = format!("ExternalId={EXTERNAL_ID}");
    rolecall(&["prove", path, "--parameter", &id, "--external-id", EXTERNAL_ID]).expect(0);
}

#[test]
fn what_is_unresolved_is_unknown_and_named() {
    let path = "cloudformation/unresolved.yaml";
    let proof = rolecall(&["prove", path, "--output", "json"]).expect(5).json();
    assert_eq!(results(&proof), ["unknown"]);
    let role = "/Resources/Role/Properties";
    let statement = format!("{role}/AssumeRolePolicyDocument/Statement/0");
    assert_eq!(
        proof["claims"][0]["reasons"],
        serde_json::json!([
            format!(
                "{statement}/Principal/AWS/Fn::Sub: `AWS::Partition` depends on where the stack is; state it with --parameter AWS::Partition=VALUE"
            ),
            format!(
                "{statement}/Principal/AWS/Fn::Sub: parameter `GenesysAccount` has no default; state it with --parameter GenesysAccount=VALUE"
            ),
            format!(
                "{statement}/Condition/StringEquals/sts:ExternalId/Ref: the value of `ExternalId` is in Parameter Store; state it with --parameter ExternalId=VALUE"
            ),
        ])
    );
    let external_id = format!("ExternalId={EXTERNAL_ID}");
    let stated = [
        "--parameter",
        "AWS::Partition=aws",
        "--parameter",
        "GenesysAccount=765628985471",
        "--parameter",
        &external_id,
    ];
    let run = rolecall(
        &[&["prove", path, "--principal", PRINCIPAL, "--external-id", EXTERNAL_ID][..], &stated].concat(),
    );
    insta::assert_snapshot!(run.whole(), @"
    exit 5
    -- stdout
    Role (CloudFormation template cloudformation/unresolved.yaml)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    what a session can do
                 /Resources/Role/Properties/Policies/0/PolicyDocument/Statement/0/Resource/Fn::GetAtt: `Function.Arn` is known only once the stack exists
                 arn:aws:iam::aws:policy/ReadOnlyAccess: its document is not in the template
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
}

/// What the AWS CDK synthesises: JSON with joins of pseudo parameters, and a default policy of its own.
#[test]
fn a_template_of_the_cdk() {
    let path = "cloudformation/cdk.json";
    insta::assert_snapshot!(rolecall(&["prove", path]).whole(), @"
    exit 5
    -- stdout
    GenesysRole8A3D4C7F (CloudFormation template cloudformation/cdk.json)
      unknown    who can assume the role
                 /Resources/GenesysRole8A3D4C7F/Properties/AssumeRolePolicyDocument/Statement/0/Principal/AWS/Fn::Join/1/1/Ref: `AWS::Partition` depends on where the stack is; state it with --parameter AWS::Partition=VALUE
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: its permissions were not judged, because who can assume it is not known; --target says what the role is for

    Result: unknown
    ");
    let stated = [
        "prove",
        path,
        "--parameter",
        "AWS::Partition=aws",
        "--parameter",
        "AWS::Region=us-east-1",
        "--parameter",
        "AWS::AccountId=123456789012",
        "--principal",
        PRINCIPAL,
        "--external-id",
        EXTERNAL_ID,
        "--target",
        FUNCTION,
    ];
    insta::assert_snapshot!(rolecall(&stated).whole(), @"
    exit 0
    -- stdout
    GenesysRole8A3D4C7F (CloudFormation template cloudformation/cdk.json)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    ");
    rolecall(&[&stated[..], &["--role", "GenesysDataActionRole"]].concat()).expect(0);
    rolecall(&[&stated[..], &["--role", "arn:aws:iam::123456789012:role/GenesysDataActionRole"]].concat())
        .expect(0);
}
