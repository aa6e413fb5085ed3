//! Reading documents: every form, lossless; every fault at once with its place.

use rolecall_iam::document::{Document, Effect, MAX_BYTES, MAX_DEPTH, MAX_FAULTS, Version};
use rolecall_iam::principal::element::{PrincipalKind, PrincipalName};
use serde_json::json;

/// The text comes back as it was, white space apart.
#[test]
fn the_round_trip_is_lossless() {
    let texts = [
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"abc"}}}]}"#,
        r#"{"Statement":{"Action":["s3:*"],"Resource":"*","Effect":"Deny","Sid":"x"},"Id":"id","Version":"2008-10-17"}"#,
        r#"{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":["1"],"Service":"a"},"NotAction":[],"NotResource":["a","b"]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":true},"NumericEquals":{"a:c":[1,2.5,"3"]},"Null":{"a:d":"true"}}}]}"#,
        r#"{"Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::é/${aws:username}","Condition":{}}]}"#,
    ];
    for text in texts {
        let document = Document::parse(text).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(document.to_value().to_string(), text);
        assert_eq!(document.to_string(), text);
        assert_eq!(Document::from_value(&document.to_value()).unwrap().to_string(), text);
        assert_eq!(Document::parse_bytes(text.as_bytes()).unwrap(), document);
    }
}

#[test]
fn statements_are_typed() {
    let document = Document::parse(
        r#"{"Version":"2012-10-17","Id":"i","Statement":[{"Sid":"S","Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root","AROA1234567890EXAMPLE"]},"NotAction":"a:*","Condition":{"StringLikeIfExists":{"A:b":["x","y"]}}}]}"#,
    )
    .unwrap();
    assert_eq!((document.version(), document.id()), (Some(Version::V2012), Some("i")));
    let [statement] = document.statements() else { panic!("one statement") };
    assert_eq!((statement.sid.as_deref(), statement.effect), (Some("S"), Effect::Deny));
    let principal = statement.principal.as_ref().unwrap();
    assert!(principal.negated);
    assert_eq!(
        principal.values,
        [
            PrincipalName::Account {
                partition: Some("aws".parse().unwrap()),
                account: "111122223333".parse().unwrap()
            },
            PrincipalName::UniqueId("AROA1234567890EXAMPLE".into())
        ]
    );
    assert!(statement.action.negated && statement.resource.is_none());
    assert_eq!(statement.conditions[0].key.written(), "A:b");
    assert_eq!(statement.conditions[0].values.len(), 2);
    assert_eq!(document.statement_pointer(0), "/Statement/0");
}

/// IAM User Guide, "IAM identifiers": a deleted principal shows as its unique id; other odd text names nobody.
#[test]
fn names_that_are_left_over() {
    let name = |text: &str| {
        let value =
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Principal": { "AWS": text } } });
        let document = Document::from_value(&value).unwrap();
        document.statements()[0].principal.as_ref().unwrap().values[0].clone()
    };
    for text in ["AROA1234567890EXAMPLE", "AIDA1234567890EXAMPLE", "AGPA1234567890EXAMPLE"] {
        assert_eq!(name(text), PrincipalName::UniqueId(text.to_owned()));
    }
    for text in [
        "XXXX1234567890EXAMPLE",
        "AROA1234567890example",
        "AROA123",
        "AROA-1234567890-EXAMPLE",
        "11112222333* ",
    ] {
        assert_eq!(name(text), PrincipalName::Undocumented(PrincipalKind::Aws, text.to_owned()));
    }
    for text in ["11112222333*", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:group/g"] {
        assert_eq!(name(text), PrincipalName::Nobody(text.to_owned()));
    }
}

