//! What values a condition key can have, and which requests have it.

use super::Kind;
use super::cuts::{is_account, is_name};

/// What values a key can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    ExternalId,
    Session,
    Flag,
    True,
    False,
    Address,
    Time,
    Seconds,
    Number,
    Organization,
    OrganizationPath,
    Account,
    Arn,
    Service,
    Region,
    Tag,
    TagKey,
    Type,
    Any,
}

impl Shape {
    pub(super) fn fits(self, text: &str) -> bool {
        let alphabet = |extra: &[u8]| {
            text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte) || extra.contains(&byte)
            })
        };
        match self {
            Self::ExternalId => (2..=1224).contains(&text.len()) && alphabet(b":/"),
            Self::Session => is_name(text, 2),
            Self::Flag => ["true", "false"].contains(&text),
            Self::True => text == "true",
            Self::False => text == "false",
            Self::Address => text.parse::<std::net::IpAddr>().is_ok(),
            Self::Time => text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok(),
            Self::Seconds | Self::Number => {
                (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Organization => text.strip_prefix("o-").is_some_and(|rest| {
                (10..=32).contains(&rest.len())
                    && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            }),
            Self::OrganizationPath => {
                let parts: Vec<&str> = text.split('/').collect();
                matches!(parts.as_slice(), [organization, root, .., ""]
                    if Self::Organization.fits(organization) && root.starts_with("r-"))
            }
            Self::Account => is_account(text),
            Self::Arn => text.starts_with("arn:") && text.matches(':').count() >= 5,
            Self::Service => text.strip_suffix(".amazonaws.com").is_some_and(|name| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            }),
            Self::Region => text.parse::<rolecall_iam::arn::Region>().is_ok(),
            Self::Tag => text.chars().count() <= 256,
            Self::TagKey => {
                (1..=128).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&byte))
            }
            Self::Type => ["Account", "User", "FederatedUser", "AssumedRole", "Anonymous"].contains(&text),
            Self::Any => !text.is_empty(),
        }
    }

    pub(super) fn usual(self) -> &'static [&'static str] {
        match self {
            Self::ExternalId => &["zz", "a:b/c", "another-external-id", "5f6b-x"],
            Self::Session => &["session", "zz", "a+=,.@_-b", "1767225600", "42", "20"],
            Self::Flag => &["true", "false"],
            Self::True => &["true"],
            Self::False => &["false"],
            Self::Address => &["203.0.113.9", "10.1.2.3", "2001:db8::1", "0.0.0.0"],
            Self::Time => &["2026-06-01T12:00:00Z", "2020-01-01T00:00:00Z", "2039-01-01T00:00:00Z"],
            Self::Seconds => &["1780315200", "1577836800"],
            Self::Number => &["0", "1", "299", "3600", "100000"],
            Self::Organization => &["o-0000000000", "o-customer001", "o-abcdefghij"],
            Self::OrganizationPath => &["o-customer001/r-ab12/", "o-0000000000/r-zz99/ou-zz99-12345678/"],
            Self::Account => &["123123123123", "111122223333"],
            Self::Arn => &["arn:aws:s3:::some-bucket", "arn:aws:lambda:us-east-1:111122223333:function:f"],
            Self::Service => &["cloudformation.amazonaws.com", "zz.amazonaws.com"],
            Self::Region => &["us-east-1", "eu-west-3", "us-gov-west-1"],
            Self::Tag => &["", "a", "core", "x y*?", "true", "42"],
            Self::TagKey => &["team", "Other", "zz"],
            Self::Type => &["AssumedRole", "User", "Anonymous"],
            Self::Any => &["zz", "a", "other", "aws-cli/2.0", "42"],
        }
    }
}

/// Whether a request of a caller can lack a key and can have it, and with what values.
pub(super) fn presence(key: &str, kind: Kind) -> (bool, bool, Shape) {
    let signed = matches!(kind, Kind::User | Kind::Session);
    let service = kind == Kind::Service;
    let token = matches!(kind, Kind::WebIdentity | Kind::Saml);
    let some = |shape| (true, true, shape);
    let always = |shape| (false, true, shape);
    let never = (true, false, Shape::Any);
    match key {
        "sts:externalid" if token => never,
        "sts:externalid" => some(Shape::ExternalId),
        "sts:rolesessionname" => always(Shape::Session),
        "sts:sourceidentity" => some(Shape::Session),
        "aws:sourceidentity" if kind == Kind::User => never,
        "aws:sourceidentity" => some(Shape::Session),
        "aws:principalorgid" => some(Shape::Organization),
        "aws:principalorgpaths" => some(Shape::OrganizationPath),
        "aws:federatedprovider" if kind == Kind::User || token => never,
        "aws:multifactorauthpresent" if kind == Kind::Session => always(Shape::Flag),
        "aws:multifactorauthpresent" => some(Shape::Flag),
        "aws:multifactorauthage" => some(Shape::Number),
        "aws:tokenissuetime" if kind == Kind::Session => always(Shape::Time),
        "aws:tokenissuetime" => some(Shape::Time),
        "aws:sourceip" | "aws:vpcsourceip" => some(Shape::Address),
        "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" | "aws:sourceorgpaths" if !service => never,
        "aws:sourceaccount" => some(Shape::Account),
        "aws:sourcearn" => some(Shape::Arn),
        "aws:sourceorgid" => some(Shape::Organization),
        "aws:sourceorgpaths" => some(Shape::OrganizationPath),
        "aws:viaawsservice" => always(Shape::False),
        "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => never,
        "aws:currenttime" => always(Shape::Time),
        "aws:epochtime" => always(Shape::Seconds),
        "aws:securetransport" => always(Shape::True),
        "aws:requestedregion" => always(Shape::Region),
        "aws:useragent" => always(Shape::Any),
        // What AWS leaves open for callers that do not sign, and for services.
        "aws:principalarn" if !signed => some(Shape::Arn),
        "aws:principalaccount" if !signed => some(Shape::Account),
        "aws:principaltype" if !signed => some(Shape::Type),
        "aws:userid" if !signed => some(Shape::Any),
        "aws:principalisawsservice" if token => never,
        "sts:transitivetagkeys" | "aws:tagkeys" => some(Shape::TagKey),
        _ if key.contains("tag/") => some(Shape::Tag),
        _ if key.starts_with("saml:") && kind == Kind::User => never,
        _ => some(Shape::Any),
    }
}
