//! `rolecall handover`: writes what one team must tell the other, and compares what it was told. The side that wrote a file says which
//! side checks it: a file of AWS is checked with Genesys Cloud, and the other way round.

use std::path::Path;

use jiff::{SignedDuration, Timestamp, Unit};
use rolecall::connect::{Services, stated_role};
use rolecall::desired::genesys::{Kind, Sign, is_asked_for};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::iam::arn::{ExternalId, RoleArn};
use rolecall::manifest::Manifest;
use rolecall::observe::genesys::{Detail, Observed, Reach, Sought, observe};
use rolecall::operations::handover::{compare_in_aws, compare_in_genesys, of_aws, of_genesys};
use rolecall::operations::{Level, Verified, VerifyRequest};
use rolecall::ports::genesys::GenesysRead as _;
use rolecall::report::{FileContent, HandoverFileView, HandoverView};
use rolecall::verify::analysers::BilledChecks;
use rolecall::verify::claim::ClaimOutcome;
use rolecall_genesys::client::Client;
use rolecall_model::handover::{self, Handover, HandoverFault, Side};
use rolecall_model::patience::Interrupt;

use super::calls::list_all_calls;
use super::context::Context;
use super::genesys::Connection;
use super::input;
use super::options::{AwsOptions, CheckHandover, HandoverCommand, HandoverSide, Output, WriteHandover};
use super::overwrite::FileKind;
use super::printer::Printer;

pub(crate) async fn run(command: &HandoverCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        HandoverCommand::Write(options) => write_file(options, printer).await,
        HandoverCommand::Check(options) => check(options, printer).await,
    }
}

/// How far the clocks of two machines may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// After that long, what a file says may have changed.
const OLD: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The file that somebody handed over, and its text.
pub(crate) fn read(path: &Path, printer: &mut Printer) -> CommandResult<(Handover, String)> {
    let text = input::read(path, handover::LARGEST)?;
    let label = input::label(path);
    let file = Handover::parse(&text, &label).map_err(|fault| refused(&fault))?;
    let age = Timestamp::now().duration_since(file.made_at);
    if age < -SKEW {
        let message = format!("{label}: `made_at` is {}, which is in the future", file.made_at);
        let hint = "check the clocks of both sides, and have the file written again";
        return Err(UsageError::coded(ErrorCode::Document, message, Some(hint)).into());
    }
    if age > OLD {
        let days = age.as_hours() / 24;
        printer.warning(&format!("the file was written {days} days ago: have it written again"));
    }
    Ok((file, text))
}

/// A file that is not valid, with the place.
pub(crate) fn refused(fault: &HandoverFault) -> UsageError {
    let hint = "`rolecall handover write` writes such a file; have it written again";
    UsageError::coded(ErrorCode::Document, fault.to_string(), Some(hint))
}

/// A proof on paper of what AWS holds.
fn on_paper() -> VerifyRequest {
    VerifyRequest {
        level: Level::Paper,
        billed: BilledChecks::LeftOut,
        exhaustive: false,
        explain: false,
        interrupt: Interrupt::never(),
    }
}

/// The file, and what its writer is to know about it.
struct Written {
    file: Handover,
    /// The claims that were not decided: the file does not name them.
    undecided: Vec<&'static str>,
    warnings: Vec<String>,
}

async fn write_file(options: &WriteHandover, printer: &mut Printer) -> CommandResult<ExitCode> {
    let is_json = options.aws.common.output == Output::Json;
    let now = Timestamp::now().round(Unit::Second).context("cannot read the clock")?;
    let Written { file, undecided, warnings } = match options.from {
        HandoverSide::Aws => from_aws(options, now, printer).await?,
        HandoverSide::Genesys => from_genesys(options, now, printer).await?,
    };
    printer.warnings(&warnings);
    let text = file.render();
    if let Some(path) = &options.out {
        printer.files(FileKind::Handover, &[(path.clone(), text.clone())])?;
    }
    // Whatever lets somebody else in is no success, also where all that was asked for is a file.
    let exit = if file.refuted.is_empty() { ExitCode::Success } else { ExitCode::Refuted };
    printer.result(&match (is_json, &options.out) {
        (true, out) => {
            let content = match out {
                Some(path) => FileContent::WrittenTo(path.display().to_string()),
                None => FileContent::Text(text),
            };
            HandoverFileView::new(&file, content, (undecided, warnings), exit).to_json()
        }
        (false, Some(path)) => format!("wrote {}\n", path.display()),
        (false, None) => text,
    });
    Ok(exit)
}

