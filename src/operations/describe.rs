//! What others made in Genesys Cloud → the `[genesys]` and `[[action]]` of a manifest that describes it, for `init --from-genesys`. Pure.
//!
//! Invariant: where the manifest is compared with the snapshot that it was made of, nothing differs: what would differ is left out.
//! What is left out is told, with the reason. Drafts are no part of such a manifest, and no values of a credential: which credential an
//! integration for addresses uses is told.

use std::path::{Path, PathBuf};

use super::context::GenesysSurvey;
use crate::desired::exchange::{ExchangedAction, Imported, file_stem};
use crate::desired::genesys::{Kind, Managed, desired};
use crate::desired::sources::read_sources;
use crate::drift::{Difference, Subject, shown_role};
use crate::iam::arn::{ExternalId, FunctionArn, RoleArn, RoleName};
use crate::manifest::{Action, Integration, Manifest, Target, write};
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::ports::genesys::{ActionRecord, IntendedState, ReportedState, Template};
use crate::verify::genesys_fault::GenesysPart;
use rolecall_model::shown::Shown;

/// What of an action's name is enough to find its files by.
const LONGEST_STEM: usize = 100;

/// Which integrations are to be described.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// That of this name or ID; if nothing is stated, all.
    pub integration: Option<String>,
    /// Those for this role.
    pub role: Option<WantedRole>,
}

/// The role that the integrations are for.
#[derive(Clone, Debug)]
pub enum WantedRole {
    Arn(RoleArn),
    /// The role of this name, in any account.
    Name(RoleName),
}

impl WantedRole {
    fn is(&self, shown: &str) -> bool {
        match self {
            Self::Arn(arn) => arn.to_string() == shown,
            Self::Name(name) => shown.parse::<RoleArn>().is_ok_and(|arn| arn.name == *name),
        }
    }
}

/// Why nothing can be described.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescribeError {
    /// No integration has the name or ID.
    #[error("no integration of the type `aws-lambda-data-actions` has the name or ID `{}`", Shown(name))]
    NoSuchIntegration {
        /// What was asked for.
        name: String,
    },
    /// Several integrations have the name.
    #[error("{} integrations are named `{}`: {}", ids.len(), Shown(name), ids.join(", "))]
    Ambiguous {
        name: String,
        /// Their IDs.
        ids: Vec<String>,
    },
    /// No integration can be described.
    #[error("no integration can be described{}", reasons.iter().map(|reason| format!("\n  {reason}")).collect::<String>())]
    NoIntegration {
        /// Why not, each.
        reasons: Vec<String>,
    },
    /// The integrations are for several roles.
    #[error("the integrations are for several roles: {}", roles.join(", "))]
    SeveralRoles {
        /// Their ARNs.
        roles: Vec<String>,
    },
}

/// The integrations that the manifest is to describe.
#[derive(Clone, Debug)]
pub struct Chosen<'o> {
    observed: &'o Observed,
    integrations: Vec<&'o ObservedIntegration>,
    /// Those for addresses, which are for no role.
    for_addresses: Vec<&'o ObservedIntegration>,
    /// The role that Genesys Cloud shows.
    pub role: Option<RoleArn>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// What became of the actions.
