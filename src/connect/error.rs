//! Why an operation could not begin, and the way out.

use rolecall_aws::{ProfileError, SettingsError};
use rolecall_genesys::credentials::CredentialError;
use rolecall_model::shown::Shown;

use crate::desired::sources::SourceFaults;
use crate::error_code::ErrorCode;
use crate::exit::ExitCode;
use crate::failure::{Coded, Explained, LOG_IN, NO_AWS, in_full};
use crate::iam::arn::{InvalidName, RoleName};
use crate::manifest::{NotGenesys, WrongPartition};
use crate::observe::survey::AddressError;
use crate::ports::genesys::GenesysError;

/// Why the role of a manifest cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// What the environment or the AWS configuration says of the way to AWS cannot be meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A file that an action names is wrong.
    #[error(transparent)]
    Sources(#[from] SourceFaults),
    /// There are no right credentials for Genesys Cloud, and the manifest asks for something there.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The region of the user's configuration is none.
    #[error("the configured region is not valid: {reason}")]
    Region {
        /// Why not.
        reason: String,
    },
    /// Genesys Cloud's account is of another partition.
    #[error(transparent)]
    Partition(#[from] WrongPartition),
    /// Nobody says what the external ID is.
    #[error("the manifest states no `organization_id` in [genesys]")]
    NoExternalId,
    /// Genesys Cloud does not say which organization it is.
    #[error("cannot read the organization's ID")]
    Organization(#[source] GenesysError),
    /// The organization's ID is no external ID.
    #[error(
        "the organization `{}` has the ID `{}`, which is not a valid external ID",
        Shown(name),
        Shown(id)
    )]
    InvalidOrganization {
        name: String,
        id: String,
        /// Why not.
        source: InvalidName,
    },
    /// A function is nowhere to be looked for.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Nothing of AWS is configured, neither credentials nor a region: a region alone would not help.
    #[error("no AWS credentials were found, and no region for target `{target}`")]
    NoAccess {
        /// The first function that is nowhere to be looked for.
        target: String,
    },
    /// The manifest is for a vendor, and Genesys Cloud is asked for.
    #[error(transparent)]
    NotGenesys(#[from] NotGenesys),
    /// The role that was named is not the manifest's.
    #[error(transparent)]
    OtherRole(#[from] OtherRole),
}

/// The way out for whoever has no access to Genesys Cloud.
const ONE_SIDE: &str =
    "without access to Genesys Cloud, give `plan`, `apply` and `drift` the option `--side aws`";

/// A role that several manifests are about: they would undo each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubleClaim {
    pub role: RoleName,
    pub manifests: Vec<String>,
}

/// Why none of the manifests is worked on.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// These cannot be.
    #[error("{}", listed(.0))]
    Refused(Vec<(String, ConnectError)>),
    /// Several are about the same role.
    #[error("{}", .0.iter().map(claimed).collect::<Vec<_>>().join("\n"))]
    DoubleClaims(Vec<DoubleClaim>),
}

fn listed(refused: &[(String, ConnectError)]) -> String {
    let lines: Vec<String> =
        refused.iter().map(|(name, error)| format!("{name}: {}", in_full(error))).collect();
    lines.join("\n")
}

fn claimed(DoubleClaim { role, manifests }: &DoubleClaim) -> String {
    let names: Vec<String> = manifests.iter().map(|name| format!("`{name}`")).collect();
    format!("role `{role}` is claimed by {}", names.join(" and "))
}

impl Coded for ConnectError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Settings(error) => error.code(),
            Self::Sources(error) => error.code(),
            Self::Credentials(error) => error.code(),
            Self::Partition(error) => error.code(),
            Self::Organization(error) => error.code(),
            Self::Address(error) => error.code(),
            Self::Region { .. } => ErrorCode::Settings,
            Self::NotGenesys(error) => error.code(),
            Self::OtherRole(_) => ErrorCode::CommandLine,
            Self::NoAccess { .. } => ErrorCode::NoCredentials,
            Self::NoExternalId | Self::InvalidOrganization { .. } => ErrorCode::OrganizationUnknown,
        }
    }
}

