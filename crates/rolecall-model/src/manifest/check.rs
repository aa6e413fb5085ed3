//! From the manifest as it is written to the manifest as it is meant: every value taken over or reported, then the
//! values checked against each other.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeTable;

use super::invoker::Invoker;
use super::note::{Notes, Span};
use super::organization::{self, check_organization};
use super::raw::{
    MAX_TAGS, RawAws, RawFailOn, RawGenesys, RawIntegration, RawManifest, RawRole, RawTarget, RawVerify,
    RawWebServices,
};
use super::take::{place, take, take_optional};
use super::target::Target;
use super::{
    Access, AssumedRole, Call, Genesys, Integration, Manifest, Party, Role, Verify, action, grant, notify,
    party, secret,
};
use crate::aws_region;
use crate::iam::arn::{Partition, Region};
use crate::iam::lint::FailOn;

/// The account that widely copied tutorials tell people to trust. No official source names it.
const TUTORIAL_ACCOUNT: &str = "691338073777";

/// Whether the file says that it is of another version; then that is all there is to say.
pub(super) fn is_other_version(table: &Spanned<DeTable<'_>>, notes: &mut Notes<'_>) -> bool {
    let Some(value) = table.get_ref().get("version") else { return false };
    match value.get_ref().as_integer() {
        Some(number) if i64::from_str_radix(number.as_str(), number.radix()) != Ok(1) => {
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
    let RawManifest { version, genesys, vendor, role, target, grant, aws, verify, notify, action } = raw;
    let places = Places::of(target.as_deref(), aws.as_ref());
    let web_services = genesys.as_ref().and_then(|genesys| genesys.web_services.as_ref());
    let credential_place =
        place(web_services.and_then(|it| it.credential.as_ref()).and_then(|it| it.kind.as_ref()));
    let party = match (genesys, vendor) {
        (Some(genesys), None) => check_genesys(genesys, notes).map(Party::Genesys),
        (None, Some(vendor)) => party::check_vendor(vendor, notes).map(Party::Vendor),
        // Both or neither was reported when the keys were looked at.
        (Some(_), Some(_)) | (None, None) => None,
    };
    let role = role.and_then(|raw| check_role(raw, notes));
    let checked = target.map_or(Some(Targets::default()), |raws| check_targets(raws, notes));
    let (targets, invokers) = checked.map_or((None, None), |it| (Some(it.targets), Some(it.invokers)));
    let grants = grant.map_or(Some(Vec::new()), |raws| grant::check_all(raws, notes));
    let access = aws.map_or(Some(Access::default()), |raw| check_access(raw, notes));
    let verify = verify.map_or(Some(Verify::default()), |raw| check_verify(raw, notes));
    let notify = match notify {
        None => Some(None),
        Some(raw) => notify::check(raw, notes).map(Some),
    };
    if let (Some(party), Some(targets), Some(access)) = (&party, &targets, &access) {
        places.check_partitions(party, targets, access, notes);
    }
    if let (Some(Party::Vendor(_)), Some(raws)) = (&party, &action) {
        let message =
            "data actions belong to Genesys Cloud, and this manifest is for a vendor; remove `action`";
        notes.fault(raws.first().and_then(|raw| place(raw.name.as_ref())), message);
    }
    let raws = action.unwrap_or_default();
    let stated = raws.len();
    let actions = action::check_all(raws, targets.as_deref(), notes);
    // A wrong action was reported, and may have been the one with the address.
    let needs_none = actions.len() == stated
        && actions.iter().all(|action| match action.call {
            Call::Function { .. } => true,
            Call::Url { .. } => false,
        });
    let genesys = party.as_ref().and_then(Party::genesys);
    if needs_none && genesys.is_some_and(|genesys| genesys.web_services_credential.is_some()) {
        let message = "the credential is for actions with a `url`, and there is none, so rolecall does not make it; add the \
                       [[action]], or remove [genesys.web_services]";
        notes.warn(credential_place, message);
    }
    version?;
    Some(Manifest {
        folder,
        party: party?,
        role: role?,
        targets: targets?,
        invokers: invokers?,
        grants: grants?,
        access: access?,
        verify: verify?,
        notify: notify?,
        actions,
    })
}

/// Where the manifest says in which partition something is.
struct Places {
    targets: Vec<Span>,
    region: Span,
    role: Span,
}

impl Places {
    fn of(targets: Option<&[RawTarget]>, aws: Option<&RawAws>) -> Self {
        let of_target = |raw: &RawTarget| place(raw.region.as_ref()).or_else(|| place(raw.function.as_ref()));
        Self {
            targets: targets.unwrap_or_default().iter().map(of_target).collect(),
            region: place(aws.and_then(|aws| aws.region.as_ref())),
            role: place(aws.and_then(|aws| aws.assume_role.as_ref())),
        }
    }

    fn check_partitions(self, party: &Party, targets: &[Target], access: &Access, notes: &mut Notes<'_>) {
        let mut check = |span: Span, what: String, partition: &str| {
            if let Err(error) = party.check_partition(&what, partition) {
                notes.fault(span, error.to_string());
            }
        };
        let Access { account: _, profile: _, region, assume_role } = access;
        if let Some(region) = region {
            check(self.region, format!("the region `{region}`"), region.partition());
        }
        if let Some(AssumedRole { role, external_id: _ }) = assume_role {
            check(self.role, format!("the role `{role}`"), role.partition.as_str());
        }
        for (target, span) in targets.iter().zip(self.targets) {
            let of_region = target.region.as_ref().map(Region::partition);
            if let Some(partition) = target.partition.as_ref().map(Partition::as_str).or(of_region) {
                check(span, format!("the target `{target}`"), partition);
            }
        }
    }
}

fn check_genesys(raw: RawGenesys, notes: &mut Notes<'_>) -> Option<Genesys> {
    let RawGenesys {
        region,
        organization_id,
        trusted_account,
        managed_by,
        credentials,
        organization,
        integration,
        web_services,
    } = raw;
    let region_place = place(region.as_ref());
    let region = take(region, notes);
    let organization_place = place(organization_id.as_ref());
    let organization_id = take_optional(organization_id, notes);
    if let Some(Some(id)) = &organization_id {
        check_organization(id, organization_place, notes);
    }
    let first = organization_id.as_ref().and_then(Option::as_ref);
    let further = organization::check_all(organization.unwrap_or_default(), first, notes);
    let account_place = place(trusted_account.as_ref());
    let stated = take_optional(trusted_account, notes);
    let credentials = match credentials {
        None => Some(None),
        Some(raw) => secret::check(raw, notes).map(Some),
    };
    let integration = match integration {
        None => Some(None),
        Some(raw) => check_integration(raw, notes).map(Some),
    };
    let web_services_credential = match web_services {
        None => Some(None),
        // A missing credential was reported when the keys were looked at.
        Some(RawWebServices { credential }) => {
            credential.and_then(|raw| secret::check_web_services(raw, notes)).map(Some)
        }
    };
    let (region, stated) = (region?, stated?);
    let trusted_account = match (stated, region.trusted_account()) {
        (Some(stated), Some(official)) if stated != official => {
            let origin = if stated.as_str() == TUTORIAL_ACCOUNT {
                "is an account from tutorials, which Genesys does not name"
            } else {
                "is a different account"
            };
            notes.warn(
                account_place,
                format!(
                    "Genesys Cloud's account for {region} is `{official}`; `{stated}` {origin}, and the role will \
                     trust it"
                ),
            );
            stated
        }
        (Some(stated), _) => stated,
        (None, Some(official)) => official,
        (None, None) => {
            notes.fault(
                region_place,
                format!(
                    "Genesys has not published which AWS account {region} uses; ask Genesys, and state it below: \
                     `trusted_account = \"…\"`"
                ),
            );
            return None;
        }
    };
    Some(Genesys {
        region,
        organization_id: organization_id?,
        trusted_account,
        managed_by,
        credentials: credentials?,
        further: further?,
        integration: integration?,
        web_services_credential: web_services_credential?,
    })
}

fn check_integration(raw: RawIntegration, notes: &mut Notes<'_>) -> Option<Integration> {
    let RawIntegration { name, notes: text, credential } = raw;
    let name = take_optional(name, notes);
    let text = take_optional(text, notes);
    let credential = take_optional(credential, notes);
    // Empty notes say no more than none; one form keeps the two from being a difference.
    Some(Integration { name: name?, notes: text?.filter(|text| !text.is_empty()), credential: credential? })
}

fn check_role(raw: RawRole, notes: &mut Notes<'_>) -> Option<Role> {
    let RawRole { name, path, description, max_session_duration, permissions_boundary, tags, managed_by } =
        raw;
    let name = take(name, notes);
    let path = take_optional(path, notes);
    let description = take_optional(description, notes);
    let boundary_place = place(permissions_boundary.as_ref());
    let permissions_boundary = take_optional(permissions_boundary, notes);
    if let Some(Some(boundary)) = &permissions_boundary
        && boundary.is_in_reach_of_a_provisioner()
    {
        let message = format!(
            "a permissions boundary under `/rolecall/` limits nobody: whoever applies the manifest can change the policies there; \
             move `{boundary}` to another path, or write `targets`"
        );
        notes.fault(boundary_place, message);
    }
    let tags = check_tags(tags.unwrap_or_default(), notes);
    Some(Role {
        name: name?,
        path: path?.unwrap_or_default(),
        // An empty description says no more than none; one form keeps the two from being a difference.
        description: description?.filter(|text| !text.is_empty()),
        max_session_duration: max_session_duration.unwrap_or(3600),
        permissions_boundary: permissions_boundary?,
        tags,
        managed_by,
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
            format!("{} tags; a role has at most 50, of which rolecall sets one itself", tags.len()),
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
            Some(format!("a tag's key cannot hold `{}`; {TAG_CHARACTERS}", wrong.escape_debug()))
        } else if lower.starts_with("aws:") {
            Some(format!("the tag `{name}` is AWS's own: keys that start with `aws:` are reserved"))
        } else if lower.starts_with("rolecall:") {
            Some(format!("the tag `{name}` is rolecall's own: keys that start with `rolecall:` are reserved"))
        } else {
            seen.insert(lower, name).map(|other| {
                format!(
                    "IAM treats the tags `{other}` and `{name}` as the same tag, because it ignores the case of keys; \
                     keep one"
                )
            })
        };
        if let Some(message) = fault {
            notes.fault(Some(key.span()), message);
        }
        if text.chars().count() > 256 {
            notes.fault(Some(value.span()), "a tag's value has at most 256 characters");
        } else if let Some(wrong) = text.chars().find(|character| !is_tag_character(*character)) {
            let message = format!("a tag's value cannot hold `{}`; {TAG_CHARACTERS}", wrong.escape_debug());
            notes.fault(Some(value.span()), message);
        }
    }
    tags.into_iter().map(|(key, value)| (key.into_inner(), value.into_inner())).collect()
}

const TAG_CHARACTERS: &str = "IAM allows letters, digits, spaces and any of `_.:/=+-@`";

/// IAM's `[\p{L}\p{Z}\p{N}_.:/=+\-@]`. Outside ASCII, Rust's classes also take in some marks that count as
/// alphabetic; about those IAM itself has the word.
fn is_tag_character(character: char) -> bool {
    character.is_alphanumeric()
        || (character.is_whitespace() && !character.is_control())
        || "_.:/=+-@".contains(character)
}

/// The targets, and who else may reach them.
#[derive(Default)]
struct Targets {
    targets: Vec<Target>,
    invokers: BTreeMap<Target, Vec<Invoker>>,
}

/// The targets, or `None` where one of them, or the whole list, was wrong and was reported.
fn check_targets(raws: Vec<RawTarget>, notes: &mut Notes<'_>) -> Option<Targets> {
    let Targets { mut targets, mut invokers } = Targets::default();
    let mut seen: HashSet<Target> = HashSet::new();
    let mut all_right = true;
    for raw in raws {
        let span = place(raw.function.as_ref());
        match check_target(raw, notes) {
            Some((target, further)) if seen.insert(target.clone()) => {
                if !further.is_empty() {
                    invokers.insert(target.clone(), further);
                }
                targets.push(target);
            }
            Some((target, _)) => {
                notes.fault(span, format!("the target `{target}` is listed twice; remove one"))
            }
            None => all_right = false,
        }
    }
    (all_right && !targets.is_empty()).then_some(Targets { targets, invokers })
}

fn check_target(raw: RawTarget, notes: &mut Notes<'_>) -> Option<(Target, Vec<Invoker>)> {
    let RawTarget { function, qualifier, region, invokers } = raw;
    let (qualifier_place, region_place) = (place(qualifier.as_ref()), place(region.as_ref()));
    let function_place = place(function.as_ref());
    let function = take(function, notes);
    let qualifier = take_optional(qualifier, notes);
    let region = take_optional(region, notes);
    let mut further = Vec::new();
    for invoker in invokers.into_iter().flatten() {
        let place = Some(invoker.span.clone());
        let Some(invoker) = take(Some(invoker), notes) else { continue };
        match further.contains(&invoker) {
            true => notes.fault(place, format!("the invoker `{invoker}` is listed twice; remove one")),
            false => further.push(invoker),
        }
    }
    let mut target = function?;
    let qualifier_fits = merge("qualifier", &mut target.qualifier, qualifier?, qualifier_place, notes);
    let region_fits = merge("region", &mut target.region, region?, region_place.clone(), notes);
    let region_exists = is_region(target.region.as_ref(), region_place.or(function_place), notes);
    (qualifier_fits && region_fits && region_exists).then_some((target, further))
}

/// Whether AWS can have the region; where not, that is reported.
fn is_region(region: Option<&Region>, place: Span, notes: &mut Notes<'_>) -> bool {
    match region.map(aws_region::check) {
        Some(Err(error)) => {
            notes.fault(place, error.to_string());
            false
        }
        Some(Ok(())) | None => true,
    }
}

/// Takes over what a key says beside `function`; both may say it, but not differently.
fn merge<T: PartialEq + Display>(
    key: &str,
    within: &mut Option<T>,
    beside: Option<T>,
    place: Span,
    notes: &mut Notes<'_>,
) -> bool {
    match (within.as_ref(), beside) {
        (Some(within), Some(beside)) if *within != beside => {
            notes.fault(
                place,
                format!("`{key}` is `{beside}`, but `function` says `{within}`; keep one of them"),
            );
            return false;
        }
        (None, Some(beside)) => *within = Some(beside),
        (Some(_), Some(_)) | (_, None) => {}
    }
    true
}

fn check_access(raw: RawAws, notes: &mut Notes<'_>) -> Option<Access> {
    let RawAws { account, profile, region, assume_role, external_id } = raw;
    let (account_place, region_place) = (place(account.as_ref()), place(region.as_ref()));
    let account = take_optional(account, notes);
    let profile = take_optional(profile, notes);
    let region = take_optional(region, notes);
    let role = take_optional(assume_role, notes);
    let external_id = take_optional(external_id, notes);
    let (account, profile, region, role, external_id) = (account?, profile?, region?, role?, external_id?);
    if !is_region(region.as_ref(), region_place, notes) {
        return None;
    }
    if let (Some(account), Some(role)) = (&account, &role)
        && *account != role.account
    {
        let message =
            format!("`account` is {account}, but `assume_role` is a role of account {}", role.account);
        notes.fault(account_place, message);
        return None;
    }
    // An external ID for nobody was reported by the walk.
    let assume_role = role.map(|role| AssumedRole { role, external_id });
    Some(Access { account, profile, region, assume_role })
}

fn check_verify(raw: RawVerify, notes: &mut Notes<'_>) -> Option<Verify> {
    let RawVerify { probe_principal, fail_on } = raw;
    let fail_on = match fail_on {
        Some(RawFailOn::Warning) => FailOn::Warning,
        Some(RawFailOn::Error) | None => FailOn::Error,
    };
    Some(Verify { probe_principal: take_optional(probe_principal, notes)?, fail_on })
}
