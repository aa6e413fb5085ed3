//! The strings of a request: each a variable, and what is left of its values a language.

use crate::pattern::Language;

/// A string of a request that patterns are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    /// The action, in lower case.
    Action,
    /// What is acted upon.
    Resource,
    /// The caller's ARN: of the user, of the account's root, or of the role behind a session.
    Arn,
    /// The caller's unique id.
    UserId,
    /// The name of a caller without an account: of a service or a provider.
    Name,
}

/// What is left of every string.
#[derive(Debug, Clone)]
pub(super) struct Strings<'p> {
    action: Language<'p>,
    resource: Language<'p>,
    arn: Language<'p>,
    user_id: Language<'p>,
    name: Language<'p>,
}

impl Default for Strings<'_> {
    fn default() -> Self {
        let all = Language::new;
        Self { action: all(), resource: all(), arn: all(), user_id: all(), name: all() }
    }
}

impl<'p> Strings<'p> {
    pub(super) fn get(&self, variable: Variable) -> &Language<'p> {
        match variable {
            Variable::Action => &self.action,
            Variable::Resource => &self.resource,
            Variable::Arn => &self.arn,
            Variable::UserId => &self.user_id,
            Variable::Name => &self.name,
        }
    }

    /// The same, with another language for one string.
    #[must_use]
    pub(super) fn with(mut self, variable: Variable, language: Language<'p>) -> Self {
        let slot = match variable {
            Variable::Action => &mut self.action,
            Variable::Resource => &mut self.resource,
            Variable::Arn => &mut self.arn,
            Variable::UserId => &mut self.user_id,
            Variable::Name => &mut self.name,
        };
        *slot = language;
        self
    }
}
