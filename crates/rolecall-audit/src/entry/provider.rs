//! Callers whom an identity provider vouches for: holders of tokens, guests of an identity pool, people by SAML.

use std::collections::BTreeSet;

use rolecall_iam::condition::Operator;
use rolecall_iam::context::ContextKey;
use rolecall_iam::document::Effect;
use rolecall_iam::prove::{Proof, Question, Values, Witness};

use super::{Door, Guard, Verdict};
use crate::issuer::{Issuer, TENANT_ELSEWHERE};
use crate::outsider::host_of;

/// Amazon Cognito Developer Guide, "Role trust and permissions": tokens of guests have the `amr` value `unauthenticated`.
pub(super) const COGNITO: &str = "cognito-identity.amazonaws.com";

impl Door<'_> {
    pub(super) fn saml(&self, callers: &dyn Fn() -> Question) -> (Guard, Verdict) {
        match self.ask(&callers()) {
            Proof::Unknown { reasons } => (Guard::Nothing, Verdict::Unknown(reasons)),
            // The account's owner chose the provider: its metadata stands in IAM, and it serves one organization.
            Proof::Proved | Proof::Refuted(_) => (Guard::OwnProvider, Verdict::Closed),
        }
    }

    pub(super) fn web_identity(&self, provider: &str, callers: &dyn Fn() -> Question) -> (Guard, Verdict) {
        let host = host_of(provider);
        let Some(issuer) = Issuer::of_host(host) else {
            let reason = || {
                format!(
                    "rolecall does not know whom `{host}` gives tokens to, and the trust policy does not state every subject"
                )
            };
            let elsewhere = TENANT_ELSEWHERE.iter().find(|(part, _)| host.contains(part));
            return match self.every_value(callers, &format!("{host}:sub")) {
                Ok(_) if elsewhere.is_some() => {
                    let claim = elsewhere.map_or("", |(_, claim)| claim);
                    let reason = format!(
                        "tokens of `{host}` name the tenant in {claim}, which rolecall does not judge"
                    );
                    (Guard::Nothing, Verdict::Unknown(vec![reason]))
                }
                Ok(subjects) => (Guard::Subjects(subjects), Verdict::Closed),
                Err(Verdict::Unknown(reasons)) => (Guard::Nothing, Verdict::Unknown(reasons)),
                Err(Verdict::Open(_) | Verdict::Closed) => (Guard::Nothing, Verdict::Unknown(vec![reason()])),
            };
        };
        let key = issuer.key(host);
        let texts = self.requiring(&key);
        let tenants: BTreeSet<&str> = texts.iter().filter_map(|text| issuer.tenant_of(text)).collect();
        let theirs = tenants.iter().map(|tenant| issuer.all_of(tenant)).collect();
        match self.ask(&callers().with_values(&key, &Values::UnlikeOrAbsent(theirs))) {
            Proof::Proved => {}
            // A subject is one of a provider's, whatever the tenant.
            Proof::Refuted(witness) => {
                return match self.every_value(callers, &format!("{host}:sub")) {
                    Ok(subjects) => (Guard::Subjects(subjects), Verdict::Closed),
                    Err(_) => (Guard::Nothing, Verdict::Open(witness)),
                };
            }
            Proof::Unknown { reasons } => return (Guard::Nothing, Verdict::Unknown(reasons)),
        }
        let is_in = |pattern: String| {
            self.ask(&callers().with_values(&key, &Values::Like(vec![pattern]))) != Proof::Proved
        };
        let tenants: Vec<String> =
            tenants.into_iter().filter(|tenant| is_in(issuer.all_of(tenant))).map(str::to_owned).collect();
        let (places, patterns): (BTreeSet<String>, Vec<String>) = texts
            .iter()
            .filter_map(|text| issuer.place_of(text))
            .filter(|(_, all)| is_in(all.clone()))
            .unzip();
        let elsewhere = Values::UnlikeOrAbsent(patterns);
        let is_placed = self.ask(&callers().with_values(&key, &elsewhere)) == Proof::Proved;
        let guard = Guard::Tenants {
            issuer,
            tenants,
            places: if is_placed { places.into_iter().collect() } else { Vec::new() },
        };
        (guard, Verdict::Closed)
    }

    /// Whether guests of an identity pool get in. Whether the pool admits guests, a trust policy does not tell; but one that lets in
    /// nobody else is for guests.
    pub(super) fn guests(&self, callers: &dyn Fn() -> Question) -> (Option<Box<Witness>>, Verdict) {
        let key = format!("{COGNITO}:amr");
        let with = |values: &str| callers().with_values(&key, &Values::Like(vec![values.to_owned()]));
        match self.ask(&with("unauthenticated")) {
            Proof::Proved => (None, Verdict::Closed),
            Proof::Unknown { reasons } => (None, Verdict::Unknown(reasons)),
            Proof::Refuted(witness) if self.ask(&with("authenticated")) == Proof::Proved => {
                (Some(witness.clone()), Verdict::Open(witness))
            }
            Proof::Refuted(witness) => {
                let reason =
                    "guests get in if the identity pool admits guests, which a trust policy does not tell";
                (Some(witness), Verdict::Unknown(vec![reason.to_owned()]))
            }
        }
    }

    /// The texts that a key must be like: of statements that allow, and of those that deny what is not like them.
    fn requiring(&self, key: &str) -> Vec<String> {
        let key = ContextKey::new(key);
        let mut texts = Vec::new();
        for statement in self.trust.statements() {
            let denies = statement.effect == Effect::Deny;
            let asked = statement.conditions.iter().filter(|condition| {
                let is_positive =
                    matches!(condition.operator, Operator::Compare { negated, .. } if negated == denies);
                condition.key == key && is_positive
            });
            texts.extend(
                asked.flat_map(|condition| condition.values.iter().map(|value| value.raw.to_string())),
            );
        }
        texts
    }
}
