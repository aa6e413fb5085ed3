//! The one table of condition keys: what type each has, whether it can hold several values, which requests have it, and
//! what it follows from.
//!
//! Sources: IAM User Guide, "AWS global condition context keys", "IAM and AWS STS condition context keys" and the table
//! of principal key values in "Policy elements: variables and tags"; Service Authorization Reference, AWS STS and AWS
//! Lambda; AWS KMS Developer Guide, "AWS KMS condition keys". The evaluator derives keys from it, the prover takes the values of keys from it: whatever a decision reads of a
//! caller or a request is described here.
//!
//! Where these pages do not say whether a caller of some kind has a key, the answer is [`Follows::Undocumented`], and so
//! is everything that depends on it. A key that is not listed may have any value, several, or none.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::condition::Test;

/// What a caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CallerKind {
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// A session of a role.
    Session,
    /// A session from `sts:GetFederationToken`.
    FederatedUser,
    /// An AWS service.
    Service,
    /// Somebody with a token of an OpenID Connect provider.
    WebIdentity,
    /// Somebody with an assertion of a SAML provider.
    Saml,
    /// Nobody in particular.
    Anonymous,
}

impl CallerKind {
    /// Whether callers of this kind belong to an account.
    pub(crate) fn has_account(self) -> bool {
        match self {
            Self::Root | Self::User | Self::Session | Self::FederatedUser => true,
            Self::Service | Self::WebIdentity | Self::Saml | Self::Anonymous => false,
        }
    }
}

/// The part of a caller that a key repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerPart {
    /// The ARN of the user, of the account's root, or of the role behind a session.
    Arn,
    /// The account.
    Account,
    /// The user's name, without the path.
    UserName,
    /// The unique id; of a session the role's id, a colon and the session's name.
    UserId,
    /// The service's name.
    ServiceName,
}

/// What the value of a key follows from, for callers of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Every caller of the kind has this value.
    Constant(&'static str),
    /// It repeats a part of the caller.
    Part(CallerPart),
    /// No caller of the kind has the key.
    Never,
    /// Callers of the kind belong to no account. Whether the key is absent or says so is not settled.
    NoAccount,
    /// AWS does not say whether callers of the kind have the key, or what its value is.
    Undocumented,
}

/// What the values of a key are: which operators are documented for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Arn,
    Number,
    Date,
    /// A date that numbers express: seconds since 1970.
    Epoch,
    Bool,
    Address,
}

impl Type {
    /// Whether the guide documents the comparison for values of this type. What AWS does otherwise it does not say.
    fn allows(self, test: Test) -> bool {
        match test {
            Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike => {
                matches!(self, Self::Text | Self::Arn)
            }
            Test::ArnEquals | Test::ArnLike => self == Self::Arn,
            Test::Numeric(_) => matches!(self, Self::Number | Self::Epoch),
            Test::Date(_) => matches!(self, Self::Date | Self::Epoch),
            Test::Bool => self == Self::Bool,
            Test::BinaryEquals => false,
            Test::IpAddress => self == Self::Address,
        }
    }
}

/// Which requests have a key, and with what values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// It follows from the caller.
    Caller(CallerKey),
    /// An attribute of the caller that its ARN does not tell; `unsaid` callers may have it or not.
    Attribute(Attribute),
    /// A service says on whose behalf it calls.
    OnBehalf,
    /// A parameter of the call for a role.
    Parameter(Parameter),
    /// Every request has it.
    Always(Values),
    /// A request may have it or not.
    Sometimes(Values),
    /// Part of the ARN of what is acted upon, where that is known.
    ResourceRegion,
    /// Part of the ARN of what is acted upon, where that is known.
    ResourceAccount,
}

/// Keys that follow from the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerKey {
    Arn,
    Account,
    Type,
    UserId,
    UserName,
    IsService,
    ServiceName,
    ServiceNames,
}

