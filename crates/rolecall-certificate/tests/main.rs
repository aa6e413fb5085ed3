//! The structure of certificates. What they say is for solvers: `just solvers`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail loudly"
)]

use rolecall_certificate::{
    Claim, Encoding, FIRST_LINE, FunctionPolicy, Named, Part, Policies, Script, Subject, UrlAccess,
    certificates, function_certificates,
};
use rolecall_iam::document::Document;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
const TRUSTED: &str = "arn:aws:iam::765628985471:root";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:orders";

fn subject() -> Subject {
    Subject {
        role: Some(ROLE.parse().unwrap()),
        trusted: vec![TRUSTED.parse().unwrap()],
        external_id: Some("5f6b2c1e".to_owned()),
        targets: Some(vec![FUNCTION.parse().unwrap()]),
        further_ids: Vec::new(),
        allowance: None,
    }
}

fn of_trust(condition: &Value) -> Vec<Script> {
    let document = Document::from_value(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": TRUSTED}, "Action": "sts:AssumeRole", "Condition": condition}],
    }))
    .unwrap();
    certificates(Some(Named { name: "trust", document: &document }), None, &subject())
}

fn has_claim(scripts: &[Script], claim: Claim) -> bool {
    scripts.iter().any(|script| script.claim == claim)
}

/// Literals end where they began, and everything outside of them and of comments is balanced.
fn assert_well_formed(text: &str) {
    assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)), "{text}");
    for line in text.lines().filter(|line| !line.trim_start().starts_with(';')) {
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
    }
    let mut depth = 0_i64;
    let code = text.lines().filter(|line| !line.trim_start().starts_with(';'));
    for piece in code.flat_map(|line| line.split('"').step_by(2)) {
        for character in piece.chars() {
            depth += i64::from(character == '(') - i64::from(character == ')');
            assert!(depth >= 0, "{text}");
        }
    }
    assert_eq!(depth, 0, "{text}");
}

#[test]
fn a_users_text_stays_within_its_literal() {
    let nasty = [
        "\") (assert false) (check-sat) (\"",
        "a\\u{41}b",
        "line\nbreak\r\u{2028}\u{85}",
        "; comment",
        "caf\u{e9} \u{1f600} \u{2ffff}",
        "|quoted|",
    ];
    for text in nasty {
        for condition in [
            json!({"StringEquals": {"sts:ExternalId": text}}),
            json!({"StringLike": {"sts:ExternalId": format!("{text}*")}}),
            json!({"StringEquals": {text: "value"}}),
            json!({text: {"sts:ExternalId": "value"}}),
            json!({"StringLike": {"aws:PrincipalArn": format!("*{text}?")}}),
        ] {
            for script in of_trust(&condition) {
                assert!(script.text.starts_with(FIRST_LINE));
                assert_well_formed(&script.text);
                assert_eq!(script.text.matches("\n(check-sat)\n").count(), script.checks.len());
            }
        }
    }
}

