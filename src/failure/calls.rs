//! What to do about a failed call to AWS or Genesys Cloud, and whether the command goes on or begins again.

use crate::ports::genesys::{GenesysError, GenesysErrorKind};
use crate::ports::{AwsError, AwsErrorKind, WriteOutcome};

/// What to do if a call for the boundary was refused: no policy that rolecall renders allows it.
pub fn boundary_hint(error: &AwsError) -> Option<String> {
    match error.kind {
        AwsErrorKind::AccessDenied => Some(format!(
            "an administrator makes the boundary: this command needs the permission {}, which the provisioner policy leaves out \
             on purpose",
            error.operation
        )),
        AwsErrorKind::NoCredentials
        | AwsErrorKind::ExpiredCredentials
        | AwsErrorKind::InvalidCredentials
        | AwsErrorKind::NoRegion
        | AwsErrorKind::Unreachable
        | AwsErrorKind::Untrusted
        | AwsErrorKind::TimedOut
        | AwsErrorKind::Throttled
        | AwsErrorKind::LimitExceeded
        | AwsErrorKind::AlreadyExists
        | AwsErrorKind::ConcurrentModification
        | AwsErrorKind::ServiceFailure
        | AwsErrorKind::NotFound
        | AwsErrorKind::Unmodifiable
        | AwsErrorKind::DeleteConflict
        | AwsErrorKind::MalformedDocument
        | AwsErrorKind::InvalidInput
        | AwsErrorKind::Other => None,
    }
}

/// What the same command does when it is run again.
#[derive(Clone, Copy)]
pub(super) enum Again {
    /// It reads or examines all of it again.
    Starts,
    /// It carries out what is left of a plan.
    Continues,
}

/// What to do where nothing stands in the way any more, or nobody knows whether it does.
pub const RUN_AGAIN: &str = "run the same command again: it reads what is there, and goes on from that";

/// Why a command may be repeated in the middle of a plan.
const CONTINUES: &str = "it reads what is there, and goes on from that";

/// What to do if a service refuses what a plan asks for: it would refuse it again.
const REFUSED: &str = "correct what the message names in the manifest or the template; if nothing there explains it, report it with the \
                       request ID";

/// Whether the same command can get further, and what a hint says about that already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeating {
    /// It can, and the hint says nothing of it yet.
    Helps,
    /// It can, and the hint says so, but not what the command then does.
    IsAdvised,
    /// It can, and the hint says everything; or another command is needed.
    IsExplained,
    /// It cannot: the answer would be the same.
    IsInVain,
}

impl Again {
    fn in_words(self) -> &'static str {
        match self {
            Self::Starts => "repeat the command",
            Self::Continues => "repeat the command; it reads what is there, and goes on from that",
        }
    }

    /// What to do, and once that the command is repeated, where that can help. What may have been done is looked at in any case.
    fn after(self, first: &str, repeating: Repeating, outcome: WriteOutcome) -> Option<String> {
        match (self, repeating, outcome) {
            (Self::Starts, Repeating::IsInVain, _) => None,
            (Self::Continues, Repeating::IsInVain, WriteOutcome::Unknown) => Some(RUN_AGAIN.to_owned()),
            (Self::Starts, Repeating::Helps | Repeating::IsAdvised | Repeating::IsExplained, _)
            | (Self::Continues, Repeating::IsExplained, _)
            | (Self::Continues, Repeating::IsInVain, WriteOutcome::Refused | WriteOutcome::Begun) => {
                Some(first.to_owned())
            }
            (Self::Continues, Repeating::IsAdvised, _) => Some(format!("{first}; {CONTINUES}")),
            (Self::Continues, Repeating::Helps, _) => Some(format!("{first}; then {}", self.in_words())),
        }
    }
}

/// What to do if there are no credentials for AWS.
pub(crate) const LOG_IN: &str = "log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and \
                                 AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account";
/// The way for whoever has none.
pub(crate) const NO_AWS: &str = "without access to AWS, `rolecall genesys connect --role-arn ARN` works on the Genesys Cloud side \
                                 alone";

