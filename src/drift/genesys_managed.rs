//! Drift of a Genesys Cloud side that another tool makes: what that tool has to repair. Pure.
//!
//! Compared is what the manifest states: the integration, its notes if there are some, its state, the role that its credential names,
//! the type of the credential for addresses, and each `[[action]]`. Whatever else is there is the other tool's: it is told ([`Notice`]), and it is no difference.
//! Deliberately absent: a plan. rolecall writes nothing here.

use super::difference::{Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values};
use super::genesys::other_organization;
use crate::desired::contract::{same_config, same_contract};
use crate::desired::genesys::{CredentialContent, Desired, DesiredAction, DesiredIntegration, Kind, Managed};
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::plan::genesys::{Id, Notice, Plan, Step, has_qualifier};
use crate::ports::genesys::{ActionRecord, ActionUpdate, CredentialRecord, IntendedState, ReportedState};
use crate::ports::secrets::SecretLocation;
use crate::verify::genesys_fault::{GenesysEffect, GenesysPart};
use crate::verify::repair::Repair;

/// What is to be known beside the differences, as a plan without steps; and the differences, most severe first.
#[must_use]
pub fn managed(desired: &Desired, observed: &Observed, managed: Managed) -> (Plan, Vec<Difference>) {
    if desired.organization.as_str() != observed.organization.id {
        let found = &observed.organization;
        let difference = other_organization(desired.organization.as_str(), &found.id, &found.name);
        return (Plan::default(), vec![difference]);
    }
    let mut comparison = Comparison { desired, observed, managed, found: Vec::new(), notices: Vec::new() };
    for wanted in &desired.integrations {
        comparison.integration(wanted);
    }
    comparison.tell_the_rest();
    let Comparison { mut found, notices, .. } = comparison;
    found.sort_by_key(|difference| difference.consequence);
    (Plan::of_notices(notices), found)
}

struct Comparison<'c> {
    desired: &'c Desired,
    observed: &'c Observed,
    managed: Managed,
    found: Vec<Difference>,
    notices: Vec<Notice>,
}

impl<'c> Comparison<'c> {
    fn integration(&mut self, wanted: &DesiredIntegration) {
        let there: Vec<&'c ObservedIntegration> =
            self.observed.integrations.iter().filter(|known| known.kind == wanted.kind).collect();
        let is_stated = self.managed.is_integration_stated && wanted.kind == Kind::Lambda;
        let homes = match (is_stated, there.as_slice()) {
            (true, []) => {
                let (kind, name) = (wanted.kind, wanted.name.clone());
                let step = Step::CreateIntegration { kind, name };
                let part = GenesysPart::Integration;
                let effect = GenesysEffect::NoIntegrationOfType(wanted.kind);
                return self.differs(part, &wanted.name, Consequence::Disconnected, effect, of(step));
            }
            (true, [_, _, ..]) => {
                let ids = there.iter().map(|known| known.record.id.clone()).collect();
                let effect = GenesysEffect::SeveralIntegrations { ids };
                let part = GenesysPart::Integration;
                self.differs(part, &wanted.name, Consequence::Undecided, effect, NOTHING);
                self.found.iter_mut().last().into_iter().for_each(|it| it.repair = Repair::NameIntegrationId);
                return;
            }
            (true, [known]) => {
                self.name_and_notes(wanted, known);
                vec![*known]
            }
            (false, there) => {
                let has_wanted = |known: &&&ObservedIntegration| {
                    let mut all = known.actions.iter().chain(&known.drafts);
                    all.any(|action| wanted.actions.iter().any(|wanted| wanted.name == action.name))
                };
                there.iter().filter(has_wanted).copied().collect()
            }
        };
        for known in &homes {
            self.state(known);
            match (wanted.kind, wanted.credential.as_ref().map(|it| &it.content)) {
                (Kind::Lambda, _) => self.credential(known),
                (Kind::WebServices, Some(CredentialContent::Secret { type_name, source })) => {
                    self.stated_credential(known, type_name, source);
                }
                (Kind::WebServices, Some(CredentialContent::Role) | None) => {}
            }
        }
        for action in &wanted.actions {
            self.action(wanted.kind, action, &homes);
        }
    }

    fn name_and_notes(&mut self, wanted: &DesiredIntegration, known: &ObservedIntegration) {
        let Some(notes) = wanted.notes.as_ref().filter(|notes| **notes != known.notes) else { return };
        let values = stated(Some(notes.clone()), Some(known.notes.clone()));
        let (part, name) = (GenesysPart::IntegrationConfiguration, &known.record.name);
        self.differs(part, name, Consequence::Notes, GenesysEffect::NameOrNotes, values);
    }

