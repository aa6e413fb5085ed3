//! The code of every error that a command can end with. Each match names every case, and [`Explained`](super::Explained) asks for
//! it: an error without a code does not compile.

use rolecall_genesys::credentials::CredentialError;

use super::{RefusedPlan, RetiresActions, UsageError};
use crate::carry_out::Failure as WriteFailure;
use crate::desired::aws::DesiredError;
use crate::desired::guardrail::GuardrailError;
use crate::desired::sources::SourceFaults;
use crate::desired::template::TemplateError;
use crate::error_code::ErrorCode;
use crate::iam::arn::InvalidName;
use crate::manifest::edit::EditError;
use crate::manifest::{Faults, ManifestError, WrongPartition};
use crate::observe::adoption::AdoptionError;
use crate::observe::credential_fields::FieldsError;
use crate::observe::quotas::QuotaError;
use crate::observe::survey::{AddressError, SurveyError};
use crate::operations::describe::DescribeError;
use crate::operations::{
    ActionsError, BoundaryError, DriftError, NotCases, PlanningError, ProveError, VerifyError,
};
use crate::plan::storable::Unstorable;
use crate::plan::{self, PlanError};
use crate::ports::genesys::{GenesysError, GenesysErrorKind};
use crate::ports::{AwsError, AwsErrorKind, WriteOutcome};
use crate::report::saved::SavedPlanError;
use crate::verify::steady::ProbeError;
use crate::verify::twin::TwinError;

/// An error with a code.
pub trait Coded {
    /// What the user reads about it with `rolecall explain`.
    fn code(&self) -> ErrorCode;
}

/// Errors that have one code, whatever they say.
macro_rules! codes {
    ($($error:ty => $code:ident;)+) => {$(
        impl Coded for $error {
            fn code(&self) -> ErrorCode {
                ErrorCode::$code
            }
        }
    )+};
}

codes! {
    Faults => ManifestInvalid;
    WrongPartition => ManifestInvalid;
    TemplateError => Template;
    SourceFaults => ActionFile;
    RefusedPlan => Unproved;
    RetiresActions => RetiresActions;
    Unstorable => Unstorable;
    NotCases => Document;
    ProveError => Document;
    QuotaError => Quota;
    InvalidName => CommandLine;
    // What is computed with times is what the command line says.
    jiff::Error => CommandLine;
    std::io::Error => Local;
    // These write to memory.
    csv::Error => Internal;
    serde_json::Error => Internal;
    std::string::FromUtf8Error => Internal;
}

/// Errors that have the code of the one within.
macro_rules! transparent {
    ($($error:ty: $first:path $(| $more:path)*;)+) => {$(
        impl Coded for $error {
            fn code(&self) -> ErrorCode {
                match self {
                    $first(error) => error.code(),
                    $($more(error) => error.code(),)*
                }
            }
        }
    )+};
}

transparent! {
    PlanError: PlanError::Aws | PlanError::Genesys | PlanError::Unstorable;
    ActionsError: ActionsError::Survey | ActionsError::Genesys | ActionsError::Unread;
    DriftError: DriftError::Survey | DriftError::Genesys | DriftError::Plan;
}

impl Coded for UsageError {
    fn code(&self) -> ErrorCode {
        self.code
    }
}

impl Coded for ManifestError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing { .. } => ErrorCode::ManifestMissing,
            Self::Unreadable { .. } => ErrorCode::Local,
            Self::NotText { .. } | Self::Invalid(_) => ErrorCode::ManifestInvalid,
        }
    }
}

impl Coded for EditError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(error) => error.code(),
            Self::AlreadyThere { .. }
            | Self::NotThere { .. }
            | Self::Ambiguous { .. }
            | Self::LastTarget { .. }
            | Self::ChangesAction { .. }
            | Self::ActionThere { .. }
            | Self::Layout
            | Self::Breaks { .. } => ErrorCode::EditRefused,
        }
    }
}

impl Coded for DesiredError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Partition(error) => error.code(),
            Self::Template(error) => error.code(),
            Self::Refused { .. } => ErrorCode::Template,
            Self::GrantElsewhere { .. } | Self::KeyOfPartition { .. } | Self::Use(_) => {
                ErrorCode::ManifestInvalid
            }
        }
    }
}

impl Coded for GuardrailError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Partition(error) => error.code(),
            Self::Template(error) => error.code(),
            Self::Unreadable(_) => ErrorCode::Document,
            Self::NoProvisioner
            | Self::NoRoleOrUser(_)
            | Self::Wildcard(_)
            | Self::NobodyInAccount { .. } => ErrorCode::CommandLine,
            Self::TooLong { .. } => ErrorCode::Quota,
        }
    }
}

