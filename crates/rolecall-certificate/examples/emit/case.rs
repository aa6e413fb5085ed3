//! A role's documents with an intent: what we say of them, and their certificates.

use rolecall_certificate::{self as certificate, Encoding, Named, Part, Policies, Subject, certificates};
use rolecall_iam::arn::FunctionArn;
use rolecall_iam::document::Document;
use rolecall_iam::prove::{
    Allowance, Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, Use, prove_permissions,
    prove_trust,
};
use serde_json::{Value, json};

use super::support;

/// What is proved, and translated.
pub struct Case {
    name: String,
    trust: Option<Value>,
    identity: Vec<Value>,
    boundary: Option<Value>,
    intent: RoleIntent,
}

impl Case {
    pub fn trust(name: &str, trust: Value) -> Self {
        let (identity, boundary, intent) = (Vec::new(), None, support::intent());
        Self { name: name.to_owned(), trust: Some(trust), identity, boundary, intent }
    }

    pub fn permissions(name: &str, identity: Vec<Value>, boundary: Option<Value>) -> Self {
        Self { name: name.to_owned(), trust: None, identity, boundary, intent: support::intent() }
    }

    /// The same, where these uses are meant besides the functions that remain.
    pub fn stating(mut self, allowance: Option<Allowance>, targets: Vec<FunctionArn>) -> Self {
        self.intent.allowance = allowance;
        self.intent.targets = Some(targets);
        self
    }

    pub fn with_external_id(mut self, id: &str) -> Self {
        self.intent.external_id = Some(id.parse().unwrap());
        self
    }

