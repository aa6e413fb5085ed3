//! A difference between the manifest and what is there, as a value.

use schemars::JsonSchema;
use serde::Serialize;

use crate::iam::arn::{FunctionArn, PolicyArn, RoleArn};
use crate::iam::lint::Severity;
use crate::observe::quotas::QuotaError;
use crate::observe::survey::MissingBoundary;
use crate::observe::survey::MissingTarget;
use crate::plan::aws::Change;
use crate::plan::genesys::Step;
use crate::ports::RoleIdentity;
use crate::verify::genesys_fault::{GenesysEffect, GenesysPart};
use crate::verify::repair::{Flags, Repair};
use rolecall_model::stored::StoredDocument;

/// What a difference leads to; most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// The manifest states a different organization than the OAuth client's.
    OtherOrganization,
    /// A caller that the manifest does not allow can assume the role.
    WidensTrust,
    /// A session can do more than invoke the targets and what the grants are for.
    WidensPermissions,
    /// The proof cannot tell what it leads to.
    Undecided,
    /// A trusted principal cannot assume the role.
    NarrowsTrust,
    /// A session cannot invoke every target, or not do all that the grants are for.
    NarrowsPermissions,
    /// A function is not there.
    TargetMissing,
    /// Genesys Cloud is not connected to the role.
    Disconnected,
    /// The credential that actions with an address read is missing, is another one, or may have other values.
    CredentialDiffers,
    /// A data action is not there.
    ActionMissing,
    /// A data action does something else.
    ActionDiffers,
    /// What the manifest asks for does not fit into a quota of the account.
    Quota,
    /// The permissions boundary differs, but what the role may do now is the same.
    Boundary,
    /// A policy differs, but every claim still holds.
    Unaffected,
    /// The maximum session duration differs.
    Session,
    /// A policy that rolecall made is no longer needed.
    Leftover,
    /// A data action, or what it belongs to, is there and the manifest does not name it.
    ForeignAction,
    /// A name, a category or notes in Genesys Cloud differ, which changes nothing that flows do.
    Notes,
    /// A tag is missing or has a different value.
    Tag,
    /// The description differs.
    Description,
}

impl Consequence {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 20] = [
        Self::OtherOrganization,
        Self::WidensTrust,
        Self::WidensPermissions,
        Self::Undecided,
        Self::NarrowsTrust,
        Self::NarrowsPermissions,
        Self::TargetMissing,
        Self::Disconnected,
        Self::ActionMissing,
        Self::ActionDiffers,
        Self::Boundary,
        Self::Unaffected,
        Self::Session,
        Self::Leftover,
        Self::ForeignAction,
        Self::Tag,
        Self::Description,
        Self::Notes,
        Self::CredentialDiffers,
        Self::Quota,
    ];

    /// The code, which stays the same.
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherOrganization => "D1",
            Self::WidensTrust => "D2",
            Self::WidensPermissions => "D3",
            Self::Undecided => "D4",
            Self::NarrowsTrust => "D5",
            Self::NarrowsPermissions => "D6",
            Self::TargetMissing => "D7",
            Self::Disconnected => "D8",
            Self::ActionMissing => "D9",
            Self::ActionDiffers => "D10",
            Self::Boundary => "D11",
            Self::Unaffected => "D12",
            Self::Session => "D13",
            Self::Leftover => "D14",
            Self::ForeignAction => "D15",
            Self::Tag => "D16",
            Self::Description => "D17",
            Self::Notes => "D18",
            Self::CredentialDiffers => "D19",
            Self::Quota => "D20",
        }
    }

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
            Self::CredentialDiffers => "credential-differs",
            Self::Quota => "quota",
            Self::ActionMissing => "action-missing",
            Self::ActionDiffers => "action-differs",
            Self::Boundary => "boundary",
            Self::Unaffected => "unaffected",
            Self::Session => "session",
            Self::Leftover => "leftover",
            Self::ForeignAction => "foreign-action",
            Self::Notes => "notes",
            Self::Tag => "tag",
            Self::Description => "description",
        }
    }

    /// How severe it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::OtherOrganization
            | Self::WidensTrust
            | Self::WidensPermissions
            | Self::NarrowsTrust
            | Self::NarrowsPermissions
            | Self::TargetMissing
            | Self::Disconnected
            | Self::CredentialDiffers
            | Self::ActionMissing
            | Self::ActionDiffers => Severity::Error,
            Self::Undecided
            | Self::ForeignAction
            | Self::Quota
            | Self::Boundary
            | Self::Unaffected
            | Self::Session => Severity::Warning,
            Self::Leftover | Self::Notes | Self::Tag | Self::Description => Severity::Note,
        }
    }
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The role.
    Role(RoleArn),
    /// The policy of this ARN.
    Policy(PolicyArn),
    /// A function.
    Function(FunctionArn),
    /// Something in Genesys Cloud, by its name or ID.
    Genesys {
        /// What it is.
        part: GenesysPart,
        /// Its name or ID.
        name: String,
    },
}

