//! Numbers where text is meant keep their text.

use rolecall_extract::{Parameters, Side, extract};
use serde_json::json;

fn external_id(text: &str) -> serde_json::Value {
    let extracted = extract(text, &Parameters::new()).unwrap_or_else(|error| panic!("{error}: {text}"));
    match &extracted.roles[0].trust {
        Side::Known(trust) => {
            trust.as_value()["Statement"]["Condition"]["StringEquals"]["sts:ExternalId"].clone()
        }
        other => panic!("{other:?}: {text}"),
    }
}

#[test]
fn in_json() {
    for (number, value) in [
        ("123456789012345678901234567890", json!("123456789012345678901234567890")),
        ("-123456789012345678901234567890", json!("-123456789012345678901234567890")),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("18446744073709551616", json!("18446744073709551616")),
        ("1e5", json!("1e5")),
        ("1E+05", json!("1E+05")),
        ("1.50", json!("1.50")),
        ("1.0", json!(1.0)),
        ("-0", json!("-0")),
        ("0.1234567890123456789", json!("0.1234567890123456789")),
        ("12", json!(12)),
        ("[1, 1e5, \"2\", 3.10]", json!([1, "1e5", "2", "3.10"])),
    ] {
        let text = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":{{\"Sid\":\"a\\\"1e9\\\\\",\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{{\"AWS\":\"765628985471\"}},\"Condition\":{{\"NumericLessThan\":{{\"aws:MultiFactorAuthAge\":300}},\"StringEquals\":{{\"sts:ExternalId\":{number}}}}}}}}}"
        );
        assert_eq!(external_id(&text), value, "{number}");
        // The same inside of a Terraform state, as text in text.
        let state = json!({ "format_version": "1.0", "values": { "root_module": { "resources": [
            { "address": "aws_iam_role.x", "mode": "managed", "type": "aws_iam_role", "name": "x", "values": { "name": "x", "assume_role_policy": text } }
        ] } } });
        assert_eq!(external_id(&state.to_string()), value, "{number}");
    }
}

#[test]
fn in_yaml() {
    let yaml = |number: &str| {
        format!(
            "Version: 2012-10-17\nStatement:\n  Effect: Allow\n  Action: sts:AssumeRole\n  Principal: {{AWS: '765628985471'}}\n  Condition: {{StringEquals: {{'sts:ExternalId': {number}}}}}\n"
        )
    };
    for (number, value) in [
        ("123456789012345678901234567890", json!("123456789012345678901234567890")),
        ("12", json!("12")),
        ("089", json!("089")),
        ("1.5", json!("1.5")),
        ("'1e5'", json!("1e5")),
        ("'012345670123'", json!("012345670123")),
    ] {
        assert_eq!(external_id(&yaml(number)), value, "{number}");
    }
    // YAML's readers do not agree on these.
    for number in [
        "1e5",
        "1.5e3",
        "1E+5",
        "0.12345678901234567890123",
        "12345678901234567890.5",
        "0o17",
        "077777777777777777777777777",
        ".inf",
        "-.Inf",
        ".NaN",
        "99999999999999999999:59",
    ] {
        let error = extract(&yaml(number), &Parameters::new()).expect_err(number).to_string();
        assert!(error.contains("put it in quotes"), "{number}: {error}");
    }
}
