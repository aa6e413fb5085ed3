//! The ordinary case is proved, and every known pitfall is refuted with a sentence that says what is wrong.

use rolecall_iam::prove::RoleIntent;
use serde_json::{Value, json};

use super::support::{
    EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED, all_proved, clean_invoke, clean_trust, intent,
    permission_results, told, trust_of, trust_results,
};

#[test]
fn the_clean_role_is_proved() {
    assert_eq!(told(&trust_results(&clean_trust(), &intent())), ["proved"; 3]);
    assert_eq!(told(&permission_results(&[&clean_invoke()], None, &intent())), ["proved"; 2]);
}

#[test]
fn the_clean_role_is_proved_without_a_stated_intent() {
    assert_eq!(told(&trust_results(&clean_trust(), &RoleIntent::default())), ["proved"; 3]);
    assert_eq!(told(&permission_results(&[&clean_invoke()], None, &RoleIntent::default())), ["proved"; 2]);
}

fn id(operator: &str, value: &Value) -> Value {
    json!({operator: {"sts:ExternalId": value}})
}

#[test]
fn pitfalls_of_trust_policies() {
    let flipped = EXTERNAL_ID.to_ascii_uppercase();
    let genesys = json!({"AWS": GENESYS});
    let good = json!({"Principal": genesys, "Condition": id("StringEquals", &json!(EXTERNAL_ID))});
    let with = |condition: Value| trust_of(&[json!({"Principal": genesys, "Condition": condition})]);
    let also = |statement: Value| trust_of(&[good.clone(), statement]);
    let cases: Vec<(&str, Value)> = vec![
        ("T1", trust_of(&[json!({"Principal": genesys})])),
        ("T2 *", with(id("StringLike", &json!("*")))),
        ("T2 ?*", with(id("StringLike", &json!("?*")))),
        ("T2 prefix", with(id("StringLike", &json!("5f6b*")))),
        ("T2 list", with(id("StringLike", &json!([EXTERNAL_ID, "*"])))),
        ("T3 equals", with(id("StringEqualsIfExists", &json!(EXTERNAL_ID)))),
        ("T3 like", with(id("StringLikeIfExists", &json!(EXTERNAL_ID)))),
        ("T4", with(id("ForAllValues:StringEquals", &json!(EXTERNAL_ID)))),
        ("T5 not equals", with(id("StringNotEquals", &json!("x")))),
        ("T5 not like", with(id("StringNotLike", &json!("x*")))),
        ("T5 null", with(id("Null", &json!("false")))),
        ("T6", with(id("Null", &json!("true")))),
        ("T7", with(id("StringEqualsIgnoreCase", &json!(flipped)))),
        ("T8", also(json!({"Principal": genesys}))),
        ("T9", with(id("StringEquals", &json!([EXTERNAL_ID, "an-old-tenant"])))),
        (
            "T10 everybody",
            trust_of(&[
                json!({"Principal": {"AWS": "*"}, "Condition": id("StringEquals", &json!(EXTERNAL_ID))}),
            ]),
        ),
        (
            "T10 account",
            also(
                json!({"Principal": {"AWS": "222233334444"}, "Condition": id("StringEquals", &json!(EXTERNAL_ID))}),
            ),
        ),
        ("T10 service", also(json!({"Principal": {"Service": "lambda.amazonaws.com"}}))),
        (
            "T10 federated",
            also(
                json!({"Principal": {"Federated": "accounts.google.com"}, "Action": "sts:AssumeRoleWithWebIdentity"}),
            ),
        ),
        (
            "T12",
            trust_of(&[
                json!({"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}, "Condition": id("StringEquals", &json!(EXTERNAL_ID))}),
            ]),
        ),
        (
            "T13 NotPrincipal",
            trust_of(&[
                json!({"NotPrincipal": {"AWS": "222233334444"}, "Condition": id("StringEquals", &json!(EXTERNAL_ID))}),
            ]),
        ),
        (
            "T17",
            json!({"Statement": [{"Effect": "Allow", "Principal": genesys, "Action": "sts:AssumeRole",
            "Condition": id("StringEquals", &json!("${aws:PrincipalAccount}"))}]}),
        ),
        ("T18", with(id("StringEquals", &json!("5f6b*")))),
        ("T19", with(id("StringEquals", &json!(format!("{EXTERNAL_ID}\n"))))),
        ("T24", also(json!({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}))),
    ];
    let mut table = String::new();
    for (name, document) in &cases {
        let results = trust_results(document, &intent());
        assert!(!all_proved(&results), "{name} is proved: {document}");
        assert!(
            told(&results).iter().any(|told| told.starts_with("refuted")),
            "{name}: {:?}",
            told(&results)
        );
        table.push_str(&format!("{name}\n"));
        for (result, told) in results.iter().zip(told(&results)) {
            if told != "proved" {
                table.push_str(&format!("  {}\n    {told}\n", result.claim));
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn pitfalls_of_permissions() {
    let invoke = |action: Value, resource: Value| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]});
    let both = json!([FUNCTION, QUALIFIED]);
    let cases: Vec<(&str, Vec<Value>, Option<Value>)> = vec![
        ("P1", vec![clean_invoke(), invoke(json!("*"), json!("*"))], None),
        ("P1 read only", vec![clean_invoke(), invoke(json!(["s3:Get*", "s3:List*"]), json!("*"))], None),
        (
            "P5 other function",
            vec![clean_invoke()],
            Some(invoke(json!("lambda:InvokeFunction"), json!(FUNCTION))),
        ),
        ("P5 nothing", vec![clean_invoke()], Some(invoke(json!("s3:*"), json!("*")))),
        ("P6 lambda:*", vec![invoke(json!("lambda:*"), both.clone())], None),
        ("P6 lambda:Invoke*", vec![invoke(json!("lambda:Invoke*"), both.clone())], None),
        (
            "P6 url",
            vec![invoke(json!(["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"]), both.clone())],
            None,
        ),
        (
            "P6 every function",
            vec![invoke(
                json!("lambda:InvokeFunction"),
                json!("arn:aws:lambda:us-east-1:111122223333:function:*"),
            )],
            None,
        ),
        (
            "P6 every region",
            vec![invoke(
                json!("lambda:InvokeFunction"),
                json!([FUNCTION, QUALIFIED, "arn:aws:lambda:*:111122223333:function:orders"]),
            )],
            None,
        ),
        (
            "P6 every account",
            vec![invoke(
                json!("lambda:InvokeFunction"),
                json!([FUNCTION, QUALIFIED, "arn:aws:lambda:us-east-1:*:function:orders"]),
            )],
            None,
        ),
        (
            "P7 prefix",
            vec![invoke(json!("lambda:InvokeFunction"), json!([format!("{FUNCTION}*"), QUALIFIED]))],
            None,
        ),
        (
            "P7 any qualifier",
            vec![invoke(
                json!("lambda:InvokeFunction"),
                json!([FUNCTION, format!("{FUNCTION}:*"), QUALIFIED]),
            )],
            None,
        ),
        (
            "P7 wrong form",
            vec![invoke(json!("lambda:InvokeFunction"), json!([format!("{FUNCTION}:live"), QUALIFIED]))],
            None,
        ),
        (
            "P8 NotAction",
            vec![
                clean_invoke(),
                json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}),
            ],
            None,
        ),
        (
            "P8 NotResource",
            vec![
                json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "lambda:InvokeFunction", "NotResource": "arn:aws:s3:::x"}}),
            ],
            None,
        ),
        ("P9", vec![clean_invoke(), invoke(json!("iam:PassRole"), json!("*"))], None),
        (
            "denied",
            vec![
                clean_invoke(),
                json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "lambda:*", "Resource": FUNCTION}}),
            ],
            None,
        ),
        ("missing", vec![invoke(json!("lambda:InvokeFunction"), json!(FUNCTION))], None),
    ];
    let mut table = String::new();
    for (name, identity, boundary) in &cases {
        let identity: Vec<&Value> = identity.iter().collect();
        let results = permission_results(&identity, boundary.as_ref(), &intent());
        assert!(
            told(&results).iter().any(|told| told.starts_with("refuted")),
            "{name}: {:?}",
            told(&results)
        );
        table.push_str(&format!("{name}\n"));
        for told in told(&results).iter().filter(|told| *told != "proved") {
            table.push_str(&format!("  {told}\n"));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn limits_that_leave_exactly_the_targets_are_proved() {
    let wide = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}});
    assert_eq!(told(&permission_results(&[&wide], Some(&clean_invoke()), &intent())), ["proved"; 2]);
    let fenced = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "lambda:Invoke*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": "lambda:InvokeFunction", "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "NotResource": [FUNCTION, QUALIFIED]},
    ]});
    assert_eq!(told(&permission_results(&[&fenced], None, &intent())), ["proved"; 2]);
}

