//! What is wrong with a way into a role, in words: who, because of what, and what mends it.

use std::collections::BTreeSet;
use std::fmt;

use rolecall_iam::lint::{Severity, guessable};

use crate::entry::{Entry, Guard, Verdict};
use crate::outsider::Outsider;

/// The findings of a roll call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingId {
    /// Every AWS account, or whoever is not named.
    R1,
    /// An account without an external ID.
    R2,
    /// An account with any external ID.
    R3,
    /// An account with an external ID that nobody expected.
    R4,
    /// An external ID that can be guessed.
    R5,
    /// An external ID that several outsiders share.
    R6,
    /// Tokens of every tenant of an issuer.
    R7,
    /// Tokens of any place within a tenant.
    R8,
    /// Guests of an identity pool.
    R9,
    /// A service on behalf of any of its customers.
    R10,
    /// It could not be decided.
    R11,
}

impl FindingId {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::R1,
        Self::R2,
        Self::R3,
        Self::R4,
        Self::R5,
        Self::R6,
        Self::R7,
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
    ];

    /// How grave it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::R1 | Self::R2 | Self::R3 | Self::R4 | Self::R7 => Severity::Error,
            Self::R5 | Self::R6 | Self::R8 | Self::R9 | Self::R11 => Severity::Warning,
            Self::R10 => Severity::Note,
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3 => "R3",
            Self::R4 => "R4",
            Self::R5 => "R5",
            Self::R6 => "R6",
            Self::R7 => "R7",
            Self::R8 => "R8",
            Self::R9 => "R9",
            Self::R10 => "R10",
            Self::R11 => "R11",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::R1 => "callers whom no statement names can assume the role",
            Self::R2 => "another account can assume the role without an external ID",
            Self::R3 => "another account can assume the role with any external ID",
            Self::R4 => "the external ID is not the expected one",
            Self::R5 => "an external ID that can be guessed",
            Self::R6 => "several outsiders have the same external ID",
            Self::R7 => "tokens of every tenant of an identity provider can assume the role",
            Self::R8 => "tokens of any part of a tenant can assume the role",
            Self::R9 => "guests of an identity pool can assume the role",
            Self::R10 => "a service can act for any of its customers",
            Self::R11 => "it could not be decided who can assume the role",
        }
    }

    /// Why it matters.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::R1 => "anyone with an AWS account can try, and the conditions let them in",
            Self::R2 => {
                "the vendor's customers share its account: whoever gives the vendor your role's ARN uses it (the confused deputy)"
            }
            Self::R3 => {
                "an external ID protects only if the vendor chooses it and the trust policy requires exactly that one"
            }
            Self::R4 => "the role lets in the customer of the vendor to whom this external ID belongs",
            Self::R5 => {
                "another customer of the vendor can enter an external ID that he can guess, if the vendor lets him choose it"
            }
            Self::R6 => "each vendor knows the external ID, and learns how it gets in elsewhere",
            Self::R7 => {
                "everybody can get a token from a shared identity provider; only the claim that names the tenant tells yours from theirs"
            }
            Self::R8 => {
                "whoever can write to any part of the tenant, such as a test repository, can use the role"
            }
            Self::R9 => "guests did not sign in: everybody can become one if the pool admits guests",
            Self::R10 => {
                "some services take the ARN of a role from any customer; without a condition, the service can use the role for another account"
            }
            Self::R11 => "rolecall says `closed` only where that is proved",
        }
    }

    /// What mends it.
    #[must_use]
    pub fn fix(self) -> &'static str {
        match self {
            Self::R1 => "name the accounts that need the role in `Principal`, each with its external ID",
            Self::R2 | Self::R3 => {
                "ask the vendor for an external ID and require it with `StringEquals` on `sts:ExternalId`; if the account is your own, state it under `own_accounts`"
            }
            Self::R4 => "find out whose external ID this is, and replace it in the trust policy",
            Self::R5 => "use an ID that the vendor makes for you alone, such as a UUID",
            Self::R6 => "use a different external ID for each vendor",
            Self::R7 => "pin the tenant with a condition on the claim that names it",
            Self::R8 => "name the parts of the tenant that need the role in the condition",
            Self::R9 => {
                "require `cognito-identity.amazonaws.com:amr` to be `authenticated`, with `ForAnyValue:StringLike`"
            }
            Self::R10 => {
                "if the service takes the ARN of a role from its customers, require `aws:SourceAccount` to be your account"
            }
            Self::R11 => {
                "look at the conditions that are named; `rolecall prove` shows the trust policy statement by statement"
            }
        }
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A finding about a way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub id: FindingId,
    /// The outsider, what it can do, and the reason.
    pub message: String,
}