#[test]
fn a_backslash_is_a_code_point_and_a_quote_is_doubled() {
    let scripts = of_trust(&json!({"StringEquals": {"sts:ExternalId": "a\\u{41}\"b\u{e9}"}}));
    assert!(scripts[0].text.contains(r#"(= external_id "a\u{5c}u{41}""b\u{e9}")"#), "{}", scripts[0].text);
}

#[test]
fn every_operator_has_an_encoding_or_is_loosened() {
    let comparisons = [
        (
            "String",
            ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"].as_slice(),
            "aws:RequestTag/k",
            "v",
        ),
        ("Case", &["StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"], "sts:ExternalId", "v"),
        ("Arn", &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"], "aws:PrincipalArn", TRUSTED),
        (
            "Numeric",
            &["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
            "aws:MultiFactorAuthAge",
            "300",
        ),
        (
            "Date",
            &["DateEquals", "DateNotEquals", "DateLessThanEquals", "DateGreaterThan"],
            "aws:CurrentTime",
            "2026-01-01T00:00:00Z",
        ),
        ("Bool", &["Bool"], "aws:SecureTransport", "true"),
        ("Ip", &["IpAddress", "NotIpAddress"], "aws:SourceIp", "2001:db8::/32"),
    ];
    for (family, operators, key, value) in comparisons {
        for operator in operators {
            for suffix in ["", "IfExists"] {
                let scripts = of_trust(&json!({format!("{operator}{suffix}"): {key: value}}));
                assert_eq!(scripts[0].loosened, Vec::<String>::new(), "{operator}{suffix}");
                assert!(has_claim(&scripts, Claim::MayAssume(0)), "{operator}{suffix}");
                // On a key of another family the operator says nothing, and the file tells.
                let other = if family == "Bool" { "aws:CurrentTime" } else { "aws:SecureTransport" };
                let scripts = of_trust(&json!({format!("{operator}{suffix}"): {other: value}}));
                assert_eq!(scripts[0].loosened.len(), 1, "{operator}{suffix}");
                assert!(!has_claim(&scripts, Claim::MayAssume(0)), "{operator}{suffix}");
            }
        }
    }
}

#[test]
fn what_aws_does_not_document_is_loosened() {
    for condition in [
        json!({"StringMatches": {"sts:ExternalId": "x"}}),
        json!({"BinaryEquals": {"sts:ExternalId": "YWI="}}),
        json!({"ForAnyValue:StringEqualsIfExists": {"sts:ExternalId": "x"}}),
        json!({"StringNotEquals": {"sts:ExternalId": "${aws:PrincipalTag/team}"}}),
        json!({"StringEquals": {"sts:ExternalId": "${broken"}}),
        json!({"StringEqualsIgnoreCase": {"aws:RequestTag/team": "\u{fc}"}}),
        json!({"StringEquals": {"aws:TagKeys": "team"}}),
        json!({"StringEquals": {"custom:key": "x"}}),
        json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "soon"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam"}}),
        json!({"Null": {"sts:ExternalId": "maybe"}}),
    ] {
        let scripts = of_trust(&condition);
        assert!(!scripts[0].loosened.is_empty(), "{condition}");
        assert!(!has_claim(&scripts, Claim::MayAssume(0)), "{condition}");
    }
}

#[test]
fn a_policy_is_translated_to_two_encodings_and_a_check_of_the_assumptions() {
    let document = Document::from_value(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": FUNCTION}],
    }))
    .unwrap();
    let policies = Policies { identity: vec![Named { name: "invoke", document: &document }], boundary: None };
    let scripts = certificates(None, Some(&policies), &subject());
    let parts: Vec<_> = scripts.iter().map(|script| (script.claim, script.part)).collect();
    assert_eq!(
        parts,
        [
            (Claim::OnlyTargets, Part::Proof(Encoding::Parts)),
            (Claim::OnlyTargets, Part::Proof(Encoding::Whole)),
            (Claim::OnlyTargets, Part::Vacuity),
            (Claim::EveryTarget, Part::Proof(Encoding::Parts)),
            (Claim::EveryTarget, Part::Proof(Encoding::Whole)),
        ]
    );
    scripts.iter().for_each(|script| assert_well_formed(&script.text));
    assert_eq!(scripts[0].file_name(), "only-targets.parts.smt2");
}

#[test]
fn a_policy_of_a_function_is_translated_as_a_role_s_is() {
    let document = Document::from_value(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "lambda:InvokeFunction",
            "Resource": FUNCTION, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}],
    }))
    .unwrap();
    let policy = |url| FunctionPolicy {
        function: FUNCTION.parse().unwrap(),
        document: &document,
        url,
        accounts: Vec::new(),
        invokers: vec!["arn:aws:iam::999999999999:root".parse().unwrap()],
    };
    let scripts = function_certificates(&[policy(UrlAccess::Absent), policy(UrlAccess::Open)]);
    let names: Vec<String> = scripts.iter().map(Script::file_name).collect();
    assert_eq!(
        names,
        [1, 2]
            .map(|number| ["parts", "whole", "vacuity"]
                .map(|part| format!("only-through-role-{number}.{part}.smt2")))
            .concat()
    );
    for Script { text, loosened, .. } in scripts {
        assert_well_formed(&text);
        assert!(loosened.is_empty(), "{loosened:?}");
    }
}