/// What to do about a failed call to Genesys Cloud.
pub(super) fn genesys_hint(error: &GenesysError, again: Again) -> Option<String> {
    let hint = match error.kind {
        GenesysErrorKind::NoCredentials => {
            "[genesys.credentials] in the manifest names the secret or the parameter: its value must be a JSON object with \
             `client_id` and `client_secret`, and the caller must be allowed to read it; without credentials for AWS, remove the section and set \
             GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET"
        }
        GenesysErrorKind::InvalidCredentials => {
            "Genesys Cloud shows the client under Admin > Integrations > OAuth; it works only in the region of its \
             organization"
        }
        GenesysErrorKind::Forbidden => {
            "permissions come from the roles of the OAuth client, not from scopes; `rolecall genesys whoami` lists what \
             each command needs"
        }
        GenesysErrorKind::Throttled => "repeat the command later, or with a longer --deadline",
        GenesysErrorKind::Unreachable => {
            "check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region, and the certificates that are \
             trusted (SSL_CERT_FILE); then repeat the command"
        }
        GenesysErrorKind::TimedOut => "repeat the command, if necessary with a longer --deadline",
        GenesysErrorKind::ServiceFailure | GenesysErrorKind::VersionConflict => again.in_words(),
        GenesysErrorKind::Contradictory => {
            "Genesys Cloud may not show its latest changes everywhere yet; repeat the command, if necessary with a longer --deadline"
        }
        GenesysErrorKind::Unreadable => {
            "a proxy, a login page or a mock may have answered instead of Genesys Cloud"
        }
        GenesysErrorKind::LimitExceeded => {
            "`rolecall genesys whoami` shows the limits; Genesys raises most of them on request"
        }
        // In the middle of a plan it was there a moment ago.
        GenesysErrorKind::NotFound => match again {
            Again::Starts => return None,
            Again::Continues => again.in_words(),
        },
        GenesysErrorKind::Conflict | GenesysErrorKind::InvalidInput | GenesysErrorKind::Other => REFUSED,
    };
    let repeating = match error.kind {
        GenesysErrorKind::Throttled
        | GenesysErrorKind::Unreachable
        | GenesysErrorKind::TimedOut
        | GenesysErrorKind::Contradictory => Repeating::IsAdvised,
        GenesysErrorKind::ServiceFailure | GenesysErrorKind::VersionConflict | GenesysErrorKind::NotFound => {
            Repeating::IsExplained
        }
        GenesysErrorKind::NoCredentials
        | GenesysErrorKind::InvalidCredentials
        | GenesysErrorKind::Forbidden
        | GenesysErrorKind::Unreadable
        | GenesysErrorKind::LimitExceeded => Repeating::Helps,
        GenesysErrorKind::Conflict | GenesysErrorKind::InvalidInput | GenesysErrorKind::Other => {
            Repeating::IsInVain
        }
    };
    again.after(hint, repeating, error.outcome)
}

/// What to do about a failed call.
pub(super) fn hint_for(error: &AwsError, again: Again) -> Option<String> {
    let operation = error.operation;
    let hint = match error.kind {
        AwsErrorKind::AccessDenied if operation == "sts:AssumeRole" => {
            "the role in [aws] must trust the caller (with the `external_id`, if its trust policy requires one), and \
             the caller needs the permission sts:AssumeRole on the role"
                .to_owned()
        }
        AwsErrorKind::AccessDenied => format!(
            "the caller needs the permission {operation}; `rolecall render provisioner` and `rolecall render \
             verifier` print the minimal policies for rolecall"
        ),
        AwsErrorKind::NoCredentials => format!("{LOG_IN}; {NO_AWS}"),
        AwsErrorKind::ExpiredCredentials => "log in again, or get new keys, and repeat the command".to_owned(),
        AwsErrorKind::InvalidCredentials => {
            "check the access key, the secret key and the session token; a wrong clock gives this error too".to_owned()
        }
        AwsErrorKind::NoRegion => "set --region, AWS_REGION or the profile's region".to_owned(),
        AwsErrorKind::Unreachable => {
            "check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region and AWS_ENDPOINT_URL; then repeat \
             the command"
                .to_owned()
        }
        AwsErrorKind::Untrusted => {
            "if a proxy inspects TLS, put its certificate into a PEM file and name it in AWS_CA_BUNDLE or `ca_bundle` \
             (for Genesys Cloud in SSL_CERT_FILE)"
                .to_owned()
        }
        AwsErrorKind::TimedOut => "repeat the command, if necessary with a longer --deadline".to_owned(),
        AwsErrorKind::Throttled => {
            "AWS limits the calls of this account; repeat the command later, or with a longer --deadline".to_owned()
        }
        AwsErrorKind::LimitExceeded => {
            "a quota of the account is used up; `aws iam get-account-summary` shows the quotas, and Service Quotas \
             raises most of them"
                .to_owned()
        }
        AwsErrorKind::AlreadyExists => {
            format!("another caller created it a moment ago, or AWS's answer was lost; {}", again.in_words())
        }
        AwsErrorKind::ConcurrentModification | AwsErrorKind::ServiceFailure | AwsErrorKind::NotFound => {
            again.in_words().to_owned()
        }
        AwsErrorKind::Unmodifiable => "AWS itself manages this entity; choose another role name".to_owned(),
        AwsErrorKind::DeleteConflict => match again {
            Again::Starts => return None,
            Again::Continues => {
                "remove what still depends on it; AWS names it in the message, or `aws iam list-entities-for-policy` does".to_owned()
            }
        },
        AwsErrorKind::MalformedDocument | AwsErrorKind::InvalidInput | AwsErrorKind::Other => REFUSED.to_owned(),
    };
    let repeating = match error.kind {
        AwsErrorKind::ExpiredCredentials
        | AwsErrorKind::Unreachable
        | AwsErrorKind::TimedOut
        | AwsErrorKind::Throttled => Repeating::IsAdvised,
        AwsErrorKind::AlreadyExists
        | AwsErrorKind::ConcurrentModification
        | AwsErrorKind::ServiceFailure
        | AwsErrorKind::NotFound
        // With another name it is another command.
        | AwsErrorKind::Unmodifiable => Repeating::IsExplained,
        AwsErrorKind::AccessDenied
        | AwsErrorKind::Untrusted
        | AwsErrorKind::NoCredentials
        | AwsErrorKind::InvalidCredentials
        | AwsErrorKind::NoRegion
        | AwsErrorKind::LimitExceeded
        | AwsErrorKind::DeleteConflict => Repeating::Helps,
        AwsErrorKind::MalformedDocument | AwsErrorKind::InvalidInput | AwsErrorKind::Other => {
            Repeating::IsInVain
        }
    };
    again.after(&hint, repeating, error.outcome)
}

#[cfg(test)]
mod tests;
