//! The permissions boundary that the manifest asks for: somebody's own policy, or one that allows the targets alone.

use std::fmt;
use std::str::FromStr;

use crate::iam::arn::{InvalidName, PolicyArn, PolicyOwner, PolicyPath, RoleName, Word};

/// The word for [`Boundary::Targets`].
const TARGETS: &str = "targets";

/// What bounds the role's permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// A policy that allows to invoke the targets and nothing else. rolecall renders it; an administrator creates it.
    Targets,
    Policy(PolicyArn),
}

impl Boundary {
    /// Whether the policy lies where the provisioner of some role writes policies. Whoever may write a boundary is not
    /// bounded by it.
    pub(super) fn is_in_reach_of_a_provisioner(&self) -> bool {
        match self {
            Self::Targets => false,
            Self::Policy(PolicyArn { partition: _, owner, path, name: _ }) => {
                *owner != PolicyOwner::Aws && path.as_str().starts_with(PolicyPath::of(FOLDER).as_str())
            }
        }
    }
}

/// The folder of every policy that a provisioner writes.
const FOLDER: Word = Word::new("rolecall");

/// The path of every policy that rolecall makes for a role: one `ListPolicies` finds them all, and the version in force.
#[must_use]
pub fn policy_path(role: &RoleName) -> PolicyPath {
    PolicyPath::of_role(FOLDER, role)
}

impl FromStr for Boundary {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text == TARGETS { Ok(Self::Targets) } else { text.parse().map(Self::Policy) }
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Targets => formatter.write_str(TARGETS),
            Self::Policy(arn) => arn.fmt(formatter),
        }
    }
}
