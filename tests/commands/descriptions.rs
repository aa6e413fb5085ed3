//! `rolecall prove` on what the AWS CLI prints about roles.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, file, results, rolecall, rolecall_reading};

const INTENT: [&str; 8] =
    ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION, "--target", ALIAS];

fn with_intent<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["prove", path][..], &INTENT, more].concat()
}

#[test]
fn the_trust_of_a_role() {
    for path in ["descriptions/get-role.json", "descriptions/get-role-encoded.json"] {
        let proof = rolecall(&["prove", path, "--output", "json"]).expect(0).json();
        assert_eq!(results(&proof), ["proved"; 3], "{path}");
        assert_eq!(proof["role"], "arn:aws:iam::123456789012:role/GenesysDataActionRole");
    }
    // What a role may do is not part of the answer of `get-role`.
    rolecall(&with_intent("descriptions/get-role.json", &[]))
        .expect(5)
        .says("the file contains no permissions of the role");
    // `list-roles` prints the same about several.
    let listed = std::fs::read_to_string(file("descriptions/get-role.json")).unwrap();
    let role = serde_json::from_str::<Value>(&listed).unwrap()["Role"].take();
    let list = json!({ "Roles": [role.clone(), role] }).to_string();
    rolecall_reading(list, &["prove", "-"]).expect(0).says("2 roles: 2 proved");
    rolecall(&["prove", "descriptions/get-legacy-role.json", "--principal", PRINCIPAL])
        .expect(4)
        .says("any principal of the role's own account 123456789012 can assume the role")
        .says("T24")
        .says("T22: a session can last 43200 seconds");
}

#[test]
fn every_role_of_an_account() {
    let path = "descriptions/authorization-details.json";
    let proof = rolecall(&with_intent(path, &["--output", "json"])).expect(4).json();
    assert_eq!(proof["result"], "refuted");
    let roles: Vec<(&str, &str)> = proof["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["role"].as_str().unwrap(), role["result"].as_str().unwrap()))
        .collect();
    assert_eq!(
        roles,
        [
            ("arn:aws:iam::123456789012:role/GenesysDataActionRole", "proved"),
            ("arn:aws:iam::123456789012:role/vendors/LegacyGenesysRole", "refuted"),
            ("arn:aws:iam::123456789012:role/trigger-execution", "proved"),
        ]
    );
    // The boundary leaves of `lambda:*` exactly the targets.
    assert_eq!(results(&proof["roles"][1]), ["refuted", "proved", "proved", "proved", "proved"]);
    let run = rolecall(&with_intent(path, &[])).expect(4);
    assert!(run.stdout.contains("\n3 roles: 2 proved, 1 refuted\n"), "{}", run.stdout);
    run.says("its permissions were not judged").says("hint: --role NAME proves only that role of the file");
    // Named by itself, the execution role is held against the intent.
    rolecall(&with_intent(path, &["--role", "trigger-execution"])).expect(4).says(
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole: its document is not in the file",
    );
}

#[test]
fn one_role_of_an_account() {
    let path = "descriptions/authorization-details.json";
    for name in ["GenesysDataActionRole", "arn:aws:iam::123456789012:role/GenesysDataActionRole"] {
        let run = rolecall(&with_intent(path, &["--role", name, "--output", "json"])).expect(0);
        assert_eq!(results(&run.json()), ["proved"; 5]);
        assert_eq!(run.stderr, "");
    }
    rolecall(&["prove", path, "--role", "Genesys"]).expect(2).says(
        "it contains no role `Genesys`; it contains `arn:aws:iam::123456789012:role/GenesysDataActionRole`, ",
    );
}

fn details() -> Value {
    let text = std::fs::read_to_string(file("descriptions/authorization-details.json")).unwrap();
    let mut details: Value = serde_json::from_str(&text).unwrap();
    details["RoleDetailList"].as_array_mut().unwrap().truncate(1);
    details
}

/// The first role of the account, after a change to what the CLI printed.
#[test]
fn what_is_missing_or_changed() {
    type Change = fn(&mut Value);
    let rows: [(Change, i32, &str); 8] = [
        (|_| {}, 0, "Result: proved"),
        (
            |details| {
                details["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] =
                    json!({})
            },
            4,
            "without an external ID",
        ),
        (
            |details| {
                details["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0]["Resource"] =
                    json!("*")
            },
            4,
            "P6",
        ),
        // A version that is not in force does not count.
        (
            |details| {
                let versions = details["Policies"][0]["PolicyVersionList"].as_array_mut().unwrap();
                let mut old = versions[0].clone();
                old["Document"]["Statement"][0]["Action"] = json!("*");
                old["IsDefaultVersion"] = json!(false);
                versions.insert(0, old);
            },
            0,
            "Result: proved",
        ),
        (
            |details| details["Policies"][0]["PolicyVersionList"][0]["IsDefaultVersion"] = json!(false),
            5,
            "its version in force is not in the file",
        ),
        (
            |details| {
                details.as_object_mut().unwrap().remove("Policies");
            },
            5,
            "its document is not in the file, which may have been made with a filter or in pages",
        ),
        (
            |details| {
                details["RoleDetailList"][0]["RolePolicyList"] = json!([{ "PolicyName": "odd", "PolicyDocument": "%7B%22Statement%22%3A%5B%7B%7D%5D%7D" }]);
            },
            5,
            "inline policy odd: not a policy document: /Statement/0: `Effect` is missing",
        ),
        (
            |details| {
                details["RoleDetailList"][0].as_object_mut().unwrap().remove("AssumeRolePolicyDocument");
            },
            5,
            "the trust policy: `AssumeRolePolicyDocument` is missing",
        ),
    ];
    for (change, status, words) in rows {
        let mut details = details();
        change(&mut details);
        rolecall_reading(details.to_string(), &with_intent("-", &[])).expect(status).says(words);
    }
}
