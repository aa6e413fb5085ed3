//! What the sandbox remembers: accounts with their users, roles, policies, functions and secrets, and an
//! organization of Genesys Cloud.
//!
//! Plain data that goes to JSON and back. Documents are kept as the text that the caller sent, because IAM
//! gives back what it was given; what a principal in a trust policy meant when it was saved is kept beside
//! the text ([`Role::trusted_ids`]). Deliberately absent: temporary credentials, which end with the process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::genesys::state::Genesys;
use super::measured::Invocation;
use super::tags::Tags;

/// Everything that lasts between runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Accounts by their twelve digits.
    pub accounts: BTreeMap<String, Account>,
    /// How many unique IDs were handed out; the next one is derived from it.
    pub ids_given: u64,
    /// The invocations of functions that happened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub invocations: Vec<Invocation>,
    /// The Genesys Cloud organization; as at first in a file that knows none.
    #[serde(default)]
    pub genesys: Genesys,
}

/// One AWS account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Users by name.
    pub users: BTreeMap<String, User>,
    /// Roles by their name in lower case, since names are unique without regard to case.
    pub roles: BTreeMap<String, Role>,
    /// Customer-managed policies by ARN.
    pub policies: BTreeMap<String, ManagedPolicy>,
    /// Functions by region and name.
    pub functions: BTreeMap<String, BTreeMap<String, Function>>,
    /// Secrets by region and name.
    pub secrets: BTreeMap<String, BTreeMap<String, Secret>>,
    /// Parameters of Systems Manager by region and name.
    #[serde(default)]
    pub parameters: BTreeMap<String, BTreeMap<String, Parameter>>,
    /// The quotas in force here.
    pub quotas: Quotas,
}

/// The adjustable IAM quotas, with AWS's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotas {
    /// Trust policy, characters without white space.
    pub trust_policy_size: usize,
    /// Managed policies attached to one role.
    pub policies_per_role: usize,
    /// Roles in the account.
    pub roles: usize,
    /// Customer-managed policies in the account.
    pub policies: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        // docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
        Self { trust_policy_size: 2048, policies_per_role: 10, roles: 1000, policies: 1500 }
    }
}

/// An IAM user; there only as somebody to sign requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The unique ID, `AIDA…`.
    pub id: String,
    /// What the user may do.
    pub permissions: Permissions,
    /// Tags, seen by policies as `aws:PrincipalTag/…`.
    pub tags: Tags,
}

/// An IAM role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Role {
    /// The name as it was written at creation.
    pub name: String,
    /// The path, `/` by default.
    pub path: String,
    /// The unique ID, `AROA…`.
    pub id: String,
    /// The description, if one was given.
    pub description: Option<String>,
    /// Seconds since 1970.
    pub created: i64,
    /// Seconds, 3600 to 43200.
    pub max_session_duration: u32,
    /// The trust policy as it was sent.
    pub trust: String,
    /// The unique ID that each role or user ARN in the trust policy had when the policy was saved. IAM saves
    /// the ID, so that a role deleted and created again is somebody else
    /// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
    pub trusted_ids: BTreeMap<String, String>,
    /// What the role may do.
    pub permissions: Permissions,
    pub tags: Tags,
}

/// The policies of a user or role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permissions {
    /// ARNs of attached managed policies, in the order of attachment.
    pub attached: Vec<String>,
    /// Inline policy documents by name.
    pub inline: BTreeMap<String, String>,
    /// ARN of the managed policy that is the permissions boundary.
    pub boundary: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ManagedPolicy {
    pub name: String,
    /// The path, `/` by default.
    pub path: String,
    /// The unique ID, `ANPA…`.
    pub id: String,
    /// The description, if one was given; it can never change.
    pub description: Option<String>,
    /// Seconds since 1970.
    pub created: i64,
    /// Seconds since 1970: when a version was last made or made the default.
    pub updated: i64,
    /// Versions by number.
    pub versions: BTreeMap<u32, PolicyVersion>,
    /// The number of the version in force.
    pub default: u32,
    /// How many versions were ever made; numbers are not used twice.
    pub versions_made: u32,
    pub tags: Tags,
}