async fn from_aws(options: &WriteHandover, now: Timestamp, printer: &mut Printer) -> CommandResult<Written> {
    let context = Context::open(&options.aws, Services::AwsAlone, printer).await?;
    let genesys = context.manifest.require_genesys()?;
    let Verified { survey, documents: _, verification, to_do: _ } =
        context.role.verify(&on_paper(), &()).await?;
    let file = of_aws(genesys, &context.manifest, &survey, &verification, now);
    let verify = printer.invocation().command("verify");
    let undecided = verification.claims.iter().filter(|it| it.outcome() == ClaimOutcome::Unknown);
    let undecided: Vec<&str> = undecided.map(|claim| claim.kind().id()).collect();
    let mut warnings = Vec::new();
    if survey.observed.role.is_none() {
        warnings.push("the role does not exist yet: the file says the ARN that it will have".to_owned());
    } else {
        if !file.refuted.is_empty() {
            let refuted = file.refuted.join(", ");
            warnings.push(format!(
                "refuted of the role, and the file says so: {refuted}; do not let anybody use the role; {verify} says why"
            ));
        }
        if !undecided.is_empty() {
            let undecided = undecided.join(", ");
            warnings.push(format!("not decided of the role: {undecided}; {verify} says why"));
        }
    }
    list_all_calls(&context, printer);
    Ok(Written { file, undecided, warnings })
}

async fn from_genesys(
    options: &WriteHandover,
    now: Timestamp,
    printer: &mut Printer,
) -> CommandResult<Written> {
    let connection = Connection::open(&options.aws, printer).await?;
    let Connection { manifest, client, .. } = &connection;
    let organization = client.organization().await?;
    let (_, site) = client.identity().await?;
    let stated = site.region.or(manifest.as_ref().and_then(Manifest::genesys).map(|genesys| genesys.region));
    let region = match (&options.genesys_region, stated) {
        (Some(text), _) => {
            text.parse().map_err(|error| UsageError::new(format!("--genesys-region: {error}"), None))?
        }
        (None, Some(region)) => region,
        (None, None) => {
            let hint = "give --genesys-region, the region in which the organization lives";
            return Err(UsageError::new("nobody says which region of Genesys Cloud it is", Some(hint)).into());
        }
    };
    let id: ExternalId =
        organization.id.parse().context("the organization's ID is not a valid external ID")?;
    let role = manifest.as_ref().filter(|manifest| is_asked_for(manifest)).and_then(stated_role);
    let mut warnings = Vec::new();
    if role.is_none() && manifest.as_ref().is_some_and(is_asked_for) {
        warnings.push("state `account` in [aws]: role and functions are not in the file".to_owned());
    }
    let integration = match &role {
        Some(role) => Some((role, integrations(client, role, Reach::Own, &options.aws).await?)),
        None => None,
    };
    connection.list_calls(printer);
    let integration = integration.as_ref().map(|(role, observed)| (*role, observed));
    Ok(Written { file: of_genesys((region, id), integration, now), undecided: Vec::new(), warnings })
}

/// The integrations for Lambda: those of that role, or all.
async fn integrations(
    client: &Client,
    role: &RoleArn,
    reach: Reach,
    options: &AwsOptions,
) -> CommandResult<Observed> {
    let sought = Sought {
        role: &role.to_string(),
        resource: None,
        id: None,
        name: role.name.as_str(),
        kinds: &[Kind::Lambda],
        credential_type: None,
        sign: &Sign::of(role, None),
        reach,
        actions: Detail::Full,
        deadline: options.longest_wait(),
    };
    observe(client, &sought).await.context("cannot read Genesys Cloud")
}

async fn check(options: &CheckHandover, printer: &mut Printer) -> CommandResult<ExitCode> {
    let (file, _) = read(&options.handover, printer)?;
    let compared = match (file.side, &file.role) {
        (Side::Genesys, _) => {
            let context = Context::open(&options.aws, Services::AwsAlone, printer).await?;
            let genesys = context.manifest.require_genesys()?;
            let Verified { survey, documents: _, verification, to_do: _ } =
                context.role.verify(&on_paper(), &()).await?;
            list_all_calls(&context, printer);
            compare_in_aws(&file, genesys, &survey, &verification)
        }
        (Side::Aws, role) => {
            let connection = Connection::open(&options.aws, printer).await?;
            let client = &connection.client;
            // What a manifest says may come from the same file; the address that answers does not.
            let (_, site) = client.identity().await?;
            let observed = match role {
                Some(role) => {
                    // All of them: the file must not choose what it is compared with.
                    Some(integrations(client, role, Reach::Every, &options.aws).await?)
                }
                None => None,
            };
            connection.list_calls(printer);
            let organization = client.organization().await?;
            let manifest = connection.manifest.as_ref();
            compare_in_genesys(&file, &organization, site.region, manifest, observed.as_ref())
        }
    };
    let view = HandoverView::new(&file, &compared);
    printer.result(&if options.aws.common.output.is_human() { view.to_text() } else { view.to_json() });
    Ok(view.exit_code)
}
