//! A condition as a sentence, for people who do not know the operators' names.

use super::{Condition, Operand, Operator, Quantifier, Relation, Test};

impl Condition {
    /// What the condition asks, such as `sts:ExternalId must be "abc"`.
    #[must_use]
    pub fn phrase(&self) -> String {
        let key = &self.key;
        let values = || {
            let quoted: Vec<String> = self.values.iter().map(|value| format!("`{}`", value.raw)).collect();
            if quoted.is_empty() { "one of no values".to_owned() } else { quoted.join(" or ") }
        };
        match &self.operator {
            Operator::Unknown(name) => format!("`{name}` on {key} is not a known operator"),
            Operator::Null => match self.values.as_slice() {
                [value] if value.operand == Operand::Bool(true) => format!("{key} must be absent"),
                [value] if value.operand == Operand::Bool(false) => format!("{key} must be present"),
                _ => format!("whether {key} is absent must be {}", values()),
            },
            Operator::Compare { quantifier, test, negated, if_exists } => {
                let subject = match quantifier {
                    Quantifier::Single => key.to_string(),
                    Quantifier::ForAnyValue => format!("at least one value of {key}"),
                    Quantifier::ForAllValues => format!("every value of {key}, if there is any,"),
                };
                let must = if *negated { "must not" } else { "must" };
                let exists = if *if_exists { ", if the request has it" } else { "" };
                format!("{subject} {must} {} {}{exists}", verb(*test), values())
            }
        }
    }
}

/// The comparison, to be followed by the document's values.
fn verb(test: Test) -> String {
    let relation = |relation| match relation {
        Relation::Equal => "equal to",
        Relation::Less => "less than",
        Relation::LessOrEqual => "at most",
        Relation::Greater => "greater than",
        Relation::GreaterOrEqual => "at least",
    };
    let moment = |relation| match relation {
        Relation::Equal => "exactly",
        Relation::Less => "before",
        Relation::LessOrEqual => "at or before",
        Relation::Greater => "after",
        Relation::GreaterOrEqual => "at or after",
    };
    match test {
        Test::StringEquals | Test::Bool => "be".to_owned(),
        Test::StringEqualsIgnoreCase => "be, ignoring letter case,".to_owned(),
        Test::StringLike => "have the form".to_owned(),
        Test::Numeric(numeric) => format!("be a number {}", relation(numeric)),
        Test::Date(date) => format!("be a time {}", moment(date)),
        Test::BinaryEquals => "be the bytes".to_owned(),
        Test::IpAddress => "be an address in".to_owned(),
        Test::ArnEquals | Test::ArnLike => "be an ARN of the form".to_owned(),
    }
}
