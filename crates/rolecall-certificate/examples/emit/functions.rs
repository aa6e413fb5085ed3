//! Random policies of functions: who reaches a function without the role.

use rolecall_certificate::{
    Encoding, FunctionPolicy, Part, UrlAccess as CertifiedAccess, function_certificates,
};
use rolecall_iam::arn::FunctionArn;
use rolecall_iam::document::Document;
use rolecall_iam::prove::{self, Proof, UrlAccess, only_through_role, passages};
use serde_json::{Value, json};

use super::random::Dice;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:111122223333:function:orders";
const ROLE_ACCOUNT: &str = "444455556666";

const ACTIONS: [&str; 9] = [
    "lambda:InvokeFunction",
    "lambda:InvokeFunction",
    "lambda:InvokeFunctionUrl",
    "lambda:*",
    "lambda:Get*",
    "lambda:UpdateFunctionCode",
    "lambda:ListTags",
    "LAMBDA:invoke*",
    "*",
];

const URLS: [(UrlAccess, CertifiedAccess); 4] = [
    (UrlAccess::Absent, CertifiedAccess::Absent),
    (UrlAccess::Signed, CertifiedAccess::Signed),
    (UrlAccess::Open, CertifiedAccess::Open),
    (UrlAccess::Unread, CertifiedAccess::Unread),
];

fn principals() -> [Value; 11] {
    [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "111122223333"}),
        json!({"AWS": format!("arn:aws:iam::{ROLE_ACCOUNT}:root")}),
        json!({"AWS": "999999999999"}),
        json!({"AWS": ["arn:aws:iam::999999999999:role/reader", "arn:aws:iam::111122223333:user/ada"]}),
        json!({"AWS": "arn:aws:iam::888888888888:user/p/bob"}),
        json!({"AWS": "arn:aws:iam::888888888888:root"}),
        json!({"Service": "s3.amazonaws.com"}),
        json!({"Service": "events.amazonaws.com"}),
        json!({"Service": ["apigateway.amazonaws.com", "s3.amazonaws.com"]}),
    ]
}

fn conditions() -> [Value; 16] {
    [
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringEquals": {"AWS:SourceAccount": ["111122223333", "999999999999"]}}),
        json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:eu-central-1:111122223333:rule/nightly"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::orders"}}),
        json!({"ArnEquals": {"aws:SourceArn": "arn:aws:execute-api:*:111122223333:api/*/GET/"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/111122223333:x"}}),
        json!({"StringLike": {"aws:SourceArn": "*:111122223333:*"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}),
        json!({"StringNotEquals": {"aws:PrincipalAccount": "999999999999"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
        json!({"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}),
        json!({"Bool": {"aws:PrincipalIsAWSService": "true"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
        json!({"Null": {"aws:SourceArn": "false"}}),
    ]
}

pub fn lines(count: u64) -> impl Iterator<Item = Value> {
    (0..count).flat_map(one)
}

fn one(number: u64) -> Vec<Value> {
    let mut dice = Dice(number ^ 0xf0_5eed);
    let statements: Vec<Value> = (0..=dice.roll(3)).map(|index| statement(index, &mut dice)).collect();
    let value = json!({"Version": "2012-10-17", "Statement": statements});
    let document = Document::from_value(&value).unwrap();
    let function: FunctionArn = FUNCTION.parse().unwrap();
    let (url, certified) = *dice.pick(&URLS);
    let further: Vec<&str> = ["arn:aws:iam::888888888888:root", "s3.amazonaws.com"]
        .into_iter()
        .filter(|_| dice.one_in(3))
        .collect();
    let invokers: Vec<_> = further.iter().map(|name| name.parse().unwrap()).collect();
    let accounts = vec![ROLE_ACCOUNT.parse().unwrap()];
    let asked = prove::FunctionPolicy {
        function: function.clone(),
        document: &document,
        url,
        invokers: invokers.clone(),
    };
    let (verdict, why) = match only_through_role(&passages(&[asked], &accounts)).result {
        Proof::Proved => ("proved", String::new()),
        Proof::Refuted(witness) => ("refuted", format!("{:?}", witness.request)),
        Proof::Unknown { reasons } => ("unknown", reasons.join("; ")),
    };
    let policy = FunctionPolicy { function, document: &document, url: certified, accounts, invokers };
    let line = |script: rolecall_certificate::Script| {
        let part = match script.part {
            Part::Proof(Encoding::Parts) => "parts",
            Part::Proof(Encoding::Whole) => "whole",
            Part::Vacuity => "vacuity",
        };
        json!({
            "name": format!("function {number}"),
            "documents": {"function": value, "url": format!("{url:?}"), "invokers": further},
            "claim": script.claim.slug(), "part": part, "verdict": verdict, "why": why, "possible": "none",
            "checks": script.checks, "loosened": script.loosened, "free": script.free, "text": script.text,
        })
    };
    function_certificates(&[policy]).into_iter().map(line).collect()
}

fn statement(index: usize, dice: &mut Dice) -> Value {
    let effect = if index > 0 && dice.one_in(3) { "Deny" } else { "Allow" };
    let mut statement = json!({
        "Sid": format!("s{index}"), "Effect": effect, "Principal": dice.pick(&principals()),
        "Action": dice.pick(&ACTIONS), "Resource": FUNCTION,
    });
    if !dice.one_in(3) {
        statement["Condition"] = dice.pick(&conditions()).clone();
    }
    statement
}