/// One version of a managed policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVersion {
    /// The document as it was sent.
    pub document: String,
    /// Seconds since 1970.
    pub created: i64,
}

/// A Lambda function.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Function {
    pub name: String,
    /// The runtime, such as `python3.12`.
    pub runtime: String,
    pub handler: String,
    /// ARN of the execution role.
    pub role: String,
    pub description: String,
    /// Seconds since 1970.
    pub modified: i64,
    /// How many versions were published; they are numbered from 1.
    pub published: u32,
    /// Version numbers by alias.
    pub aliases: BTreeMap<String, String>,
    /// What aliases are for, where somebody said so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alias_descriptions: BTreeMap<String, String>,
    /// The version that takes part of an alias's calls, and its share, by alias.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routing: BTreeMap<String, (String, f64)>,
    /// Resource policies by qualifier; the empty qualifier is the unqualified function.
    pub policies: BTreeMap<String, serde_json::Value>,
    /// `AuthType` of the function URLs by qualifier.
    pub urls: BTreeMap<String, String>,
    pub tags: Tags,
}

/// A secret with its current value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// The ARN, which ends in six characters of chance.
    pub arn: String,
    /// The identifier of the current version.
    pub version: String,
    pub value: String,
    /// Seconds since 1970.
    pub created: i64,
}

/// A parameter of Systems Manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The value, decrypted.
    pub value: String,
    /// Whether it is a `SecureString`; a `String` otherwise.
    pub is_secure: bool,
    /// How often it was written.
    pub version: u64,
}

impl Role {
    /// The role's ARN in `account`.
    pub fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{}", self.path, self.name)
    }
}

impl ManagedPolicy {
    /// The document in force.
    pub fn document(&self) -> &str {
        self.versions.get(&self.default).map_or("", |version| version.document.as_str())
    }
}

impl Function {
    /// The unqualified ARN.
    pub fn arn(&self, account: &str, region: &str) -> String {
        format!("arn:aws:lambda:{region}:{account}:function:{}", self.name)
    }

    /// The version that a qualifier stands for, if it exists.
    pub fn version(&self, qualifier: &str) -> Option<String> {
        if qualifier.is_empty() || qualifier == "$LATEST" {
            return Some("$LATEST".to_owned());
        }
        if let Ok(number) = qualifier.parse::<u32>() {
            return (1..=self.published).contains(&number).then(|| qualifier.to_owned());
        }
        self.aliases.get(qualifier).cloned()
    }
}

impl State {
    /// The role of this name, spelled exactly.
    pub fn role(&self, account: &str, name: &str) -> Option<&Role> {
        self.accounts.get(account)?.roles.get(&name.to_lowercase()).filter(|role| role.name == name)
    }

    /// The role of this name, spelled exactly, to change it.
    pub fn role_mut(&mut self, account: &str, name: &str) -> Option<&mut Role> {
        let roles = &mut self.accounts.get_mut(account)?.roles;
        roles.get_mut(&name.to_lowercase()).filter(|role| role.name == name)
    }

    /// The function of this name in a region.
    pub fn function(&self, account: &str, region: &str, name: &str) -> Option<&Function> {
        self.accounts.get(account)?.functions.get(region)?.get(name)
    }

    /// The unique ID that the user or role with this ARN has now.
    pub fn unique_id(&self, arn: &str) -> Option<&str> {
        let (account, resource) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
        let (path, name) = resource.rsplit_once('/')?;
        if path == "user" {
            return Some(&self.accounts.get(account)?.users.get(name)?.id);
        }
        let role = self.role(account, name)?;
        (role.arn(account) == arn).then_some(role.id.as_str())
    }

    /// A new unique ID with a prefix such as `AROA`. The same state gives the same ID, so that runs can be
    /// compared.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.ids_given += 1;
        let length = 21 - prefix.len();
        format!("{prefix}{}", super::ids::letters(super::ids::scramble(self.ids_given), length))
    }

    /// A new UUID, as steady as the other IDs.
    pub fn new_uuid(&mut self) -> String {
        self.ids_given += 1;
        super::ids::steady_uuid(self.ids_given)
    }
}
