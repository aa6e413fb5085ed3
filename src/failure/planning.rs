//! Why nothing could be compared or planned: the exit code and the way out of each error.

use crate::exit::ExitCode;
use crate::manifest::Manager;
use crate::observe::quotas::QuotaError;
use crate::observe::survey::{MissingBoundary, Survey, SurveyError};
use crate::plan;

use super::Explained;
use super::calls::{Again, hint_for};

impl Explained for SurveyError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        match self {
            SurveyError::Aws(error) => (ExitCode::Failed, hint_for(error, Again::Starts)),
            SurveyError::WrongAccount(_) => (
                ExitCode::Failed,
                Some(
                    "use the credentials of the manifest's account (--profile, `profile` or \
                     `assume_role` in [aws]), or correct `account`"
                        .to_owned(),
                ),
            ),
            // What is not there cannot be invoked.
            SurveyError::TargetsMissing(_) => (ExitCode::Refuted, Some(MISSING_TARGET.to_owned())),
            SurveyError::Desired(_) => (ExitCode::Usage, None),
            SurveyError::NoBoundary { missing, .. } => {
                (ExitCode::Usage, Some(hint_for_boundary(*missing).to_owned()))
            }
            SurveyError::NameTaken { taker, .. } => (
                ExitCode::Failed,
                Some(format!(
                    "choose another `name` in [role], from which the names of its policies are made; or, if nobody needs it, \
                     delete the policy: `aws iam delete-policy --policy-arn {taker}`"
                )),
            ),
        }
    }
}

impl Explained for QuotaError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            Self::TrustTooLarge { .. } => {
                "shorten the trust template, name fewer [[genesys.organization]]s that end at different times, or have the quota \
                 raised (Service Quotas, L-C07B4B0D)"
            }
            Self::PolicyTooLarge { is_for_grants: true, .. } => {
                "name fewer resources in [[grant]], use shorter prefixes, or split the grants over several roles, with one manifest \
                 for each role: IAM limits a managed policy to 6,144 characters"
            }
            Self::PolicyTooLarge { is_for_grants: false, .. } => {
                "shorten the invoke template: IAM limits a managed policy to 6,144 characters, and the template \
                 leaves no room for a target"
            }
            Self::TooManyPolicies { foreign: 0, .. } => {
                "have the quota raised (Service Quotas, L-0DA4ABF3: up to 25), or split the targets and grants over several roles, \
                 with one manifest for each role"
            }
            Self::TooManyPolicies { .. } => {
                "have the quota raised (Service Quotas, L-0DA4ABF3: up to 25), remove the foreign policies \
                 (--remove-foreign), or split the targets and grants over several roles, with one manifest for each role"
            }
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

impl Explained for plan::aws::PlanError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            plan::aws::PlanError::RoleNotOwned { .. } | plan::aws::PlanError::PolicyNotOwned { .. } => {
                "choose another role name, or use --adopt to take the role over (`rolecall plan --adopt` shows what \
                 would change); if another tool such as Terraform keeps managing the role, name it in `managed_by` in [role]"
            }
            plan::aws::PlanError::RoleNotMade { manager, .. } => {
                let words = format!("{}; then repeat the command", in_other_tool(*manager));
                // Nobody can assume a role that is not there.
                return (ExitCode::Refuted, Some(words));
            }
            // Genesys Cloud assumes the ARN of the manifest, which no role has.
            plan::aws::PlanError::PathDiffers { .. } => {
                return (ExitCode::Refuted, Some(OTHER_PATH.to_owned()));
            }
            plan::aws::PlanError::Quota(error) => return error.explain(),
            plan::aws::PlanError::PolicyShared { .. } => {
                "detach it from the other principals first (`aws iam list-entities-for-policy` names them)"
            }
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

impl Explained for plan::genesys::PlanError {
    fn explain(&self) -> (ExitCode, Option<String>) {
        let hint = match self {
            plan::genesys::PlanError::OtherOrganization { .. } => {
                let hint = "set `organization_id` in [genesys] to the correct organization, or use an OAuth client of the \
                            organization in the manifest; `rolecall genesys whoami` shows the client's organization";
                return (ExitCode::Refuted, Some(hint.to_owned()));
            }
            plan::genesys::PlanError::NotOwned { .. } => {
                "choose another `name` in [genesys.integration], or use --adopt to take the integration over: the \
                 command shows what would change, and asks first"
            }
            plan::genesys::PlanError::TooManyActions { .. } => {
                "spread the actions over several manifests with an integration each, or ask Genesys for a higher limit \
                 (`actions.integration.max`)"
            }
            plan::genesys::PlanError::CredentialNotAccepted { .. } => {
                let hint = "choose one of these types; the fields of a credential are the texts of the secret's JSON object";
                return (ExitCode::Usage, Some(hint.to_owned()));
            }
            plan::genesys::PlanError::Ambiguous { .. } => {
                "rename or delete all but one of these integrations in Genesys Cloud (Admin > Integrations), or \
                 choose another `name` in [genesys.integration]"
            }
        };
        (ExitCode::Failed, Some(hint.to_owned()))
    }
}

/// What to do about a function that does not exist.
pub(super) const MISSING_TARGET: &str =
    "correct the [[target]] in the manifest, or deploy the function first";

fn hint_for_boundary(missing: MissingBoundary) -> &'static str {
    match missing {
        MissingBoundary::Own => {
            "an administrator makes it of the manifest's targets and grants: `rolecall boundary apply`"
        }
        MissingBoundary::Other => "correct `permissions_boundary` in [role], or create the policy first",
    }
}

/// What to do about a role under another path.
const OTHER_PATH: &str = "set `path` in [role] to what the role has, or delete the role first";

/// What to do about a role or a function that does not exist under its ARN; `None` where both are there.
#[must_use]
pub fn hint_for_absent(survey: &Survey) -> Option<String> {
    let target = (!survey.missing.is_empty()).then(|| MISSING_TARGET.to_owned());
    let role = match (&survey.observed.role, survey.desired.managed_by) {
        (Some(_), Some(manager)) if survey.elsewhere().is_some() => Some(in_other_tool(manager)),
        (Some(_), None) if survey.elsewhere().is_some() => Some(OTHER_PATH.to_owned()),
        (Some(_), _) => None,
        (None, _) if !survey.is_role_absent() => None,
        (None, Some(manager)) => Some(in_other_tool(manager)),
        (None, None) => Some("`rolecall plan` shows what is missing, `rolecall apply` creates it".to_owned()),
    };
    // `plan` and `apply` stop at a boundary that does not exist.
    let boundary = survey.missing_boundary.filter(|_| survey.desired.managed_by.is_none());
    let boundary = boundary
        .map(|missing| format!("the permissions boundary does not exist: {}", hint_for_boundary(missing)));
    let hints: Vec<String> =
        target.into_iter().chain(boundary.filter(|_| survey.observed.role.is_none())).chain(role).collect();
    (!hints.is_empty()).then(|| hints.join("; then "))
}

/// Whose job a change of the role is, if another tool makes the role.
pub(super) fn in_other_tool(manager: Manager) -> String {
    format!("{} manages this role: correct its configuration there, and {}", manager.name(), manager.run())
}
