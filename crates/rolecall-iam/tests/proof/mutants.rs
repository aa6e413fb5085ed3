//! Every single step away from the shipped documents. The solvers' runner includes this file too
//! (`crates/rolecall-certificate/examples/emit`).

use serde_json::{Value, json};

use super::support::{EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED, ROLE, clean_invoke, clean_trust};

const COMPARISONS: [&str; 26] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnNotEquals",
    "ArnLike",
    "ArnNotLike",
];

fn changed(document: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut changed = document.clone();
    change(&mut changed);
    changed
}

/// The document with another value at a JSON pointer's last key of the first statement.
fn with(document: &Value, key: &str, value: Value) -> Value {
    changed(document, |document| document["Statement"][0][key] = value)
}

fn without(document: &Value, key: &str) -> Value {
    changed(document, |document| {
        document["Statement"][0].as_object_mut().unwrap().remove(key);
    })
}

fn and(document: &Value, statement: Value) -> Value {
    changed(document, |document| document["Statement"].as_array_mut().unwrap().push(statement))
}

/// Every way to widen, shorten or respell a text.
fn other_texts(text: &str) -> Vec<String> {
    let mut all = vec![
        "*".to_owned(),
        "?*".to_owned(),
        format!("{text}*"),
        format!("*{text}"),
        format!("{text}?"),
        format!("{text}x"),
    ];
    all.extend([
        text.to_ascii_uppercase(),
        text.to_ascii_lowercase(),
        format!(" {text}"),
        format!("{text}\n"),
    ]);
    let letters: Vec<char> = text.chars().collect();
    // Every third letter, the last one among them.
    for at in (0..letters.len()).rev().step_by(3) {
        for replacement in ["", "?", "*", "0"] {
            let (before, after) = (&letters[..at], &letters[at + 1..]);
            all.push(format!(
                "{}{replacement}{}",
                before.iter().collect::<String>(),
                after.iter().collect::<String>()
            ));
        }
        if at > 0 {
            all.push(format!("{}*", letters[..at].iter().collect::<String>()));
        }
    }
    all
}

