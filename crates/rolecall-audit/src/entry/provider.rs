//! Callers whom an identity provider vouches for: holders of tokens, guests of an identity pool, people by SAML.

use std::collections::BTreeSet;

use rolecall_iam::issuer::host_of;
use rolecall_iam::prove::{Proof, Question, TokenHolders, Values, Witness};

use super::{Door, Guard, Verdict};

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
        let (issuer, tenants, texts) = match self.policy.token_holders(provider, callers) {
            TokenHolders::Tenants { issuer, tenants, texts } => (issuer, tenants, texts),
            TokenHolders::Subjects(subjects) => return (Guard::Subjects(subjects), Verdict::Closed),
            TokenHolders::AnyTenant(witness) => return (Guard::Nothing, Verdict::Open(witness)),
            TokenHolders::Unknown(reasons) => return (Guard::Nothing, Verdict::Unknown(reasons)),
        };
        let key = issuer.key(host_of(provider));
        let is_in = |pattern: String| {
            self.ask(&callers().with_values(&key, &Values::Like(vec![pattern]))) != Proof::Proved
        };
        let tenants: Vec<String> =
            tenants.into_iter().filter(|tenant| is_in(issuer.all_of(tenant))).collect();
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
}
