//! The command line: what can be typed, and what each option means.

mod genesys;
mod handover;
mod offline;
mod report;
mod roll_call;
mod sandbox;
mod side;
mod target;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use clap_complete::engine::ArgValueCandidates;
use rolecall::iam::arn::{InvalidName, Region};
use rolecall::iam::lint::{self, FindingId, NoSuchFinding};
use rolecall::manifest::Manifest;
use rolecall::report::Format;
use rolecall::verify::claim::ClaimKind;
use rolecall_model::aws_region;

use super::candidates;
use super::nearest::nearest_manifest;

pub(crate) use self::genesys::{
    ActionCommand, AuditCommand, CheckAction, ConnectCommand, FailOn, GenesysCommand, GenesysProbe,
    GenesysReach, ImportAction, LimitOptions, MetricsCommand, Moment, TestAction, WhoamiCommand,
};

pub(crate) use self::handover::{CheckHandover, HandoverCommand, HandoverSide, WriteHandover};
pub(crate) use self::offline::{
    ChosenBy, ExplainOptions, GuardrailPart, InitOptions, ProveOptions, RenderOptions, Rendered,
    RenderedDocument, RenderedFormat, SimulateOptions, VendorOptions,
};
use self::report::WRITTEN;
pub(crate) use self::report::{ReportFile, ReportOptions};
pub(crate) use self::roll_call::RollCallOptions;

pub(crate) use self::sandbox::SandboxCommand;
pub(crate) use self::side::SideOptions;
pub(crate) use self::target::{AddTarget, TargetCommand};

/// Provision, prove and watch the AWS IAM role that Genesys Cloud assumes to invoke AWS Lambda functions.
#[derive(Debug, Parser)]
#[command(name = "rolecall", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to print colours; `auto` is: at a terminal, unless NO_COLOR or CI is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: clap::ColorChoice,
    /// Do not say what is going on; warnings and errors are still printed
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, in sync, proved; 1 failed; 2 usage or manifest error; 3 changes pending;
4 refuted (a caller can, or after the plan could, do what the manifest does not allow; or Genesys
Cloud cannot do what it must); 5 inconclusive. When several apply: 1, then 4, then 5, then 3.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a rolecall.toml; asks at a terminal
    Init(InitOptions),
    /// Show what apply would change, and prove what the role would then allow
    Plan(PlanCommand),
    /// Apply the manifest, then verify
    Apply(ApplyCommand),
    /// Prove the trust and the permissions as they are in AWS, then probe them live
    Verify(VerifyCommand),
    /// Compare AWS with the manifest, for scheduled checks and CI
    Drift(DriftCommand),
    /// Remove what rolecall made, and nothing else
    Destroy(DestroyCommand),
    /// Add, remove or list the Lambda functions that may be invoked
    #[command(subcommand)]
    Target(TargetCommand),
    /// Create, change or remove the permissions boundary that allows the targets alone; for an administrator
    #[command(subcommand)]
    Boundary(BoundaryCommand),
    /// Check the account, permissions, region, clock, proxy, certificates and Genesys Cloud before the first real call
    Doctor(DoctorCommand),
    /// Print the exact policy documents, without contacting AWS
    Render(RenderOptions),
    /// Prove a role in a file: a policy, a Terraform plan, a CloudFormation template, output of the AWS CLI
    Prove(ProveOptions),
    /// Run policy unit tests: requests, the policies that apply to them, and the answers that are expected
    #[command(after_long_help = offline::CASES)]
    Simulate(SimulateOptions),
    /// Call the roll of an AWS account: who outside it can assume which role, and how far that leads
    Audit(RollCallOptions),
    /// Say what a code means (a finding such as T8, a difference such as D2, an error such as E17), why it matters, and how to fix it
    Explain(ExplainOptions),
    /// The Genesys Cloud side
    #[command(subcommand)]
    Genesys(GenesysCommand),
    /// Write and check the file that a team with AWS and a team with Genesys Cloud hand over to each other
    #[command(subcommand)]
    Handover(HandoverCommand),
    /// Serve, damage or reset the embedded AWS
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Print a completion script for a shell, to load when it starts: `source <(rolecall completions bash)`
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, or write one page for each command to a folder
    Man {
        /// Write rolecall.1, rolecall-plan.1 and so on to this folder
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        /// Also replace files that rolecall did not write
        #[arg(long, requires = "dir")]
        force: bool,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Text for people
    #[default]
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// Markdown, for step summaries
    Markdown,
    /// One HTML page
    Html,
    /// Comma-separated values, of `audit` and `genesys audit`
    Csv,
}

