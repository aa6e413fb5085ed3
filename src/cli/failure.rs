//! Errors at the last step: the exit code and the way out are added here and nowhere else.

use rolecall::desired::aws::DesiredError;
use rolecall::desired::sources::SourceFaults;
use rolecall::desired::template::TemplateError;
use rolecall::manifest::{ManifestError, WrongPartition};
use rolecall::observe::survey::{AddressError, SurveyError};
use rolecall::plan::aws::PlanError;
use rolecall::plan::genesys::PlanError as GenesysPlanError;
use rolecall::ports::genesys::{GenesysError, GenesysErrorKind};
use rolecall::ports::{AwsError, AwsErrorKind};
use rolecall_genesys::credentials::CredentialError;

use rolecall::exit::ExitCode;
use rolecall::report::RefusalView;
use rolecall::report::saved::SavedPlanError;
use rolecall::verify::gate::Objection;
use rolecall::verify::steady::ProbeError;

/// A mistake in how the command was called, found after the options were parsed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct UsageError {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl UsageError {
    pub(crate) fn new(message: impl Into<String>, hint: Option<&'static str>) -> Self {
        Self { message: message.into(), hint: hint.map(str::to_owned) }
    }
}

/// A plan after which what the manifest claims of the role would not hold, or could not be decided.
#[derive(Debug, thiserror::Error)]
#[error("apply refuses this plan, because after it not everything would be proved:{}", self.listed())]
pub(crate) struct RefusedPlan {
    pub(crate) objections: Vec<Objection>,
    /// Others put policies on the role, and the plan leaves them there.
    pub(crate) leaves_foreign: bool,
}

impl RefusedPlan {
    fn listed(&self) -> String {
        self.objections
            .iter()
            .map(|objection| format!("\n  {}", RefusalView::from(objection).to_text()))
            .collect()
    }

    fn exit(&self) -> ExitCode {
        self.objections.iter().map(Objection::exit).fold(ExitCode::Success, ExitCode::or)
    }

    fn hint(&self) -> String {
        let mut options: Vec<String> =
            self.objections.iter().map(|objection| RefusalView::from(objection).option).collect();
        options.dedup();
        let foreign = if self.leaves_foreign {
            "remove the policies that others put on the role (--remove-foreign), or "
        } else {
            ""
        };
        format!("{foreign}correct the template or the manifest; `{}` applies all the same", options.join(" "))
    }
}

/// A plan after which IDs that flows may refer to would be gone.
#[derive(Debug, thiserror::Error)]
#[error("flows may refer to the ID of an action that would end:\n  {}", actions.join("\n  "))]
pub(crate) struct RetiresActions {
    pub(crate) actions: Vec<String>,
}

/// What the user reads, and what the shell gets.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) exit: ExitCode,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// Finds the typed error within and says what to do about it.
pub(crate) fn explain(error: &anyhow::Error) -> Failure {
    let message = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let (exit, hint) = error
        .chain()
        .find_map(|cause| {
            None.or_else(|| cause.downcast_ref::<UsageError>().map(of_usage))
                .or_else(|| cause.downcast_ref::<ManifestError>().map(|_| (ExitCode::Usage, None)))
                .or_else(|| cause.downcast_ref::<TemplateError>().map(|_| (ExitCode::Usage, None)))
                .or_else(|| cause.downcast_ref::<WrongPartition>().map(|_| (ExitCode::Usage, None)))
                .or_else(|| cause.downcast_ref::<DesiredError>().map(|_| (ExitCode::Usage, None)))
                .or_else(|| cause.downcast_ref::<AddressError>().map(of_address))
                .or_else(|| cause.downcast_ref::<SurveyError>().map(of_survey))
                .or_else(|| cause.downcast_ref::<PlanError>().map(of_plan))
                .or_else(|| cause.downcast_ref::<SavedPlanError>().map(of_saved_plan))
                .or_else(|| cause.downcast_ref::<RefusedPlan>().map(|plan| (plan.exit(), Some(plan.hint()))))
                .or_else(|| cause.downcast_ref::<ProbeError>().map(of_probe))
                .or_else(|| cause.downcast_ref::<CredentialError>().map(of_credentials))
                .or_else(|| cause.downcast_ref::<SourceFaults>().map(|_| (ExitCode::Usage, None)))
                .or_else(|| cause.downcast_ref::<GenesysPlanError>().map(of_genesys_plan))
                .or_else(|| cause.downcast_ref::<RetiresActions>().map(of_retired))
                .or_else(|| {
                    cause.downcast_ref::<GenesysError>().map(|error| (ExitCode::Failed, genesys_hint(error)))
                })
                .or_else(|| cause.downcast_ref::<AwsError>().map(|error| (ExitCode::Failed, hint_for(error))))
        })
        .unwrap_or((ExitCode::Failed, None));
    Failure { exit, message, hint }
}

