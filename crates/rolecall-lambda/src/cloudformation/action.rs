//! `Custom::GenesysDataAction`: a published action.
//!
//! Its physical ID is its ID in Genesys Cloud, which flows refer to. Its contract, whether it is secure and its integration
//! cannot change: then it is another action with another ID, and CloudFormation deletes the one before when everything
//! else has succeeded. An action has no place for a mark; see [`plan_action`] for what is taken to be the stack's own.

use rolecall::carry_out::genesys::Made;
use rolecall::desired::contract::config_differences;
use rolecall::desired::exchange::ExchangedAction;
use rolecall::desired::genesys::{DesiredAction, Kind, Mark};
use rolecall::iam::arn::FunctionArn;
use rolecall::observe::genesys::{action_in_full, namesakes};
use rolecall::plan::genesys::{ActionExists, Likeness, Standing, Step, can_become, plan_action};
use rolecall::ports::genesys::{
    ActionRecord, GenesysError, GenesysRead as _, IntegrationRecord, Organization, Stage,
};
use rolecall_genesys::client::Client;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio::try_join;

use super::access::Access;
use super::answer::{Done, Failed};
use super::definition::{Stated, from_text, from_value};
use super::integration::note;
use super::properties::Properties;
use super::request::{Change, Request};
use super::settle::{self, settled};
use super::steps::{carry_out, delete_action};
use crate::connections::Connections;
use crate::stored::Reference;

/// An action as the properties ask for it, its definition not read yet.
#[derive(Debug)]
struct Wanted {
    access: Access,
    integration: String,
    category: String,
    definition: Definition,
    name: Option<String>,
    function: Option<FunctionArn>,
    adopt: bool,
}

/// Where the definition stands.
#[derive(Debug)]
enum Definition {
    Object(Value),
    Text(String),
    Kept(Reference),
}

/// An action with its definition.
struct Defined {
    kind: Kind,
    action: DesiredAction,
    is_secret: bool,
}

impl Wanted {
    fn read(properties: &Map<String, Value>) -> Result<Self, String> {
        let mut properties = Properties::of(properties);
        let access = Access::read(&mut properties);
        let integration: Option<String> =
            properties.required("IntegrationId", "the ID of the integration that the action belongs to");
        let category = properties
            .required_name("Category", "under which Genesys Cloud's user interface lists the action");
        let definition = match properties.value("Definition") {
            Some(value @ Value::Object(_)) => Some(Definition::Object(value.clone())),
            Some(Value::String(text)) => match Reference::parse(text) {
                Ok(Some(reference)) => Some(Definition::Kept(reference)),
                Ok(None) => Some(Definition::Text(text.clone())),
                Err(error) => {
                    properties.fault(format!("`Definition`: {error}"));
                    None
                }
            },
            Some(_) => {
                properties.fault("`Definition` must be an object, or text".to_owned());
                None
            }
            None => {
                properties.fault(
                    "`Definition` is missing: the action as Genesys Cloud exports it, or where that is kept (s3://bucket/key, \
                     the ARN of a secret or of a parameter)"
                        .to_owned(),
                );
                None
            }
        };
        let name = properties.name("Name");
        let function = properties.optional("FunctionArn");
        let adopt = properties.flag("Adopt");
        if integration.as_ref().is_some_and(|id| id.is_empty() || id.contains(['/', '?', '#'])) {
            properties.fault("`IntegrationId` is not the ID of an integration".to_owned());
        }
        // What is wrong with a definition that stands here is told with the other faults.
        if let Some(definition @ (Definition::Object(_) | Definition::Text(_))) = &definition
            && let Err(fault) = definition.here(name.as_deref(), function.as_ref())
        {
            properties.fault(format!("`Definition`: {fault}"));
        }
        let faults = properties.faults();
        match (integration, category, definition) {
            (Some(integration), Some(category), Some(definition)) if faults.is_empty() => {
                Ok(Self { access, integration, category, definition, name, function, adopt })
            }
            _ => Err(faults.join("; ")),
        }
    }