/// What only some callers have, and an ARN does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    /// The organization, for callers of an account.
    Organization,
    /// Paths in organizations, for callers of an account.
    OrganizationPath,
    /// Tags of users, roles and sessions.
    Tag,
    /// The provider behind a session.
    FederatedProvider,
    /// The identity that was set earlier in the chain of sessions.
    SourceIdentity,
    /// When temporary credentials were issued.
    TokenIssueTime,
    /// Whether multi-factor authentication was used.
    Mfa,
    /// How long ago that was.
    MfaAge,
}

/// Parameters of `sts:AssumeRole` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameter {
    ExternalId,
    RoleSessionName,
    SourceIdentity,
    Tag,
    TagKeys,
    TransitiveTagKeys,
    Context,
}

impl Parameter {
    /// The permission that a call needs besides its own where it passes this (IAM User Guide, "Passing session tags in
    /// AWS STS", "Monitor and control actions taken with assumed roles").
    pub(crate) fn implies(self) -> Option<&'static str> {
        match self {
            // Whoever calls with temporary credentials has the transitive keys of the session, and passes nothing ("IAM and AWS STS
            // condition context keys", `sts:TransitiveTagKeys`, availability).
            Self::ExternalId | Self::RoleSessionName | Self::TransitiveTagKeys => None,
            Self::SourceIdentity => Some("sts:SetSourceIdentity"),
            Self::Tag | Self::TagKeys => Some("sts:TagSession"),
            Self::Context => Some("sts:SetContext"),
        }
    }
}

/// Values by their shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Values {
    /// Any text of at most so many characters.
    Text(Option<usize>),
    /// `true` or `false`.
    Bool,
    /// `true`: the endpoints of STS and Lambda speak HTTPS only (AWS General Reference, service endpoints).
    SecureTransport,
    Addresses,
    Times,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    pub(crate) kind: Type,
    /// A request can have several values.
    pub(crate) several: bool,
    pub(crate) source: Source,
}

const fn one(kind: Type, source: Source) -> KeyFacts {
    KeyFacts { kind, several: false, source }
}

const fn many(kind: Type, source: Source) -> KeyFacts {
    KeyFacts { kind, several: true, source }
}

