//! The policies that rolecall makes for a role, by name and path. Both are of a form that IAM takes for every role there
//! can be: a role's name has fewer letters than a policy's name or a path may have, and only such as both may hold.

use super::{PolicyName, PolicyPath, RoleName};

impl PolicyPath {
    /// The path of every policy that rolecall makes for a role: one `ListPolicies` finds them all, and the version in force.
    #[must_use]
    pub fn of_role(role: &RoleName) -> Self {
        Self(format!("/rolecall/{role}/"))
    }
}

impl PolicyName {
    /// The name of the n-th policy for the targets of a role, from 0.
    #[must_use]
    pub fn of_role(role: &RoleName, index: usize) -> Self {
        Self(match index {
            0 => format!("{role}-invoke"),
            _ => format!("{role}-invoke-{}", index.saturating_add(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_policies_that_iam_takes() {
        for role in ["R", "a_b+c=d,e.f@g-h", &"x".repeat(64)] {
            let role: RoleName = role.parse().unwrap();
            let path = PolicyPath::of_role(&role);
            assert_eq!(path.as_str().parse(), Ok(path));
            for index in [0, 1, usize::MAX] {
                let name = PolicyName::of_role(&role, index);
                assert_eq!(name.as_str().parse(), Ok(name));
            }
        }
    }
}