    async fn define(&self, connections: &Connections) -> Result<Defined, String> {
        let (action, is_secret) = match &self.definition {
            Definition::Kept(reference) => {
                let stored =
                    reference.read(connections.aws().await.map_err(|error| error.to_string())?).await;
                let stored = stored.map_err(|error| format!("`Definition`: {error}"))?;
                let text = Definition::Text(stored.text.expose_secret().to_owned());
                (text.here(self.name.as_deref(), self.function.as_ref()), stored.is_secret)
            }
            here => (here.here(self.name.as_deref(), self.function.as_ref()), false),
        };
        let ExchangedAction { name, kind, secure, contract, config } = action.map_err(|fault| match is_secret {
            false => format!("`Definition`: {fault}"),
            true => "`Definition`: this is not an action that Genesys Cloud exports; what is wrong with it is not shown, because \
                     it is kept as a secret"
                .to_owned(),
        })?;
        let category = self.category.clone();
        Ok(Defined { kind, action: DesiredAction { name, category, secure, contract, config }, is_secret })
    }
}

impl Definition {
    fn here(&self, name: Option<&str>, function: Option<&FunctionArn>) -> Result<ExchangedAction, String> {
        let function = function.map(ToString::to_string);
        let stated = Stated { name, function: function.as_deref() };
        match self {
            Self::Object(value) => from_value(value, stated),
            Self::Text(text) => from_text(text, stated),
            Self::Kept(reference) => Err(format!("`{reference}` was not read")),
        }
    }
}

/// Makes the action, or makes it as the properties say.
pub(super) async fn put(
    request: &Request,
    connections: &Connections,
    until: Instant,
) -> Result<Done, Failed> {
    let wanted = Wanted::read(&request.resource_properties)?;
    let defined = wanted.define(connections).await?;
    let genesys = wanted.access.connect(connections).await?;
    let id = request.genesys_id();
    let look = async || observe(&genesys, &wanted, id).await;
    let is_settled = |seen: &Seen| seen.integration.is_some() && (seen.known.is_some() || id.is_none());
    let seen = settled(settle::GENESYS, look, is_settled).await?;
    check(&seen, &wanted, defined.kind)?;
    let drift = match (id, &seen.known) {
        (Some(gone), None) => vec![format!("action {gone} no longer exists")],
        (Some(_), Some(known)) => drift(request, connections, known, &defined.action).await,
        (None, _) => Vec::new(),
    };
    let done = put_defined(request, &genesys, until, &wanted, &defined, seen.known).await;
    let is_secret = defined.is_secret;
    match done.map(|done| Done { note: note(&drift), is_secret, ..done }) {
        // Genesys Cloud quotes what it does not accept.
        Err(Failed { made, .. }) if is_secret => Err(Failed {
            reason: "the action could not be made as its definition says; why is not shown, because the definition is kept as \
                     a secret (from S3 or from the template it would be)"
                .to_owned(),
            made,
        }),
        done => done,
    }
}

async fn put_defined(
    request: &Request,
    genesys: &Client,
    until: Instant,
    wanted: &Wanted,
    Defined { kind, action, .. }: &Defined,
    known: Option<ActionRecord>,
) -> Result<Done, Failed> {
    // Others matter only where there has to be another one.
    let (others, config) =
        match known.as_ref().is_some_and(|own| can_become(own, action, &wanted.integration)) {
            true => Default::default(),
            false => try_join!(
                namesakes(genesys, &wanted.integration, &action.name, settle::GENESYS),
                genesys.integration_config(&wanted.integration),
            )
            .map_err(in_words)?,
        };
    let mark = config.and_then(|config| Mark::read(&config.notes).0);
    let is_own = |mark: Mark| {
        !mark.adopted && mark.resource.is_some_and(|resource| resource.stack == request.stack_id)
    };
    let standing = Standing { is_own_place: mark.is_some_and(is_own), adopt: wanted.adopt };
    let place = (*kind, wanted.integration.as_str());
    let (kept, plan) = plan_action(action, place, known.as_ref(), &others, standing).map_err(refused)?;
    let draft = plan
        .steps()
        .iter()
        .find_map(|step| if let Step::PublishDraft { id, .. } = step { Some(id.clone()) } else { None });
    let keep = |made: &Made| {
        let made = made.action.borrow().as_ref().map(|action| action.id.clone());
        made.or_else(|| draft.clone()).filter(|_| request.change == Change::Create)
    };
    let made = carry_out(&plan, genesys, until, keep).await?;
    let ActionRecord { id, version, .. } = made
        .action
        .take()
        .or(kept)
        .ok_or_else(|| "Genesys Cloud did not say which ID the action has".to_owned())?;
    let mut done = Done { physical_id: id.clone(), ..Done::default() };
    done.attributes.extend([
        ("ActionId", id),
        ("Version", version.to_string()),
        ("IntegrationId", wanted.integration.clone()),
    ]);
    Ok(done)
}

