//! `rolecall.toml`: read into a [`Manifest`] that can be trusted, or into every fault at once.
//!
//! The way of a text: [`toml`] parses it, keeping places; the JSON Schema of the raw types tells which keys and types
//! are right; what is left is read by `serde`; then the values are checked against each other. A fault at one step
//! hides nothing that the same step finds elsewhere, and only broken TOML keeps the later steps from running.
//!
//! Deliberately absent: everything that needs AWS or Genesys Cloud. A name is not looked up here, a file that the
//! manifest mentions is not opened.

mod action;
mod boundary;
mod check;
pub mod edit;
mod form;
mod grant;
mod invoker;
mod manager;
mod note;
mod notify;
mod organization;
mod outline;
mod party;
mod raw;
mod secret;
mod section;
mod syntax;
mod take;
mod target;
mod walk;
mod word;
pub mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use note::Notes;
use serde::Deserialize;
use toml::de::DeTable;

use crate::iam::arn::{AccountId, Arn, ExternalId, Region as AwsRegion, RoleArn, RoleName, RolePath};
use crate::iam::lint::FailOn;
use crate::ports::secrets::SecretLocation;
use crate::region::Region;

pub use action::{DEFAULT_REQUEST_TEMPLATE, DEFAULT_SUCCESS_TEMPLATE};
pub use boundary::{Boundary, policy_path};
pub use grant::{BucketName, Grant, GrantKind, KeyArn, KeyPrefix, LexBot, LexBotAlias, Recordings};
pub use invoker::Invoker;
pub use manager::Manager;
pub use note::{Faults, Note, Place, names_secret};
pub use notify::{Notify, NotifyOn, Webhook};
pub use organization::FurtherOrganization;
pub use outline::{Outline, Position};
pub use party::{ChosenBy, NotGenesys, Party, PartyName, Vendor, WrongPartition};
pub use raw::{Method, json_schema};
pub use target::Target;

/// A manifest in which every value is right and agrees with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The folder of the file; the paths of the actions' schemas are relative to it.
    pub folder: PathBuf,
    /// Who assumes the role.
    pub party: Party,
    /// The IAM role.
    pub role: Role,
    /// The functions that the role may invoke; no two equal.
    pub targets: Vec<Target>,
    /// Who else may reach a target, for the targets that say so.
    pub invokers: BTreeMap<Target, Vec<Invoker>>,
    /// What else the role is for; no two equal. There is a target or a grant.
    pub grants: Vec<Grant>,
    /// How AWS is reached.
    pub access: Access,
    /// How the role is verified.
    pub verify: Verify,
    /// Who hears of an `apply`.
    pub notify: Option<Notify>,
    /// Data actions; no two of one name.
    pub actions: Vec<Action>,
}

/// The Genesys Cloud organization that assumes the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Genesys {
    /// The organization's region.
    pub region: &'static Region,
    /// The organization's ID, which is the external ID; `None` where it is to be read from the Genesys Cloud API.
    pub organization_id: Option<ExternalId>,
    /// The account that the trust policy names: the stated one, else that of the region.
    pub trusted_account: AccountId,
    /// The tool that makes what is in Genesys Cloud, where that is not rolecall.
    pub managed_by: Option<Manager>,
    /// Where AWS keeps the OAuth client; `None` where it comes from the environment.
    pub credentials: Option<SecretLocation>,
    /// Further organizations that assume the role.
    pub further: Vec<FurtherOrganization>,
    /// The integration that the actions belong to, where the manifest describes it.
    pub integration: Option<Integration>,
    /// The credential of the integration that the actions with an address belong to, where rolecall makes it.
    pub web_services_credential: Option<WebServicesCredential>,
}

/// The integration that the data actions belong to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Integration {
    /// Its name in Genesys Cloud, where one is stated.
    pub name: Option<String>,
    /// Notes for its administrators, where some are stated.
    pub notes: Option<String>,
    /// The name of the credential with the role's ARN, where one is stated.
    pub credential: Option<String>,
}

