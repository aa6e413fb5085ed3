//! Condition keys: their type, whether they have several values, and which caller's request has them.
//!
//! Facts: IAM User Guide, "AWS global condition context keys", "IAM and AWS STS condition context keys" and the table of
//! principal key values in "Policy elements: variables and tags"; STS API Reference. This table is independent of the
//! prover's on purpose. Where AWS does not say whether a request has a key, the key is [`Presence::Silent`]: present or
//! absent, with any value.

/// How a key's values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Text, and unlisted keys.
    Text,
    /// An ARN: text, and ARN operators.
    Arn,
    Bool,
    Date,
    Number,
    Address,
}

/// How many values a request can have for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    One,
    Several,
    /// AWS does not say.
    Unknown,
}

/// Whether a request of some kind of caller has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Always,
    Never,
    Sometimes,
    /// AWS does not say, so that it may be present or absent.
    Silent,
}

/// What is known about a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// Any text.
    Any,
    /// Any text of this many characters at most.
    Short(usize),
    /// Characters of a class, as a language, and the least and greatest length.
    Of(&'static str, usize, usize),
    /// The ARN of the user or role.
    CallerArn,
    /// The account of the user or role.
    CallerAccount,
    /// `User` or `AssumedRole`.
    CallerType,
    /// The name of the user, without its path.
    UserName,
    /// The calling service.
    ServiceName,
    /// Whether the caller is a service.
    IsService,
    /// `true` in calls of STS and invocations of Lambda, whose endpoints speak HTTPS only (AWS General Reference, service
    /// endpoints).
    Encrypted,
    /// The account that owns the role.
    RoleAccount,
    /// A number that is not negative.
    NotNegative,
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its name in scripts.
    pub(crate) name: &'static str,
    pub(crate) sort: Type,
    pub(crate) count: Count,
    /// For an IAM user, a role's session, an AWS service, a web identity, a SAML identity.
    pub(crate) presence: [Presence; 5],
    pub(crate) value: Value,
    /// The key follows from the caller or the time, so that it is the same for calls to services other than STS.
    pub(crate) everywhere: bool,
}

/// Letters, digits and `_+=,.@-`: names of roles, users and sessions (API Reference).
pub(crate) const NAME_CHARACTER: &str = "(re.union (re.range \"a\" \"z\") (re.range \"A\" \"Z\") (re.range \"0\" \"9\") \
     (re.range \"+\" \".\") (str.to_re \"=\") (str.to_re \"@\") (str.to_re \"_\"))";
/// The same and `:/`: external IDs (STS API Reference, AssumeRole).
pub(crate) const EXTERNAL_ID_CHARACTER: &str = "(re.union (re.range \"a\" \"z\") (re.range \"A\" \"Z\") (re.range \"0\" \":\") \
     (re.range \"+\" \"/\") (str.to_re \"=\") (str.to_re \"@\") (str.to_re \"_\"))";

use Presence::{Always, Never, Silent, Sometimes};

const EVERY: [Presence; 5] = [Always; 5];
const MAYBE: [Presence; 5] = [Sometimes; 5];
const UNDOCUMENTED: [Presence; 5] = [Silent; 5];
/// Present for users and sessions; AWS is silent about the others.
const SIGNED: [Presence; 5] = [Always, Always, Silent, Silent, Silent];
/// Possible for users and sessions; AWS is silent about the others.
const MAYBE_SIGNED: [Presence; 5] = [Sometimes, Sometimes, Silent, Silent, Silent];
/// "Only when an AWS service principal calls directly on behalf of a resource, and the service passes it".
const FROM_SERVICE: [Presence; 5] = [Never, Never, Sometimes, Never, Never];
/// `ExternalId` is a parameter of `sts:AssumeRole` only.
const PLAIN_CALL: [Presence; 5] = [Sometimes, Sometimes, Sometimes, Never, Never];

const fn key(
    name: &'static str,
    sort: Type,
    count: Count,
    presence: [Presence; 5],
    value: Value,
    everywhere: bool,
) -> Key {
    Key { name, sort, count, presence, value, everywhere }
}

