//! How each kind of finding is mended, and the shortest document that has it.
//!
//! A finding's own `fix` speaks of its document; this speaks of the kind. The examples are documents, not pictures of them:
//! a test puts each to the linter, which must find its kind in it.

use super::FindingId;

/// From what the edits of a document follow that mend a kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// From this, where it is known.
    From(&'static str),
    /// From nothing, for this reason.
    None(&'static str),
}

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
                "require the external ID in this statement too; delete the statement if it is for nobody whom you trust"
            }
            Self::T9 => "leave only the expected external ID in the condition",
            Self::T10 => {
                "name only the vendor's account, and your own principals that need the role, in `Principal`; delete a \
                 statement that is for nobody of them"
            }
            Self::T11 => "name the role or the user that the vendor publishes instead of its account",
            Self::T12 => {
                "remove the unique ID; if the principal exists again and needs the role, write its ARN, and IAM resolves it anew"
            }
            Self::T13 => "name the principals in `Principal`, and `sts:AssumeRole` alone as action",
            Self::T14 => {
                "remove `sts:TagSession`, or allow only the tags that are needed with `aws:RequestTag/KEY` and `aws:TagKeys`"
            }
            Self::T15 => {
                "remove `sts:SetSourceIdentity`, or compare `sts:SourceIdentity` with the names that are allowed"
            }
            Self::T16 => {
                "remove the action from the statement, where it grants nothing. If callers need it, allow it in a statement of its \
                 own that limits what they can pass: by `aws:RequestTag/KEY` and `aws:TagKeys`, or by `sts:SourceIdentity`"
            }
            Self::T17 => {
                "write the value itself instead of the variable. With `\"Version\": \"2012-10-17\"` the variable counts: prove \
                 what the statement then allows"
            }
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
                "remove the service from `Principal` if it does not need the role. If it does, and sends them: add \
                 `\"StringEquals\": {\"aws:SourceAccount\": \"YOUR-ACCOUNT\"}`, or `aws:SourceArn` with the one resource"
            }
            Self::T24 => {
                "remove the account from `Principal`, or name those of its principals that need the role instead"
            }
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
            Self::G3 => "write the key's name as AWS documents it, such as `sts:ExternalId`",
            Self::G2 => "add `\"Version\": \"2012-10-17\"` at the top of the document",
        }
    }

    /// Where a finding of this kind comes with edits of its document: what must be known for them, or why there are none.
    #[must_use]
    pub fn edits(self) -> Edits {
        use Edits::{From, None};
        match self {
            Self::T1
            | Self::T2
            | Self::T3
            | Self::T4
            | Self::T5
            | Self::T6
            | Self::T7
            | Self::T8
            | Self::T9
            | Self::T19 => From("the external ID, in a statement that is for accounts alone"),
            Self::T10 | Self::T11 | Self::T23 | Self::T24 => {
                From("the trusted principals, without the one that is found")
            }
            Self::T12 => From("the document, where a statement or a principal is left"),
            Self::T13 => From("the document, and the trusted principals in place of `NotPrincipal`"),
            Self::T14 | Self::T15 | Self::T16 => From("the document, where every action names its service"),
            Self::T17 | Self::T18 => {
                From("the external ID; what another value should be, only its author knows")
            }
            Self::P6 | Self::P7 | Self::P8 | Self::P9 => {
                From("the targets; a policy that allows nothing else is to be detached or deleted")
            }
            Self::G2 => From("a document without variables, which means the same in each version"),
            Self::T20 | Self::T21 => None("only the vendor gives another external ID"),
            Self::T22 => None("the session duration is a setting of the role"),
            Self::P1 | Self::P2 | Self::P4 => None("the role has the policy; its document is not at fault"),
            Self::P3 => None("the document that was written replaces this one"),
            Self::P5 => None("the boundary limits other roles, too"),
            Self::L1 | Self::L2 => {
                None("a statement of a function's policy is removed by its `Sid`, not edited")
            }
            Self::L3 | Self::L4 => None("it is a setting of the function"),
            Self::G1 => None("what the refused element was meant to say, only its author knows"),
            Self::G3 => None("which key was meant, only its author knows"),
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
            T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 T23 T24 P6 P7 P8 P9 G1 G2 G3;
            T21 T22 P1 P2 P3 P4 P5 L1 L2 L3 L4
        }
    }
}
