//! What values a condition key can have in a request: the ground that conditions cut into classes.
//!
//! Facts: IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS condition context keys"; Service
//! Authorization Reference, AWS STS and AWS Lambda. A key that is not listed here may have any value or none, which is
//! the safe assumption for a claim that something is impossible.

use crate::arn::split_arn;
use crate::context::Lookup;
use crate::pattern::{CharacterSet, Pattern, Token};
use crate::principal::Principal;

/// Whether a request has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Always,
    Sometimes,
    Never,
}

/// The values of a key.
#[derive(Debug, Clone)]
pub(super) enum Values {
    /// Exactly these.
    Listed(Vec<String>),
    /// All texts of a shape, up to a length.
    Shaped { shape: Pattern, longest: Option<usize> },
    /// Addresses.
    Addresses,
    /// Points in time.
    Times,
    /// Numbers.
    Numbers,
}

/// What values a key can have.
#[derive(Debug, Clone)]
pub(super) struct Domain {
    pub(super) presence: Presence,
    pub(super) values: Values,
    /// Whether a request can have several values at once. `None` where it is not known.
    pub(super) several: Option<bool>,
    /// Values that read well in an example.
    pub(super) readable: &'static [&'static str],
}

/// The calls that claims are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// Assuming the role.
    AssumeRole,
    /// Invoking a function.
    Invoke,
    /// Anything that a session may do.
    Any,
}

fn repeated(set: CharacterSet, least: usize) -> Pattern {
    Pattern::from_tokens(std::iter::repeat_n(Token::One(set), least).chain([Token::Run(set)]))
}

fn anything(longest: Option<usize>) -> Values {
    Values::Shaped { shape: repeated(CharacterSet::Any, 0), longest }
}

fn words(listed: &[&str]) -> Values {
    Values::Listed(listed.iter().map(|word| (*word).to_owned()).collect())
}

/// An external ID, by the rule of STS.
pub(super) fn external_id() -> (Pattern, usize) {
    (repeated(CharacterSet::ExternalId, 2), 1224)
}

/// The part of a resource's ARN that decides a key.
fn part_of_arn<'r>(key: &str, resource: Option<&'r str>) -> Option<&'r str> {
    let [_, _, _, region, account, _] = split_arn(resource?)?;
    let part = if key == "aws:requestedregion" { region } else { account };
    (!part.is_empty()).then_some(part)
}

impl Domain {
    fn new(presence: Presence, values: Values) -> Self {
        Self { presence, values, several: Some(false), readable: &["other"] }
    }

    fn several(mut self) -> Self {
        self.several = Some(true);
        self
    }

    fn readable(mut self, readable: &'static [&'static str]) -> Self {
        self.readable = readable;
        self
    }

    /// The values of a key, given its name in lower case, in a call by `caller` upon `resource`, if that is settled.
    pub(super) fn of(key: &str, caller: &Principal, call: Call, resource: Option<&str>) -> Self {
        use Presence::{Always, Never, Sometimes};
        match caller.derive(key) {
            Some(Lookup::One(value)) => return Self::new(Always, Values::Listed(vec![value.into_owned()])),
            Some(Lookup::Absent) => return Self::new(Never, anything(None)),
            Some(Lookup::Unknown | Lookup::Many(_)) => return Self::new(Always, anything(None)),
            None => {}
        }
        let booleans = || words(&["false", "true"]);
        // Keys about the resource on whose behalf a service calls.
        let from_service = if matches!(caller, Principal::Service(_)) { Sometimes } else { Never };
        match key {
            "sts:externalid" => {
                let (shape, longest) = external_id();
                // Calls with a token or an assertion have no such parameter (STS API Reference).
                let token = matches!(caller, Principal::WebIdentity(_) | Principal::Saml(_));
                Self::new(
                    if token { Never } else { Sometimes },
                    Values::Shaped { shape, longest: Some(longest) },
                )
                .readable(&["another-external-id"])
            }
            "sts:rolesessionname" => {
                let shape = repeated(CharacterSet::Name, 2);
                let presence = if call == Call::AssumeRole { Always } else { Sometimes };
                Self::new(presence, Values::Shaped { shape, longest: Some(64) }).readable(&["session"])
            }
            "sts:sourceidentity" => {
                let shape = repeated(CharacterSet::Name, 2);
                Self::new(Sometimes, Values::Shaped { shape, longest: Some(64) })
            }
            "aws:tagkeys" | "sts:transitivetagkeys" => Self::new(Sometimes, anything(Some(128))).several(),
            "aws:principalorgid" => {
                let start = "o-".chars().map(Token::Character);
                let rest = repeated(CharacterSet::Label, 10);
                let shape = Pattern::from_tokens(start.chain(rest.tokens().iter().copied()));
                Self::new(Sometimes, Values::Shaped { shape, longest: Some(34) }).readable(&["o-anotherorg1"])
            }
            "aws:principalorgpaths" | "aws:calledvia" => Self::new(Sometimes, anything(None)).several(),
            "aws:principalservicenameslist" => Self::new(from_service, anything(None)).several(),
            "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" => {
                Self::new(from_service, anything(None))
            }
            "aws:sourceorgpaths" => Self::new(from_service, anything(None)).several(),
            "aws:sourceip" | "aws:vpcsourceip" => Self::new(Sometimes, Values::Addresses),
            "aws:currenttime" | "aws:epochtime" => Self::new(Always, Values::Times),
            "aws:tokenissuetime" => Self::new(Sometimes, Values::Times),
            "aws:multifactorauthage" => Self::new(Sometimes, Values::Numbers),
            "aws:multifactorauthpresent" | "aws:viaawsservice" | "lambda:invokedviafunctionurl" => {
                Self::new(Sometimes, booleans())
            }
            // The endpoints of STS and Lambda speak HTTPS only (AWS General Reference, service endpoints).
            "aws:securetransport" => match call {
                Call::AssumeRole | Call::Invoke => Self::new(Always, words(&["true"])),
                Call::Any => Self::new(Always, booleans()),
            },
            "aws:requestedregion" | "aws:resourceaccount" if part_of_arn(key, resource).is_some() => {
                let part = part_of_arn(key, resource).into_iter().map(str::to_owned).collect();
                Self::new(Always, Values::Listed(part))
            }
            "aws:requestedregion" => {
                let shape = repeated(CharacterSet::Label, 1);
                Self::new(Sometimes, Values::Shaped { shape, longest: None }).readable(&["eu-central-1"])
            }
            _ if ["aws:requesttag/", "aws:principaltag/", "aws:resourcetag/", "iam:resourcetag/"]
                .iter()
                .any(|prefix| key.starts_with(prefix)) =>
            {
                Self::new(Sometimes, anything(Some(256)))
            }
            _ => Self { several: None, ..Self::new(Sometimes, anything(None)) },
        }
    }
}
