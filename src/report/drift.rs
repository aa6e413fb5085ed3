//! A difference between the manifest and AWS as data for readers, with what it leads to.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::Text;
use super::genesys_fault::{effect_in_words, part_in_words};
use super::{ChangeView, Level};
use crate::drift::{Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values};
use crate::manifest::{Manager, Outline, Position};
use crate::observe::survey::MissingBoundary;
use crate::verify::finding::RunFinding;
use crate::verify::genesys_fault::GenesysPart;
use crate::verify::repair::{Flags, Repair};

impl Consequence {
    /// What it leads to, in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::OtherOrganization => "wrong Genesys Cloud organization",
            Self::WidensTrust => "the trust policy lets in more than the manifest allows",
            Self::WidensPermissions => "a session can do more than the manifest allows",
            Self::Undecided => "the effect of this difference could not be decided",
            Self::NarrowsTrust => "a trusted principal cannot assume the role",
            Self::NarrowsPermissions => "a session can do less than the manifest asks for",
            Self::TargetMissing => "a target function is missing",
            Self::Disconnected => "Genesys Cloud is not connected to the role",
            Self::CredentialDiffers => "the credential of actions with a `url` differs",
            Self::ActionMissing => "a data action is missing",
            Self::ActionDiffers => "a data action differs from the manifest",
            Self::Quota => "a quota of the account is in the way",
            Self::Boundary => "permissions boundary differs",
            Self::Unaffected => "a policy differs, but breaks no claim",
            Self::Session => "session duration differs",
            Self::ForeignAction => "something in Genesys Cloud is not in the manifest",
            Self::Leftover => "orphaned rolecall policy",
            Self::Notes => "a name, a category or notes in Genesys Cloud differ",
            Self::Tag => "a tag differs",
            Self::Description => "the description differs",
        }
    }

    /// How severe it is.
    pub(super) fn level(self) -> Level {
        self.severity().into()
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DifferenceView {
    /// What differs: the ARN of the role, of a policy or of a function.
    pub resource: Text,
    /// In what it differs, such as `trust policy` or ``tag `team` ``.
    pub attribute: Text,
    /// The most severe consequence.
    pub consequence: Consequence,
    /// What it leads to, in words; the requests that prove it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Text>,
    /// What the manifest asks for (before); left out where that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Value>,
    /// What AWS has (after); left out where that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Value>,
    /// What to do.
    pub repair: String,
    /// The line of the manifest that asks for something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The manifest's key.
    #[serde(skip)]
    pub key: KeyView,
}

impl DifferenceView {
    /// The difference with its place in the manifest.
    pub(super) fn at(mut self, outline: &Outline) -> Self {
        self.position = Some(self.key.position(outline));
        self
    }
}

/// A key of the manifest, as an [`Outline`] knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyView {
    /// By its path.
    Path(String),
    /// The `[[action]]` of this name.
    Action(String),
}

impl KeyView {
    /// Where it stands.
    pub(super) fn position(&self, outline: &Outline) -> Position {
        match self {
            Self::Path(path) => outline.position(path),
            Self::Action(name) => outline.position_of("action", name),
        }
    }
}

impl From<&Difference> for DifferenceView {
    fn from(difference: &Difference) -> Self {
        let Difference { subject, attribute, consequence, effects, values, repair, key } = difference;
        let (expected, actual) = values_of(values);
        Self {
            resource: match subject {
                Subject::Role(arn) => arn.to_string().into(),
                Subject::Policy(arn) => arn.to_string().into(),
                Subject::Function(arn) => arn.to_string().into(),
                Subject::Genesys { part, name } => genesys_resource(*part, name).into(),
            },
            attribute: attribute_in_words(attribute, subject).into(),
            consequence: *consequence,
            effects: effects.iter().map(in_words).map(Text::from).collect(),
            expected,
            actual,
            repair: repair_in_words(*repair),
            position: None,
            key: path_of(key),
        }
    }
}

/// What something in Genesys Cloud is called.
pub(super) fn genesys_resource(part: GenesysPart, name: &str) -> String {
    match part {
        GenesysPart::Organization => format!("organization {name}"),
        GenesysPart::Credential
        | GenesysPart::Integration
        | GenesysPart::IntegrationConfiguration
        | GenesysPart::IntegrationState
        | GenesysPart::Action
        | GenesysPart::ActionDraft
        | GenesysPart::State => name.to_owned(),
    }
}

fn attribute_in_words(attribute: &Attribute, subject: &Subject) -> String {
    let words = match attribute {
        Attribute::Tag(key) => return format!("tag `{key}`"),
        Attribute::AttachedPolicy(arn) => return format!("attached policy `{arn}`"),
        Attribute::InlinePolicy(name) => return format!("inline policy `{name}`"),
        Attribute::Role => "role",
        Attribute::Path => "path",
        Attribute::TrustPolicy => "trust policy",
        Attribute::Permissions => "permissions",
        Attribute::PermissionsBoundary => "permissions boundary",
        Attribute::MaxSessionDuration => "max_session_duration",
        Attribute::Description => "description",
        Attribute::Quota => "quota",
        Attribute::Policy => "policy",
        Attribute::PolicyDocument => "policy document",
        Attribute::Function { is_qualified: true } => "function or qualifier",
        Attribute::Function { is_qualified: false } => "function",
        Attribute::Genesys => match subject {
            Subject::Genesys { part, name: _ } => part_in_words(*part),
            Subject::Role(_) | Subject::Policy(_) | Subject::Function(_) => "",
        },
    };
    words.to_owned()
}

