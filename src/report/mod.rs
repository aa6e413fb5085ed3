//! What a command found out, as one value, and its renderers. Pure: the same data becomes every format.
//!
//! [`Report::render`] makes the formats that other programs read; `human` is made of parts, for a command shows them
//! while it works. What is wrong is worked out once, as `issue`s, for the formats that list nothing else.

mod action_test;
mod advice;
mod analysis;
mod applied;
mod audit;
mod calls;
mod change;
mod diagnosis;
mod diff;
mod doctor;
mod drift;
mod finding;
mod fleet;
mod genesys;
mod genesys_fault;
mod github;
mod guardrail;
mod handover;
mod holder;
mod html;
mod human;
mod identity;
mod issue;
mod junit;
mod markdown;
mod metrics;
mod note;
mod notification;
mod outcome;
mod picture;
mod probe;
mod proof;
mod refusal;
mod role;
mod roll_call;
mod sarif;
pub mod saved;
mod simulation;
mod table;
mod text;
mod to_do;
mod unexamined;
pub mod usage;
mod vendor;
mod verdict;
mod verification;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use action_test::{ActionTestView, OperationView, TestOutcome};
pub use advice::Invocation;
pub use analysis::AnalysisView;
pub use applied::{AppliedView, FailedView, OutcomeView};
pub use audit::{AuditView, EntryView};
pub use calls::CallsView;
pub use change::{ChangeView, ForeignView, Verb};
pub use diagnosis::{CauseView, DiagnosisView};
pub use doctor::{CheckState, CheckView, DoctorView};
pub use drift::{DifferenceView, KeyView, genesys_in_other_tool};
pub use finding::FindingView;
pub use fleet::{AnyReport, End, FleetReport};
pub use genesys::{GenesysView, NoticeView, intended_name, reported_name};
pub use guardrail::GuardrailProofView;
pub use handover::{ComparedView, FileContent, HandoverFileView, HandoverView};
pub use holder::HolderProofsView;
pub use human::{AS_IT_IS, Evidence, count};
pub use identity::{AccessView, IdentityView, ManifestView};
pub use issue::Level;
pub use markdown::cell as text_cell;
pub use metrics::{ActionMetricsView, FunctionMetricsView, MetricsView, RequestsView};
pub use notification::Notification;
pub use probe::{EvidenceView, ProbeView};
pub use proof::{ProofView, RoleProofView};
pub use refusal::RefusalView;
pub use role::{FurtherIdView, PolicyState, PolicyView, RoleView};
pub use roll_call::{RollCallSummary, RollCallView};
pub use simulation::SimulationView;
pub use table::{CellView, RowView, SourceView};
pub use text::Text;
pub use to_do::DeedView;
pub use unexamined::{MeterView, UnexaminedService, UnexaminedView};
pub use vendor::VendorView;
pub use verdict::last_line;
pub use verification::{ClaimView, TwinView, VerificationView};

use crate::carry_out::Applied;
use crate::drift::Difference;
use crate::error_code::ErrorCode;
use crate::exit::ExitCode;
use crate::iam::arn::RoleArn;
use crate::manifest::{Manager, Outline};
use crate::observe::survey::Survey;
use crate::observe::usage::Usage;
use crate::plan::Plan;
use crate::ports::CallerIdentity;
use crate::ports::genesys::Organization;
use crate::verify::repair::Repair;

/// A format that another program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON document with everything.
    Json,
    /// SARIF 2.1.0: what is wrong, at the manifest's lines.
    Sarif,
    /// JUnit XML: what was checked, as test cases.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// Markdown, for the summary of a CI step.
    Markdown,
    /// One page that needs nothing else.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Markdown, Self::Html];

    /// What it is called on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}

