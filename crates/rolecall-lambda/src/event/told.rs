//! What people are told of a call: who did what, when and from where. Pure.
//!
//! A call that started a check need not be what the check found: somebody may have changed the role before it, or after
//! it. So the texts say that it started the check, and nothing more.

use rolecall::manifest::Manifest;
use rolecall::report::text_cell;
use serde_json::{Value, json};

use super::call::{Actor, Call};

pub(crate) fn line(call: &Call) -> String {
    let Call { operation, service, time, actor, .. } = call;
    let refused = call.refused.as_ref().map(|error| format!(", refused by AWS ({error})"));
    format!("{operation} ({service}) by {} at {time}{}", actor.name(), refused.unwrap_or_default())
}

/// The call in Markdown, in front of the report of the check that it started.
pub(crate) fn preface(call: &Call) -> String {
    format!(
        "A call that CloudTrail recorded started this check. What the check found may have other causes, too.\n\n{}\n",
        table(call)
    )
}

/// What is said of a session that somebody got whom the manifest does not trust.
pub(crate) fn assumed(call: &Call, name: &str, manifest: &Manifest) -> String {
    let trusted = manifest.party.trusted_account().as_str();
    format!(
        "## rolecall event: role {} was assumed by a principal that its manifest does not trust\n\n{}\nThe manifest {} trusts the \
         account {trusted}. This event says nothing about the trust policy as it is now: run `rolecall drift`. If nobody meant \
         this session to exist, revoke the role's sessions.\n",
        text_cell(manifest.role.name.as_str()),
        table(call),
        text_cell(name),
    )
}

/// The subject of that message.
pub(crate) fn assumed_subject(call: &Call, manifest: &Manifest) -> String {
    format!("rolecall event: {} ASSUMED by {}", manifest.role.name, call.actor.name())
}

/// The call, for programs.
pub(crate) fn json(call: &Call) -> Value {
    let Call { id, time, operation, actor, .. } = call;
    json!({"id": id, "time": time, "name": operation, "actor": actor.name()})
}

fn table(call: &Call) -> String {
    let Call { id, time, service, operation, region, account, actor, refused, about, .. } = call;
    let Actor { kind, issuer, invoked_by, address, program, arn: _, account: _ } = actor;
    let kind = kind.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let about: Vec<String> = about.iter().map(ToString::to_string).collect();
    let rows = [
        ("call", Some(format!("{operation} of {service} in {region}, account {account}"))),
        ("about", Some(about.join(", "))),
        ("who", Some(format!("{}{kind}", actor.name()))),
        ("session of", issuer.clone()),
        ("through", invoked_by.clone()),
        ("when", Some(time.clone())),
        ("from", address.clone()),
        ("program, as the caller states it", program.clone()),
        ("refused by AWS", refused.clone()),
        ("CloudTrail event ID", Some(id.clone())),
    ];
    let rows = rows.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let rows: Vec<String> =
        rows.map(|(name, value)| format!("| {name} | {} |\n", text_cell(value))).collect();
    format!("| event | |\n|---|---|\n{}", rows.concat())
}
