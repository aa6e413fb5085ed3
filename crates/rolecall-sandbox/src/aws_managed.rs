//! A few of the policies that AWS manages: enough to attach, to find and to tell apart from the customer's
//! own.
//!
//! `ReadOnlyAccess` is far shorter here than AWS's, which names thousands of actions.

use std::collections::BTreeMap;

use serde_json::json;

use super::state::{ManagedPolicy, PolicyVersion};

/// Paths, names, and the actions that are allowed on every resource.
const POLICIES: [(&str, &str, &[&str]); 4] = [
    ("/", "AdministratorAccess", &["*"]),
    ("/", "ReadOnlyAccess", &["iam:Get*", "iam:List*", "lambda:Get*", "lambda:List*"]),
    ("/service-role/", "AWSLambdaRole", &["lambda:InvokeFunction"]),
    (
        "/service-role/",
        "AWSLambdaBasicExecutionRole",
        &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    ),
];

/// 2015-02-06, when AWS published the first of them.
const CREATED: i64 = 1_423_218_000;

/// The AWS-managed policies with their ARNs.
pub(super) fn all() -> impl Iterator<Item = (String, ManagedPolicy)> {
    POLICIES.into_iter().zip(1_u64..).map(|((path, name, actions), number)| {
        let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let version = PolicyVersion { document, created: CREATED };
        let policy = ManagedPolicy {
            name: name.to_owned(),
            path: path.to_owned(),
            id: format!("ANPA{}", super::ids::letters(super::ids::scramble(u64::MAX - number), 17)),
            created: CREATED,
            updated: CREATED,
            versions: BTreeMap::from([(1, version)]),
            default: 1,
            versions_made: 1,
            ..ManagedPolicy::default()
        };
        (format!("arn:aws:iam::aws:policy{path}{name}"), policy)
    })
}

/// The AWS-managed policy with this ARN.
pub(super) fn find(arn: &str) -> Option<ManagedPolicy> {
    all().find(|(known, _)| known == arn).map(|(_, policy)| policy)
}
