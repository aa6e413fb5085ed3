//! The codes of errors: what a command can fail with, told apart by what its user does about it.
//!
//! Invariants: a number keeps its meaning; a new code takes the next number, and a code that is gone leaves a gap. Which error has
//! which code, `failure` says; what is said about a code, `catalogue` does. Deliberately absent: a code for each sentence.

use std::fmt;

use serde::{Serialize, Serializer};

/// One list is the type, its order and its names.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal,)+) => {
        /// What a command failed with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorCode {
            $($(#[$doc])+ $name,)+
        }

        impl ErrorCode {
            /// All of them, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code, such as `E4`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }
        }
    };
}

codes! {
    /// The command does not do what the command line asks for.
    CommandLine = "E1",
    /// There is nobody to ask for consent.
    NoTerminal = "E2",
    /// Who was asked said no.
    Declined = "E3",
    /// No manifest is there.
    ManifestMissing = "E4",
    /// A manifest is wrong.
    ManifestInvalid = "E5",
    /// The manifest cannot be edited that way.
    EditRefused = "E6",
    /// The operating system refused a file, a pipe, a port or the terminal.
    Local = "E7",
    /// A policy template is wrong.
    Template = "E8",
    /// A file that an action names is wrong.
    ActionFile = "E9",
    /// A document or a file of cases is not what the command reads.
    Document = "E10",
    /// The result could not be written.
    OutputLost = "E11",
    /// The environment or the AWS configuration is wrong.
    Settings = "E12",
    /// No region is known.
    NoRegion = "E13",
    /// There are no credentials for AWS.
    NoCredentials = "E14",
    /// The credentials for AWS have expired.
    ExpiredCredentials = "E15",
    /// AWS does not accept the credentials.
    InvalidCredentials = "E16",
    /// AWS denies the call.
    AccessDenied = "E17",
    /// The credentials are of another account.
    WrongAccount = "E18",
    /// A service cannot be reached.
    Unreachable = "E19",
    /// The certificate of whoever answered is not trusted.
    Untrusted = "E20",
    /// Something was not finished in time.
    TimedOut = "E21",
    /// A service asked to slow down.
    Throttled = "E22",
    /// A quota is used up.
    Quota = "E23",
    /// A service failed on its side.
    ServiceFailure = "E24",
    /// What became of a write is not known.
    AnswerLost = "E25",
    /// An answer is not one that the service gives.
    UnexpectedAnswer = "E26",
    /// A service refused a call because of what it asks for.
    Rejected = "E27",
    /// Another caller changed something at the same time.
    Meanwhile = "E28",
    /// Answers of Genesys Cloud contradict each other.
    Contradictory = "E29",
    /// There are no credentials for Genesys Cloud.
    GenesysNoCredentials = "E30",
    /// Genesys Cloud does not accept the credentials.
    GenesysInvalidCredentials = "E31",
    /// The OAuth client lacks a permission.
    GenesysPermission = "E32",
    /// The credentials are of another organization.
    WrongOrganization = "E33",
    /// Nobody says which organization it is.
    OrganizationUnknown = "E34",
    /// Somebody else made it.
    NotOwned = "E35",
    /// A name stands for something else, or for several things.
    NameTaken = "E36",
    /// Another tool makes the role.
    ManagedElsewhere = "E37",
    /// The role does not exist.
    RoleMissing = "E38",
    /// A function does not exist.
    TargetMissing = "E39",
    /// The permissions boundary does not exist.
    BoundaryMissing = "E40",
    /// Something else still uses it.
    InUse = "E41",
    /// The manifest does not ask for it.
    NotAsked = "E42",
    /// The role has another path.
    PathDiffers = "E43",
    /// The plan would leave a claim refuted or undecided, or bring a finding.
    Unproved = "E44",
    /// The plan deletes or replaces actions.
    RetiresActions = "E45",
    /// What a saved plan was made of has changed.
    StalePlan = "E46",
    /// The file is no saved plan.
    NotAPlan = "E47",
    /// The user interrupted the command.
    Interrupted = "E48",
    /// Genesys Cloud does not accept a data action.
    ActionInvalid = "E49",
    /// A data action has a draft that is not rolecall's.
    DraftInTheWay = "E50",
    /// The integration reports an error.
    IntegrationInactive = "E51",
    /// Several manifests are about one role.
    DoubleClaim = "E52",
    /// A role cannot be described by a manifest.
    Unfit = "E53",
    /// No twin can stand for the role.
    NoTwin = "E54",
    /// A twin could not be removed.
    TwinLeft = "E55",
    /// rolecall itself is wrong.
    Internal = "E56",
    /// The credential for addresses cannot be made of what its secret holds, or is not accepted.
    CredentialUnfit = "E57",
    /// IAM would refuse a document of the plan.
    Unstorable = "E58",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn the_numbers_ascend_so_that_a_new_code_takes_the_next() {
        let numbers = ErrorCode::ALL.iter().map(|code| code.as_str().strip_prefix('E').unwrap());
        let numbers: Vec<u16> = numbers.map(|number| number.parse().unwrap()).collect();
        assert!(numbers.is_sorted_by(|one, next| one < next), "{numbers:?}");
    }
}