/// The credential that actions which call addresses read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebServicesCredential {
    /// Its type in Genesys Cloud.
    pub type_name: String,
    /// Its name in Genesys Cloud, where one is stated.
    pub name: Option<String>,
    /// Where AWS keeps its fields, as a JSON object.
    pub source: SecretLocation,
}

/// How the line begins that rolecall adds to the notes of an integration.
pub const NOTES_MARK: &str = "Managed by rolecall:";

/// The IAM role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub name: RoleName,
    /// The path; `/` where none is stated.
    pub path: RolePath,
    /// The description, where one is stated.
    pub description: Option<String>,
    /// The longest session in seconds, 3600 to 43200; 3600 where none is stated.
    pub max_session_duration: u32,
    /// The policy that bounds what the role may ever do.
    pub permissions_boundary: Option<Boundary>,
    /// The stated tags, without rolecall's own.
    pub tags: BTreeMap<String, String>,
    /// The tool that makes the role, where that is not rolecall.
    pub managed_by: Option<Manager>,
}

/// How AWS is reached for this role: where nothing is stated, as the command line and the environment say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Access {
    /// The account that the manifest is for; credentials of another one are refused.
    pub account: Option<AccountId>,
    /// The profile of the AWS configuration files.
    pub profile: Option<String>,
    /// The region of targets without a region.
    pub region: Option<AwsRegion>,
    /// The role that is assumed first.
    pub assume_role: Option<AssumedRole>,
}

/// A role that is assumed before anything else is done.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssumedRole {
    pub role: RoleArn,
    /// The external ID that its trust policy asks for.
    pub external_id: Option<ExternalId>,
}

/// How the role is verified.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verify {
    /// A role or user that the trust policy also names, so that live probes can assume the role.
    pub probe_principal: Option<Arn>,
    /// How severe a finding must be to fail the role by itself.
    pub fail_on: FailOn,
}

/// A data action of Genesys Cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub name: String,
    pub category: String,
    /// What the action calls.
    pub call: Call,
    /// The JSON Schema file of the input, as written; [`Manifest::locate`] finds it.
    pub input_schema: PathBuf,
    /// The JSON Schema file of the output, as written; [`Manifest::locate`] finds it.
    pub output_schema: PathBuf,
    /// How long Genesys Cloud waits, 1 to 60 seconds; 60 where nothing is stated.
    pub timeout_seconds: u8,
    /// Whether the action handles sensitive data.
    pub secure: bool,
    /// The Velocity template of the request's body.
    pub request_template: Template,
    /// The Velocity template of the result.
    pub success_template: Template,
    /// Names and the JSON paths that extract them from the answer.
    pub translation_map: BTreeMap<String, String>,
    /// Values of names whose JSON path finds nothing.
    pub translation_map_defaults: BTreeMap<String, String>,
    /// A JSON file with the input of a test, as written; [`Manifest::locate`] finds it.
    pub test_input: Option<PathBuf>,
}

/// Where a template of an action stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// In the manifest, or the documented default.
    Text(String),
    /// In a file, as written; [`Manifest::locate`] finds it.
    File(PathBuf),
}

/// What a data action calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// One of the manifest's targets, through the role.
    Function {
        target: Target,
        /// The request type, which Genesys Cloud keeps for functions too.
        method: Method,
        /// The headers, which the function finds in its client context.
        headers: BTreeMap<String, String>,
    },
    /// An https address, not through the role.
    Url {
        /// The address; may hold `${input.…}` templates.
        url: String,
        /// The HTTP method.
        method: Method,
        /// The HTTP headers.
        headers: BTreeMap<String, String>,
    },
}

