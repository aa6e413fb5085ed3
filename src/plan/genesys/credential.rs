//! The credential of an integration: what is written, what stays, and what goes.
//!
//! Invariants: a value that Genesys Cloud does not show is never taken to be right, only to be unknown; a credential changes under its
//! ID as long as its type stays; what stood in the place of rolecall's comes back when rolecall's goes.

use jiff::{SignedDuration, Timestamp};

use super::{
    Attachment, Credential, CredentialValue, Id, Notice, Plan, PlanError, Retirement, Rewriting, Step,
};
use crate::desired::genesys::{
    CredentialContent, Desired, DesiredCredential, DesiredIntegration, Kind, Mark, Sign,
};
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::ports::genesys::CredentialRecord;

/// What is decided about the credential of an integration, before its configuration.
pub(super) struct Decided {
    /// What the configuration says of it.
    pub(super) attachment: Attachment,
    /// The credential for the mark, where it is known before the plan is carried out.
    pub(super) recorded: Option<(String, Option<String>)>,
    /// How the secret is named that its values are of.
    pub(super) secret: Option<String>,
    /// What stood in its place.
    pub(super) replaced: Option<String>,
    /// Whether a step writes it.
    pub(super) is_written: bool,
    /// What goes once the configuration does not name it any more.
    pub(super) retired: Option<Step>,
}

/// A credential before the configuration that names it.
enum Written {
    /// It stays, with the date of its last change.
    Stays(String, Option<String>),
    /// A step writes it.
    Planned(Id),
}

/// What a credential is planned from.
#[derive(Clone, Copy)]
pub(super) struct Standpoint<'o> {
    /// The integration, where there is one.
    pub(super) known: Option<&'o ObservedIntegration>,
    /// Its mark, where it is rolecall's own.
    pub(super) mark: Option<&'o Mark>,
    pub(super) observed: &'o Observed,
    pub(super) sign: &'o Sign,
}

impl<'o> Standpoint<'o> {
    /// Adds the steps for the credential that come before the configuration.
    pub(super) fn plan(
        self,
        wanted: &DesiredIntegration,
        role: &str,
        rewriting: Rewriting,
        plan: &mut Plan,
    ) -> Result<Decided, PlanError> {
        let Self { known, mark, observed, sign } = self;
        let Some(credential) = &wanted.credential else {
            let (attachment, own) = match (known, mark) {
                (Some(known), Some(mark)) => released(known, mark, observed),
                (Some(_) | None, None) | (None, Some(_)) => (Attachment::Left, None),
            };
            let retired = own.map(|own| deleted(own, Retirement::NotInManifest));
            let (recorded, secret, replaced) = (None, None, None);
            return Ok(Decided { attachment, recorded, secret, replaced, is_written: false, retired });
        };
        let (key, credential) = credential_of(wanted.kind, credential, role, observed, sign)?;
        let secret = credential.value.secret();
        let attached = known.and_then(|known| known.config.credentials.get(&key));
        let replaced = match mark {
            Some(mark) if mark.credential.is_some() || wanted.kind == Kind::Lambda => mark.replaced.clone(),
            // Where the mark was lost, the credential that stands there may be rolecall's own: that replaced nothing.
            Some(_) | None => attached.filter(|_| self.signed().is_none()).cloned(),
        };
        let own = mark.and_then(|mark| mark.credential.as_ref()).and_then(|(id, written)| {
            let record = observed.credentials.iter().find(|record| record.id == *id)?;
            Some((record, written.clone()))
        });
        // Of the type of a credential, no documentation says that it can change. The one with the role's ARN is never of another type,
        // and of an answer without a type nothing follows.
        let is_other = |record: &CredentialRecord| {
            wanted.kind == Kind::WebServices
                && !record.type_name.is_empty()
                && record.type_name != credential.type_name
        };
        let (own, of_other_type) = match own {
            Some((record, _)) if is_other(record) => (None, Some(record)),
            own => (own, None),
        };
        let retired = of_other_type.map(|record| deleted(record, Retirement::Replaced));
        // A list and a read may contradict each other: what goes is not written.
        let found =
            self.found(&credential).filter(|(found, _)| of_other_type.is_none_or(|it| it.id != found.id));
        Ok(match self.write(credential, own, found, rewriting, plan) {
            Written::Stays(id, modified) => Decided {
                recorded: Some((id.clone(), modified)),
                attachment: Attachment::Attached { key, id: Id::Known(id) },
                secret,
                replaced,
                is_written: false,
                retired,
            },
            // Which date it will have, and which ID, shows when it is written.
            Written::Planned(id) => Decided {
                recorded: None,
                attachment: Attachment::Attached { key, id },
                secret,
                replaced,
                is_written: true,
                retired,
            },
        })
    }