#[test]
fn a_deny_that_may_reach_across_colons_is_relied_upon_by_no_proof() {
    let other = "arn:aws:lambda:us-east-1:111122223333:function:payments";
    let policy = |denied: &str| {
        json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [FUNCTION, QUALIFIED, other]},
            {"Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": denied},
        ]})
    };
    assert_eq!(told(&permission_results(&[&policy(other)], None, &intent())), ["proved"; 2]);
    let crossing =
        told(&permission_results(&[&policy("arn:aws:lambda:us-east-1:*:payments")], None, &intent()));
    assert!(crossing[0].starts_with("unknown: "), "{crossing:?}");
}

#[test]
fn conditions_that_every_call_meets_do_not_stand_in_the_way() {
    for always in [
        json!({"Null": {"aws:CurrentTime": "false"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "765628985471"}}),
        json!({"StringLike": {"sts:RoleSessionName": "*"}}),
        json!({"StringNotEqualsIfExists": {"aws:SourceAccount": "222233334444"}}),
    ] {
        let mut trust = clean_trust();
        let condition = trust["Statement"][0]["Condition"].as_object_mut().unwrap();
        for (operator, keys) in always.as_object().unwrap() {
            condition.insert(operator.clone(), keys.clone());
        }
        if let Some(keys) = always.get("StringEquals") {
            condition["StringEquals"] =
                json!({"sts:ExternalId": EXTERNAL_ID, "aws:PrincipalAccount": keys["aws:PrincipalAccount"]});
        }
        assert_eq!(told(&trust_results(&trust, &intent())), ["proved"; 3], "{always}");
    }
}
