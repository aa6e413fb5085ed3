//! `Custom::GenesysIntegration`: an integration for Lambda functions, with the credential that holds the role's ARN.
//!
//! Its physical ID is its ID in Genesys Cloud. The mark in its notes names the stack and the resource, so that a `Create`
//! that is delivered twice finds what the first one made. What the integration holds are resources of their own: it is
//! not deleted as long as an action is in it, for the flows that use that would fail.

use rolecall::carry_out::genesys::Made;
use rolecall::desired::genesys::{Desired, DesiredCredential, DesiredIntegration, Kind, Sign, StackResource};
use rolecall::iam::arn::{ExternalId, RoleArn};
use rolecall::observe::genesys::{Detail, Observed, ObservedIntegration, Reach, Sought, observe};
use rolecall::plan::genesys::{
    Id, Notice, Plan, PlanError, Step, is_bare, plan_integration_alone, plan_integration_removal,
    plan_leftovers,
};
use rolecall_genesys::client::Client;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::access::Access;
use super::answer::{Done, Failed};
use super::properties::Properties;
use super::request::{Change, Request};
use super::settle::{self, settled};
use super::steps::{carry_out, in_words};
use crate::connections::Connections;

/// An integration as the properties ask for it.
#[derive(Debug)]
struct Wanted {
    access: Access,
    name: String,
    notes: Option<String>,
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
                notes: notes.map(|notes| notes.trim_end().to_owned()),
                access,
                name,
                role,
                adopt,
            }),
            _ => Err(faults.join("; ")),
        }
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
            credential: Some(DesiredCredential::of_role(self.credential.clone())),
            actions: Vec::new(),
        };
        let organization: ExternalId = match &self.access.organization {
            Some(stated) => stated.clone(),
            // Nothing was stated to compare with.
            None => {
                observed.organization.id.parse().map_err(|error| format!("the organization's ID: {error}"))?
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

async fn look(
    genesys: &Client,
    resource: &StackResource,
    id: Option<&str>,
    name: &str,
) -> Result<Observed, String> {
    // Of a stack's resource, the role is no part of what it is known by.
    let (role, kinds, actions) = ("", &[Kind::Lambda], Detail::Listed);
    let (sign, deadline) = (&Sign::of_resource(resource), settle::GENESYS);
    let sought = Sought {
        role,
        resource: Some(resource),
        id,
        kinds,
        name,
        credential_type: None,
        sign,
        reach: Reach::Own,
        actions,
        deadline,
    };
    observe(genesys, &sought).await.map_err(|error| error.to_string())
}

/// Makes the integration, or makes it as the properties say.
pub(super) async fn put(
    request: &Request,
    connections: &Connections,
    until: Instant,
) -> Result<Done, Failed> {
    let wanted = Wanted::read(&request.resource_properties)?;
    let genesys = wanted.access.connect(connections).await?;
    let resource = request.stack_resource();
    let id = request.genesys_id();
    let look = async || look(&genesys, &resource, id, &wanted.name).await;
    let is_settled = |observed: &Observed| id.is_none() || with_id(observed, id).is_some();
    let mut observed = settled(settle::GENESYS, look, is_settled).await?;
    let id = id.filter(|_| with_id(&observed, id).is_some());
    note_written_role(request, &wanted, &mut observed);
    let (found, plan) = wanted.plan(&resource, &observed, id)?;
    let drift = match (request.genesys_id(), id) {
        (Some(gone), None) => vec![format!("integration {gone} no longer exists")],
        // An `Update` that is delivered again finds what the first one wrote.
        (Some(_), Some(id)) if !plan.steps().iter().all(Step::only_waits) => {
            drift(request, &resource, &observed, id)
        }
        (Some(_), Some(_)) | (None, _) => Vec::new(),
    };
    // What bears the stack's mark and was not taken over goes with the stack, whichever attempt made it.
    let own = match &found {
        Id::Known(id) => with_id(&observed, Some(id)).and_then(|known| known.mark.as_ref()),
        Id::Made(_) => None,
    };
    let is_own = own.is_some_and(|mark| mark.resource.as_ref() == Some(&resource) && !mark.adopted);
    let keep = |made: &Made| match (request.change, &found) {
        (Change::Create, Id::Known(id)) => is_own.then(|| id.clone()),
        (Change::Create, Id::Made(_)) => {
            let configured = made.configured.borrow();
            made.integrations.borrow().values().find(|id| configured.contains(*id)).cloned()
        }
        (Change::Update | Change::Delete, _) => None,
    };
    let made = carry_out(&plan, &genesys, until, keep).await?;
    let known = match found {
        Id::Known(id) => Some(id),
        Id::Made(_) => made.integrations.borrow().get(&Kind::Lambda).cloned(),
    };
    let id = known.ok_or_else(|| "Genesys Cloud did not say which ID the integration has".to_owned())?;
    let recorded = || {
        let known = observed.integrations.iter().find(|known| known.record.id == id)?;
        Some(known.mark.as_ref()?.credential.as_ref()?.0.clone())
    };
    let credential =
        made.credentials.borrow().get(&Kind::Lambda).map(|record| record.id.clone()).or_else(recorded);
    let mut done = Done { physical_id: id.clone(), note: note(&drift), ..Done::default() };
    done.attributes.insert("IntegrationId", id);
    done.attributes.extend(credential.map(|credential| ("CredentialId", credential)));
    Ok(done)
}

/// Where the stack had another role written last, the credential may hold that one, whatever the mark says: the update that
/// wrote it may have failed before it came to the mark, and this is the way back.
fn note_written_role(request: &Request, wanted: &Wanted, observed: &mut Observed) {
    let before = request.old_resource_properties.get("RoleArn").and_then(Value::as_str);
    let Some(before) = before.filter(|before| *before != wanted.role.to_string()) else { return };
    let resource = request.stack_resource();
    let marks = observed.integrations.iter_mut().filter_map(|known| known.mark.as_mut());
    marks
        .filter(|mark| mark.resource.as_ref() == Some(&resource))
        .for_each(|mark| before.clone_into(&mut mark.role));
}

/// What somebody else changed since the stack wrote it: what it would take to have it so again.
fn drift(request: &Request, resource: &StackResource, observed: &Observed, id: &str) -> Vec<String> {
    // Properties that an older version of the function took may be wrong by now; then nothing can be told.
    let Ok(before) = Wanted::read(&request.old_resource_properties) else { return Vec::new() };
    match before.plan(resource, observed, Some(id)) {
        Ok((_, plan)) => in_words(plan.steps()),
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
    until: Instant,
) -> Result<Done, Failed> {
    let Some(id) = request.genesys_id() else { return Ok(Done::nothing(request)) };
    let access = Access::alone(&request.resource_properties)?;
    let genesys = access.connect(connections).await?;
    let resource = request.stack_resource();
    let look = async || look(&genesys, &resource, Some(id), "").await;
    // Neither the integration nor that the stack has just deleted its actions need be visible at once.
    let is_settled = |observed: &Observed| {
        with_id(observed, Some(id)).is_some_and(|known| actions_within(known).is_none())
    };
    let observed = settled(settle::GENESYS, look, is_settled).await?;
    access.check(&observed.organization)?;
    let Some(known) = with_id(&observed, Some(id)) else {
        // A deletion that was cut short may have left the credential.
        carry_out(&plan_leftovers(&observed), &genesys, until, |_| None).await?;
        return Ok(Done::nothing(request));
    };
    if let Some(actions) = actions_within(known) {
        let name = &known.record.name;
        return Err(Failed::from(format!(
            "integration `{name}` ({id}) is not deleted because it contains {actions}: flows that use them would fail. Delete these \
             actions first, or keep the integration with `DeletionPolicy: Retain`"
        )));
    }
    let marked = known.mark.as_ref().and_then(|mark| mark.resource.as_ref());
    if marked != Some(&resource) && !is_bare(known) {
        let owner = known.mark.as_ref();
        let owner = owner.map_or_else(|| "nobody's".to_owned(), |mark| format!("that of {}", mark.owner()));
        let note = format!("integration {id} stays: by the last line of its notes it is {owner}");
        return Ok(Done { note: Some(note), ..Done::nothing(request) });
    }
    let plan = plan_integration_removal(known, &observed);
    carry_out(&plan, &genesys, until, |_| None).await?;
    let kept = plan.notices.iter().any(|notice| matches!(notice, Notice::Kept { .. }));
    let note = kept.then(|| format!("integration {id} was taken over, so it stays as it was before"));
    Ok(Done { note, ..Done::nothing(request) })
}

fn with_id<'o>(observed: &'o Observed, id: Option<&str>) -> Option<&'o ObservedIntegration> {
    observed.integrations.iter().find(|known| Some(known.record.id.as_str()) == id)
}

/// The actions that would go with the integration, and the drafts of some.
fn actions_within(known: &ObservedIntegration) -> Option<String> {
    let all: Vec<_> = known.actions.iter().chain(&known.drafts).collect();
    if known.mark.as_ref().is_some_and(|mark| mark.adopted) || all.is_empty() {
        return None;
    }
    let names = all.into_iter().map(|action| format!("`{}` ({})", action.name, action.id));
    Some(names.collect::<Vec<_>>().join(", "))
}

fn refused(error: &PlanError) -> String {
    let advice = match error {
        PlanError::NotOwned { .. } => "; `Adopt: true` takes it over, or choose another `Name`",
        PlanError::Ambiguous { .. } => "; choose another `Name`",
        PlanError::OtherOrganization { .. }
        | PlanError::CredentialNotAccepted { .. }
        | PlanError::TooManyActions { .. } => "",
    };
    format!("{error}{advice}")
}