impl Output {
    /// The format, where the result is not text for people.
    pub(crate) fn format(self) -> Option<Format> {
        match self {
            Self::Human | Self::Csv => None,
            Self::Json => Some(Format::Json),
            Self::Sarif => Some(Format::Sarif),
            Self::Junit => Some(Format::Junit),
            Self::Github => Some(Format::Github),
            Self::Markdown => Some(Format::Markdown),
            Self::Html => Some(Format::Html),
        }
    }

    /// Whether the result is text for people.
    pub(crate) fn is_human(self) -> bool {
        self == Self::Human
    }
}

/// What every command takes.
#[derive(Args, Clone, Debug)]
pub(crate) struct CommonOptions {
    /// The manifest; `-` is standard input. plan, apply, verify and drift take several (repeatable; `*`, `?`, `[…]` and `**` name
    /// many). Without it: rolecall.toml in this folder, or in the nearest one above
    #[arg(long = "file", short, value_name = "PATH", env = "ROLECALL_FILE", hide_env_values = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How the result is printed on standard output; `--json` is short for `--output json`
    #[arg(
        long,
        short,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        env = "ROLECALL_OUTPUT",
        hide_env_values = true
    )]
    pub(crate) output: Output,
    /// A folder with your own trust.json or invoke.json, instead of the shipped templates
    #[arg(long, value_name = "DIR", env = "ROLECALL_POLICIES", hide_env_values = true)]
    pub(crate) policies: Option<PathBuf>,
    /// Say more on standard error: which calls are made and what they answer
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl CommonOptions {
    /// The manifest.
    pub(crate) fn file(&self) -> &Path {
        self.files.first().map_or_else(|| nearest_manifest(), PathBuf::as_path)
    }

    /// Whether somebody named the manifest, or there is one where it is looked for.
    pub(crate) fn is_manifest_meant(&self) -> bool {
        !self.files.is_empty() || nearest_manifest().exists()
    }
}

/// How AWS is reached.
#[derive(Args, Clone, Debug)]
pub(crate) struct AwsOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    /// Use the embedded AWS: no account, no network; its state stays in .rolecall/sandbox.json beside the manifest
    #[arg(long, env = "ROLECALL_SANDBOX", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub(crate) sandbox: bool,
    /// The profile of the AWS configuration files
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "sandbox",
        env = "ROLECALL_PROFILE",
        hide_env_values = true,
        add = ArgValueCandidates::new(candidates::profiles)
    )]
    pub(crate) profile: Option<String>,
    /// The AWS region of targets without a region
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub(crate) region: Option<Region>,
    /// How long the whole command may take; time at a question does not count. A wait for throttling to pass or changes to
    /// spread takes at most half of it. Without it: 10 minutes (or 1 minute for each manifest, if that is more), each wait
    /// at most 2 minutes
    #[arg(long, value_name = "SECONDS", value_parser = seconds, env = "ROLECALL_DEADLINE", hide_env_values = true)]
    pub(crate) deadline: Option<Duration>,
}

impl AwsOptions {
    /// The longest wait for one thing: the command must be able to go on after it.
    pub(crate) fn longest_wait(&self) -> Duration {
        self.deadline.map_or(LONGEST_WAIT, |deadline| LONGEST_WAIT.min(deadline / 2))
    }

