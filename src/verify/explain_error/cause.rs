//! The causes of an error, as values. `report` has the words for the remedies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::known::KnownMessage;
use super::text::Reported;
use crate::verify::genesys_fault::{GenesysEffect, GenesysPart};
use crate::verify::repair::Repair;

/// Why a call failed that Genesys Cloud made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// There is no such role.
    RoleMissing,
    /// The call used a role other than the manifest's.
    OtherRole,
    /// The caller is not of the account that the role trusts.
    WrongPrincipal,
    /// The external ID that is sent and the one that is asked for differ.
    WrongExternalId,
    /// The trust policy does not allow the caller, for a different reason.
    TrustPolicy,
    /// No policy on the role allows the call.
    MissingPermission,
    /// The function is a target, but not in the form that is called.
    WrongQualifier,
    /// The function is not a target in the manifest.
    NotATarget,
    /// There is no such function.
    FunctionMissing,
    /// The function has no such alias or version.
    QualifierMissing,
    /// The permissions boundary does not allow the call.
    Boundary,
    /// A statement denies the call.
    ExplicitDeny,
    /// A policy of the organization denies the call.
    OrganizationPolicy,
    /// The function belongs to another account, whose policy must allow the call too.
    FunctionPolicy,
    /// AWS has not put a change in force yet, or the error is older than the last one.
    Stale,
    /// Genesys Cloud is not configured as in the manifest.
    GenesysDiffers,
    /// The function's own code made the call that failed.
    FunctionItself,
    /// The caller's own session policy does not allow the call.
    SessionPolicy,
    /// The text is in the catalogue of messages.
    KnownMessage,
    /// Nothing that is known explains it.
    Unexplained,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The documents in AWS, or AWS's own words, show it.
    Certain,
    /// Nothing shows it, and it explains the error best.
    Likely,
    /// It cannot be ruled out.
    Possible,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CauseDetail {
    /// In AWS, in one sentence.
    InAws(String),
    /// As the catalogue of messages has it.
    Known(&'static KnownMessage),
    /// In Genesys Cloud.
    InGenesys {
        /// What it is about.
        part: GenesysPart,
        /// Its name.
        name: String,
        /// What follows from it.
        effects: Vec<GenesysEffect>,
    },
}

/// What to do about a cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// See what differs from the manifest, and apply it.
    PlanAndApply,
    /// Apply the manifest, which makes the role.
    MakeRole,
    /// See why documents cannot be read.
    ReadDocuments {
        /// What cannot be read.
        reasons: Vec<String>,
    },
    /// Deploy the function, or correct target and action.
    DeployFunction,
    /// Run the test again.
    RunAgain,
    /// Wait, and run the test again.
    WaitAndRunAgain,
    /// Compare the ARN in the data action with the targets.
    CompareArn,
    /// Pass the innermost message of the error.
    PassInnermostMessage,
    /// Try the parts of the action that Genesys Cloud carries out itself.
    CheckAction {
        /// The action in the manifest.
        action: String,
        /// The step that failed, in Genesys Cloud's words.
        step: String,
    },
    /// Pass the whole text.
    PassWholeText,
    /// Have the organization's administrators make an exception.
    AskAdministrators,
    /// Put the manifest's role into the integration's credentials.
    UseManifestRole,
    /// Compare the external ID with the organization of the data action.
    CompareOrganization,
    /// Correct the region or the trusted account in the manifest.
    CorrectRegion,
    /// Remove the statement that denies, or make an exception.
    RemoveStatement,
    /// Let the permissions boundary allow the target.
    WidenBoundary,
    /// Call the form in the manifest, or name the other form there.
    CallListedForm,
    /// Add the function to the targets, or correct the action.
    AddTarget,
    /// Have the function's owner let the role in.
    AddFunctionPermission,
    /// Repair the difference.
    Repair(Repair),
    /// Pass the text on to Genesys support.
    AskGenesys,
    /// Mend the function's code or its execution role.
    MendFunction,
    /// What the catalogue of messages says.
    Known(&'static KnownMessage),
}

/// A cause of the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What kind of cause it is.
    pub kind: CauseKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// What is wrong.
    pub detail: CauseDetail,
    /// What shows it, in the words of AWS or of the evaluator.
    pub evidence: Vec<String>,
    /// What to do.
    pub remedy: Remedy,
}

/// What became of an error text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What the text says.
    pub reported: Reported,
    /// The causes, most certain first.
    pub causes: Vec<Cause>,
}

impl Diagnosis {
    /// Adds causes, and keeps the surest first.
    /// A test tells which step failed; nobody has to pass its message again.
    pub fn name_step(&mut self, action: &str, step: &str) {
        for cause in self.causes.iter_mut().filter(|cause| cause.remedy == Remedy::PassInnermostMessage) {
            cause.remedy = Remedy::CheckAction { action: action.to_owned(), step: step.to_owned() };
        }
    }

    /// More causes, the surest first.
    pub fn add(&mut self, causes: impl IntoIterator<Item = Cause>) {
        self.causes.extend(causes);
        self.causes.sort_by_key(|cause| cause.certainty);
    }
}