#[derive(Clone, Debug, Default)]
pub struct Described {
    /// The files' paths, relative to the manifest, and their texts.
    pub files: Vec<(PathBuf, String)>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// Chooses the integrations that work, and are for one role.
pub fn choose<'o>(observed: &'o Observed, wanted: &Wanted) -> Result<Chosen<'o>, DescribeError> {
    let all = observed.integrations.iter().filter(|known| known.kind == Kind::Lambda);
    let named: Vec<&ObservedIntegration> = match &wanted.integration {
        None => all.collect(),
        Some(name) => all.filter(|known| known.record.name == *name || known.record.id == *name).collect(),
    };
    match (&wanted.integration, named.as_slice()) {
        (None, _) | (Some(_), [_]) => {}
        (Some(name), []) => return Err(DescribeError::NoSuchIntegration { name: name.clone() }),
        (Some(name), several) => {
            let ids = several.iter().map(|known| Shown(&known.record.id).to_string()).collect();
            return Err(DescribeError::Ambiguous { name: name.clone(), ids });
        }
    }
    let (mut notes, mut roles): (Vec<String>, Vec<String>) = Default::default();
    let mut integrations = Vec::new();
    for known in named {
        match usable(known, observed, wanted.role.as_ref()) {
            Ok(shown) => {
                roles.extend(shown.filter(|shown| !roles.contains(shown)));
                if let Some(mark) = &known.mark {
                    notes.push(format!(
                        "rolecall made or took over integration {} for {}; while `managed_by` is in [genesys], rolecall does not \
                         write it",
                        Shown(&known.record.name),
                        Shown(&mark.owner())
                    ));
                }
                integrations.push(known);
            }
            Err(reason) => {
                let (name, id) = (Shown(&known.record.name), Shown(&known.record.id));
                notes.push(format!("integration {name} ({id}) is left out: {reason}"));
            }
        }
    }
    if integrations.is_empty() {
        if notes.is_empty() {
            notes
                .push("the organization has no integration of the type `aws-lambda-data-actions`".to_owned());
        }
        return Err(DescribeError::NoIntegration { reasons: notes });
    }
    let role = match roles.as_slice() {
        [] => None,
        [role] => role.parse().ok(),
        _ => return Err(DescribeError::SeveralRoles { roles }),
    };
    let mut for_addresses = Vec::new();
    // Whoever names an integration wants no other one.
    let all = observed.integrations.iter().filter(|known| known.kind == Kind::WebServices);
    for known in all.filter(|_| wanted.integration.is_none()) {
        let (name, id) = (Shown(&known.record.name), Shown(&known.record.id));
        match works(known) {
            Ok(()) => {
                notes.push(format!("integration {name} ({id}) {}", credential_in_words(known, observed)));
                for_addresses.push(known);
            }
            Err(reason) => notes.push(format!("integration {name} ({id}) is left out: {reason}")),
        }
    }
    Ok(Chosen { observed, integrations, for_addresses, role, notes })
}

/// Which credential an integration for addresses uses. What is in it, nobody can read.
fn credential_in_words(known: &ObservedIntegration, observed: &Observed) -> String {
    let Some(id) = known.config.credentials.values().next() else {
        return "uses no credential".to_owned();
    };
    let Some(record) = observed.credentials.iter().find(|record| record.id == *id) else {
        return format!("uses the credential {}, which Genesys Cloud does not list", Shown(id));
    };
    format!(
        "uses the credential {} ({}) of the type `{}`; its values cannot be read: if rolecall is to make it, keep them in a secret, \
         and name the secret in [genesys.web_services.credential]",
        Shown(&record.name),
        Shown(id),
        Shown(&record.type_name)
    )
}

/// Whether flows can use the integration, or why not.
fn works(known: &ObservedIntegration) -> Result<(), String> {
    match (known.record.intended, known.record.reported) {
        (IntendedState::Enabled, Some(ReportedState::Active)) => Ok(()),
        (IntendedState::Enabled, _) => Err("it is enabled and does not report ACTIVE".to_owned()),
        (IntendedState::Disabled | IntendedState::Deleted | IntendedState::Restored, _) => {
            Err("it is not enabled".to_owned())
        }
    }
}

/// The role that its credential names, where Genesys Cloud shows it; or why a manifest that describes it would be refuted.
fn usable(
    known: &ObservedIntegration,
    observed: &Observed,
    wanted: Option<&WantedRole>,
) -> Result<Option<String>, String> {
    works(known)?;
    if !known.config.credentials.contains_key(&observed.form.key) {
        return Err("it names no credential with a role's ARN".to_owned());
    }
    let Some(credential) = &known.credential else {
        return Err("Genesys Cloud does not find the credential that it names".to_owned());
    };
    let Some(shown) = shown_role(credential.fields.get(&observed.form.field)) else { return Ok(None) };
    match wanted {
        _ if shown.parse::<RoleArn>().is_err() => {
            Err(format!("its credential names `{}`, which is no role", Shown(shown)))
        }
        Some(wanted) if !wanted.is(shown) => {
            Err(format!("its credential names another role, `{}`", Shown(shown)))
        }
        Some(_) | None => Ok(Some(shown.clone())),
    }
}

