//! A difference between the manifest and AWS as data for readers, with what it leads to.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Level;
use crate::manifest::{Outline, Position};

/// What a difference leads to; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// The role is for another organisation than the one that is set up.
    OtherOrganization,
    /// Somebody new can assume the role, or with another external ID, or with none.
    WidensTrust,
    /// A session can do more than invoke the targets.
    WidensPermissions,
    /// The proof cannot tell what it leads to.
    Undecided,
    /// Somebody who must be able to assume the role cannot.
    NarrowsTrust,
    /// A session cannot invoke what it must.
    NarrowsPermissions,
    /// A function is not there.
    TargetMissing,
    /// Genesys Cloud has no working way to the role.
    Disconnected,
    /// A data action is not there.
    ActionMissing,
    /// A data action does something else.
    ActionDiffers,
    /// The limit of what the role may ever be given is another, and what it may do now is the same.
    Boundary,
    /// A policy is written otherwise, and every claim holds all the same.
    Unaffected,
    /// Sessions may last longer or less long.
    Session,
    /// A policy of rolecall's own is left over.
    Leftover,
    /// A data action, or what it belongs to, is there and the manifest does not name it.
    ForeignAction,
    /// A tag has another value, or none.
    Tag,
    /// The description is another.
    Description,
}

impl Consequence {
    /// The name in files.
    pub fn id(self) -> &'static str {
        match self {
            Self::OtherOrganization => "other-organization",
            Self::WidensTrust => "widens-trust",
            Self::WidensPermissions => "widens-permissions",
            Self::Undecided => "undecided",
            Self::NarrowsTrust => "narrows-trust",
            Self::NarrowsPermissions => "narrows-permissions",
            Self::TargetMissing => "target-missing",
            Self::Disconnected => "disconnected",
            Self::ActionMissing => "action-missing",
            Self::ActionDiffers => "action-differs",
            Self::Boundary => "boundary",
            Self::Unaffected => "unaffected",
            Self::Session => "session",
            Self::Leftover => "leftover",
            Self::ForeignAction => "foreign-action",
            Self::Tag => "tag",
            Self::Description => "description",
        }
    }

    /// The same in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::OtherOrganization => "the organisation is another",
            Self::WidensTrust => "somebody new can assume the role",
            Self::WidensPermissions => "a session can do more than it may",
            Self::Undecided => "what this leads to is undecided",
            Self::NarrowsTrust => "somebody who must be able to assume the role cannot",
            Self::NarrowsPermissions => "a session cannot invoke what it must",
            Self::TargetMissing => "a target function is missing",
            Self::Disconnected => "Genesys Cloud has no working way to the role",
            Self::ActionMissing => "a data action is missing",
            Self::ActionDiffers => "a data action is not as the manifest says",
            Self::Boundary => "the role's limit is another",
            Self::Unaffected => "a policy differs, and every claim holds all the same",
            Self::Session => "sessions last otherwise",
            Self::ForeignAction => "something in Genesys Cloud is not in the manifest",
            Self::Leftover => "a policy of rolecall's is left over",
            Self::Tag => "a tag differs",
            Self::Description => "the description differs",
        }
    }

    /// How grave it is.
    pub fn level(self) -> Level {
        match self {
            Self::OtherOrganization
            | Self::WidensTrust
            | Self::WidensPermissions
            | Self::NarrowsTrust
            | Self::NarrowsPermissions
            | Self::TargetMissing
            | Self::Disconnected
            | Self::ActionMissing
            | Self::ActionDiffers => Level::Error,
            Self::Undecided | Self::ForeignAction | Self::Boundary | Self::Unaffected | Self::Session => {
                Level::Warning
            }
            Self::Leftover | Self::Tag | Self::Description => Level::Note,
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DifferenceView {
    /// What differs: the ARN of the role, of a policy or of a function.
    pub resource: String,
    /// In what it differs, such as `trust policy` or ``tag `team` ``.
    pub attribute: String,
    /// The gravest of what it leads to.
    pub consequence: Consequence,
    /// What it leads to, in words; the requests that prove it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
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
    /// The manifest's key, as [`Outline::position`] knows it.
    #[serde(skip)]
    pub key: String,
}

impl DifferenceView {
    /// The difference with its place in the manifest.
    pub(super) fn at(mut self, outline: &Outline) -> Self {
        self.position = Some(outline.position(&self.key));
        self
    }
}
