//! What `prove` makes of documents: those that IAM does not store, those whose kind is to be found out, and odd ones.

use serde_json::{Value, json};

use super::prove::{invoke, prove, trust};
use super::{EXTERNAL_ID, PRINCIPAL, rolecall};
use crate::scenarios::views::named;

/// What IAM does not store is said, whatever it would let somebody do.
#[test]
fn a_document_that_iam_does_not_store_is_refuted() {
    let statement = |change: Value| {
        let mut document = trust();
        let statement = document["Statement"][0].as_object_mut().unwrap();
        statement.extend(change.as_object().unwrap().clone());
        document
    };
    let root =
        |partition: &str| json!({"Principal": {"AWS": format!("arn:{partition}:iam::765628985471:root")}});
    let mut said = String::new();
    for change in [
        json!({"Resource": "*"}),
        json!({"NotResource": "*"}),
        json!({"Principal": "*"}),
        json!({"Principal": {"Federated": "*"}}),
        json!({"Principal": {"AWS": "arn:aws:iam::765628985471:role/*"}}),
        json!({"Action": ["sts:AssumeRole", "s3:GetObject"]}),
    ] {
        said += &named(&change, &prove(&statement(change.clone()), &[]).unproved());
    }
    insta::assert_snapshot!(said, @r#"
    === {"Resource":"*"}
    exit 4
    -- stdout
    Trust policy standard input
      unknown    nobody but the trusted principals can assume the role
                 a statement names a resource, and the role that the policy belongs to is not known
      unknown    principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 a statement names a resource, and the role that the policy belongs to is not known
      unknown    `arn:aws:iam::765628985471:root` can assume the role
                 a statement names a resource, and the role that the policy belongs to is not known
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy cannot have `Resource`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: remove the element: a trust policy always applies to its own role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: read as a trust policy: it has principals and is about assuming roles, though it has resources too
    Result: refuted
    === {"NotResource":"*"}
    exit 4
    -- stdout
    Trust policy standard input
      unknown    nobody but the trusted principals can assume the role
                 a statement names a resource, and the role that the policy belongs to is not known
      unknown    principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 a statement names a resource, and the role that the policy belongs to is not known
      unknown    `arn:aws:iam::765628985471:root` can assume the role
                 a statement names a resource, and the role that the policy belongs to is not known
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy cannot have `NotResource`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: remove the element: a trust policy always applies to its own role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: read as a trust policy: it has principals and is about assuming roles, though it has resources too
    Result: refuted
    === {"Principal":"*"}
    exit 4
    -- stdout
    Trust policy standard input
      refuted    nobody but the trusted principals can assume the role
                 any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name only the vendor's account, and your own principals that need the role, in `Principal`; delete a statement that is for nobody of them
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy cannot have `"Principal": "*"`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name accounts, roles, users, sessions, services or identity providers of the role's partition, each in full
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === {"Principal":{"Federated":"*"}}
    exit 4
    -- stdout
    Trust policy standard input
      error      G1 (statement 1 of the trust policy): IAM rejects this document: `*` under `Federated` does not name one principal
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name accounts, roles, users, sessions, services or identity providers of the role's partition, each in full
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === {"Principal":{"AWS":"arn:aws:iam::765628985471:role/*"}}
    exit 4
    -- stdout
    Trust policy standard input
      error      G1 (statement 1 of the trust policy): IAM rejects this document: `arn:aws:iam::765628985471:role/*` is not an account, a role, a user or a session
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name accounts, roles, users, sessions, services or identity providers of the role's partition, each in full
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === {"Action":["sts:AssumeRole","s3:GetObject"]}
    exit 4
    -- stdout
    Trust policy standard input
      error      G1 (statement 1 of the trust policy): IAM rejects this document: `s3:GetObject` is not an STS action that a trust policy may allow
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name the STS actions that the principals need, such as `sts:AssumeRole`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    "#);
    let mut twice = trust();
    twice["Statement"][0]["Sid"] = json!("Genesys");
    let copy = twice["Statement"][0].clone();
    twice["Statement"].as_array_mut().unwrap().push(copy);
    insta::assert_snapshot!(prove(&twice, &[]).whole(), @"
    exit 4
    -- stdout
    Trust policy standard input
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      error      G1 (statement 2 `Genesys` of the trust policy): IAM rejects this document: the statement ID `Genesys` is used twice
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: give every statement a unique ID of letters and digits
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    // Only a role says which partition is its own.
    prove(&statement(root("aws-cn")), &[]).expect(0);
    let role = json!({"Role": {"RoleName": "r", "Arn": "arn:aws:iam::123456789012:role/r",
        "AssumeRolePolicyDocument": statement(root("aws-cn"))}});
    insta::assert_snapshot!(prove(&role, &[]).whole(), @"
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/r (role description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws-cn:iam::765628985471:root` can assume the role
      error      G1 (statement 1 of the trust policy): IAM rejects this document: `arn:aws-cn:iam::765628985471:root` is not of the role's partition `aws`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name accounts, roles, users, sessions, services or identity providers of the role's partition, each in full
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    let mut permission = invoke();
    permission["Statement"][0]["Sid"] = json!("a b");
    insta::assert_snapshot!(prove(&permission, &[]).whole(), @"
    exit 4
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      error      G1 (statement 1 `a b` of the policy): IAM rejects this document: a statement ID has letters and digits only
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: give every statement a unique ID of letters and digits
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
    let mut old = invoke();
    old.as_object_mut().unwrap().remove("Version");
    insta::assert_snapshot!(prove(&old, &[]).whole(), @r#"
    exit 0
    -- stdout
    Identity policy standard input
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      note       G2: the document does not say `"Version": "2012-10-17"`
                 why: IAM stores a managed policy only with this version, and variables are plain text in an older one (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html)
                 fix: write `"Version": "2012-10-17"`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: proved
    "#);
}

#[test]
fn the_kind_of_a_policy_follows_from_what_is_in_it() {
    let statement = |statement: Value| json!({ "Version": "2012-10-17", "Statement": statement });
    let mut said = String::new();
    for (name, document) in [
        ("trust", trust()),
        ("invoke", invoke()),
        (
            "a resource, too",
            statement(
                json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*" }),
            ),
        ),
        ("no principal", statement(json!({ "Effect": "Allow", "Action": "sts:AssumeRole" }))),
        ("nothing", statement(json!([]))),
        (
            "a session of another role",
            statement(json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*" })),
        ),
    ] {
        said += &named(name, &prove(&document, &[]).unproved());
    }
    insta::assert_snapshot!(said, @r#"
    === trust
    exit 0
    -- stdout
    Trust policy standard input
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === invoke
    exit 0
    -- stdout
    Identity policy standard input
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === a resource, too
    exit 4
    -- stdout
    Trust policy standard input
      refuted    nobody but the trusted principals can assume the role
                 any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      refuted    no principal of another account can assume the role without an external ID
                 any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      error      T1 (statement 1 of the trust policy): as shown above
                 why: another customer of the vendor can make the vendor use this role (the confused deputy problem) (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID: add `"Condition": {"StringEquals": {"sts:ExternalId": "YOUR-ID"}}` to the statement
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name only the vendor's account, and your own principals that need the role, in `Principal`; delete a statement that is for nobody of them
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy cannot have `"Principal": "*"`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: name accounts, roles, users, sessions, services or identity providers of the role's partition, each in full
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy cannot have `Resource`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: remove the element: a trust policy always applies to its own role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: read as a trust policy: it has principals and is about assuming roles, though it has resources too
    Result: refuted
    === no principal
    exit 4
    -- stdout
    Trust policy standard input
      unknown    nobody but the trusted principals can assume the role
                 statement 1, /Statement/Principal: is missing, but a resource policy needs it
      unknown    no principal of another account can assume the role without an external ID
                 statement 1, /Statement/Principal: is missing, but a resource policy needs it
      error      G1 (statement 1 of the trust policy): IAM rejects this document: a trust policy needs `Principal`
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: write a statement, or remove the policy
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: read as a trust policy: it is about assuming roles, though it has no principals
    Result: refuted
    === nothing
    exit 4
    -- stdout
    Identity policy standard input
      error      G1: IAM rejects this document: a policy needs at least one statement
                 why: applying it fails with an error from AWS, and the previous policy stays in force (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html)
                 fix: write a statement, or remove the policy
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: read as an identity policy: it has no principals and is not about assuming roles
    Result: refuted
    === a session of another role
    exit 4
    -- stdout
    Identity policy standard input
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `sts:AssumeRole` on `arn:aws:iam::111122223333:role/another-role`, because statement 1 of `the policy` allows it
      error      P9 (statement 1 of the policy): as shown above
                 why: with this action, a session can change policies or code, or become another principal (https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
                 fix: remove the action; an administrator or a pipeline makes such changes
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    "#);
    let bucket = statement(
        json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }),
    );
    insta::assert_snapshot!(prove(&bucket, &[]).whole(), @"
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it is the policy of a resource, not of a role: statements have both Principal and Resource, and none allows sts:AssumeRole
    ");
}

/// What the prover does not know makes the answer unknown, never proved.
#[test]
fn an_unknown_operator_is_inconclusive() {
    let mut odd = trust();
    odd["Statement"][0]["Condition"]["StringSounds"] = json!({ "aws:PrincipalArn": "x" });
    let run = prove(&odd, &["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID]);
    insta::assert_snapshot!(run.whole(), @"
    exit 5
    -- stdout
    Trust policy standard input
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      unknown    `arn:aws:iam::765628985471:root` can assume the role
                 statement 1, /Statement/0/Condition/StringSounds/aws:PrincipalArn: `StringSounds` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::765628985471:role/another-role`; AWS does not say how this operator reads this value, so this cannot be decided
                 statement 1, /Statement/0/Condition/StringSounds/aws:PrincipalArn: `StringSounds` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::765628985471:role/x-other/x-other`; AWS does not say how this operator reads this value, so this cannot be decided
                 statement 1, /Statement/0/Condition/StringSounds/aws:PrincipalArn: `StringSounds` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::765628985471:user/another-user`; AWS does not say how this operator reads this value, so this cannot be decided
                 statement 1, /Statement/0/Condition/StringSounds/aws:PrincipalArn: `StringSounds` on aws:PrincipalArn is not a known operator; the request has `arn:aws:iam::765628985471:user/x-other/x-other`; AWS does not say how this operator reads this value, so this cannot be decided
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
}

#[test]
fn options_that_are_wrong() {
    let mut said = String::new();
    for arguments in [
        ["--principal", "me"],
        ["--principal", "12345"],
        ["--external-id", "x"],
        ["--target", "my-function"],
        ["--parameter", "x"],
        ["--output", "yaml"],
        ["--role", "Other"],
        ["--parameter", "A=b"],
    ] {
        said += &named(arguments.join(" "), &prove(&trust(), &arguments).whole());
    }
    insta::assert_snapshot!(said, @"
    === --principal me
    exit 2
    -- stderr
    error[E1]: invalid value 'me' for '--principal <ARN>': `me` is not a principal: give the ARN of a role, session, user or provider, or a service such as `lambda.amazonaws.com`

    For more information, try '--help'.
    === --principal 12345
    exit 2
    -- stderr
    error[E1]: invalid value '12345' for '--principal <ARN>': `12345` is not a principal: give the ARN of a role, session, user or provider, or a service such as `lambda.amazonaws.com`

    For more information, try '--help'.
    === --external-id x
    exit 2
    -- stderr
    error[E1]: invalid value 'x' for '--external-id <ID>': `x` is not an external ID: must be 2–1224 letters, digits or any of `_+=,.@:/-`

    For more information, try '--help'.
    === --target my-function
    exit 2
    -- stderr
    error[E1]: invalid value 'my-function' for '--target <ARN>': `my-function` is not a Lambda function ARN: expected `arn:aws:lambda:us-east-1:123456789012:function:name`, with or without `:alias` or `:version`

    For more information, try '--help'.
    === --parameter x
    exit 2
    -- stderr
    error[E1]: invalid value 'x' for '--parameter <NAME=VALUE>': must be NAME=VALUE

    For more information, try '--help'.
    === --output yaml
    exit 2
    -- stderr
    error[E1]: invalid value 'yaml' for '--output <FORMAT>'
      [possible values: human, json, sarif, junit, github, markdown]

    For more information, try '--help'.
    === --role Other
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: it contains no role `Other`; it contains `the policy`
    === --parameter A=b
    exit 2
    -- stderr
    error[E10]: cannot prove standard input: only a CloudFormation template has parameters, but this is a Trust policy
    ");
    insta::assert_snapshot!(rolecall(&["prove"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: the following required arguments were not provided:
      <FILE>

    Usage: rolecall prove <FILE>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(rolecall(&["prove", "gone.json"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read `gone.json`: No such file or directory (os error [number])
    ");
}