/// A manifest that could not be read at all, or that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// There is no such file.
    #[error("no manifest at `{}`; `rolecall init` writes a manifest, `--file` names a different path", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read the manifest `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The path is not that of a text file.
    #[error("`{}` is not a manifest: {reason}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What it is, and the way out.
        reason: String,
    },
    /// The file is text, and wrong.
    #[error(transparent)]
    Invalid(#[from] Faults),
}

/// A manifest is a few kilobytes; whatever is larger than this was named by mistake.
const MAX_BYTES: u64 = 1024 * 1024;

impl Manifest {
    /// Reads and checks a manifest; returns it with warnings.
    pub fn load(path: &Path) -> Result<(Manifest, Vec<Note>), ManifestError> {
        let text = read_text(path)?;
        Ok(Manifest::parse(&text, &path.display().to_string())?)
    }

    /// Checks a manifest's text; `file` names it in messages, and its folder is the base of relative paths.
    pub fn parse(text: &str, file: &str) -> Result<(Manifest, Vec<Note>), Faults> {
        // Editors on Windows write a byte order mark; columns are counted without it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut notes = Notes::new(file, text);
        if text.trim().is_empty() {
            notes.fault(None, "the file is empty; `rolecall init` writes a manifest");
            return notes.conclude(None);
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        syntax::report(&errors, text, &mut notes);
        if notes.has_faults() || check::is_other_version(&table, &mut notes) {
            return notes.conclude(None);
        }
        let table = walk::prune(table, json_schema(), &mut notes);
        let manifest = match raw::RawManifest::deserialize(toml::de::Deserializer::from(table)) {
            Ok(raw) => check::manifest(raw, folder_of(file), &mut notes),
            Err(error) => {
                notes.fault(error.span(), error.message());
                None
            }
        };
        notes.conclude(manifest)
    }

    /// The Genesys Cloud organization, if it assumes the role.
    pub fn genesys(&self) -> Option<&Genesys> {
        self.party.genesys()
    }

    /// The Genesys Cloud organization, for what cannot be done without it.
    pub fn require_genesys(&self) -> Result<&Genesys, NotGenesys> {
        match &self.party {
            Party::Genesys(genesys) => Ok(genesys),
            Party::Vendor(vendor) => Err(NotGenesys { vendor: vendor.name.clone() }),
        }
    }

    /// The tool that makes what is in Genesys Cloud, if that is not rolecall.
    pub fn genesys_manager(&self) -> Option<Manager> {
        self.genesys().and_then(|genesys| genesys.managed_by)
    }

    /// Where a file that the manifest names really is.
    pub fn locate(&self, file: &Path) -> PathBuf {
        self.folder.join(file)
    }
}

fn folder_of(file: &str) -> PathBuf {
    Path::new(file).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The text of a manifest; a file that cannot be one says why.
pub fn read_text(path: &Path) -> Result<String, ManifestError> {
    let owned = || path.to_path_buf();
    let not_text = |reason: String| ManifestError::NotText { path: owned(), reason };
    let metadata = std::fs::metadata(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ManifestError::Missing { path: owned() },
        _ => ManifestError::Unreadable { path: owned(), source },
    })?;
    if metadata.is_dir() {
        return Err(not_text(format!(
            "it is a folder; name the file: `{}`",
            path.join("rolecall.toml").display()
        )));
    }
    if metadata.len() > MAX_BYTES {
        return Err(not_text(format!(
            "it has {} bytes, but a manifest has at most {MAX_BYTES}",
            metadata.len()
        )));
    }
    let largest = usize::try_from(MAX_BYTES).unwrap_or(usize::MAX);
    let bytes = crate::file::read(path, largest)
        .map_err(|source| ManifestError::Unreadable { path: owned(), source })?;
    String::from_utf8(bytes).map_err(|error| {
        let bytes = error.as_bytes();
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return not_text("it is UTF-16; save it as UTF-8".to_owned());
        }
        let valid = bytes.get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        not_text(format!("line {line} is not UTF-8; save it as UTF-8"))
    })
}