/// A provider that many share is trusted for whom the policy names, as in the prover's judgement.
#[test]
fn a_trusted_provider_does_not_stand_for_all_of_its_tokens() {
    let only_trusted = |host: &str, condition: &Value| {
        let provider = format!("arn:aws:iam::111122223333:oidc-provider/{host}");
        let document = Document::from_value(&json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}],
        }))
        .unwrap();
        let subject = Subject { trusted: vec![provider.parse().unwrap()], ..subject() };
        let scripts = certificates(Some(Named { name: "trust", document: &document }), None, &subject);
        let script = scripts.into_iter().find(|script| script.claim == Claim::OnlyTrusted).unwrap();
        assert_well_formed(&script.text);
        script
            .text
            .lines()
            .find(|line| line.starts_with("(assert (not") && line.contains("provider"))
            .map(str::to_owned)
    };
    let github = "token.actions.githubusercontent.com";
    let pinned = |host: &str, term: &str| {
        let provider = format!("arn:aws:iam::111122223333:oidc-provider/{host}");
        Some(format!(
            "(assert (not (and (and (= kind 4) (= provider \"{provider}\")) (and claim_2.present {term}))))"
        ))
    };
    let sub = |host: &str, operator: &str, value: &str| json!({operator: {format!("{host}:sub"): value}});
    let other = "idp.example.com";
    let table = [
        // A tenant; no tenant and thereby nobody; no tenant, and one subject.
        (
            github,
            sub(github, "StringLike", "repo:acme/*"),
            pinned(github, "(str.in_re claim_2 (re.++ (str.to_re \"repo:acme/\") re.all))"),
        ),
        (github, json!({"StringEquals": {format!("{github}:aud"): "sts.amazonaws.com"}}), None),
        (github, sub(github, "StringLike", "*"), pinned(github, "(= claim_2 \"*\")")),
        (github, sub(github, "StringEquals", "somebody"), pinned(github, "(= claim_2 \"somebody\")")),
        (github, sub(github, "StringNotLike", "repo:acme/*"), None),
        (other, sub(other, "StringEquals", "somebody"), pinned(other, "(= claim_2 \"somebody\")")),
        // Its tokens name the tenant elsewhere.
        ("oidc.vercel.com", sub("oidc.vercel.com", "StringEquals", "somebody"), None),
    ];
    for (host, condition, expected) in table {
        assert_eq!(only_trusted(host, &condition), expected, "{host} {condition}");
    }
}

#[test]
fn a_wildcard_is_cut_wherever_it_can_end() {
    let scripts = of_trust(&json!({"StringLike": {"aws:PrincipalArn": "*:765628985471:role/*"}}));
    let text = &scripts[0].text;
    // In the account, or in a path that has colons.
    assert!(
        text.contains(r#"(and (= acct "765628985471") (str.in_re res (re.++ (str.to_re "role/") re.all)))"#),
        "{text}"
    );
    assert!(
        text.contains(r#"(str.in_re res (re.++ re.all (str.to_re ":765628985471:role/") re.all))"#),
        "{text}"
    );
}

/// Solvers read a script from its beginning: whether a call is encrypted follows from its action, which comes first.
#[test]
fn nothing_is_used_before_it_is_declared() {
    let policy = Document::from_value(&json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}]}))
    .unwrap();
    let policies = Policies { identity: vec![Named { name: "policy", document: &policy }], boundary: None };
    let scripts = certificates(None, Some(&policies), &subject());
    assert!(!scripts.is_empty());
    for Script { text, .. } in scripts {
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with(';'));
        let first = code.find(|line| line.contains("action")).unwrap();
        assert_eq!(first, "(declare-const action String)", "{text}");
    }
}

#[test]
fn the_translation_shares_nothing_with_the_prover() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for line in code {
            for room in ["prove", "pattern", "evaluate", "truth", "lint", "covers_action", "names_principal"]
            {
                let foreign = format!("rolecall_iam::{room}");
                assert!(!line.contains(&foreign), "{}: {line}", path.display());
            }
            assert!(!line.contains(".covers_action(") && !line.contains(".names_principal("), "{line}");
        }
    }
}
