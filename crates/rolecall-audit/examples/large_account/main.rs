//! A large account as AWS tells it, and how long its roll call takes.
//!
//! `large_account write FILE [ROLES]` writes such an answer of `GetAccountAuthorizationDetails`; `large_account call FILE` reads it,
//! calls the roll, and prints times and the peak of the process's memory. They are two processes, so that the second holds nothing
//! of the first.

#![allow(clippy::print_stdout, clippy::needless_pass_by_value)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Instant;

use rolecall_audit::expectation::Expectation;
use rolecall_audit::roll::{RollCall, call};
use rolecall_audit::snapshot::Snapshot;
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const EXPECTED: &str = r#"own_accounts = ["222222222222"]"#;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["write", file] => Ok(fs::write(file, account(10_000).to_string())?),
        ["write", file, roles] => Ok(fs::write(file, account(roles.parse()?).to_string())?),
        ["call", file] => measure(file),
        _ => Err("write FILE [ROLES], or call FILE".into()),
    }
}

fn measure(file: &str) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let text = fs::read_to_string(file)?;
    let snapshot = Snapshot::read(&text)?;
    drop(text);
    let (read, after_reading) = (start.elapsed(), peak());
    let expectation = Expectation::read(EXPECTED)?;
    let start = Instant::now();
    let called = call(&snapshot, &expectation, "2026-06-01T00:00:00Z".parse()?);
    println!("read:   {read:.2?}, peak {after_reading}");
    println!("called: {:.2?}, peak {}, processor {} s", start.elapsed(), peak(), processor());
    println!(
        "{} roles, {} answered for, {} unreadable",
        called.roles,
        called.answers.len(),
        called.unreadable.len()
    );
    for (told, count) in powers(&called) {
        println!("{count:>6} {told}");
    }
    Ok(())
}

/// How many roles there are of each kind, so that two runs can be compared.
fn powers(called: &RollCall) -> BTreeMap<String, usize> {
    let mut powers = BTreeMap::new();
    for answer in &called.answers {
        let for_services = if answer.is_for_services() { "services" } else { "outsiders" };
        let (standing, reach) = (answer.standing().as_str(), &answer.reach);
        let told =
            format!("{for_services}, {standing}: {}, {}", reach.certain.as_str(), reach.possible.as_str());
        *powers.entry(told).or_default() += 1;
    }
    powers
}

/// The most memory that the process held (proc(5), `VmHWM`); nothing where the system does not tell.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or("unknown").trim().to_owned()
}

/// Seconds of processor time (proc(5), the 14th and 15th field of `stat`, at 100 ticks a second).
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok());
    f64::from(ticks.sum::<u32>()) / 100.0
}

fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn allow(action: Value, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn trust(action: &str, principal: Value, condition: Value) -> Value {
    document(json!([{"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}]))
}

fn service(name: &str) -> Value {
    document(json!([{
        "Effect": "Allow", "Principal": {"Service": format!("{name}.amazonaws.com")}, "Action": "sts:AssumeRole",
    }]))
}

fn own() -> Value {
    document(json!([{
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole",
    }]))
}

/// One of some tens of vendors, mostly with an external ID.
fn vendor(number: usize) -> Value {
    let account = format!("{:012}", 900_000_000_000_usize + number % 37);
    let condition = match number % 11 {
        0 => json!({}),
        1 => json!({"StringLike": {"sts:ExternalId": "acme-*"}}),
        _ => json!({"StringEquals": {"sts:ExternalId": format!("5f6b2c1e-8a4d-4c3b-9e7f-{number:012}")}}),
    };
    trust("sts:AssumeRole", json!({"AWS": format!("arn:aws:iam::{account}:root")}), condition)
}

fn github(number: usize) -> Value {
    let host = "token.actions.githubusercontent.com";
    let subject = match number % 10 {
        0 => "repo:octo-org/*".to_owned(),
        1 => "repo:octo-org*".to_owned(),
        _ => format!("repo:octo-org/app-{number}:ref:refs/heads/main"),
    };
    trust(
        "sts:AssumeRoleWithWebIdentity",
        json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")}),
        json!({
            "StringEquals": {format!("{host}:aud"): "sts.amazonaws.com"},
            "StringLike": {format!("{host}:sub"): subject},
        }),
    )
}

fn pod(number: usize) -> Value {
    let host = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF";
    trust(
        "sts:AssumeRoleWithWebIdentity",
        json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")}),
        json!({"StringEquals": {
            format!("{host}:sub"): format!("system:serviceaccount:team-{}:app-{number}", number % 40),
            format!("{host}:aud"): "sts.amazonaws.com",
        }}),
    )
}

fn people() -> Value {
    trust(
        "sts:AssumeRoleWithSAML",
        json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/company")}),
        json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
    )
}

/// As large as AWS's own policy for reading everything.
fn read_only() -> Value {
    let names = ["Get*", "List*", "Describe*", "BatchGet*", "Search*"];
    let mut actions: Vec<String> =
        (0..180).flat_map(|number| names.map(|name| format!("service{number}:{name}"))).collect();
    let telling =
        ["s3:Get*", "dynamodb:GetItem", "dynamodb:Scan", "sqs:ReceiveMessage", "lambda:Get*", "logs:Get*"];
    actions.extend(telling.map(str::to_owned));
    json!([allow(json!(actions), json!("*"))])
}

fn policies() -> Vec<Value> {
    let managed = [
        ("read-only", read_only()),
        (
            "power-user",
            json!([
                {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
                allow(json!(["iam:CreateServiceLinkedRole", "iam:ListRoles"]), json!("*")),
            ]),
        ),
        ("administrator", json!([allow(json!("*"), json!("*"))])),
        (
            "limit",
            json!([allow(
                json!(["s3:*", "dynamodb:*", "logs:*", "lambda:*", "iam:PassRole", "sts:AssumeRole"]),
                json!("*")
            )]),
        ),
        (
            "regions",
            json!([{
                "Effect": "Deny", "Action": "*", "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}},
            }]),
        ),
        (
            "logging",
            json!([allow(
                json!(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
                json!("*")
            )]),
        ),
    ];
    let told = managed.map(|(name, statements)| {
        json!({
            "Arn": policy_arn(name),
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document(statements)}],
        })
    });
    told.to_vec()
}

/// A role of one kind of fifty: trust policy, statements of an inline policy, managed policies, boundary, path.
struct Kind {
    trust: Value,
    inline: Option<Value>,
    managed: &'static [&'static str],
    boundary: Option<&'static str>,
    path: &'static str,
}

impl Kind {
    fn new(trust: Value, inline: Option<Value>, managed: &'static [&'static str]) -> Self {
        Self { trust, inline, managed, boundary: None, path: "" }
    }

    /// Two of three roles run something for a service, with a bucket and a table of their own.
    fn of(number: usize) -> Self {
        let resources = json!([
            format!("arn:aws:s3:::bucket-{number}/*"),
            format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/table-{number}"),
        ]);
        let worker = Some(json!([
            allow(json!(["s3:GetObject", "s3:PutObject", "dynamodb:GetItem"]), resources),
            allow(json!(["logs:CreateLogGroup", "logs:PutLogEvents"]), json!("*")),
        ]));
        let assuming = |name: &str| Some(json!([allow(json!("sts:AssumeRole"), json!(arn(name)))]));
        let deploying = Some(json!([allow(
            json!(["lambda:*", "iam:PassRole"]),
            json!([
                format!("arn:aws:lambda:*:{ACCOUNT}:function:app-*"),
                arn(&format!("role-{}*", number % 100)),
            ]),
        )]));
        match number % 50 {
            0..=15 => Self::new(service("lambda"), worker, &[]),
            16..=20 => Self::new(service("ec2"), worker, &["regions"]),
            21..=23 => Self { boundary: Some("limit"), ..Self::new(service("ecs-tasks"), worker, &[]) },
            24..=26 => Self::new(service("lambda"), None, &["logging"]),
            27..=30 => Self::new(own(), None, &["read-only"]),
            31 | 32 => Self::new(people(), None, &["read-only", "regions"]),
            33 => Self::new(people(), None, &["power-user"]),
            34 | 35 => Self::new(own(), assuming(&format!("role-{}", number + 1)), &[]),
            36 => Self::new(own(), assuming("role-1*"), &[]),
            37 => Self::new(own(), deploying, &[]),
            38 => Self::new(service("cloudformation"), None, &["administrator"]),
            39 => Self::new(
                service("codebuild"),
                Some(json!([allow(
                    json!(["iam:PassRole", "lambda:*", "s3:*", "cloudformation:*"]),
                    json!("*")
                )])),
                &["regions"],
            ),
            40 => Self::new(
                own(),
                Some(json!([{
                    "Effect": "Allow", "Action": "*", "Resource": "*",
                    "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
                }])),
                &[],
            ),
            41 if number % 100 == 41 => Self::new(vendor(number), worker, &["read-only", "regions"]),
            41 => Self::new(vendor(number), None, &["read-only"]),
            42 if number % 500 == 42 => Self::new(github(number), None, &["administrator"]),
            42 => Self::new(github(number), deploying, &[]),
            43 => Self::new(pod(number), worker, &[]),
            44 if number % 500 == 44 => Self::new(
                own(),
                Some(json!([allow(json!("iam:*"), json!(policy_arn("app-*")))])),
                &["power-user"],
            ),
            _ => {
                Self { path: "aws-service-role/ops.amazonaws.com/", ..Self::new(service("ops"), worker, &[]) }
            }
        }
    }
}

fn account(roles: usize) -> Value {
    let role = |number: usize| {
        let Kind { trust, inline, managed, boundary, path } = Kind::of(number);
        let attached = managed.iter().map(|name| json!({"PolicyName": name, "PolicyArn": policy_arn(name)}));
        let inline =
            inline.map(|statements| json!({"PolicyName": "inline", "PolicyDocument": document(statements)}));
        let mut role = json!({
            "Path": format!("/{path}"),
            "RoleName": format!("role-{number}"),
            "RoleId": format!("AROA{number:017}"),
            "Arn": arn(&format!("{path}role-{number}")),
            "CreateDate": "2024-02-11T09:30:00+00:00",
            "AssumeRolePolicyDocument": trust,
            "RolePolicyList": inline.into_iter().collect::<Vec<_>>(),
            "AttachedManagedPolicies": attached.collect::<Vec<_>>(),
            "Tags": [{"Key": "team", "Value": format!("team-{}", number % 40)}],
            "RoleLastUsed": {"LastUsedDate": "2026-05-30T10:00:00+00:00", "Region": "eu-west-1"},
        });
        if let (Some(name), Some(role)) = (boundary, role.as_object_mut()) {
            role.insert(
                "PermissionsBoundary".to_owned(),
                json!({
                    "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy_arn(name),
                }),
            );
        }
        role
    };
    json!({"RoleDetailList": (0..roles).map(role).collect::<Vec<_>>(), "Policies": policies()})
}
