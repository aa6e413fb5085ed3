//! Three-valued logic: what holds, what does not, and what could not be found out.

use std::ops::Not;

/// The answer to a yes-or-no question that may lack the facts to be answered.
///
/// Ordered from `False` to `True`, so that "and" is the least and "or" the greatest of several answers (Kleene).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold.
    False,
    /// It could not be evaluated.
    Unknown,
    /// It holds.
    True,
}

impl Truth {
    /// Holds where both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Holds where one of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// "Or" over many answers; `False` where there are none. Stops at the first `True`.
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for answer in answers {
            result = result.or(answer);
            if result == Self::True {
                break;
            }
        }
        result
    }

    /// "And" over many answers; `True` where there are none. Stops at the first `False`.
    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for answer in answers {
            result = result.and(answer);
            if result == Self::False {
                break;
            }
        }
        result
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}