    fn write(
        self,
        credential: Credential,
        own: Option<(&CredentialRecord, Option<String>)>,
        found: Option<(&CredentialRecord, &str)>,
        rewriting: Rewriting,
        plan: &mut Plan,
    ) -> Written {
        let Some((record, written)) = own else {
            // None yet, or it is gone, or the line in the notes that named it is. One that is rolecall's own all the same is written
            // again: what it holds, nobody can tell.
            let Some((CredentialRecord { id, .. }, why)) = found else {
                return Written::Planned(plan.create_credential(credential));
            };
            plan.steps.push(Step::UpdateCredential { id: id.clone(), credential, why: why.to_owned() });
            return Written::Planned(Id::Known(id.clone()));
        };
        let id = record.id.clone();
        let changed = changed_since(written.as_deref(), record.modified.as_deref());
        let why = self.differs(&credential, record).or_else(|| match changed {
            Some(Changed::ByOthers(when)) => {
                Some(format!("it was changed at {when}, and its current value cannot be read"))
            }
            Some(Changed::PerhapsByOthers(_)) | None => None,
        });
        let why = why.or_else(|| match rewriting {
            Rewriting::Always => Some("you asked for it".to_owned()),
            Rewriting::WhereNeeded => None,
        });
        match why {
            Some(why) => {
                plan.steps.push(Step::UpdateCredential { id: id.clone(), credential, why });
                Written::Planned(Id::Known(id))
            }
            None => {
                let changed = changed.map(|(Changed::ByOthers(when) | Changed::PerhapsByOthers(when))| when);
                plan.notices.extend(self.unknown(&credential, &id, changed));
                Written::Stays(id, written)
            }
        }
    }

    /// A credential of rolecall's own that no mark names, and how that came.
    fn found(self, credential: &Credential) -> Option<(&'o CredentialRecord, &'static str)> {
        let fits = |record: &&CredentialRecord| record.type_name == credential.type_name;
        let unattached = "an earlier run stopped before it attached the credential";
        let unmarked = "the integration's notes do not say any more when rolecall wrote it";
        let orphan = || self.observed.orphans_of(credential.kind).find(fits).map(|own| (own, unattached));
        self.signed().filter(fits).map(|own| (own, unmarked)).or_else(orphan)
    }

    /// What is seen to be wrong in a credential of rolecall's.
    fn differs(self, credential: &Credential, record: &CredentialRecord) -> Option<String> {
        let is_other = match &credential.value {
            CredentialValue::Role { field, role } => {
                let is_other = |shown: &String| shown != role;
                let is_meant = self.shown(&record.id, field).is_some_and(is_other)
                    || self.mark.is_some_and(|mark| is_other(&mark.role));
                is_meant.then(|| "it contains a different ARN".to_owned())
            }
            CredentialValue::Secret { source, required: _ } => {
                let before = self.mark.and_then(|mark| mark.secret.as_ref());
                match before {
                    Some(before) if *before == source.to_string() => None,
                    Some(before) => Some(format!("its values are of `{before}`")),
                    None => Some("the integration's notes do not say of what its values are".to_owned()),
                }
            }
        };
        let is_renamed =
            || (record.name != credential.name).then(|| format!("it is named `{}`", record.name));
        is_other.or_else(is_renamed)
    }

    /// The ARN that Genesys Cloud shows of the credential, where it does.
    fn shown(self, id: &str, field: &str) -> Option<&'o String> {
        let shown = self.known.and_then(|known| known.credential.as_ref()).filter(|shown| shown.id == id);
        shown.and_then(|shown| shown.fields.get(field)).filter(|value| value.starts_with("arn:"))
    }

    /// What nobody can tell of a credential that stays.
    fn unknown(self, credential: &Credential, id: &str, changed: Option<&str>) -> Option<Notice> {
        let id = id.to_owned();
        let is_shown = |field: &String| self.shown(&id, field).is_some();
        match (&credential.value, changed) {
            (CredentialValue::Role { field, .. }, _) if is_shown(field) => None,
            (CredentialValue::Role { .. } | CredentialValue::Secret { .. }, Some(when)) => {
                Some(Notice::MayBeChanged { id, when: when.to_owned() })
            }
            (CredentialValue::Role { role, .. }, None) => {
                Some(Notice::Unverifiable { id, role: role.clone() })
            }
            (CredentialValue::Secret { source, required: _ }, None) => {
                Some(Notice::ValuesNotShown { id, secret: source.called() })
            }
        }
    }

    /// The credential that the configuration names, where its name says that it is rolecall's own. It was read by its ID: no list
    /// needs to show it.
    fn signed(self) -> Option<&'o CredentialRecord> {
        let known = self.known?;
        let attached = known.credential.as_ref()?;
        let named = known.config.credentials.get(self.observed.key(known.kind)?)?;
        (*named == attached.id && self.sign.is_on(&attached.name)).then_some(attached)
    }
}