/// In what it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The whole role.
    Role,
    /// The path of the role.
    Path,
    /// The trust policy.
    TrustPolicy,
    /// The permissions boundary.
    PermissionsBoundary,
    /// How long a session may last.
    MaxSessionDuration,
    /// The description.
    Description,
    /// The tag of this key.
    Tag(String),
    /// The whole policy.
    Policy,
    /// The document of a policy.
    PolicyDocument,
    /// All policies of the role together.
    Permissions,
    /// What a quota limits.
    Quota,
    /// That the policy of this ARN is attached.
    AttachedPolicy(PolicyArn),
    /// The inline policy of this name.
    InlinePolicy(String),
    /// The function, or the alias or version that the manifest names.
    Function {
        /// Whether it names one.
        is_qualified: bool,
    },
    /// What the subject in Genesys Cloud is.
    Genesys,
}

/// What a difference leads to, one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What the proof shows: the sentence of a witness, or why a claim cannot be decided.
    Shown(String),
    /// The role is elsewhere: this is what IAM calls it.
    RoleElsewhere(RoleIdentity),
    /// There is no role.
    NoRole,
    /// A session may last longer than the manifest says.
    LongerSession,
    /// A session may be shorter than the manifest says.
    ShorterSession,
    /// rolecall does not know the resource as its own.
    OwnerUnknown,
    /// The policy is not attached to the role.
    NotAttached,
    /// The target cannot be called.
    TargetMissing(MissingTarget),
    /// This does not fit.
    PastQuota(QuotaError),
    /// In Genesys Cloud.
    Genesys(GenesysEffect),
}

/// A value on one of the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
    /// A policy document.
    Document(StoredDocument),
    /// A document that could not be read.
    UnreadableDocument,
}

/// What the manifest asks for, and what is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// What the change would write, and what it would replace.
    Change(Box<Change>),
    /// The same of a step in Genesys Cloud.
    Step(Box<Step>),
    /// These; `None` is nothing.
    Stated {
        /// What the manifest asks for.
        expected: Option<State>,
        /// What is there.
        actual: Option<State>,
    },
}

/// The key of the manifest that asks for something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestKey {
    /// The table of the role.
    Role,
    /// The path of the role.
    Path,
    /// The permissions boundary.
    PermissionsBoundary,
    /// How long a session may last.
    MaxSessionDuration,
    /// The description.
    Description,
    /// The role's tag of this key.
    RoleTag(String),
    /// The role's name, of which the tags of its policies are made.
    PolicyTag(String),
    /// The trust in Genesys Cloud.
    Genesys,
    /// The organization.
    Organization,
    /// The integration.
    Integration,
    /// The credential of the integration for addresses.
    WebServicesCredential,
    /// The actions.
    Action,
    /// The action of this name.
    ActionNamed(String),
    /// The targets.
    Targets,
    /// The function of this target, counted from zero.
    TargetFunction(usize),
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What differs.
    pub subject: Subject,
    /// In what.
    pub attribute: Attribute,
    /// The most severe consequence.
    pub consequence: Consequence,
    /// All of what it leads to.
    pub effects: Vec<Effect>,
    /// Both sides.
    pub values: Values,
    /// What repairs it.
    pub repair: Repair,
    /// Where the manifest asks for something else.
    pub key: ManifestKey,
}

/// `apply` writes all of a plan or nothing. So what one difference needs taken over or replaced, the repair of every other
/// one needs, too. While an integration of the name belongs to somebody else, no `apply` does anything.
pub(super) fn repair_with_all(
    differences: &mut [Difference],
    adopts: bool,
    missing_boundary: Option<MissingBoundary>,
) {
    let flags = || differences.iter().filter_map(|difference| difference.repair.flags());
    let adopt = adopts || flags().any(|flags| flags.adopt);
    let replace = flags().any(|flags| flags.replace);
    let misses = |difference: &Difference| difference.consequence == Consequence::TargetMissing;
    let allow_every_target = differences.iter().any(misses);
    let missing_boundary = missing_boundary.or_else(|| flags().find_map(|flags| flags.missing_boundary));
    // Policies of others that take the room of rolecall's own are in the way of the whole plan.
    let is_full = |difference: &Difference| difference.consequence == Consequence::Quota;
    let remove_foreign = differences
        .iter()
        .filter(|it| is_full(it))
        .filter_map(|it| it.repair.flags())
        .any(|it| it.remove_foreign);
    let needed = Flags { adopt, replace, remove_foreign, allow_every_target, missing_boundary };
    let is_taken = differences.iter().any(|difference| difference.repair == Repair::RenameIntegration);
    for difference in differences {
        difference.repair = match (is_taken, difference.repair.flags()) {
            (true, Some(_)) => Repair::RenameIntegration,
            (true, None) | (false, _) => difference.repair.with(needed),
        };
    }
}

/// The differences of both services in one list, most severe first, with repairs that `apply` carries out.
#[must_use]
pub fn merged(aws: Vec<Difference>, genesys: Vec<Difference>) -> Vec<Difference> {
    let mut all: Vec<Difference> = aws.into_iter().chain(genesys).collect();
    repair_with_all(&mut all, false, None);
    all.sort_by_key(|difference| difference.consequence);
    all
}