/// Keys by their full name in lower case.
const KEYS: [(&str, Key); 51] = {
    use Count::{One, Several};
    use Type::{Address, Arn, Bool, Date, Number, Text};
    use Value::{
        Any, CallerAccount, CallerArn, CallerType, Encrypted, IsService, NotNegative, Of, RoleAccount,
        ServiceName, Short, UserName,
    };
    [
        ("aws:principalarn", key("principal_arn", Arn, One, SIGNED, CallerArn, true)),
        ("aws:principalaccount", key("principal_account", Text, One, SIGNED, CallerAccount, true)),
        ("aws:principaltype", key("principal_type", Text, One, SIGNED, CallerType, true)),
        ("aws:userid", key("user_id", Text, One, SIGNED, Any, true)),
        ("aws:username", key("user_name", Text, One, [Always, Never, Silent, Never, Never], UserName, true)),
        ("aws:principalorgid", key("organization", Text, One, MAYBE_SIGNED, Any, true)),
        ("aws:principalorgpaths", key("organization_paths", Text, Several, MAYBE_SIGNED, Any, true)),
        (
            "aws:principalisawsservice",
            key("is_service", Bool, One, [Always, Always, Always, Silent, Silent], IsService, true),
        ),
        (
            "aws:principalservicename",
            key("service_name", Text, One, [Never, Never, Always, Never, Never], ServiceName, true),
        ),
        ("aws:principalservicenameslist", key("service_names", Text, Several, FROM_SERVICE, Any, true)),
        (
            "aws:federatedprovider",
            key("federated_provider", Text, One, [Never, Sometimes, Silent, Never, Never], Any, true),
        ),
        ("aws:multifactorauthpresent", key("mfa", Bool, One, MAYBE_SIGNED, Any, true)),
        ("aws:multifactorauthage", key("mfa_age", Number, One, MAYBE_SIGNED, NotNegative, true)),
        ("aws:tokenissuetime", key("token_time", Date, One, MAYBE_SIGNED, Any, true)),
        (
            "aws:sourceidentity",
            key("source_identity_before", Text, One, [Never, Sometimes, Never, Never, Never], Any, true),
        ),
        (
            "sts:externalid",
            key("external_id", Text, One, PLAIN_CALL, Of(EXTERNAL_ID_CHARACTER, 2, 1224), false),
        ),
        ("sts:rolesessionname", key("session_name", Text, One, EVERY, Of(NAME_CHARACTER, 2, 64), false)),
        ("sts:sourceidentity", key("source_identity", Text, One, MAYBE, Of(NAME_CHARACTER, 2, 64), false)),
        ("sts:transitivetagkeys", key("transitive_tag_keys", Text, Several, UNDOCUMENTED, Short(128), false)),
        ("aws:tagkeys", key("tag_keys", Text, Several, MAYBE, Short(128), false)),
        ("aws:sourceip", key("source_ip", Address, One, MAYBE, Any, true)),
        ("aws:vpcsourceip", key("vpc_source_ip", Address, One, MAYBE, Any, true)),
        ("aws:sourcevpc", key("source_vpc", Text, One, MAYBE, Any, true)),
        ("aws:sourcevpce", key("source_vpce", Text, One, MAYBE, Any, true)),
        ("aws:sourceaccount", key("source_account", Text, One, FROM_SERVICE, Any, true)),
        ("aws:sourcearn", key("source_arn", Arn, One, FROM_SERVICE, Any, true)),
        ("aws:sourceorgid", key("source_organization", Text, One, FROM_SERVICE, Any, true)),
        ("aws:sourceorgpaths", key("source_organization_paths", Text, Several, FROM_SERVICE, Any, true)),
        ("aws:viaawsservice", key("via_service", Bool, One, MAYBE, Any, true)),
        ("aws:calledvia", key("called_via", Text, Several, MAYBE, Any, true)),
        ("aws:calledviafirst", key("called_via_first", Text, One, MAYBE, Any, true)),
        ("aws:calledvialast", key("called_via_last", Text, One, MAYBE, Any, true)),
        ("aws:currenttime", key("time", Date, One, EVERY, Any, true)),
        // Numeric operators may ask about it too; here they are taken for operators on a key of another type.
        ("aws:epochtime", key("epoch_time", Date, One, EVERY, Any, true)),
        ("aws:securetransport", key("secure_transport", Bool, One, EVERY, Encrypted, true)),
        ("aws:requestedregion", key("requested_region", Text, One, EVERY, Any, false)),
        ("aws:useragent", key("user_agent", Text, One, MAYBE, Any, true)),
        ("aws:referer", key("referer", Text, One, MAYBE, Any, true)),
        ("aws:resourceaccount", key("resource_account", Text, One, MAYBE, RoleAccount, false)),
        ("aws:resourceorgid", key("resource_organization", Text, One, MAYBE, Any, false)),
        ("aws:resourceorgpaths", key("resource_organization_paths", Text, Several, MAYBE, Any, false)),
        // AWS KMS Developer Guide, "AWS KMS condition keys": single-valued.
        ("kms:viaservice", key("kms_via_service", Text, One, MAYBE, Any, true)),
        // Service Authorization Reference: AWS Lambda, AWS IAM, AWS STS, Amazon Cognito Identity.
        ("lambda:functionurlauthtype", key("url_authentication", Text, One, MAYBE, Any, true)),
        ("lambda:invokedviafunctionurl", key("via_function_url", Bool, One, MAYBE, Any, true)),
        ("lambda:eventsourcetoken", key("event_source_token", Text, One, MAYBE, Any, true)),
        ("iam:permissionsboundary", key("permissions_boundary", Text, One, MAYBE, Any, true)),
        ("iam:policyarn", key("policy_arn", Arn, One, MAYBE, Any, true)),
        ("iam:associatedresourcearn", key("associated_resource", Arn, One, MAYBE, Any, true)),
        ("iam:passedtoservice", key("passed_to_service", Text, One, MAYBE, Any, true)),
        ("sts:requestcontextproviders", key("context_providers", Arn, Several, MAYBE, Any, false)),
        ("cognito-identity.amazonaws.com:amr", key("cognito_amr", Text, Several, MAYBE, Any, false)),
    ]
};

