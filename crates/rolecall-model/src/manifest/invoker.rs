//! Who may invoke a target without the role, because the team wants it: `invokers` of a `[[target]]`.

use std::fmt;
use std::str::FromStr;

use crate::iam::arn::{AccountId, InvalidName, Partition};
use crate::iam::principal::Principal;

/// An account, a principal of one, or a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invoker {
    /// Every principal of an account, and every source in it.
    Account(AccountId),
    /// A root user, a user or a role; the root user stands for its account.
    Principal(Principal),
    /// A service, whatever source it calls for.
    Service(String),
}

impl Invoker {
    /// The invoker as a principal of this partition.
    #[must_use]
    pub fn principal(&self, partition: &Partition) -> Principal {
        match self {
            Self::Account(account) => {
                Principal::Root { partition: partition.clone(), account: account.clone() }
            }
            Self::Principal(principal) => principal.clone(),
            Self::Service(name) => Principal::Service(name.clone()),
        }
    }
}

/// How the names of services end. Services of Alexa have names of Amazon's own (Lambda Developer Guide, "Invoke a Lambda function
/// from Alexa").
const SERVICE_ENDS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];

impl FromStr for Invoker {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wrong = || InvalidName {
            kind: "an invoker",
            rule: "write an account (`123456789012`), the ARN of a user or role, or a service (`apigateway.amazonaws.com`)",
            value: text.to_owned(),
        };
        if let Ok(account) = text.parse() {
            return Ok(Self::Account(account));
        }
        if text.starts_with("arn:") {
            return match text.parse() {
                Ok(principal @ (Principal::Root { .. } | Principal::User { .. } | Principal::Role(_))) => {
                    Ok(Self::Principal(principal))
                }
                Ok(
                    Principal::RoleSession { .. }
                    | Principal::FederatedUser { .. }
                    | Principal::Service(_)
                    | Principal::WebIdentity(_)
                    | Principal::Saml(_)
                    | Principal::Anonymous,
                )
                | Err(_) => Err(wrong()),
            };
        }
        let is_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
        let is_service = SERVICE_ENDS
            .iter()
            .filter_map(|end| text.strip_suffix(end))
            .any(|name| !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_host));
        if is_service { Ok(Self::Service(text.to_owned())) } else { Err(wrong()) }
    }
}

impl fmt::Display for Invoker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => account.fmt(formatter),
            Self::Principal(principal) => principal.fmt(formatter),
            Self::Service(name) => formatter.write_str(name),
        }
    }
}
