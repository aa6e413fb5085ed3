//! Names of policies that belong to a role, made from the role's name. They are of a form that IAM takes, whatever the role
//! is: a role's name has fewer letters than a policy's name or a path may have, and only such as both may hold.

use super::{PolicyName, PolicyPath, RoleName};

/// A word to make names of. It is meant for constants, so that the compiler checks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word(&'static str);

impl Word {
    /// A word of 1–32 lower-case letters, digits and hyphens.
    ///
    /// # Panics
    ///
    /// If it is something else: in a constant, when the program is compiled.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let mut letters = text.as_bytes();
        assert!(!letters.is_empty() && letters.len() <= 32, "a word has 1-32 letters");
        while let [letter, rest @ ..] = letters {
            assert!(
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || *letter == b'-',
                "a word has lower-case letters, digits and hyphens"
            );
            letters = rest;
        }
        Self(text)
    }
}

impl PolicyPath {
    /// A folder: `/folder/`.
    #[must_use]
    pub fn of(folder: Word) -> Self {
        Self(format!("/{}/", folder.0))
    }

    /// The role's own path in a folder: `/folder/role/`.
    #[must_use]
    pub fn of_role(folder: Word, role: &RoleName) -> Self {
        Self(format!("/{}/{role}/", folder.0))
    }
}

impl PolicyName {
    /// The name of the role's n-th policy for a purpose, from 0: `role-purpose`, `role-purpose-2`.
    #[must_use]
    pub fn of_role(role: &RoleName, purpose: Word, index: usize) -> Self {
        Self(match index {
            0 => format!("{role}-{}", purpose.0),
            _ => format!("{role}-{}-{}", purpose.0, index.saturating_add(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_policies_that_iam_takes() {
        const LONGEST: Word = Word::new("abcdefghijklmnopqrstuvwxyzabcdef");
        for role in ["R", "a_b+c=d,e.f@g-h", &"x".repeat(64)] {
            let role: RoleName = role.parse().unwrap();
            for word in [Word::new("w"), LONGEST] {
                let path = PolicyPath::of_role(word, &role);
                assert_eq!(path.as_str().parse(), Ok(path));
                for index in [0, 1, usize::MAX] {
                    let name = PolicyName::of_role(&role, word, index);
                    assert_eq!(name.as_str().parse(), Ok(name));
                }
            }
        }
    }
}
