//! What should be in Genesys Cloud: the manifest, its files, the role and the functions, as one value. Pure.

use crate::desired::sources::ActionSources;
use crate::iam::arn::{ExternalId, FunctionArn, RoleArn};
use crate::manifest::{
    Action, Call, Genesys, Integration, Manager, Manifest, NOTES_MARK, WebServicesCredential,
};
use crate::ports::genesys::{ActionConfig, Contract, Template};
use crate::ports::secrets::SecretLocation;

/// The key under which an integration names the credential with the role's ARN. It and the next two are what Genesys's own modules
/// use (GenesysCloudDevOps, `integration-lambda-module`, `integrations.tf`).
pub const CREDENTIAL_KEY: &str = "AmazonWebServicesARN";
pub const CREDENTIAL_TYPE: &str = "amazonWebServicesARN";
pub const CREDENTIAL_FIELD: &str = "ARN";

/// The key under which an integration for addresses names its credential (Terraform provider for Genesys Cloud,
/// `docs/guides/custom_auth_action.md`). Which types of credentials it accepts there, Genesys Cloud says.
pub const WEB_SERVICES_KEY: &str = "basicAuth";

/// A kind of integration that data actions belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its actions invoke Lambda functions, through the role.
    Lambda,
    /// Its actions call https addresses, with a credential that the manifest names or administrators give it.
    WebServices,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Lambda, Self::WebServices];

    /// The ID of its type in Genesys Cloud.
    pub fn type_id(self) -> &'static str {
        match self {
            Self::Lambda => "aws-lambda-data-actions",
            Self::WebServices => "custom-rest-actions",
        }
    }
}

/// What should be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// The role that all of this is for; marks what is rolecall's own.
    pub role: RoleArn,
    /// The resource of a stack that this is, where it is one.
    pub resource: Option<StackResource>,
    /// The organization that may assume it.
    pub organization: ExternalId,
    /// The integrations: that for Lambda, and that for addresses where an action calls one.
    pub integrations: Vec<DesiredIntegration>,
}

impl Desired {
    /// What the names of rolecall's own carry behind them.
    pub fn sign(&self) -> Sign {
        Sign::of(&self.role, self.resource.as_ref())
    }
}

/// A resource of a CloudFormation stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    /// The ARN of the stack.
    pub stack: String,
    /// The name of the resource in the template.
    pub logical_id: String,
}

/// An integration with its actions.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredIntegration {
    pub kind: Kind,
    pub name: String,
    /// What its administrators should read; of one that was taken over, what they have there where nothing is stated.
    pub notes: Option<String>,
    /// The credential that rolecall makes; `None` where administrators give it one.
    pub credential: Option<DesiredCredential>,
    pub actions: Vec<DesiredAction>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredCredential {
    /// Its name, without the sign.
    pub name: String,
    pub content: CredentialContent,
}

/// What is in a credential. The values of a secret are no part of it: they are read when they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialContent {
    /// The ARN of the role.
    Role,
    /// The fields that are kept in AWS.
    Secret {
        /// The type of the credential.
        type_name: String,
        /// Where they are kept.
        source: SecretLocation,
    },
}

impl DesiredCredential {
    /// A credential with the ARN of the role.
    #[must_use]
    pub fn of_role(name: String) -> Self {
        Self { name, content: CredentialContent::Role }
    }

