//! Who reaches a function without the role.

use rolecall_iam::arn::FunctionArn;
use rolecall_iam::document::Document;
use rolecall_iam::prove::{FunctionPolicy, Proof, UrlAccess, grants_to_role, only_through_role, passages};
use serde_json::{Value, json};

use super::support::document;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:111122223333:function:orders";
const ROLE_ACCOUNT: &str = "444455556666";

/// One statement with these parts; what is left out is an ordinary grant.
fn policy(parts: &Value) -> Document {
    let mut statement = json!({"Sid": "x", "Effect": "Allow", "Resource": FUNCTION});
    if parts.get("NotAction").is_none() {
        statement["Action"] = json!("lambda:InvokeFunction");
    }
    statement.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    document(&json!({"Version": "2012-10-17", "Statement": [statement]}))
}

fn judged(document: &Document, url: UrlAccess, further: &[&str]) -> Proof {
    let function: FunctionArn = FUNCTION.parse().unwrap();
    let invokers = further.iter().map(|text| text.parse().unwrap()).collect();
    let policy = FunctionPolicy { function, document, url, invokers };
    only_through_role(&passages(&[policy], &[ROLE_ACCOUNT.parse().unwrap()])).result
}

fn word(proof: &Proof) -> &str {
    match proof {
        Proof::Proved => "closed",
        Proof::Refuted(witness) => &witness.sentence,
        Proof::Unknown { .. } => "unknown",
    }
}

#[test]
fn each_statement_of_a_function_s_policy_is_judged() {
    let service = |name: &str| json!({"Service": name});
    let source = |arn: &str| json!({"ArnLike": {"AWS:SourceArn": arn}});
    let account = |id: &str| json!({"StringEquals": {"AWS:SourceAccount": id}});
    let cases = [
        ("closed", json!({"Principal": {"AWS": "111122223333"}})),
        ("closed", json!({"Principal": {"AWS": "arn:aws:iam::111122223333:role/any"}})),
        ("closed", json!({"Principal": {"AWS": format!("arn:aws:iam::{ROLE_ACCOUNT}:root")}})),
        (
            "closed",
            json!({"Principal": service("events.amazonaws.com"),
            "Condition": source("arn:aws:events:eu-central-1:111122223333:rule/nightly")}),
        ),
        (
            "closed",
            json!({"Principal": service("apigateway.amazonaws.com"),
            "Condition": source("arn:aws:execute-api:*:111122223333:api/*/GET/")}),
        ),
        ("closed", json!({"Principal": service("s3.amazonaws.com"), "Condition": account("111122223333")})),
        (
            "closed",
            json!({"Principal": "*", "Condition": source("arn:aws:sns:eu-central-1:111122223333:topic")}),
        ),
        // Everybody of the account, and nobody without one.
        (
            "closed",
            json!({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}}),
        ),
        (
            "closed",
            json!({"Principal": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}),
        ),
        (
            "open",
            json!({"Principal": "*", "Condition": {"ArnLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}),
        ),
        // Only reads.
        ("closed", json!({"Principal": "*", "Action": ["lambda:GetFunction", "lambda:List*"]})),
        // It has no URL, so nobody calls it.
        ("closed", json!({"Principal": "*", "Action": "lambda:InvokeFunctionUrl"})),
        ("closed", json!({"Principal": "*", "Effect": "Deny"})),
        ("open", json!({"Principal": "*"})),
        ("open", json!({"Principal": {"AWS": "*"}})),
        ("open", json!({"Principal": {"AWS": "999999999999"}})),
        ("open", json!({"Principal": {"AWS": "arn:aws:iam::999999999999:role/any"}})),
        (
            "open",
            json!({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}),
        ),
        ("open", json!({"Principal": service("events.amazonaws.com")})),
        ("open", json!({"Principal": service("s3.amazonaws.com"), "Condition": account("999999999999")})),
        // A bucket's ARN names no account.
        (
            "open",
            json!({"Principal": service("s3.amazonaws.com"), "Condition": source("arn:aws:s3:::orders")}),
        ),
        // The account stands in another part of the ARN.
        (
            "open",
            json!({"Principal": service("events.amazonaws.com"),
            "Condition": source("arn:aws:events:eu-central-1:999999999999:rule/a:111122223333:b")}),
        ),
        (
            "open",
            json!({"Principal": service("events.amazonaws.com"), "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:*"}}}),
        ),
        (
            "open",
            json!({"Principal": service("alexa-appkit.amazon.com"),
            "Condition": {"StringEquals": {"lambda:EventSourceToken": "skill"}}}),
        ),
        ("open", json!({"Principal": {"AWS": "999999999999"}, "Action": "lambda:UpdateFunctionCode"})),
        ("open", json!({"Principal": {"AWS": "999999999999"}, "Action": "lambda:AddPermission"})),
        ("open", json!({"Principal": {"AWS": "999999999999"}, "Action": "LAMBDA:invoke*"})),
        ("open", json!({"Principal": {"AWS": "999999999999"}, "Action": "*"})),
        ("open", json!({"Principal": {"AWS": "999999999999"}, "NotAction": "lambda:InvokeFunction"})),
        // An action that is not in the list of actions.
        ("open", json!({"Principal": {"AWS": "999999999999"}, "Action": "lambda:StartSomethingNew"})),
        ("open", json!({"Principal": {"AWS": "999999999999"}, "Action": "lambda:StartSome*"})),
    ];
    for (expected, parts) in cases {
        let result = judged(&policy(&parts), UrlAccess::Absent, &[]);
        match expected {
            "closed" => assert_eq!(word(&result), "closed", "{parts}"),
            _ => assert!(matches!(result, Proof::Refuted(_)), "{parts}: {result:?}"),
        }
    }
}

