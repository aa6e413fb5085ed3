//! What values a condition key can have in a request: the ground that conditions cut into classes.
//!
//! Which requests have a key, and values of which kind, says [`crate::keys`]; this page gives the values. A key that is not
//! in that table may have any value, several, or none, which is the safe assumption for a claim that something is
//! impossible.

use super::caller::{Call, Caller};
use super::readable::arn_shape;
use crate::arn::split_arn;
use crate::keys::{self, Attribute, CallerKind, Parameter, Presence, Source, Type};
use crate::pattern::{CharacterSet, Pattern, Token};

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

/// A part of a resource's ARN that is not empty: the region or the account.
fn part_of_arn(index: usize, resource: Option<&str>) -> Option<String> {
    let parts = split_arn(resource?)?;
    parts.get(index).filter(|part| !part.is_empty()).map(|part| (*part).to_owned())
}

fn booleans() -> Values {
    words(&["false", "true"])
}

impl Domain {
    fn new(presence: Presence, values: Values) -> Self {
        Self { presence, values, several: Some(false), readable: &["other"] }
    }

    fn readable(self, readable: &'static [&'static str]) -> Self {
        Self { readable, ..self }
    }

    /// The values of a key that does not follow from the caller, given its name in lower case, in a call upon `resource`,
    /// if that is settled.
    pub(super) fn of(key: &str, caller: &Caller, call: Call, resource: Option<&str>) -> Self {
        let Some(facts) = keys::facts(key) else {
            return Self { several: None, ..Self::new(Presence::Sometimes, anything(None)) };
        };
        let domain = match facts.source {
            // Every condition on these is settled before values are asked for.
            Source::Caller(_) => Self::new(Presence::Undocumented, anything(None)),
            Source::Attribute(attribute) => Self::of_attribute(attribute, caller.kind),
            Source::OnBehalf => {
                let service = caller.kind == CallerKind::Service;
                let presence = if service { Presence::Sometimes } else { Presence::Never };
                let values = if key == "aws:sourceaccount" {
                    let digits = std::iter::repeat_n(Token::One(CharacterSet::Digit), 12);
                    Values::Shaped { shape: Pattern::from_tokens(digits), longest: Some(12) }
                } else {
                    anything(None)
                };
                Self::new(presence, values).readable(&["999999999999", "other"])
            }
            Source::Parameter(parameter) => Self::of_parameter(parameter, caller.kind, call),
            Source::Always(values) => Self::new(Presence::Always, values_of(values, call)),
            Source::Sometimes(values) => Self::new(Presence::Sometimes, values_of(values, call)),
            Source::ResourceRegion => match part_of_arn(3, resource) {
                Some(region) => Self::new(Presence::Always, Values::Listed(vec![region])),
                None => {
                    let shape = repeated(CharacterSet::Label, 1);
                    Self::new(Presence::Sometimes, Values::Shaped { shape, longest: None })
                        .readable(&["eu-central-1"])
                }
            },
            Source::ResourceAccount => match part_of_arn(4, resource) {
                Some(account) => Self::new(Presence::Always, Values::Listed(vec![account])),
                None => Self::new(Presence::Sometimes, anything(None)),
            },
        };
        let values = match domain.values {
            Values::Shaped { longest, .. } if facts.kind == Type::Arn => {
                Values::Shaped { shape: arn_shape(), longest }
            }
            values => values,
        };
        Self { several: Some(facts.several), values, ..domain }
    }

    fn of_attribute(attribute: Attribute, kind: CallerKind) -> Self {
        let presence = attribute.presence(kind);
        match attribute {
            Attribute::Organization => {
                let start = "o-".chars().map(Token::Character);
                let rest = repeated(CharacterSet::Label, 10);
                let shape = Pattern::from_tokens(start.chain(rest.tokens().iter().copied()));
                Self::new(presence, Values::Shaped { shape, longest: Some(34) }).readable(&["o-anotherorg1"])
            }
            Attribute::Tag => Self::new(presence, anything(Some(256))),
            Attribute::OrganizationPath | Attribute::FederatedProvider => Self::new(presence, anything(None)),
            Attribute::SourceIdentity => {
                let shape = repeated(CharacterSet::Name, 2);
                Self::new(presence, Values::Shaped { shape, longest: Some(64) })
            }
            Attribute::TokenIssueTime => Self::new(presence, Values::Times),
            Attribute::Mfa => Self::new(presence, booleans()),
            Attribute::MfaAge => Self::new(presence, Values::Numbers),
        }
    }

    fn of_parameter(parameter: Parameter, kind: CallerKind, call: Call) -> Self {
        use Presence::{Always, Never, Sometimes};
        let names = || Values::Shaped { shape: repeated(CharacterSet::Name, 2), longest: Some(64) };
        match parameter {
            Parameter::ExternalId => {
                let (shape, longest) = external_id();
                // Calls with a token or an assertion have no such parameter (STS API Reference).
                let token = matches!(kind, CallerKind::WebIdentity | CallerKind::Saml);
                let values = Values::Shaped { shape, longest: Some(longest) };
                Self::new(if token { Never } else { Sometimes }, values).readable(&["another-external-id"])
            }
            Parameter::RoleSessionName => {
                let presence = if call == Call::AssumeRole { Always } else { Sometimes };
                Self::new(presence, names()).readable(&["session"])
            }
            Parameter::SourceIdentity => Self::new(Sometimes, names()),
            Parameter::Tag => Self::new(Sometimes, anything(Some(256))),
            Parameter::TagKeys | Parameter::TransitiveTagKeys => Self::new(Sometimes, anything(Some(128))),
            Parameter::Context => Self::new(Sometimes, anything(None)),
        }
    }
}

fn values_of(values: keys::Values, call: Call) -> Values {
    match values {
        keys::Values::Text(longest) => anything(longest),
        keys::Values::Bool => booleans(),
        keys::Values::SecureTransport => match call {
            Call::AssumeRole | Call::Invoke => words(&["true"]),
            Call::Any => booleans(),
        },
        keys::Values::Addresses => Values::Addresses,
        keys::Values::Times => Values::Times,
    }
}
