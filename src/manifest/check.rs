//! From the manifest as it is written to the manifest as it is meant: every value taken over or reported, then the
//! values checked against each other.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde_json::Value;
use toml::Spanned;
use toml::de::DeTable;

use super::form::{Form, Text};
use super::note::{Notes, Span};
use super::raw::{RawGenesys, RawManifest, RawRole, RawTarget, RawVerify};
use super::target::Target;
use super::{Genesys, Manifest, Role, Verify, action};
use crate::iam::arn::ExternalId;

/// AWS allows 50 tags on a role (IAM quotas); rolecall sets one itself.
pub(super) const MAX_TAGS: usize = 49;
/// The account that widely copied tutorials tell people to trust. No official source names it.
const TUTORIAL_ACCOUNT: &str = "691338073777";

/// Whether the file says that it is of another version; then that is all there is to say.
pub(super) fn is_other_version(table: &Spanned<DeTable<'_>>, notes: &mut Notes<'_>) -> bool {
    let Some(value) = table.get_ref().get("version") else {
        return false;
    };
    match value.get_ref().as_integer() {
        Some(number) if number.as_str() != "1" => {
            let message =
                format!("version {number} is not known to this rolecall, which reads `version = 1`");
            notes.fault(Some(value.span()), message);
            true
        }
        Some(_) | None => false,
    }
}

/// The manifest, or `None` after something was reported.
pub(super) fn manifest(raw: RawManifest, folder: PathBuf, notes: &mut Notes<'_>) -> Option<Manifest> {
    let RawManifest {
        version,
        genesys,
        role,
        target,
        verify,
        action,
    } = raw;
    let genesys = genesys.and_then(|raw| check_genesys(raw, notes));
    let role = role.and_then(|raw| check_role(raw, notes));
    let targets = check_targets(target.unwrap_or_default(), notes);
    let verify = verify.map_or(Some(Verify::default()), |raw| check_verify(raw, notes));
    let actions = action::check_all(action.unwrap_or_default(), targets.as_deref(), notes);
    version?;
    Some(Manifest {
        folder,
        genesys: genesys?,
        role: role?,
        targets: targets?,
        verify: verify?,
        actions,
    })
}

/// The value of a required key; a wrong one is reported, a missing one was reported before.
pub(super) fn take<F: Form>(
    key: &str,
    text: Option<Text<F>>,
    notes: &mut Notes<'_>,
) -> Option<(F::Value, Span)> {
    let Text { span, value } = text?;
    match value {
        Ok(value) => Some((value, Some(span))),
        Err(reason) => {
            notes.fault(
                Some(span),
                format!("{reason}; for example `{key} = {}`", Value::from(F::EXAMPLE)),
            );
            None
        }
    }
}

/// The value of an optional key: `Some(None)` where it is left out, `None` where it is wrong and was reported.
#[expect(clippy::option_option, reason = "left out and wrong are different things")]
fn take_optional<F: Form>(
    key: &str,
    text: Option<Text<F>>,
    notes: &mut Notes<'_>,
) -> Option<Option<F::Value>> {
    match text {
        None => Some(None),
        Some(text) => take(key, Some(text), notes).map(|(value, _)| Some(value)),
    }
}

