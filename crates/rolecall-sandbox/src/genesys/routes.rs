//! Which operation a method and path stand for, as the SDKs name it, and which permissions it asks for.

use super::actions::Stage;
use super::execution::Way;
use super::memory::Memory;
use super::refusal::Refusal;
use super::request::Request;
use super::state::Genesys;
use super::{actions, analytics, audits, credentials, drafts, integrations, organization, tracking};
use crate::state::State;
use crate::wire::{Incoming, Reply};

/// What an operation works on.
pub(super) enum Run {
    /// The request for a token, which comes without one.
    Token,
    /// Looks at the organization.
    Read(fn(&Request<'_>, &Genesys) -> Result<Reply, Refusal>),
    /// Changes it.
    Write(fn(&Request<'_>, &mut State) -> Result<Reply, Refusal>),
    /// Looks at the organization and keeps something until the process ends.
    Remember(fn(&Request<'_>, &Genesys, &mut Memory) -> Result<Reply, Refusal>),
    /// Runs an action.
    Execute(Way),
}

/// One operation.
pub(super) struct Route {
    method: &'static str,
    path: &'static str,
    pub(super) name: &'static str,
    /// Any one of them is enough; none where everybody may.
    pub(super) permissions: &'static [&'static str],
    pub(super) run: Run,
}

const NONE: &[&str] = &[];
const INTEGRATION_VIEW: &[&str] = &["integrations:integration:view"];
const INTEGRATION_ADD: &[&str] = &["integrations:integration:add"];
const INTEGRATION_EDIT: &[&str] = &["integrations:integration:edit"];
const INTEGRATION_DELETE: &[&str] = &["integrations:integration:delete"];
const ACTION_VIEW: &[&str] = &["integrations:action:view", "bridge:actions:view"];
const ACTION_ADD: &[&str] = &["integrations:action:add"];
const ACTION_EDIT: &[&str] = &["integrations:action:edit"];
const ACTION_DELETE: &[&str] = &["integrations:action:delete"];
const ACTION_EXECUTE: &[&str] = &["integrations:action:execute", "bridge:actions:execute"];
const DRAFT_EXECUTE: &[&str] = &["integrations:action:execute"];
const AUDIT_VIEW: &[&str] = &["audits:audit:view"];
const DEPENDENCY_VIEW: &[&str] = &["architect:dependencyTracking:view"];
const FLOW_VIEW: &[&str] = &["architect:flow:view"];
const USER_VIEW: &[&str] = &["directory:user:view"];

const fn route(
    method: &'static str,
    path: &'static str,
    name: &'static str,
    permissions: &'static [&'static str],
    run: Run,
) -> Route {
    Route { method, path, name, permissions, run }
}

/// All operations; where two paths fit, the first one counts.
#[rustfmt::skip]
static ROUTES: [Route; 57] = [
    route("POST", "/oauth/token", "postOauthToken", NONE, Run::Token),
    route("GET", "/api/v2/tokens/me", "getTokensMe", NONE, Run::Read(organization::token)),
    route("HEAD", "/api/v2/tokens/me", "headTokensMe", NONE, Run::Read(organization::token_exists)),
    route("DELETE", "/api/v2/tokens/me", "deleteTokensMe", NONE, Run::Remember(organization::end_token)),
    route("GET", "/api/v2/organizations/me", "getOrganizationsMe", NONE, Run::Read(organization::me)),
    route("GET", "/api/v2/organizations/limits/namespaces/{}", "getOrganizationsLimitsNamespace", NONE, Run::Read(organization::limits)),
    route("GET", "/api/v2/organizations/limits/namespaces/{}/defaults", "getOrganizationsLimitsNamespaceDefaults", NONE, Run::Read(organization::default_limits)),
    route("GET", "/api/v2/authorization/subjects/me", "getAuthorizationSubjectsMe", NONE, Run::Read(organization::subject)),
    route("POST", "/api/v2/analytics/actions/aggregates/query", "postAnalyticsActionsAggregatesQuery", ACTION_VIEW, Run::Read(analytics::actions)),
    route("GET", "/api/v2/users", "getUsers", USER_VIEW, Run::Read(organization::users)),
    route("GET", "/api/v2/integrations/types", "getIntegrationsTypes", INTEGRATION_VIEW, Run::Read(integrations::types)),
    route("GET", "/api/v2/integrations/types/{}", "getIntegrationsType", INTEGRATION_VIEW, Run::Read(integrations::kind)),
    route("GET", "/api/v2/integrations/types/{}/configschemas/{}", "getIntegrationsTypeConfigschema", INTEGRATION_VIEW, Run::Read(integrations::configuration_schema)),
    route("GET", "/api/v2/integrations/credentials/types", "getIntegrationsCredentialsTypes", INTEGRATION_VIEW, Run::Read(credentials::types)),
    route("GET", "/api/v2/integrations/credentials/listing", "getIntegrationsCredentialsListing", INTEGRATION_VIEW, Run::Read(credentials::listing)),
    route("GET", "/api/v2/integrations/credentials", "getIntegrationsCredentials", INTEGRATION_VIEW, Run::Read(credentials::list)),
    route("POST", "/api/v2/integrations/credentials", "postIntegrationsCredentials", INTEGRATION_ADD, Run::Write(credentials::create)),
    route("GET", "/api/v2/integrations/credentials/{}", "getIntegrationsCredential", INTEGRATION_VIEW, Run::Read(credentials::get)),
    route("PUT", "/api/v2/integrations/credentials/{}", "putIntegrationsCredential", INTEGRATION_EDIT, Run::Write(credentials::replace)),
    route("DELETE", "/api/v2/integrations/credentials/{}", "deleteIntegrationsCredential", INTEGRATION_DELETE, Run::Write(credentials::delete)),
    route("GET", "/api/v2/integrations/actions/categories", "getIntegrationsActionsCategories", ACTION_VIEW, Run::Read(actions::categories)),
    route("GET", "/api/v2/integrations/actions/drafts", "getIntegrationsActionsDrafts", ACTION_VIEW, Run::Read(drafts::list)),
    route("POST", "/api/v2/integrations/actions/drafts", "postIntegrationsActionsDrafts", ACTION_ADD, Run::Write(drafts::create)),
    route("GET", "/api/v2/integrations/actions", "getIntegrationsActions", ACTION_VIEW, Run::Read(actions::list)),
    route("POST", "/api/v2/integrations/actions", "postIntegrationsActions", ACTION_ADD, Run::Write(actions::create)),
    route("GET", "/api/v2/integrations/actions/{}", "getIntegrationsAction", ACTION_VIEW, Run::Read(actions::get)),
    route("PATCH", "/api/v2/integrations/actions/{}", "patchIntegrationsAction", ACTION_EDIT, Run::Write(actions::update)),
    route("DELETE", "/api/v2/integrations/actions/{}", "deleteIntegrationsAction", ACTION_DELETE, Run::Write(actions::delete)),
    route("GET", "/api/v2/integrations/actions/{}/templates/{}", "getIntegrationsActionTemplate", ACTION_VIEW, Run::Read(actions::template)),
    route("GET", "/api/v2/integrations/actions/{}/schemas/{}", "getIntegrationsActionSchema", ACTION_VIEW, Run::Read(actions::schema)),
    route("POST", "/api/v2/integrations/actions/{}/test", "postIntegrationsActionTest", ACTION_EXECUTE, Run::Execute(Way::Test(Stage::Published))),
    route("POST", "/api/v2/integrations/actions/{}/execute", "postIntegrationsActionExecute", ACTION_EXECUTE, Run::Execute(Way::Execute)),
    route("GET", "/api/v2/integrations/actions/{}/draft", "getIntegrationsActionDraft", ACTION_VIEW, Run::Read(drafts::get)),
    route("POST", "/api/v2/integrations/actions/{}/draft", "postIntegrationsActionDraft", ACTION_EDIT, Run::Write(drafts::begin)),
    route("PATCH", "/api/v2/integrations/actions/{}/draft", "patchIntegrationsActionDraft", ACTION_EDIT, Run::Write(drafts::update)),
    route("DELETE", "/api/v2/integrations/actions/{}/draft", "deleteIntegrationsActionDraft", ACTION_DELETE, Run::Write(drafts::delete)),
    route("GET", "/api/v2/integrations/actions/{}/draft/validation", "getIntegrationsActionDraftValidation", ACTION_EDIT, Run::Read(drafts::validate)),
    route("POST", "/api/v2/integrations/actions/{}/draft/publish", "postIntegrationsActionDraftPublish", ACTION_EDIT, Run::Write(drafts::publish)),
    route("GET", "/api/v2/integrations/actions/{}/draft/templates/{}", "getIntegrationsActionDraftTemplate", ACTION_VIEW, Run::Read(drafts::template)),
    route("GET", "/api/v2/integrations/actions/{}/draft/schemas/{}", "getIntegrationsActionDraftSchema", ACTION_VIEW, Run::Read(drafts::schema)),
    route("POST", "/api/v2/integrations/actions/{}/draft/test", "postIntegrationsActionDraftTest", DRAFT_EXECUTE, Run::Execute(Way::Test(Stage::Draft))),
    route("GET", "/api/v2/integrations", "getIntegrations", INTEGRATION_VIEW, Run::Read(integrations::list)),
    route("POST", "/api/v2/integrations", "postIntegrations", INTEGRATION_ADD, Run::Write(integrations::create)),
    route("GET", "/api/v2/integrations/{}", "getIntegration", INTEGRATION_VIEW, Run::Read(integrations::get)),
    route("PATCH", "/api/v2/integrations/{}", "patchIntegration", INTEGRATION_EDIT, Run::Write(integrations::change)),
    route("DELETE", "/api/v2/integrations/{}", "deleteIntegration", INTEGRATION_DELETE, Run::Write(integrations::delete)),
    route("GET", "/api/v2/integrations/{}/config/current", "getIntegrationConfigCurrent", INTEGRATION_VIEW, Run::Read(integrations::configuration)),
    route("PUT", "/api/v2/integrations/{}/config/current", "putIntegrationConfigCurrent", INTEGRATION_EDIT, Run::Write(integrations::configure)),
    route("GET", "/api/v2/architect/dependencytracking/build", "getArchitectDependencytrackingBuild", DEPENDENCY_VIEW, Run::Read(tracking::build)),
    route("GET", "/api/v2/architect/dependencytracking/consumingresources", "getArchitectDependencytrackingConsumingresources", DEPENDENCY_VIEW, Run::Read(tracking::consumers)),
    route("GET", "/api/v2/flows/{}", "getFlow", FLOW_VIEW, Run::Read(tracking::flow)),
    route("POST", "/api/v2/audits/query", "postAuditsQuery", AUDIT_VIEW, Run::Remember(audits::ask)),
    route("POST", "/api/v2/audits/query/realtime", "postAuditsQueryRealtime", AUDIT_VIEW, Run::Read(audits::realtime)),
    route("GET", "/api/v2/audits/query/servicemapping", "getAuditsQueryServicemapping", AUDIT_VIEW, Run::Read(audits::services)),
    route("GET", "/api/v2/audits/query/realtime/servicemapping", "getAuditsQueryRealtimeServicemapping", AUDIT_VIEW, Run::Read(audits::realtime_services)),
    route("GET", "/api/v2/audits/query/{}", "getAuditsQueryTransactionId", AUDIT_VIEW, Run::Remember(audits::status)),
    route("GET", "/api/v2/audits/query/{}/results", "getAuditsQueryTransactionIdResults", AUDIT_VIEW, Run::Remember(audits::results)),
];

/// The operation of a request and the variable parts of its path.
pub(super) fn find(request: &Incoming) -> Option<(&'static Route, Vec<String>)> {
    let segments = request.segments();
    ROUTES.iter().filter(|route| route.method == request.method).find_map(|route| {
        let pattern: Vec<&str> = route.path.split('/').filter(|part| !part.is_empty()).collect();
        let fits = pattern.len() == segments.len()
            && pattern.iter().zip(&segments).all(|(pattern, segment)| *pattern == "{}" || pattern == segment);
        let variable = pattern.iter().zip(&segments).filter(|(pattern, _)| **pattern == "{}");
        fits.then(|| (route, variable.map(|(_, segment)| segment.clone()).collect()))
    })
}
