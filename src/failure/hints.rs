//! The exit code and the way out of every error. Each match names every case: whoever adds one decides here what it means.

use crate::carry_out::Failure as WriteFailure;
use crate::desired::aws::DesiredError;
use crate::desired::guardrail::{GuardrailError, GuardrailKind};
use crate::desired::sources::SourceFaults;
use crate::desired::template::TemplateError;
use crate::exit::ExitCode;
use crate::extract::ExtractError;
use crate::iam::arn::InvalidName;
use crate::manifest::edit::EditError;
use crate::manifest::{Faults, ManifestError, WrongPartition};
use crate::observe::adoption::AdoptionError;
use crate::observe::credential_fields::FieldsError;
use crate::observe::survey::{AddressError, SurveyError};
use crate::operations::describe::DescribeError;
use crate::operations::{
    ActionsError, BoundaryError, DriftError, NotCases, PlanningError, ProveError, VerifyError,
};
use crate::plan::aws::TrustStep;
use crate::plan::storable::{Unstorable, Written};
use crate::plan::{self, PlanError};
use crate::ports::genesys::GenesysError;
use crate::ports::{AwsError, AwsErrorKind};
use crate::report::saved::SavedPlanError;
use crate::verify::steady::ProbeError;
use rolecall_genesys::credentials::CredentialError;

use super::calls::{Again, RUN_AGAIN, boundary_hint, genesys_hint, hint_for};
use super::planning::in_other_tool;
use super::{Explained, RefusedPlan, RetiresActions, UsageError};
use crate::report::genesys_in_other_tool;

/// Errors of usage whose message is its own way out.
macro_rules! usage_errors {
    ($($error:ty),+ $(,)?) => {$(
        impl Explained for $error {
            fn explain(&self) -> (ExitCode, Option<String>) {
                (ExitCode::Usage, None)
            }
        }
    )+};
}

usage_errors!(ManifestError, Faults, TemplateError, WrongPartition, DesiredError, SourceFaults);

/// Errors that say the same as the one within.
macro_rules! transparent {
    ($($error:ty: $first:path $(| $more:path)*;)+) => {$(
        impl Explained for $error {
            fn explain(&self) -> (ExitCode, Option<String>) {
                match self {
                    $first(error) => error.explain(),
                    $($more(error) => error.explain(),)*
                }
            }
        }
    )+};
}

transparent! {
    PlanError: PlanError::Aws | PlanError::Genesys | PlanError::Unstorable;
    VerifyError: VerifyError::Survey | VerifyError::Probe | VerifyError::Actions;
    ActionsError: ActionsError::Survey | ActionsError::Genesys | ActionsError::Unread;
    DriftError: DriftError::Survey | DriftError::Genesys | DriftError::Plan;
}

impl Explained for UsageError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        (ExitCode::Usage, self.hint.clone())
    }
}

impl Explained for RefusedPlan {
    fn explain(&self) -> (ExitCode, Option<String>) {
        (self.exit(), Some(self.hint()))
    }
}

/// Errors to which there is no more to say than what they say themselves.
macro_rules! plain_errors {
    ($($error:ty),+ $(,)?) => {$(
        impl Explained for $error {
            fn explain(&self) -> (ExitCode, Option<String>) {
                (ExitCode::Failed, None)
            }
        }
    )+};
}

plain_errors!(
    EditError,
    InvalidName,
    csv::Error,
    jiff::Error,
    serde_json::Error,
    std::io::Error,
    std::string::FromUtf8Error,
);

impl Explained for AdoptionError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::NoRole { .. } => "`--profile` chooses the account",
            Self::OtherAccount { .. } => "use the credentials of the role's account (--profile)",
            Self::NoExternalId { .. } => {
                "give --organization-id, the ID of the Genesys Cloud organization: the role will require it after \
                 `rolecall apply --adopt`"
            }
            Self::NoTargets { .. } => "give each function with --target",
            Self::Unfit { .. } => return (ExitCode::Failed, None),
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

impl Explained for AwsError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        (ExitCode::Failed, hint_for(self, Again::Starts))
    }
}

impl Explained for GenesysError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        (ExitCode::Failed, genesys_hint(self, Again::Starts))
    }
}

