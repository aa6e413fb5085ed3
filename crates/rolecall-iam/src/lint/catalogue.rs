//! What is known about each kind of finding, whatever the document.

use std::fmt;
use std::str::FromStr;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Wider, weaker or more fragile than it needs to be.
    Warning,
    /// Somebody can do what they should not, or the role cannot do its work.
    Error,
}

impl Severity {
    /// The word for files and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What a finding rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// A request and the evaluator's answer to it.
    Request,
    /// The text of the document: no request would show it.
    Text,
    /// Something that was observed beside the documents.
    Fact,
}

macro_rules! findings {
    ($($id:ident $severity:ident $basis:ident $summary:literal $why:literal $reference:literal)*) => {
        /// A kind of finding. `T` is about trust policies, `P` about permissions, `L` about the functions themselves,
        /// `G` about documents that IAM does not store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingId {
            $(#[doc = $summary] $id,)*
        }

        impl FindingId {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$id),*];

            /// The name of the kind, such as `T1`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$id => stringify!($id),)* }
            }

            /// What it is, in a few words.
            #[must_use]
            pub fn summary(self) -> &'static str {
                match self { $(Self::$id => $summary,)* }
            }

            /// How grave it is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$id => Severity::$severity,)* }
            }

            /// What it rests on.
            #[must_use]
            pub fn basis(self) -> Basis {
                match self { $(Self::$id => Basis::$basis,)* }
            }

            /// Why it matters, in one line.
            #[must_use]
            pub fn why(self) -> &'static str {
                match self { $(Self::$id => $why,)* }
            }

            /// Where to read more.
            #[must_use]
            pub fn reference(self) -> &'static str {
                match self { $(Self::$id => $reference,)* }
            }
        }
    };
}

findings! {
    T1 Error Request "no external ID is required"
        "another customer of the vendor can make the vendor use this role (the confused deputy problem)"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
    T2 Error Request "a wildcard accepts other external IDs"
        "`StringLike` with a wildcard accepts every external ID that matches the pattern"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
    T3 Error Request "the external ID is checked only if one is passed"
        "with `IfExists`, a caller satisfies the condition by leaving the ID out"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
    T4 Error Request "`ForAllValues` on a single-valued key"
        "`ForAllValues` is satisfied if the request has no value"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html"
    T5 Error Request "only some external IDs are excluded"
        "a negated condition or a presence check accepts any ID that the caller makes up"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
    T6 Error Request "the external ID must be absent"
        "`Null: true` lets in exactly the callers that pass no ID"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
    T7 Warning Request "the external ID is compared case-insensitively"
        "IDs that differ only in letter case can belong to different customers of the vendor"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"
    T8 Error Request "another statement lets the same caller in without an external ID"
        "statements add up: a statement with a condition does not restrict a statement without a condition"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"
    T9 Warning Request "external IDs other than the expected one are accepted"
        "every ID that the condition accepts opens the role, also an old or a wrong one"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
    T10 Error Request "an unauthorized principal can assume the role"
        "an external ID is not a secret; the `Principal` element decides which callers can assume the role"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
    T11 Warning Request "the whole account is trusted instead of one of its principals"
        "every principal of the account whose own policies allow it can assume the role"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
    T12 Error Text "a deleted principal is trusted"
        "IAM shows the unique ID of a deleted principal; no principal matches it, not even a new principal of that name"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
    T13 Warning Text "the policy allows more than assuming the role"
        "`NotPrincipal`, `NotAction` and wildcards grant what is not listed, including session tags and source identities"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"
    T14 Warning Request "callers can pass any session tags"
        "session tags chosen by the caller can satisfy policies that decide by tags"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html"
    T15 Warning Request "callers can pass any source identity"
        "a source identity without a condition can put any name into the audit trail"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html"
    T16 Warning Request "session tags are granted under a condition that they never satisfy"
        "`sts:TagSession` and `sts:SetSourceIdentity` do not have `sts:ExternalId` among their keys, so such calls fail"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
    T17 Warning Text "variables in a document whose version does not support them"
        "without version 2012-10-17, `${…}` is plain text"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"
    T18 Error Text "a wildcard in an exact comparison"
        "`StringEquals` compares `*` and `?` literally; they are not wildcards here"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
    T19 Error Text "an external ID that cannot be passed"
        "STS accepts 2 to 1224 letters, digits and `_+=,.@:/-`; a call with this ID fails before any policy is read"
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
    T20 Note Text "an external ID that can be guessed"
        "an ID that others can guess or share does not distinguish the customers of the vendor"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
    T21 Note Fact "other roles accept this external ID too"
        "a caller that can use the ID for one role can use it for the other roles"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
    T22 Note Fact "sessions can last longer than an hour"
        "a stolen session stays valid until it expires; role chaining limits sessions to one hour anyway"
        "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"
    T23 Warning Request "a service is trusted for any of its customers"
        "without `aws:SourceArn` or `aws:SourceAccount`, another customer can make the service use this role"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"
    T24 Warning Request "the role's own account is trusted"
        "principals of the account can assume the role, and the role can renew its own sessions"
        "https://aws.amazon.com/blogs/security/announcing-an-update-to-iam-role-trust-policy-behavior/"
    P1 Error Fact "a managed policy that does not belong to the role is attached"
        "a session of the role can do everything that it allows"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    P2 Error Fact "an inline policy that does not belong to the role"
        "inline policies are easy to overlook, and add to the attached policies"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    P3 Error Fact "the policy differs from the policy that was written"
        "the default version of a managed policy decides, and it was changed"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html"
    P4 Warning Fact "the policy is attached elsewhere too"
        "a change to the policy affects every principal that has it, and others may change it"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html"
    P5 Error Request "the permissions boundary blocks a target"
        "a session can do only what its policies and the boundary both allow"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"
    P6 Error Request "the role can do more than invoke its targets"
        "anyone with a session can call functions and actions that the role does not need"
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html"
    P7 Error Request "the wrong form of a target"
        "a function without a qualifier and each alias or version are different resources, and a prefix covers siblings"
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html"
    P8 Error Request "everything except a list is allowed"
        "`NotAction` and `NotResource` with `Allow` grant everything that is not listed"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"
    P9 Error Request "a session can give itself more permissions"
        "with this action, a session can change policies or code, or become another principal"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"
    L1 Error Request "the function can be invoked without the role"
        "a grant in the function's own policy works without the role, its external ID and its revocation"
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"
    L2 Warning Text "the function's policy names a session or everybody"
        "boundary and session policies do not limit what such a grant allows"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
    L3 Error Fact "the function has a URL without authentication"
        "with the authentication type NONE, the function's policy alone decides who can call it over the internet"
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
    L4 Warning Fact "the alias points to another version"
        "anyone who can change the alias decides which code the role invokes"
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"
    G1 Error Text "a document that IAM rejects"
        "applying it fails with an error from AWS, and the previous policy stays in force"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
    G2 Note Text "a policy without the current version"
        "IAM stores a managed policy only with this version, and variables are plain text in an older one"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"
    G3 Warning Text "a condition key that is probably misspelt"
        "IAM accepts every name, and no request has such a key: a comparison never holds, and with `IfExists` or a negated operator it always does"
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
}

/// Not the name of a kind of finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the ID of a finding (expected an ID such as `T3`)")]
pub struct NoSuchFinding;

impl FromStr for FindingId {
    type Err = NoSuchFinding;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|id| id.as_str().eq_ignore_ascii_case(text)).ok_or(NoSuchFinding)
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
