//! Writes manifests: a new one as commented text, and any text to disk so that no half of it is ever seen.

use crate::iam::lint::FailOn;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::action::{DEFAULT_REQUEST_TEMPLATE, DEFAULT_SUCCESS_TEMPLATE};
use super::{
    Access, Action, AssumedRole, Call, FurtherOrganization, Genesys, Integration, Manifest, Method, Notify,
    Party, Role, Template, Vendor, Verify, WebServicesCredential, Webhook,
};
use crate::ports::secrets::{SecretId, SecretLocation};

/// The manifest as text with a comment for each key, for people to go on from. Parsed again, it gives the same
/// manifest.
pub fn render(manifest: &Manifest) -> String {
    let Manifest { folder: _, party, role, targets, invokers, grants, access, verify, notify, actions } =
        manifest;
    let mut page = Page::default();
    page.comment(&format!(
        "The IAM role that {} assumes, and the Lambda functions that it may then invoke.",
        party.name()
    ));
    page.comment("`rolecall plan` shows what would change in AWS; `rolecall apply` changes and verifies it.");
    page.entry("version", 1);
    match party {
        Party::Genesys(genesys) => render_genesys(&mut page, genesys),
        Party::Vendor(vendor) => render_vendor(&mut page, vendor),
    }
    render_role(&mut page, role);
    if !targets.is_empty() {
        page.comment_section("Each [[target]] is one function that may be invoked, in exactly this form.");
    }
    for target in targets {
        page.section("[[target]]");
        for (key, value) in target.entries() {
            page.entry(key, value);
        }
        if let Some(invokers) = invokers.get(target) {
            page.entry("invokers", invokers.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
    }
    if !grants.is_empty() {
        page.comment_section("Each [[grant]] is something else that the role is for.");
    }
    for grant in grants {
        page.section("[[grant]]");
        for (key, value) in grant.entries() {
            page.entry(key, value);
        }
    }
    render_access(&mut page, access);
    render_verify(&mut page, verify);
    if let Some(notify) = notify {
        render_notify(&mut page, notify);
    }
    for action in actions {
        render_action(&mut page, action);
    }
    page.0
}

fn render_genesys(page: &mut Page, genesys: &Genesys) {
    let Genesys {
        region,
        organization_id,
        trusted_account,
        managed_by,
        credentials,
        further,
        integration,
        web_services_credential,
    } = genesys;
    page.section("[genesys]");
    page.comment("The AWS region in which the organization lives, or its domain. It decides the login host and the AWS");
    page.comment("account that the role trusts.");
    page.entry("region", region.aws_region);
    page.comment("The organization's ID. It is the external ID: without it nobody can assume the role.");
    match organization_id {
        Some(id) => page.entry("organization_id", id.as_str()),
        None => page.comment("organization_id = \"…\"  (left out, it is read from the Genesys Cloud API)"),
    }
    if region.trusted_account().as_ref() != Some(trusted_account) {
        page.comment("The AWS account that the role trusts in place of the region's own.");
        page.entry("trusted_account", trusted_account.as_str());
    }
    if let Some(manager) = managed_by {
        page.comment("Who makes what is in Genesys Cloud: rolecall writes nothing there, and reads, compares and tests it.");
        page.entry("managed_by", manager.id());
    }
    if let Some(location) = credentials {
        page.section("[genesys.credentials]");
        let (key, comment) = source(location);
        page.comment(&format!("{comment} with client_id, client_secret, and base_url or region."));
        page.entry(key, location.to_string());
    }
    for FurtherOrganization { id, name, until } in further {
        page.section("[[genesys.organization]]");
        page.entry("id", id.as_str());
        if let Some(name) = name {
            page.entry("name", name.as_str());
        }
        if let Some(until) = until {
            page.comment("AWS refuses it from then on.");
            page.entry("until", until.to_string());
        }
    }
    if let Some(Integration { name, notes, credential }) = integration {
        page.section("[genesys.integration]");
        page.comment(
            "The integration that the data actions belong to, and the credential that holds the role's ARN.",
        );
        for (key, value) in [("name", name), ("notes", notes), ("credential", credential)] {
            if let Some(value) = value {
                page.entry(key, value.as_str());
            }
        }
    }
    if let Some(WebServicesCredential { type_name, name, source: location }) = web_services_credential {
        page.section("[genesys.web_services.credential]");
        let (key, comment) = source(location);
        page.comment("The credential that actions with a `url` read: `${credentials.name}`.");
        page.entry("type", type_name.as_str());
        if let Some(name) = name {
            page.entry("name", name.as_str());
        }
        page.comment(&format!("{comment} with its fields, as a JSON object of texts."));
        page.entry(key, location.to_string());
    }
}

fn render_vendor(page: &mut Page, vendor: &Vendor) {
    let Vendor { name, account, external_id, external_id_chosen_by } = vendor;
    page.section("[vendor]");
    page.entry("name", name.as_str());
    page.comment("The AWS account that assumes the role.");
    page.entry("account", account.as_str());
    page.comment("The external ID: without it nobody can assume the role.");
    page.entry("external_id", external_id.as_str());
    match external_id_chosen_by {
        Some(chooser) => page.entry("external_id_chosen_by", chooser.id()),
        None => page.comment("external_id_chosen_by = \"…\"  (`vendor` or `us`: who chose the external ID)"),
    }
}

/// The key that names where a secret is kept, and what it is called there.
fn source(location: &SecretLocation) -> (&'static str, &'static str) {
    match location {
        SecretLocation::Secret(SecretId::Arn(_)) => ("secret", "The secret"),
        SecretLocation::Secret(SecretId::Name(_)) => ("secret_name", "The secret"),
        SecretLocation::Parameter(_) => ("parameter", "The SecureString"),
    }
}

fn render_notify(page: &mut Page, notify: &Notify) {
    let Notify { on, webhook, topic } = notify;
    page.section("[notify]");
    page.comment("Who hears of an `apply`: of runs that `changed` something, that `failed`, or `always`.");
    page.entry("on", on.id());
    if let Some(Webhook { url, secret }) = webhook {
        page.entry("webhook", url.as_str());
        if let Some(secret) = secret {
            page.entry("secret", secret.to_string());
        }
    }
    if let Some(topic) = topic {
        page.entry("topic", topic.to_string());
    }
}

fn render_role(page: &mut Page, role: &Role) {
    let Role { name, path, description, max_session_duration, permissions_boundary, tags, managed_by } = role;
    page.section("[role]");
    page.entry("name", name.as_str());
    if let Some(manager) = managed_by {
        page.comment("Who makes the role: rolecall writes nothing to AWS for it, and proves it.");
        page.entry("managed_by", manager.id());
    }
    page.entry("path", path.as_str());
    if let Some(description) = description {
        page.entry("description", description.as_str());
    }
    page.comment("The longest session in seconds: 3600 to 43200.");
    page.entry("max_session_duration", i64::from(*max_session_duration));
    if let Some(boundary) = permissions_boundary {
        page.entry("permissions_boundary", boundary.to_string());
    }
    if !tags.is_empty() {
        page.entry("tags", table(tags));
    }
}

fn render_access(page: &mut Page, access: &Access) {
    let Access { account, profile, region, assume_role } = access;
    if *access == Access::default() {
        page.comment_section(
            "How AWS is reached. With `account`, credentials of any other account are refused:",
        );
        page.comment("[aws]");
        page.comment("account = \"123456789012\"");
        return;
    }
    page.section("[aws]");
    if let Some(account) = account {
        page.comment("Credentials of any other account are refused.");
        page.entry("account", account.as_str());
    }
    if let Some(profile) = profile {
        page.entry("profile", profile.as_str());
    }
    if let Some(region) = region {
        page.entry("region", region.as_str());
    }
    if let Some(AssumedRole { role, external_id }) = assume_role {
        page.comment("This role is assumed first.");
        page.entry("assume_role", role.to_string());
        if let Some(id) = external_id {
            page.entry("external_id", id.as_str());
        }
    }
}

fn render_verify(page: &mut Page, verify: &Verify) {
    let Verify { probe_principal, fail_on } = verify;
    if *verify != Verify::default() {
        page.section("[verify]");
    }
    if *fail_on != FailOn::default() {
        page.comment("Warnings fail the role, too.");
        page.entry("fail_on", fail_on.as_str());
    }
    if let Some(principal) = probe_principal {
        page.comment("A role or user of ours that the trust policy also names, so that live probes can assume the role.");
        page.entry("probe_principal", principal.to_string());
    }
}

/// One action as text, for the end of a manifest.
pub(super) fn action_text(action: &Action) -> String {
    let mut page = Page::default();
    render_action(&mut page, action);
    page.0
}

fn render_headers(page: &mut Page, headers: &BTreeMap<String, String>) {
    if !headers.is_empty() {
        page.entry("headers", table(headers));
    }
}

fn render_action(page: &mut Page, action: &Action) {
    let Action {
        name,
        category,
        call,
        input_schema,
        output_schema,
        timeout_seconds,
        secure,
        request_template,
        success_template,
        translation_map,
        translation_map_defaults,
        test_input,
    } = action;
    page.section("[[action]]");
    page.entry("name", name.as_str());
    page.entry("category", category.as_str());
    match call {
        Call::Function { target, method, headers } => {
            page.entry("target", target.reference());
            // All actions of functions that the console makes have it.
            if *method != Method::Post {
                page.entry("method", method.name());
            }
            render_headers(page, headers);
        }
        Call::Url { url, method, headers } => {
            page.entry("url", url.as_str());
            page.entry("method", method.name());
            render_headers(page, headers);
        }
    }
    page.entry("input_schema", input_schema.to_string_lossy().as_ref());
    page.entry("output_schema", output_schema.to_string_lossy().as_ref());
    page.entry("timeout_seconds", i64::from(*timeout_seconds));
    if *secure {
        page.entry("secure", true);
    }
    render_template(page, "request_template", request_template, DEFAULT_REQUEST_TEMPLATE);
    render_template(page, "success_template", success_template, DEFAULT_SUCCESS_TEMPLATE);
    if !translation_map.is_empty() {
        page.entry("translation_map", table(translation_map));
    }
    if !translation_map_defaults.is_empty() {
        page.entry("translation_map_defaults", table(translation_map_defaults));
    }
    if let Some(path) = test_input {
        page.entry("test_input", path.to_string_lossy().as_ref());
    }
}

fn render_template(page: &mut Page, key: &str, template: &Template, default: &str) {
    match template {
        Template::Text(text) if text == default => {}
        Template::Text(text) => page.entry(key, text.as_str()),
        Template::File(path) => page.entry(&format!("{key}_file"), path.to_string_lossy().as_ref()),
    }
}

fn table(entries: &BTreeMap<String, String>) -> toml::Value {
    entries
        .iter()
        .map(|(key, value)| (key.clone(), toml::Value::from(value.as_str())))
        .collect::<toml::Table>()
        .into()
}

/// Text in the making.
#[derive(Default)]
struct Page(String);

impl Page {
    fn section(&mut self, header: &str) {
        self.line(format_args!("\n{header}"));
    }

    fn comment(&mut self, text: &str) {
        self.line(format_args!("# {text}"));
    }

    /// A comment that stands apart, about the sections below it.
    fn comment_section(&mut self, text: &str) {
        self.line(format_args!("\n# {text}"));
    }

    fn entry(&mut self, key: &str, value: impl Into<toml::Value>) {
        self.line(format_args!("{key} = {}", value.into()));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// Writes a text that is for its owner alone, such as a saved plan: whole or not at all, with the permissions 0600. What is not an
/// ordinary file, such as a symbolic link, is refused: nothing is written to where somebody else points.
pub fn save_private(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text, create_private)
}

/// Writes a document for others, such as a report: whole or not at all. It is as readable as any new file, or as the file that it
/// replaces. What is not an ordinary file is refused as by [`save_private`].
pub fn save_document(path: &Path, text: &str) -> io::Result<()> {
    replace(path, text, |name| {
        let file = File::create_new(name)?;
        keep_mode(path, &file)?;
        Ok(file)
    })
}

/// Whoever closed the file that is replaced closed the new one, too, and before there is anything in it.
#[cfg(unix)]
fn keep_mode(replaced: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match fs::symlink_metadata(replaced) {
        Ok(metadata) if metadata.is_file() => {
            file.set_permissions(fs::Permissions::from_mode(metadata.permissions().mode() & 0o777))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Elsewhere the folder says who may read a file.
#[cfg(not(unix))]
fn keep_mode(_replaced: &Path, _file: &File) -> io::Result<()> {
    Ok(())
}

/// Writes a new file: whole or not at all, and never in the place of something that is there.
pub fn save_new(path: &Path, text: &str) -> io::Result<()> {
    written_beside(path, text, |name| File::create_new(name))?.persist_noclobber(path)?;
    Ok(())
}

fn replace(path: &Path, text: &str, create: impl Fn(&Path) -> io::Result<File>) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let message = "it is not an ordinary file (a symbolic link is not followed)";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    // Renaming replaces a link that came between instead of following it.
    written_beside(path, text, create)?.persist(path)?;
    Ok(())
}

/// The text in a temporary file of the same folder, flushed to disk.
fn written_beside(
    path: &Path,
    text: &str,
    create: impl Fn(&Path) -> io::Result<File>,
) -> io::Result<NamedTempFile<File>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut refused = None;
    let mut file = tempfile::Builder::new()
        .prefix(".rolecall-")
        .suffix(".tmp")
        // Unlike tempfile's own, a file that `create_new` makes is as readable as any new file of the user's.
        .make_in(folder, |name| create(name).inspect_err(|error| refused = error.raw_os_error()))
        // tempfile's error would name the folder again, which the caller's message already does.
        .map_err(|error| refused.map_or(error, io::Error::from_raw_os_error))?;
    file.as_file_mut().write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes the whole text or leaves the file as it was: a neighbouring file is written, flushed to disk and renamed.
/// A symbolic link is followed, and the file's permissions stay.
pub fn save(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let create = |name: &Path| {
        let file = File::create_new(name)?;
        if let Ok(metadata) = fs::metadata(&path) {
            file.set_permissions(metadata.permissions())?;
        }
        Ok(file)
    };
    written_beside(&path, text, create)?.persist(&path)?;
    Ok(())
}
