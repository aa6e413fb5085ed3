//! Every way onto a role that a Terraform plan or state shows.

use serde_json::{Value, json};

use super::terraform::{prove, tree};
use super::{ALIAS, FUNCTION};
use crate::scenarios::views::named;

/// The last refresh saw a wide managed policy and an old inline policy on the role; the plan takes both off.
#[test]
fn what_the_plan_removes_does_not_count() {
    let plan = tree("detach-plan.json");
    insta::assert_snapshot!(prove(&plan, &["--target", FUNCTION]).whole(), @"
    exit 0
    -- stdout
    aws_iam_role.genesys (Terraform plan standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    ");
    let mut kept = plan.clone();
    for change in kept["resource_changes"].as_array_mut().unwrap() {
        if change["address"] == "aws_iam_role_policy_attachment.wide" {
            change["change"]["actions"] = json!(["no-op"]);
        }
    }
    insta::assert_snapshot!(prove(&kept, &["--target", FUNCTION]).whole(), @"
    exit 5
    -- stdout
    aws_iam_role.genesys (Terraform plan standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    what a session can do
                 arn:aws:iam::123456789012:policy/wide: its document is not in the file
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
    let mut kept = plan;
    for change in kept["resource_changes"].as_array_mut().unwrap() {
        if change["address"] == "aws_iam_role_policy.old" {
            change["change"]["actions"] = json!(["no-op"]);
        }
    }
    insta::assert_snapshot!(prove(&kept, &["--target", FUNCTION]).whole(), @"
    exit 4
    -- stdout
    aws_iam_role.genesys (Terraform plan standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `inline policy old of aws_iam_role.genesys` allows it
      proved     a session can invoke the target function
      error      P6 (statement 1 of inline policy old of aws_iam_role.genesys): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
}

/// The state of the clean role, after a change.
#[test]
fn every_way_onto_a_role_counts() {
    let wide = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let role = "GenesysDataActionRole";
    let resource = |kind: &str, values: Value| json!({ "address": format!("{kind}.x"), "mode": "managed", "type": kind, "name": "x", "values": values });
    let policy = |mode: &str| {
        let mut policy =
            resource("aws_iam_policy", json!({ "arn": "arn:aws:iam::aws:policy/Wide", "policy": wide }));
        policy["mode"] = json!(mode);
        policy
    };
    let attachment = resource(
        "aws_iam_role_policy_attachment",
        json!({ "role": role, "policy_arn": "arn:aws:iam::aws:policy/Wide" }),
    );
    let own = |values: Value| resource("aws_iam_role_policy", values);
    let rows: [(&str, Vec<Value>); 9] = [
        ("a policy that nothing attaches", vec![policy("managed")]),
        ("an attached policy", vec![policy("managed"), attachment.clone()]),
        ("an attached policy that is read", vec![policy("data"), attachment.clone()]),
        ("an attached policy that is elsewhere", vec![attachment]),
        ("an inline policy", vec![own(json!({ "role": role, "name": "n", "policy": wide }))]),
        ("another role's policy", vec![own(json!({ "role": "other", "name": "n", "policy": wide }))]),
        (
            "an exclusive attachment",
            vec![
                policy("managed"),
                resource(
                    "aws_iam_policy_attachment",
                    json!({ "roles": ["other", role], "policy_arn": "arn:aws:iam::aws:policy/Wide" }),
                ),
            ],
        ),
        ("no document", vec![own(json!({ "role": role, "name": "n", "policy": "{" }))]),
        ("no policy", vec![own(json!({ "role": role, "name": "n" }))]),
    ];
    let arguments = ["--target", FUNCTION, "--target", ALIAS];
    let mut said = String::new();
    for (name, resources) in rows {
        let mut state = tree("role-state.json");
        state["values"]["root_module"]["resources"].as_array_mut().unwrap().extend(resources);
        said += &named(name, &prove(&state, &arguments).unproved());
    }
    insta::assert_snapshot!(said, @"
    === a policy that nothing attaches
    exit 0
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === an attached policy
    exit 4
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `aws_iam_policy.x` allows it
      error      P6 (statement 1 of aws_iam_policy.x): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === an attached policy that is read
    exit 4
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `aws_iam_policy.x` allows it
      error      P6 (statement 1 of aws_iam_policy.x): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === an attached policy that is elsewhere
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    what a session can do
                 arn:aws:iam::aws:policy/Wide: its document is not in the file
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === an inline policy
    exit 4
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `aws_iam_role_policy.x` allows it
      error      P6 (statement 1 of aws_iam_role_policy.x): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === another role's policy
    exit 0
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === an exclusive attachment
    exit 4
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `aws_iam_policy.x` allows it
      error      P6 (statement 1 of aws_iam_policy.x): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === no document
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    what a session can do
                 aws_iam_role_policy.x: `policy` is not a policy document: the document: not JSON: EOF while parsing an object at line 1 column 1
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === no policy
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    what a session can do
                 aws_iam_role_policy.x: `policy` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    ");
    let mut said = String::new();
    for (attribute, value) in [
        ("managed_policy_arns", json!(["arn:aws:iam::aws:policy/Wide"])),
        ("inline_policy", json!([{ "name": "n", "policy": wide }])),
        ("permissions_boundary", json!("arn:aws:iam::aws:policy/Wide")),
        ("permissions_boundary", json!("")),
        ("assume_role_policy", json!("{}")),
        ("assume_role_policy", Value::Null),
        ("max_session_duration", json!(43200)),
    ] {
        let mut state = tree("role-state.json");
        let resources = state["values"]["root_module"]["resources"].as_array_mut().unwrap();
        let role = resources.iter_mut().find(|resource| resource["type"] == "aws_iam_role").unwrap();
        role["values"][attribute] = value.clone();
        said += &named(format!("{attribute}: {value}"), &prove(&state, &arguments).unproved());
    }
    insta::assert_snapshot!(said, @r#"
    === managed_policy_arns: ["arn:aws:iam::aws:policy/Wide"]
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    what a session can do
                 arn:aws:iam::aws:policy/Wide: its document is not in the file
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === inline_policy: [{"name":"n","policy":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"}}"}]
    exit 4
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of `inline policy n of aws_iam_role.genesys_data_actions` allows it
      error      P6 (statement 1 of inline policy n of aws_iam_role.genesys_data_actions): as shown above
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === permissions_boundary: "arn:aws:iam::aws:policy/Wide"
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    what a session can do
                 arn:aws:iam::aws:policy/Wide: its document is not in the file
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === permissions_boundary: ""
    exit 0
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === assume_role_policy: "{}"
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    who can assume the role
                 aws_iam_role.genesys_data_actions: `assume_role_policy` is not a policy document: the document: `Statement` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === assume_role_policy: null
    exit 5
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      unknown    who can assume the role
                 aws_iam_role.genesys_data_actions: `assume_role_policy` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === max_session_duration: 43200
    exit 0
    -- stdout
    aws_iam_role.genesys_data_actions (Terraform state standard input)
      note       T22: a session can last 43200 seconds
                 why: a stolen session stays valid until it expires; role chaining limits sessions to one hour anyway (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
                 fix: set the maximum session duration to 3600 seconds, if no caller needs longer sessions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    "#);
}