    /// The type of credential that Genesys Cloud must accept, where the manifest chooses it.
    #[must_use]
    pub fn stated_type(&self) -> Option<&str> {
        match &self.content {
            CredentialContent::Role => None,
            CredentialContent::Secret { type_name, source: _ } => Some(type_name),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct DesiredAction {
    pub name: String,
    pub category: String,
    /// Whether only secure flows may call it.
    pub secure: bool,
    pub contract: Contract,
    /// The configuration; its templates are texts.
    pub config: ActionConfig,
}

/// What another tool makes in Genesys Cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Managed {
    /// The tool.
    pub manager: Manager,
    /// Whether the manifest states the integration. If not, all integrations of the type may be meant.
    pub is_integration_stated: bool,
}

impl Managed {
    /// What the manifest says of it; `None` where rolecall makes what is in Genesys Cloud.
    #[must_use]
    pub fn of(manifest: &Manifest) -> Option<Self> {
        let Genesys { integration, managed_by, .. } = manifest.genesys()?;
        let is_integration_stated = integration.is_some();
        managed_by.map(|manager| Self { manager, is_integration_stated })
    }
}

/// The names of the integrations and of the credential that the manifest asks for.
pub fn own_names(manifest: &Manifest) -> (String, String) {
    let Integration { name, notes: _, credential } =
        manifest.genesys().and_then(|genesys| genesys.integration.clone()).unwrap_or_default();
    let role = || manifest.role.name.to_string();
    (name.unwrap_or_else(role), credential.unwrap_or_else(role))
}

/// The credential of the integration for addresses, where rolecall makes it: an action must call one.
pub fn web_services_credential(manifest: &Manifest) -> Option<DesiredCredential> {
    let WebServicesCredential { type_name, name, source } =
        manifest.genesys()?.web_services_credential.clone()?;
    let calls_address = |action: &Action| match action.call {
        Call::Function { .. } => false,
        Call::Url { .. } => true,
    };
    // Of another name than the one with the role's ARN, so that whoever reads a plan can tell them apart.
    let name = name.unwrap_or_else(|| format!("{} web services", manifest.role.name));
    let content = CredentialContent::Secret { type_name, source };
    manifest.actions.iter().any(calls_address).then_some(DesiredCredential { name, content })
}

/// Whether the manifest asks for anything in Genesys Cloud, or names the tool that makes it.
pub fn is_asked_for(manifest: &Manifest) -> bool {
    let Some(Genesys { integration, managed_by, .. }) = manifest.genesys() else { return false };
    integration.is_some() || managed_by.is_some() || !manifest.actions.is_empty()
}

/// What the manifest asks for. `functions` are those of the manifest's targets and `sources` those of its actions, each in
/// its order.
pub fn desired(
    manifest: &Manifest,
    organization: &ExternalId,
    role: &RoleArn,
    functions: &[FunctionArn],
    sources: &[ActionSources],
) -> Desired {
    let (name, credential) = own_names(manifest);
    let integration = manifest.genesys().and_then(|genesys| genesys.integration.as_ref());
    let notes = integration.and_then(|stated| stated.notes.clone());
    let notes = notes.map(|notes| notes.trim_end().to_owned());
    let mut lambda = DesiredIntegration {
        kind: Kind::Lambda,
        name: name.clone(),
        notes: notes.clone(),
        credential: Some(DesiredCredential::of_role(credential)),
        actions: Vec::new(),
    };
    let mut web_services = DesiredIntegration {
        kind: Kind::WebServices,
        name,
        notes,
        credential: web_services_credential(manifest),
        actions: Vec::new(),
    };
    for (action, sources) in manifest.actions.iter().zip(sources) {
        match &action.call {
            Call::Function { target, method, headers } => {
                let known = manifest.targets.iter().zip(functions).find(|(known, _)| *known == target);
                // The manifest was checked: an action names one of its targets.
                if let Some((_, function)) = known {
                    let url = function.to_string();
                    let action = desired_action(action, sources, url, method.name(), headers.clone());
                    lambda.actions.push(action);
                }
            }
            Call::Url { url, method, headers } => {
                let method = method.name();
                let action = desired_action(action, sources, url.clone(), method, headers.clone());
                web_services.actions.push(action);
            }
        }
    }
    let web_services = Some(web_services).filter(|integration| !integration.actions.is_empty());
    let calls_function = |action: &Action| match action.call {
        Call::Function { .. } => true,
        Call::Url { .. } => false,
    };
    let needs_lambda = integration.is_some() || manifest.actions.iter().any(calls_function);
    Desired {
        role: role.clone(),
        resource: None,
        organization: organization.clone(),
        integrations: Some(lambda).filter(|_| needs_lambda).into_iter().chain(web_services).collect(),
    }
}

/// The official modules call a function with its ARN as the address and POST as the method (GenesysCloudDevOps,
/// `data-action-lambda-module`).
fn desired_action(
    action: &Action,
    sources: &ActionSources,
    url_template: String,
    method: &str,
    headers: std::collections::BTreeMap<String, String>,
) -> DesiredAction {
    DesiredAction {
        name: action.name.clone(),
        category: action.category.clone(),
        secure: action.secure,
        contract: sources.contract.clone(),
        config: ActionConfig {
            timeout_seconds: Some(u32::from(action.timeout_seconds)),
            url_template,
            method: method.to_owned(),
            headers,
            request_template: Some(Template::Text(sources.request_template.clone())),
            translation_map: action.translation_map.clone(),
            translation_map_defaults: action.translation_map_defaults.clone(),
            success_template: Some(Template::Text(sources.success_template.clone())),
        },
    }
}

/// What rolecall puts behind the name of a credential, and of an integration that has no mark yet: whose it is. A credential
/// keeps nothing but its name in the clear, and a run may be stopped before anything else names what it made.
///
/// It names the account and the role, or the stack and the resource, so it is as good as the [`Mark`]: text that nobody writes
/// by chance. A name without it is nobody's proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign(String);

impl Sign {
    /// That of the resource; where there is none, that of the role's manifest.
    pub fn of(role: &RoleArn, resource: Option<&StackResource>) -> Self {
        match resource {
            Some(resource) => Self::of_resource(resource),
            // The name of a role is the only one in its account, whatever its path.
            None => Self(format!(" (rolecall {}:{})", role.account, role.name)),
        }
    }

    /// One that no name has: for whoever looks for nothing of rolecall's own.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self("\0".to_owned())
    }

    pub fn of_resource(StackResource { stack, logical_id }: &StackResource) -> Self {
        // The end of a stack's ARN is an ID that no other stack has.
        let id = stack.rsplit('/').next().unwrap_or(stack);
        Self(format!(" (rolecall {id}:{logical_id})"))
    }

    /// The name with the sign behind it.
    pub fn on(&self, name: &str) -> String {
        format!("{name}{}", self.0)
    }

    /// Whether the name has the sign behind it.
    pub fn is_on(&self, name: &str) -> bool {
        name.ends_with(&self.0)
    }
}

/// What rolecall writes into the notes of an integration: the only free text of it that the API keeps, so the only place
/// that can say whose it is. Whoever removes the line makes the integration somebody else's; nothing more is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The ARN of the role that the integration is for.
    pub role: String,
    /// The resource of a stack that it is; `None` where a manifest asks for it.
    pub resource: Option<StackResource>,
    /// Whether somebody else made the integration, and rolecall took it over. Such a one is never deleted.
    pub adopted: bool,
    /// The credential that stood in the place of rolecall's before.
    pub replaced: Option<String>,
    /// The credential that rolecall made, and when Genesys Cloud says that it was last changed: by rolecall, then.
    pub credential: Option<(String, Option<String>)>,
    /// How the secret is named that its values are of, where they are of one.
    pub secret: Option<String>,
}

