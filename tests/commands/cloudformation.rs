//! `rolecall prove` on CloudFormation templates.

use super::{EXTERNAL_ID, FUNCTION, PRINCIPAL, results, rolecall};

const SECOND: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders-status";
const INTENT: [&str; 8] =
    ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION, "--target", SECOND];

#[test]
fn a_template_with_every_function_that_is_resolved() {
    let arguments = [&["prove", "cloudformation/role.yaml"][..], &INTENT].concat();
    // A stack can have other values than the defaults, so they prove nothing.
    rolecall(&arguments)
        .expect(5)
        .says("unknown    nobody but the trusted principals can assume the role")
        .says(&format!("state it with --parameter 'ExternalId={EXTERNAL_ID}'"))
        .says("note: parameter Environment is taken at its default `production`");
    let external_id = format!("ExternalId={EXTERNAL_ID}");
    let stated =
        ["Environment=production", "Functions=my-genesys-trigger-function, orders-status", &external_id];
    let stated = stated.iter().flat_map(|parameter| ["--parameter", parameter]);
    let arguments: Vec<&str> = arguments.into_iter().chain(stated).collect();
    insta::assert_snapshot!(rolecall(&arguments).expect(0).stdout);
    // Another value of a parameter: the test environment has debugging policies.
    rolecall(&[&arguments[..], &["--parameter", "Environment=test"]].concat())
        .expect(4)
        .says("statement 1 of `inline policy debug of Role` allows it")
        .says("statement 1 of Debug");
    rolecall(&[&arguments[..], &["--parameter", "ExternalId=0d9c7f52-3b1e-4f6a-8c2d-7e5a9b1f3c46"]].concat())
        .expect(4);
    rolecall(&[&arguments[..], &["--parameter", "Functions=my-genesys-trigger-function,other"]].concat())
        .expect(0);
    rolecall(&[&arguments[..], &["--parameter", "Enviroment=test"]].concat())
        .expect(2)
        .says("the template has no parameter `Enviroment`");
}

/// The default of the parameter switches the condition off.
#[test]
fn a_condition_that_drops_the_external_id_is_seen() {
    let path = "cloudformation/optional-id.yaml";
    rolecall(&["prove", path])
        .expect(4)
        .says("without an external ID, because statement 1 allows it and asks for no external ID")
        .says("note: parameter ExternalId is taken at its default ``");
    let id = format!("ExternalId={EXTERNAL_ID}");
    rolecall(&["prove", path, "--parameter", &id, "--external-id", EXTERNAL_ID]).expect(0);
}

#[test]
fn what_is_unresolved_is_unknown_and_named() {
    let path = "cloudformation/unresolved.yaml";
    let proof = rolecall(&["prove", path, "--output", "json"]).expect(5).json();
    assert_eq!(results(&proof), ["unknown", "unknown"]);
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
    rolecall(&[&["prove", path, "--principal", PRINCIPAL, "--external-id", EXTERNAL_ID][..], &stated].concat())
        .expect(5)
        .says("proved     the trusted principals can assume the role only with the external ID")
        .says(&format!("{role}/Policies/0/PolicyDocument/Statement/0/Resource/Fn::GetAtt: `Function.Arn` is known only once the stack exists"))
        .says("arn:aws:iam::aws:policy/ReadOnlyAccess: its document is not in the template");
}

/// What the AWS CDK synthesises: JSON with joins of pseudo parameters, and a default policy of its own.
#[test]
fn a_template_of_the_cdk() {
    let path = "cloudformation/cdk.json";
    rolecall(&["prove", path]).expect(5).says("`AWS::AccountId` depends on where the stack is");
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
    rolecall(&stated).expect(0).says("Result: proved");
    rolecall(&[&stated[..], &["--role", "GenesysDataActionRole"]].concat()).expect(0);
    rolecall(&[&stated[..], &["--role", "arn:aws:iam::123456789012:role/GenesysDataActionRole"]].concat())
        .expect(0);
}
