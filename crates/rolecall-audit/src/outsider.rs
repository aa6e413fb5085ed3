//! Whom a trust policy names from outside the account.

use std::collections::BTreeMap;
use std::fmt;

use rolecall_iam::arn::AccountId;
use rolecall_iam::document::{Document, Effect};
use rolecall_iam::issuer::host_of;
use rolecall_iam::principal::Principal;
use rolecall_iam::principal::element::{PrincipalKind, PrincipalName};

/// Somebody outside the account, as a trust policy can let him in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outsider {
    /// Every account that no statement names.
    EveryAccount,
    /// Callers without an account that no statement names: services, providers, unsigned requests.
    Unnamed,
    /// Another account.
    Account(AccountId),
    /// Holders of a token of an OpenID Connect provider.
    WebIdentity(String),
    /// Holders of an assertion of a SAML provider.
    Saml(String),
    /// An AWS service, which calls for its customers.
    Service(String),
}

impl Outsider {
    /// The word for files and output.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::EveryAccount => "every-account",
            Self::Unnamed => "without-account",
            Self::Account(_) => "account",
            Self::WebIdentity(_) => "web-identity",
            Self::Saml(_) => "saml",
            Self::Service(_) => "service",
        }
    }

    /// The name in full, where what is shown leaves out a part.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::WebIdentity(provider) => provider.clone(),
            Self::EveryAccount | Self::Unnamed | Self::Account(_) | Self::Saml(_) | Self::Service(_) => {
                self.to_string()
            }
        }
    }
}

impl fmt::Display for Outsider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EveryAccount => formatter.write_str("every AWS account"),
            Self::Unnamed => formatter.write_str("callers without an account"),
            Self::Account(account) => write!(formatter, "account {account}"),
            Self::WebIdentity(provider) => write!(formatter, "tokens of {}", host_of(provider)),
            Self::Saml(provider) => write!(formatter, "assertions of {provider}"),
            Self::Service(service) => formatter.write_str(service),
        }
    }
}

/// Who is named by the statements that allow something.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// The outsiders, with the principals as they are written.
    pub(crate) outsiders: BTreeMap<Outsider, Vec<String>>,
    /// Some statement lets in whom it does not name: a wildcard, or `NotPrincipal`.
    pub(crate) has_wildcard: bool,
    /// Outsiders of whom AWS does not document who they are, and why.
    pub(crate) undocumented: BTreeMap<Outsider, String>,
}

/// The outsiders whom some `Allow` names: as a principal, or, beside a wildcard, by a condition on the caller's account or ARN.
/// Whether they get in is another question.
pub(crate) fn named_in(trust: &Document, own: &AccountId) -> Named {
    let mut named = Named::default();
    for statement in trust.statements().iter().filter(|statement| statement.effect == Effect::Allow) {
        let Some(clause) = &statement.principal else { continue };
        let mut is_open = clause.negated;
        for name in clause.values.iter().filter(|_| !clause.negated) {
            match outsider_of(name, own) {
                Some((outsider, written)) => {
                    if let Some(reason) = undocumented(name, own) {
                        named.undocumented.insert(outsider, reason);
                        continue;
                    }
                    let all = named.outsiders.entry(outsider).or_default();
                    all.extend(written.filter(|written| !all.contains(written)));
                }
                None => is_open |= matches!(name, PrincipalName::Everyone | PrincipalName::AnyAws),
            }
        }
        named.has_wildcard |= is_open;
        if is_open {
            let conditions = statement.conditions.iter();
            let asked = conditions.filter(|condition| {
                ["aws:principalaccount", "aws:principalarn"].contains(&condition.key.folded())
            });
            let texts = asked.flat_map(|condition| condition.values.iter().map(|value| &*value.raw));
            for account in texts.filter_map(account_of).filter(|account| account != own) {
                named.outsiders.entry(Outsider::Account(account)).or_default();
            }
        }
    }
    named
}

/// Why it is not documented whom a name means, if it is not.
fn undocumented(name: &PrincipalName, own: &AccountId) -> Option<String> {
    match name {
        PrincipalName::Federated(provider) => {
            let account = provider.split(':').nth(4);
            let is_others =
                provider.starts_with("arn:") && account.is_none_or(|account| account != own.as_str());
            is_others.then(|| {
                format!("`\"Federated\": \"{provider}\"` is no provider of this account, and AWS does not document whom it lets in")
            })
        }
        PrincipalName::Service(service) => {
            let is_aws = [".amazonaws.com", ".amazonaws.com.cn", ".aws.internal"]
                .iter()
                .any(|end| service.ends_with(end));
            (!is_aws)
                .then(|| format!("`\"Service\": \"{service}\"` is no service principal that AWS documents"))
        }
        PrincipalName::Undocumented(kind, text) => {
            Some(format!("`\"{}\": \"{text}\"` is no principal that AWS documents", kind.key()))
        }
        PrincipalName::Everyone
        | PrincipalName::AnyAws
        | PrincipalName::Account { .. }
        | PrincipalName::Identity(_)
        | PrincipalName::UniqueId(_)
        | PrincipalName::CanonicalUser(_)
        | PrincipalName::Nobody(_) => None,
    }
}

/// The account of a text that is an account or an ARN.
fn account_of(text: &str) -> Option<AccountId> {
    text.parse().ok().or_else(|| text.split(':').nth(4)?.parse().ok())
}

fn outsider_of(name: &PrincipalName, own: &AccountId) -> Option<(Outsider, Option<String>)> {
    let of_account = |account: &AccountId, written: String| {
        (account != own).then(|| (Outsider::Account(account.clone()), Some(written)))
    };
    match name {
        PrincipalName::Account { account, .. } => of_account(account, "the whole account".to_owned()),
        PrincipalName::Identity(identity) => of_account(identity.account()?, identity.to_string()),
        PrincipalName::Service(service) | PrincipalName::Undocumented(PrincipalKind::Service, service) => {
            Some((Outsider::Service(service.clone()), None))
        }
        PrincipalName::Undocumented(PrincipalKind::Aws, _) => Some((Outsider::Unnamed, None)),
        PrincipalName::Federated(provider)
        | PrincipalName::Undocumented(PrincipalKind::Federated, provider) => {
            let is_saml = matches!(provider.parse::<Principal>(), Ok(Principal::Saml(_)));
            let outsider = if is_saml { Outsider::Saml } else { Outsider::WebIdentity };
            Some((outsider(provider.clone()), None))
        }
        // An ID stands for a principal that was deleted, and a text that names nobody lets nobody in.
        PrincipalName::Everyone
        | PrincipalName::AnyAws
        | PrincipalName::UniqueId(_)
        | PrincipalName::CanonicalUser(_)
        | PrincipalName::Nobody(_)
        | PrincipalName::Undocumented(PrincipalKind::CanonicalUser, _) => None,
    }
}