#[test]
fn a_stated_invoker_is_let_in_and_nobody_else_is() {
    let both = |names: &[&str]| policy(&json!({"Principal": {"AWS": names}}));
    let (theirs, other) = ("arn:aws:iam::999999999999:root", "arn:aws:iam::888888888888:root");
    assert_eq!(word(&judged(&both(&[theirs]), UrlAccess::Absent, &[theirs])), "closed");
    assert!(matches!(judged(&both(&[theirs, other]), UrlAccess::Absent, &[theirs]), Proof::Refuted(_)));
    let role = "arn:aws:iam::999999999999:role/reader";
    assert_eq!(word(&judged(&both(&[role]), UrlAccess::Absent, &[role])), "closed");
    assert!(matches!(judged(&both(&[theirs]), UrlAccess::Absent, &[role]), Proof::Refuted(_)));
    let service = policy(&json!({"Principal": {"Service": "s3.amazonaws.com"}}));
    assert_eq!(word(&judged(&service, UrlAccess::Absent, &["s3.amazonaws.com"])), "closed");
    assert!(matches!(judged(&service, UrlAccess::Absent, &["sns.amazonaws.com"]), Proof::Refuted(_)));
    // An account stands for its principals and its sources.
    let source = policy(&json!({"Principal": {"Service": "sns.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}}));
    assert_eq!(word(&judged(&source, UrlAccess::Absent, &[theirs])), "closed");
    assert!(matches!(judged(&source, UrlAccess::Absent, &[role]), Proof::Refuted(_)));
    // A service is not everybody.
    let public = policy(&json!({"Principal": "*"}));
    assert!(matches!(judged(&public, UrlAccess::Absent, &["s3.amazonaws.com"]), Proof::Refuted(_)));
}

/// Stating an invoker states that it invokes: whatever else the policy lets it do to the function is a way past the role.
#[test]
fn a_stated_invoker_may_invoke_and_do_nothing_else() {
    let (account, role) = ("arn:aws:iam::999999999999:root", "arn:aws:iam::999999999999:role/reader");
    let of_account = json!({"StringEquals": {"aws:SourceAccount": "999999999999"}});
    let callers = [
        (account, json!({"Principal": {"AWS": account}})),
        (role, json!({"Principal": {"AWS": role}})),
        ("sns.amazonaws.com", json!({"Principal": {"Service": "sns.amazonaws.com"}})),
        (account, json!({"Principal": {"Service": "sns.amazonaws.com"}, "Condition": of_account})),
    ];
    let actions = [
        (None, json!("lambda:InvokeFunction")),
        (None, json!("LAMBDA:invokefunctionURL")),
        (None, json!(["lambda:Invoke*", "lambda:GetFunction"])),
        (Some("lambda:UpdateFunctionCode"), json!("lambda:UpdateFunctionCode")),
        (Some("lambda:AddPermission"), json!(["lambda:InvokeFunction", "lambda:AddPermission"])),
        (Some("lambda:AddPermission"), json!("lambda:*")),
        (Some("lambda:AddPermission"), json!("*")),
        (Some("lambda:StartSomethingNew"), json!("lambda:StartSomethingNew")),
    ];
    for (invoker, parts) in &callers {
        for (refuted, action) in &actions {
            let mut parts = parts.clone();
            parts["Action"] = action.clone();
            let result = judged(&policy(&parts), UrlAccess::Unread, &[invoker]);
            match (refuted, &result) {
                (None, Proof::Proved) => {}
                (Some(action), Proof::Refuted(witness)) => {
                    assert_eq!(witness.request.action, *action, "{parts}");
                }
                (_, result) => panic!("{parts}: {result:?}"),
            }
        }
    }
    let all_but = policy(&json!({"Principal": {"AWS": account}, "NotAction": "lambda:InvokeFunction"}));
    assert!(matches!(judged(&all_but, UrlAccess::Absent, &[account]), Proof::Refuted(_)));
}

/// Within an account, a function's policy that names the role is enough: nothing of the role's own policies limits it.
#[test]
fn what_a_policy_grants_the_role_beyond_invoking_targets_is_found() {
    let role = "arn:aws:iam::111122223333:role/genesys";
    let session = "arn:aws:sts::111122223333:assumed-role/genesys/any";
    let granted = |parts: &Value, targets: &[FunctionArn]| {
        let document = policy(parts);
        let function: FunctionArn = FUNCTION.parse().unwrap();
        let asked =
            FunctionPolicy { function, document: &document, url: UrlAccess::Absent, invokers: Vec::new() };
        let grants = grants_to_role(&[asked], &role.parse().unwrap(), targets);
        grants.iter().any(|grant| matches!(grant.result, Proof::Refuted(_)))
    };
    let target: Vec<FunctionArn> = vec![FUNCTION.parse().unwrap()];
    let by = |principal: &str, action: &str| json!({"Principal": {"AWS": principal}, "Action": action});
    for (expected, parts) in [
        (true, by(role, "lambda:UpdateFunctionCode")),
        (true, by(role, "lambda:*")),
        (true, by(session, "lambda:AddPermission")),
        (true, by("*", "lambda:*")),
        (false, by(role, "lambda:InvokeFunction")),
        (false, by(role, "lambda:Get*")),
        (false, by("111122223333", "lambda:*")),
        (false, by("arn:aws:iam::111122223333:role/other", "lambda:*")),
    ] {
        assert_eq!(granted(&parts, &target), expected, "{parts}");
    }
    assert!(granted(&by(role, "lambda:InvokeFunction"), &[]), "a form that is no target");
}

#[test]
fn what_a_url_lets_in_depends_on_its_authentication() {
    let of_kind = |kind: &str| {
        policy(&json!({"Principal": "*", "Action": "lambda:InvokeFunctionUrl",
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": kind}}}))
    };
    let table: Vec<String> = ["NONE", "AWS_IAM"]
        .iter()
        .flat_map(|kind| {
            let urls = [UrlAccess::Absent, UrlAccess::Signed, UrlAccess::Open, UrlAccess::Unread];
            urls.map(|url| format!("{kind} {url:?}: {}", judged(&of_kind(kind), url, &[]).as_str()))
        })
        .collect();
    assert_eq!(
        table,
        [
            "NONE Absent: proved",
            "NONE Signed: proved",
            "NONE Open: refuted",
            "NONE Unread: refuted",
            "AWS_IAM Absent: proved",
            "AWS_IAM Signed: refuted",
            "AWS_IAM Open: proved",
            "AWS_IAM Unread: refuted",
        ]
    );
}

#[test]
fn a_witness_says_who_can_do_what() {
    let said = |parts: &Value| word(&judged(&policy(parts), UrlAccess::Absent, &[])).to_owned();
    insta::assert_snapshot!([
        said(&json!({"Principal": "*"})),
        said(&json!({"Principal": {"AWS": "999999999999"}, "Action": "lambda:UpdateFunctionCode"})),
        said(&json!({"Principal": {"Service": "s3.amazonaws.com"}, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}}})),
    ].join("\n"), @"
    any principal of any AWS account (for example `arn:aws:sts::999999999999:assumed-role/another-role/session`) can invoke `arn:aws:lambda:eu-central-1:111122223333:function:orders` without the role, because statement 1 (`x`) of the function's policy allows it
    any principal of account 999999999999 can call `lambda:UpdateFunctionCode` on `arn:aws:lambda:eu-central-1:111122223333:function:orders`, because statement 1 (`x`) of the function's policy allows it
    the AWS service `s3.amazonaws.com` can invoke `arn:aws:lambda:eu-central-1:111122223333:function:orders` without the role when `aws:sourcearn` is `arn:aws:s3:::b`, because statement 1 (`x`) of the function's policy allows it
    ");
}
