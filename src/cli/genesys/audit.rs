//! `rolecall genesys audit`: who changed which credential, integration and action.

use jiff::{SignedDuration, Timestamp, TimestampRound, Unit};
use rolecall::exit::ExitCode;
use rolecall::iam::arn::Region;
use rolecall::observe::survey::{SurveyError, check_account};
use rolecall::ports::Read;
use rolecall::ports::trail::{ReadTrail, TrailEvent};
use rolecall::report::{AuditView, CallsView, EntryView};
use rolecall_genesys::audit::{AuditQuery, audit};

use super::Connection;
use crate::cli::options::{AuditCommand, Output};
use crate::cli::printer::Printer;
use rolecall::failure::{CommandResult, Context as _, UsageError};

/// Where CloudTrail records the calls to IAM, in the partition `aws`.
const IAM_REGION: &str = "us-east-1";

/// How long Genesys Cloud keeps the audit trail, by experience of users of the API.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(crate) async fn run(options: &AuditCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let AuditCommand { aws: reach, hours, from, to, entity, entity_type, with_cloudtrail } = options;
    // The API takes whole seconds.
    let now = Timestamp::now()
        .round(TimestampRound::new().smallest(Unit::Second))
        .context("cannot read the clock")?;
    let to = to.unwrap_or(now);
    let from = match from {
        Some(from) => *from,
        None => {
            now.checked_sub(SignedDuration::from_hours((*hours).into())).context("that is too long ago")?
        }
    };
    if from >= to {
        return Err(UsageError::new(format!("--from {from} is not before {to}"), None).into());
    }
    if from.duration_until(now) > KEPT {
        printer.warning("Genesys Cloud keeps its audit trail for about a year: older entries may be missing");
    }
    let connection = Connection::open(reach, printer).await?;
    let Connection { client, .. } = &connection;
    let query = AuditQuery { from, to, entity: entity.clone(), entity_type: entity_type.clone() };
    let entries = audit(client, &query, reach.longest_wait()).await?;
    let (own, _) = client.identity().await?;
    let mut entries: Vec<_> = entries.into_iter().map(|entry| EntryView::new(entry, &own)).collect();
    if *with_cloudtrail {
        entries.extend(trail(&connection, from, to).await?.into_iter().map(EntryView::of_trail));
        entries.sort_by(|one, other| other.at.cmp(&one.at));
    }
    let mut calls = client.calls().so_far();
    calls.extend(connection.aws_calls());
    let view = AuditView {
        from: from.to_string(),
        to: to.to_string(),
        entries,
        oauth_client: own.into(),
        calls: CallsView::summarize(&calls),
    };
    printer.result(&match reach.common.output {
        Output::Json => view.to_json(),
        Output::Markdown => view.to_markdown(),
        Output::Csv => view.to_csv().context("cannot write the CSV")?,
        Output::Human | Output::Sarif | Output::Junit | Output::Github | Output::Html => view.to_text(),
    });
    connection.list_calls(printer);
    Ok(ExitCode::Success)
}

/// What CloudTrail recorded of the role and of the policies that are attached to it now. IAM is recorded in one region of
/// the partition, AssumeRole in the region of the endpoint that was called, which is the caller's choice: the likely ones
/// are asked.
async fn trail(connection: &Connection, from: Timestamp, to: Timestamp) -> CommandResult<Vec<TrailEvent>> {
    let Connection { manifest, .. } = connection;
    let Some(manifest) = manifest else {
        return Err(UsageError::new(
            "--with-cloudtrail needs a manifest, because the manifest names the role",
            None,
        )
        .into());
    };
    let (name, aws) = (&manifest.role.name, connection.aws().await?);
    let caller = aws.caller().await?;
    check_account(&manifest.access, &caller).map_err(SurveyError::from)?;
    let attached = aws.attached_policies(name).await?.unwrap_or_default();
    let role = match aws.role(name).await? {
        Some(role) => role.identity.to_string(),
        None => format!("arn:aws:iam::{}:role{}{name}", caller.account, manifest.role.path),
    };
    let iam: Region = IAM_REGION.parse().context("the region of IAM")?;
    let mut regions = vec![iam.clone()];
    let others = [Some(manifest.genesys.region.aws_region), aws.region()].into_iter().flatten();
    for region in
        others.chain(manifest.targets.iter().filter_map(|target| target.region.as_ref().map(Region::as_str)))
    {
        let region: Region = region.parse().with_context(|| format!("`{region}` is not an AWS region"))?;
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    let resources = [name.to_string()].into_iter().chain(attached.iter().map(ToString::to_string));
    let questions =
        resources.map(|resource| (&iam, resource)).chain(regions.iter().map(|region| (region, role.clone())));
    let mut events: Vec<TrailEvent> = Vec::new();
    for (region, resource) in questions {
        let found = aws.events(region, &resource, from, to).await?;
        // A change that names both the role and a policy is found by either.
        let is_new = |event: &TrailEvent| events.iter().all(|known| known.id != event.id);
        let new: Vec<TrailEvent> = found.into_iter().filter(is_new).collect();
        events.extend(new);
    }
    Ok(events)
}
