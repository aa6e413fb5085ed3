//! Questions to a policy that names callers: which callers, and with which external IDs.

use super::names::Group;
use crate::context::ContextValue;

/// Which external IDs a question is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExternalIds<'q> {
    /// Any, or none.
    #[default]
    Any,
    /// None.
    Absent,
    /// Some ID.
    Present,
    /// This one.
    Exactly(&'q str),
    /// Another one than this, or none.
    AnythingBut(&'q str),
    /// Some other ID than this.
    Another(&'q str),
}

impl<'q> ExternalIds<'q> {
    pub(super) fn accepts(self, value: &ContextValue) -> bool {
        let is = |id: &str| matches!(value, ContextValue::One(value) if value == id);
        let present = *value != ContextValue::Absent;
        match self {
            Self::Any => true,
            Self::Absent => !present,
            Self::Present => present,
            Self::Exactly(id) => is(id),
            Self::AnythingBut(id) => !is(id),
            Self::Another(id) => present && !is(id),
        }
    }

    pub(super) fn text(self) -> Option<&'q str> {
        match self {
            Self::Any | Self::Absent | Self::Present => None,
            Self::Exactly(id) | Self::AnythingBut(id) | Self::Another(id) => Some(id),
        }
    }
}

/// Callers that a question is about.
///
/// Groups narrow each other: a caller must belong to every group inside and to no group outside.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    pub(super) only_of_accounts: bool,
    pub(super) inside: Vec<Group>,
    pub(super) outside: Vec<Group>,
}

impl Callers {
    /// Every caller: principals of any account, AWS services, identity providers and unsigned requests.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Every caller that belongs to an AWS account: of these an external ID can be expected.
    #[must_use]
    pub fn of_accounts() -> Self {
        Self { only_of_accounts: true, ..Self::default() }
    }

    /// Only members of this group, too.
    #[must_use]
    pub fn inside(mut self, group: &Group) -> Self {
        self.inside.push(group.clone());
        self
    }

    /// No members of this group.
    #[must_use]
    pub fn outside(mut self, group: &Group) -> Self {
        self.outside.push(group.clone());
        self
    }
}

/// The requests that a question is about.
#[derive(Debug, Clone, Default)]
pub struct Question<'q> {
    pub(super) callers: Callers,
    pub(super) external_ids: ExternalIds<'q>,
    pub(super) through: Option<usize>,
}

impl<'q> Question<'q> {
    /// Every request of these callers.
    #[must_use]
    pub fn about(callers: Callers) -> Self {
        Self { callers, ..Self::default() }
    }

    /// Only requests with these external IDs.
    #[must_use]
    pub fn with_external_ids(self, external_ids: ExternalIds<'q>) -> Self {
        Self { external_ids, ..self }
    }

    /// Only requests that this `Allow` statement lets in, counted from zero.
    #[must_use]
    pub fn through(self, statement: usize) -> Self {
        Self { through: Some(statement), ..self }
    }
}
