//! An account like those of large companies: roles of some tens of kinds, most of which run something.

use serde_json::{Value, json};

use super::parts::{ACCOUNT, Written, allow, arn, own, policy, policy_arn, role, service, trust};

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
    managed.map(|(name, statements)| policy(name, statements)).to_vec()
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

pub(super) fn account(roles: usize) -> Value {
    let written = |number: usize| {
        let Kind { trust, inline, managed, boundary, path } = Kind::of(number);
        let managed = managed.iter().map(|name| (*name).to_owned()).collect();
        Written { trust, inline, managed, boundary: boundary.map(str::to_owned), path }
    };
    json!({
        "RoleDetailList": (0..roles).map(|number| role(number, written(number))).collect::<Vec<_>>(),
        "Policies": policies(),
    })
}