/// Keys by their name as the pages write it; one that ends with `/` or `:` goes on with a name of somebody's own.
const TABLE: [(&str, KeyFacts); 58] = {
    use Source::{Always, Attribute as Of, Caller, OnBehalf, Parameter as Passed, Sometimes};
    use Type::{Address, Arn, Bool, Date, Epoch, Number, Text};
    const TEXT: Values = Values::Text(None);
    [
        ("aws:PrincipalArn", one(Arn, Caller(CallerKey::Arn))),
        ("aws:PrincipalAccount", one(Text, Caller(CallerKey::Account))),
        ("aws:PrincipalType", one(Text, Caller(CallerKey::Type))),
        ("aws:userid", one(Text, Caller(CallerKey::UserId))),
        ("aws:username", one(Text, Caller(CallerKey::UserName))),
        ("aws:PrincipalIsAWSService", one(Bool, Caller(CallerKey::IsService))),
        ("aws:PrincipalServiceName", one(Text, Caller(CallerKey::ServiceName))),
        ("aws:PrincipalServiceNamesList", many(Text, Caller(CallerKey::ServiceNames))),
        ("aws:PrincipalOrgID", one(Text, Of(Attribute::Organization))),
        ("aws:PrincipalOrgPaths", many(Text, Of(Attribute::OrganizationPath))),
        ("aws:FederatedProvider", one(Text, Of(Attribute::FederatedProvider))),
        ("aws:SourceIdentity", one(Text, Of(Attribute::SourceIdentity))),
        ("aws:TokenIssueTime", one(Date, Of(Attribute::TokenIssueTime))),
        ("aws:MultiFactorAuthPresent", one(Bool, Of(Attribute::Mfa))),
        ("aws:MultiFactorAuthAge", one(Number, Of(Attribute::MfaAge))),
        ("aws:SourceArn", one(Arn, OnBehalf)),
        ("aws:SourceAccount", one(Text, OnBehalf)),
        ("aws:SourceOrgID", one(Text, OnBehalf)),
        ("aws:SourceOrgPaths", many(Text, OnBehalf)),
        ("aws:SourceIp", one(Address, Sometimes(Values::Addresses))),
        ("aws:VpcSourceIp", one(Address, Sometimes(Values::Addresses))),
        ("aws:SourceVpc", one(Text, Sometimes(TEXT))),
        ("aws:SourceVpce", one(Text, Sometimes(TEXT))),
        ("aws:referer", one(Text, Sometimes(TEXT))),
        ("aws:CalledViaFirst", one(Text, Sometimes(TEXT))),
        ("aws:CalledViaLast", one(Text, Sometimes(TEXT))),
        ("aws:CalledVia", many(Text, Sometimes(TEXT))),
        ("aws:ViaAWSService", one(Bool, Always(Values::Bool))),
        ("aws:CurrentTime", one(Date, Always(Values::Times))),
        ("aws:EpochTime", one(Epoch, Always(Values::Times))),
        ("aws:SecureTransport", one(Bool, Always(Values::SecureTransport))),
        ("aws:UserAgent", one(Text, Always(TEXT))),
        ("aws:RequestedRegion", one(Text, Source::ResourceRegion)),
        ("aws:ResourceAccount", one(Text, Source::ResourceAccount)),
        ("aws:ResourceOrgID", one(Text, Sometimes(TEXT))),
        ("aws:ResourceOrgPaths", many(Text, Sometimes(TEXT))),
        ("aws:TagKeys", many(Text, Passed(Parameter::TagKeys))),
        ("sts:TransitiveTagKeys", many(Text, Passed(Parameter::TransitiveTagKeys))),
        ("sts:ExternalId", one(Text, Passed(Parameter::ExternalId))),
        ("sts:RoleSessionName", one(Text, Passed(Parameter::RoleSessionName))),
        ("sts:SourceIdentity", one(Text, Passed(Parameter::SourceIdentity))),
        ("sts:RequestContextProviders", many(Arn, Passed(Parameter::Context))),
        ("lambda:InvokedViaFunctionUrl", one(Bool, Sometimes(Values::Bool))),
        ("lambda:EventSourceToken", one(Text, Sometimes(TEXT))),
        ("lambda:FunctionUrlAuthType", one(Text, Sometimes(TEXT))),
        ("lambda:Principal", one(Text, Sometimes(TEXT))),
        // Service Authorization Reference, IAM: a string, though its value is an ARN.
        ("iam:PermissionsBoundary", one(Text, Sometimes(TEXT))),
        ("iam:PolicyARN", one(Arn, Sometimes(TEXT))),
        ("iam:AssociatedResourceArn", one(Arn, Sometimes(TEXT))),
        ("iam:PassedToService", one(Text, Sometimes(TEXT))),
        ("kms:ViaService", one(Text, Sometimes(TEXT))),
        ("kms:EncryptionContext:", one(Text, Sometimes(TEXT))),
        ("cognito-identity.amazonaws.com:amr", many(Text, Sometimes(TEXT))),
        ("aws:PrincipalTag/", one(Text, Of(Attribute::Tag))),
        ("aws:RequestTag/", one(Text, Passed(Parameter::Tag))),
        ("sts:RequestContext/", one(Text, Passed(Parameter::Context))),
        ("aws:ResourceTag/", one(Text, Sometimes(Values::Text(Some(256))))),
        ("iam:ResourceTag/", one(Text, Sometimes(Values::Text(Some(256))))),
    ]
};

/// The table by names in lower case.
static BY_NAME: LazyLock<HashMap<String, KeyFacts>> =
    LazyLock::new(|| TABLE.iter().map(|(name, facts)| (name.to_ascii_lowercase(), *facts)).collect());

