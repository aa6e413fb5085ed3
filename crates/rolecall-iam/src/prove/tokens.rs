//! Which holders of an identity provider's tokens a trust policy lets in: the one judgement of proofs and audits.
//!
//! A provider that many tenants share vouches for all of them, so trusting it trusts nobody in particular. A policy must pin
//! the tenant, or list every subject.

use std::collections::BTreeSet;

use super::answer::{Proof, Witness};
use super::policy::ResourcePolicy;
use super::question::{Question, Values};
use crate::condition::{Condition, Operator};
use crate::context::{ContextKey, ContextValue};
use crate::document::Effect;
use crate::issuer::{Issuer, host_of, tenant_elsewhere};

/// Whom among the holders of a provider's tokens a policy lets in.
#[derive(Debug)]
pub enum TokenHolders {
    /// Only those of these tenants of a shared issuer, if any.
    Tenants {
        /// The issuer.
        issuer: &'static Issuer,
        /// The tenants.
        tenants: Vec<String>,
        /// The texts that the policy compares the claim with that names the tenant.
        texts: Vec<String>,
    },
    /// Only these subjects.
    Subjects(Vec<String>),
    /// Those of any tenant; this request is one of them.
    AnyTenant(Box<Witness>),
    /// It could not be decided, for these reasons.
    Unknown(Vec<String>),
}

/// Why not every value of a key in the requests that a policy allows is known.
#[derive(Debug)]
pub enum Unlisted {
    /// This request has another value than those that the policy states, or none.
    Other(Box<Witness>),
    /// It could not be decided, for these reasons.
    Unknown(Vec<String>),
}

/// Most values of a key that are looked for.
const MOST_VALUES: usize = 50;

impl ResourcePolicy<'_> {
    /// Whom a policy of a role lets in among the holders of tokens of a provider. `callers` asks about all of them.
    #[must_use]
    pub fn token_holders(&self, provider: &str, callers: &dyn Fn() -> Question) -> TokenHolders {
        let host = host_of(provider);
        let subject = format!("{host}:sub");
        let Some(issuer) = Issuer::of_host(host) else {
            return match self.every_value(callers, &subject) {
                Ok(subjects) => match tenant_elsewhere(host) {
                    Some(claim) => TokenHolders::Unknown(vec![format!(
                        "tokens of `{host}` name the tenant in {claim}, which rolecall does not judge"
                    )]),
                    None => TokenHolders::Subjects(subjects),
                },
                Err(Unlisted::Unknown(reasons)) => TokenHolders::Unknown(reasons),
                Err(Unlisted::Other(_)) => TokenHolders::Unknown(vec![format!(
                    "rolecall does not know whom `{host}` gives tokens to, and the trust policy does not state every subject"
                )]),
            };
        };
        let key = issuer.key(host);
        let texts = self.requiring(&key);
        let tenants: BTreeSet<&str> = texts.iter().filter_map(|text| issuer.tenant_of(text)).collect();
        let tenants: Vec<String> = tenants.into_iter().map(str::to_owned).collect();
        let theirs = tenants.iter().map(|tenant| issuer.all_of(tenant)).collect();
        match self.prove_refused(&callers().with_values(&key, &Values::UnlikeOrAbsent(theirs))) {
            Proof::Proved => TokenHolders::Tenants { issuer, tenants, texts },
            Proof::Unknown { reasons } => TokenHolders::Unknown(reasons),
            // A subject is one of a provider's, whatever the tenant.
            Proof::Refuted(witness) => match self.every_value(callers, &subject) {
                Ok(subjects) => TokenHolders::Subjects(subjects),
                Err(_) => TokenHolders::AnyTenant(Box::new(Witness {
                    sentence: any_tenant(issuer, &witness, &key),
                    request: witness.request,
                })),
            },
        }
    }

    /// Every value that a key has in the requests of these callers that the policy allows.
    ///
    /// # Errors
    /// The policy does not state all of them.
    pub fn every_value(&self, callers: &dyn Fn() -> Question, key: &str) -> Result<Vec<String>, Unlisted> {
        let stated: BTreeSet<String> = self.texts(key, |_, _| true).into_iter().collect();
        let mut known: Vec<String> = Vec::new();
        while known.len() <= MOST_VALUES {
            let others = Values::OtherThanOrAbsent(known.clone());
            match self.prove_refused(&callers().with_values(key, &others)) {
                Proof::Proved => return Ok(known),
                Proof::Unknown { reasons } => return Err(Unlisted::Unknown(reasons)),
                Proof::Refuted(witness) => match witness.value_of(key) {
                    Some(value) if stated.contains(value) => known.push(value.to_owned()),
                    Some(_) | None => return Err(Unlisted::Other(witness)),
                },
            }
        }
        Err(Unlisted::Unknown(vec![format!("more than {MOST_VALUES} values of `{key}` are accepted")]))
    }

    /// The texts that a key must be like: of statements that allow, and of those that deny what is not like them.
    fn requiring(&self, key: &str) -> Vec<String> {
        self.texts(key, |effect, negated| negated == (effect == Effect::Deny))
    }

    /// The texts that a key is compared with, in conditions of statements of these effects and negations.
    fn texts(&self, key: &str, counts: impl Fn(Effect, bool) -> bool) -> Vec<String> {
        let key = ContextKey::new(key);
        let is_asked = |effect: Effect, condition: &&Condition| {
            let counts =
                matches!(condition.operator, Operator::Compare { negated, .. } if counts(effect, negated));
            condition.key == key && counts
        };
        let statements = self.document.statements().iter();
        let asked = statements.flat_map(|statement| {
            statement.conditions.iter().filter(|condition| is_asked(statement.effect, condition))
        });
        asked.flat_map(|condition| condition.values.iter().map(|value| value.raw.to_string())).collect()
    }
}

impl Witness {
    /// The value of a condition key in the request, where it has one.
    #[must_use]
    pub fn value_of(&self, key: &str) -> Option<&str> {
        match self.request.context.get(&ContextKey::new(key))? {
            ContextValue::One(value) => Some(value),
            ContextValue::Many(values) => match values.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            ContextValue::Absent => None,
        }
    }
}

fn any_tenant(issuer: &Issuer, witness: &Witness, key: &str) -> String {
    let example = match witness.value_of(key) {
        Some(value) => format!(", for example with `{}` = `{value}`", issuer.claim),
        None => String::new(),
    };
    format!("{} can assume the role{example}: no statement pins the {}", issuer.everybody, issuer.tenant)
}