/// The result of a command. Parts that the command does not have are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "rolecall report")]
pub struct Report {
    /// The command, such as `plan`.
    pub command: &'static str,
    /// What made the report.
    #[serde(flatten)]
    pub origin: Origin,
    /// The exit code of the process.
    #[serde(rename = "exit_code")]
    #[schemars(with = "u8")]
    pub exit: ExitCode,
    /// The manifest, where the command had several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<String>,
    /// The AWS account that the command talked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The ARN of the caller in that account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The role and who looked at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleView>,
    /// What is to be changed, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<ChangeView>>,
    /// Where AWS differs from the manifest, most severe first. Of `plan` and `apply`: what the tools in `managed_by` have to repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift: Option<Vec<DifferenceView>>,
    /// Of `plan`: what the changes repair, and what it leads to until they are made; most severe first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until_applied: Vec<DifferenceView>,
    /// The Genesys Cloud side, where the manifest asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesys: Option<GenesysView>,
    /// The side that the manifest asks for and that nobody looked at: nothing in the report is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexamined: Option<UnexaminedView>,
    /// The foreign policies on the role. They are drift; rolecall leaves them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<ForeignView>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<AppliedView>,
    /// What is proved and what was probed. Of `plan`, and of an `apply` that refused its plan: as it would be after `apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationView>,
    /// Of `plan`: why `apply` would refuse to carry it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalView>,
    /// What to do now, in this order; after it, `drift` finds nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub do_now: Vec<DeedView>,
    /// How the manifest's actions ran, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricsView>,
    /// The causes of the error that was passed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<DiagnosisView>,
    /// What to know in addition to the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// How many requests AWS was sent, retries included; left out where the command failed before it had a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_calls: Option<usize>,
    /// The same of Genesys Cloud.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesys_calls: Option<usize>,
    /// The requests by operation: how many, how many succeeded, how long they took. Times differ in every run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallsView>,
    /// Where the manifest's keys stand.
    #[serde(skip)]
    pub outline: Outline,
    /// What the report is about, where it is a role in a file that no account has.
    #[serde(skip)]
    pub subject: Option<String>,
    /// Whether the survey found that a function of the manifest is missing; before anything was proved.
    #[serde(skip)]
    pub misses_target: bool,
    /// What advised commands repeat of this run.
    #[serde(skip)]
    pub invocation: Invocation,
}

/// What made a report, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Origin {
    /// The version of this format. It changes when a field changes its meaning or goes away; new fields do not change it.
    pub format_version: u32,
    /// The version of rolecall.
    pub tool_version: &'static str,
    /// When the report was made (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl Default for Origin {
    fn default() -> Self {
        Self { format_version: FORMAT_VERSION, tool_version: env!("CARGO_PKG_VERSION"), time: None }
    }
}

impl Origin {
    /// rolecall, at that time.
    #[must_use]
    pub fn at(time: Timestamp) -> Self {
        let time = time.round(jiff::Unit::Second).unwrap_or(time);
        Self { time: Some(time.to_string()), ..Self::default() }
    }
}

/// The version of the JSON report.
const FORMAT_VERSION: u32 = 1;