    pub fn read(name: &str, value: &Value) -> Self {
        let intent = value.get("intent");
        let text = |key: &str| intent?.get(key)?.as_str().map(str::to_owned);
        let list = |key: &str| -> Option<Vec<String>> {
            let list = intent?.get(key)?.as_array()?;
            Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        let intent = match intent {
            None => support::intent(),
            Some(_) => RoleIntent {
                role: text("role").map(|role| role.parse().unwrap()),
                trusted: list("trusted")
                    .unwrap_or_default()
                    .iter()
                    .map(|name| name.parse().unwrap())
                    .collect(),
                external_id: text("external_id").map(|id| id.parse().unwrap()),
                targets: list("targets").map(|all| all.iter().map(|arn| arn.parse().unwrap()).collect()),
                further_ids: Vec::new(),
                allowance: Allowance::of(list("allow").unwrap_or_default().iter().map(|pair| {
                    let (action, resource) = pair.split_once('=').unwrap();
                    Use::new(action, resource).unwrap()
                })),
            },
        };
        Self {
            name: value.get("name").and_then(Value::as_str).unwrap_or(name).to_owned(),
            trust: value.get("trust").filter(|trust| !trust.is_null()).cloned(),
            identity: value
                .get("permissions")
                .or_else(|| value.get("identity"))
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default(),
            boundary: value.get("boundary").filter(|boundary| !boundary.is_null()).cloned(),
            intent,
        }
    }

    /// A line for each script. Nothing for documents that cannot be read.
    pub fn lines(&self) -> Vec<Value> {
        let read = |value: &Value| Document::from_value(value).ok();
        let trust = self.trust.as_ref().map(read);
        let identity: Option<Vec<Document>> = self.identity.iter().map(read).collect();
        let boundary = self.boundary.as_ref().map(read);
        let (Some(identity), false, false) = (identity, trust == Some(None), boundary == Some(None)) else {
            return Vec::new();
        };
        let (trust, boundary) = (trust.flatten(), boundary.flatten());
        let mut results = Vec::new();
        if let Some(trust) = &trust {
            results.extend(prove_trust(trust, &self.intent));
        }
        let named = |document| NamedDocument { name: "policy", document };
        let permissions = Permissions {
            identity: identity.iter().map(named).collect(),
            boundary: boundary.as_ref().map(named),
        };
        if !identity.is_empty() {
            results.extend(prove_permissions(&permissions, &self.intent));
        }
        let external_id = results.iter().find_map(|ClaimResult { claim, result: _ }| match claim {
            Claim::OnlyWithExternalId(id) | Claim::OthersOnlyWithExternalId(id) => id.clone(),
            _ => None,
        });
        let subject = Subject {
            role: self.intent.role.clone(),
            trusted: self.intent.trusted.clone(),
            external_id,
            targets: self.intent.targets.clone(),
            further_ids: Vec::new(),
            allowance: self.intent.allowance.as_ref().map(|allowance| allowance.document().clone()),
        };
        let named = |document| Named { name: "policy", document };
        let policies = Policies {
            identity: identity.iter().map(named).collect(),
            boundary: boundary.as_ref().map(|document| Named { name: "boundary", document }),
        };
        let trust = trust.as_ref().map(|document| Named { name: "trust", document });
        let policies = (!identity.is_empty()).then_some(&policies);
        certificates(trust, policies, &subject)
            .iter()
            .map(|script| {
                let (ours, why) = verdict(script.claim, &results);
                json!({
                    "name": self.name,
                    "documents": {"trust": self.trust, "permissions": self.identity, "boundary": self.boundary},
                    "claim": script.claim.slug(),
                    "part": match script.part {
                        Part::Proof(Encoding::Parts) => "parts",
                        Part::Proof(Encoding::Whole) => "whole",
                        Part::Vacuity => "vacuity",
                    },
                    "verdict": ours,
                    "why": why,
                    // Whether what should be possible is: then the second check of the vacuity script is satisfiable.
                    "possible": match script.claim {
                        certificate::Claim::OnlyTargets | certificate::Claim::EveryTarget => {
                            verdict(certificate::Claim::EveryTarget, &results).0
                        }
                        _ => verdict(certificate::Claim::MayAssume(0), &results).0,
                    },
                    "checks": script.checks,
                    "loosened": script.loosened,
                    "free": script.free,
                    "text": script.text,
                })
            })
            .collect()
    }
}

/// What we say of a claim. For the claims that somebody may: of the one principal.
fn verdict(claim: certificate::Claim, results: &[ClaimResult]) -> (&'static str, String) {
    match claim {
        // The certificate has the functions and the other uses in one file.
        certificate::Claim::EveryTarget => {
            let is_part = |claim: &Claim| {
                matches!(claim, Claim::EveryTargetMayBeInvoked(_) | Claim::EveryStatedMayBeDone(_))
            };
            let parts: Vec<_> = results.iter().filter(|it| is_part(&it.claim)).map(said).collect();
            let worst = ["refuted", "unknown"]
                .into_iter()
                .find_map(|word| parts.iter().find(|(said, _)| *said == word).cloned());
            worst.or_else(|| parts.first().cloned()).unwrap_or(("none", String::new()))
        }
        certificate::Claim::OnlyTrusted
        | certificate::Claim::OnlyWithExternalId
        | certificate::Claim::OnlyTargets
        | certificate::Claim::MayAssume(_)
        | certificate::Claim::Boundary
        | certificate::Claim::OnlyThroughRole(_) => verdict_of_one(claim, results),
    }
}

fn said(ClaimResult { claim: _, result }: &ClaimResult) -> (&'static str, String) {
    let why = match result {
        Proof::Proved => String::new(),
        Proof::Refuted(witness) => witness.sentence.clone(),
        Proof::Unknown { reasons } => reasons.join("; "),
    };
    (result.as_str(), why)
}

fn verdict_of_one(claim: certificate::Claim, results: &[ClaimResult]) -> (&'static str, String) {
    let mut index = 0;
    for one @ ClaimResult { claim: ours, result: _ } in results {
        let same = match (claim, ours) {
            (certificate::Claim::OnlyTrusted, Claim::OnlyTrustedMayAssume)
            | (
                certificate::Claim::OnlyWithExternalId,
                Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_),
            )
            | (
                certificate::Claim::OnlyTargets,
                Claim::OnlyTargetsMayBeInvoked | Claim::OnlyStatedMayBeDone,
            ) => true,
            (certificate::Claim::MayAssume(wanted), Claim::MayAssume(_)) => {
                index += 1;
                wanted + 1 == index
            }
            // The certificate is about every request, and this claim about some.
            (certificate::Claim::MayAssume(wanted), Claim::MayAssumeUnderConditions(_)) => {
                index += 1;
                if wanted + 1 == index {
                    return ("unknown", "it depends on the conditions of the policy".to_owned());
                }
                false
            }
            _ => false,
        };
        if same {
            return said(one);
        }
    }
    ("none", String::new())
}
