//! Who rolecall is to Genesys Cloud, as text, as JSON and as Markdown.

use std::fmt::Write as _;

use rolecall_genesys::operation::{COMMANDS, CommandCalls, Operation};
use rolecall_genesys::permissions::{Access, Permissions};
use rolecall_genesys::whoami::{Identity, UsersProbe};
use schemars::JsonSchema;
use serde::Serialize;

use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use super::markdown::{cell, code};
use super::{CallsView, Text};
use crate::iam::arn::ExternalId;
use crate::manifest::Manager;
use crate::ports::call::Call;

/// The result of `genesys whoami`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "rolecall genesys whoami")]
pub struct IdentityView {
    /// The organization.
    pub organization: OrganizationView,
    /// The region, or the base path where it is none that is known.
    pub region: String,
    /// The OAuth client.
    pub oauth_client: OauthClientView,
    /// Where the knowledge of the permissions comes from.
    pub permissions_from: PermissionSource,
    /// What each command needs.
    pub commands: Vec<CommandView>,
    /// The rate limit, as the last answer had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimitView>,
    /// The limits of data actions; left out where the API did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_action_limits: Option<Vec<LimitView>>,
    /// The external ID of the manifest, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestView>,
    /// The users that were listed, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<UsersView>,
    /// The requests to Genesys Cloud.
    pub calls: Vec<CallsView>,
}

/// The organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OrganizationView {
    /// The ID, which is the external ID.
    pub id: String,
    /// The name that people see.
    pub name: Text,
    /// The short name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_name: Option<Text>,
    /// Such as `active`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Text>,
}

/// The OAuth client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OauthClientView {
    /// The ID.
    pub id: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    /// The organization that the client comes from, if that is a different organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_organization: Option<Text>,
}

/// Where the knowledge of the permissions comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PermissionSource {
    /// The API lists the client's roles.
    Roles,
    /// The API does not, and a few reads were tried.
    Reads,
}

/// What a command needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CommandView {
    /// The command.
    pub command: &'static str,
    /// The permissions, one by one.
    pub needs: Vec<NeedView>,
    /// Why the manifest's role needs none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_needed: Option<String>,
}

/// A need, and whether it is met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NeedView {
    /// The permissions of which one is enough.
    pub any_of: &'static [&'static str],
    /// Whether the client has one.
    pub access: AccessView,
}

/// Whether a permission is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccessView {
    /// It is.
    Granted,
    /// It is not.
    Missing,
    /// It cannot be told.
    Unknown,
}

/// How many requests may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RateLimitView {
    /// Requests that were sent.
    pub used: u32,
    /// Requests that may be sent.
    pub allowed: u32,
    /// Until the count starts over.
    pub resets_in_seconds: u64,
}

/// A limit of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LimitView {
    /// Such as `actions.total.max`.
    pub key: String,
    /// The value.
    pub value: Option<i64>,
}

/// What the manifest says of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ManifestView {
    /// The stated `organization_id`.
    pub organization_id: String,
    /// Whether it is the organization's.
    pub agrees: bool,
}

/// What listing the users came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UsersView {
    /// Users that were listed.
    pub users: usize,
    /// Requests that it took, retries included.
    pub requests: usize,
    /// Requests that were answered with 429.
    pub throttled: usize,
    /// How long it took.
    pub took_ms: u64,
}

impl IdentityView {
    /// The view of what was found; `stated` is the manifest's external ID, `managed_by` the tool that makes what is in Genesys Cloud
    /// where that is not rolecall.
    pub fn new(
        identity: Identity,
        (stated, managed_by): (Option<&ExternalId>, Option<Manager>),
        users: Option<UsersProbe>,
        calls: &[Call],
    ) -> Self {
        let Identity { organization, site, client, permissions, rate_limit, limits } = identity;
        Self {
            manifest: stated.map(|stated| ManifestView {
                organization_id: stated.to_string(),
                agrees: stated.as_str() == organization.id,
            }),
            organization: OrganizationView {
                id: organization.id,
                name: organization.name.into(),
                short_name: organization.third_party_org_name.map(Text::from),
                state: organization.state.map(Text::from),
            },
            region: site.to_string(),
            oauth_client: OauthClientView {
                id: client.id,
                name: client.name.map(Text::from),
                home_organization: client.home_organization.map(Text::from),
            },
            permissions_from: match permissions {
                Permissions::Granted { .. } => PermissionSource::Roles,
                Permissions::Seen(_) => PermissionSource::Reads,
            },
            commands: commands(&permissions, managed_by),
            rate_limit: rate_limit.map(|(used, allowed, resets_in_seconds)| RateLimitView {
                used,
                allowed,
                resets_in_seconds,
            }),
            data_action_limits: limits.map(|limits| {
                limits.into_iter().map(|limit| LimitView { key: limit.key, value: limit.value }).collect()
            }),
            users: users.map(|UsersProbe { users, requests, throttled, took }| UsersView {
                users,
                requests,
                throttled,
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            }),
            calls: CallsView::summarize(calls),
        }
    }

