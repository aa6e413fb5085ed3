//! `rolecall genesys action list`: every action, or those of the integrations that another tool makes. Reads only.

use rolecall::exit::ExitCode;
use rolecall::manifest::Manifest;
use rolecall::observe::genesys::{Observed, ObservedIntegration};
use rolecall::ports::genesys::{ActionRecord, GenesysRead as _, Stage};
use rolecall::report::{intended_name, reported_name};
use rolecall_model::shown::Shown;
use serde_json::{Value, json};

use super::{Side, contradictions, observe};
use crate::cli::options::{GenesysReach, Output};
use crate::cli::printer::Printer;
use rolecall::failure::CommandResult;

pub(super) async fn run(reach: &GenesysReach, printer: &mut Printer) -> CommandResult<ExitCode> {
    let GenesysReach { aws, role_arn } = reach;
    let side = Side::open(aws, role_arn.as_ref(), printer).await?;
    let observed = observe(&side, printer).await?;
    let role = side.role.to_string();
    let warnings = contradictions(&side, &observed);
    let manifest = &side.context.manifest;
    let is_json = aws.common.output == Output::Json;
    match manifest.genesys_manager() {
        Some(_) => {
            printer.result(&if is_json {
                json_of_theirs(&observed, manifest, &warnings)
            } else {
                theirs(&observed, manifest)
            });
        }
        None => {
            let mut actions = side.counterpart()?.client.actions(Stage::Published).await?;
            let own = |action: &ActionRecord| is_own(action, &observed, &role);
            actions.sort_by_key(|action| (!own(action), action.name.clone()));
            printer.result(&match is_json {
                true => json_of_all(&actions, &own, manifest, &warnings),
                false => all(&actions, &own, manifest),
            });
        }
    }
    side.list_calls(&[], printer);
    Ok(ExitCode::Success)
}

/// Whether it is in an integration that rolecall made or took over for that role.
fn is_own(action: &ActionRecord, observed: &Observed, role: &str) -> bool {
    let is_of_role = |known: &&ObservedIntegration| known.mark.as_ref().is_some_and(|mark| mark.role == role);
    let mut own = observed.integrations.iter().filter(is_of_role);
    own.any(|known| known.record.id == action.integration_id)
}

fn has_entry(action: &ActionRecord, manifest: &Manifest) -> bool {
    manifest.actions.iter().any(|named| named.name == action.name)
}

fn json_of(action: &ActionRecord, in_manifest: bool) -> Value {
    json!({
        "name": action.name, "id": action.id, "category": action.category, "secure": action.secure,
        "version": action.version, "integration_id": action.integration_id, "in_manifest": in_manifest,
    })
}

fn line_of(action: &ActionRecord, in_manifest: bool) -> String {
    let sign = if in_manifest { '✓' } else { ' ' };
    let ActionRecord { name, id, category, version, .. } = action;
    format!("{sign} {}  [{}]  {}  version {version}\n", Shown(name), Shown(category), Shown(id))
}

fn json_of_all(
    actions: &[ActionRecord],
    own: &impl Fn(&ActionRecord) -> bool,
    manifest: &Manifest,
    warnings: &[String],
) -> String {
    let view = |action: &ActionRecord| json_of(action, own(action) && has_entry(action, manifest));
    let views: Vec<_> = actions.iter().map(view).collect();
    format!("{:#}\n", json!({"actions": views, "warnings": warnings}))
}

fn all(actions: &[ActionRecord], own: &impl Fn(&ActionRecord) -> bool, manifest: &Manifest) -> String {
    let lines = actions.iter().map(|action| line_of(action, own(action) && has_entry(action, manifest)));
    let missing = manifest
        .actions
        .iter()
        .filter(|named| !actions.iter().any(|action| own(action) && action.name == named.name))
        .map(|named| format!("✗ {}  [{}]  does not exist yet\n", named.name, named.category));
    lines.chain(missing).collect()
}

/// The integrations of another tool, each with its actions.
fn theirs(observed: &Observed, manifest: &Manifest) -> String {
    let mut text = String::new();
    for ObservedIntegration { record, actions, drafts, .. } in &observed.integrations {
        let reported = record.reported.map_or("nothing", reported_name);
        text += &format!(
            "integration {} ({}), {}, reports {reported}\n",
            Shown(&record.name),
            Shown(&record.id),
            intended_name(record.intended)
        );
        text.extend(sorted(actions).into_iter().map(|action| line_of(action, has_entry(action, manifest))));
        text.extend(sorted(drafts).into_iter().map(|ActionRecord { name, id, category, .. }| {
            format!("  {}  [{}]  {}  never published\n", Shown(name), Shown(category), Shown(id))
        }));
    }
    if observed.integrations.is_empty() {
        text += match manifest.genesys().and_then(|genesys| genesys.integration.as_ref()) {
            Some(_) => "no integration has the name or ID in [genesys.integration]\n",
            None => "the organization has no integration for data actions of Lambda functions\n",
        };
    }
    let published = |name: &str| {
        let mut all = observed.integrations.iter().flat_map(|known| &known.actions);
        all.any(|action| action.name == name)
    };
    let missing = manifest.actions.iter().filter(|named| !published(&named.name));
    text.extend(missing.map(|named| format!("✗ {}  [{}]  does not exist\n", named.name, named.category)));
    text
}

fn sorted(actions: &[ActionRecord]) -> Vec<&ActionRecord> {
    let mut sorted: Vec<_> = actions.iter().collect();
    sorted.sort_by_key(|action| &action.name);
    sorted
}

fn json_of_theirs(observed: &Observed, manifest: &Manifest, warnings: &[String]) -> String {
    let integrations: Vec<Value> = observed
        .integrations
        .iter()
        .map(|ObservedIntegration { kind, record, .. }| {
            json!({
                "name": record.name, "id": record.id, "type": kind.type_id(),
                "intended_state": intended_name(record.intended), "reported_state": record.reported.map(reported_name),
            })
        })
        .collect();
    let view = |action: &ActionRecord| json_of(action, has_entry(action, manifest));
    let all = |of: fn(&ObservedIntegration) -> &Vec<ActionRecord>| -> Vec<Value> {
        observed.integrations.iter().flat_map(|known| sorted(of(known))).map(view).collect()
    };
    let (actions, drafts) = (all(|known| &known.actions), all(|known| &known.drafts));
    format!(
        "{:#}\n",
        json!({"integrations": integrations, "actions": actions, "drafts": drafts, "warnings": warnings})
    )
}
