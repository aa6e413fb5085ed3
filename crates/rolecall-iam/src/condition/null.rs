//! `Null`: whether the request has the key. `true` asks for its absence, `false` for its presence.

use super::{ConditionValue, Operand};
use crate::context::Lookup;
use crate::truth::Truth;

pub(super) fn holds(values: &[ConditionValue], lookup: &Lookup<'_>) -> Truth {
    // A key that every request has but whose value is not known is there all the same.
    let absent = match lookup {
        Lookup::NotOf(_) | Lookup::Undocumented => return Truth::Unknown,
        Lookup::Absent => true,
        Lookup::Unknown | Lookup::One(_) | Lookup::Many(_) => false,
    };
    if values.is_empty() {
        return Truth::Unknown;
    }
    Truth::any(values.iter().map(|value| match value.operand {
        Operand::Bool(wanted) => Truth::from(wanted == absent),
        // The guide knows no other value here than true and false.
        Operand::Undocumented
        | Operand::Text(_)
        | Operand::Number(_)
        | Operand::Date(_)
        | Operand::Bytes(_)
        | Operand::Network(_) => Truth::Unknown,
    }))
}