impl Coded for AwsError {
    fn code(&self) -> ErrorCode {
        match self.kind {
            AwsErrorKind::AccessDenied => ErrorCode::AccessDenied,
            AwsErrorKind::NoCredentials => ErrorCode::NoCredentials,
            AwsErrorKind::ExpiredCredentials => ErrorCode::ExpiredCredentials,
            AwsErrorKind::InvalidCredentials => ErrorCode::InvalidCredentials,
            AwsErrorKind::NoRegion => ErrorCode::NoRegion,
            AwsErrorKind::Unreachable => ErrorCode::Unreachable,
            AwsErrorKind::Untrusted => ErrorCode::Untrusted,
            AwsErrorKind::TimedOut => ErrorCode::TimedOut,
            AwsErrorKind::Throttled => ErrorCode::Throttled,
            AwsErrorKind::LimitExceeded => ErrorCode::Quota,
            AwsErrorKind::ServiceFailure => ErrorCode::ServiceFailure,
            // What was there when it was looked for, or was not there.
            AwsErrorKind::AlreadyExists | AwsErrorKind::NotFound | AwsErrorKind::ConcurrentModification => {
                ErrorCode::Meanwhile
            }
            AwsErrorKind::DeleteConflict => ErrorCode::InUse,
            AwsErrorKind::Unmodifiable => ErrorCode::NotOwned,
            AwsErrorKind::MalformedDocument | AwsErrorKind::InvalidInput => ErrorCode::Rejected,
            // A refusal of AWS has a code.
            AwsErrorKind::Other if self.code.is_none() => ErrorCode::UnexpectedAnswer,
            AwsErrorKind::Other => ErrorCode::Rejected,
        }
    }
}

impl Coded for GenesysError {
    fn code(&self) -> ErrorCode {
        match self.kind {
            GenesysErrorKind::NoCredentials => ErrorCode::GenesysNoCredentials,
            GenesysErrorKind::InvalidCredentials => ErrorCode::GenesysInvalidCredentials,
            GenesysErrorKind::Forbidden => ErrorCode::GenesysPermission,
            GenesysErrorKind::Throttled => ErrorCode::Throttled,
            GenesysErrorKind::Unreachable => ErrorCode::Unreachable,
            GenesysErrorKind::TimedOut => ErrorCode::TimedOut,
            GenesysErrorKind::ServiceFailure => ErrorCode::ServiceFailure,
            GenesysErrorKind::VersionConflict | GenesysErrorKind::NotFound => ErrorCode::Meanwhile,
            GenesysErrorKind::Contradictory => ErrorCode::Contradictory,
            GenesysErrorKind::Unreadable => ErrorCode::UnexpectedAnswer,
            GenesysErrorKind::LimitExceeded => ErrorCode::Quota,
            GenesysErrorKind::Conflict | GenesysErrorKind::InvalidInput | GenesysErrorKind::Other => {
                ErrorCode::Rejected
            }
        }
    }
}

impl Coded for WriteFailure {
    fn code(&self) -> ErrorCode {
        match self.outcome() {
            // Whatever the last answer was: first it has to be looked what is there.
            WriteOutcome::Unknown => ErrorCode::AnswerLost,
            WriteOutcome::Refused | WriteOutcome::Begun => of_kind(self),
        }
    }
}

/// The code of a write of which it is known what became of it.
fn of_kind(failure: &WriteFailure) -> ErrorCode {
    match failure {
        WriteFailure::Aws(error) => error.code(),
        WriteFailure::Genesys(error) => error.code(),
        WriteFailure::After { failure, .. } => of_kind(failure),
        WriteFailure::Invalid { .. } => ErrorCode::ActionInvalid,
        WriteFailure::DraftInTheWay { .. } => ErrorCode::DraftInTheWay,
        WriteFailure::Inactive { .. } => ErrorCode::IntegrationInactive,
        WriteFailure::MadeMeanwhile { is_own: false, .. } => ErrorCode::NameTaken,
        WriteFailure::MadeMeanwhile { is_own: true, .. }
        | WriteFailure::GoneMeanwhile { .. }
        | WriteFailure::Overtaken { .. } => ErrorCode::Meanwhile,
        WriteFailure::Deadline { .. } => ErrorCode::TimedOut,
        WriteFailure::Interrupted { .. } => ErrorCode::Interrupted,
        WriteFailure::Unstorable(refused) => refused.code(),
        WriteFailure::NoClient { .. } | WriteFailure::Incomplete { .. } => ErrorCode::Internal,
    }
}

