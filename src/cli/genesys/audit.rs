//! `rolecall genesys audit`: who changed which credential, integration and action.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp, TimestampRound, Unit};
use rolecall::genesys::audit::{AuditQuery, audit};
use rolecall::report::{AuditView, CallsView, EntryView, ExitCode};

use super::Connection;
use crate::cli::failure::UsageError;
use crate::cli::options::{AuditCommand, Output};
use crate::cli::plan::{list_calls, list_genesys_calls};
use crate::cli::printer::Printer;

/// How long Genesys Cloud keeps the audit trail, by experience of users of the API.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(crate) async fn run(options: &AuditCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let AuditCommand { aws: reach, hours, from, to, entity, entity_type } = options;
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
        printer.warning("Genesys Cloud keeps its audit trail for about a year: what is older may be missing");
    }
    let connection = Connection::open(reach, printer).await?;
    let Connection { aws, client, .. } = &connection;
    let query = AuditQuery { from, to, entity: entity.clone(), entity_type: entity_type.clone() };
    let entries = audit(client, &query, reach.deadline).await?;
    let (own, _) = client.identity().await?;
    let view = AuditView {
        from: from.to_string(),
        to: to.to_string(),
        entries: entries.into_iter().map(|entry| EntryView::new(entry, &own)).collect(),
        oauth_client: own,
        calls: CallsView::summarize(&client.calls().so_far()),
    };
    printer.result(&match reach.common.output {
        Output::Json => view.to_json(),
        Output::Markdown => view.to_markdown(),
        Output::Csv => view.to_csv().context("cannot write the CSV")?,
        Output::Human | Output::Sarif | Output::Junit | Output::Github | Output::Html => view.to_text(),
    });
    list_calls(aws, printer);
    list_genesys_calls(client, printer);
    Ok(ExitCode::Success)
}
