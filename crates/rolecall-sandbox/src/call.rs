//! A call that has been authenticated, its parameters, and what an operation is.

use std::collections::BTreeMap;

use super::authorize::{Denial, decide_by_identity};
use super::evaluator::Context;
use super::principals::Caller;
use super::state::State;
use super::wire::ApiError;

/// Who calls, from where, and by which state permissions are decided.
pub(super) struct Call<'a> {
    pub(super) caller: &'a Caller,
    pub(super) region: &'a str,
    /// The state that decisions see; older than the present while enforcement lags.
    pub(super) enforced: &'a State,
    /// Seconds since 1970.
    pub(super) now: i64,
}

/// An operation either looks at the state or changes it.
pub(super) enum Operation<I: ?Sized, O> {
    Read(fn(&Call<'_>, &I, &State) -> Result<O, ApiError>),
    Write(fn(&Call<'_>, &I, &mut State) -> Result<O, ApiError>),
}

impl Call<'_> {
    /// Whether the caller's own policies allow `action` on `resource`.
    pub(super) fn decide(&self, action: &str, resource: &str, context: Context) -> Result<(), Denial> {
        let context = context.with("aws:RequestedRegion", self.region);
        decide_by_identity(self.enforced, self.caller, action, resource, context)
    }

    /// The same as IAM answers it; its message calls the resource `shown`.
    pub(super) fn authorize(
        &self,
        action: &str,
        resource: &str,
        shown: &str,
        context: Context,
    ) -> Result<(), ApiError> {
        let denied = |denial: Denial| denial.into_error((403, "AccessDenied"), self.caller, action, shown);
        self.decide(action, resource, context).map_err(denied)
    }

    /// The caller's account.
    pub(super) fn account(&self) -> &str {
        &self.caller.account
    }
}

/// The parameters of a query-protocol call.
#[derive(Debug)]
pub(super) struct Params(pub(super) BTreeMap<String, String>);

impl Params {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter without which there is no call.
    pub(super) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| invalid("null", name, "Member must not be null"))
    }

    /// The values of `name.member.N`.
    pub(super) fn members(&self, name: &str) -> Vec<&str> {
        (1..).map_while(|number| self.get(&format!("{name}.member.{number}"))).collect()
    }

    /// The keys and values of `name.member.N.Key` and `.Value`.
    pub(super) fn pairs(&self, name: &str) -> Vec<(&str, &str)> {
        let part = |number: usize, part: &str| self.get(&format!("{name}.member.{number}.{part}"));
        (1..)
            .map_while(|number| Some((part(number, "Key")?, part(number, "Value").unwrap_or_default())))
            .collect()
    }

    /// A whole number within limits, if it is there.
    pub(super) fn number(
        &self,
        name: &str,
        limits: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number: u32 = text
            .parse()
            .map_err(|_| ApiError::new(400, "MalformedInput", format!("{name} is not a number")))?;
        if number < *limits.start() {
            let limit = format!("Member must have value greater than or equal to {}", limits.start());
            return Err(invalid(&format!("'{text}'"), name, &limit));
        }
        if number > *limits.end() {
            let limit = format!("Member must have value less than or equal to {}", limits.end());
            return Err(invalid(&format!("'{text}'"), name, &limit));
        }
        Ok(Some(number))
    }

    /// Checks a string against the service's model.
    pub(super) fn check(
        &self,
        name: &str,
        lengths: std::ops::RangeInclusive<usize>,
        pattern: &str,
        allowed: impl Fn(char) -> bool,
    ) -> Result<(), ApiError> {
        let Some(text) = self.get(name) else { return Ok(()) };
        let shown = format!("'{text}'");
        let length = text.chars().count();
        if length < *lengths.start() {
            let limit = format!("Member must have length greater than or equal to {}", lengths.start());
            return Err(invalid(&shown, name, &limit));
        }
        if length > *lengths.end() {
            let limit = format!("Member must have length less than or equal to {}", lengths.end());
            return Err(invalid(&shown, name, &limit));
        }
        if !text.chars().all(allowed) {
            return Err(invalid(
                &shown,
                name,
                &format!("Member must satisfy regular expression pattern: {pattern}"),
            ));
        }
        Ok(())
    }

    /// The page of `items` that the caller asked for, and the marker of the next one.
    pub(super) fn page<T>(&self, items: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
        let size = self.number("MaxItems", 1..=1000)?.unwrap_or(100) as usize;
        let start: usize = match self.get("Marker") {
            None => 0,
            Some(marker) => marker.parse().map_err(|_| ApiError::validation("Invalid Marker."))?,
        };
        let next = start.saturating_add(size);
        let marker = (next < items.len()).then(|| next.to_string());
        Ok((items.into_iter().skip(start).take(size).collect(), marker))
    }
}

/// `1 validation error detected: …`, as the query services word it.
pub(super) fn invalid(value: &str, name: &str, constraint: &str) -> ApiError {
    let mut letters = name.chars();
    let lower: String =
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
    let text = format!(
        "1 validation error detected: Value {value} at '{lower}' failed to satisfy constraint: {constraint}"
    );
    ApiError::validation(text)
}

/// `[\w+=,.@-]`, the characters of IAM names.
pub(super) fn is_name_character(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "_+=,.@-".contains(letter)
}
