//! Claims about a resource control policy around a role: who can assume the role whatever its trust policy says.
//!
//! The claims quantify over trust policies, and one question decides them all. A trust policy lets a caller in only by an
//! `Allow`, and no `Allow` overrides a `Deny` of a resource control policy. So the search is put to the most permissive
//! trust policy that there can be, which allows everybody every action, together with the statements of the resource
//! control policy:
//!
//! - a request that these two refuse is denied by the resource control policy itself, so every trust policy refuses it: another
//!   trust policy allows no more, and a `Deny` of its own only takes away;
//! - a request that they allow gets in under the most permissive trust policy, so it is a counterexample.
//!
//! The same holds for the further permissions of a call (session tags, a source identity, a trusted context): the most
//! permissive trust policy grants them all.
//!
//! Deliberately absent: where AWS applies the policy. Resource control policies bind no role of the organization's management
//! account, no service-linked role, and no account above or beside the place where they are attached (AWS Organizations
//! User Guide, "Resource control policies"). Whoever shows a claim must say so: [`GUARDRAIL_SCOPE`].

use std::fmt;

use serde_json::{Value, json};

use super::answer::{Proof, Witness};
use super::names::Group;
use super::policy::{Outcome, PROOF_BUDGET, ResourcePolicy};
use super::question::{Callers, ExternalIds, Question};
use super::words;
use crate::arn::{ExternalId, RoleArn};
use crate::document::{Document, Version};
use crate::pattern::Budget;
use crate::principal::Principal;

/// Where the claims hold.
pub const GUARDRAIL_SCOPE: &str = "the claims hold where AWS applies the policy: in an account to which it is attached directly or through a unit or \
     the root, but never in the organization's management account and never for a service-linked role";

/// Whom a resource control policy is meant to let in.
#[derive(Debug, Clone, Copy)]
pub struct GuardrailIntent<'i> {
    /// The role that it is about.
    pub role: &'i RoleArn,
    /// Who may assume the role; the root of an account stands for the whole account.
    pub trusted: &'i [Principal],
    /// The external IDs of which they must pass one.
    pub external_ids: &'i [ExternalId],
}

/// Something that is claimed about a role under a resource control policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardrailClaim {
    /// No trust policy lets anybody in but the trusted principals.
    OnlyTrusted,
    /// No trust policy lets anybody in without exactly one of these external IDs.
    OnlyWithExternalId(Vec<ExternalId>),
    /// The policy denies this principal no call with any of the external IDs. Calls with session tags, a source identity or a trusted
    /// context do not count.
    LetsIn(Principal),
}

impl fmt::Display for GuardrailClaim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyTrusted => formatter.write_str(
                "whatever the role's trust policy says, no principal of an account, AWS service or identity provider can assume \
                 the role, except the trusted principals",
            ),
            Self::OnlyWithExternalId(ids) => {
                formatter.write_str("whatever the role's trust policy says, nobody can assume the role without ")?;
                match ids.as_slice() {
                    [id] => write!(formatter, "the external ID `{id}`"),
                    ids => {
                        let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
                        write!(formatter, "one of the external IDs {}", ids.join(", "))
                    }
                }
            }
            Self::LetsIn(principal) => {
                write!(
                    formatter,
                    "the policy does not stop `{principal}` with the external ID (without session tags, source identity or context)"
                )
            }
        }
    }
}

/// A claim with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardrailResult {
    /// What is claimed.
    pub claim: GuardrailClaim,
    /// What became of it.
    pub result: Proof,
}

