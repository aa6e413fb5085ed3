//! `rolecall genesys audit`: who changed which credential, integration and action.

use std::time::Duration;

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};
use rolecall::connect::stated_role;
use rolecall::desired::genesys::{Kind, Sign, own_names};
use rolecall::exit::ExitCode;
use rolecall::iam::arn::Region;
use rolecall::observe::genesys::{Detail, Reach, Sought, observe};
use rolecall::observe::survey::{SurveyError, check_account};
use rolecall::ports::Read as _;
use rolecall::ports::genesys::{GenesysRead as _, Stage};
use rolecall::ports::trail::{ReadTrail, TrailEvent};
use rolecall::report::{AuditView, CallsView, EntryView, FindingView, Text};
use rolecall::verify::finding::Finding;
use rolecall::verify::foreign_change::{Described, ForeignChanges};
use rolecall_genesys::audit::{AuditQuery, audit};
use tokio::try_join;

use super::Connection;
use super::side::role_of_caller;
use crate::cli::options::{AuditCommand, FailOn, Moment, Output};
use crate::cli::printer::Printer;
use rolecall::failure::{CommandResult, Context as _, UsageError};

/// Where CloudTrail records the calls to IAM, in the partition `aws`.
const IAM_REGION: &str = "us-east-1";

/// How long Genesys Cloud keeps the audit trail, by experience of users of the API.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(crate) async fn run(options: &AuditCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let AuditCommand { aws: reach, since, until, fail_on, own_client, entity, entity_type, with_cloudtrail } =
        options;
    // The API takes whole seconds, and what was done in this one counts.
    let now = Timestamp::now()
        .round(TimestampRound::new().smallest(Unit::Second).mode(RoundMode::Ceil))
        .context("cannot read the clock")?;
    let at = |moment: Moment| moment.from(now).ok_or_else(|| UsageError::new("that is too long ago", None));
    let (from, to) = (at(*since)?, until.map(at).transpose()?.unwrap_or(now));
    if from >= to {
        return Err(UsageError::new(format!("--since {from} is not before --until {to}"), None).into());
    }
    let is_cut = from.duration_until(now) > KEPT;
    let from = if is_cut { now.checked_sub(KEPT).context("cannot read the clock")? } else { from };
    if is_cut {
        printer.warning(&format!(
            "Genesys Cloud keeps its audit trail for about a year: older entries are missing, and rolecall asks from {from} on"
        ));
    }
    if from >= to {
        return Err(UsageError::new(
            format!("--until {to} is before the trail that Genesys Cloud keeps"),
            None,
        )
        .into());
    }
    let connection = Connection::open(reach, printer).await?;
    let Connection { client, .. } = &connection;
    let described = match fail_on {
        Some(FailOn::Foreign) => Some(described(&connection, reach.longest_wait()).await?),
        None => None,
    };
    let query = AuditQuery { from, to, entity: entity.clone(), entity_type: entity_type.clone() };
    let entries = audit(client, &query, reach.longest_wait()).await?;
    let (own, _) = client.identity().await?;
    let mut all_own = own_client.clone();
    all_own.push(own.clone());
    let view = |entry| EntryView::new(entry, &all_own, described.as_ref());
    let mut entries: Vec<_> = entries.into_iter().map(view).collect();
    let found = entries.iter().filter_map(EntryView::foreign_change).collect();
    let foreign = described.map(|_| ForeignChanges { found, is_cut });
    let exit = foreign.as_ref().map_or(ExitCode::Success, ForeignChanges::exit);
    let finding = |change| FindingView::new(&Finding::ForeignChange(Box::new(change)), Default::default());
    let findings = foreign.map(|foreign| foreign.found.into_iter().map(finding).collect());
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
        own_clients: own_client.iter().cloned().map(Text::from).collect(),
        findings,
        exit_code: exit,
        calls: CallsView::summarize(&calls),
    };
    printer.result(&match reach.common.output {
        Output::Json => view.to_json(),
        Output::Markdown => view.to_markdown(),
        Output::Csv => view.to_csv().context("cannot write the CSV")?,
        Output::Human | Output::Sarif | Output::Junit | Output::Github | Output::Html => view.to_text(),
    });
    connection.list_calls(printer);
    Ok(exit)
}

/// What to do without credentials for AWS.
const WITHOUT_AWS: &str =
    "without credentials for AWS, name the role's account: `account` in [aws] of the manifest";

/// What the manifest describes in Genesys Cloud, by what is there.
async fn described(connection: &Connection, deadline: Duration) -> CommandResult<Described> {
    let Connection { manifest, client, .. } = connection;
    let Some(manifest) = manifest else {
        let message = "--fail-on foreign needs a manifest, because the manifest says what is meant";
        return Err(UsageError::new(message, None).into());
    };
    let role = match stated_role(manifest) {
        Some(role) => role,
        None => role_of_caller(manifest, connection.aws().await?, WITHOUT_AWS).await?,
    };
    let (name, _) = own_names(manifest);
    let sought = Sought {
        role: &role.to_string(),
        resource: None,
        id: None,
        name: &name,
        kinds: &Kind::ALL,
        credential_type: None,
        sign: &Sign::of(&role, None),
        reach: if manifest.genesys_manager().is_some() { Reach::Named } else { Reach::Own },
        actions: Detail::Listed,
        deadline,
    };
    let (observed, actions) = try_join!(observe(client, &sought), client.actions(Stage::Published))?;
    Ok(Described::new(manifest, &role, &observed, &actions))
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
    let others =
        [manifest.genesys().map(|genesys| genesys.region.aws_region), aws.region()].into_iter().flatten();
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
