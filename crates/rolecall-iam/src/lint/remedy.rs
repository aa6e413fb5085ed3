//! How each kind of finding is mended, and the shortest document that has it.
//!
//! A finding's own `fix` speaks of its document; this speaks of the kind. The examples are documents, not pictures of them:
//! a test puts each to the linter, which must find its kind in it.

use super::FindingId;

impl FindingId {
    /// How to mend it, whatever the document.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::T1 => {
                "require the external ID: add `\"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"YOUR-ID\"}}` to the \
                 statement"
            }
            Self::T2 => "compare with `StringEquals` and the complete external ID",
            Self::T3 => "remove `IfExists` from the operator: `StringEquals` requires that an ID is passed",
            Self::T4 => "remove `ForAllValues:` from the operator; `sts:ExternalId` has one value",
            Self::T5 => "name the one ID that is allowed: `StringEquals` with the expected external ID",
            Self::T6 => "replace `Null` with `StringEquals` and the expected external ID",
            Self::T7 => "compare with `StringEquals`, in the letter case that the vendor sends",
            Self::T8 => {
                "delete the statement without the condition, or give it the condition of the other statement"
            }
            Self::T9 => "leave only the expected external ID in the condition",
            Self::T10 => {
                "name only the vendor's account, and your own principals that need the role, in `Principal`"
            }
            Self::T11 => "name the role or the user instead of its account, or leave the account out",
            Self::T12 => {
                "remove the unique ID; if the principal exists again, write its ARN, and IAM resolves it anew"
            }
            Self::T13 => {
                "list the actions that are needed: `sts:AssumeRole`, and the principals in `Principal`"
            }
            Self::T14 => {
                "remove `sts:TagSession`, or allow only the tags that are needed with `aws:RequestTag/KEY` and `aws:TagKeys`"
            }
            Self::T15 => {
                "remove `sts:SetSourceIdentity`, or compare `sts:SourceIdentity` with the names that are allowed"
            }
            Self::T16 => {
                "give `sts:TagSession` or `sts:SetSourceIdentity` a statement of its own, without `sts:ExternalId`"
            }
            Self::T17 => "write `\"Version\": \"2012-10-17\"`, or the value itself instead of the variable",
            Self::T18 => {
                "write the complete value; `StringLike` would accept the pattern, and with it other IDs"
            }
            Self::T19 => {
                "use an ID of 2 to 1224 letters, digits and `_+=,.@:/-`; for Genesys Cloud, the organization ID"
            }
            Self::T20 => "use an ID that the vendor makes for you alone, such as a UUID",
            Self::T21 => {
                "use the vendor's ID on one role, or accept that a caller that may use one of these roles may use each"
            }
            Self::T22 => {
                "set the maximum session duration to 3600 seconds, if no caller needs longer sessions"
            }
            Self::T23 => {
                "add `\"StringEquals\": {\"aws:SourceAccount\": \"YOUR-ACCOUNT\"}`, or `aws:SourceArn` with the one resource"
            }
            Self::T24 => "name the principals of the account that need the role, instead of the account",
            Self::P1 => {
                "if the policy is not meant for this role, detach it. If another tool provisions this role and attached it, \
                 say so in the manifest (`managed_by` in [role])"
            }
            Self::P2 => "if the permissions are not meant for this role, delete the inline policy",
            Self::P3 => "write the expected document as the default version: `rolecall apply` does so",
            Self::P4 => "give the other principals a policy of their own",
            Self::P5 => {
                "allow `lambda:InvokeFunction` on the target in the boundary, or use another boundary"
            }
            Self::P6 => "allow `lambda:InvokeFunction` on the ARNs of the targets, and nothing else",
            Self::P7 => {
                "write the ARN in the form that is called: with `:alias` if Genesys Cloud calls an alias, without `*`"
            }
            Self::P8 => {
                "replace `NotAction` and `NotResource` with the actions and the resources that are needed"
            }
            Self::P9 => "remove the action; an administrator or a pipeline makes such changes",
            Self::L1 => "remove the grant from the function's policy (`aws lambda remove-permission`)",
            Self::L2 => {
                "name the role in the function's policy, or remove the grant: the role has its own permission"
            }
            Self::L3 => {
                "set the URL's authentication type to AWS_IAM, or delete the URL (`aws lambda delete-function-url-config`)"
            }
            Self::L4 => "point the alias at the expected version, with no second version",
            Self::G1 => {
                "correct the document; IAM's own words for the fault are in its MalformedPolicyDocument error"
            }
            Self::G2 => "add `\"Version\": \"2012-10-17\"` at the top of the document",
        }
    }

    /// The shortest document that has it. Kinds that rest on facts beside the documents have none.
    #[must_use]
    pub fn example(self) -> Option<&'static str> {
        macro_rules! examples {
            ($($id:ident)*; $($without:ident)*) => {
                match self {
                    $(Self::$id => Some(include_str!(concat!("examples/", stringify!($id), ".json"))),)*
                    $(Self::$without => None,)*
                }
            };
        }
        examples! {
            T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 T23 T24 P6 P7 P8 P9 G1 G2;
            T21 T22 P1 P2 P3 P4 P5 L1 L2 L3 L4
        }
    }
}