impl Chosen<'_> {
    /// The functions that the actions call, each once.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        let urls = self.integrations.iter().flat_map(|known| &known.actions).filter_map(url_of);
        for target in urls.filter_map(|url| url.parse::<FunctionArn>().ok()).map(target_of) {
            if !targets.contains(&target) {
                targets.push(target);
            }
        }
        targets
    }

    /// Puts the integration and the actions into the manifest, which knows role and targets.
    pub fn describe(&self, manifest: &mut Manifest, organization: &ExternalId, role: &RoleArn) -> Described {
        let Self { observed, integrations, for_addresses, role: _, notes: _ } = self;
        let mut described = Described::default();
        let integration = match integrations.as_slice() {
            [one] => Some(Integration { name: Some(self.reference(one)), notes: None, credential: None }),
            _ => None,
        };
        if let Some(genesys) = manifest.party.genesys_mut() {
            genesys.integration.clone_from(&integration);
        }
        // Without a stated integration, actions are found by their names in all of them. None for addresses is ever stated.
        let namespace = |kind: Kind| -> Vec<&ObservedIntegration> {
            match (kind, &integration) {
                (Kind::Lambda, Some(_)) => integrations.clone(),
                (Kind::Lambda, None) | (Kind::WebServices, _) => {
                    observed.integrations.iter().filter(|known| known.kind == kind).collect()
                }
            }
        };
        let namespaces = Kind::ALL.map(|kind| (kind, namespace(kind)));
        let mut taken: Vec<(Action, Vec<(PathBuf, String)>)> = Vec::new();
        for known in integrations.iter().chain(for_addresses) {
            for action in &known.actions {
                let mut leave_out = |reason: &str| {
                    let (name, id) = (Shown(&action.name), Shown(&action.id));
                    // Reasons quote what others wrote.
                    described.notes.push(format!("action {name} ({id}) is left out: {}", Shown(reason)));
                };
                let of_kind = namespaces.iter().filter(|(kind, _)| *kind == known.kind);
                let others = of_kind.flat_map(|(_, namespace)| namespace);
                let others = others.flat_map(|known| known.actions.iter().chain(&known.drafts));
                if { others }.filter(|other| other.name == action.name).count() > 1 {
                    leave_out("several actions have its name, and a manifest finds actions by their names");
                    continue;
                }
                if taken.iter().any(|(taken, _)| taken.name == action.name) {
                    leave_out(
                        "an action of another integration has its name, and a manifest has each name once",
                    );
                    continue;
                }
                match self.one(known.kind, action, manifest, &taken) {
                    Ok(Imported { action, files }) => taken.push((action, files)),
                    Err(reason) => leave_out(&reason),
                }
            }
            for draft in &known.drafts {
                let (name, id) = (Shown(&draft.name), Shown(&draft.id));
                described.notes.push(format!("action {name} ({id}) is left out: it was never published"));
            }
        }
        // The comparison that `drift` will make has the last word.
        loop {
            manifest.actions = taken.iter().map(|(action, _)| action.clone()).collect();
            let differences = self.differences(manifest, organization, role, &taken);
            let differing = |name: &str| differences.iter().any(|difference| is_about(difference, name));
            let before = taken.len();
            let (left_out, stay): (Vec<_>, Vec<_>) =
                taken.into_iter().partition(|(action, _)| differing(&action.name));
            described.notes.extend(left_out.iter().map(|(action, _)| {
                format!(
                    "action {} is left out: a manifest cannot say exactly what it does",
                    Shown(&action.name)
                )
            }));
            taken = stay;
            if taken.len() == before {
                break;
            }
        }
        described.files = taken.into_iter().flat_map(|(_, files)| files).collect();
        described
    }

    /// The name of the integration; its ID, where others have the name too.
    fn reference(&self, known: &ObservedIntegration) -> String {
        let namesakes = self.observed.integrations.iter().filter(|other| {
            other.kind == Kind::Lambda
                && (other.record.name == known.record.name || other.record.id == known.record.name)
        });
        let record = &known.record;
        // A manifest takes no empty name, and none with spaces around it.
        let is_plain = !record.name.is_empty() && record.name.trim() == record.name;
        if is_plain && namesakes.count() == 1 { record.name.clone() } else { record.id.clone() }
    }

    /// The action as a manifest of its own would have it, read again; or why no manifest can have it.
    fn one(
        &self,
        kind: Kind,
        record: &ActionRecord,
        manifest: &Manifest,
        taken: &[(Action, Vec<(PathBuf, String)>)],
    ) -> Result<Imported, String> {
        let (Some(contract), Some(config)) = (record.contract.clone(), record.config.clone()) else {
            return Err("Genesys Cloud does not show its contract or its configuration".to_owned());
        };
        let is_stored = |template: &Option<Template>| *template == Some(Template::Stored);
        if is_stored(&config.request_template) || is_stored(&config.success_template) {
            return Err("Genesys Cloud does not show one of its templates".to_owned());
        }
        let (name, secure) = (record.name.clone(), record.secure);
        let exchanged = ExchangedAction { name, kind, secure, contract, config };
        // File systems take names of 255 bytes; the stem is ASCII.
        let stem: String = file_stem(&record.name).chars().take(LONGEST_STEM).collect();
        let stem = free_stem(&stem, taken);
        let imported = exchanged.into_manifest_as(&manifest.targets, &record.category, &stem);
        let Imported { action, files } = imported.map_err(|error| error.to_string())?;
        let alone = Manifest { actions: vec![action.clone()], ..manifest.clone() };
        let (parsed, _) = Manifest::parse(&write::render(&alone), "").map_err(|faults| {
            let messages: Vec<&str> = faults.0.iter().map(|fault| fault.message.as_str()).collect();
            messages.join("; ")
        })?;
        if parsed.actions != alone.actions {
            return Err("a manifest cannot say exactly what it does".to_owned());
        }
        read_sources(&alone, &|path| text_of(path, &files)).map_err(|faults| {
            let messages: Vec<&str> = faults.0.iter().map(|fault| fault.message.as_str()).collect();
            messages.join("; ")
        })?;
        Ok(Imported { action, files })
    }

    /// What `drift` would say of the manifest.
    fn differences(
        &self,
        manifest: &Manifest,
        organization: &ExternalId,
        role: &RoleArn,
        taken: &[(Action, Vec<(PathBuf, String)>)],
    ) -> Vec<Difference> {
        let files: Vec<(PathBuf, String)> = taken.iter().flat_map(|(_, files)| files.clone()).collect();
        // A target that no action calls and that is not stated in full changes nothing here.
        let known = manifest.targets.iter().filter_map(|target| {
            let function = target.arn().or_else(|| self.called_as(target))?;
            Some((target.clone(), function))
        });
        let (targets, functions): (Vec<Target>, Vec<FunctionArn>) = known.unzip();
        let at_home = Manifest { folder: PathBuf::new(), targets, ..manifest.clone() };
        // Each was read by itself before.
        let Ok(sources) = read_sources(&at_home, &|path| text_of(path, &files)) else { return Vec::new() };
        let desired = desired(&at_home, organization, role, &functions, &sources);
        let own = |known: &&ObservedIntegration| match (
            manifest.genesys().and_then(|genesys| genesys.integration.as_ref()),
            known.kind,
        ) {
            (None, _) | (Some(_), Kind::WebServices) => true,
            (Some(_), Kind::Lambda) => {
                self.integrations.iter().any(|chosen| chosen.record.id == known.record.id)
            }
        };
        let integrations = self.observed.integrations.iter().filter(own).cloned().collect();
        let observed = Observed { integrations, ..self.observed.clone() };
        let sides = GenesysSurvey { desired, observed, managed: Managed::of(manifest) };
        sides.drift().map(|(_, differences)| differences).unwrap_or_default()
    }

    /// The function that an action calls and that the target, which says less, can mean.
    fn called_as(&self, target: &Target) -> Option<FunctionArn> {
        let actions = self.integrations.iter().flat_map(|known| &known.actions);
        let called = actions.filter_map(url_of).filter_map(|url| url.parse::<FunctionArn>().ok());
        { called }.find(|function| function.name == target.function && function.qualifier == target.qualifier)
    }
}

