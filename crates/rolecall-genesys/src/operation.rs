//! The calls that rolecall makes: method, path, the permissions of which each needs one, whether it may be sent
//! again when its answer is lost, and which answer says that it was carried out.
//!
//! Paths and permissions are those of the Platform API's documents (platform-client-sdk-javascript 259.0.0,
//! platform-client-sdk-cli 166.0.0). To list them is what lets `whoami` say what a command would need.

use reqwest::Method;

/// One call of the Platform API.
#[derive(Debug)]
pub struct Operation {
    /// Method and path, such as `GET /api/v2/organizations/me`.
    pub name: &'static str,
    /// The permissions of which the caller needs one; empty where it needs none.
    pub permissions: &'static [&'static str],
    pub(super) method: Method,
    /// The path, with `{…}` for what is filled in.
    pub(super) path: &'static str,
    /// Whether to do it twice harms nothing. A PUT or PATCH says what there shall be, and the API checks the version
    /// where that matters: the second of two is at worst a conflict, which is read again anyway. A POST makes something
    /// new each time, or runs something; only some are no more than a question (`question`).
    pub(super) is_repeatable: bool,
    /// Whether it changes or runs something.
    pub(super) is_write: bool,
    /// What an answer to it is that says that it was carried out.
    pub(super) success: Success,
}

/// The answer by which the API says that a call was carried out. Anything else with a status below 300 is not its own: a proxy,
/// a login page or a mock has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Success {
    /// A body, which the caller reads.
    Body,
    /// 204 without a body (Swagger document of 2018, `deleteIntegrationsAction`).
    NoContent,
    /// A status without a described body: no document has the code of `deleteIntegrationsCredential`, so 200 and 204 without a
    /// body, or with JSON. Whether the thing is gone, only reading shows.
    Undescribed,
}

const VIEW_INTEGRATION: &[&str] = &["integrations:integration:view"];
const ADD_INTEGRATION: &[&str] = &["integrations:integration:add"];
const EDIT_INTEGRATION: &[&str] = &["integrations:integration:edit"];
const DELETE_INTEGRATION: &[&str] = &["integrations:integration:delete"];
const VIEW_ACTION: &[&str] = &["integrations:action:view", "bridge:actions:view"];
const ADD_ACTION: &[&str] = &["integrations:action:add"];
const EDIT_ACTION: &[&str] = &["integrations:action:edit"];
const DELETE_ACTION: &[&str] = &["integrations:action:delete"];
/// Of the test of a draft; that of a published action takes `bridge:actions:execute` as well.
const EXECUTE_DRAFT: &[&str] = &["integrations:action:execute"];
const EXECUTE_ACTION: &[&str] = &["integrations:action:execute", "bridge:actions:execute"];
const VIEW_DEPENDENCIES: &[&str] = &["architect:dependencyTracking:view"];
const VIEW_FLOW: &[&str] = &["architect:flow:view"];
const VIEW_USER: &[&str] = &["directory:user:view"];
const VIEW_AUDIT: &[&str] = &["audits:audit:view"];

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $method:ident $path:literal $(($repeatable:ident))?, $permissions:expr;)*) => {
        /// Every call.
        pub static ALL: &[&Operation] = &[$(&$name),*];

        $($(#[$doc])* pub static $name: Operation = Operation {
            name: concat!(stringify!($method), " ", $path),
            permissions: $permissions,
            method: Method::$method,
            path: $path,
            is_repeatable: operations!(@repeatable $method $($repeatable)?),
            is_write: operations!(@write $method $($repeatable)?),
            success: operations!(@success $method $($repeatable)?),
        };)*
    };
    (@repeatable POST) => { false };
    (@repeatable POST question) => { true };
    (@repeatable $method:ident $($mark:ident)?) => { true };
    (@write GET) => { false };
    (@write POST question) => { false };
    (@write $method:ident $($mark:ident)?) => { true };
    (@success DELETE no_content) => { Success::NoContent };
    (@success DELETE undescribed) => { Success::Undescribed };
    (@success $method:ident $($mark:ident)?) => { Success::Body };
}