/// Keys whose names go on after a slash.
const FAMILIES: [(&str, Key); 6] = {
    use Count::One;
    use Type::Text;
    [
        ("aws:principaltag/", key("principal_tag", Text, One, MAYBE_SIGNED, Value::Short(256), true)),
        ("aws:requesttag/", key("request_tag", Text, One, MAYBE, Value::Short(256), false)),
        ("aws:resourcetag/", key("resource_tag", Text, One, MAYBE, Value::Short(256), false)),
        ("iam:resourcetag/", key("role_tag", Text, One, MAYBE, Value::Short(256), false)),
        ("sts:requestcontext/", key("request_context", Text, One, MAYBE, Value::Any, false)),
        ("kms:encryptioncontext:", key("encryption_context", Text, One, MAYBE, Value::Any, true)),
    ]
};

/// A claim of a token, whoever's host it is of (IAM User Guide, "Available keys for AWS OIDC federation").
const CLAIM: Key = key("claim", Type::Text, Count::One, MAYBE, Value::Any, true);

/// A key that is not listed: any value, several of them, or none.
const UNLISTED: Key = key("key", Type::Text, Count::Unknown, MAYBE, Value::Any, true);

/// What is known about a key, given its name in lower case, and whether its name in scripts needs a number.
pub(crate) fn find(folded: &str) -> (Key, bool) {
    if let Some((_, key)) = KEYS.iter().find(|(name, _)| *name == folded) {
        return (*key, false);
    }
    match FAMILIES.iter().find(|(prefix, _)| folded.starts_with(prefix)) {
        Some((_, key)) => (*key, true),
        None if is_claim(folded) => (CLAIM, true),
        None => (UNLISTED, true),
    }
}

fn is_claim(folded: &str) -> bool {
    let named = folded.rsplit_once(':');
    named.is_some_and(|(host, claim)| host.contains('.') && ["sub", "aud", "oaud", "app_id"].contains(&claim))
}

/// The permission that a call needs besides its own because it passes this key ("Passing session tags in AWS STS",
/// "Monitor and control actions taken with assumed roles"). `sts:TransitiveTagKeys` and keys of a trusted context are
/// left out: whether a chained session has the former without passing tags is not documented.
pub(crate) fn implied_action(folded: &str) -> Option<&'static str> {
    match folded {
        "aws:tagkeys" => Some("sts:tagsession"),
        "sts:sourceidentity" => Some("sts:setsourceidentity"),
        _ if folded.starts_with("aws:requesttag/") => Some("sts:tagsession"),
        _ => None,
    }
}