impl Explained for WriteFailure {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::Aws(error) => return (ExitCode::Failed, hint_for(error, Again::Continues)),
            Self::Unstorable(refused) => return refused.explain(),
            Self::Genesys(error) => return (ExitCode::Failed, genesys_hint(error, Again::Continues)),
            Self::After { failure, .. } => return failure.explain(),
            Self::MadeMeanwhile { is_own: true, .. }
            | Self::GoneMeanwhile { .. }
            | Self::Overtaken { .. } => {
                "make sure that nobody else works on this role, then run the same command again: it makes a new plan from what \
                 is there"
            }
            Self::MadeMeanwhile { is_own: false, .. } => {
                "choose another name, or run `rolecall plan --adopt` to see what taking it over would change"
            }
            Self::Invalid { .. } => "correct the [[action]], its schemas or its templates",
            Self::DraftInTheWay { .. } => {
                "publish or discard the draft in Genesys Cloud (Admin > Integrations > Actions), then repeat the command"
            }
            Self::Inactive { .. } => {
                "check the integration in Genesys Cloud (Admin > Integrations), then repeat the command"
            }
            // What was answered to the end says whether it would be answered again.
            Self::Deadline { last: Some(last), .. } => return last.explain(),
            Self::Deadline { last: None, .. } | Self::Interrupted { .. } => RUN_AGAIN,
            Self::NoClient { .. } | Self::Incomplete { .. } => return (ExitCode::Failed, None),
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

impl Explained for Unstorable {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self.document {
            Written::Trust { step: TrustStep::Wanted, .. } => {
                "correct the trust template or the manifest; if `destroy` leaves the role and its trust policy, correct that policy, \
                 or delete the role too (--remove-foreign)"
            }
            Written::Policy(_) => "correct the manifest or the template that the policy is made of",
            Written::Trust { step: TrustStep::Shared | TrustStep::Closed, .. } => {
                "this is a bug in rolecall, please report it"
            }
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

impl Explained for DescribeError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            Self::NoSuchIntegration { .. } => (
                ExitCode::Usage,
                Some("leave out --integration to describe all of them; nothing was written".to_owned()),
            ),
            Self::Ambiguous { .. } => (
                ExitCode::Usage,
                Some("give the ID of one of them with --integration; nothing was written".to_owned()),
            ),
            Self::SeveralRoles { .. } => (
                ExitCode::Usage,
                Some(
                    "a manifest has one role: choose it with --role or --from-role, or one integration with --integration; \
                     nothing was written"
                        .to_owned(),
                ),
            ),
            Self::NoIntegration { .. } => (
                ExitCode::Failed,
                Some("without --from-genesys, `rolecall init` writes a manifest for what is to be made; nothing was written".to_owned()),
            ),
        }
    }
}

impl Explained for PlanningError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            Self::Survey(error) => error.explain(),
            Self::Aws(error) => error.explain(),
            Self::Genesys(error) => error.explain(),
            Self::Plan(error) => error.explain(),
            Self::Fields(error) => error.explain(),
            Self::NoRole { manager: Some(manager), .. } => (ExitCode::Usage, Some(in_other_tool(*manager))),
            Self::NoRole { manager: None, .. } => (
                ExitCode::Usage,
                Some(
                    "run `rolecall apply`: it creates the role, then everything in Genesys Cloud".to_owned(),
                ),
            ),
            Self::GenesysElsewhere { manager } => (ExitCode::Usage, Some(genesys_in_other_tool(*manager))),
            Self::NothingInGenesys => (
                ExitCode::Usage,
                Some("add an [[action]] or [genesys.integration] to the manifest; if another tool makes what is in Genesys Cloud, name it in `managed_by` in [genesys]".to_owned()),
            ),
        }
    }
}

impl Explained for FieldsError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            // No policy that rolecall renders names a secret.
            Self::Store { error, .. } if error.kind == AwsErrorKind::AccessDenied => {
                let operation = error.operation;
                let hint = format!(
                    "allow the caller {operation} on it, and kms:Decrypt if it has a key of your own"
                );
                return (ExitCode::Failed, Some(hint));
            }
            Self::Store { error, .. } if error.kind == AwsErrorKind::NotFound => {
                "create it, or correct its name in [genesys.web_services.credential]"
            }
            Self::Store { error, .. } => return (ExitCode::Failed, hint_for(error, Again::Starts)),
            Self::NotAnObject { .. }
            | Self::NoFields { .. }
            | Self::NotText { .. }
            | Self::Empty { .. }
            | Self::Missing { .. } => {
                "the secret must be a JSON object whose values are texts: each is the field of the credential that has its name"
            }
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

