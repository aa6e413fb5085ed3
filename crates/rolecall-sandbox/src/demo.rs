//! The world that the sandbox starts with.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::genesys::{self, Genesys};
use super::principals::{CUSTOMER, STRANGER, VENDOR};
use super::state::{Account, Function, ManagedPolicy, Permissions, PolicyVersion, Role, Secret, State, User};

/// 2026-01-01, a fixed date, so that two demonstrations look the same.
const BEGINNING: i64 = 1_767_225_600;
/// What `aws iam get-account-authorization-details` would say of the example roles.
const EXAMPLE_ACCOUNT: &str = include_str!("../data/example-account.json");
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

impl State {
    /// A customer with a few functions, the vendor and a stranger.
    pub fn demo() -> Self {
        let mut state = Self {
            accounts: BTreeMap::new(),
            ids_given: 0,
            invocations: Vec::new(),
            genesys: Genesys::default(),
        };
        for account in [CUSTOMER, VENDOR, STRANGER] {
            state.accounts.insert(account.to_owned(), Account::default());
        }
        state.add_user(CUSTOMER, "administrator", &[ADMINISTRATOR]);
        state.add_user(CUSTOMER, "verifier", &[]);
        state.add_user(CUSTOMER, "nobody", &[]);
        state.add_user(STRANGER, "stranger", &[ADMINISTRATOR]);
        let by_account = |account: &str| format!(r#"{{"AWS":"arn:aws:iam::{account}:root"}}"#);
        state.add_role(CUSTOMER, "ci", &by_account(CUSTOMER));
        state.attach(CUSTOMER, "ci", ADMINISTRATOR);
        state.add_role(CUSTOMER, "lambda-exec", r#"{"Service":"lambda.amazonaws.com"}"#);
        state.attach(
            CUSTOMER,
            "lambda-exec",
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        );
        state.add_role(VENDOR, "data-actions", &by_account(VENDOR));
        if let Some(role) = state.role_mut(VENDOR, "data-actions") {
            let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"});
            let document = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
            role.permissions.inline.insert("assume-customer-roles".to_owned(), document);
        }
        for (region, name, aliases) in [
            ("us-east-1", "my-genesys-trigger-function", &["live"] as &[_]),
            ("us-east-1", "my-genesys-trigger-function-test", &[]),
            ("us-east-1", "orders-status", &["live"]),
            ("us-east-1", "customer-lookup", &[]),
            ("eu-west-1", "my-genesys-trigger-function-eu", &[]),
        ] {
            state.add_function(CUSTOMER, region, name, aliases);
        }
        let (id, secret) = (genesys::CLIENT_ID, genesys::CLIENT_SECRET);
        let value = json!({"client_id": id, "client_secret": secret, "region": "us-east-1"}).to_string();
        let arn = format!("arn:aws:secretsmanager:us-east-1:{CUSTOMER}:secret:genesys/rolecall-AbCdEf");
        let version = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee".to_owned();
        let secret = Secret { arn, version, value, created: BEGINNING };
        if let Some(account) = state.accounts.get_mut(CUSTOMER) {
            account
                .secrets
                .entry("us-east-1".to_owned())
                .or_default()
                .insert("genesys/rolecall".to_owned(), secret);
        }
        state
    }

    /// Adds a user with managed policies.
    pub fn add_user(&mut self, account: &str, name: &str, policies: &[&str]) {
        let id = self.new_id("AIDA");
        let attached = policies.iter().map(|arn| (*arn).to_owned()).collect();
        let user =
            User { id, permissions: Permissions { attached, ..Permissions::default() }, ..User::default() };
        self.accounts.entry(account.to_owned()).or_default().users.insert(name.to_owned(), user);
    }

    /// Adds a managed policy of the customer's.
    pub fn add_policy(&mut self, account: &str, path: &str, name: &str, document: &str) {
        let version = PolicyVersion { document: document.to_owned(), created: BEGINNING };
        let policy = ManagedPolicy {
            name: name.to_owned(),
            path: path.to_owned(),
            id: self.new_id("ANPA"),
            created: BEGINNING,
            updated: BEGINNING,
            versions: BTreeMap::from([(1, version)]),
            default: 1,
            versions_made: 1,
            ..ManagedPolicy::default()
        };
        let arn = format!("arn:aws:iam::{account}:policy{path}{name}");
        self.accounts.entry(account.to_owned()).or_default().policies.insert(arn, policy);
    }

    /// Adds a role that trusts `principal`, a JSON object.
    pub fn add_role(&mut self, account: &str, name: &str, principal: &str) {
        let statement = format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}"#);
        let trust = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let role = Role {
            name: name.to_owned(),
            path: "/".to_owned(),
            id: self.new_id("AROA"),
            created: BEGINNING,
            max_session_duration: 3600,
            trust,
            ..Role::default()
        };
        self.accounts.entry(account.to_owned()).or_default().roles.insert(name.to_lowercase(), role);
    }

    /// Gives the customer fifty roles of all kinds, as an account gathers them over the years: for `audit`.
    pub fn add_example_roles(&mut self) {
        let Ok(example) = serde_json::from_str::<Value>(EXAMPLE_ACCOUNT) else { return };
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let field = |value: &Value, key: &str| value.get(key).map(text).unwrap_or_default();
        for detail in example.get("RoleDetailList").and_then(Value::as_array).into_iter().flatten() {
            let list = |key: &str| detail.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
            let inline = list("RolePolicyList").into_iter();
            let inline = inline.map(|policy| (field(&policy, "PolicyName"), field(&policy, "PolicyDocument")));
            let attached = list("AttachedManagedPolicies").into_iter();
            let permissions = Permissions {
                attached: attached.map(|policy| field(&policy, "PolicyArn")).collect(),
                inline: inline.collect(),
                boundary: None,
            };
            let role = Role {
                name: field(detail, "RoleName"),
                path: field(detail, "Path"),
                id: self.new_id("AROA"),
                created: BEGINNING,
                max_session_duration: 3600,
                trust: field(detail, "AssumeRolePolicyDocument"),
                permissions,
                ..Role::default()
            };
            let roles = &mut self.accounts.entry(CUSTOMER.to_owned()).or_default().roles;
            roles.entry(role.name.to_lowercase()).or_insert(role);
        }
    }

    /// Makes sure that the customer's account may assume this role, which then may do everything in its own account.
    pub fn ensure_administrator(&mut self, account: &str, path: &str, name: &str) {
        if self.role(account, name).is_some() {
            return;
        }
        self.add_role(account, name, &format!(r#"{{"AWS":"arn:aws:iam::{CUSTOMER}:root"}}"#));
        self.attach(account, name, ADMINISTRATOR);
        if let Some(role) = self.role_mut(account, name) {
            path.clone_into(&mut role.path);
        }
    }

    /// Adds a function; where there are aliases, they stand for version 1.
    pub fn add_function(&mut self, account: &str, region: &str, name: &str, aliases: &[&str]) {
        let function = Function {
            name: name.to_owned(),
            runtime: "python3.12".to_owned(),
            handler: "index.handler".to_owned(),
            role: format!("arn:aws:iam::{account}:role/lambda-exec"),
            modified: BEGINNING,
            published: u32::from(!aliases.is_empty()),
            aliases: aliases.iter().map(|alias| ((*alias).to_owned(), "1".to_owned())).collect(),
            ..Function::default()
        };
        let account = self.accounts.entry(account.to_owned()).or_default();
        account.functions.entry(region.to_owned()).or_default().insert(name.to_owned(), function);
    }

    fn attach(&mut self, account: &str, role: &str, policy: &str) {
        if let Some(role) = self.role_mut(account, role) {
            role.permissions.attached.push(policy.to_owned());
        }
    }
}
