//! Accounts that make work: no two roles have the same policies, many roles can be passed to services, policies ask which policy is
//! attached, and one role lets 500 accounts in.

use serde_json::{Value, json};

use super::parts::{ACCOUNT, Written, allow, arn, own, policy, policy_arn, role, service, trust};

const SERVICES: [&str; 7] =
    ["lambda", "ec2", "glue", "cloudformation", "codebuild", "ecs-tasks", "sagemaker"];

fn when(condition: Value, mut statement: Value) -> Value {
    if let Some(statement) = statement.as_object_mut() {
        statement.insert("Condition".to_owned(), condition);
    }
    statement
}

/// What makes the work.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Different resources in each policy, and everything can be passed to some service.
    Passing,
    /// Different conditions on the policy that is attached.
    Attaching,
    /// One role lets 500 accounts in.
    Accounts,
    /// Policies that cannot be read.
    Unread,
    /// All of these.
    All,
}

impl Work {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "passing" => Self::Passing,
            "attaching" => Self::Attaching,
            "accounts" => Self::Accounts,
            "unread" => Self::Unread,
            "hostile" => Self::All,
            _ => return None,
        })
    }
}

/// Different resources in each policy.
fn passing(number: usize) -> Value {
    let compute =
        json!(["lambda:*", "ec2:*", "glue:*", "cloudformation:*", "codebuild:*", "ecs:*", "sagemaker:*"]);
    let roles =
        |text: &str| json!([arn(&format!("role-{}*", number % 97)), arn(&format!("{text}-{number}*"))]);
    match number % 4 {
        0 => json!([allow(json!("iam:PassRole"), roles("app")), allow(compute, json!("*"))]),
        1 => json!([
            allow(json!(["iam:PassRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"]), roles("job")),
            allow(compute, json!("*")),
        ]),
        2 => json!([
            {"Effect": "Allow", "NotAction": [format!("s3:Get{number}*"), "organizations:*", "iam:*"], "Resource": "*"},
            allow(json!("sts:AssumeRole"), json!(arn(&format!("*{}", number % 100)))),
        ]),
        _ => json!([
            allow(
                json!(["s3:GetObject", "dynamodb:*", "iam:PassRole"]),
                json!([
                    format!("arn:aws:s3:::bucket-{number}/*"),
                    format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/table-{number}"),
                    arn(&format!("*-{}", number % 1000)),
                ])
            ),
            when(
                json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", format!("region-{number}")]}}),
                json!({"Effect": "Deny", "Action": "*", "Resource": "*"})
            ),
            allow(json!("lambda:*"), json!("*")),
        ]),
    }
}

/// Different conditions on the policy that is attached.
fn attaching(number: usize) -> Value {
    let attach = json!(["iam:AttachRolePolicy", "iam:CreatePolicy"]);
    match number % 3 {
        0 => json!([
            when(
                json!({"ArnEquals": {"iam:PolicyARN": policy_arn(&format!("team-{number}"))}}),
                allow(attach, json!("*"))
            ),
            allow(json!("lambda:*"), json!("*")),
            allow(json!("iam:PassRole"), json!("*"))
        ]),
        1 => json!([
            when(
                json!({"ArnLike": {"iam:PolicyARN": [policy_arn(&format!("team-{number}-*")), "arn:aws:iam::aws:policy/IAM*"]}}),
                allow(attach, json!(arn("role-*")))
            ),
            allow(json!("sts:AssumeRole"), json!("*"))
        ]),
        _ => json!([
            allow(
                json!(["iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:CreatePolicyVersion"]),
                json!("*")
            ),
            when(
                json!({"ArnNotLike": {"iam:PolicyARN": policy_arn(&format!("safe-{number}-*"))}}),
                json!({"Effect": "Deny", "Action": "iam:AttachRolePolicy", "Resource": "*"})
            )
        ]),
    }
}

fn trusted(number: usize) -> Value {
    match number % 10 {
        7 | 8 => own(),
        9 => trust("sts:AssumeRole", json!({"AWS": "arn:aws:iam::900000000001:root"}), json!({})),
        place => service(SERVICES.get(place).copied().unwrap_or("lambda")),
    }
}

pub(super) fn account(roles: usize, work: Work) -> Value {
    let written = |number: usize| {
        let own_policy = Some(format!("own-{number}")).filter(|_| number.is_multiple_of(5));
        let (trust, inline) = match work {
            Work::Passing => (trusted(number), passing(number)),
            Work::Attaching => (trusted(number), attaching(number)),
            Work::Accounts | Work::Unread => (
                trusted(number),
                json!([allow(json!("s3:GetObject"), json!(format!("arn:aws:s3:::b-{number}/*")))]),
            ),
            Work::All if number.is_multiple_of(2) => (trusted(number), passing(number)),
            Work::All => (trusted(number), attaching(number)),
        };
        let is_guest = number == 0 && matches!(work, Work::Accounts | Work::All);
        let accounts =
            || (0..500).map(|place| format!("{:012}", 800_000_000_000_usize + place)).collect::<Vec<_>>();
        let trust = if is_guest {
            self::trust("sts:AssumeRole", json!({"AWS": accounts()}), json!({}))
        } else {
            trust
        };
        // The file has no document for it.
        let unread = Some("unread".to_owned()).filter(|_| match work {
            Work::Unread => number.is_multiple_of(2),
            Work::All => number % 50 == 3,
            Work::Passing | Work::Attaching | Work::Accounts => false,
        });
        Written {
            trust,
            inline: Some(inline),
            managed: own_policy.into_iter().chain(unread).collect(),
            boundary: None,
            path: "",
        }
    };
    let policies = (0..roles).step_by(5).map(|number| {
        policy(
            &format!("own-{number}"),
            json!([allow(
                json!("logs:PutLogEvents"),
                json!(format!("arn:aws:logs:*:{ACCOUNT}:log-group:{number}"))
            )]),
        )
    });
    json!({
        "RoleDetailList": (0..roles).map(|number| role(number, written(number))).collect::<Vec<_>>(),
        "Policies": policies.collect::<Vec<_>>(),
    })
}