/// Proves or refutes what a resource control policy should guarantee, for every trust policy that the role can ever have.
///
/// ```
/// use rolecall_iam::document::Document;
/// use rolecall_iam::prove::{GuardrailIntent, Proof, prove_guardrail};
///
/// // Whoever is not of the vendor's account is denied. But no statement asks for the external ID.
/// let policy = Document::parse(
///     r#"{"Version": "2012-10-17", "Statement": [
///         {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole*", "Resource": "*",
///          "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "999999999999"}}},
///         {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole*", "Resource": "*",
///          "Condition": {"Null": {"sts:ExternalId": "true"}}}]}"#,
/// )?;
/// let results = prove_guardrail(
///     &policy,
///     GuardrailIntent {
///         role: &"arn:aws:iam::111122223333:role/vendor".parse()?,
///         trusted: &["arn:aws:iam::999999999999:root".parse()?],
///         external_ids: &["tenant-7".parse()?],
///     },
/// );
/// let Proof::Refuted(witness) = &results[1].result else { panic!("any external ID is enough") };
/// assert_eq!(
///     witness.sentence,
///     "a trust policy can let `arn:aws:sts::999999999999:assumed-role/another-role/session` assume the role with the \
///      external ID `another-external-id`: no statement of the policy denies it"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn prove_guardrail(policy: &Document, intent: GuardrailIntent<'_>) -> Vec<GuardrailResult> {
    let GuardrailIntent { role, trusted, external_ids } = intent;
    let claims = [GuardrailClaim::OnlyTrusted, GuardrailClaim::OnlyWithExternalId(external_ids.to_vec())]
        .into_iter()
        .chain(trusted.iter().cloned().map(GuardrailClaim::LetsIn));
    let open = match under_the_most_permissive_trust(policy) {
        Ok(open) => open,
        Err(reason) => {
            let unknown = |claim| GuardrailResult { claim, result: Proof::unknown(vec![reason.clone()]) };
            return claims.map(unknown).collect();
        }
    };
    let open = ResourcePolicy::of_role(&open, Some(role)).naming_services();
    let refused = |question: &Question| match open.ask(question, &mut Budget::new(PROOF_BUDGET)) {
        Outcome::Nothing => Proof::Proved,
        Outcome::Unknown(reasons) => Proof::unknown(reasons),
        Outcome::Allowed(found) => {
            let (request, evaluation) = *found;
            let sentence = words::passes(&words::who(&request, &evaluation, &open), &request);
            Proof::Refuted(Box::new(Witness { request, sentence }))
        }
    };
    let prove = |claim: GuardrailClaim| {
        let result = match &claim {
            GuardrailClaim::OnlyTrusted => {
                let others = Callers::all().outside(&Group::of(trusted.iter().cloned()));
                refused(&Question::about(others))
            }
            GuardrailClaim::OnlyWithExternalId(ids) => {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let others = ExternalIds::NoneOf(&ids);
                refused(&Question::about(Callers::all()).with_external_ids(others))
            }
            GuardrailClaim::LetsIn(principal) => {
                let with = |id: &ExternalId| open.prove_allowed(principal, ExternalIds::Exactly(id.as_str()));
                let stopped = external_ids.iter().map(with).find(|proof| *proof != Proof::Proved);
                stopped.unwrap_or(Proof::Proved)
            }
        };
        GuardrailResult { claim, result }
    };
    claims.map(prove).collect()
}

/// The statements of a resource control policy, and after them one that allows everybody everything. What the policy itself
/// allows adds nothing to that.
fn under_the_most_permissive_trust(policy: &Document) -> Result<Document, String> {
    with_statement(policy, json!({"Effect": "Allow", "Principal": "*", "Action": "*"}))
}

/// The policy with one more statement at its end: the numbers of the others stay as they are.
pub(super) fn with_statement(policy: &Document, statement: Value) -> Result<Document, String> {
    let mut statements = match policy.as_value().get("Statement") {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    };
    statements.push(statement);
    let mut document = json!({ "Statement": statements });
    if let (Some(version), Some(document)) = (policy.version().map(Version::as_str), document.as_object_mut())
    {
        document.insert("Version".to_owned(), version.into());
    }
    Document::from_owned(document).map_err(|error| format!("the policy cannot be read: {error}"))
}