/// The part of a key that the table has: all of it, or what stands before a name of somebody's own.
fn listed_part(folded: &str) -> &str {
    let context = "kms:encryptioncontext:";
    match folded.find('/') {
        _ if folded.starts_with(context) => context,
        Some(slash) => folded.get(..=slash).unwrap_or(folded),
        None => folded,
    }
}

/// What is known about a key, given its name in lower case; `None` for a key that is not in the table.
pub(crate) fn facts(folded: &str) -> Option<KeyFacts> {
    match BY_NAME.get(listed_part(folded)) {
        Some(facts) => Some(*facts),
        // IAM User Guide, "Available keys for AWS OIDC federation": of a provider's host, and strings.
        None if is_claim_of_token(folded) => Some(one(Type::Text, Source::Sometimes(Values::Text(None)))),
        None => None,
    }
}

/// The key of the table that somebody meant who wrote one that is not in it, where one is near enough. AWS has many more keys than
/// the table: what differs in the service is another key, and two slips in a short name make another word.
pub(crate) fn meant(folded: &str) -> Option<String> {
    if facts(folded).is_some() {
        return None;
    }
    let part = listed_part(folded);
    let service = |name: &str| name.split(':').next().unwrap_or_default().to_owned();
    let near = TABLE.iter().filter_map(|(name, _)| {
        let known = name.to_ascii_lowercase();
        let allowed = if service(&known) == service(part) && known.len() >= LONG_NAME { 2 } else { 1 };
        let distance = strsim::damerau_levenshtein(&known, part);
        (distance <= allowed).then_some((distance, *name))
    });
    let (_, name) = near.min()?;
    let own = folded.get(part.len()..).unwrap_or_default();
    Some(match name.ends_with(['/', ':']) {
        true if own.is_empty() => format!("{name}KEY"),
        _ => format!("{name}{own}"),
    })
}

/// Names of so many characters are still themselves after two slips.
const LONG_NAME: usize = 12;

/// Whether a key, in lower case, is one of the claims that every provider's token can have.
fn is_claim_of_token(folded: &str) -> bool {
    let claims = ["sub", "aud", "oaud", "app_id"];
    folded.rsplit_once(':').is_some_and(|(host, claim)| host.contains('.') && claims.contains(&claim))
}

/// Whether the guide leaves open what a comparison with this key means, because the key's values are of another type.
pub(crate) fn is_mismatched(folded: &str, test: Test) -> bool {
    facts(folded).is_some_and(|facts| !facts.kind.allows(test))
}

impl CallerKey {
    /// What the key follows from, for callers of a kind.
    pub(crate) fn follows(self, kind: CallerKind) -> Follows {
        use CallerKind::{Anonymous, FederatedUser, Root, Saml, Service, Session, User, WebIdentity};
        use Follows::{Constant, Never, NoAccount, Part, Undocumented};
        match (self, kind) {
            (Self::Arn, Root | User | Session | FederatedUser) => Part(CallerPart::Arn),
            (Self::Account, Root | User | Session | FederatedUser) => Part(CallerPart::Account),
            (Self::Arn, Anonymous) => Never,
            // By the version of the page, anonymous requests do not have the key, or have `anonymous` as its value.
            (Self::Account, Anonymous) => NoAccount,
            (Self::Arn | Self::Account, Service | WebIdentity | Saml) => Undocumented,

            (Self::Type, Root) => Constant("Account"),
            (Self::Type, User) => Constant("User"),
            (Self::Type, Session) => Constant("AssumedRole"),
            (Self::Type, FederatedUser) => Constant("FederatedUser"),
            (Self::Type, Anonymous) => Constant("Anonymous"),
            (Self::Type, Service | WebIdentity | Saml) => Undocumented,

            (Self::UserId, Root | User | Session | FederatedUser) => Part(CallerPart::UserId),
            (Self::UserId, Anonymous) => Constant("anonymous"),
            (Self::UserId, Service | WebIdentity | Saml) => Undocumented,

            (Self::UserName, User) => Part(CallerPart::UserName),
            // The guide's table has nothing for a service, which does not say that there is none.
            (Self::UserName, Service) => Undocumented,
            (Self::UserName, Root | Session | FederatedUser | WebIdentity | Saml | Anonymous) => Never,

            (Self::IsService, Root | User | Session | FederatedUser) => Constant("false"),
            (Self::IsService, Service) => Constant("true"),
            // "All signed requests" have the key, and other pages say "all requests".
            (Self::IsService, WebIdentity | Saml | Anonymous) => Undocumented,

            (Self::ServiceName, Service) => Part(CallerPart::ServiceName),
            (Self::ServiceNames, Service) => Undocumented,
            (
                Self::ServiceName | Self::ServiceNames,
                Root | User | Session | FederatedUser | WebIdentity | Saml | Anonymous,
            ) => Never,
        }
    }
}

