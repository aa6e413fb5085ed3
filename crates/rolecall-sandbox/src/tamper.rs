//! Somebody who changes things by hand: one way at a time, past the API and its permissions, straight in the
//! state.

use serde_json::{Map, Value, json};

use super::authorize::policy_document;
use super::genesys::GenesysTamper;
use super::principals::CUSTOMER;
use super::state::{Function, ManagedPolicy, PolicyVersion, Role, State};

/// A way to change a role, its policies or its functions behind the owner's back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tamper {
    /// Another external ID in the trust policy.
    TrustExternalId,
    /// No condition in the trust policy.
    TrustNoCondition,
    /// A stranger's account trusted as well.
    TrustExtraPrincipal,
    /// Everybody trusted, with the condition kept.
    TrustWildcardPrincipal,
    /// The external ID compared only where there is one.
    TrustIfExists,
    /// Any resource in the attached policy.
    PolicyWidened,
    /// The attached policy detached.
    PolicyDetached,
    /// An earlier version of the attached policy in force.
    PolicyVersionRolledBack,
    /// A foreign managed policy attached.
    ExtraManagedPolicy,
    /// A foreign inline policy added.
    ExtraInlinePolicy,
    /// Sessions of twelve hours.
    MaxSession,
    /// The permissions boundary removed, or one added where there was none.
    BoundaryChanged,
    /// Any action and resource in the boundary's policy.
    BoundaryWidened,
    /// Everybody in the policy of a function that the role may invoke.
    FunctionPublic,
    /// A URL without authentication on a function that the role may invoke.
    FunctionUrl,
    /// One of the role's tags removed.
    TagRemoved,
    RoleDeleted,
    /// A function that the role may invoke deleted.
    FunctionDeleted,
    /// The trust policy written differently with the same meaning, which is no change.
    EquivalentJson,
    /// A data action edited in Genesys Cloud.
    GenesysActionEdited,
    /// A data action deleted.
    GenesysActionDeleted,
    GenesysIntegrationDisabled,
    /// Another role in the integration's credential.
    GenesysCredentialRole,
    /// The OAuth client of another organization.
    GenesysOrganization,
}

/// Why a kind of tampering cannot be played.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TamperError {
    /// There is no such role.
    #[error("there is no role `{role}` to tamper with: apply first")]
    NoRole {
        /// The name that was given.
        role: String,
    },
    /// The role has not what is to be changed.
    #[error("`{kind}` does not apply to role `{role}`: {reason}")]
    NotApplicable {
        /// The kind of tampering.
        kind: &'static str,
        role: String,
        /// What is missing.
        reason: &'static str,
    },
    /// Genesys Cloud has not what is to be changed.
    #[error("`{kind}` does not apply to Genesys Cloud: {reason}")]
    NotInGenesys {
        /// The kind of tampering.
        kind: &'static str,
        /// What is missing.
        reason: &'static str,
    },
}

const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