fn of_usage(error: &UsageError) -> (ExitCode, Option<String>) {
    (ExitCode::Usage, error.hint.clone())
}

fn of_address(error: &AddressError) -> (ExitCode, Option<String>) {
    let AddressError::NoRegion { .. } = error;
    (
        ExitCode::Usage,
        Some(
            "give the [[target]] a `region`, or set --region, AWS_REGION or the profile's region".to_owned(),
        ),
    )
}

fn of_survey(error: &SurveyError) -> (ExitCode, Option<String>) {
    match error {
        SurveyError::Aws(error) => (ExitCode::Failed, hint_for(error)),
        SurveyError::TargetsMissing(_) => (
            ExitCode::Failed,
            Some("correct the [[target]] in the manifest, or deploy the function first".to_owned()),
        ),
        SurveyError::Desired(_) => (ExitCode::Usage, None),
    }
}

fn of_probe(error: &ProbeError) -> (ExitCode, Option<String>) {
    match error {
        ProbeError::Aws(error) => (ExitCode::Failed, hint_for(error)),
        ProbeError::Interrupted => (ExitCode::Failed, Some("`rolecall verify` asks again".to_owned())),
    }
}

fn of_plan(error: &PlanError) -> (ExitCode, Option<String>) {
    let hint = match error {
        PlanError::RoleNotOwned { .. } | PlanError::PolicyNotOwned { .. } => {
            "choose another role name, or let rolecall take it over with --adopt (`rolecall plan --adopt` shows what \
             would change)"
        }
        PlanError::PathDiffers { .. } => {
            "set `path` in [role] to what the role has, or delete the role first"
        }
        PlanError::TrustTooLarge { .. } => {
            "shorten the trust template, or have the quota raised (Service Quotas, L-C07B4B0D)"
        }
        PlanError::PolicyTooLarge { .. } => {
            "the size of a managed policy is fixed at 6,144 characters, and the template leaves no room for a target: \
             shorten it"
        }
        PlanError::TooManyPolicies { .. } => {
            "have the quota raised (Service Quotas, L-0DA4ABF3: up to 25), remove the policies of others \
             (--remove-foreign), or split the targets over several roles, one manifest each"
        }
        PlanError::PolicyShared { .. } => {
            "detach it from the other principals first (`aws iam list-entities-for-policy` names them)"
        }
    };
    (ExitCode::Failed, Some(hint.to_owned()))
}

fn of_genesys_plan(error: &GenesysPlanError) -> (ExitCode, Option<String>) {
    let hint = match error {
        GenesysPlanError::OtherOrganization { .. } => {
            "set `organization_id` in [genesys] to the organisation that is meant, or use an OAuth client of the one that \
             is stated; `rolecall genesys whoami` shows the client's"
        }
        GenesysPlanError::NotOwned { .. } => {
            "choose another `name` in [genesys.integration], or let rolecall take it over with --adopt (`rolecall plan \
             --adopt` shows what would change)"
        }
        GenesysPlanError::Ambiguous { .. } => {
            "rename or delete all but one of them in Genesys Cloud (Admin > Integrations), or choose another `name` in \
             [genesys.integration]"
        }
    };
    (ExitCode::Failed, Some(hint.to_owned()))
}

fn of_retired(_: &RetiresActions) -> (ExitCode, Option<String>) {
    let hint = "look for flows that use these actions (Architect shows their dependencies); --replace carries the plan \
                out all the same";
    (ExitCode::Failed, Some(hint.to_owned()))
}

fn of_saved_plan(error: &SavedPlanError) -> (ExitCode, Option<String>) {
    match error {
        SavedPlanError::NotAPlan { .. } => (ExitCode::Usage, None),
        SavedPlanError::Stale { .. } => {
            (ExitCode::Failed, Some("make and review a new plan: `rolecall plan --out FILE`".to_owned()))
        }
    }
}