fn url_of(action: &ActionRecord) -> Option<&str> {
    action.config.as_ref().map(|config| config.url_template.as_str())
}

fn target_of(FunctionArn { partition, region, account, name, qualifier }: FunctionArn) -> Target {
    Target {
        function: name,
        qualifier,
        region: Some(region),
        account: Some(account),
        partition: Some(partition),
    }
}

/// Whether the difference is about the action of this name.
fn is_about(difference: &Difference, action: &str) -> bool {
    match &difference.subject {
        Subject::Genesys { part: GenesysPart::Action | GenesysPart::ActionDraft, name } => name == action,
        Subject::Genesys { .. } | Subject::Role(_) | Subject::Policy(_) | Subject::Function(_) => false,
    }
}

/// A part of the files' names that no other action's files have.
fn free_stem(stem: &str, taken: &[(Action, Vec<(PathBuf, String)>)]) -> String {
    let is_free = |stem: &String| {
        let mut used = taken.iter().map(|(action, _)| &action.input_schema);
        !used.any(|path| *path == Path::new("schemas").join(format!("{stem}-request.json")))
    };
    let numbered = (2..).map(|number| format!("{stem}-{number}"));
    std::iter::once(stem.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

fn text_of(path: &Path, files: &[(PathBuf, String)]) -> Result<String, String> {
    let found = files.iter().find(|(known, _)| path.ends_with(known));
    found.map(|(_, text)| text.clone()).ok_or_else(|| "it was not written".to_owned())
}