impl Coded for NotGenesys {
    fn code(&self) -> ErrorCode {
        let Self { vendor: _ } = self;
        ErrorCode::CommandLine
    }
}

impl Explained for NotGenesys {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let Self { vendor: _ } = self;
        let hint = "with this manifest, use `rolecall plan`, `apply`, `verify`, `drift` and `destroy`; for Genesys Cloud, name a manifest \
                    with [genesys] (--file)";
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Coded for SettingsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Profile(error) => error.code(),
            Self::Wrong { .. } => ErrorCode::Settings,
        }
    }
}

impl Coded for ProfileError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing { .. } | Self::Unreadable { .. } => ErrorCode::Settings,
        }
    }
}

impl Coded for FleetError {
    fn code(&self) -> ErrorCode {
        match self {
            // The hint is about the first, too.
            Self::Refused(refused) => refused.first().map_or(ErrorCode::Internal, |(_, first)| first.code()),
            Self::DoubleClaims(_) => ErrorCode::DoubleClaim,
        }
    }
}

impl Explained for ConnectError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::Settings(error) => return error.explain(),
            Self::Sources(error) => return error.explain(),
            Self::Credentials(error) => {
                let (exit, hint) = error.explain();
                let hint = match error {
                    CredentialError::Unset { .. } => hint.map(|hint| format!("{hint}; {ONE_SIDE}")),
                    CredentialError::Wrong { .. }
                    | CredentialError::Region { .. }
                    | CredentialError::OtherRegion { .. }
                    | CredentialError::NotAnObject { .. }
                    | CredentialError::MissingKey { .. }
                    | CredentialError::NoParameters { .. }
                    | CredentialError::Store { .. } => hint,
                };
                return (exit, hint);
            }
            Self::Partition(error) => return error.explain(),
            Self::NotGenesys(error) => return error.explain(),
            Self::Organization(error) => return error.explain(),
            Self::InvalidOrganization { source, .. } => return source.explain(),
            Self::Address(error) => return error.explain(),
            // As where AWS itself is asked without credentials.
            Self::NoAccess { .. } => {
                let hint =
                    format!("{LOG_IN}; the region: --region, AWS_REGION or the profile's region; {NO_AWS}");
                return (ExitCode::Failed, Some(hint));
            }
            Self::OtherRole(_) => {
                "name the role that the manifest describes, or correct [role] and `account` in [aws] of the manifest"
            }
            Self::Region { .. } => "set --region, AWS_REGION or the profile's region",
            Self::NoExternalId => {
                "it is the external ID: Genesys Cloud shows it under Admin > Account Settings > Organization Settings > Organization Details; \
                 commands that contact AWS read it from Genesys Cloud themselves where GENESYSCLOUD_OAUTHCLIENT_ID and \
                 GENESYSCLOUD_OAUTHCLIENT_SECRET are set"
            }
        };
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Explained for SettingsError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            Self::Profile(error) => error.explain(),
            Self::Wrong { .. } => (ExitCode::Usage, None),
        }
    }
}

impl Explained for ProfileError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::Missing { .. } => {
                "correct --profile, AWS_PROFILE or `profile` in [aws] (`aws configure list-profiles` names those that exist), \
                 or leave them out to use the credentials of the environment"
            }
            Self::Unreadable { .. } => {
                "correct the file: each line is `[profile NAME]`, `key = value` or a comment"
            }
        };
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Explained for FleetError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::Refused(refused) => refused.first().and_then(|(_, first)| first.explain().1),
            Self::DoubleClaims(_) => Some(
                "a role belongs to one manifest: remove the others, or give them another `name` in [role] or another \
                 account in [aws]"
                    .to_owned(),
            ),
        };
        (ExitCode::Usage, hint)
    }
}

/// Why a role is not that of the manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{role}` is not the role of the manifest, whose {what} is `{wanted}`")]
pub struct OtherRole {
    /// The ARN of the role that was named.
    pub role: String,
    /// What differs.
    pub what: &'static str,
    /// What the manifest says.
    pub wanted: String,
}
