//! What is not kept silent: ways that go round a refusal, and what could not be decided.

use serde_json::{Value, json};

use super::{ACCOUNT, Account, allow, arn, deny, policy_arn, service, trust, vendor, when};

const MANAGED: &str = "arn:aws:iam::aws:policy/";

fn idle() -> Value {
    json!([allow(json!("logs:PutLogEvents"), json!("*"))])
}

fn alone(statements: Value) -> String {
    Account::new().role("x", vendor(), statements).told("x")
}

fn first(told: &str) -> String {
    told.lines().take(2).collect::<Vec<_>>().join("\n")
}

/// `t`, that a service runs with, and what `x` may do.
fn beside(of: &str, statements: Value) -> String {
    first(&Account::new().role("t", service(of), idle()).role("x", vendor(), statements).told("x"))
}

#[test]
fn a_document_that_is_missing_may_allow_everything() {
    let missing = Account::new().managed("x", vendor(), &["AdministratorAccess"]);
    insta::assert_snapshot!(missing.told("x"), @"
    Nothing, perhaps Administrator
    doubt: `policy/AdministratorAccess` cannot be read: it may allow more, or deny
    ");
    let limited = Account::new().policy("limit", json!([allow(json!("s3:GetObject"), json!("*"))])).detailed(
        "x",
        vendor(),
        json!([]),
        &["missing"],
        Some("limit"),
    );
    insta::assert_snapshot!(limited.told("x"), @"
    Nothing, perhaps Data
    without boundary: Administrator
    doubt: `policy/missing` cannot be read: it may allow more, or deny
    ");
}

#[test]
fn what_is_not_decided_is_possible() {
    let object = |text: &str| alone(json!([allow(json!("s3:GetObject"), json!(text))]));
    insta::assert_snapshot!(object("arn:aws:s3:::bkt/${aws:userid}/*"), @"
    Nothing, perhaps Data
    doubt: `s3:GetObject`: it depends on values of the request that depend on each other
    doubt: whether anything is allowed could not be decided
    ");
    insta::assert_snapshot!(object("arn:aws:s3:::bkt/${aws:PrincipalTag/t}"), @"
    Nothing, perhaps Data
    doubt: `s3:GetObject`: it depends on values of the request that depend on each other
    doubt: whether anything is allowed could not be decided
    ");
    insta::assert_snapshot!(
        alone(json!([allow(json!("cloudwatch:GetDashboard"), json!("arn:aws:cloudwatch::*:dashboard/${aws:PrincipalTag/t}"))])),
        @"
    Nothing, perhaps Other
    doubt: whether anything is allowed could not be decided
    "
    );
    let by_tags = json!({"StringEquals": {"iam:ResourceTag/a": "${aws:PrincipalTag/a}"}});
    insta::assert_snapshot!(first(&alone(json!([when(allow(json!("iam:PutRolePolicy"), json!("*")), by_tags)]))), @"
    Nothing, perhaps Administrator
    doubt: whether anything is allowed could not be decided
    ");
    insta::assert_snapshot!(first(&alone(json!([allow(json!("*:*"), json!("*"))]))), @"
    Nothing, perhaps Administrator
    doubt: `athena:StartQueryExecution`: statement 1 of `inline`, /Statement/0/Action: has a wildcard in the name of a service, or is not of the form `service:Action`; IAM accepts neither
    ");
}

#[test]
fn another_policy_is_attached_where_one_is_refused() {
    let attach = |refused: &[&str], more: &[Value]| {
        let refused: Vec<String> = refused.iter().map(|name| format!("{MANAGED}{name}")).collect();
        let mut statements = vec![
            allow(json!("iam:AttachRolePolicy"), json!("*")),
            when(
                deny(json!("iam:AttachRolePolicy"), json!("*")),
                json!({"ArnEquals": {"iam:PolicyARN": refused}}),
            ),
        ];
        statements.extend_from_slice(more);
        alone(Value::Array(statements))
    };
    let (administrator, iam) = ("AdministratorAccess", "IAMFullAccess");
    insta::assert_snapshot!(attach(&[administrator], &[]), @"
    Administrator
    way: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/x iam:PolicyARN=arn:aws:iam::aws:policy/IAMFullAccess
    way: make a role and attach a policy -> a new administrator (Administrator): iam:CreateRole role/any, iam:AttachRolePolicy role/any iam:PolicyARN=arn:aws:iam::123456789012:policy/any, iam:CreatePolicy policy/any
    ");
    insta::assert_snapshot!(attach(&[administrator, iam], &[allow(json!("iam:CreatePolicy"), json!("*"))]), @"
    Administrator
    way: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/x iam:PolicyARN=arn:aws:iam::123456789012:policy/any, iam:CreatePolicy policy/any
    way: make a role and attach a policy -> a new administrator (Administrator): iam:CreateRole role/any, iam:AttachRolePolicy role/any iam:PolicyARN=arn:aws:iam::123456789012:policy/any, iam:CreatePolicy policy/any
    ");
    insta::assert_snapshot!(attach(&[administrator, iam], &[]), @"
    Nothing, perhaps Administrator
    doubt: whether it can attach a policy to itself could not be decided: it can attach policies that are not known here, and what that allows is not asked
    ");
    insta::assert_snapshot!(attach(&[administrator], &[deny(json!("iam:PutRolePolicy"), json!("*"))]), @"
    Administrator
    way: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/x iam:PolicyARN=arn:aws:iam::aws:policy/IAMFullAccess
    way: make a role and attach a policy -> a new administrator (Administrator): iam:CreateRole role/any, iam:AttachRolePolicy role/any iam:PolicyARN=arn:aws:iam::123456789012:policy/any, iam:CreatePolicy policy/any
    ");
    let own = json!({"ArnLike": {"iam:PolicyARN": policy_arn("app-*")}});
    insta::assert_snapshot!(
        alone(json!([
            when(allow(json!("iam:AttachRolePolicy"), json!(arn("x"))), own),
            allow(json!("iam:CreatePolicy"), json!("*"))
        ])),
        @"
    Administrator
    way: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/x iam:PolicyARN=arn:aws:iam::123456789012:policy/app-any, iam:CreatePolicy policy/app-any
    "
    );
}

#[test]
fn a_role_is_widened_and_entered_in_each_way() {
    let upon = |actions: Value| json!([allow(actions, json!(arn("t")))]);
    insta::assert_snapshot!(beside("lambda", upon(json!(["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"]))), @"
    Administrator
    way: rewrite the trust of a role, widen it and assume it -> role/t with everything (Administrator): iam:UpdateAssumeRolePolicy role/t, iam:PutRolePolicy role/t
    ");
    insta::assert_snapshot!(beside("lambda", upon(json!(["iam:UpdateAssumeRolePolicy", "iam:AttachRolePolicy"]))), @"
    Administrator
    way: rewrite the trust of a role, widen it and assume it -> role/t with everything (Administrator): iam:UpdateAssumeRolePolicy role/t, iam:AttachRolePolicy role/t iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess
    ");
    let function = |actions: Value| {
        json!([
            allow(json!(["iam:PutRolePolicy", "iam:PassRole"]), json!(arn("t"))),
            allow(actions, json!("*"))
        ])
    };
    insta::assert_snapshot!(beside("lambda", function(json!(["lambda:CreateFunction", "lambda:InvokeFunction"]))), @"
    Administrator
    way: widen a role, pass it to a new function and invoke it -> role/t with everything (Administrator): iam:PutRolePolicy role/t, iam:PassRole role/t iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda::function:any, lambda:InvokeFunction lambda::function:any
    ");
    insta::assert_snapshot!(beside("lambda", function(json!("lambda:UpdateFunctionCode"))), @"
    Other, perhaps Administrator
    perhaps: widen the role of a function and change its code -> role/t with everything (Administrator): iam:PutRolePolicy role/t, lambda:UpdateFunctionCode lambda::function:any [if there is such a function with this execution role, which somebody invokes]
    ");
    insta::assert_snapshot!(beside("ec2", function(json!("lambda:UpdateFunctionCode"))), @"Other");
    let versions = |trusted: Value, statements: Value| {
        first(
            &Account::new()
                .policy("of-t", idle())
                .managed("t", trusted, &["of-t"])
                .role("x", vendor(), statements)
                .told("x"),
        )
    };
    let rewrite = allow(json!("iam:CreatePolicyVersion"), json!(policy_arn("of-t")));
    insta::assert_snapshot!(versions(trust(json!({"AWS": arn("x")})), json!([rewrite])), @"
    Administrator
    way: widen a role that it can assume -> role/t with everything (Administrator): iam:CreatePolicyVersion policy/of-t, sts:AssumeRole role/t
    ");
    insta::assert_snapshot!(
        versions(
            service("lambda"),
            json!([
                rewrite,
                allow(json!(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]), json!("*"))
            ])
        ),
        @"
    Administrator
    way: widen a role, pass it to a new function and invoke it -> role/t with everything (Administrator): iam:CreatePolicyVersion policy/of-t, iam:PassRole role/t iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda::function:any, lambda:InvokeFunction lambda::function:any
    "
    );
    insta::assert_snapshot!(versions(vendor(), json!([rewrite])), @"Other");
}

#[test]
fn a_role_is_widened_for_each_service_that_it_is_passed_to() {
    let services = [
        ("lambda", json!(["lambda:CreateFunction", "lambda:InvokeFunction"])),
        ("cloudformation", json!("cloudformation:CreateStack")),
        ("glue", json!(["glue:CreateJob", "glue:StartJobRun"])),
        ("codebuild", json!(["codebuild:CreateProject", "codebuild:StartBuild"])),
        ("ecs-tasks", json!(["ecs:RegisterTaskDefinition", "ecs:RunTask"])),
    ];
    let told = services.map(|(of, actions)| {
        let upon = allow(json!(["iam:PutRolePolicy", "iam:PassRole"]), json!(arn("t")));
        let told = beside(of, json!([upon, allow(actions, json!("*"))]));
        format!("{of}: {}", told.lines().next().unwrap_or_default())
    });
    insta::assert_snapshot!(told.join("\n"), @"
    lambda: Administrator
    cloudformation: Administrator
    glue: Administrator
    codebuild: Administrator
    ecs-tasks: Other, perhaps Administrator
    ");
}

#[test]
fn each_row_of_the_sources_is_known() {
    let by = |of: &str, actions: Value| {
        let account =
            Account::new().administrator_of(of).role("x", vendor(), json!([allow(actions, json!("*"))]));
        first(&account.told("x"))
    };
    insta::assert_snapshot!(by("glue", json!(["iam:PassRole", "glue:CreateJob", "glue:CreateTrigger"])), @"
    Administrator
    way: pass a role to a new Glue job and let a trigger start it -> role/admin-glue (Administrator): iam:PassRole role/admin-glue iam:PassedToService=glue.amazonaws.com, glue:CreateJob glue::job/any, glue:CreateTrigger glue::trigger/any
    ");
    insta::assert_snapshot!(by("cloudformation", json!(["iam:PassRole", "cloudformation:UpdateStackSet"])), @"
    Other, perhaps Administrator
    perhaps: pass a role to a set of stacks -> role/admin-cloudformation (Administrator): iam:PassRole role/admin-cloudformation iam:PassedToService=cloudformation.amazonaws.com, cloudformation:UpdateStackSet cloudformation::stackset/any [if there is such a set of stacks, and an execution role that lets this role in]
    ");
    insta::assert_snapshot!(by("ec2", json!(["iam:AddUserToGroup", "iam:CreateAccessKey"])), @"
    Other, perhaps Escalates
    step: add a user to a group and make keys for it -> somebody (Escalates): iam:AddUserToGroup group/any, iam:CreateAccessKey user/any [if there is such a user, and a group that allows more]
    ");
    insta::assert_snapshot!(by("ec2", json!(["iam:AttachGroupPolicy", "iam:CreateAccessKey"])), @"
    Other, perhaps Administrator
    perhaps: widen a group and make keys for a user of it -> a new administrator (Administrator): iam:AttachGroupPolicy group/any iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess, iam:CreateAccessKey user/any [if there is such a group with a user, without a boundary]
    ");
    insta::assert_snapshot!(by("ec2", json!(["iam:PutGroupPolicy", "iam:CreateLoginProfile"])), @"
    Other, perhaps Administrator
    perhaps: widen a group and make keys for a user of it -> a new administrator (Administrator): iam:PutGroupPolicy group/any, iam:CreateLoginProfile user/any [if there is such a group with a user, without a boundary]
    ");
    insta::assert_snapshot!(by("ec2", json!(["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateLoginProfile"])), @"
    Administrator
    way: make a user with a password and attach a policy -> a new administrator (Administrator): iam:CreateUser user/any, iam:AttachUserPolicy user/any iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess, iam:CreateLoginProfile user/any
    ");
    let everything = json!([{"PolicyName": "inline", "PolicyDocument": super::document(json!([allow(json!("*"), json!("*"))]))}]);
    let bounded = Account::new()
        .policy("limit", json!([allow(json!("iam:PutRolePermissionsBoundary"), json!("*"))]))
        .detailed("x", vendor(), everything, &[], Some("limit"));
    insta::assert_snapshot!(bounded.told("x"), @"
    Administrator
    way: replace its own boundary -> itself (Administrator): iam:PutRolePermissionsBoundary role/x iam:PermissionsBoundary=arn:aws:iam::aws:policy/AdministratorAccess
    ");
}

#[test]
fn whoever_begins_a_session_chooses_its_name() {
    let session = trust(json!({"AWS": format!("arn:aws:sts::{ACCOUNT}:assumed-role/x/deploy")}));
    let account =
        Account::new().role("t", session, json!([allow(json!("*"), json!("*"))])).role("x", vendor(), idle());
    insta::assert_snapshot!(account.told("x"), @"
    Other, perhaps Administrator
    perhaps: assume a role -> role/t (Administrator): sts:AssumeRole role/t [if there is a session of the role with the name that the trust policy tells]
    ");
}

#[test]
fn every_role_but_some_may_be_elsewhere() {
    let all_but = json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "NotResource": arn("t")}]);
    insta::assert_snapshot!(alone(all_but), @"
    Other, perhaps Escalates
    step: assume a role -> elsewhere all but those that the policy names (Escalates): sts:AssumeRole iam::999999999999:role/any [if the other account lets it in]
    ");
}

#[test]
fn a_trust_policy_that_cannot_be_read_may_let_its_account_in() {
    let account = Account::new()
        .role("t", json!({"Statement": 1}), json!([allow(json!("*"), json!("*"))]))
        .role("x", vendor(), json!([allow(json!("sts:AssumeRole"), json!(arn("t")))]));
    insta::assert_snapshot!(first(&account.told("x")), @"
    Other, perhaps Administrator
    doubt: whether it can assume a role could not be decided: the trust policy of `role/t`: not a policy document: /Statement: a statement must be an object, not a number
    ");
}

#[test]
fn data_is_known_in_each_shape() {
    let on = |action: &str, resource: &str| first(&alone(json!([allow(json!(action), json!(resource))])));
    let rows = [
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:123456789012:table/t/index/i"),
        ("dynamodb:BatchGetItem", "*"),
        ("ssm:GetParameters", "*"),
        ("ssm:GetParametersByPath", "arn:aws:ssm:eu-west-1:123456789012:parameter/app/*"),
        ("s3:GetObjectVersion", "arn:aws:s3:::reports/*"),
        ("s3:GetObject", "arn:aws:s3:eu-west-1:123456789012:accesspoint/reports/object/*"),
        ("s3:PutBucketPolicy", "arn:aws:s3:::reports"),
        ("logs:StartQuery", "*"),
        ("ebs:GetSnapshotBlock", "*"),
        ("ec2:ModifySnapshotAttribute", "*"),
        ("rds:ModifyDBSnapshotAttribute", "*"),
        ("kms:PutKeyPolicy", "*"),
        ("kms:CreateGrant", "*"),
        ("lambda:InvokeFunctionUrl", "*"),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:555555555555:function:f"),
        ("sns:Publish", "arn:aws:sns:eu-west-1:555555555555:topic"),
        ("secretsmanager:BatchGetSecretValue", "*"),
    ];
    let told: Vec<String> = rows.iter().map(|(action, resource)| on(action, resource)).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    Data
    data: dynamodb:Query dynamodb:eu-west-1:123456789012:table/t/index/i on dynamodb:eu-west-1:123456789012:table/t/index/i
    Data
    data: dynamodb:BatchGetItem dynamodb::table/any on all
    Data
    data: ssm:GetParameters ssm::parameter/any on all
    Data
    data: ssm:GetParametersByPath ssm:eu-west-1:123456789012:parameter/app/other on ssm:eu-west-1:123456789012:parameter/app/*
    Data
    data: s3:GetObjectVersion s3:::reports/other on s3:::reports/*
    Data
    data: s3:GetObject s3:eu-west-1:123456789012:accesspoint/reports/object/other on s3:eu-west-1:123456789012:accesspoint/reports/object/*
    Data
    data: s3:PutBucketPolicy s3:::reports on s3:::reports
    Data
    data: logs:StartQuery logs::log-group:any on all
    Data
    data: ebs:GetSnapshotBlock ec2:us-east-1::snapshot/any on all
    Data
    data: ec2:ModifySnapshotAttribute ec2:us-east-1::snapshot/any on all
    Data
    data: rds:ModifyDBSnapshotAttribute rds::snapshot:any on all
    Other, perhaps Data
    data: kms:PutKeyPolicy kms::key/any on all [if there is a key whose policy leaves the decision to the account]
    Other, perhaps Data
    data: kms:CreateGrant kms::key/any on all [if there is a key whose policy leaves the decision to the account]
    Data
    data: lambda:InvokeFunctionUrl lambda::function:any on all
    Other, perhaps Data
    data: lambda:InvokeFunction lambda:eu-west-1:555555555555:function:f on lambda:eu-west-1:555555555555:function:f [if the other account lets it in]
    Other, perhaps Data
    data: sns:Publish sns:eu-west-1:555555555555:topic on sns:eu-west-1:555555555555:topic [if the other account lets it in]
    Other
    ");
}