/// The findings about a way in. `shared` are external IDs that several outsiders have.
#[must_use]
pub fn findings(entry: &Entry, shared: &BTreeSet<&str>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut tell = |id, message: String| found.push(Finding { id, message });
    match &entry.verdict {
        Verdict::Open(witness) => tell(of_open(entry), witness.sentence.clone()),
        Verdict::Unknown(reasons) => tell(FindingId::R11, reasons.join("; ")),
        Verdict::Closed => {}
    }
    if let Some(witness) = &entry.guests {
        tell(FindingId::R9, format!("if the identity pool admits guests: {}", witness.sentence));
    }
    match &entry.guard {
        Guard::ExternalIds(ids) => {
            for id in ids {
                if let Some(why) = guessable(id) {
                    tell(FindingId::R5, format!("the external ID `{id}` can be guessed: {why}"));
                }
                if shared.contains(id.as_str()) {
                    tell(FindingId::R6, format!("other outsiders have the external ID `{id}`, too"));
                }
            }
        }
        Guard::Tenants { issuer, tenants, places } if places.is_empty() && issuer.is_wide() => {
            let message = format!("any {} of {}", issuer.place, named(issuer.tenant, tenants));
            tell(FindingId::R8, message);
        }
        Guard::AnyCustomer => {
            tell(FindingId::R10, format!("no condition ties `{}` to this account", entry.outsider))
        }
        Guard::Nobody
        | Guard::Nothing
        | Guard::SameOwner
        | Guard::SomeExternalId
        | Guard::Organizations(_)
        | Guard::Tenants { .. }
        | Guard::Subjects(_)
        | Guard::OwnProvider
        | Guard::OwnResources => {}
    }
    found
}

fn of_open(entry: &Entry) -> FindingId {
    match (&entry.outsider, &entry.guard) {
        (Outsider::EveryAccount | Outsider::Unnamed, _) => FindingId::R1,
        (Outsider::Account(_), Guard::SomeExternalId) => FindingId::R3,
        (Outsider::Account(_), Guard::ExternalIds(_)) => FindingId::R4,
        (Outsider::Account(_), _) => FindingId::R2,
        (Outsider::WebIdentity(_) | Outsider::Saml(_) | Outsider::Service(_), _) => FindingId::R7,
    }
}

/// "organization `octo`", "one of the organizations `a`, `b`".
pub(crate) fn named(noun: &str, names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [only] => format!("{noun} {only}"),
        _ => format!("the {noun}s {}", quoted.join(", ")),
    }
}

/// What holds others back, in words.
impl fmt::Display for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => formatter.write_str("nobody gets in: no request meets all conditions"),
            Self::Nothing => formatter.write_str("nothing"),
            Self::SameOwner => formatter.write_str("the account is your own"),
            Self::ExternalIds(ids) => formatter.write_str(&named("external ID", ids)),
            Self::SomeExternalId => formatter.write_str("some external ID"),
            Self::Organizations(ids) => formatter.write_str(&named("organization", ids)),
            Self::Tenants { issuer, tenants, places } if places.is_empty() => {
                formatter.write_str(&named(issuer.tenant, tenants))
            }
            Self::Tenants { issuer, places, .. } => formatter.write_str(&named(issuer.place, places)),
            Self::Subjects(subjects) => formatter.write_str(&named("subject", subjects)),
            Self::OwnProvider => formatter.write_str("an assertion of your own provider"),
            Self::OwnResources => formatter.write_str("the service acts for your own resources"),
            Self::AnyCustomer => formatter.write_str("the service's own rules for passing roles"),
        }
    }
}
