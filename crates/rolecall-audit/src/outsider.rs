//! Whom a trust policy names from outside the account.

use std::collections::BTreeMap;
use std::fmt;

use rolecall_iam::arn::AccountId;
use rolecall_iam::document::{Document, Effect};
use rolecall_iam::principal::Principal;
use rolecall_iam::principal::element::PrincipalName;

/// Somebody outside the account, as a trust policy can name him.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outsider {
    /// Whoever is not named: every account, service, provider and unsigned request.
    Everybody,
    /// Another account.
    Account(AccountId),
    /// Holders of a token of an OpenID Connect provider.
    WebIdentity(String),
    /// Holders of an assertion of a SAML provider.
    Saml(String),
    /// An AWS service, which calls for its customers.
    Service(String),
}

impl fmt::Display for Outsider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everybody => formatter.write_str("everybody"),
            Self::Account(account) => write!(formatter, "account {account}"),
            Self::WebIdentity(provider) => write!(formatter, "tokens of {}", host_of(provider)),
            Self::Saml(provider) => write!(formatter, "assertions of {provider}"),
            Self::Service(service) => formatter.write_str(service),
        }
    }
}

/// The host and path of a provider: `token.actions.githubusercontent.com`, `oidc.eks.REGION.amazonaws.com/id/X`.
#[must_use]
pub fn host_of(provider: &str) -> &str {
    provider.split_once(":oidc-provider/").map_or(provider, |(_, host)| host)
}

/// The outsiders whom some `Allow` names, with the principals as they are written. Whoever is let in without a name is
/// [`Outsider::Everybody`]; whether he gets in is another question.
#[must_use]
pub fn named_in(trust: &Document, own: &AccountId) -> BTreeMap<Outsider, Vec<String>> {
    let mut named: BTreeMap<Outsider, Vec<String>> = BTreeMap::new();
    let allows = trust.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    for clause in allows.filter_map(|statement| statement.principal.as_ref()) {
        if clause.negated {
            named.entry(Outsider::Everybody).or_default();
            continue;
        }
        for name in &clause.values {
            let Some((outsider, written)) = outsider_of(name, own) else { continue };
            let all = named.entry(outsider).or_default();
            all.extend(Some(written).filter(|written| !written.is_empty() && !all.contains(written)));
        }
    }
    named
}

fn outsider_of(name: &PrincipalName, own: &AccountId) -> Option<(Outsider, String)> {
    let of_account = |account: &AccountId, written: String| {
        (account != own).then(|| (Outsider::Account(account.clone()), written))
    };
    match name {
        PrincipalName::Everyone | PrincipalName::AnyAws => Some((Outsider::Everybody, String::new())),
        PrincipalName::Account(account) => of_account(account, "the whole account".to_owned()),
        PrincipalName::Identity(identity) => of_account(identity.account()?, identity.to_string()),
        PrincipalName::Service(service) => Some((Outsider::Service(service.clone()), String::new())),
        PrincipalName::Federated(provider) => {
            let is_saml = matches!(provider.parse::<Principal>(), Ok(Principal::Saml(_)));
            let outsider = if is_saml { Outsider::Saml } else { Outsider::WebIdentity };
            Some((outsider(provider.clone()), String::new()))
        }
        // An ID stands for a principal that was deleted, and a text that names nobody lets nobody in.
        PrincipalName::UniqueId(_) | PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => None,
    }
}