/// A role keeps its name where it is made anew under another path, and its name is the only one in its account, whatever the path
/// (IAM User Guide, "IAM and AWS STS quotas": names are unique within an account).
fn is_same_role(one: &str, other: &str) -> bool {
    match (one.parse::<RoleArn>(), other.parse::<RoleArn>()) {
        (Ok(one), Ok(other)) => {
            (one.partition, one.account, one.name) == (other.partition, other.account, other.name)
        }
        (Err(_), _) | (_, Err(_)) => false,
    }
}

impl Mark {
    /// Whether the integration is that of the resource; where there is none, that of the role's manifest.
    pub fn is_of(&self, role: &str, resource: Option<&StackResource>) -> bool {
        match (&self.resource, resource) {
            (Some(own), Some(resource)) => own == resource,
            (None, None) => self.role == role || is_same_role(&self.role, role),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// What the integration is for, in words.
    pub fn owner(&self) -> String {
        match &self.resource {
            Some(StackResource { stack, logical_id }) => {
                format!("the resource `{logical_id}` of the stack `{stack}`")
            }
            None => format!("the role `{}`", self.role),
        }
    }

    /// The mark in these notes, and the notes without it.
    pub fn read(notes: &str) -> (Option<Self>, String) {
        let (marks, rest): (Vec<&str>, Vec<&str>) =
            notes.lines().partition(|line| line.starts_with(NOTES_MARK));
        let rest = rest.join("\n").trim_end().to_owned();
        let mark = marks.first().and_then(|line| {
            let entries = line.strip_prefix(NOTES_MARK)?.split_whitespace();
            let entries: Vec<(&str, &str)> = entries.filter_map(|entry| entry.split_once('=')).collect();
            let value = |key: &str| {
                entries.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
            };
            let resource = value("stack")
                .zip(value("resource"))
                .map(|(stack, logical_id)| StackResource { stack, logical_id });
            Some(Self {
                role: value("role")?,
                resource,
                adopted: value("adopted").is_some(),
                replaced: value("replaced"),
                credential: value("credential").map(|id| (id, value("written"))),
                secret: value("secret"),
            })
        });
        (mark, rest)
    }

    /// The notes with the mark in them.
    pub fn write(&self, notes: &str) -> String {
        let Self { role, resource, adopted, replaced, credential, secret } = self;
        let mut line = format!("{NOTES_MARK} role={role}");
        if let Some(StackResource { stack, logical_id }) = resource {
            line += &format!(" stack={stack} resource={logical_id}");
        }
        if *adopted {
            line += " adopted=yes";
        }
        line.extend(replaced.iter().map(|id| format!(" replaced={id}")));
        if let Some((id, written)) = credential {
            line += &format!(" credential={id}");
            line.extend(written.iter().map(|written| format!(" written={written}")));
            line.extend(secret.iter().map(|secret| format!(" secret={secret}")));
        }
        if notes.is_empty() { line } else { format!("{notes}\n{line}") }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mark, Sign, StackResource};

    #[test]
    fn a_sign_is_that_of_one_role_or_one_resource() {
        let role = |arn: &str| Sign::of(&arn.parse().unwrap(), None);
        let own = role("arn:aws:iam::123456789012:role/genesys/Orders");
        assert_eq!(own.on("Orders role"), "Orders role (rolecall 123456789012:Orders)");
        assert!(own.is_on("Orders role (rolecall 123456789012:Orders)"));
        assert_eq!(own, role("arn:aws:iam::123456789012:role/Orders"));
        for other in ["arn:aws:iam::123456789012:role/MoreOrders", "arn:aws:iam::210987654321:role/Orders"] {
            assert!(!role(other).is_on(&own.on("Orders")), "{other}");
        }
        assert!(!own.is_on("Orders") && !own.is_on("Orders (rolecall 123456789012:Orders) by hand"));
        let stack = |id: &str| StackResource {
            stack: format!("arn:aws:cloudformation:us-east-1:123456789012:stack/centre/{id}"),
            logical_id: "Integration".to_owned(),
        };
        let of_stack = Sign::of_resource(&stack("1"));
        assert!(of_stack.is_on(&of_stack.on("Orders")) && !own.is_on(&of_stack.on("Orders")));
        assert!(!Sign::of_resource(&stack("21")).is_on(&of_stack.on("Orders")));
    }

    #[test]
    fn marks_come_back_from_the_notes() {
        let role = "arn:aws:iam::123456789012:role/genesys/GenesysDataActionRole".to_owned();
        let plain =
            Mark { role, resource: None, adopted: false, replaced: None, credential: None, secret: None };
        let stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/centre/1".to_owned();
        let resource = StackResource { stack, logical_id: "Integration".to_owned() };
        let with = |credential| Mark { credential: Some(credential), ..plain.clone() };
        for mark in [
            plain.clone(),
            Mark { adopted: true, ..plain.clone() },
            Mark { adopted: true, replaced: Some("c0".to_owned()), ..plain.clone() },
            Mark { resource: Some(resource), ..plain.clone() },
            with(("c1".to_owned(), None)),
            with(("c1".to_owned(), Some("2026-11-21T11:00:00.000Z".to_owned()))),
            Mark {
                // A name may hold what separates entries within a name.
                secret: Some("a/b=c+d@e".to_owned()),
                ..with(("c1".to_owned(), Some("2026-11-21T11:00:00.000Z".to_owned())))
            },
        ] {
            for notes in ["", "Ask the orders team.", "One.\n\nTwo = 2"] {
                assert_eq!(Mark::read(&mark.write(notes)), (Some(mark.clone()), notes.to_owned()));
            }
        }
        assert_eq!(Mark::read("Managed by hand"), (None, "Managed by hand".to_owned()));
        assert_eq!(Mark::read("Managed by rolecall: nothing"), (None, String::new()));
    }
}