/// Whether requests have a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Always,
    Sometimes,
    Never,
    /// AWS does not say.
    Undocumented,
}

impl Attribute {
    /// Which callers have it.
    pub(crate) fn presence(self, kind: CallerKind) -> Presence {
        use CallerKind::{Anonymous, FederatedUser, Root, Saml, Service, Session, User, WebIdentity};
        use Presence::{Always, Never, Sometimes, Undocumented};
        match (self, kind) {
            (_, Anonymous) => Never,
            (_, Service | WebIdentity | Saml) => Undocumented,
            (Self::Organization | Self::OrganizationPath, Root | User | Session | FederatedUser) => Sometimes,
            (Self::Tag, Root) => Never,
            (Self::Tag, User | Session | FederatedUser) => Sometimes,
            (Self::FederatedProvider | Self::SourceIdentity, Session) => Sometimes,
            (Self::FederatedProvider | Self::SourceIdentity, Root | User) => Never,
            (Self::FederatedProvider | Self::SourceIdentity, FederatedUser) => Undocumented,
            (Self::TokenIssueTime, Session | FederatedUser) => Always,
            (Self::TokenIssueTime, Root | User) => Sometimes,
            (Self::Mfa | Self::MfaAge, Root | User | Session | FederatedUser) => Sometimes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{facts, meant};

    #[test]
    fn a_slip_is_told_and_another_key_is_not() {
        let table = [
            ("sts:externalidd", "sts:ExternalId"),
            ("sts:exteralid", "sts:ExternalId"),
            ("sts:externla_id", "sts:ExternalId"),
            ("sts:extrnla_idd", ""),
            ("sts:external-id", "sts:ExternalId"),
            ("stss:externalid", "sts:ExternalId"),
            ("asw:principalarn", "aws:PrincipalArn"),
            ("aws:sourceacount", "aws:SourceAccount"),
            ("aws:principaltags/team", "aws:PrincipalTag/team"),
            ("aws:principaltag", "aws:PrincipalTag/KEY"),
            ("kms:encryptioncontexts:a/b", ""),
            // Keys that AWS has and the table has not.
            ("ssm:resourcetag/team", ""),
            ("ecr:resourcetag/team", ""),
            ("s3:resourceaccount", ""),
            ("aws:vpceaccount", ""),
            ("aws:vpceorgid", ""),
            ("aws:sourcevpcarn", ""),
            ("aws:sourceowner", ""),
            ("aws:assumedroot", ""),
            ("aws:ec2instancesourcevpc", ""),
            ("lambda:functionarn", ""),
            ("lambda:sourcefunctionarn", ""),
            ("sts:durationseconds", ""),
            ("iam:awsservicename", ""),
            ("custom:key", ""),
        ];
        for (written, expected) in table {
            assert_eq!(meant(written).unwrap_or_default(), expected, "{written}");
        }
        for known in
            ["sts:externalid", "aws:principaltag/team", "kms:encryptioncontext:a/b", "idp.example.com:sub"]
        {
            assert!(facts(known).is_some() && meant(known).is_none(), "{known}");
        }
    }
}
