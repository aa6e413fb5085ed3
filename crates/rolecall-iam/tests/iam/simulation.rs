//! Files of cases.

use rolecall_iam::evaluate::Decision;
use rolecall_iam::simulate::{MAX_BYTES, parse};
use serde_json::{Value, json};

use super::support::{CUSTOMER, ROLE, VENDOR, VENDOR_ROLE};

fn allow_all() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

fn case() -> Value {
    json!({
        "name": "the vendor with the right id",
        "request": {
            "principal": VENDOR_ROLE,
            "action": "sts:AssumeRole",
            "resource": { "resource": ROLE, "accountId": CUSTOMER },
            "context": { "sts:ExternalId": "abc" },
        },
        "identityPolicies": [allow_all()],
        "resourcePolicy": { "Version": "2012-10-17", "Statement": [{ "Sid": "Vendor", "Effect": "Allow",
            "Principal": { "AWS": VENDOR }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": "abc" } } }] },
        "expected": { "response": "Allowed" },
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut value = case();
    change(&mut value);
    value
}

#[test]
fn outcomes() {
    let wrong = changed(|case| {
        case["name"] = json!("a wrong id");
        case["request"]["context"]["sts:ExternalId"] = json!("abd");
    });
    let text = json!([case(), wrong]).to_string();
    let cases = parse(&text).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(
        cases[0].run().to_value(),
        json!({
            "name": "the vendor with the right id",
            "response": "Allowed",
            "reason": "allowed by statement `Vendor` of the resource's policy and statement 1 of the caller's identity policies",
            "statements": [
                { "pointer": "/resourcePolicy/Statement/0", "sid": "Vendor" },
                { "pointer": "/identityPolicies/0/Statement/0" },
            ],
            "expected": "Allowed",
            "pass": true,
        })
    );
    assert_eq!(
        cases[1].run().to_value(),
        json!({
            "name": "a wrong id",
            "response": "ImplicitlyDenied",
            "reason": "no statement of the resource's policy allows it",
            "statements": [],
            "expected": "Allowed",
            "pass": false,
        })
    );
}

/// Every part of a case counts, and an empty list is not a missing one.
#[test]
fn every_part_counts() {
    let deny = || json!({ "Statement": [{ "Effect": "Deny", "Action": "*", "Resource": "*" }] });
    let full = || json!([{ "orgIdentifier": "r-1", "policies": [allow_all()] }, { "orgIdentifier": "123456789012", "policies": [allow_all()] }]);
    let rows: [(&str, Value, &str); 13] = [
        ("identityPolicies", json!([]), "ImplicitlyDenied"),
        ("identityPolicies", Value::Null, "ImplicitlyDenied"),
        ("identityPolicies", json!([allow_all(), deny()]), "ExplicitlyDenied"),
        ("permissionBoundaries", json!([]), "ImplicitlyDenied"),
        ("permissionBoundaries", json!([allow_all()]), "Allowed"),
        ("sessionPolicy", json!({ "Statement": [] }), "ImplicitlyDenied"),
        ("sessionPolicy", allow_all(), "Allowed"),
        ("resourcePolicy", Value::Null, "ImplicitlyDenied"),
        ("serviceControlPolicies", full(), "Allowed"),
        ("serviceControlPolicies", json!([{ "orgIdentifier": "r-1", "policies": [] }]), "ImplicitlyDenied"),
        ("serviceControlPolicies", json!([]), "Allowed"),
        (
            "resourceControlPolicies",
            json!([{ "orgIdentifier": "r-1", "policies": [{ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*" }] }] }]),
            "ExplicitlyDenied",
        ),
        ("resourceControlPolicies", json!([{ "orgIdentifier": "r-1", "policies": [] }]), "Allowed"),
    ];
    for (part, value, expected) in rows {
        let case = changed(|case| {
            match &value {
                Value::Null => case.as_object_mut().unwrap().remove(part),
                value => case.as_object_mut().unwrap().insert(part.to_owned(), value.clone()),
            };
        });
        let cases = parse(&json!([case]).to_string()).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(cases[0].run().response.as_str(), expected, "{part}: {value}");
    }
    let anonymous = changed(|case| case["request"]["principal"] = json!({ "type": "Anonymous" }));
    let service = changed(|case| case["request"]["principal"] = json!("lambda.amazonaws.com"));
    let odd = changed(|case| {
        case["resourcePolicy"]["Statement"][0]["Condition"] = json!({ "Sounds": { "a:b": "c" } })
    });
    let cases = parse(&json!([anonymous, service, odd]).to_string()).unwrap();
    let responses: Vec<Decision> = cases.iter().map(|case| case.run().response).collect();
    assert_eq!(responses, [Decision::ImplicitlyDenied, Decision::ImplicitlyDenied, Decision::Unknown]);
    assert!(cases[2].run().reason.contains("/Statement/0/Condition/Sounds/a:b"));
}

#[test]
fn faults_by_case_and_place() {
    type Change = fn(&mut Value);
    let rows: [(Change, &str); 14] = [
        (
            |case| {
                case.as_object_mut().unwrap().remove("request");
            },
            "/0: `request` is missing",
        ),
        (
            |case| {
                case.as_object_mut().unwrap().remove("expected");
            },
            "/0: `expected` is missing",
        ),
        (|case| case["expect"] = json!({}), "/0/expect: unknown key"),
        (
            |case| case["expected"]["response"] = json!("Denied"),
            "/0/expected/response: the response must be `Allowed`",
        ),
        (
            |case| case["expected"]["response"] = json!("Unknown"),
            "/0/expected/response: the response must be `Allowed`",
        ),
        (|case| case["request"]["principal"] = json!("me"), "/0/request/principal: `me` is not a principal"),
        (
            |case| case["request"]["principal"] = json!({ "type": "Root" }),
            "/0/request/principal: a principal object must be",
        ),
        (|case| case["request"]["action"] = json!("sts:*"), "/0/request/action: an action must be one call"),
        (
            |case| case["request"]["resource"] = json!("arn"),
            "/0/request/resource: expected an object with resource, accountId",
        ),
        (
            |case| case["request"]["resource"]["accountId"] = json!("1"),
            "/0/request/resource/accountId: `1` is not an AWS account ID",
        ),
        (|case| case["request"]["context"]["a:b"] = json!(1), "/0/request/context/a:b: expected a string"),
        (
            |case| case["request"]["context"]["STS:EXTERNALID"] = json!("x"),
            "/0/request/context/STS:EXTERNALID: the condition key is given twice",
        ),
        (|case| case["identityPolicies"] = allow_all(), "/0/identityPolicies: expected a list"),
        (
            |case| case["resourcePolicy"]["Statement"][0]["Effect"] = json!("x"),
            "/0/resourcePolicy/Statement/0/Effect: the effect must be",
        ),
    ];
    for (change, expected) in rows {
        let errors = parse(&json!([changed(change)]).to_string()).expect_err(expected);
        assert_eq!(errors.faults.len(), 1, "{errors}");
        let fault = &errors.faults[0];
        assert_eq!((fault.case, fault.name.as_deref()), (Some(0), Some("the vendor with the right id")));
        assert!(fault.fault.to_string().starts_with(expected), "{}", fault.fault);
        assert!(errors.to_string().contains("case `the vendor with the right id`"));
    }
    for (text, expected) in [
        ("1", "the document: a file of cases must be a list"),
        ("{}", "the document: `cases` is missing"),
        (r#"{"cases": 1}"#, "/cases: expected a list"),
        (r#"{"cases": [], "common": {"request": {}}}"#, "/common/request: unknown key"),
        (r#"{"cases": [], "common": {"resourcePolicy": 1}}"#, "/common/resourcePolicy"),
        ("[", "/0: not JSON"),
        ("[{\"name\":\"a\",\"name\":\"b\"}]", "/0/name: the key `name` is given twice"),
    ] {
        let errors = parse(text).unwrap_err();
        assert!(errors.faults[0].fault.to_string().starts_with(expected), "{errors}");
        assert_eq!(errors.faults[0].case, None);
    }
    assert!(parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err().to_string().contains("at most"));
    assert_eq!(parse("[]").unwrap().len(), 0);
}

/// What a case states itself goes before what the file states once; a fault of a case is placed in the file.
#[test]
fn policies_that_cases_share_stand_once() {
    let nothing = json!({"Version": "2012-10-17", "Statement": []});
    let case = |expected: &str| {
        json!({
            "name": expected,
            "request": {"principal": "arn:aws:iam::111122223333:user/u", "action": "s3:GetObject",
                        "resource": {"resource": "arn:aws:s3:::b/k"}, "context": {}},
            "expected": {"response": expected},
        })
    };
    let mut bounded = case("ImplicitlyDenied");
    bounded["permissionBoundaries"] = json!([nothing]);
    let mut without = case("ImplicitlyDenied");
    without["identityPolicies"] = json!([]);
    let mut file =
        json!({"common": {"identityPolicies": [allow_all()]}, "cases": [case("Allowed"), bounded, without]});
    let cases = parse(&file.to_string()).unwrap();
    assert!(cases.len() == 3 && cases.iter().all(|case| case.run().pass));
    file["cases"][2]["identityPolicies"] = json!([1]);
    let errors = parse(&file.to_string()).unwrap_err();
    assert_eq!(errors.faults[0].fault.pointer, "/cases/2/identityPolicies/0");
    assert_eq!(errors.faults[0].case, Some(2));
}