impl Explained for BoundaryError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            Self::Aws(error) | Self::Survey(SurveyError::Aws(error)) => {
                (ExitCode::Failed, boundary_hint(error).or_else(|| hint_for(error, Again::Starts)))
            }
            Self::Survey(error) => error.explain(),
            Self::Plan(plan::aws::PlanError::PolicyNotOwned { .. }) => (
                ExitCode::Failed,
                Some("`rolecall boundary apply --adopt` takes it over: it shows what would change, and asks first".to_owned()),
            ),
            Self::Plan(error) => error.explain(),
            Self::Unstorable(refused) => refused.explain(),
            Self::Desired(error) => error.explain(),
            Self::InUse { arn, .. } => (
                ExitCode::Failed,
                Some(format!(
                    "destroy the role first (`rolecall destroy`), or take the policy from every principal that \
                     `aws iam list-entities-for-policy --policy-arn {arn}` names"
                )),
            ),
            Self::NotAsked => (
                ExitCode::Usage,
                Some("write `permissions_boundary = \"targets\"` into [role] of the manifest".to_owned()),
            ),
            Self::TooLong { .. } => (
                ExitCode::Usage,
                Some(
                    "a role has one boundary: write one of your own with wildcards, and name its ARN in \
                     `permissions_boundary`"
                        .to_owned(),
                ),
            ),
        }
    }
}

impl Explained for GuardrailError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::Partition(error) => return error.explain(),
            Self::Template(error) => return error.explain(),
            Self::Unreadable(_) => return (ExitCode::Failed, None),
            Self::NoProvisioner => {
                "name the role that runs `rolecall apply` (or Terraform, or CloudFormation): `--provisioner ARN`, once for each"
            }
            Self::NoRoleOrUser(_) => {
                "name a role or a user by its ARN; for a session name its role, with the role's path"
            }
            Self::Wildcard(_) => "name a role or a user without these characters in its path",
            Self::NobodyInAccount { .. } => {
                "add the role of that account which changes the role: `--provisioner ARN`"
            }
            Self::TooLong { kind: GuardrailKind::ResourceControl, .. } => {
                "the names of the role and of the probe principal are what makes it long"
            }
            Self::TooLong { kind: GuardrailKind::ServiceControl, .. } => {
                "write a policy of your own for `lambda:AddPermission`, with a wildcard for the functions"
            }
        };
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Explained for NotCases {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = "`rolecall simulate --help` shows what a case looks like";
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Explained for ProveError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match &self.error {
            ExtractError::TerraformSource => {
                "`terraform show -json` prints the state in the form that is read here"
            }
            ExtractError::NoRole { .. } => "`rolecall prove` takes a policy document by itself, too",
            ExtractError::Cases
            | ExtractError::Empty
            | ExtractError::FailedPlan
            | ExtractError::NoParameters { .. }
            | ExtractError::NoReferences { .. }
            | ExtractError::NoSuchParameter { .. }
            | ExtractError::NoSuchRole { .. }
            | ExtractError::NotJson { .. }
            | ExtractError::NotUtf8 { .. }
            | ExtractError::NotYaml(_)
            | ExtractError::Policy(_)
            | ExtractError::ResourcePolicy
            | ExtractError::TerraformVersion { .. }
            | ExtractError::TooLarge { .. }
            | ExtractError::TooManyResources { .. }
            | ExtractError::Unrecognised
            | ExtractError::Utf16 => return (ExitCode::Usage, None),
        };
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Explained for AddressError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::Region(_) => return (ExitCode::Usage, None),
            Self::NoRegion { .. } => {
                "give the [[target]] a `region`, or set --region, AWS_REGION or the profile's region"
            }
        };
        (ExitCode::Usage, Some(hint.to_owned()))
    }
}

impl Explained for ProbeError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            ProbeError::Aws(error) => (ExitCode::Failed, hint_for(error, Again::Starts)),
            ProbeError::Interrupted => (ExitCode::Failed, Some("`rolecall verify` asks again".to_owned())),
        }
    }
}

impl Explained for RetiresActions {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let keep = "an action that is to stay, perhaps because somebody renamed it, belongs into the manifest under its present name; for \
                    the others, ";
        let hint = "change the flows that use these actions first, or tell their owners; then use --replace to carry out the plan";
        (ExitCode::Failed, Some(if self.is_unlisted { format!("{keep}{hint}") } else { hint.to_owned() }))
    }
}

impl Explained for SavedPlanError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            SavedPlanError::NotAPlan { .. } => (ExitCode::Usage, None),
            SavedPlanError::Stale { .. } => {
                (ExitCode::Failed, Some("make and review a new plan: `rolecall plan --out FILE`".to_owned()))
            }
        }
    }
}

impl Explained for CredentialError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            CredentialError::Unset { .. } => Some(
                "set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION, or name a secret \
             of AWS Secrets Manager or a parameter of SSM in [genesys.credentials]; Genesys Cloud makes OAuth clients under Admin > \
             Integrations > OAuth, grant type client credentials",
            ),
            CredentialError::Wrong { .. }
            | CredentialError::Region { .. }
            | CredentialError::OtherRegion { .. }
            | CredentialError::NotAnObject { .. }
            | CredentialError::MissingKey { .. }
            | CredentialError::NoParameters { .. }
            | CredentialError::Store { .. } => None,
        };
        (ExitCode::Usage, hint.map(str::to_owned))
    }
}
