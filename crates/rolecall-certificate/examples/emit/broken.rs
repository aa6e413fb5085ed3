//! Stored verdicts, and what becomes of them if one rule of the translation is broken: each break must flip its verdict.

use rolecall_certificate::{Claim, Encoding, Named, Part, Subject, certificates};
use rolecall_iam::document::Document;
use serde_json::{Value, json};

use super::support::{self, EXTERNAL_ID, GENESYS};

struct Break {
    name: &'static str,
    claim: Claim,
    trust: Value,
    /// What the solvers say of the translation as it is.
    holds: bool,
    /// The rule that is broken: this text of the script is replaced.
    from: String,
    to: String,
    /// The encodings that have the rule.
    encodings: &'static [Encoding],
}

const BOTH: &[Encoding] = &[Encoding::Parts, Encoding::Whole];

fn breaks() -> Vec<Break> {
    let id = |operator: &str| json!({operator: {"sts:ExternalId": EXTERNAL_ID}});
    let allow = |principal: Value, condition: Value| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition});
    let document = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements});
    let present = "(and (and external_id.present main) (= external_id ".to_owned();
    let if_exists = "(or (not (and external_id.present main)) (= external_id ".to_owned();
    vec![
        Break {
            name: "a lost Deny",
            claim: Claim::OnlyWithExternalId,
            trust: document(json!([
                allow(json!(GENESYS), json!({})),
                {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": id("StringNotEquals")},
            ])),
            holds: true,
            from: "Bool (deny_0_1 action main))".to_owned(),
            to: "Bool false)".to_owned(),
            encodings: BOTH,
        },
        Break {
            name: "a lost presence",
            claim: Claim::OnlyWithExternalId,
            trust: document(json!([allow(json!(GENESYS), id("StringEquals"))])),
            holds: true,
            from: present.clone(),
            to: "(and true (= external_id ".to_owned(),
            encodings: BOTH,
        },
        Break {
            name: "IfExists taken for its absence",
            claim: Claim::OnlyWithExternalId,
            trust: document(json!([allow(json!(GENESYS), id("StringEqualsIfExists"))])),
            holds: false,
            from: if_exists.clone(),
            to: present.clone(),
            encodings: BOTH,
        },
        Break {
            name: "IfExists where there is none",
            claim: Claim::OnlyWithExternalId,
            trust: document(json!([allow(json!(GENESYS), id("StringEquals"))])),
            holds: true,
            from: present,
            to: if_exists,
            encodings: BOTH,
        },
        Break {
            name: "a wildcard cut at the colon of the account",
            claim: Claim::OnlyTrusted,
            trust: document(json!([allow(
                json!("222233334444"),
                json!({"StringLike": {"aws:PrincipalArn": "*:765628985471:role/*"}})
            )])),
            holds: false,
            from: "(str.in_re res (re.++ re.all (str.to_re \":765628985471:role/\") re.all))".to_owned(),
            to: "false".to_owned(),
            encodings: &[Encoding::Parts],
        },
        Break {
            name: "a negation around each value instead of all",
            claim: Claim::OnlyTrusted,
            trust: document(json!([
                allow(json!("222233334444"), json!({})),
                {"Effect": "Deny", "Principal": "*", "Action": "*", "Condition":
                    {"StringNotEquals": {"aws:PrincipalAccount": ["765628985471", "222233334444"]}}},
            ])),
            holds: false,
            from: "(= principal_account \"222233334444\")".to_owned(),
            to: "false".to_owned(),
            encodings: &[Encoding::Parts],
        },
    ]
}

pub fn lines() -> Vec<Value> {
    breaks().iter().flat_map(lines_of).collect()
}

fn lines_of(broken: &Break) -> Vec<Value> {
    let document = Document::from_value(&broken.trust).unwrap();
    let intent = support::intent();
    let subject = Subject {
        role: intent.role,
        trusted: intent.trusted,
        external_id: Some(EXTERNAL_ID.to_owned()),
        targets: None,
        further_ids: Vec::new(),
        allowance: None,
    };
    let mut lines = Vec::new();
    for script in certificates(Some(Named { name: "trust", document: &document }), None, &subject) {
        let Part::Proof(encoding) = script.part else { continue };
        if script.claim != broken.claim || !broken.encodings.contains(&encoding) {
            continue;
        }
        let text = script.text.replace(&broken.from, &broken.to);
        assert_ne!(
            text, script.text,
            "{}: the script has no `{}`\n{}",
            broken.name, broken.from, script.text
        );
        for (how, text, holds) in [("intact", script.text, broken.holds), ("broken", text, !broken.holds)] {
            // Each encoding by itself, so that the part is one that both solvers are asked about.
            lines.push(json!({
                "name": format!("{}, {how}, {encoding:?}", broken.name),
                "documents": {"trust": broken.trust}, "claim": "rule",
                "part": if encoding == Encoding::Parts { "parts" } else { "whole" },
                "verdict": if holds { "proved" } else { "refuted" }, "why": broken.name, "possible": "none",
                "checks": script.checks, "loosened": [], "free": [], "text": text,
            }));
        }
    }
    assert_eq!(lines.len(), 2 * broken.encodings.len(), "{}", broken.name);
    lines
}
