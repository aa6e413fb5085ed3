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

const fn one(kind: Type, source: Source) -> Option<KeyFacts> {
    Some(KeyFacts { kind, several: false, source })
}

const fn many(kind: Type, source: Source) -> Option<KeyFacts> {
    Some(KeyFacts { kind, several: true, source })
}

/// What is known about a key, given its name in lower case; `None` for a key that is not in the table.
pub(crate) fn facts(folded: &str) -> Option<KeyFacts> {
    use Source::{Always, Attribute as Of, Caller, OnBehalf, Parameter as Passed, Sometimes};
    use Type::{Address, Arn, Bool, Date, Epoch, Number, Text};
    let text = Values::Text(None);
    match folded {
        "aws:principalarn" => one(Arn, Caller(CallerKey::Arn)),
        "aws:principalaccount" => one(Text, Caller(CallerKey::Account)),
        "aws:principaltype" => one(Text, Caller(CallerKey::Type)),
        "aws:userid" => one(Text, Caller(CallerKey::UserId)),
        "aws:username" => one(Text, Caller(CallerKey::UserName)),
        "aws:principalisawsservice" => one(Bool, Caller(CallerKey::IsService)),
        "aws:principalservicename" => one(Text, Caller(CallerKey::ServiceName)),
        "aws:principalservicenameslist" => many(Text, Caller(CallerKey::ServiceNames)),
        "aws:principalorgid" => one(Text, Of(Attribute::Organization)),
        "aws:principalorgpaths" => many(Text, Of(Attribute::OrganizationPath)),
        "aws:federatedprovider" => one(Text, Of(Attribute::FederatedProvider)),
        "aws:sourceidentity" => one(Text, Of(Attribute::SourceIdentity)),
        "aws:tokenissuetime" => one(Date, Of(Attribute::TokenIssueTime)),
        "aws:multifactorauthpresent" => one(Bool, Of(Attribute::Mfa)),
        "aws:multifactorauthage" => one(Number, Of(Attribute::MfaAge)),
        "aws:sourcearn" => one(Arn, OnBehalf),
        "aws:sourceaccount" | "aws:sourceorgid" => one(Text, OnBehalf),
        "aws:sourceorgpaths" => many(Text, OnBehalf),
        "aws:sourceip" | "aws:vpcsourceip" => one(Address, Sometimes(Values::Addresses)),
        "aws:sourcevpc" | "aws:sourcevpce" | "aws:referer" | "aws:calledviafirst" | "aws:calledvialast" => {
            one(Text, Sometimes(text))
        }
        "aws:calledvia" => many(Text, Sometimes(text)),
        "aws:viaawsservice" => one(Bool, Always(Values::Bool)),
        "aws:currenttime" => one(Date, Always(Values::Times)),
        "aws:epochtime" => one(Epoch, Always(Values::Times)),
        "aws:securetransport" => one(Bool, Always(Values::SecureTransport)),
        "aws:useragent" => one(Text, Always(text)),
        "aws:requestedregion" => one(Text, Source::ResourceRegion),
        "aws:resourceaccount" => one(Text, Source::ResourceAccount),
        "aws:resourceorgid" => one(Text, Sometimes(text)),
        "aws:resourceorgpaths" => many(Text, Sometimes(text)),
        "aws:tagkeys" => many(Text, Passed(Parameter::TagKeys)),
        "sts:transitivetagkeys" => many(Text, Passed(Parameter::TransitiveTagKeys)),
        "sts:externalid" => one(Text, Passed(Parameter::ExternalId)),
        "sts:rolesessionname" => one(Text, Passed(Parameter::RoleSessionName)),
        "sts:sourceidentity" => one(Text, Passed(Parameter::SourceIdentity)),
        "sts:requestcontextproviders" => many(Arn, Passed(Parameter::Context)),
        "lambda:invokedviafunctionurl" => one(Bool, Sometimes(Values::Bool)),
        "lambda:eventsourcetoken" | "lambda:functionurlauthtype" | "lambda:principal" => {
            one(Text, Sometimes(text))
        }
        // Service Authorization Reference, IAM: a string, though its value is an ARN.
        "iam:permissionsboundary" => one(Text, Sometimes(text)),
        "iam:policyarn" | "iam:associatedresourcearn" => one(Arn, Sometimes(text)),
        "iam:passedtoservice" => one(Text, Sometimes(text)),
        "kms:viaservice" => one(Text, Sometimes(text)),
        _ if folded.starts_with("kms:encryptioncontext:") => one(Text, Sometimes(text)),
        "cognito-identity.amazonaws.com:amr" => many(Text, Sometimes(text)),
        // IAM User Guide, "Available keys for AWS OIDC federation": of a provider's host, and strings.
        _ if is_claim_of_token(folded) => one(Text, Sometimes(text)),
        _ if folded.starts_with("aws:principaltag/") => one(Text, Of(Attribute::Tag)),
        _ if folded.starts_with("aws:requesttag/") => one(Text, Passed(Parameter::Tag)),
        _ if folded.starts_with("sts:requestcontext/") => one(Text, Passed(Parameter::Context)),
        _ if folded.starts_with("aws:resourcetag/") || folded.starts_with("iam:resourcetag/") => {
            one(Text, Sometimes(Values::Text(Some(256))))
        }
        _ => None,
    }
}

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
        use Follows::{Constant, Never, Part, Undocumented};
        match (self, kind) {
            (Self::Arn, Root | User | Session | FederatedUser) => Part(CallerPart::Arn),
            (Self::Account, Root | User | Session | FederatedUser) => Part(CallerPart::Account),
            (Self::Arn | Self::Account, Anonymous) => Never,
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