impl Tamper {
    /// All kinds.
    pub const ALL: [Self; 24] = [
        Self::TrustExternalId,
        Self::TrustNoCondition,
        Self::TrustExtraPrincipal,
        Self::TrustWildcardPrincipal,
        Self::TrustIfExists,
        Self::PolicyWidened,
        Self::PolicyDetached,
        Self::PolicyVersionRolledBack,
        Self::ExtraManagedPolicy,
        Self::ExtraInlinePolicy,
        Self::MaxSession,
        Self::BoundaryChanged,
        Self::BoundaryWidened,
        Self::FunctionPublic,
        Self::FunctionUrl,
        Self::TagRemoved,
        Self::RoleDeleted,
        Self::FunctionDeleted,
        Self::EquivalentJson,
        Self::GenesysActionEdited,
        Self::GenesysActionDeleted,
        Self::GenesysIntegrationDisabled,
        Self::GenesysCredentialRole,
        Self::GenesysOrganization,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::TrustExternalId => "trust-external-id",
            Self::TrustNoCondition => "trust-no-condition",
            Self::TrustExtraPrincipal => "trust-extra-principal",
            Self::TrustWildcardPrincipal => "trust-wildcard-principal",
            Self::TrustIfExists => "trust-if-exists",
            Self::PolicyWidened => "policy-widened",
            Self::PolicyDetached => "policy-detached",
            Self::PolicyVersionRolledBack => "policy-version-rolled-back",
            Self::ExtraManagedPolicy => "extra-managed-policy",
            Self::ExtraInlinePolicy => "extra-inline-policy",
            Self::MaxSession => "max-session",
            Self::BoundaryChanged => "boundary-changed",
            Self::BoundaryWidened => "boundary-widened",
            Self::FunctionPublic => "function-public",
            Self::FunctionUrl => "function-url",
            Self::TagRemoved => "tag-removed",
            Self::RoleDeleted => "role-deleted",
            Self::FunctionDeleted => "function-deleted",
            Self::EquivalentJson => "equivalent-json",
            Self::GenesysActionEdited => "genesys-action-edited",
            Self::GenesysActionDeleted => "genesys-action-deleted",
            Self::GenesysIntegrationDisabled => "genesys-integration-disabled",
            Self::GenesysCredentialRole => "genesys-credential-role",
            Self::GenesysOrganization => "genesys-organization",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is done to Genesys Cloud, and not to AWS.
    pub fn is_in_genesys(self) -> bool {
        self.genesys().is_some()
    }

    /// The part of it that lies in Genesys Cloud.
    fn genesys(self) -> Option<GenesysTamper> {
        match self {
            Self::GenesysActionEdited => Some(GenesysTamper::ActionEdited),
            Self::GenesysActionDeleted => Some(GenesysTamper::ActionDeleted),
            Self::GenesysIntegrationDisabled => Some(GenesysTamper::IntegrationDisabled),
            Self::GenesysCredentialRole => Some(GenesysTamper::CredentialRole),
            Self::GenesysOrganization => Some(GenesysTamper::Organization),
            Self::TrustExternalId
            | Self::TrustNoCondition
            | Self::TrustExtraPrincipal
            | Self::TrustWildcardPrincipal
            | Self::TrustIfExists
            | Self::PolicyWidened
            | Self::PolicyDetached
            | Self::PolicyVersionRolledBack
            | Self::ExtraManagedPolicy
            | Self::ExtraInlinePolicy
            | Self::MaxSession
            | Self::BoundaryChanged
            | Self::BoundaryWidened
            | Self::FunctionPublic
            | Self::FunctionUrl
            | Self::TagRemoved
            | Self::RoleDeleted
            | Self::FunctionDeleted
            | Self::EquivalentJson => None,
        }
    }

    /// Whether it changes the role or its own policies, so that an apply repairs it.
    pub fn is_of_role(self) -> bool {
        let is_beside_it = matches!(
            self,
            Self::BoundaryWidened | Self::FunctionPublic | Self::FunctionUrl | Self::FunctionDeleted
        );
        !self.is_in_genesys() && !is_beside_it
    }

    /// Tampers with the customer's role of this name, or with Genesys Cloud, and says in one sentence what was done.
    pub fn apply(self, state: &mut State, role: &str) -> Result<String, TamperError> {
        match self.genesys() {
            Some(kind) => {
                kind.apply(state).map_err(|reason| TamperError::NotInGenesys { kind: self.name(), reason })
            }
            None => self.apply_to_role(state, role),
        }
    }

    fn apply_to_role(self, state: &mut State, role: &str) -> Result<String, TamperError> {
        let no_role = || TamperError::NoRole { role: role.to_owned() };
        let not = |reason| TamperError::NotApplicable { kind: self.name(), role: role.to_owned(), reason };
        let old = state.role(CUSTOMER, role).ok_or_else(no_role)?.clone();
        let mut new = old.clone();
        let no_policy = "no customer-managed policy is attached";
        let no_function = "its policies name no function that exists";
        let done = match self {
            Self::TrustExternalId => {
                let changed = edit_trust(&mut new, |statement| {
                    let id = external_id(statement, "StringEquals")?;
                    *id = json!("attacker-org-id");
                    Some(())
                });
                changed.ok_or_else(|| not("the trust policy has no StringEquals on sts:ExternalId"))?;
                "the trust policy now asks for the external ID `attacker-org-id`".to_owned()
            }
            Self::TrustNoCondition => {
                edit_trust(&mut new, |statement| statement.remove("Condition").map(|_| ()))
                    .ok_or_else(|| not("the trust policy has no condition"))?;
                "the trust policy has lost its condition".to_owned()
            }
            Self::TrustExtraPrincipal => {
                let extra = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
                                   "Action": "sts:AssumeRole"});
                edit_statements(&mut new.trust, |statements| statements.push(extra))
                    .ok_or_else(|| not("the trust policy is not readable"))?;
                "account 999999999999 is trusted as well, without a condition".to_owned()
            }
            Self::TrustWildcardPrincipal => {
                edit_trust(&mut new, |statement| {
                    statement.insert("Principal".to_owned(), json!({"AWS": "*"})).map(|_| ())
                })
                .ok_or_else(|| not("the trust policy names no principal"))?;
                "the trust policy now names everybody as principal".to_owned()
            }
            Self::TrustIfExists => {
                let changed = edit_trust(&mut new, |statement| {
                    let condition = statement.get_mut("Condition")?.as_object_mut()?;
                    let keys = condition.remove("StringEquals")?;
                    condition.insert("StringEqualsIfExists".to_owned(), keys);
                    Some(())
                });
                changed.ok_or_else(|| not("the trust policy has no StringEquals condition"))?;
                "the external ID is now compared with StringEqualsIfExists".to_owned()
            }
            Self::PolicyWidened => {
                let (arn, policy) = own_policy(state, &old).ok_or_else(|| not(no_policy))?;
                let widened = edit_statements(&mut policy.document().to_owned(), |statements| {
                    for statement in statements.iter_mut().filter_map(Value::as_object_mut) {
                        statement.insert("Resource".to_owned(), json!("*"));
                    }
                });
                put_in_force(policy, widened.ok_or_else(|| not("the policy is not readable"))?);
                format!("policy {arn} now allows every resource")
            }
            Self::PolicyDetached => {
                let (arn, _) = own_policy(state, &old).ok_or_else(|| not(no_policy))?;
                new.permissions.attached.retain(|attached| *attached != arn);
                format!("policy {arn} is detached")
            }
            Self::PolicyVersionRolledBack => {
                let (arn, policy) = own_policy(state, &old).ok_or_else(|| not(no_policy))?;
                let earlier = policy.versions.keys().rev().copied().find(|number| *number < policy.default);
                policy.default = earlier.ok_or_else(|| not("its policy has no earlier version"))?;
                format!("version v{} of policy {arn} is in force again", policy.default)
            }
            Self::ExtraManagedPolicy => {
                let arn = format!("arn:aws:iam::{CUSTOMER}:policy/Sneaky");
                if new.permissions.attached.contains(&arn) {
                    return Err(not("policy Sneaky is attached already"));
                }
                add_sneaky_policy(state, &arn);
                new.permissions.attached.push(arn);
                "policy Sneaky, which allows everything, is attached".to_owned()
            }
            Self::ExtraInlinePolicy => {
                let document = EVERYTHING.replacen(r#""Action":"*""#, r#""Action":"s3:*""#, 1);
                new.permissions.inline.insert("sneaky".to_owned(), document);
                "inline policy sneaky allows s3:*".to_owned()
            }
            Self::MaxSession => {
                if new.max_session_duration == 43_200 {
                    return Err(not("sessions may last twelve hours already"));
                }
                new.max_session_duration = 43_200;
                "sessions may now last 43200 seconds".to_owned()
            }
            Self::BoundaryChanged => match new.permissions.boundary.take() {
                Some(arn) => format!("the permissions boundary {arn} is removed"),
                None => {
                    new.permissions.boundary = Some("arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned());
                    "ReadOnlyAccess is the permissions boundary now".to_owned()
                }
            },
            Self::BoundaryWidened => {
                let arn =
                    new.permissions.boundary.clone().ok_or_else(|| not("it has no permissions boundary"))?;
                let policies = state.accounts.get_mut(CUSTOMER).map(|account| &mut account.policies);
                let policy = policies.and_then(|policies| policies.get_mut(&arn));
                put_in_force(policy.ok_or_else(|| not("its boundary is AWS's own"))?, EVERYTHING.to_owned());
                format!("the permissions boundary {arn} now allows everything")
            }
            Self::FunctionPublic => {
                let (arn, function) = named_function(state, &old).ok_or_else(|| not(no_function))?;
                let statement = json!({"Sid": "everybody", "Effect": "Allow", "Principal": "*",
                    "Action": "lambda:InvokeFunction", "Resource": arn});
                let document = json!({"Version": "2012-10-17", "Id": "default", "Statement": [statement]});
                function.policies.insert(String::new(), document);
                format!("everybody may invoke function {arn}")
            }
            Self::FunctionUrl => {
                let (arn, function) = named_function(state, &old).ok_or_else(|| not(no_function))?;
                function.urls.insert(String::new(), "NONE".to_owned());
                format!("function {arn} has a URL without authentication")
            }
            Self::TagRemoved => {
                let key = new.tags.iter().next().map(|(key, _)| key.to_owned());
                let key = key.ok_or_else(|| not("it has no tags"))?;
                new.tags.remove(&key);
                format!("tag `{key}` is removed")
            }
            Self::RoleDeleted => {
                if let Some(account) = state.accounts.get_mut(CUSTOMER) {
                    account.roles.remove(&role.to_lowercase());
                }
                return Ok(format!("role {role} is deleted"));
            }
            Self::FunctionDeleted => {
                let arn = delete_function(state, &old).ok_or_else(|| not(no_function))?;
                format!("function {arn} is deleted")
            }
            Self::EquivalentJson => {
                let rewritten = rewrite(&new.trust).ok_or_else(|| not("the trust policy is not readable"))?;
                new.trust = rewritten;
                "the trust policy is written differently and means the same".to_owned()
            }
            Self::GenesysActionEdited
            | Self::GenesysActionDeleted
            | Self::GenesysIntegrationDisabled
            | Self::GenesysCredentialRole
            | Self::GenesysOrganization => return Err(not("it lies in Genesys Cloud")),
        };
        *state.role_mut(CUSTOMER, role).ok_or_else(no_role)? = new;
        Ok(done)
    }
}

/// Changes the list of statements of a document; answers the new text and leaves it in place.
fn edit_statements(document: &mut String, edit: impl FnOnce(&mut Vec<Value>)) -> Option<String> {
    let mut json: Value = serde_json::from_str(document).ok()?;
    let statements = json.get_mut("Statement")?;
    if statements.is_object() {
        *statements = json!([statements]);
    }
    edit(statements.as_array_mut()?);
    *document = json.to_string();
    Some(document.clone())
}

/// Changes the first statement of the trust policy for which `edit` finds something to change.
fn edit_trust(role: &mut Role, edit: impl Fn(&mut Map<String, Value>) -> Option<()>) -> Option<()> {
    let mut changed = None;
    edit_statements(&mut role.trust, |statements| {
        changed = statements.iter_mut().filter_map(Value::as_object_mut).find_map(edit);
    })?;
    changed
}

fn external_id<'v>(statement: &'v mut Map<String, Value>, operator: &str) -> Option<&'v mut Value> {
    let keys = statement.get_mut("Condition")?.get_mut(operator)?.as_object_mut()?;
    keys.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case("sts:ExternalId")).map(|(_, value)| value)
}

