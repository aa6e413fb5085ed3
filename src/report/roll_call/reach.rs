//! How far the sessions of a role get, in words: what is certain, what is possible, and what each takes for granted.

use rolecall_audit::reach::{Access, Assumption, Extent, LeadsTo, Power, Reach, Step};
use schemars::JsonSchema;
use serde::Serialize;

use super::super::Text;
use super::super::count;
use super::texts;
use crate::iam::evaluate::Request;

/// How far the sessions of a role get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReachView {
    /// How far at least: `administrator`, `escalates`, `data`, `other`, `nothing`.
    pub certain: &'static str,
    /// How far if everything holds that is taken for granted.
    pub possible: &'static str,
    /// The same in words.
    pub words: Text,
    /// The shortest way to the most that is certain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub way: Vec<StepView>,
    /// The shortest way to the most that is possible, where that is more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible_way: Vec<StepView>,
    /// Data that its own permissions get at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<AccessView>,
    /// What could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Text>,
    /// How far it would get without its permissions boundary, where that is further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_boundary: Option<&'static str>,
    #[serde(skip)]
    power: Power,
}

/// A step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepView {
    /// What is done, by the catalogue.
    pub name: &'static str,
    /// Requests that show it; each is allowed.
    pub requests: Vec<RequestView>,
    /// Whose permissions it gives.
    pub leads_to: Text,
    /// What it takes for granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumes: Vec<Text>,
    /// Where this way is described.
    pub source: &'static str,
}

/// A request that is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestView {
    /// The action.
    pub action: Text,
    /// The resource.
    pub resource: Text,
}

/// Data that a session gets at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessView {
    /// The action.
    pub action: &'static str,
    /// Upon what: `*` for all, otherwise as the policies write it.
    pub resources: Vec<Text>,
    /// But for these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Text>,
    /// What it takes for granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assumes: Vec<Text>,
}

impl ReachView {
    pub(super) fn certain_power(&self) -> Power {
        self.power
    }
}

impl From<&Reach> for ReachView {
    fn from(reach: &Reach) -> Self {
        Self {
            certain: reach.certain.as_str(),
            possible: reach.possible.as_str(),
            words: in_words(reach).into(),
            way: reach.way.iter().map(StepView::from).collect(),
            possible_way: reach.possible_way.iter().map(StepView::from).collect(),
            data: reach.data.iter().map(AccessView::from).collect(),
            doubts: texts(&reach.doubts),
            without_boundary: reach.cut_by_boundary.map(Power::as_str),
            power: reach.certain,
        }
    }
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> Self {
        Self {
            name: step.entry.name,
            requests: step.requests.iter().map(RequestView::from).collect(),
            leads_to: led_to(step).into(),
            assumes: step.assumes.iter().map(|assumption| assumed(assumption).into()).collect(),
            source: step.entry.source,
        }
    }
}

impl From<&Request> for RequestView {
    fn from(request: &Request) -> Self {
        Self { action: request.action.clone().into(), resource: request.resource.clone().into() }
    }
}

impl From<&Access> for AccessView {
    fn from(access: &Access) -> Self {
        let (resources, except) = match &access.extent {
            Extent::All => (vec![Text::from("*")], Vec::new()),
            Extent::Named { allowed, denied } => (texts(allowed), texts(denied)),
        };
        Self {
            action: access.telling.action,
            resources,
            except,
            assumes: access.assumes.iter().map(|assumption| assumed(assumption).into()).collect(),
        }
    }
}

fn led_to(step: &Step) -> String {
    let to = match &step.leads_to {
        LeadsTo::Itself => "the role itself, with more permissions".to_owned(),
        LeadsTo::Role(role) => format!("role `{}`", role.name),
        LeadsTo::Widened(role) => format!("role `{}`, with more permissions", role.name),
        LeadsTo::NewAdministrator => "a new administrator".to_owned(),
        LeadsTo::Elsewhere(resource) => format!("`{resource}` in another account"),
        LeadsTo::SomebodyUnlisted => "somebody whom IAM's answer does not list".to_owned(),
    };
    match step.others {
        0 => to,
        others => format!("{to} and {}", count(others, "other role", "other roles")),
    }
}

fn assumed(assumption: &Assumption) -> String {
    match assumption {
        Assumption::If { key, value } => format!("if `{key}` is `{value}`"),
        Assumption::Unless { key, value } => format!("unless `{key}` is `{value}`"),
        Assumption::Exists(what) => format!("if there is {what}"),
        Assumption::Unread(policy) => format!("if policy `{policy}`, which cannot be read, does not deny it"),
        Assumption::OtherAccount => "if the other account lets the role in".to_owned(),
        Assumption::Undecided(reason) => format!("undecided: {reason}"),
    }
}

/// "can become an administrator: iam:AttachRolePolicy → the role itself, with more permissions"
fn in_words(reach: &Reach) -> String {
    let mut words = match reach.certain {
        Power::Administrator if reach.way.is_empty() => "administrator".to_owned(),
        Power::Administrator => format!("can become an administrator: {}", steps(&reach.way)),
        Power::Escalates => format!("gets permissions of others: {}", steps(&reach.way)),
        Power::Data => format!("data: {}", services(reach)),
        Power::Other => "no data, no permissions of others".to_owned(),
        Power::Nothing => "nothing".to_owned(),
    };
    if reach.possible > reach.certain {
        let more = match reach.possible {
            Power::Administrator => "an administrator",
            Power::Escalates => "permissions of others",
            Power::Data => "data",
            Power::Other | Power::Nothing => "more",
        };
        let first = reach.possible_way.iter().flat_map(|step| &step.assumes).next();
        let first = first.map(|assumption| format!(" ({})", assumed(assumption))).unwrap_or_default();
        words += &match reach.possible_way.is_empty() {
            true => format!("; possibly {more}{first}"),
            false => format!("; possibly {more}: {}{first}", steps(&reach.possible_way)),
        };
    }
    if let Some(power) = reach.cut_by_boundary {
        let without = match power {
            Power::Administrator => "administrator",
            Power::Escalates => "permissions of others",
            Power::Data => "data",
            Power::Other | Power::Nothing => "more",
        };
        words += &format!("; without its permissions boundary: {without}");
    }
    words
}

fn steps(way: &[Step]) -> String {
    let told = way.iter().map(|step| format!("{} → {}", step.entry.name, led_to(step)));
    told.collect::<Vec<_>>().join(", then ")
}

/// The services whose data it gets at, each once.
fn services(reach: &Reach) -> String {
    let mut services: Vec<&str> = reach.data.iter().map(|access| access.telling.service()).collect();
    services.sort_unstable();
    services.dedup();
    services.join(", ")
}