    fn state(&mut self, known: &ObservedIntegration) {
        let record = &known.record;
        let (name, reported) = (record.name.clone(), record.reported);
        match (record.intended, reported) {
            (IntendedState::Enabled, Some(ReportedState::Active)) => {}
            (IntendedState::Enabled, _) => {
                let detail = record.detail.clone();
                let notice = Notice::NotActive { integration: name.clone(), reported, detail };
                let effect = GenesysEffect::Noticed(notice);
                self.differs(GenesysPart::State, &name, Consequence::Disconnected, effect, NOTHING);
            }
            (before @ (IntendedState::Disabled | IntendedState::Deleted | IntendedState::Restored), _) => {
                let step = Step::SetState {
                    kind: known.kind,
                    id: Id::Known(record.id.clone()),
                    name: name.clone(),
                    before: Some(before),
                    after: IntendedState::Enabled,
                };
                let (part, effect) = (GenesysPart::IntegrationState, GenesysEffect::NotEnabled);
                self.differs(part, &name, Consequence::Disconnected, effect, of(step));
            }
        }
    }

    /// The role that the credential names, as far as Genesys Cloud shows it.
    fn credential(&mut self, known: &ObservedIntegration) {
        let role = self.desired.role.to_string();
        let (part, consequence) = (GenesysPart::Credential, Consequence::Disconnected);
        let Some(attached) = known.config.credentials.get(&self.observed.form.key) else {
            let effect = GenesysEffect::NoRoleCredential;
            return self.differs(part, &known.record.name, consequence, effect, stated(Some(role), None));
        };
        let Some(credential) = &known.credential else {
            let effect = GenesysEffect::CredentialGone { id: attached.clone() };
            return self.differs(part, &known.record.name, consequence, effect, stated(Some(role), None));
        };
        match shown_role(credential.fields.get(&self.observed.form.field)) {
            Some(shown) if *shown == role => {}
            Some(shown) => {
                let values = stated(Some(role), Some(shown.clone()));
                self.differs(part, &credential.name, consequence, GenesysEffect::NamesOtherRole, values);
            }
            None => {
                let notice = Notice::RoleNotShown { id: credential.id.clone(), role };
                // Several integrations may have one credential.
                if !self.notices.contains(&notice) {
                    self.notices.push(notice);
                }
            }
        }
    }

    /// Whether the integration for addresses has a credential of the type. Its values nobody can compare.
    fn stated_credential(&mut self, known: &ObservedIntegration, type_name: &str, source: &SecretLocation) {
        let (part, consequence) = (GenesysPart::Credential, Consequence::CredentialDiffers);
        let (name, expected) = (&known.record.name, Some(type_name.to_owned()));
        let named = match self.observed.key(known.kind) {
            Some(key) => known.config.credentials.get(key),
            // It takes no credential of the type, so whichever it has is another one.
            None => known.config.credentials.values().next(),
        };
        let Some(id) = named else {
            let effect = GenesysEffect::NoCredentialNamed;
            return self.differs(part, name, consequence, effect, stated(expected, None));
        };
        let of_id = |record: &&CredentialRecord| record.id == *id;
        let listed = self.observed.credentials.iter().find(of_id);
        match known.credential.as_ref().filter(of_id).or(listed) {
            None => {
                let effect = GenesysEffect::CredentialGone { id: id.clone() };
                self.differs(part, name, consequence, effect, stated(expected, None));
            }
            Some(record) if !record.type_name.is_empty() && record.type_name != type_name => {
                let values = stated(expected, Some(record.type_name.clone()));
                self.differs(part, &record.name, consequence, GenesysEffect::OtherCredentialType, values);
            }
            Some(record) => {
                let (id, secret) = (record.id.clone(), source.called());
                let notice = Notice::ValuesNotCompared { id, secret };
                if !self.notices.contains(&notice) {
                    self.notices.push(notice);
                }
            }
        }
    }

    fn action(&mut self, kind: Kind, wanted: &DesiredAction, homes: &[&ObservedIntegration]) {
        if kind == Kind::Lambda && has_qualifier(&wanted.config.url_template) {
            self.notices.push(Notice::Qualified { action: wanted.name.clone() });
        }
        let named = |actions: &'c [ActionRecord]| actions.iter().filter(|it| it.name == wanted.name);
        let all = self
            .observed
            .integrations
            .iter()
            .filter(|known| homes.iter().any(|home| home.record.id == known.record.id));
        let (published, drafts): (Vec<_>, Vec<_>) = (
            all.clone().flat_map(|known| named(&known.actions)).collect(),
            all.flat_map(|known| named(&known.drafts)).collect(),
        );
        let has_contract = |record: &&&ActionRecord| {
            record.secure == wanted.secure
                && record.contract.as_ref().is_some_and(|there| same_contract(&wanted.contract, there))
        };
        let fitting: Vec<&ActionRecord> = published.iter().filter(has_contract).copied().collect();
        let create = || Step::CreateAction {
            kind,
            integration: Id::Known(String::new()),
            action: wanted.clone(),
            replaces: None,
        };
        let name = &wanted.name;
        match (fitting.as_slice(), published.as_slice(), drafts.as_slice()) {
            (several @ [first, ..], _, _) => {
                if several.iter().any(|record| is_same(wanted, record)) {
                    return;
                }
                let is_config_same = same_config_as(wanted, first);
                let (consequence, effect) = match is_config_same {
                    true => (Consequence::Notes, GenesysEffect::NameOrCategory),
                    false => (Consequence::ActionDiffers, GenesysEffect::OtherConfiguration),
                };
                let step = updated(wanted, first);
                self.differs(GenesysPart::Action, name, consequence, effect, of(step));
            }
            ([], [_, ..], _) => {
                let effect = GenesysEffect::OtherContract;
                self.differs(GenesysPart::Action, name, Consequence::ActionDiffers, effect, of(create()));
            }
            ([], [], [draft, ..]) => {
                let (id, version) = (draft.id.clone(), draft.version);
                let step = Step::PublishDraft { id, version, name: name.clone() };
                let (part, effect) = (GenesysPart::ActionDraft, GenesysEffect::NotPublished);
                self.differs(part, name, Consequence::ActionMissing, effect, of(step));
            }
            ([], [], []) => {
                let effect = GenesysEffect::NotCallable;
                self.differs(GenesysPart::Action, name, Consequence::ActionMissing, effect, of(create()));
            }
        }
    }

