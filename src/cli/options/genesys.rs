//! `rolecall genesys`: what can be typed, and what each option means.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCandidates;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rolecall::iam::arn::RoleArn;

use super::super::candidates;
use super::{AwsOptions, CommonOptions};

#[derive(Debug, Subcommand)]
pub(crate) enum GenesysCommand {
    /// Show the organization, the OAuth client's permissions and the limits
    Whoami(WhoamiCommand),
    /// Make the credential and the integration, enable it, and wait until it is active
    Connect(ConnectCommand),
    /// List, test, check, export and import data actions; `rolecall apply` makes and changes them
    #[command(subcommand)]
    Action(ActionCommand),
    /// Report who changed credentials, integrations and actions, from the audit trail
    Audit(AuditCommand),
    /// Show how the manifest's actions ran: requests, errors and times in Genesys Cloud, beside those of their functions
    Metrics(MetricsCommand),
}

/// The OAuth client of every command that talks to Genesys Cloud.
const OAUTH_CLIENT: &str = "The OAuth client (grant type client credentials): GENESYSCLOUD_OAUTHCLIENT_ID, \
GENESYSCLOUD_OAUTHCLIENT_SECRET and, if no manifest names the region, GENESYSCLOUD_REGION (an AWS region, a domain, \
or the base path of the API); or the secret of AWS Secrets Manager or the parameter of SSM that [genesys.credentials] in the manifest names.";

#[derive(Args, Debug)]
#[command(after_help = OAUTH_CLIENT)]
pub(crate) struct WhoamiCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Also list all users, page by page, to test the rate limit
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) probe: Option<GenesysProbe>,
}

#[derive(Args, Debug)]
#[command(after_help = OAUTH_CLIENT)]
pub(crate) struct AuditCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// From this date or time, in UTC, such as 2026-11-01 or 2026-11-01T06:00:00Z, or so long ago, such as 24h, 90m or 7d
    #[arg(long, value_name = "TIME", value_parser = moment, default_value = "24h", alias = "from")]
    pub(crate) since: Moment,
    /// Until this date or time, or so long ago; default: now
    #[arg(long, value_name = "TIME", value_parser = moment, alias = "to")]
    pub(crate) until: Option<Moment>,
    /// Exit code 4 if somebody else changed the manifest's integrations, credential or actions (finding A1)
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    /// Another OAuth client that rolecall runs with, by ID: its changes count as rolecall's (repeatable)
    #[arg(long, value_name = "ID")]
    pub(crate) own_client: Vec<String>,
    /// Only this credential, integration or action, by ID
    #[arg(long, value_name = "ID")]
    pub(crate) entity: Option<String>,
    /// Only entities of this type, such as Action
    #[arg(long, value_name = "TYPE")]
    pub(crate) entity_type: Option<String>,
    /// Also what CloudTrail recorded of the manifest's role and its policies: changes and AssumeRole; needs
    /// cloudtrail:LookupEvents
    #[arg(long)]
    pub(crate) with_cloudtrail: bool,
}

#[derive(Args, Debug)]
#[command(after_help = OAUTH_CLIENT)]
pub(crate) struct MetricsCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// From this date or time, in UTC, such as 2026-11-01 or 2026-11-01T06:00:00Z, or so long ago, such as 24h, 90m or 7d
    #[arg(long, value_name = "TIME", value_parser = moment, default_value = "24h")]
    pub(crate) since: Moment,
    /// Until this date or time, or so long ago; default: now
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Moment>,
    /// Only this action of the manifest (repeatable)
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(candidates::actions))]
    pub(crate) action: Vec<String>,
    #[command(flatten)]
    pub(crate) limits: LimitOptions,
}

/// What the figures of actions may be.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct LimitOptions {
    /// The largest share of requests that may fail, such as 1%; more is exit code 3, and 4 if no request succeeded. Whether no
    /// requests meet it is not known: exit code 5
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    pub(crate) max_error_rate: Option<f64>,
    /// The longest time that 95 of 100 requests may take, such as 2s or 800ms; longer is exit code 3
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(crate) max_p95: Option<Duration>,
}

fn span(text: &str) -> Result<Duration, String> {
    let unit = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let number = text.strip_suffix(unit).and_then(|number| number.parse::<u64>().ok());
    let span = number.and_then(|number| number.checked_mul(milliseconds)).filter(|span| *span > 0);
    // Ten years: whoever means more has mistaken the unit.
    span.filter(|span| *span <= 3650 * 86_400_000).map(Duration::from_millis).ok_or_else(|| {
        "must be a whole number with its unit: ms, s, m, h or d, such as 24h, and at most ten years"
            .to_owned()
    })
}