pub(super) fn trust_mutations() -> Vec<Value> {
    let clean = clean_trust();
    let mut all = Vec::new();
    for comparison in COMPARISONS {
        for prefix in ["", "ForAllValues:", "ForAnyValue:"] {
            for suffix in ["", "IfExists"] {
                let operator = format!("{prefix}{comparison}{suffix}");
                all.push(with(
                    &clean,
                    "Condition",
                    json!({operator.as_str(): {"sts:ExternalId": EXTERNAL_ID}}),
                ));
                // The same beside the condition that is there.
                all.push(changed(&clean, |document| {
                    document["Statement"][0]["Condition"][operator.as_str()]["sts:ExternalId"] =
                        json!([EXTERNAL_ID]);
                }));
            }
        }
    }
    for value in ["true", "false"] {
        all.push(with(&clean, "Condition", json!({"Null": {"sts:ExternalId": value}})));
    }
    for condition in [
        json!({}),
        json!({"StringEquals": {}}),
        json!({"StringEquals": {"sts:ExternalId": []}}),
        json!({"StringEquals": {"sts:ExternalId": [EXTERNAL_ID, "an-old-tenant"]}}),
        json!({"StringEquals": {"STS:EXTERNALID": EXTERNAL_ID}}),
        json!({"StringEquals": {"sts:ExternalID": [EXTERNAL_ID, EXTERNAL_ID]}}),
        json!({"stringequals": {"sts:ExternalId": EXTERNAL_ID}}),
        json!({"StringEquals": {"aws:ExternalId": EXTERNAL_ID}}),
        json!({"StringEquals": {"sts:RoleSessionName": EXTERNAL_ID}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "765628985471"}}),
    ] {
        all.push(with(&clean, "Condition", condition));
    }
    all.push(without(&clean, "Condition"));
    for text in other_texts(EXTERNAL_ID) {
        all.push(with(&clean, "Condition", json!({"StringEquals": {"sts:ExternalId": text}})));
        all.push(with(&clean, "Condition", json!({"StringLike": {"sts:ExternalId": text}})));
        all.push(with(&clean, "Condition", json!({"StringEquals": {"sts:ExternalId": [EXTERNAL_ID, text]}})));
        all.push(with(&clean, "Condition", json!({"StringLike": {"sts:ExternalId": [EXTERNAL_ID, text]}})));
    }
    let principals = [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": "765628985471"}),
        json!({"AWS": [GENESYS, "222233334444"]}),
        json!({"AWS": [GENESYS, "arn:aws:iam::222233334444:role/other"]}),
        json!({"AWS": [GENESYS, "arn:aws:sts::222233334444:assumed-role/other/session"]}),
        json!({"AWS": [GENESYS, ROLE]}),
        json!({"AWS": [GENESYS, "arn:aws:iam::111122223333:root"]}),
        json!({"AWS": GENESYS, "Service": "lambda.amazonaws.com"}),
        json!({"AWS": GENESYS, "Federated": "accounts.google.com"}),
        json!({"AWS": "222233334444"}),
        json!({"AWS": "arn:aws:iam::765628985472:root"}),
        json!({"AWS": "AROAEXAMPLEEXAMPLE123"}),
        json!({"AWS": "arn:aws:iam::765628985471:role/*"}),
        json!({"AWS": []}),
        json!({"Service": "lambda.amazonaws.com"}),
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
    ];
    for principal in principals {
        all.push(with(&clean, "Principal", principal.clone()));
        all.push(without(&with(&clean, "NotPrincipal", principal), "Principal"));
    }
    for action in [
        json!("*"),
        json!("sts:*"),
        json!("sts:Assume*"),
        json!("sts:AssumeRole*"),
        json!("sts:AssumeRol?"),
        json!("STS:assumerole"),
        json!("sts:TagSession"),
        json!("sts:AssumeRoleWithSAML"),
        json!("sts:AssumeRoleWithWebIdentity"),
        json!([]),
        json!(["sts:AssumeRole", "sts:TagSession"]),
        json!(["sts:AssumeRole", "sts:SetSourceIdentity"]),
        json!("sts:AssumeRoles"),
        json!("iam:AssumeRole"),
    ] {
        all.push(with(&clean, "Action", action.clone()));
        all.push(without(&with(&clean, "NotAction", action), "Action"));
    }
    all.push(with(&clean, "Effect", json!("Deny")));
    all.push(changed(&clean, |document| document["Version"] = json!("2008-10-17")));
    all.push(changed(&clean, |document| {
        document.as_object_mut().unwrap().remove("Version");
    }));
    all.push(changed(&clean, |document| document["Statement"] = json!([])));
    let condition = json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}});
    for (effect, extra) in [
        ("Allow", json!({})),
        ("Allow", json!({"Condition": condition})),
        ("Allow", json!({"Principal": {"AWS": "222233334444"}, "Condition": condition})),
        ("Allow", json!({"Principal": {"AWS": "*"}, "Condition": condition})),
        ("Allow", json!({"Principal": {"Service": "ec2.amazonaws.com"}})),
        ("Allow", json!({"Action": "sts:TagSession"})),
        ("Allow", json!({"Action": "sts:SetSourceIdentity"})),
        ("Allow", json!({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}})),
        ("Allow", json!({"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}})),
        ("Allow", json!({"Condition": {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}})),
        (
            "Allow",
            json!({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::765628985471:role/genesys-*"}}}),
        ),
        ("Deny", json!({})),
        ("Deny", json!({"Condition": condition})),
        ("Deny", json!({"Principal": {"AWS": "*"}, "Condition": condition})),
        ("Deny", json!({"Principal": {"AWS": "222233334444"}})),
        ("Deny", json!({"Condition": {"StringNotEquals": {"sts:ExternalId": EXTERNAL_ID}}})),
        ("Deny", json!({"Condition": {"Null": {"sts:ExternalId": "true"}}})),
        ("Deny", json!({"Action": "sts:TagSession"})),
    ] {
        let mut statement =
            json!({"Effect": effect, "Principal": {"AWS": GENESYS}, "Action": "sts:AssumeRole"});
        for (key, value) in extra.as_object().unwrap() {
            statement[key] = value.clone();
        }
        all.push(and(&clean, statement));
    }
    all
}

pub(super) fn invoke_mutations() -> Vec<Value> {
    let clean = clean_invoke();
    let mut all = Vec::new();
    for text in other_texts(FUNCTION) {
        all.push(with(&clean, "Resource", json!([text, QUALIFIED])));
        all.push(with(&clean, "Resource", json!([FUNCTION, QUALIFIED, text])));
    }
    for resource in [
        json!([]),
        json!(FUNCTION),
        json!(QUALIFIED),
        json!("*"),
        json!([FUNCTION, QUALIFIED, FUNCTION]),
        json!([QUALIFIED, FUNCTION]),
        json!([FUNCTION, QUALIFIED, format!("{FUNCTION}:*")]),
        json!([FUNCTION, QUALIFIED, format!("{FUNCTION}:live")]),
        json!([FUNCTION, "arn:aws:lambda:us-east-1:111122223333:function:stock"]),
        json!([FUNCTION, QUALIFIED, "arn:aws:s3:::bucket/*"]),
    ] {
        all.push(with(&clean, "Resource", resource.clone()));
        all.push(without(&with(&clean, "NotResource", resource), "Resource"));
    }
    for text in other_texts("lambda:InvokeFunction") {
        all.push(with(&clean, "Action", json!(text)));
        all.push(with(&clean, "Action", json!(["lambda:InvokeFunction", text])));
        all.push(without(&with(&clean, "NotAction", json!(text)), "Action"));
    }
    all.push(with(&clean, "Action", json!(["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"])));
    all.push(with(&clean, "Action", json!(["lambda:InvokeFunction", "iam:PassRole"])));
    all.push(with(&clean, "Effect", json!("Deny")));
    all.push(without(&clean, "Resource"));
    all.push(changed(&clean, |document| document["Version"] = json!("2008-10-17")));
    for statement in [
        json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        json!({"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": FUNCTION}),
        json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION}),
        json!({"Effect": "Deny", "Action": "lambda:InvokeFunction", "Resource": FUNCTION}),
        json!({"Effect": "Deny", "Action": "lambda:*", "Resource": "*"}),
        json!({"Effect": "Deny", "NotAction": "lambda:InvokeFunction", "Resource": "*"}),
        json!({"Effect": "Deny", "Action": "*", "NotResource": [FUNCTION, QUALIFIED]}),
        json!({"Effect": "Deny", "Action": "iam:*", "Resource": "*"}),
    ] {
        all.push(and(&clean, statement));
    }
    all
}