impl Coded for AdoptionError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoRole { .. } => ErrorCode::RoleMissing,
            Self::OtherAccount { .. } => ErrorCode::WrongAccount,
            Self::NoExternalId { .. } => ErrorCode::OrganizationUnknown,
            Self::NoTargets { .. } | Self::Unfit { .. } => ErrorCode::Unfit,
        }
    }
}

impl Coded for DescribeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchIntegration { .. } => ErrorCode::CommandLine,
            Self::Ambiguous { .. } | Self::SeveralRoles { .. } => ErrorCode::NameTaken,
            Self::NoIntegration { .. } => ErrorCode::Unfit,
        }
    }
}

impl Coded for PlanningError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Survey(error) => error.code(),
            Self::Aws(error) => error.code(),
            Self::Genesys(error) => error.code(),
            Self::Plan(error) => error.code(),
            Self::Fields(error) => error.code(),
            Self::NoRole { .. } => ErrorCode::RoleMissing,
            Self::GenesysElsewhere { .. } => ErrorCode::ManagedElsewhere,
            Self::NothingInGenesys => ErrorCode::NotAsked,
        }
    }
}

impl Coded for BoundaryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Aws(error) => error.code(),
            Self::Survey(error) => error.code(),
            Self::Plan(error) => error.code(),
            Self::Unstorable(refused) => refused.code(),
            Self::Desired(error) => error.code(),
            Self::InUse { .. } => ErrorCode::InUse,
            Self::NotAsked => ErrorCode::NotAsked,
            Self::TooLong { .. } => ErrorCode::Quota,
        }
    }
}

impl Coded for VerifyError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Survey(error) => error.code(),
            Self::Probe(error) => error.code(),
            Self::Actions(error) => error.code(),
        }
    }
}

impl Coded for AddressError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Region(_) => ErrorCode::Settings,
            Self::NoRegion { .. } => ErrorCode::NoRegion,
        }
    }
}

impl Coded for SurveyError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Aws(error) => error.code(),
            Self::WrongAccount(_) => ErrorCode::WrongAccount,
            Self::TargetsMissing(_) => ErrorCode::TargetMissing,
            Self::NoBoundary { .. } => ErrorCode::BoundaryMissing,
            Self::NameTaken { .. } => ErrorCode::NameTaken,
            Self::Desired(error) => error.code(),
        }
    }
}

impl Coded for ProbeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Aws(error) => error.code(),
            Self::Interrupted => ErrorCode::Interrupted,
        }
    }
}

impl Coded for TwinError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Draft(_) => ErrorCode::NoTwin,
            Self::CannotRemove(failure) | Self::Make(failure) => failure.code(),
            Self::Probe(error) => error.code(),
            Self::Interrupted => ErrorCode::Interrupted,
        }
    }
}

impl Coded for plan::aws::PlanError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::RoleNotOwned { .. } | Self::PolicyNotOwned { .. } => ErrorCode::NotOwned,
            Self::RoleNotMade { .. } => ErrorCode::ManagedElsewhere,
            Self::PathDiffers { .. } => ErrorCode::PathDiffers,
            Self::Quota(error) => error.code(),
            Self::PolicyShared { .. } => ErrorCode::InUse,
        }
    }
}

impl Coded for plan::genesys::PlanError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::OtherOrganization { .. } => ErrorCode::WrongOrganization,
            Self::NotOwned { .. } => ErrorCode::NotOwned,
            Self::TooManyActions { .. } => ErrorCode::Quota,
            Self::Ambiguous { .. } => ErrorCode::NameTaken,
            Self::CredentialNotAccepted { .. } => ErrorCode::CredentialUnfit,
        }
    }
}

impl Coded for FieldsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Store { error, .. } if error.kind == AwsErrorKind::NotFound => ErrorCode::CredentialUnfit,
            Self::Store { error, .. } => error.code(),
            Self::NotAnObject { .. }
            | Self::NoFields { .. }
            | Self::NotText { .. }
            | Self::Empty { .. }
            | Self::Missing { .. } => ErrorCode::CredentialUnfit,
        }
    }
}

impl Coded for SavedPlanError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotAPlan { .. } => ErrorCode::NotAPlan,
            Self::Stale { .. } => ErrorCode::StalePlan,
        }
    }
}

impl Coded for CredentialError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unset { .. } | Self::NotAnObject { .. } | Self::MissingKey { .. } => {
                ErrorCode::GenesysNoCredentials
            }
            Self::Wrong { .. }
            | Self::Region { .. }
            | Self::OtherRegion { .. }
            | Self::NoParameters { .. } => ErrorCode::Settings,
            Self::Store { source, .. } if source.kind == AwsErrorKind::NotFound => {
                ErrorCode::GenesysNoCredentials
            }
            Self::Store { source, .. } => source.code(),
        }
    }
}