operations! {
    /// Issues a token; on the login host, with the client's ID and secret.
    TOKEN = POST "/oauth/token"(question), &[];
    /// What the token is.
    TOKEN_INFO = GET "/api/v2/tokens/me", &[];
    /// The organization.
    ORGANIZATION = GET "/api/v2/organizations/me", &[];
    /// The limits of a namespace, such as `dataactions`.
    LIMITS = GET "/api/v2/organizations/limits/namespaces/{namespaceName}", &[];
    /// Roles and permissions of the caller. Documented for "the currently authenticated user", without permission.
    SUBJECT = GET "/api/v2/authorization/subjects/me", &[];
    /// The users, a page at a time.
    USERS = GET "/api/v2/users", VIEW_USER;
    /// A type of integration, with its credentials.
    INTEGRATION_TYPE = GET "/api/v2/integrations/types/{typeId}", VIEW_INTEGRATION;
    /// The types of credentials, with their fields.
    CREDENTIAL_TYPES = GET "/api/v2/integrations/credentials/types", VIEW_INTEGRATION;
    /// The credentials, by cursor.
    CREDENTIALS = GET "/api/v2/integrations/credentials/listing", VIEW_INTEGRATION;
    /// A new credential.
    ADD_CREDENTIAL = POST "/api/v2/integrations/credentials", ADD_INTEGRATION;
    /// A credential, its secret fields redacted.
    CREDENTIAL = GET "/api/v2/integrations/credentials/{credentialId}", VIEW_INTEGRATION;
    /// Other values for a credential.
    SET_CREDENTIAL = PUT "/api/v2/integrations/credentials/{credentialId}", EDIT_INTEGRATION;
    /// Removes a credential.
    REMOVE_CREDENTIAL = DELETE "/api/v2/integrations/credentials/{credentialId}"(undescribed), DELETE_INTEGRATION;
    /// The integrations, a page at a time.
    INTEGRATIONS = GET "/api/v2/integrations", VIEW_INTEGRATION;
    /// A new integration.
    ADD_INTEGRATION_OF_TYPE = POST "/api/v2/integrations", ADD_INTEGRATION;
    /// An integration.
    INTEGRATION = GET "/api/v2/integrations/{integrationId}", VIEW_INTEGRATION;
    /// Another intended state for an integration.
    SET_INTEGRATION = PATCH "/api/v2/integrations/{integrationId}", EDIT_INTEGRATION;
    /// Removes an integration, and its actions.
    REMOVE_INTEGRATION = DELETE "/api/v2/integrations/{integrationId}", DELETE_INTEGRATION;
    /// The configuration of an integration.
    CONFIGURATION = GET "/api/v2/integrations/{integrationId}/config/current", VIEW_INTEGRATION;
    /// Another configuration, with the version that it replaces.
    SET_CONFIGURATION = PUT "/api/v2/integrations/{integrationId}/config/current", EDIT_INTEGRATION;
    /// The actions, a page at a time.
    ACTIONS = GET "/api/v2/integrations/actions", VIEW_ACTION;
    /// The drafts of actions, a page at a time.
    DRAFTS = GET "/api/v2/integrations/actions/drafts", VIEW_ACTION;
    /// A new draft of an action.
    ADD_DRAFT = POST "/api/v2/integrations/actions/drafts", ADD_ACTION;
    /// An action.
    ACTION = GET "/api/v2/integrations/actions/{actionId}", VIEW_ACTION;
    /// Removes an action.
    REMOVE_ACTION = DELETE "/api/v2/integrations/actions/{actionId}"(no_content), DELETE_ACTION;
    /// A file of a template of an action.
    TEMPLATE = GET "/api/v2/integrations/actions/{actionId}/templates/{fileName}", VIEW_ACTION;
    /// The draft of an action.
    DRAFT = GET "/api/v2/integrations/actions/{actionId}/draft", VIEW_ACTION;
    /// A file of a template of a draft.
    DRAFT_TEMPLATE = GET "/api/v2/integrations/actions/{actionId}/draft/templates/{fileName}", VIEW_ACTION;
    /// A draft made of the published action.
    OPEN_DRAFT = POST "/api/v2/integrations/actions/{actionId}/draft", EDIT_ACTION;
    /// Other values for a draft, with the version that they replace.
    SET_DRAFT = PATCH "/api/v2/integrations/actions/{actionId}/draft", EDIT_ACTION;
    /// Removes the draft of an action.
    REMOVE_DRAFT = DELETE "/api/v2/integrations/actions/{actionId}/draft"(no_content), DELETE_ACTION;
    /// Whether a draft could be published.
    CHECK_DRAFT = GET "/api/v2/integrations/actions/{actionId}/draft/validation", EDIT_ACTION;
    /// Publishes a draft of that version.
    PUBLISH_DRAFT = POST "/api/v2/integrations/actions/{actionId}/draft/publish", EDIT_ACTION;
    /// Runs a draft.
    TEST_DRAFT = POST "/api/v2/integrations/actions/{actionId}/draft/test", EXECUTE_DRAFT;
    /// Runs an action.
    TEST_ACTION = POST "/api/v2/integrations/actions/{actionId}/test", EXECUTE_ACTION;
    /// How far the index of dependency tracking is.
    DEPENDENCY_INDEX = GET "/api/v2/architect/dependencytracking/build", VIEW_DEPENDENCIES;
    /// What uses a thing, a page at a time.
    CONSUMERS = GET "/api/v2/architect/dependencytracking/consumingresources", VIEW_DEPENDENCIES;
    /// A flow.
    FLOW = GET "/api/v2/flows/{flowId}", VIEW_FLOW;
    /// How often actions ran and how long that took.
    ACTION_METRICS = POST "/api/v2/analytics/actions/aggregates/query"(question), VIEW_ACTION;
    /// The services, entities and actions that audits are kept of.
    AUDIT_SERVICES = GET "/api/v2/audits/query/servicemapping", VIEW_AUDIT;
    /// Begins an audit query.
    QUERY_AUDITS = POST "/api/v2/audits/query"(question), VIEW_AUDIT;
    /// How far an audit query is.
    AUDIT_STATE = GET "/api/v2/audits/query/{transactionId}", VIEW_AUDIT;
    /// What an audit query found, by cursor.
    AUDIT_RESULTS = GET "/api/v2/audits/query/{transactionId}/results", VIEW_AUDIT;
}

