//! What to do about a difference between the manifest and what is there, as a value. `report` has the words.

use crate::manifest::Manager;
use crate::observe::survey::MissingBoundary;

/// What repairs a difference between the manifest and what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Apply the manifest, with these flags.
    Apply(Flags),
    /// Let the tool that makes the role repair it.
    Elsewhere(Manager),
    /// Let the tool that makes the Genesys Cloud side repair it.
    ElsewhereInGenesys(Manager),
    /// State the integration by its ID: several have its name.
    NameIntegrationId,
    /// Correct the role's path in the manifest, or delete the role.
    EditPath,
    /// Correct the external ID in the manifest, or use credentials of its organization.
    EditOrganization,
    /// Deploy the function, or correct the target.
    DeployFunction,
    /// Look at the integration in Genesys Cloud.
    LookAtIntegration,
    /// Add the action to the manifest, or delete it.
    ListAction,
    /// Write the credential of the integration again: what is in it, nobody can tell.
    RewriteCredential,
    /// Ask for less, or have a quota raised.
    FitQuota,
    /// Give the integration another name in the manifest: the one of this name is that of another role or stack.
    RenameIntegration,
}

/// What `apply` must be allowed beyond the ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// Take over what rolecall did not make. Without it `apply` refuses the whole plan.
    pub adopt: bool,
    /// Remove what others put on the role.
    pub remove_foreign: bool,
    /// End actions whose IDs flows may refer to.
    pub replace: bool,
    /// Accept that a session cannot invoke every target. While a function is missing `apply` refuses every plan otherwise.
    pub allow_every_target: bool,
    /// The permissions boundary that the manifest states and AWS does not have. While it is missing `apply` refuses every plan.
    pub missing_boundary: Option<MissingBoundary>,
}

const NO_FLAGS: Flags = Flags {
    adopt: false,
    remove_foreign: false,
    replace: false,
    allow_every_target: false,
    missing_boundary: None,
};

impl Flags {
    /// What both need.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let Self { adopt, remove_foreign, replace, allow_every_target, missing_boundary } = other;
        Self {
            adopt: self.adopt || adopt,
            remove_foreign: self.remove_foreign || remove_foreign,
            replace: self.replace || replace,
            allow_every_target: self.allow_every_target || allow_every_target,
            missing_boundary: self.missing_boundary.or(missing_boundary),
        }
    }
}

impl Repair {
    /// Apply the manifest.
    pub const APPLY: Self = Self::Apply(NO_FLAGS);
    /// Apply it, and remove what others put on the role.
    pub const REMOVE_FOREIGN: Self = Self::Apply(Flags { remove_foreign: true, ..NO_FLAGS });
    /// Apply it, and end actions whose IDs flows may refer to.
    pub const REPLACE: Self = Self::Apply(Flags { replace: true, ..NO_FLAGS });

    /// What `apply` needs for it, where `apply` does it.
    #[must_use]
    pub fn flags(self) -> Option<Flags> {
        match self {
            Self::Apply(flags) => Some(flags),
            Self::Elsewhere(_)
            | Self::ElsewhereInGenesys(_)
            | Self::NameIntegrationId
            | Self::EditPath
            | Self::EditOrganization
            | Self::DeployFunction
            | Self::LookAtIntegration
            | Self::ListAction
            | Self::FitQuota
            | Self::RewriteCredential
            | Self::RenameIntegration => None,
        }
    }

    /// Whether one command is the whole repair.
    #[must_use]
    pub fn is_command(self) -> bool {
        self.flags().is_some_and(|flags| flags.missing_boundary.is_none())
    }

    /// The same where `apply` refuses the whole plan without these flags. What others put on the role stops a plan only where it takes
    /// the room.
    #[must_use]
    pub fn with(self, needed: Flags) -> Self {
        self.flags().map_or(self, |flags| Self::Apply(flags.or(needed)))
    }
}