fn in_words(effect: &Effect) -> String {
    let words = match effect {
        Effect::Shown(sentence) => return sentence.clone(),
        Effect::RoleElsewhere(arn) => {
            return format!("no role has the ARN that the manifest states; the role's ARN is `{arn}`");
        }
        Effect::TargetMissing(missing) => return missing.to_string(),
        Effect::PastQuota(quota) => return quota.to_string(),
        Effect::Genesys(effect) => return effect_in_words(effect),
        Effect::NoRole => "the role does not exist, so nobody can assume it",
        Effect::LongerSession => "the maximum session duration is longer than the manifest states",
        Effect::ShorterSession => "the maximum session duration is shorter than the manifest states",
        Effect::OwnerUnknown => {
            "rolecall recognizes its own resources by this tag; without the tag it changes them only with --adopt"
        }
        Effect::NotAttached => "it is not attached to the role",
    };
    words.to_owned()
}

/// What the manifest asks for, and what is there.
fn values_of(values: &Values) -> (Option<Value>, Option<Value>) {
    let state = |state: &Option<State>| state.as_ref().map(value_of);
    match values {
        Values::Change(change) => sides(ChangeView::from(&**change)),
        Values::Step(step) => sides(ChangeView::from(&**step)),
        Values::Stated { expected, actual } => (state(expected), state(actual)),
    }
}

fn sides(ChangeView { before, after, .. }: ChangeView) -> (Option<Value>, Option<Value>) {
    (after, before)
}

fn value_of(state: &State) -> Value {
    match state {
        State::Text(text) => json!(text),
        State::Number(number) => json!(number),
        // The document as JSON, or as the text that it is where it is none.
        State::Document(document) => {
            serde_json::from_str(document.text()).unwrap_or_else(|_| Value::from(document.text()))
        }
        State::UnreadableDocument => Value::from("a document that could not be read"),
    }
}

/// What to do.
pub(super) fn repair_in_words(repair: Repair) -> String {
    let words = match repair {
        Repair::Apply(flags) => {
            let apply = format!("rolecall apply{}", in_options(flags));
            return match flags.missing_boundary {
                None => apply,
                Some(MissingBoundary::Own) => {
                    format!(
                        "an administrator creates the permissions boundary with `rolecall boundary apply`; then `{apply}`"
                    )
                }
                Some(MissingBoundary::Other) => {
                    format!(
                        "create the permissions boundary, or correct `permissions_boundary` in [role]; then `{apply}`"
                    )
                }
            };
        }
        Repair::Elsewhere(manager) => {
            return format!(
                "{} manages this role: correct its configuration there, and {}",
                manager.name(),
                manager.run()
            );
        }
        Repair::ElsewhereInGenesys(manager) => return genesys_in_other_tool(manager),
        Repair::NameIntegrationId => {
            "set `name` in [genesys.integration] to the ID of the integration that is meant"
        }
        Repair::EditPath => "set `path` in [role] to what the role has, or delete the role and apply",
        Repair::EditOrganization => RunFinding::OtherOrganization.remedy(),
        Repair::DeployFunction => "deploy the function, or correct the [[target]]",
        Repair::LookAtIntegration => "check the integration in Genesys Cloud (Admin > Integrations)",
        Repair::RewriteCredential => "rolecall genesys connect --rewrite-credential",
        Repair::FitQuota => "have the quota raised (Service Quotas), or ask for less in the manifest",
        Repair::ListAction => "add it to the manifest, or delete it in Genesys Cloud",
        Repair::RenameIntegration => {
            "choose another `name` in [genesys.integration]: rolecall made the integration of this name for another role \
             or stack"
        }
    };
    words.to_owned()
}

/// Whose job a change in Genesys Cloud is, if another tool makes what is there.
#[must_use]
pub fn genesys_in_other_tool(manager: Manager) -> String {
    format!(
        "{} manages the Genesys Cloud side: correct its configuration there, and {}",
        manager.name(),
        manager.run()
    )
}

pub(super) fn in_options(flags: Flags) -> String {
    let Flags { adopt, remove_foreign, replace, allow_every_target, missing_boundary: _ } = flags;
    let options = [
        (adopt, " --adopt"),
        (remove_foreign, " --remove-foreign"),
        (replace, " --replace"),
        (allow_every_target, " --allow-claim every-target"),
    ];
    options.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, option)| option).collect()
}

/// The key as the outline of the manifest knows it.
fn path_of(key: &ManifestKey) -> KeyView {
    let path = match key {
        ManifestKey::ActionNamed(name) => return KeyView::Action(name.clone()),
        ManifestKey::RoleTag(key) => return KeyView::Path(format!("role.tags.{key}")),
        ManifestKey::PolicyTag(key) => return KeyView::Path(format!("role.name.{key}")),
        ManifestKey::TargetFunction(index) => return KeyView::Path(format!("target.{index}.function")),
        ManifestKey::Role => "role",
        ManifestKey::Path => "role.path",
        ManifestKey::PermissionsBoundary => "role.permissions_boundary",
        ManifestKey::MaxSessionDuration => "role.max_session_duration",
        ManifestKey::Description => "role.description",
        ManifestKey::Genesys => "genesys",
        ManifestKey::Organization => "genesys.organization_id",
        ManifestKey::Integration => "genesys.integration",
        ManifestKey::WebServicesCredential => "genesys.web_services.credential",
        ManifestKey::Action => "action",
        ManifestKey::Targets => "target",
    };
    KeyView::Path(path.to_owned())
}