    /// How long a command on so many manifests may take.
    pub(crate) fn limit(&self, manifests: usize) -> Duration {
        let each = FOR_EACH_MANIFEST * u32::try_from(manifests).unwrap_or(u32::MAX);
        self.deadline.unwrap_or(each.max(FOR_A_COMMAND))
    }
}

/// The longest wait for one thing where no deadline is stated.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// How long a command may take where no deadline is stated. `apply` may wait a few times for IAM, and then proves.
const FOR_A_COMMAND: Duration = Duration::from_secs(600);
/// The same for each of many manifests.
const FOR_EACH_MANIFEST: Duration = Duration::from_secs(60);

fn region(text: &str) -> Result<Region, String> {
    let region: Region = text.parse().map_err(|error: InvalidName| error.to_string())?;
    aws_region::check(&region).map_err(|error| error.to_string())?;
    Ok(region)
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        Ok(_) | Err(_) => Err("must be a whole number of seconds from 1 to 86400".to_owned()),
    }
}

/// What may be done beyond the ordinary.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct ReachOptions {
    /// Take over a role, policy or integration that rolecall did not make
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Also remove foreign policies from the role: policies that rolecall does not manage
    #[arg(long)]
    pub(crate) remove_foreign: bool,
    /// Replace or delete data actions of Genesys Cloud: flows refer to a data action by its ID, and lose it. One that was renamed needs no
    /// replacement: apply gives it its name back, or the manifest names it as it is now
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) on: SideOptions,
    #[command(flatten)]
    pub(crate) reach: ReachOptions,
    #[command(flatten)]
    pub(crate) to: ReportOptions,
    /// Also write the plan to a file, for `rolecall apply FILE`; an earlier plan is replaced
    #[arg(long, value_name = "FILE", group = WRITTEN)]
    pub(crate) out: Option<PathBuf>,
    /// Also write the claims to this folder as SMT-LIB scripts, which z3 and cvc5 check
    #[arg(long, value_name = "DIR", group = WRITTEN)]
    pub(crate) smtlib: Option<PathBuf>,
    /// Exit with code 3 if changes are pending
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) fail: FailOptions,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Level {
    /// Prove the documents; only read from IAM, Lambda and STS
    Paper,
    /// Also try sts:AssumeRole with your own credentials; verify also asks AWS's analysers, the functions and the
    /// organization
    #[default]
    Live,
    /// Also create a throw-away copy of the role that trusts you instead of Genesys Cloud, probe it, and delete it
    Twin,
    /// As live, and run the data actions that have a test input through Genesys Cloud, which invokes the functions for real
    Genesys,
}

#[derive(Args, Debug)]
pub(crate) struct ApplyCommand {
    /// A plan that `rolecall plan --out` wrote: applied without asking, if a new plan would be exactly the same
    #[arg(value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) on: SideOptions,
    #[command(flatten)]
    pub(crate) reach: ReachOptions,
    #[command(flatten)]
    pub(crate) to: ReportOptions,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// How far the verification goes
    #[arg(long, value_enum, default_value_t)]
    pub(crate) level: Level,
    #[command(flatten)]
    pub(crate) allow: AllowOptions,
    #[command(flatten)]
    pub(crate) fail: FailOptions,
}

/// What fails although every claim is proved.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct FailOptions {
    /// How severe a finding must be to fail (exit code 4) although every claim is proved: `warning` for warnings, too
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on())]
    pub(crate) fail_on: Option<lint::FailOn>,
}

impl FailOptions {
    /// The option counts for more than the manifest.
    pub(crate) fn over(self, manifest: &mut Manifest) {
        manifest.verify.fail_on = self.fail_on.unwrap_or(manifest.verify.fail_on);
    }
}

fn fail_on() -> impl TypedValueParser<Value = lint::FailOn> {
    let names = PossibleValuesParser::new(lint::FailOn::ALL.map(lint::FailOn::as_str));
    names.try_map(|name| name.parse::<lint::FailOn>())
}