/// Credentials that cannot be right were found before anybody was contacted.
fn of_credentials(error: &CredentialError) -> (ExitCode, Option<String>) {
    let hint = match error {
        CredentialError::Unset { .. } => Some(
            "set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION, or name a secret \
             of AWS Secrets Manager in [genesys.credentials]; Genesys Cloud makes OAuth clients under Admin > \
             Integrations > OAuth, grant type client credentials",
        ),
        CredentialError::Wrong { .. }
        | CredentialError::Region { .. }
        | CredentialError::OtherRegion { .. }
        | CredentialError::NotAnObject { .. }
        | CredentialError::MissingKey { .. }
        | CredentialError::Store { .. } => None,
    };
    (ExitCode::Usage, hint.map(str::to_owned))
}

/// What to do about a failed call to Genesys Cloud.
pub(crate) fn genesys_hint(error: &GenesysError) -> Option<String> {
    let hint = match error.kind {
        GenesysErrorKind::NoCredentials => {
            "`rolecall genesys whoami` shows which client is used, once there is one"
        }
        GenesysErrorKind::InvalidCredentials => {
            "Genesys Cloud shows the client under Admin > Integrations > OAuth; it works only in the region of its \
             organisation"
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
        GenesysErrorKind::TimedOut => "repeat the command, with a longer --deadline if need be",
        GenesysErrorKind::ServiceFailure | GenesysErrorKind::VersionConflict => {
            "repeat the command, which continues from there"
        }
        GenesysErrorKind::Unreadable => {
            "something between here and Genesys Cloud may have answered in its place: a proxy, a login page, a mock"
        }
        GenesysErrorKind::LimitExceeded => {
            "`rolecall genesys whoami` shows the limits; Genesys raises most of them on request"
        }
        GenesysErrorKind::NotFound
        | GenesysErrorKind::Conflict
        | GenesysErrorKind::InvalidInput
        | GenesysErrorKind::Other => return None,
    };
    Some(hint.to_owned())
}

/// What to do about a failed call.
pub(crate) fn hint_for(error: &AwsError) -> Option<String> {
    let operation = error.operation;
    let hint = match error.kind {
        AwsErrorKind::AccessDenied if operation == "sts:AssumeRole" => {
            "the role in [aws] must trust the caller, with that `external_id` where it asks for one, and the caller needs \
             the permission sts:AssumeRole on it"
                .to_owned()
        }
        AwsErrorKind::AccessDenied => format!(
            "the caller needs the permission {operation}; `rolecall render provisioner` and `rolecall render verifier` \
             print the least that rolecall needs"
        ),
        AwsErrorKind::NoCredentials => {
            "log in (`aws sso login`), choose a profile (--profile), or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY; `--sandbox` works without an account"
                .to_owned()
        }
        AwsErrorKind::ExpiredCredentials => "log in again, or get new keys, and repeat the command".to_owned(),
        AwsErrorKind::InvalidCredentials => {
            "check the access key, the secret key and the session token; a wrong clock gives this error too".to_owned()
        }
        AwsErrorKind::NoRegion => "set --region, AWS_REGION or the profile's region".to_owned(),
        AwsErrorKind::Unreachable => {
            "check the network, the proxy settings, the region and AWS_ENDPOINT_URL; then repeat the command".to_owned()
        }
        AwsErrorKind::TimedOut => "repeat the command, with a longer --deadline if need be".to_owned(),
        AwsErrorKind::Throttled => {
            "AWS limits the calls of this account; repeat the command later, or with a longer --deadline".to_owned()
        }
        AwsErrorKind::LimitExceeded => {
            "a quota of the account is used up; `aws iam get-account-summary` shows them, Service Quotas raises most"
                .to_owned()
        }
        AwsErrorKind::AlreadyExists => {
            "somebody created it a moment ago, or AWS's answer was lost; repeat the command, which continues from there"
                .to_owned()
        }
        AwsErrorKind::ConcurrentModification | AwsErrorKind::ServiceFailure | AwsErrorKind::NotFound => {
            "repeat the command, which continues from there".to_owned()
        }
        AwsErrorKind::Unmodifiable => "AWS itself manages this entity; choose another role name".to_owned(),
        AwsErrorKind::DeleteConflict
        | AwsErrorKind::MalformedDocument
        | AwsErrorKind::InvalidInput
        | AwsErrorKind::Other => return None,
    };
    Some(hint)
}