    /// What the manifest says nothing about. Whoever reads that nothing differs must know what was not compared.
    fn tell_the_rest(&mut self) {
        let wanted: Vec<(Kind, &str)> = self
            .desired
            .integrations
            .iter()
            .flat_map(|it| it.actions.iter().map(move |action| (it.kind, action.name.as_str())))
            .collect();
        for known in self.observed.integrations.iter().filter(|known| known.kind == Kind::Lambda) {
            let names = |actions: &[ActionRecord]| -> Vec<String> {
                let unlisted =
                    actions.iter().filter(|action| !wanted.contains(&(known.kind, action.name.as_str())));
                unlisted.map(|action| action.name.clone()).collect()
            };
            let (actions, drafts) = (names(&known.actions), names(&known.drafts));
            let is_stated = self.managed.is_integration_stated;
            if !actions.is_empty() || !drafts.is_empty() || !is_stated && known.actions.is_empty() {
                let (id, integration) = (known.record.id.clone(), known.record.name.clone());
                self.notices.push(Notice::NotCompared { id, integration, actions, drafts });
            }
        }
        let has_any = self.observed.integrations.iter().any(|known| known.kind == Kind::Lambda);
        if !has_any && !self.managed.is_integration_stated {
            self.notices.push(Notice::NoIntegrations { kind: Kind::Lambda });
        }
    }

    fn differs(
        &mut self,
        part: GenesysPart,
        name: &str,
        consequence: Consequence,
        effect: GenesysEffect,
        values: Values,
    ) {
        let key = match part {
            GenesysPart::Action | GenesysPart::ActionDraft => ManifestKey::ActionNamed(name.to_owned()),
            GenesysPart::Organization => ManifestKey::Organization,
            GenesysPart::Credential if consequence == Consequence::CredentialDiffers => {
                ManifestKey::WebServicesCredential
            }
            GenesysPart::Credential
            | GenesysPart::Integration
            | GenesysPart::IntegrationConfiguration
            | GenesysPart::IntegrationState
            | GenesysPart::State => match self.managed.is_integration_stated {
                true => ManifestKey::Integration,
                false => ManifestKey::Genesys,
            },
        };
        self.found.push(Difference {
            subject: Subject::Genesys { part, name: name.to_owned() },
            attribute: Attribute::Genesys,
            consequence,
            effects: vec![Effect::Genesys(effect)],
            values,
            repair: Repair::ElsewhereInGenesys(self.managed.manager),
            key,
        });
    }
}

/// The ARN that Genesys Cloud shows of a credential; it may show something else in the ARN's place, such as asterisks.
pub fn shown_role(field: Option<&String>) -> Option<&String> {
    field.filter(|value| value.starts_with("arn:"))
}

const NOTHING: Values = Values::Stated { expected: None, actual: None };

fn stated(expected: Option<String>, actual: Option<String>) -> Values {
    Values::Stated { expected: expected.map(State::Text), actual: actual.map(State::Text) }
}

fn of(step: Step) -> Values {
    Values::Step(Box::new(step))
}

fn same_config_as(wanted: &DesiredAction, record: &ActionRecord) -> bool {
    record.config.as_ref().is_some_and(|config| same_config(&wanted.config, config))
}

fn is_same(wanted: &DesiredAction, record: &ActionRecord) -> bool {
    record.category == wanted.category && same_config_as(wanted, record)
}

/// Both sides of an action that differs.
fn updated(wanted: &DesiredAction, record: &ActionRecord) -> Step {
    let side = |name: &str, category: &str, config| ActionUpdate {
        name: name.to_owned(),
        category: category.to_owned(),
        config,
    };
    let there = record.config.clone().unwrap_or_else(|| wanted.config.clone());
    Step::UpdateAction {
        id: record.id.clone(),
        version: record.version,
        before: side(&record.name, &record.category, there),
        after: side(&wanted.name, &wanted.category, wanted.config.clone()),
    }
}
