//! Questions to a policy that names callers: which callers, and with which external IDs.

use super::caller::Example;
use super::names::Group;
use crate::context::{ContextKey, ContextValue};
use crate::pattern::Pattern;

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
    /// Another one than these, or none.
    NoneOf(&'q [String]),
    /// Some other ID than these.
    AnotherThan(&'q [String]),
}

impl ExternalIds<'_> {
    /// What that asks of the key; `None` where it asks nothing.
    pub(super) fn demand(self) -> Option<Demand> {
        let of = |accepted, id: &str| Some((accepted, vec![Pattern::literal(id)]));
        let all = |accepted, ids: &[String]| {
            Some((accepted, ids.iter().map(|id| Pattern::literal(id)).collect::<Vec<_>>()))
        };
        let (accepted, texts) = match self {
            Self::Any => None,
            Self::Absent => Some((Accepted::Absent, Vec::new())),
            Self::Present => Some((Accepted::Other, Vec::new())),
            Self::Exactly(id) => of(Accepted::Listed, id),
            Self::AnythingBut(id) => of(Accepted::OtherOrAbsent, id),
            Self::NoneOf(ids) => all(Accepted::OtherOrAbsent, ids),
            Self::AnotherThan(ids) => all(Accepted::Other, ids),
        }?;
        Some(Demand { key: ContextKey::new("sts:ExternalId"), texts, accepted })
    }
}

/// Which values of a condition key a question is about. Texts are written as in a policy, with `*` and `?` as wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// None: the request does not have the key.
    Absent,
    /// Values of which each is like one of these texts.
    Like(Vec<String>),
    /// Values of which none is like one of these texts.
    Unlike(Vec<String>),
    /// The same, or no value at all.
    UnlikeOrAbsent(Vec<String>),
    /// Values of which none is exactly one of these texts, or no value at all: `*` and `?` are characters here.
    OtherThanOrAbsent(Vec<String>),
    /// Values of which none is an ARN like one of these, compared part by part as `ArnLike` does, or no value at all.
    OtherArnOrAbsent(Vec<String>),
}

/// What a question asks of one condition key.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    pub(super) key: ContextKey,
    /// Texts that the question tells apart.
    pub(super) texts: Vec<Pattern>,
    accepted: Accepted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepted {
    Absent,
    Listed,
    Other,
    OtherOrAbsent,
}

impl Demand {
    fn new(key: &str, values: &Values) -> Self {
        let like = |texts: &[String]| texts.iter().map(|text| Pattern::like(text)).collect();
        let (accepted, texts) = match values {
            Values::Absent => (Accepted::Absent, Vec::new()),
            Values::Like(texts) => (Accepted::Listed, like(texts)),
            Values::Unlike(texts) => (Accepted::Other, like(texts)),
            Values::UnlikeOrAbsent(texts) => (Accepted::OtherOrAbsent, like(texts)),
            Values::OtherThanOrAbsent(texts) => {
                (Accepted::OtherOrAbsent, texts.iter().map(|text| Pattern::literal(text)).collect())
            }
            Values::OtherArnOrAbsent(texts) => {
                (Accepted::OtherOrAbsent, texts.iter().filter_map(|text| Pattern::arn_like(text)).collect())
            }
        };
        Self { key: ContextKey::new(key), texts, accepted }
    }

    pub(super) fn accepts(&self, value: &ContextValue) -> bool {
        let values = match value {
            ContextValue::Absent => {
                return matches!(self.accepted, Accepted::Absent | Accepted::OtherOrAbsent);
            }
            ContextValue::One(value) => std::slice::from_ref(value),
            ContextValue::Many(values) => values,
        };
        let is_listed = |value: &String| self.texts.iter().any(|text| text.matches(value));
        match self.accepted {
            Accepted::Absent => false,
            Accepted::Listed => values.iter().all(is_listed),
            Accepted::Other | Accepted::OtherOrAbsent => !values.iter().any(is_listed),
        }
    }
}

/// Callers that a question is about.
///
/// Groups narrow each other: a caller must belong to every group inside and to no group outside.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    /// `None`: with an account or without.
    pub(super) have_account: Option<bool>,
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
        Self { have_account: Some(true), ..Self::default() }
    }

    /// Every caller that belongs to no AWS account: AWS services, identity providers and unsigned requests.
    #[must_use]
    pub fn without_account() -> Self {
        Self { have_account: Some(false), ..Self::default() }
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
pub struct Question {
    pub(super) callers: Callers,
    pub(super) demands: Vec<Demand>,
    pub(super) through: Option<usize>,
}

impl Question {
    /// Every request of these callers.
    #[must_use]
    pub fn about(callers: Callers) -> Self {
        Self { callers, ..Self::default() }
    }

    /// Whether a caller may belong to a group outside: its role has the name of a member's, and which path was not said.
    pub(super) fn may_exclude(&self, caller: Option<&Example>) -> bool {
        let excludes =
            |caller: &Example| self.callers.outside.iter().any(|group| group.has_namesake(&caller.principal));
        caller.is_some_and(excludes)
    }

    /// Only requests with these external IDs.
    #[must_use]
    pub fn with_external_ids(mut self, external_ids: ExternalIds<'_>) -> Self {
        self.demands.extend(external_ids.demand());
        self
    }

    /// Only requests with these values of a condition key, such as the `sub` of a token.
    #[must_use]
    pub fn with_values(mut self, key: &str, values: &Values) -> Self {
        self.demands.push(Demand::new(key, values));
        self
    }

    /// Only requests that this `Allow` statement lets in, counted from zero.
    #[must_use]
    pub fn through(self, statement: usize) -> Self {
        Self { through: Some(statement), ..self }
    }
}
