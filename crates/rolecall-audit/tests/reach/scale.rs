//! Ten thousand roles, as they are mixed in a large account. Ignored: it measures, and no test depends on speed.

use std::time::Instant;

use rolecall_audit::reach::Reaches;
use serde_json::{Value, json};

use super::{ACCOUNT, Account, allow, arn, deny, now, policy_arn, service, trust, vendor, when};

/// As large as AWS's own policy for reading everything.
fn read_only() -> Value {
    let actions: Vec<String> = (0..180)
        .flat_map(|number| {
            ["Get*", "List*", "Describe*", "BatchGet*", "Search*"]
                .map(|name| format!("service{number}:{name}"))
        })
        .chain(
            [
                "s3:Get*",
                "dynamodb:GetItem",
                "dynamodb:Scan",
                "sqs:ReceiveMessage",
                "lambda:Get*",
                "logs:Get*",
            ]
            .map(str::to_owned),
        )
        .collect();
    json!([allow(json!(actions), json!("*"))])
}

fn large() -> Account {
    let mut account = Account::new()
        .policy("read-only", read_only())
        .policy(
            "power-user",
            json!([
                {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
                allow(json!(["iam:CreateServiceLinkedRole", "iam:ListRoles"]), json!("*")),
            ]),
        )
        .policy("administrator", json!([allow(json!("*"), json!("*"))]))
        .policy(
            "limit",
            json!([allow(
                json!(["s3:*", "logs:*", "lambda:*", "iam:PassRole", "sts:AssumeRole"]),
                json!("*")
            )]),
        )
        .policy(
            "regions",
            json!([when(
                deny(json!("*"), json!("*")),
                json!({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}})
            )]),
        );
    let own = || trust(json!({"AWS": ACCOUNT}));
    for number in 0..10_000 {
        let name = format!("role-{number}");
        let bucket = json!([
            format!("arn:aws:s3:::bucket-{number}/*"),
            format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/table-{number}")
        ]);
        let inline = |statements: Value| json!([{"PolicyName": "inline", "PolicyDocument": super::document(statements)}]);
        let worker = inline(json!([
            allow(json!(["s3:GetObject", "s3:PutObject", "dynamodb:GetItem"]), bucket),
            allow(json!(["logs:CreateLogGroup", "logs:PutLogEvents"]), json!("*")),
        ]));
        account = match number % 20 {
            0..=6 => account.detailed(&name, service("lambda"), worker, &[], None),
            7 | 8 => account.detailed(&name, service("ec2"), worker, &["regions"], None),
            9 => account.detailed(&name, service("ecs-tasks"), worker, &[], Some("limit")),
            10 | 11 => account.detailed(&name, own(), json!([]), &["read-only"], None),
            12 => account.detailed(&name, vendor(), json!([]), &["read-only"], None),
            13 => account.detailed(
                &name,
                own(),
                inline(json!([allow(json!("sts:AssumeRole"), json!(arn(&format!("role-{}", number + 1))))])),
                &[],
                None,
            ),
            14 => account.detailed(
                &name,
                own(),
                inline(json!([allow(json!("sts:AssumeRole"), json!(arn("role-1*")))])),
                &[],
                None,
            ),
            15 => account.detailed(
                &name,
                vendor(),
                inline(json!([allow(
                    json!(["lambda:*", "iam:PassRole"]),
                    json!([
                        format!("arn:aws:lambda:*:{ACCOUNT}:function:app-*"),
                        arn(&format!("role-{}*", number % 100))
                    ])
                ),])),
                &[],
                None,
            ),
            16 if number % 100 == 16 => account.detailed(&name, own(), json!([]), &["administrator"], None),
            16 => account.detailed(&name, service("cloudformation"), json!([]), &["administrator"], None),
            17 => account.detailed(
                &name,
                service("codebuild"),
                inline(json!([allow(
                    json!(["iam:PassRole", "lambda:*", "s3:*", "cloudformation:*"]),
                    json!("*")
                ),])),
                &["regions"],
                None,
            ),
            18 if number % 100 == 18 => account.detailed(
                &name,
                vendor(),
                inline(json!([allow(json!("iam:*"), json!(policy_arn("app-*")))])),
                &["power-user"],
                None,
            ),
            18 => account.detailed(&name, vendor(), worker, &["regions", "read-only"], None),
            _ => account.detailed(
                &name,
                own(),
                inline(json!([when(
                    allow(json!("*"), json!("*")),
                    json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
                )])),
                &[],
                None,
            ),
        };
    }
    account
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default().to_owned()
}

#[test]
#[ignore = "it measures"]
fn ten_thousand_roles() {
    let snapshot = large().snapshot();
    println!("read: {}", resident());
    let start = Instant::now();
    let reaches = Reaches::of(&snapshot, now());
    println!("graph of {} roles: {:?}, {}", snapshot.roles.len(), start.elapsed(), resident());
    let start = Instant::now();
    let mut powers = std::collections::BTreeMap::new();
    let mut slow = std::collections::BTreeMap::<usize, std::time::Duration>::new();
    for (place, role) in snapshot.roles.iter().enumerate() {
        let one = Instant::now();
        let reach = reaches.at(place).unwrap();
        let number: usize = role.arn.name.as_str().trim_start_matches("role-").parse().unwrap();
        *slow.entry(number % 20).or_default() += one.elapsed();
        *powers.entry(format!("{:?} {:?}", reach.certain, reach.possible)).or_insert(0) += 1;
    }
    println!("by kind: {slow:?}");
    println!("shown: {:?}, {} {powers:?}", start.elapsed(), resident());
}
