//! Findings: each pitfall has its name, the clean role has none.

use rolecall_iam::arn::FunctionArn;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::evaluate_trust;
use rolecall_iam::lint::{
    AliasTarget, Basis, Finding, FindingId, FunctionFacts, KnownRole, PolicyFacts, SharedIds, TrustFacts,
    lint_function, lint_permissions, lint_trust,
};
use rolecall_iam::prove::{FunctionPolicy, NamedDocument, Permissions, RoleIntent, UrlAccess, passages};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::support::{
    EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED, ROLE, clean_invoke, clean_trust, document, intent, trust_of,
};

fn trust_findings(value: &Value, intent: &RoleIntent) -> Vec<Finding> {
    let document = document(value);
    let policy = NamedDocument { name: "trust", document: &document };
    let findings = lint_trust(&policy, intent, &TrustFacts::default());
    for finding in &findings {
        if let Some(witness) = &finding.witness {
            let allows = evaluate_trust(&witness.request, &document).allows;
            let expected = if finding.id == FindingId::T16 { Truth::False } else { Truth::True };
            assert_eq!(allows, expected, "{finding:?}");
        } else {
            assert_ne!(finding.id.basis(), Basis::Request, "{finding:?}");
        }
    }
    findings
}

fn ids(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_clean_role_has_no_findings() {
    for intent in [intent(), RoleIntent::default()] {
        assert_eq!(trust_findings(&clean_trust(), &intent), []);
        let invoke = document(&clean_invoke());
        let identity = vec![NamedDocument { name: "invoke", document: &invoke }];
        let permissions = Permissions { identity, boundary: None };
        assert_eq!(lint_permissions(&permissions, &intent, &[PolicyFacts::default()]), []);
    }
}

#[test]
fn every_pitfall_of_a_trust_policy_has_its_finding() {
    let id = |operator: &str, value: Value| json!({operator: {"sts:ExternalId": value}});
    let genesys = json!({"AWS": GENESYS});
    let exact = id("StringEquals", json!(EXTERNAL_ID));
    let good = json!({"Principal": genesys, "Condition": exact});
    let with = |condition: Value| trust_of(&[json!({"Principal": genesys, "Condition": condition})]);
    let also = |statement: Value| trust_of(&[good.clone(), statement]);
    let named_role = "arn:aws:iam::765628985471:role/genesys-service";
    let published = RoleIntent { trusted: vec![named_role.parse().unwrap()], ..intent() };
    let cases: Vec<(&str, Value, RoleIntent)> = vec![
        ("T1", trust_of(&[json!({"Principal": genesys})]), intent()),
        ("T2", with(id("StringLike", json!("5f6b*"))), intent()),
        ("T2", with(id("StringLike", json!([EXTERNAL_ID, "*"]))), intent()),
        ("T3", with(id("StringEqualsIfExists", json!(EXTERNAL_ID))), intent()),
        ("T2 T3", with(id("StringLikeIfExists", json!("*"))), intent()),
        ("T4", with(id("ForAllValues:StringEquals", json!(EXTERNAL_ID))), intent()),
        ("T5", with(id("StringNotEquals", json!("x-1"))), intent()),
        ("T5", with(id("Null", json!("false"))), intent()),
        ("T6", with(id("Null", json!("true"))), intent()),
        ("T7", with(id("StringEqualsIgnoreCase", json!(EXTERNAL_ID))), intent()),
        ("T8", also(json!({"Principal": genesys})), intent()),
        (
            "T9",
            with(id("StringEquals", json!([EXTERNAL_ID, "0d9c1f1e-5b7a-4d44-9a53-3b1f1d2e4c5a"]))),
            intent(),
        ),
        ("T10", trust_of(&[json!({"Principal": {"AWS": "*"}, "Condition": exact})]), intent()),
        ("T10", also(json!({"Principal": {"AWS": "222233334444"}, "Condition": exact})), intent()),
        ("T11", with(exact.clone()), published.clone()),
        ("T12", also(json!({"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}, "Condition": exact})), intent()),
        ("T13", trust_of(&[json!({"NotPrincipal": {"AWS": "222233334444"}, "Condition": exact})]), intent()),
        ("T13", trust_of(&[json!({"Principal": genesys, "Action": "sts:*", "Condition": exact})]), intent()),
        ("T14", also(json!({"Principal": genesys, "Action": "sts:TagSession"})), intent()),
        (
            "",
            also(json!({"Principal": genesys, "Action": "sts:TagSession",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}})),
            intent(),
        ),
        ("T15", also(json!({"Principal": genesys, "Action": "sts:SetSourceIdentity"})), intent()),
        (
            "",
            also(json!({"Principal": genesys, "Action": "sts:SetSourceIdentity",
            "Condition": {"StringEquals": {"sts:SourceIdentity": "genesys"}}})),
            intent(),
        ),
        (
            "T16",
            trust_of(&[
                json!({"Principal": genesys, "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": exact}),
            ]),
            intent(),
        ),
        (
            "T17",
            json!({"Statement": [{"Effect": "Allow", "Principal": genesys, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID, "sts:RoleSessionName": "${aws:username}"}}}]}),
            intent(),
        ),
        ("T18", with(id("StringEquals", json!("5f6b*"))), intent()),
        ("T19", with(id("StringEquals", json!(format!("{EXTERNAL_ID}\n")))), intent()),
        (
            "T20",
            with(id("StringEquals", json!("123456789012"))),
            RoleIntent { external_id: Some("123456789012".parse().unwrap()), ..intent() },
        ),
        (
            "T20",
            with(id("StringEquals", json!("acme-corporation"))),
            RoleIntent { external_id: Some("acme-corporation".parse().unwrap()), ..intent() },
        ),
        (
            "T20",
            with(id("StringEquals", json!("00000000-0000-0000-0000-000000000000"))),
            RoleIntent {
                external_id: Some("00000000-0000-0000-0000-000000000000".parse().unwrap()),
                ..intent()
            },
        ),
        ("T23", also(json!({"Principal": {"Service": "lambda.amazonaws.com"}})), intent()),
        ("T24", also(json!({"Principal": {"AWS": ROLE}, "Condition": exact})), intent()),
        // To state the role's account as the vendor's does not make it another one.
        (
            "T24",
            trust_of(&[json!({"Principal": {"AWS": "111122223333"}, "Condition": exact})]),
            RoleIntent { trusted: vec!["arn:aws:iam::111122223333:root".parse().unwrap()], ..intent() },
        ),
    ];
    let mut table = String::new();
    for (expected, document, intent) in &cases {
        let findings = trust_findings(document, intent);
        for name in expected.split_whitespace() {
            assert!(
                ids(&findings).split(' ').any(|id| id == name),
                "{expected}: {} {document}",
                ids(&findings)
            );
        }
        if expected.is_empty() {
            assert_eq!(findings, [], "{document}");
        }
        table.push_str(&format!("{expected}: {}\n", ids(&findings)));
        for finding in &findings {
            let number = finding
                .statement
                .as_ref()
                .map(|place| format!(", statement {}", place.index + 1))
                .unwrap_or_default();
            table.push_str(&format!(
                "  {} {}{number}: {}\n",
                finding.id,
                finding.id.severity(),
                finding.message
            ));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn facts_beside_the_trust_policy_are_found() {
    let trust = document(&clean_trust());
    let other = document(&clean_trust());
    let mut roles = vec![KnownRole { place: 0, name: "genesys", trust: &trust }];
    let find = |roles: &[KnownRole<'_>], place| {
        let ids = SharedIds::of(roles.iter().copied());
        let facts = TrustFacts { max_session_duration: Some(7200), shared: Some((place, &ids)) };
        lint_trust(&NamedDocument { name: "trust", document: &trust }, &intent(), &facts)
    };
    assert_eq!(ids(&find(&roles, 0)), "T22");
    roles.extend((1..10).map(|place| KnownRole { place, name: "legacy", trust: &other }));
    let findings = find(&roles, 0);
    assert_eq!(ids(&findings), "T22 T21");
    assert!(
        findings[1].message.contains("`legacy` and 4 more accept the external ID"),
        "{}",
        findings[1].message
    );
    // Once for all of them.
    assert_eq!(ids(&find(&roles, 1)), "T22");
}

fn permission_findings(
    identity: &[Value],
    boundary: Option<&Value>,
    facts: &[PolicyFacts<'_>],
) -> Vec<Finding> {
    let documents: Vec<Document> = identity.iter().map(document).collect();
    let boundary = boundary.map(document);
    let permissions = Permissions {
        identity: documents.iter().map(|document| NamedDocument { name: "invoke", document }).collect(),
        boundary: boundary.as_ref().map(|document| NamedDocument { name: "boundary", document }),
    };
    lint_permissions(&permissions, &intent(), facts)
}

#[test]
fn every_pitfall_of_permissions_has_its_finding() {
    let policy = |action: Value, resource: Value| json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]});
    let invoke = || json!("lambda:InvokeFunction");
    let written = document(&clean_invoke());
    let ours = PolicyFacts { written: Some(&written), ..PolicyFacts::default() };
    let foreign = PolicyFacts { foreign: true, ..PolicyFacts::default() };
    let shared = PolicyFacts { attachments: Some(2), ..ours };
    let inline = PolicyFacts { inline: true, ..foreign };
    let default = PolicyFacts::default();
    let wide = "arn:aws:lambda:us-east-1:111122223333:function:*";
    type Case<'c> = (&'c str, Vec<Value>, Option<Value>, Vec<PolicyFacts<'c>>);
    let cases: Vec<Case<'_>> = vec![
        ("P1", vec![clean_invoke(), policy(json!("*"), json!("*"))], None, vec![ours, foreign]),
        ("P1", vec![clean_invoke(), policy(json!("s3:Get*"), json!("*"))], None, vec![ours, foreign]),
        ("P2", vec![clean_invoke(), clean_invoke()], None, vec![ours, inline]),
        ("P3 P6", vec![policy(invoke(), json!([FUNCTION, QUALIFIED, wide]))], None, vec![ours]),
        ("P4", vec![clean_invoke()], None, vec![shared]),
        ("P5", vec![clean_invoke()], Some(policy(invoke(), json!(FUNCTION))), vec![ours]),
        ("P6", vec![policy(json!("lambda:Invoke*"), json!([FUNCTION, QUALIFIED]))], None, vec![default]),
        ("P6", vec![policy(invoke(), json!([FUNCTION, QUALIFIED, wide]))], None, vec![default]),
        (
            "P6",
            vec![policy(
                invoke(),
                json!([FUNCTION, QUALIFIED, "arn:aws:lambda:*:111122223333:function:orders"]),
            )],
            None,
            vec![default],
        ),
        ("P7", vec![policy(invoke(), json!([format!("{FUNCTION}*"), QUALIFIED]))], None, vec![default]),
        (
            "P7",
            vec![policy(invoke(), json!([FUNCTION, format!("{FUNCTION}:*"), QUALIFIED]))],
            None,
            vec![default],
        ),
        ("P7", vec![policy(invoke(), json!([format!("{FUNCTION}:live"), QUALIFIED]))], None, vec![default]),
        (
            "P8",
            vec![
                json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}),
            ],
            None,
            vec![default],
        ),
        (
            "P8",
            vec![
                json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": invoke(), "NotResource": wide}}),
            ],
            None,
            vec![default],
        ),
        (
            "P9",
            vec![policy(json!(["lambda:InvokeFunction", "iam:PassRole"]), json!("*"))],
            None,
            vec![default],
        ),
        ("P9 P6 P7", vec![policy(json!("lambda:*"), json!("*"))], None, vec![default]),
    ];
    let mut table = String::new();
    for (expected, identity, boundary, facts) in &cases {
        let findings = permission_findings(identity, boundary.as_ref(), facts);
        for name in expected.split_whitespace() {
            assert!(
                ids(&findings).split(' ').any(|id| id == name),
                "{expected}: {} {identity:?}",
                ids(&findings)
            );
        }
        table.push_str(&format!("{expected}: {}\n", ids(&findings)));
        for finding in &findings {
            table.push_str(&format!("  {} {}: {}\n", finding.id, finding.id.severity(), finding.message));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn ways_around_the_role_are_found() {
    let conditioned = |principal: Value, condition: Value| {
        json!({"Version": "2012-10-17", "Statement": [{"Sid": "x", "Effect": "Allow", "Principal": principal,
            "Action": "lambda:InvokeFunction", "Resource": FUNCTION, "Condition": condition}]})
    };
    let statement = |principal: Value| conditioned(principal, json!({}));
    let source = json!({"ArnLike": {"aws:SourceArn": "arn:aws:execute-api:us-east-1:111122223333:api/*"}});
    let cases = [
        ("", conditioned(json!({"Service": "apigateway.amazonaws.com"}), source)),
        ("", statement(json!({"AWS": ROLE}))),
        ("L1", statement(json!({"AWS": GENESYS}))),
        ("L1", statement(json!({"Service": "apigateway.amazonaws.com"}))),
        ("L1 L2", statement(json!("*"))),
        (
            "L2",
            statement(json!({"AWS": "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/session"})),
        ),
        // Who signs nothing has no ARN.
        ("L1 L2", conditioned(json!("*"), json!({"Null": {"aws:PrincipalArn": "true"}}))),
    ];
    let function: FunctionArn = FUNCTION.parse().unwrap();
    let found = |policy: Option<&Value>, url: UrlAccess, aliases: Vec<AliasTarget>| {
        let document = policy.map(document);
        let policies: Vec<FunctionPolicy<'_>> = { document.iter() }
            .map(|document| FunctionPolicy {
                function: function.clone(),
                document,
                url,
                invokers: Vec::new(),
            })
            .collect();
        let passages = passages(&policies, &[]);
        let open_urls = if url == UrlAccess::Open { vec![function.clone()] } else { Vec::new() };
        let (policies, passages) = (&policies, &passages);
        let function = function.clone();
        let facts = FunctionFacts { function, policies, passages, grants: &[], open_urls, aliases };
        lint_function(&facts, &intent())
    };
    for (expected, policy) in cases {
        let findings = found(Some(&policy), UrlAccess::Absent, Vec::new());
        assert_eq!(ids(&findings), expected, "{findings:?}");
        // Nobody can state everybody.
        let can_be_stated = findings.iter().any(|finding| finding.fix.contains("`invokers`"));
        assert_eq!(can_be_stated, expected == "L1", "{findings:?}");
    }
    let public = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
        "Action": "lambda:InvokeFunctionUrl", "Resource": FUNCTION,
        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}}]});
    let url = |policy, url| ids(&found(policy, url, Vec::new()));
    assert_eq!(
        [
            url(None, UrlAccess::Open),
            url(Some(&public), UrlAccess::Signed),
            url(Some(&public), UrlAccess::Open),
        ],
        ["L3", "L2", "L1 L2 L3"].map(str::to_owned)
    );
    let alias = AliasTarget {
        alias: "live".parse().unwrap(),
        version: "7".to_owned(),
        expected: Some("6".to_owned()),
        weighted: Some("8".to_owned()),
    };
    assert_eq!(ids(&found(None, UrlAccess::Absent, vec![alias])), "L4 L4");
}

#[test]
fn every_kind_of_finding_is_described() {
    for id in FindingId::ALL {
        assert!(id.reference().starts_with("https://"), "{id}");
        assert!(!id.why().is_empty() && !id.summary().is_empty(), "{id}");
    }
    assert_eq!(FindingId::ALL.len(), 24 + 9 + 4 + 3);
}