/// The credential that is wanted, and the key that it stands under.
fn credential_of(
    kind: Kind,
    DesiredCredential { name, content }: &DesiredCredential,
    role: &str,
    observed: &Observed,
    sign: &Sign,
) -> Result<(String, Credential), PlanError> {
    let (key, type_name, value) = match content {
        CredentialContent::Role => {
            let form = &observed.form;
            let value = CredentialValue::Role { field: form.field.clone(), role: role.to_owned() };
            (form.key.clone(), form.type_name.clone(), value)
        }
        CredentialContent::Secret { type_name, source } => {
            let acceptance = observed.acceptance.as_ref();
            let Some((key, acceptance)) =
                acceptance.and_then(|acceptance| Some((acceptance.key.clone()?, acceptance)))
            else {
                let accepted = acceptance.map(|acceptance| acceptance.accepted.clone()).unwrap_or_default();
                return Err(PlanError::CredentialNotAccepted { type_name: type_name.clone(), accepted });
            };
            let required = acceptance.required.clone();
            (key, type_name.clone(), CredentialValue::Secret { source: source.clone(), required })
        }
    };
    Ok((key, Credential { kind, name: sign.on(name), type_name, value }))
}

/// What becomes of the credential of an integration in which rolecall needs none any more; and rolecall's own, which goes.
pub(super) fn released<'o>(
    known: &ObservedIntegration,
    mark: &Mark,
    observed: &'o Observed,
) -> (Attachment, Option<&'o CredentialRecord>) {
    let find = |id: &String| observed.credentials.iter().find(|record| record.id == *id);
    let own = mark.credential.as_ref().and_then(|(id, _)| find(id));
    let key = own.and_then(|own| {
        let mut named = known.config.credentials.iter();
        named.find(|(_, id)| **id == own.id).map(|(key, _)| key.clone())
    });
    let attachment = match (key, mark.replaced.as_ref().filter(|id| find(id).is_some())) {
        (None, _) => Attachment::Left,
        (Some(key), None) => Attachment::Detached { key },
        (Some(key), Some(id)) => Attachment::Attached { key, id: Id::Known(id.clone()) },
    };
    (attachment, own)
}

fn deleted(CredentialRecord { id, name, .. }: &CredentialRecord, why: Retirement) -> Step {
    Step::DeleteCredential { id: id.clone(), name: name.clone(), why }
}

/// The orphans that no integration of the manifest can take up again.
pub(super) fn unwanted_orphans(desired: &Desired, observed: &Observed) -> Vec<CredentialRecord> {
    let wanted = |kind: Kind| {
        let of_kind = desired.integrations.iter().find(|wanted| wanted.kind == kind);
        of_kind.and_then(|wanted| wanted.credential.as_ref())
    };
    let is_unwanted = |kind: Kind, orphan: &CredentialRecord| match wanted(kind).map(|it| &it.content) {
        None => true,
        Some(CredentialContent::Role) => false,
        Some(CredentialContent::Secret { type_name, source: _ }) => orphan.type_name != *type_name,
    };
    let of_kind = |kind| observed.orphans_of(kind).filter(move |orphan| is_unwanted(kind, orphan));
    Kind::ALL.into_iter().flat_map(of_kind).cloned().collect()
}

/// No documentation says whether attaching a credential counts as a change of it, and rolecall attaches it right after it wrote it:
/// who made a change within this time, nobody can tell.
const SETTLING: SignedDuration = SignedDuration::from_secs(60);

/// A change of a credential after rolecall wrote it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed<'t> {
    ByOthers(&'t str),
    PerhapsByOthers(&'t str),
}

fn changed_since<'t>(written: Option<&str>, modified: Option<&'t str>) -> Option<Changed<'t>> {
    let (written, modified) = (written?, modified?);
    let since = match (written.parse::<Timestamp>(), modified.parse::<Timestamp>()) {
        (Ok(written), Ok(at)) => at.duration_since(written),
        (Err(_), _) | (_, Err(_)) => {
            return (written != modified).then_some(Changed::ByOthers(modified));
        }
    };
    match since {
        since if since > SETTLING => Some(Changed::ByOthers(modified)),
        since if since > SignedDuration::ZERO => Some(Changed::PerhapsByOthers(modified)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