fn check_genesys(raw: RawGenesys, notes: &mut Notes<'_>) -> Option<Genesys> {
    let RawGenesys {
        region,
        organization_id,
        trusted_account,
        credentials,
    } = raw;
    let region = take("region", region, notes);
    let organization_span = organization_id.as_ref().map(|text| text.span.clone());
    let organization_id = take_optional("organization_id", organization_id, notes);
    if let Some(Some(id)) = &organization_id {
        check_organization(id, organization_span, notes);
    }
    let is_stated = trusted_account.is_some();
    let stated = take("trusted_account", trusted_account, notes);
    let credentials = match credentials {
        None => Some(None),
        Some(raw) => take("secret", raw.secret, notes).map(|(secret, _)| Some(secret)),
    };

    let (region, region_span) = region?;
    let official = region.trusted_account();
    if !is_stated && official.is_none() {
        notes.fault(
            region_span,
            format!(
                "the AWS account that Genesys Cloud uses in {region} has not been published; ask Genesys and state it: \
                 `trusted_account = \"…\"`"
            ),
        );
    }
    if let (Some((account, span)), Some(official)) = (&stated, &official)
        && account != official
    {
        let origin = if account.as_str() == TUTORIAL_ACCOUNT {
            "comes from tutorials and no source of Genesys names it"
        } else {
            "is another one"
        };
        notes.warn(
            span.clone(),
            format!(
                "Genesys Cloud's account for {region} is `{official}`; `{account}` {origin}, and whoever owns it will \
                 be able to assume the role"
            ),
        );
    }
    let trusted_account = if is_stated {
        stated.map(|(account, _)| account)
    } else {
        official
    };
    Some(Genesys {
        region,
        organization_id: organization_id?,
        trusted_account: trusted_account?,
        credentials: credentials?,
    })
}

/// An external ID that is not the organisation's ID is legal and almost surely a mistake.
fn check_organization(id: &ExternalId, span: Span, notes: &mut Notes<'_>) {
    let groups: Vec<usize> = id.as_str().split('-').map(str::len).collect();
    let is_hex = id
        .as_str()
        .chars()
        .all(|character| character == '-' || character.is_ascii_hexdigit());
    if groups != [8, 4, 4, 4, 12] || !is_hex {
        notes.warn(
            span,
            format!("`{id}` is not a UUID, as the IDs of Genesys Cloud organisations are; the role will not be assumable \
                     unless Genesys Cloud passes exactly this"),
        );
    } else if id
        .as_str()
        .chars()
        .any(|character| character.is_ascii_uppercase())
    {
        notes.warn(
            span,
            format!("external IDs are compared with regard to case, and Genesys Cloud writes its IDs in lower case: `{}`",
                id.as_str().to_ascii_lowercase()),
        );
    }
}

fn check_role(raw: RawRole, notes: &mut Notes<'_>) -> Option<Role> {
    let RawRole {
        name,
        path,
        description,
        max_session_duration,
        permissions_boundary,
        tags,
    } = raw;
    let name = take("name", name, notes);
    let path = take_optional("path", path, notes);
    let description = take_optional("description", description, notes);
    let permissions_boundary = take_optional("permissions_boundary", permissions_boundary, notes);
    let tags = check_tags(tags.unwrap_or_default(), notes);
    Some(Role {
        name: name?.0,
        path: path?.unwrap_or_default(),
        description: description?,
        max_session_duration: max_session_duration.unwrap_or(3600),
        permissions_boundary: permissions_boundary?,
        tags,
    })
}