/// The first policy attached to the role that is the customer's own.
fn own_policy<'s>(state: &'s mut State, role: &Role) -> Option<(String, &'s mut ManagedPolicy)> {
    let policies = &mut state.accounts.get_mut(CUSTOMER)?.policies;
    let arn = role.permissions.attached.iter().find(|arn| policies.contains_key(*arn))?;
    policies.get_mut(arn).map(|policy| (arn.clone(), policy))
}

fn put_in_force(policy: &mut ManagedPolicy, document: String) {
    if policy.versions.len() >= 5
        && let Some(oldest) = policy.versions.keys().copied().find(|number| *number != policy.default)
    {
        policy.versions.remove(&oldest);
    }
    policy.versions_made += 1;
    policy.versions.insert(policy.versions_made, PolicyVersion { document, created: policy.updated });
    policy.default = policy.versions_made;
}

fn add_sneaky_policy(state: &mut State, arn: &str) {
    let id = state.new_id("ANPA");
    let mut policy =
        ManagedPolicy { name: "Sneaky".to_owned(), path: "/".to_owned(), id, ..ManagedPolicy::default() };
    put_in_force(&mut policy, EVERYTHING.to_owned());
    state.accounts.entry(CUSTOMER.to_owned()).or_default().policies.entry(arn.to_owned()).or_insert(policy);
}

