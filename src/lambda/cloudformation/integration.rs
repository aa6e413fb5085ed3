//! `Custom::GenesysIntegration`: an integration for Lambda functions, with the credential that holds the role's ARN.
//!
//! Its physical ID is its ID in Genesys Cloud. The mark in its notes names the stack and the resource, so that a `Create`
//! that is delivered twice finds what the first one made. What the integration holds are resources of their own: it is
//! not deleted as long as an action is in it, for the flows that use that would fail.

use rolecall::genesys::apply::Made;
use rolecall::genesys::client::Client;
use rolecall::genesys::desired::{Desired, DesiredIntegration, Kind, StackResource};
use rolecall::genesys::observe::{Detail, Observed, ObservedIntegration, Sought, observe};
use rolecall::genesys::plan::{
    Id, Notice, Plan, PlanError, Step, is_bare, plan_integration_alone, plan_integration_removal,
};
use rolecall::iam::arn::{ExternalId, RoleArn};
use rolecall::ports::genesys::IntendedState;
use serde_json::{Map, Value};

use super::access::Access;
use super::answer::Done;
use super::properties::Properties;
use super::request::Request;
use super::settle::{self, settled};
use super::steps::{carry_out, in_words};
use crate::connections::Connections;

/// An integration as the properties ask for it.
#[derive(Debug)]
struct Wanted {
    access: Access,
    name: String,
    notes: String,
    role: RoleArn,
    credential: String,
    adopt: bool,
}

impl Wanted {
    fn read(properties: &Map<String, Value>) -> Result<Self, String> {
        let mut properties = Properties::of(properties);
        let access = Access::read(&mut properties);
        let name = properties.required_name("Name", "the name of the integration");
        let role = properties.required("RoleArn", "the role that Genesys Cloud assumes");
        let notes: Option<String> = properties.optional("Notes");
        let credential = properties.name("CredentialName");
        let adopt = properties.flag("Adopt");
        let faults = properties.faults();
        match (name, role) {
            (Some(name), Some(role)) if faults.is_empty() => Ok(Self {
                credential: credential.unwrap_or_else(|| name.clone()),
                notes: notes.unwrap_or_default().trim_end().to_owned(),
                access,
                name,
                role,
                adopt,
            }),
            _ => Err(faults.join("; ")),
        }
    }

    async fn observe(
        &self,
        genesys: &Client,
        resource: &StackResource,
        id: Option<&str>,
    ) -> Result<Observed, String> {
        let sought = Sought {
            role: &self.role.to_string(),
            resource: Some(resource),
            id,
            name: &self.name,
            credential: &self.credential,
            actions: Detail::Listed,
        };
        observe(genesys, &sought).await.map_err(|error| error.to_string())
    }

    /// The ID of the integration, and what it takes to have it as the properties say.
    fn plan(
        &self,
        resource: &StackResource,
        observed: &Observed,
        id: Option<&str>,
    ) -> Result<(Id, Plan), String> {
        let integration = DesiredIntegration {
            kind: Kind::Lambda,
            name: self.name.clone(),
            notes: self.notes.clone(),
            credential: Some(self.credential.clone()),
            actions: Vec::new(),
        };
        let organization: ExternalId = match &self.access.organization {
            Some(stated) => stated.clone(),
            // Nothing was stated to compare with.
            None => {
                observed.organization.id.parse().map_err(|error| format!("the organisation's ID: {error}"))?
            }
        };
        let desired = Desired {
            role: self.role.clone(),
            resource: Some(resource.clone()),
            organization,
            integrations: Vec::new(),
        };
        plan_integration_alone(&integration, &desired, observed, id, self.adopt)
            .map_err(|error| refused(&error))
    }
}