fn share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').unwrap_or(text).trim().parse::<f64>().ok();
    let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or_else(|| "must be a percentage from 0% to 100%".to_owned())
}

/// What `genesys audit` fails on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Changes that rolecall's OAuth client did not make
    Foreign,
}

/// A point in time, as it was typed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// This one.
    At(Timestamp),
    /// So long before now.
    Ago(Span),
}

impl Moment {
    /// The time that it means now; `None` where that is before time begins.
    pub(crate) fn from(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::At(time) => Some(time),
            Self::Ago(span) => {
                now.to_zoned(TimeZone::UTC).checked_sub(span).ok().map(|then| then.timestamp())
            }
        }
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    let midnight = || {
        let date: jiff::civil::Date = text.parse().ok()?;
        date.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp())
    };
    let ago = || text.parse::<Span>().ok().filter(|span| span.is_positive()).map(Moment::Ago);
    text.parse().ok().or_else(midnight).map(Moment::At).or_else(ago).ok_or_else(|| {
        "must be a date (2026-11-01), a time with its zone (2026-11-01T06:00:00Z) or a duration (24h, 7d)"
            .to_owned()
    })
}

#[derive(Args, Debug)]
#[command(after_help = OAUTH_CLIENT)]
pub(crate) struct ConnectCommand {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Take over an integration of that name that rolecall did not make
    #[arg(long)]
    pub(crate) adopt: bool,
    /// Write the role's ARN, and the present values of what [genesys.web_services.credential] names, into the credentials again,
    /// under the same IDs: Genesys Cloud does not show whether they are right
    #[arg(long)]
    pub(crate) rewrite_credential: bool,
    /// The role's ARN, from whoever has AWS: AWS is then not asked, so whether the role exists, trusts the organization and may invoke
    /// the functions is not known
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<RoleArn>,
    /// Also make and change the actions of the manifest, whose functions must exist under the ARNs that it states
    #[arg(long, requires = "role_arn")]
    pub(crate) with_actions: bool,
    /// Replace or delete data actions: flows refer to a data action by its ID, and lose it
    #[arg(long, requires = "with_actions")]
    pub(crate) replace: bool,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// How the commands about actions reach Genesys Cloud, and know the role without asking AWS.
#[derive(Args, Debug)]
pub(crate) struct GenesysReach {
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// The role's ARN, from whoever has AWS; without it and without `account` in [aws], AWS is asked for the account
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<RoleArn>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ActionCommand {
    /// List the actions, those of the manifest first
    List {
        #[command(flatten)]
        reach: GenesysReach,
    },
    /// Run an action through Genesys Cloud, which invokes the function for real, and explain a failure
    Test(TestAction),
    /// Check an action offline: templates, translation map and contract against an input and a recorded answer; calls nobody
    Check(CheckAction),
    /// Print an action in the file format of Genesys Cloud's user interface
    Export {
        /// The action's name or ID
        #[arg(add = ArgValueCandidates::new(candidates::actions))]
        name: String,
        /// Write it to a file instead; a file that an earlier export wrote is replaced
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Also replace a file that rolecall did not write; never the manifest, nor a file that it names
        #[arg(long, requires = "out")]
        force: bool,
        /// Also headers that seem to hold secrets
        #[arg(long)]
        with_secrets: bool,
        #[command(flatten)]
        reach: GenesysReach,
    },
    /// Add an action that the user interface exported to the manifest, its schemas beside it
    Import(ImportAction),
}

#[derive(Args, Debug)]
pub(crate) struct TestAction {
    /// The action's name or ID
    #[arg(add = ArgValueCandidates::new(candidates::actions))]
    pub(crate) name: String,
    /// A JSON file with the action's input; default: `test_input` in the manifest
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// Do not ask for confirmation before running the action
    #[arg(long, short)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) reach: GenesysReach,
}

#[derive(Args, Debug)]
pub(crate) struct CheckAction {
    /// The action's name in the manifest
    #[arg(add = ArgValueCandidates::new(candidates::actions))]
    pub(crate) name: String,
    /// A JSON file with the action's input; default: `test_input` in the manifest
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// A JSON file with what the function answers, such as the result of the step Execute of a test
    #[arg(long, value_name = "FILE")]
    pub(crate) answer: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ImportAction {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) exported: PathBuf,
    /// The action's category, which the file does not contain
    #[arg(long, value_name = "NAME")]
    pub(crate) category: String,
    #[command(flatten)]
    pub(crate) common: CommonOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GenesysProbe {
    /// List all users, page by page
    Users,
}