/// What there is.
struct Seen {
    /// Read where it is to be compared.
    organization: Option<Organization>,
    integration: Option<IntegrationRecord>,
    known: Option<ActionRecord>,
}

async fn observe(genesys: &Client, wanted: &Wanted, id: Option<&str>) -> Result<Seen, String> {
    let (organization, integration, known) = try_join!(
        async {
            match &wanted.access.organization {
                Some(_) => genesys.organization().await.map(Some),
                None => Ok(None),
            }
        },
        genesys.integration(&wanted.integration),
        async {
            match id {
                Some(id) => action_in_full(genesys, id, Stage::Published).await,
                None => Ok(None),
            }
        },
    )
    .map_err(in_words)?;
    Ok(Seen { organization, integration, known })
}

/// Whether the action fits into what there is.
fn check(seen: &Seen, wanted: &Wanted, kind: Kind) -> Result<(), String> {
    let Wanted { access, integration: id, .. } = wanted;
    seen.organization.as_ref().map_or(Ok(()), |actual| access.check(actual))?;
    match &seen.integration {
        None => Err(format!("integration `{id}` does not exist")),
        Some(integration) if integration.type_id != kind.type_id() => Err(format!(
            "the action is for an integration of the type `{}`, and `{}` ({id}) is of the type `{}`",
            kind.type_id(),
            integration.name,
            integration.type_id
        )),
        Some(_) => Ok(()),
    }
}

/// What somebody else changed since the stack wrote it, and is not as it is wanted now: an `Update` that is delivered again
/// finds what the first one wrote.
async fn drift(
    request: &Request,
    connections: &Connections,
    known: &ActionRecord,
    wanted: &DesiredAction,
) -> Vec<String> {
    // Properties that an older version of the function took may be wrong by now; then nothing can be told.
    let Ok(before) = Wanted::read(&request.old_resource_properties) else { return Vec::new() };
    // Only an object with its version still says what was written.
    match &before.definition {
        Definition::Object(_)
        | Definition::Text(_)
        | Definition::Kept(Reference::Object { version: Some(_), .. }) => {}
        Definition::Kept(Reference::Object { .. } | Reference::Parameter(_) | Reference::Secret(_)) => {
            return Vec::new();
        }
    }
    let Ok(Defined { action: before, .. }) = before.define(connections).await else { return Vec::new() };
    let now = differences(wanted, known);
    let changed = differences(&before, known).into_iter().filter(|part| now.contains(part));
    changed.map(str::to_owned).collect()
}

/// The parts of an action in which it can change and is not as it was meant.
fn differences(meant: &DesiredAction, there: &ActionRecord) -> Vec<&'static str> {
    let config = there.config.iter().flat_map(|there| config_differences(&meant.config, there));
    let names = [("name", meant.name != there.name), ("category", meant.category != there.category)];
    names.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).chain(config).collect()
}

/// Deletes the action.
pub(super) async fn delete(request: &Request, connections: &Connections) -> Result<Done, String> {
    let Some(id) = request.genesys_id() else { return Ok(Done::nothing(request)) };
    let access = Access::alone(&request.resource_properties)?;
    let may_be_theirs = Properties::of(&request.resource_properties).flag("Adopt");
    if may_be_theirs {
        let note = format!("action {id} stays: with `Adopt` it may belong to others");
        return Ok(Done { note: Some(note), ..Done::nothing(request) });
    }
    let genesys = access.connect(connections).await?;
    if access.organization.is_some() {
        access.check(&genesys.organization().await.map_err(in_words)?)?;
    }
    delete_action(&genesys, id).await.map_err(in_words)?;
    Ok(Done::nothing(request))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn in_words(error: GenesysError) -> String {
    error.to_string()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` calls")]
fn refused(error: ActionExists) -> String {
    let advice = match error.likeness {
        Likeness::Same | Likeness::SameContract => "`Adopt: true` takes it over, or choose another `Name`",
        Likeness::OtherContract => "choose another `Name`",
    };
    format!("{error}; {advice}")
}