/// Makes the integration, or makes it as the properties say.
pub(super) async fn put(
    request: &Request,
    connections: &Connections,
    made: &mut Made,
) -> Result<Done, String> {
    let wanted = Wanted::read(&request.resource_properties)?;
    let genesys = wanted.access.connect(connections).await?;
    let resource = request.stack_resource();
    let id = request.genesys_id();
    let look = async || wanted.observe(&genesys, &resource, id).await;
    let observed =
        settled(settle::GENESYS, look, |observed| id.is_none() || with_id(observed, id).is_some()).await?;
    let id = id.filter(|_| with_id(&observed, id).is_some());
    let (found, mut plan) = wanted.plan(&resource, &observed, id)?;
    let drift = match (request.genesys_id(), id) {
        (Some(gone), None) => vec![format!("integration {gone} is no longer there")],
        // An `Update` that is delivered again finds what the first one wrote.
        (Some(_), Some(id)) if !plan.steps.is_empty() => drift(request, &resource, &observed, id),
        (Some(_), Some(_)) | (None, _) => Vec::new(),
    };
    // It was enabled earlier, and does not work yet: that is waited for.
    if plan.notices.iter().any(|notice| matches!(notice, Notice::NotActive { .. })) {
        let (kind, name, after) = (Kind::Lambda, wanted.name.clone(), IntendedState::Enabled);
        plan.steps.push(Step::SetState { kind, id: found.clone(), name, before: Some(after), after });
    }
    let is_create = request.genesys_id().is_none();
    carry_out(&plan, &genesys, made, |made| is_create && made.integrations.contains_key(&Kind::Lambda))
        .await?;
    let known = match found {
        Id::Known(id) => Some(id),
        Id::Made => made.integrations.get(&Kind::Lambda).cloned(),
    };
    let id = known.ok_or("Genesys Cloud did not say which ID the integration has")?;
    let recorded = || {
        let known = observed.integrations.iter().find(|known| known.record.id == id)?;
        Some(known.mark.as_ref()?.credential.as_ref()?.0.clone())
    };
    let credential = made.credential.as_ref().map(|record| record.id.clone()).or_else(recorded);
    let mut done = Done { physical_id: id.clone(), note: note(&drift), ..Done::default() };
    done.attributes.insert("IntegrationId", id);
    done.attributes.extend(credential.map(|credential| ("CredentialId", credential)));
    Ok(done)
}

/// What somebody else changed since the stack wrote it: what it would take to have it so again.
fn drift(request: &Request, resource: &StackResource, observed: &Observed, id: &str) -> Vec<String> {
    // Properties that an older version of the function took may be wrong by now; then nothing can be told.
    let Ok(before) = Wanted::read(&request.old_resource_properties) else { return Vec::new() };
    match before.plan(resource, observed, Some(id)) {
        Ok((_, plan)) => in_words(&plan.steps),
        Err(_) => Vec::new(),
    }
}

/// What is told of a drift that was set right.
pub(super) fn note(drift: &[String]) -> Option<String> {
    let list = drift.join(", ");
    (!drift.is_empty()).then(|| format!("changed outside the stack, and now as the stack says: {list}"))
}

/// Deletes the integration and its credential; gives up one that was taken over.
pub(super) async fn delete(
    request: &Request,
    connections: &Connections,
    made: &mut Made,
) -> Result<Done, String> {
    let Some(id) = request.genesys_id() else { return Ok(Done::nothing(request)) };
    let wanted = Wanted::read(&request.resource_properties)?;
    let genesys = wanted.access.connect(connections).await?;
    let resource = request.stack_resource();
    let look = async || wanted.observe(&genesys, &resource, Some(id)).await;
    // Neither the integration nor that the stack has just deleted its actions need be visible at once.
    let is_settled = |observed: &Observed| {
        with_id(observed, Some(id)).is_some_and(|known| actions_within(known).is_none())
    };
    let observed = settled(settle::GENESYS, look, is_settled).await?;
    let Some(known) = with_id(&observed, Some(id)) else { return Ok(Done::nothing(request)) };
    if let Some(actions) = actions_within(known) {
        return Err(format!(
            "integration `{}` ({id}) is not deleted, for it holds {actions}: flows that use them would fail. Delete these \
             actions first, or keep the integration with `DeletionPolicy: Retain`",
            known.record.name
        ));
    }
    let role = wanted.role.to_string();
    if !known.mark.as_ref().is_some_and(|mark| mark.is_of(&role, Some(&resource))) && !is_bare(known) {
        let owner = known
            .mark
            .as_ref()
            .map_or_else(|| "nobody's".to_owned(), |mark| format!("that of {}", mark.owner()));
        let note = format!("integration {id} stays: by the last line of its notes it is {owner}");
        return Ok(Done { note: Some(note), ..Done::nothing(request) });
    }
    let plan = plan_integration_removal(known, &observed);
    carry_out(&plan, &genesys, made, |_| true).await?;
    Ok(Done::nothing(request))
}

fn with_id<'o>(observed: &'o Observed, id: Option<&str>) -> Option<&'o ObservedIntegration> {
    observed.integrations.iter().find(|known| Some(known.record.id.as_str()) == id)
}

/// The actions that would go with the integration.
fn actions_within(known: &ObservedIntegration) -> Option<String> {
    if known.mark.as_ref().is_some_and(|mark| mark.adopted) || known.actions.is_empty() {
        return None;
    }
    let names = known.actions.iter().map(|action| format!("`{}` ({})", action.name, action.id));
    Some(names.collect::<Vec<_>>().join(", "))
}

fn refused(error: &PlanError) -> String {
    let advice = match error {
        PlanError::NotOwned { .. } => "; `Adopt: true` takes it over, or choose another `Name`",
        PlanError::Ambiguous { .. } => "; choose another `Name`",
        PlanError::OtherOrganization { .. } => "",
    };
    format!("{error}{advice}")
}
