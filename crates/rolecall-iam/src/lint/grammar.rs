//! Findings about what a document says before it means anything: what IAM does not store (G1, G2), and names of condition keys that
//! it stores and nobody has (G3).
//!
//! What is checked, and its sources, stand in [`crate::quota`]. Refusals that another result tells better, and those
//! that sources contradict each other about, are left out.

use std::collections::BTreeSet;

use super::{Finding, FindingId, Remedy, StatementPlace};
use crate::arn::Partition;
use crate::context::ContextKey;
use crate::document::{Document, Version};
use crate::keys;
use crate::prove::NamedDocument;
use crate::quota::{Evidence, Violation, check_identity_grammar, check_partition, check_trust_grammar};

/// Most faults that are told of one document.
const MOST_FAULTS: usize = 10;

/// What IAM would refuse about a trust policy, and keys that it stores though nobody has them. `partition` is that of the role, where it is known.
#[must_use]
pub fn lint_trust_grammar(policy: &NamedDocument<'_>, partition: Option<&Partition>) -> Vec<Finding> {
    let mut violations = check_trust_grammar(policy.document);
    if let Some(partition) = partition {
        violations.extend(check_partition(policy.document, partition));
    }
    let mut findings = refusals(policy, violations, true);
    findings.extend(misspelt_keys(policy));
    findings
}

/// What IAM would refuse about an identity policy of a role.
#[must_use]
pub fn lint_identity_grammar(policy: &NamedDocument<'_>) -> Vec<Finding> {
    let mut violations = check_identity_grammar(policy.document);
    // Inline policies may be older; whether this one is inline cannot be seen.
    violations.retain(|violation| violation.pointer != "/Version");
    let mut findings = refusals(policy, violations, false);
    findings.extend(misspelt_keys(policy));
    if policy.document.version() != Some(Version::V2012) {
        findings.push(Finding {
            id: FindingId::G2,
            document: policy.name.to_owned(),
            statement: None,
            message: "the document does not say `\"Version\": \"2012-10-17\"`".to_owned(),
            fix: "write `\"Version\": \"2012-10-17\"`".to_owned(),
            remedy: is_plain(policy.document).then_some(Remedy::Version),
            witness: None,
        });
    }
    findings
}

/// Without `${`, the versions of the language say the same.
fn is_plain(document: &Document) -> bool {
    !document.to_string().contains("${")
}

/// G3: condition keys that nobody knows and that are a slip away from one that is known.
pub(super) fn misspelt_keys(policy: &NamedDocument<'_>) -> Vec<Finding> {
    let mut told: BTreeSet<(usize, &ContextKey)> = BTreeSet::new();
    let numbered = policy.document.statements().iter().enumerate();
    let asked = numbered.flat_map(|(index, statement)| {
        statement.conditions.iter().map(move |condition| (index, &condition.key))
    });
    asked
        .filter(|asked| told.insert(*asked))
        .filter_map(|(index, key)| {
            let meant = keys::meant(key.folded())?;
            Some(Finding {
                id: FindingId::G3,
                document: policy.name.to_owned(),
                statement: Some(StatementPlace::of(policy.document, index)),
                message: format!("rolecall does not know the condition key `{key}`; did you mean `{meant}`?"),
                fix: format!("write `{meant}`"),
                remedy: None,
                witness: None,
            })
        })
        .collect()
}

fn refusals(policy: &NamedDocument<'_>, mut violations: Vec<Violation>, is_trust: bool) -> Vec<Finding> {
    violations.retain(|violation| violation.evidence == Evidence::Documented && !violation.is_told_elsewhere);
    let more = violations.len().saturating_sub(MOST_FAULTS);
    violations.truncate(MOST_FAULTS);
    let finding = |statement, message, fix: &str| Finding {
        id: FindingId::G1,
        document: policy.name.to_owned(),
        statement,
        message,
        fix: fix.to_owned(),
        remedy: None,
        witness: None,
    };
    let mut findings: Vec<Finding> = violations
        .iter()
        .map(|Violation { pointer, message, .. }| {
            let place = statement_at(policy.document, pointer);
            finding(place, format!("IAM rejects this document: {message}"), fix(pointer, is_trust))
        })
        .collect();
    if more > 0 {
        findings.push(finding(
            None,
            format!("IAM rejects this document: {more} more faults"),
            "see the faults above",
        ));
    }
    findings
}

/// The statement that a pointer leads into.
fn statement_at(document: &Document, pointer: &str) -> Option<StatementPlace> {
    let rest = pointer.strip_prefix("/Statement")?;
    let first = rest.split('/').nth(1);
    let index = first.and_then(|step| step.parse().ok()).unwrap_or(0);
    (index < document.statements().len()).then(|| StatementPlace::of(document, index))
}

/// What to do about a fault at this place.
fn fix(pointer: &str, is_trust: bool) -> &'static str {
    let mut steps = pointer.split('/');
    let element = steps.find(|step| {
        ["Resource", "NotResource", "Sid", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"]
            .contains(step)
    });
    match (element, is_trust) {
        (Some("Resource" | "NotResource"), true) => {
            "remove the element: a trust policy always applies to its own role"
        }
        (Some("Resource" | "NotResource"), false) => "write ARNs, or `*`",
        (Some("Sid"), _) => "give every statement a unique ID of letters and digits",
        (Some("Principal"), true) => {
            "name accounts, roles, users, sessions, services or identity providers of the role's partition, each in full"
        }
        (Some("NotPrincipal"), true) => "name the trusted principals in `Principal`",
        (Some("Principal" | "NotPrincipal"), _) => {
            "remove the element: an identity policy applies to the principal that has it"
        }
        (Some("Action" | "NotAction"), true) => {
            "name the STS actions that the principals need, such as `sts:AssumeRole`"
        }
        (Some("Action" | "NotAction"), false) => {
            "write actions as `service:Action`, such as `lambda:InvokeFunction`"
        }
        (Some("Condition"), _) => "use operators and condition keys that IAM knows",
        (None, _) if pointer.is_empty() => "shorten the document",
        (None, _) if pointer == "/Statement" => "write a statement, or remove the policy",
        (Some(_) | None, _) => "correct the document",
    }
}