/// The rules of IAM's TagRole, and the keys that are rolecall's own.
fn check_tags(
    tags: BTreeMap<Spanned<String>, Spanned<String>>,
    notes: &mut Notes<'_>,
) -> BTreeMap<String, String> {
    if tags.len() > MAX_TAGS {
        // The first key past the limit, in the order of the file.
        let mut spans: Vec<_> = tags.keys().map(Spanned::span).collect();
        spans.sort_by_key(|span| span.start);
        notes.fault(
            spans.get(MAX_TAGS).cloned(),
            format!(
                "{} tags; a role has at most 50, of which rolecall sets one itself",
                tags.len()
            ),
        );
    }
    // IAM tells the tag keys of roles apart without regard to case (IAM User Guide, "Tags for IAM resources").
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (key, value) in &tags {
        let (name, text) = (key.get_ref().as_str(), value.get_ref().as_str());
        let lower = name.to_lowercase();
        let fault = if name.is_empty() {
            Some("a tag's key is empty".to_owned())
        } else if name.chars().count() > 128 {
            Some("a tag's key has at most 128 characters".to_owned())
        } else if let Some(wrong) = name.chars().find(|character| !is_tag_character(*character)) {
            Some(format!(
                "a tag's key cannot hold `{}`; {TAG_CHARACTERS}",
                wrong.escape_debug()
            ))
        } else if lower.starts_with("aws:") {
            Some(format!(
                "the tag `{name}` is AWS's own: keys that start with `aws:` are reserved"
            ))
        } else if lower.starts_with("rolecall:") {
            Some(format!(
                "the tag `{name}` is rolecall's own: keys that start with `rolecall:` are reserved"
            ))
        } else {
            seen.insert(lower, name).map(|other| {
                format!(
                    "the tags `{other}` and `{name}` are one to IAM, which ignores the case of keys; keep one"
                )
            })
        };
        if let Some(message) = fault {
            notes.fault(Some(key.span()), message);
        }
        if text.chars().count() > 256 {
            notes.fault(Some(value.span()), "a tag's value has at most 256 characters");
        } else if let Some(wrong) = text.chars().find(|character| !is_tag_character(*character)) {
            let message = format!(
                "a tag's value cannot hold `{}`; {TAG_CHARACTERS}",
                wrong.escape_debug()
            );
            notes.fault(Some(value.span()), message);
        }
    }
    tags.into_iter()
        .map(|(key, value)| (key.into_inner(), value.into_inner()))
        .collect()
}

const TAG_CHARACTERS: &str = "IAM allows letters, digits, spaces and any of `_.:/=+-@`";

/// IAM's `[\p{L}\p{Z}\p{N}_.:/=+\-@]`. Outside ASCII, Rust's classes also take in some marks that count as
/// alphabetic; about those IAM itself has the word.
fn is_tag_character(character: char) -> bool {
    character.is_alphanumeric()
        || (character.is_whitespace() && !character.is_control())
        || "_.:/=+-@".contains(character)
}

/// The targets, or `None` where one of them was wrong and was reported.
fn check_targets(raws: Vec<RawTarget>, notes: &mut Notes<'_>) -> Option<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    let mut all_right = true;
    for raw in raws {
        let span = raw.function.as_ref().map(|text| text.span.clone());
        match check_target(raw, notes) {
            Some(target) if targets.contains(&target) => {
                notes.fault(span, format!("the target `{target}` is listed twice; remove one"));
            }
            Some(target) => targets.push(target),
            None => all_right = false,
        }
    }
    all_right.then_some(targets)
}

fn check_target(raw: RawTarget, notes: &mut Notes<'_>) -> Option<Target> {
    let RawTarget {
        function,
        qualifier,
        region,
    } = raw;
    let function = take("function", function, notes);
    let qualifier = qualifier.and_then(|text| take("qualifier", Some(text), notes));
    let region = region.and_then(|text| take("region", Some(text), notes));
    let (mut target, _) = function?;
    merge("qualifier", &mut target.qualifier, qualifier, notes);
    merge("region", &mut target.region, region, notes);
    Some(target)
}

/// Takes over what a key says beside `function`; both may say it, but not differently.
fn merge<T: PartialEq + std::fmt::Display>(
    key: &str,
    within: &mut Option<T>,
    beside: Option<(T, Span)>,
    notes: &mut Notes<'_>,
) {
    let Some((beside, span)) = beside else { return };
    match within {
        Some(within) if *within != beside => {
            notes.fault(
                span,
                format!("`{key}` is `{beside}`, but `function` says `{within}`; keep one of them"),
            );
        }
        Some(_) | None => *within = Some(beside),
    }
}

fn check_verify(raw: RawVerify, notes: &mut Notes<'_>) -> Option<Verify> {
    let RawVerify { probe_principal } = raw;
    Some(Verify {
        probe_principal: take_optional("probe_principal", probe_principal, notes)?,
    })
}
