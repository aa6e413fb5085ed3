//! Boundaries, conditions, data, other accounts, and documents that are missing.

use serde_json::{Value, json};

use super::{ACCOUNT, Account, allow, arn, deny, policy_arn, service, trust, vendor, when};

fn inline(statements: Value) -> Value {
    json!([{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}])
}

fn everything() -> Value {
    json!([allow(json!("*"), json!("*"))])
}

/// One role alone.
fn alone(statements: Value) -> String {
    Account::new().role("role", vendor(), statements).told("role")
}

#[test]
fn an_administrator_is_whoever_is_refused_nothing_that_tells() {
    insta::assert_snapshot!(alone(everything()), @"Administrator");
    let split = json!([allow(json!("iam:*"), json!("*")), {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]);
    insta::assert_snapshot!(alone(split), @"Administrator");
    let harmless =
        json!([allow(json!("*"), json!("*")), deny(json!("s3:DeleteBucket"), json!("arn:aws:s3:::audit"))]);
    insta::assert_snapshot!(alone(harmless), @"Administrator");
    let without_iam =
        json!([{"Effect": "Allow", "NotAction": ["iam:*", "sts:*", "organizations:*"], "Resource": "*"}]);
    insta::assert_snapshot!(alone(without_iam).lines().take(3).collect::<Vec<_>>().join("\n"), @"
    Data
    data: s3:GetObject s3:::any-bucket/any on all
    data: s3:GetObjectVersion s3:::any-bucket/any on all
    ");
    let with_mfa =
        json!([when(allow(json!("*"), json!("*")), json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}))]);
    insta::assert_snapshot!(alone(with_mfa).lines().take(3).collect::<Vec<_>>().join("\n"), @"
    Nothing, perhaps Administrator
    perhaps: make a role and attach a policy -> a new administrator (Administrator): iam:CreateRole role/any aws:MultiFactorAuthPresent=true, iam:AttachRolePolicy role/any aws:MultiFactorAuthPresent=true iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess [if aws:MultiFactorAuthPresent=true]
    step: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/role aws:MultiFactorAuthPresent=true iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess [if aws:MultiFactorAuthPresent=true]
    ");
    let elsewhere = json!([
        allow(json!("*"), json!("*")),
        when(
            deny(json!("*"), json!("*")),
            json!({"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}})
        )
    ]);
    insta::assert_snapshot!(alone(elsewhere).lines().take(3).collect::<Vec<_>>().join("\n"), @"
    Data, perhaps Escalates
    step: assume a role -> elsewhere * (Escalates): sts:AssumeRole iam::999999999999:role/any aws:RequestedRegion=eu-central-1 [if the other account lets it in]
    data: s3:GetObject s3:::any-bucket/any aws:RequestedRegion=eu-central-1 on * but * under conditions
    ");
}

#[test]
fn data_is_told_with_its_resources() {
    let statements = json!([
        allow(json!("s3:Get*"), json!(["arn:aws:s3:::reports/*", "arn:aws:s3:::reports"])),
        deny(json!("s3:*"), json!("arn:aws:s3:::reports/secret/*")),
        allow(json!("dynamodb:*"), json!("*")),
        allow(
            json!("secretsmanager:GetSecretValue"),
            json!(format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-??????"))
        ),
        when(
            allow(json!("sqs:ReceiveMessage"), json!("*")),
            json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
        ),
        when(
            allow(json!("ssm:GetParameter"), json!("*")),
            json!({"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}})
        ),
        allow(json!("kms:Decrypt"), json!("*")),
    ]);
    insta::assert_snapshot!(alone(statements), @"
    Data
    data: s3:GetObject s3:::reports/other on s3:::reports, s3:::reports/* but s3:::reports/secret/*
    data: s3:GetObjectVersion s3:::reports/other on s3:::reports, s3:::reports/* but s3:::reports/secret/*
    data: dynamodb:GetItem dynamodb::table/any on all
    data: dynamodb:BatchGetItem dynamodb::table/any on all
    data: dynamodb:Query dynamodb::table/any on all
    data: dynamodb:Scan dynamodb::table/any on all
    data: dynamodb:PutItem dynamodb::table/any on all
    data: dynamodb:DeleteItem dynamodb::table/any on all
    data: secretsmanager:GetSecretValue secretsmanager:eu-west-1:123456789012:secret:db-xxxxxx on secretsmanager:eu-west-1:123456789012:secret:db-??????
    data: kms:Decrypt kms::key/any on all [if there is a key whose policy leaves the decision to the account]
    data: sqs:ReceiveMessage sqs::any aws:SourceIp=203.0.113.7 on * under conditions [if aws:SourceIp=203.0.113.7]
    doubt: `ssm:GetParameter`: it depends on values of the request that depend on each other
    ");
    insta::assert_snapshot!(alone(json!([allow(json!("cloudwatch:PutMetricData"), json!("*"))])), @"Other");
    insta::assert_snapshot!(alone(json!([allow(json!(["s3:GetObject"]), json!("arn:aws:s3:::reports"))])), @"Other");
}

#[test]
fn a_boundary_cuts_and_what_it_cuts_is_told() {
    let boundary = |statements: Value| {
        Account::new()
            .policy("limit", statements)
            .detailed("role", vendor(), inline(everything()), &[], Some("limit"))
            .told("role")
    };
    insta::assert_snapshot!(boundary(json!([allow(json!("s3:GetObject"), json!("*"))])), @"
    Data
    without boundary: Administrator
    data: s3:GetObject s3:::any-bucket/any on all
    ");
    insta::assert_snapshot!(boundary(everything()), @"Administrator");
    // It may give itself every policy, and that makes no difference.
    insta::assert_snapshot!(boundary(json!([allow(json!(["iam:*Policy", "logs:*"]), json!("*"))])), @"
    Data
    without boundary: Administrator
    data: logs:GetLogEvents logs::log-group:any on all
    data: logs:FilterLogEvents logs::log-group:any on all
    data: logs:StartQuery logs::log-group:any on all
    ");
    // It may take its boundary away.
    insta::assert_snapshot!(boundary(json!([allow(json!("iam:DeleteRolePermissionsBoundary"), json!("*"))])), @"
    Administrator
    way: remove its own boundary -> itself (Administrator): iam:DeleteRolePermissionsBoundary role/role iam:PermissionsBoundary=arn:aws:iam::123456789012:policy/limit
    ");
    insta::assert_snapshot!(boundary(json!([deny(json!("*"), json!("*"))])), @"
    Nothing
    without boundary: Administrator
    ");
}

#[test]
fn a_role_is_passed_only_where_policies_and_trust_agree() {
    let passing = |statement: Value| {
        Account::new()
            .role("app-worker", service("lambda"), json!([allow(json!("s3:*"), json!("*"))]))
            .role("admin", service("lambda"), everything())
            .role("admin-of-ec2", service("ec2"), everything())
            .role(
                "role",
                vendor(),
                json!([
                    statement,
                    allow(
                        json!(["lambda:CreateFunction", "lambda:InvokeFunction"]),
                        json!(format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:app-*"))
                    )
                ]),
            )
            .told("role")
    };
    let pass = |resource: &str| allow(json!("iam:PassRole"), json!(resource));
    insta::assert_snapshot!(passing(pass("*")), @"
    Administrator
    way: pass a role to a new function and invoke it -> role/admin (Administrator): iam:PassRole role/admin iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda:eu-west-1:123456789012:function:app-other, lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
    insta::assert_snapshot!(passing(pass(&arn("app-*"))), @"
    Escalates
    way: pass a role to a new function and invoke it -> role/app-worker (Data): iam:PassRole role/app-worker iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda:eu-west-1:123456789012:function:app-other, lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
    insta::assert_snapshot!(passing(pass(&arn("other-*"))), @"
    Data
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
    insta::assert_snapshot!(passing(pass(&arn("admin-of-ec2"))), @"
    Data
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
    let to = |name: &str| json!({"StringEquals": {"iam:PassedToService": format!("{name}.amazonaws.com")}});
    insta::assert_snapshot!(passing(when(pass("*"), to("lambda"))), @"
    Administrator
    way: pass a role to a new function and invoke it -> role/admin (Administrator): iam:PassRole role/admin iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda:eu-west-1:123456789012:function:app-other, lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
    insta::assert_snapshot!(passing(when(pass("*"), to("ec2"))), @"
    Data
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
    let tagged = json!({"StringEquals": {"aws:ResourceTag/team": "a"}});
    insta::assert_snapshot!(passing(when(pass("*"), tagged)), @"
    Data, perhaps Administrator
    perhaps: pass a role to a new function and invoke it -> role/admin (Administrator): iam:PassRole role/admin aws:ResourceTag/team=a iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda:eu-west-1:123456789012:function:app-other, lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other [if aws:ResourceTag/team=a]
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:app-other on lambda:eu-west-1:123456789012:function:app-*
    ");
}

#[test]
fn two_actions_must_be_allowed_upon_the_same_function() {
    let function = |name: &str| json!(format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}"));
    let account = |invoked: &str| {
        Account::new()
            .administrator_of("lambda")
            .role(
                "role",
                vendor(),
                json!([
                    allow(json!("iam:PassRole"), json!("*")),
                    allow(json!("lambda:CreateFunction"), function("new-*")),
                    allow(json!("lambda:InvokeFunction"), function(invoked)),
                ]),
            )
            .told("role")
    };
    insta::assert_snapshot!(account("new-one"), @"
    Administrator
    way: pass a role to a new function and invoke it -> role/admin-lambda (Administrator): iam:PassRole role/admin-lambda iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda:eu-west-1:123456789012:function:new-one, lambda:InvokeFunction lambda:eu-west-1:123456789012:function:new-one
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:new-one on lambda:eu-west-1:123456789012:function:new-one
    ");
    insta::assert_snapshot!(account("old-*"), @"
    Data
    data: lambda:InvokeFunction lambda:eu-west-1:123456789012:function:old-other on lambda:eu-west-1:123456789012:function:old-*
    ");
}

#[test]
fn policies_upon_other_roles_count_where_they_can_be_entered() {
    let team = |resource: &str, trusted: Value| {
        Account::new()
            .role("target", trusted, json!([allow(json!("logs:PutLogEvents"), json!("*"))]))
            .role("role", vendor(), json!([allow(json!("iam:PutRolePolicy"), json!(resource))]))
            .told("role")
    };
    insta::assert_snapshot!(team(&arn("target"), trust(json!({"AWS": arn("role")}))), @"
    Administrator
    way: widen a role that it can assume -> role/target with everything (Administrator): iam:PutRolePolicy role/target, sts:AssumeRole role/target
    step: assume a role -> role/target (Other): sts:AssumeRole role/target
    ");
    insta::assert_snapshot!(team(&arn("target"), vendor()), @"Other");
    insta::assert_snapshot!(team("*", vendor()), @"
    Administrator
    way: write an inline policy for itself -> itself (Administrator): iam:PutRolePolicy role/role
    ");
    let account = Account::new().role(
        "role",
        vendor(),
        json!([allow(json!(["iam:CreateRole", "iam:AttachRolePolicy"]), json!(arn("made-*")))]),
    );
    insta::assert_snapshot!(account.told("role"), @"
    Administrator
    way: make a role and attach a policy -> a new administrator (Administrator): iam:CreateRole role/made-other, iam:AttachRolePolicy role/made-other iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess
    ");
    let attach = |condition: Value| {
        alone(json!([when(allow(json!("iam:AttachRolePolicy"), json!(arn("role"))), condition)]))
    };
    insta::assert_snapshot!(attach(json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}})), @"
    Other, perhaps Escalates
    doubt: whether it can attach a policy to itself could not be decided: it can attach `iam::aws:policy/ReadOnlyAccess`, and what that allows is not asked
    ");
    insta::assert_snapshot!(attach(json!({"ArnLike": {"iam:PolicyARN": "arn:aws:iam::aws:policy/*"}})), @"
    Administrator
    way: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/role iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess
    ");
    insta::assert_snapshot!(attach(json!({"StringEquals": {"iam:PermissionsBoundary": policy_arn("limit")}})), @"Nothing, perhaps Other");
}

#[test]
fn a_deny_survives_what_the_role_gives_itself() {
    let account = Account::new()
        .policy("own", json!([allow(json!("iam:CreatePolicyVersion"), json!("*"))]))
        .policy(
            "guard",
            json!([
                deny(json!(["iam:Attach*", "iam:Put*", "iam:Create*Role*", "iam:Update*"]), json!("*")),
                deny(json!("iam:*"), json!(policy_arn("guard")))
            ]),
        )
        .managed("role", vendor(), &["own", "guard"]);
    insta::assert_snapshot!(account.told("role").lines().take(4).collect::<Vec<_>>().join("\n"), @"
    Escalates
    way: rewrite its own policy -> itself (Data): iam:CreatePolicyVersion policy/own
    ");
}

#[test]
fn chains_end_and_loops_do_not_matter() {
    let ask = |name: &str| json!([allow(json!("sts:AssumeRole"), json!(arn(name)))]);
    let of_account = || trust(json!({"AWS": ACCOUNT}));
    let account = Account::new()
        .role("a", of_account(), ask("b"))
        .role("b", of_account(), ask("c"))
        .role("c", of_account(), json!([allow(json!("sts:AssumeRole"), json!([arn("a"), arn("d")]))]))
        .role("d", of_account(), json!([allow(json!("s3:GetObject"), json!("*"))]));
    insta::assert_snapshot!(account.told("a"), @"
    Escalates
    way: assume a role -> role/b (Escalates): sts:AssumeRole role/b
    way: assume a role -> role/c (Escalates): sts:AssumeRole role/c
    way: assume a role -> role/d (Data): sts:AssumeRole role/d
    ");
    insta::assert_snapshot!(account.told("d"), @"
    Data
    data: s3:GetObject s3:::any-bucket/any on all
    ");
}

#[test]
fn trust_is_asked_with_its_conditions() {
    let guarded = |condition: Value, name: &str| {
        let statement = json!({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole", "Condition": condition});
        Account::new()
            .role("admin", super::document(json!([statement])), everything())
            .role(name, vendor(), json!([allow(json!("sts:AssumeRole"), json!("*"))]))
            .told(name)
    };
    let first = |told: String| told.lines().take(2).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(first(guarded(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}), "role")), @"
    Other, perhaps Administrator
    perhaps: assume a role -> role/admin (Administrator): sts:AssumeRole role/admin aws:MultiFactorAuthPresent=true [if aws:MultiFactorAuthPresent=true]
    ");
    insta::assert_snapshot!(first(guarded(json!({"StringEquals": {"sts:ExternalId": "known"}}), "role")), @"
    Administrator
    way: assume a role -> role/admin (Administrator): sts:AssumeRole role/admin sts:ExternalId=known
    ");
    insta::assert_snapshot!(first(guarded(json!({"ArnLike": {"aws:PrincipalArn": arn("ops-*")}}), "role")), @"
    Other, perhaps Escalates
    step: assume a role -> elsewhere * (Escalates): sts:AssumeRole iam::999999999999:role/any [if the other account lets it in]
    ");
    insta::assert_snapshot!(first(guarded(json!({"ArnLike": {"aws:PrincipalArn": arn("ops-*")}}), "ops-role")), @"
    Administrator
    way: assume a role -> role/admin (Administrator): sts:AssumeRole role/admin
    ");
}

#[test]
fn other_accounts_decide_for_themselves() {
    let ask = json!([allow(
        json!("sts:AssumeRole"),
        json!(["arn:aws:iam::555555555555:role/deploy", "arn:aws:iam::*:role/read"])
    )]);
    insta::assert_snapshot!(alone(ask), @"
    Other, perhaps Escalates
    step: assume a role -> elsewhere arn:aws:iam::*:role/read (Escalates): sts:AssumeRole iam::999999999999:role/read [if the other account lets it in]
    step: assume a role -> elsewhere arn:aws:iam::555555555555:role/deploy (Escalates): sts:AssumeRole iam::555555555555:role/deploy [if the other account lets it in]
    ");
}

#[test]
fn what_is_missing_makes_nothing_certain() {
    let account = Account::new().policy("known", json!([allow(json!("s3:GetObject"), json!("*"))])).managed(
        "role",
        vendor(),
        &["known", "missing"],
    );
    insta::assert_snapshot!(account.told("role"), @"
    Nothing, perhaps Administrator
    data: s3:GetObject s3:::any-bucket/any on all [if policy/missing does not deny it]
    doubt: `policy/missing` cannot be read: it may allow more, or deny
    ");
    let account = Account::new().detailed("role", vendor(), inline(everything()), &[], Some("missing"));
    insta::assert_snapshot!(account.told("role"), @"
    Nothing, perhaps Administrator
    doubt: `policy/missing` cannot be read: it may allow more, or deny
    ");
}