/// What a command asks of Genesys Cloud.
#[derive(Clone, Copy, Debug)]
pub struct CommandCalls {
    /// The command, or several; or what is done by the way.
    pub command: &'static str,
    /// The calls that need a permission.
    pub operations: &'static [&'static Operation],
    /// Whether they are made only where rolecall is to change what is in Genesys Cloud.
    pub is_for_changes: bool,
}

macro_rules! commands {
    ($($name:literal $(($changes:ident))?: $($operation:ident),+;)*) => {
        /// What each command asks of Genesys Cloud, for `whoami` and for the page that lists the permissions. Calls that need no
        /// permission are left out.
        pub static COMMANDS: &[CommandCalls] = &[$(CommandCalls {
            command: $name,
            operations: &[$(&$operation),+],
            is_for_changes: commands!(@changes $($changes)?),
        }),*];
    };
    (@changes changes) => { true };
    (@changes) => { false };
}

commands! {
    "plan, drift, verify":
        INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATIONS, INTEGRATION, CONFIGURATION, ACTIONS,
        ACTION, DRAFTS, DRAFT, TEMPLATE, DRAFT_TEMPLATE;
    "genesys connect" (changes):
        INTEGRATIONS, INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATION, CONFIGURATION, ADD_CREDENTIAL,
        SET_CREDENTIAL, ADD_INTEGRATION_OF_TYPE, SET_CONFIGURATION, SET_INTEGRATION, ACTIONS, ACTION, DRAFTS, DRAFT, TEMPLATE,
        DRAFT_TEMPLATE;
    "apply with [[action]]" (changes):
        INTEGRATIONS, INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATION, CONFIGURATION, ADD_CREDENTIAL,
        SET_CREDENTIAL, ADD_INTEGRATION_OF_TYPE, SET_CONFIGURATION, SET_INTEGRATION, ACTIONS, ACTION, DRAFTS, DRAFT, TEMPLATE,
        DRAFT_TEMPLATE, ADD_DRAFT, OPEN_DRAFT, SET_DRAFT, CHECK_DRAFT, PUBLISH_DRAFT, REMOVE_ACTION, REMOVE_DRAFT,
        REMOVE_CREDENTIAL, REMOVE_INTEGRATION;
    "genesys action list, genesys action export":
        INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATIONS, INTEGRATION, CONFIGURATION, ACTIONS, ACTION,
        DRAFTS, DRAFT, TEMPLATE, DRAFT_TEMPLATE;
    "genesys action test, verify --level genesys":
        INTEGRATIONS, INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATION, CONFIGURATION, ACTIONS, ACTION,
        DRAFTS, DRAFT, TEMPLATE, DRAFT_TEMPLATE, TEST_ACTION;
    "destroy" (changes):
        INTEGRATIONS, INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATION, CONFIGURATION, ACTIONS, ACTION,
        DRAFTS, DRAFT, TEMPLATE, DRAFT_TEMPLATE, REMOVE_ACTION, REMOVE_DRAFT, REMOVE_INTEGRATION, REMOVE_CREDENTIAL,
        SET_CONFIGURATION, SET_INTEGRATION;
    "who uses an action that is deleted or replaced" (changes):
        DEPENDENCY_INDEX, CONSUMERS, FLOW;
    "genesys metrics, drift --with-metrics": ACTIONS, INTEGRATIONS, ACTION_METRICS;
    "genesys whoami --probe users": USERS;
    "genesys audit": QUERY_AUDITS, AUDIT_STATE, AUDIT_RESULTS, AUDIT_SERVICES;
    "genesys audit --fail-on foreign":
        QUERY_AUDITS, AUDIT_STATE, AUDIT_RESULTS, INTEGRATION_TYPE, CREDENTIAL_TYPES, CREDENTIALS, CREDENTIAL, INTEGRATIONS,
        INTEGRATION, CONFIGURATION, ACTIONS, DRAFTS;
}