/// Deletes the first function that a policy of the role names.
fn delete_function(state: &mut State, role: &Role) -> Option<String> {
    let (arn, function) = named_function(state, role)?;
    let name = function.name.clone();
    let regions = &mut state.accounts.get_mut(CUSTOMER)?.functions;
    let home = regions.iter_mut().find(|(region, functions)| {
        functions.get(&name).is_some_and(|function| function.arn(CUSTOMER, region) == arn)
    });
    home?.1.remove(&name).map(|_| arn)
}

/// The first function that a policy of the role names.
fn named_function<'s>(state: &'s mut State, role: &Role) -> Option<(String, &'s mut Function)> {
    let managed = role.permissions.attached.iter().flat_map(|arn| policy_document(state, arn));
    let documents: Vec<String> = managed.chain(role.permissions.inline.values().cloned()).collect();
    let is_named = |arn: &str| {
        documents.iter().any(|it| [":", "\""].iter().any(|end| it.contains(&format!("{arn}{end}"))))
    };
    let regions = &mut state.accounts.get_mut(CUSTOMER)?.functions;
    regions
        .iter_mut()
        .flat_map(|(region, functions)| {
            functions.values_mut().map(move |function| (function.arn(CUSTOMER, region), function))
        })
        .find(|(arn, _)| is_named(arn))
}

/// The same document with lists instead of single values and the keys in reverse order.
fn rewrite(document: &str) -> Option<String> {
    let mut json: Value = serde_json::from_str(document).ok()?;
    if let Some(statement) = json.get_mut("Statement").filter(|it| it.is_object()) {
        *statement = json!([statement]);
    }
    for statement in json.get_mut("Statement")?.as_array_mut()? {
        for key in ["Action", "Principal", "Condition"] {
            if let Some(value) = statement.get_mut(key) {
                listed(value);
            }
        }
    }
    Some(reversed(&json).to_string())
}

fn listed(value: &mut Value) {
    match value {
        Value::Object(entries) => entries.values_mut().for_each(listed),
        Value::Array(_) => {}
        one => *one = json!([one]),
    }
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            Value::Object(entries.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}