/// What `apply` leaves unproved only where it is named.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AllowOptions {
    /// Apply although this claim would then be refuted or unknown (repeatable)
    #[arg(long, value_name = "NAME", value_parser = claim())]
    pub(crate) allow_claim: Vec<ClaimKind>,
    /// Apply although the result would have this finding; a claim that fails for this reason alone is allowed too
    /// (repeatable; `rolecall explain` lists the IDs, docs/codes.md shows each)
    #[arg(long, value_name = "ID", value_parser = finding, add = ArgValueCandidates::new(candidates::findings))]
    pub(crate) allow_findings: Vec<FindingId>,
}

/// A finding by its ID, or where the IDs are.
fn finding(text: &str) -> Result<FindingId, String> {
    text.parse().map_err(|error: NoSuchFinding| {
        format!("{error}; `rolecall explain` lists them, and docs/codes.md shows what each means")
    })
}

/// The claims that a plan is held to.
const CLAIMS: [ClaimKind; 5] = [
    ClaimKind::OnlyTrusted,
    ClaimKind::ExternalId,
    ClaimKind::MayAssume,
    ClaimKind::OnlyTargets,
    ClaimKind::EveryTarget,
];

fn claim() -> impl TypedValueParser<Value = ClaimKind> {
    let names = PossibleValuesParser::new(CLAIMS.map(ClaimKind::id));
    names.try_map(|name| CLAIMS.into_iter().find(|kind| kind.id() == name).ok_or("no such claim"))
}

#[derive(Args, Debug)]
pub(crate) struct VerifyCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) to: ReportOptions,
    /// How far the verification goes
    #[arg(long, value_enum, default_value_t)]
    pub(crate) level: Level,
    /// Show the reasons in full, in the words of `simulate --explain`: why the request that breaks a claim is
    /// allowed, and why the documents answer a probe as they do
    #[arg(long)]
    pub(crate) explain: bool,
    /// Do not ask for confirmation before running the data actions
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Verify nothing; remove every twin of the role, such as one that a crash left behind
    #[arg(long, conflicts_with_all = ["level", "explain"])]
    pub(crate) sweep: bool,
    /// Also make Access Analyzer's custom policy checks, which AWS bills by the call: one for the trust policy, and one for
    /// each document
    #[arg(long, conflicts_with = "sweep")]
    pub(crate) billed_checks: bool,
    /// Read the policy of every version of each target; otherwise of every alias, of `$LATEST`, of the versions behind the aliases
    /// and of the ten newest
    #[arg(long, conflicts_with = "sweep")]
    pub(crate) exhaustive: bool,
    /// Verify nothing; find the most likely cause of this error of AWS or Genesys Cloud in the role, its policies and the
    /// functions (`-` reads it from standard input)
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["level", "explain", "sweep", "billed_checks", "reports"])]
    pub(crate) explain_error: Option<String>,
    /// Also write the claims to this folder as SMT-LIB scripts, which z3 and cvc5 check
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sweep", "explain_error"], group = WRITTEN)]
    pub(crate) smtlib: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) fail: FailOptions,
}

#[derive(Args, Debug)]
pub(crate) struct DriftCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) on: SideOptions,
    #[command(flatten)]
    pub(crate) to: ReportOptions,
    /// Also how the actions ran in the last 24 hours, as `genesys metrics` shows it
    #[arg(long)]
    pub(crate) with_metrics: bool,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
    #[command(flatten)]
    pub(crate) fail: FailOptions,
}

#[derive(Args, Debug)]
pub(crate) struct DestroyCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    #[command(flatten)]
    pub(crate) reach: ReachOptions,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DoctorCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BoundaryCommand {
    /// Make the boundary allow the manifest's targets and nothing else
    Apply {
        #[command(flatten)]
        options: BoundaryOptions,
        /// Take over the boundary although it has lost rolecall's owner tag
        #[arg(long)]
        adopt: bool,
    },
    /// Remove the boundary, once no role has it
    Destroy(BoundaryOptions),
}

#[derive(Args, Debug)]
pub(crate) struct BoundaryOptions {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}