    /// One JSON document.
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Text for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("{BOLD}{}{BOLD:#}\n", self.organization_line());
        // Writing to a String cannot fail.
        for (label, value) in self.facts() {
            let _ = writeln!(text, "  {label:<12}  {value}");
        }
        if let Some(ManifestView { organization_id, agrees: false }) = &self.manifest {
            let _ = writeln!(
                text,
                "  {RED}the manifest states a different organization_id: {organization_id}{RED:#}"
            );
        }
        let _ = writeln!(text, "\n{BOLD}Permissions{BOLD:#} {DIMMED}({}){DIMMED:#}", self.source());
        for CommandView { command, needs, not_needed } in &self.commands {
            if let Some(why) = not_needed {
                let _ = writeln!(text, "  {command}  {DIMMED}not needed: {why}{DIMMED:#}");
                continue;
            }
            let _ = writeln!(text, "  {command}");
            for NeedView { any_of, access } in needs {
                let (style, word) = match access {
                    AccessView::Granted => (GREEN, "granted"),
                    AccessView::Missing => (RED, "missing"),
                    AccessView::Unknown => (YELLOW, "unknown"),
                };
                let _ = writeln!(text, "    {style}{word}{style:#}  {}", any_of.join(" or "));
            }
        }
        match self.data_action_limits.as_deref() {
            Some([]) | None => {}
            Some(limits) => {
                let _ = writeln!(text, "\n{BOLD}Limits of data actions{BOLD:#}");
                for LimitView { key, value } in limits {
                    let _ = writeln!(text, "  {key:<36}  {}", number(*value));
                }
            }
        }
        text
    }

    /// Markdown for the summary of a CI step.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("## Genesys Cloud: {}\n\n| | |\n|---|---|\n", cell(&self.organization_line()));
        for (label, value) in self.facts() {
            let _ = writeln!(text, "| {label} | {} |", cell(&value));
        }
        if let Some(ManifestView { organization_id, agrees: false }) = &self.manifest {
            let _ =
                writeln!(text, "| ❌ manifest | different organization\\_id: {} |", code(organization_id));
        }
        let _ = writeln!(
            text,
            "\n### Permissions ({})\n\n| command | permission | |\n|---|---|---|",
            self.source()
        );
        for CommandView { command, needs, not_needed } in &self.commands {
            if let Some(why) = not_needed {
                let _ = writeln!(text, "| {} | – | not needed: {} |", cell(command), cell(why));
                continue;
            }
            for NeedView { any_of, access } in needs {
                let mark = match access {
                    AccessView::Granted => "✅ granted",
                    AccessView::Missing => "❌ missing",
                    AccessView::Unknown => "❔ unknown",
                };
                let names = any_of.iter().map(|name| code(name)).collect::<Vec<_>>().join(" or ");
                let _ = writeln!(text, "| {} | {names} | {mark} |", cell(command));
            }
        }
        if let Some(limits) = self.data_action_limits.as_deref().filter(|limits| !limits.is_empty()) {
            let _ = writeln!(text, "\n### Limits of data actions\n\n| limit | value |\n|---|---|");
            for LimitView { key, value } in limits {
                let _ = writeln!(text, "| {} | {} |", code(key), number(*value));
            }
        }
        text
    }

    fn organization_line(&self) -> String {
        let OrganizationView { id: _, name, short_name, state } = &self.organization;
        let short = short_name.as_ref().filter(|short| *short != name).map(|short| format!(" ({short})"));
        let state = state.as_ref().filter(|state| &***state != "active").map(|state| format!(", {state}"));
        format!("{name}{}{}", short.unwrap_or_default(), state.unwrap_or_default())
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let OauthClientView { id, name, home_organization } = &self.oauth_client;
        let name = name.as_ref().map(|name| format!("{name}, ")).unwrap_or_default();
        let home = home_organization.as_ref().map(|home| format!(", of the organization {home}"));
        let external_id = match &self.manifest {
            Some(ManifestView { agrees: true, .. }) => {
                format!("{}, as in the manifest", self.organization.id)
            }
            Some(_) | None => self.organization.id.clone(),
        };
        let mut facts = vec![
            ("external ID", external_id),
            ("region", self.region.clone()),
            ("OAuth client", format!("{name}{id}{}", home.unwrap_or_default())),
        ];
        if let Some(RateLimitView { used, allowed, resets_in_seconds }) = self.rate_limit {
            let limit = format!("{used} of {allowed} requests used, starts over in {resets_in_seconds} s");
            facts.push(("rate limit", limit));
        }
        if let Some(UsersView { users, requests, throttled, took_ms }) = self.users {
            let probe =
                format!("{users} listed in {requests} requests ({throttled} throttled), {took_ms} ms");
            facts.push(("users", probe));
        }
        facts
    }

    fn source(&self) -> &'static str {
        match self.permissions_from {
            PermissionSource::Roles => "by the roles of the OAuth client",
            PermissionSource::Reads => "the API does not list the client's roles; rolecall tried a few reads",
        }
    }
}

fn number(value: Option<i64>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |value| value.to_string())
}

/// What each command needs, each need once.
fn commands(permissions: &Permissions, managed_by: Option<Manager>) -> Vec<CommandView> {
    let view = |access| match access {
        Access::Granted => AccessView::Granted,
        Access::Missing => AccessView::Missing,
        Access::Unknown => AccessView::Unknown,
    };
    let needs = |operations: &[&'static Operation]| {
        let mut needs: Vec<NeedView> = Vec::new();
        for operation in operations {
            let any_of = operation.permissions;
            if needs.iter().all(|need| need.any_of != any_of) {
                needs.push(NeedView { any_of, access: view(permissions.access(any_of)) });
            }
        }
        needs
    };
    let of = |CommandCalls { command, operations, is_for_changes }: &CommandCalls| CommandView {
        command,
        needs: needs(operations),
        not_needed: managed_by.filter(|_| *is_for_changes).map(changes_nothing),
    };
    COMMANDS.iter().map(of).collect()
}

/// Why rolecall needs no permission to change anything.
fn changes_nothing(manager: Manager) -> String {
    format!("{} manages the Genesys Cloud side, and rolecall writes nothing there", manager.name())
}