#[test]
fn every_fault_has_its_place() {
    let faults = |text: &str| -> Vec<String> {
        let errors = Document::parse(text).expect_err(text);
        errors.faults.iter().map(|fault| fault.to_string()).collect()
    };
    let one = |text: &str| -> String {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].clone()
    };
    let rows = [
        ("", "the document: not JSON:"),
        ("[]", "the document: a policy document must be an object, not a list"),
        ("{}", "the document: `Statement` is missing"),
        (r#"{"Statement":[{"Effect":"Allow","Action":"*"},]}"#, "/Statement/1: not JSON:"),
        (r#"{"Statement":[]} x"#, "the document: not JSON:"),
        (
            r#"{"Version":"2012-10-18","Statement":[]}"#,
            "/Version: the version must be `2012-10-17` or `2008-10-17`, not `2012-10-18`",
        ),
        (
            r#"{"version":"2012-10-17","Statement":[]}"#,
            "/version: unknown element `version`; write `Version`",
        ),
        (r#"{"Statement":[],"a/b~c":1}"#, "/a~1b~0c: unknown element `a/b~c`"),
        (r#"{"Statement":"x"}"#, "/Statement: a statement must be an object, not a string"),
        (r#"{"Statement":[{"Action":"*"}]}"#, "/Statement/0: `Effect` is missing"),
        (
            r#"{"Statement":[{"Effect":"allow","Action":"*"}]}"#,
            "/Statement/0/Effect: the effect must be `Allow` or `Deny`, not `allow`",
        ),
        (r#"{"Statement":[{"Effect":"Allow"}]}"#, "/Statement/0: `Action` or `NotAction` is missing"),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*"}}"#,
            "/Statement: `Action` and `NotAction` cannot both be in one statement",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","NotResource":"*"}}"#,
            "/Statement: `Resource` and `NotResource` cannot",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":7}}"#,
            "/Statement/Action: expected a string or a list of strings, not a number",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":["a:b",null]}}"#,
            "/Statement/Action/1: expected a string, not null",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"765628985471"}}"#,
            "/Statement/Principal: a principal must be `\"*\"` or an object",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"aws":"*"}}}"#,
            "/Statement/Principal/aws: unknown kind of principal `aws`",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":[]}}"#,
            "/Statement/Condition: a condition must be an object of operators",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":"x"}}}"#,
            "/Statement/Condition/Bool: an operator must hold an object",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":{}}}}}"#,
            "/Statement/Condition/Bool/a:b: a condition value must be",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":["true",null]}}}}"#,
            "/Statement/Condition/Bool/a:b/1: a condition value must be",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Effect":"Deny","Action":"*"}}"#,
            "/Statement/Effect: the key `Effect` is given twice",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":"true","A:B":"false"}}}}"#,
            "/Statement/Condition/Bool/A:B: the condition key `A:B` is given twice",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{"Bool":{"a:b":"true"},"bool":{"a:b":"false"}}}}"#,
            "/Statement/Condition/bool: the operator `bool` is given twice",
        ),
    ];
    for (text, expected) in rows {
        let found = one(text);
        assert!(found.starts_with(expected), "{text}: {found}");
    }
    let many = faults(
        r#"{"Version":"1","Statement":[{"Effect":"x","Action":1},{"Effect":"Allow","Actions":"*"}],"Foo":2}"#,
    );
    assert_eq!(many.len(), 6, "{many:?}");
}

#[test]
fn bad_input_is_bounded() {
    let error = Document::parse_bytes(b"{\"Statement\":\"\xff\"}").unwrap_err();
    assert_eq!(error.faults[0].message, "the text is not UTF-8: byte 14 cannot be read");
    let huge = format!("{{\"Statement\":[{}]}}", " ".repeat(MAX_BYTES));
    let error = Document::parse(&huge).unwrap_err();
    assert!(error.faults[0].message.contains(&format!("at most {MAX_BYTES}")), "{error}");
    for depth in [MAX_DEPTH + 1, 100_000] {
        let deep = format!("{{\"Statement\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        let error = Document::parse(&deep).unwrap_err();
        assert!(error.faults[0].message.contains("nested deeper"), "{error}");
        let deep = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert!(Document::parse(&deep).unwrap_err().faults[0].message.contains("nested deeper"));
    }
    let siblings =
        format!("{{\"Statement\":{}[1,{{}},2],3{}}}", "[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1));
    assert_eq!(Document::parse(&siblings).unwrap_err().faults.len(), 1, "what lies too deep is passed over");
    let nested = (0..40).fold(json!("x"), |value, _| json!([value]));
    assert!(
        Document::from_value(&json!({ "Statement": nested })).unwrap_err().faults[0]
            .message
            .contains("nested deeper")
    );
    let faulty = format!("{{\"Statement\":[{}]}}", vec!["1"; 10_000].join(","));
    let errors = Document::parse(&faulty).unwrap_err();
    assert_eq!(errors.faults.len(), MAX_FAULTS);
    assert!(errors.to_string().ends_with("; and at least 90 more"), "{errors}");
    let fewer = rolecall_iam::document::DocumentErrors { faults: errors.faults[..12].to_vec() };
    assert!(fewer.to_string().ends_with("; and 2 more"), "{fewer}");
    let statement = r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"}"#;
    let many = format!("{{\"Statement\":[{}]}}", vec![statement; 10_000].join(","));
    assert_eq!(Document::parse(&many).unwrap().statements().len(), 10_000);
}