/// What went wrong, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ErrorView {
    /// The code of its kind, such as `E17`; `rolecall explain` tells more.
    #[schemars(with = "String")]
    pub code: ErrorCode,
    /// What happened.
    pub message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Report {
    /// An empty report of a command.
    pub fn new(command: &'static str) -> Self {
        Self { command, ..Self::default() }
    }

    /// The report with what the survey found.
    pub fn with_survey(mut self, survey: &Survey) -> Self {
        self.role = Some(survey.into());
        self.misses_target = !survey.missing.is_empty();
        self.with_caller(&survey.observed.caller)
    }

    /// The report with who called AWS.
    pub fn with_caller(mut self, caller: &CallerIdentity) -> Self {
        let CallerIdentity { account, arn, .. } = caller;
        (self.account, self.caller) = (Some(account.to_string()), Some(arn.clone()));
        self
    }

    /// The report with a plan; what it leads to is said for the role of this ARN.
    pub fn with_plan(mut self, plan: &Plan, role: Option<&RoleArn>) -> Self {
        let view = |change| ChangeView::with_effect(change, role);
        self.changes = Some(plan.changes().iter().map(view).collect());
        self.foreign = plan.foreign().iter().map(ForeignView::from).collect();
        self
    }

    /// The report with what was read in Genesys Cloud, and what the plan says of it.
    pub fn with_genesys(
        mut self,
        organization: &Organization,
        managed_by: Option<Manager>,
        plan: &Plan,
        usage: &[Usage],
    ) -> Self {
        self.genesys = Some(GenesysView {
            organization_id: organization.id.clone().into(),
            organization_name: organization.name.clone().into(),
            managed_by,
            notices: plan
                .notices()
                .iter()
                .map(NoticeView::from)
                .chain(usage.iter().map(usage::notice))
                .collect(),
        });
        self
    }

    /// The report with what is true until the plan is applied: what it repairs, and what that leads to now.
    #[must_use]
    pub fn with_pending(mut self, differences: &[Difference]) -> Self {
        // The policies of others are told as such; a plan that leaves them there repairs nothing about them.
        let is_repaired = |difference: &&Difference| match difference.repair {
            Repair::Apply(flags) => !flags.remove_foreign,
            Repair::Elsewhere(_)
            | Repair::ElsewhereInGenesys(_)
            | Repair::NameIntegrationId
            | Repair::EditPath
            | Repair::EditOrganization
            | Repair::DeployFunction
            | Repair::LookAtIntegration
            | Repair::ListAction
            | Repair::FitQuota
            | Repair::RewriteCredential
            | Repair::RenameIntegration => false,
        };
        let view = |difference| DifferenceView::from(difference).at(&self.outline);
        self.until_applied = differences.iter().filter(is_repaired).map(view).collect();
        self
    }

    /// The report with the differences, each with its place in the manifest.
    pub fn with_drift(mut self, drift: &[Difference], outline: Outline) -> Self {
        let view = |difference| DifferenceView::from(difference).at(&outline);
        self.drift = Some(drift.iter().map(view).collect());
        self.outline = outline;
        self
    }

    /// The report with what was done.
    pub fn with_applied(mut self, applied: &Applied) -> Self {
        self.applied = Some(applied.into());
        self
    }

    /// Whether the role is for another vendor than Genesys.
    #[must_use]
    pub fn is_for_vendor(&self) -> bool {
        self.role.as_ref().is_some_and(|role| role.vendor.is_some())
    }

    /// Whether its changes are those that would repair its differences: of `plan` they are to be made, and its differences are for
    /// another tool.
    #[must_use]
    pub fn changes_are_repairs(&self) -> bool {
        self.command == "drift"
    }

    /// Which rolecall made the report, when, in which account, as whom.
    pub(super) fn origin_in_words(&self) -> String {
        let Origin { format_version: _, tool_version, time } = &self.origin;
        let account = self.account.iter().map(|account| format!("account {account}"));
        let caller = self.caller.iter().map(|caller| format!("caller {caller}"));
        let parts = std::iter::once(format!("rolecall {tool_version}"))
            .chain(time.clone())
            .chain(account)
            .chain(caller);
        parts.collect::<Vec<_>>().join(", ")
    }

    /// What is wrong, a sentence each, most severe first.
    pub fn complaints(&self) -> Vec<String> {
        let issues = self.issues().into_iter().map(|issue| issue.message);
        self.error_text().into_iter().chain(issues).collect()
    }

    /// The report as a document of that format.
    pub fn render(mut self, format: Format, exit: ExitCode) -> String {
        self.exit = exit;
        match format {
            Format::Json => self.to_json(exit),
            Format::Sarif => self.to_sarif(),
            Format::Junit => self.to_junit(),
            Format::Github => self.to_github(),
            Format::Markdown => self.to_markdown(),
            Format::Html => self.to_html(),
        }
    }

    /// The report as one JSON document.
    pub fn to_json(mut self, exit: ExitCode) -> String {
        self.exit = exit;
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(&self).unwrap_or_default() + "\n"
    }

    /// The JSON Schema of the document.
    pub fn json_schema() -> serde_json::Value {
        // As it is written: what may be left out is not required.
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
        settings.into_generator().into_root_schema_for::<Self>().into()
    }
}
