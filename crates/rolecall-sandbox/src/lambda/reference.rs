//! How a call names a function: a name, a partial or a full ARN, each with or without a qualifier.

use super::not_found;
use crate::call::Call;
use crate::state::{Function, State};
use crate::wire::ApiError;

/// A function, and the version or alias that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
    /// Empty for the unqualified function.
    pub(super) qualifier: String,
}

impl Reference {
    pub(super) fn parse(function: &str, qualifier: Option<&str>, call: &Call<'_>) -> Result<Self, ApiError> {
        Self::within(function, qualifier, (call.account(), call.region))
    }

    /// The same for a caller of that account who asks in that region.
    pub(super) fn within(
        function: &str,
        qualifier: Option<&str>,
        (own_account, here): (&str, &str),
    ) -> Result<Self, ApiError> {
        let parts: Vec<&str> = function.split(':').collect();
        let (account, region, name, inside) = match parts.as_slice() {
            ["arn", "aws", "lambda", region, account, "function", name] => (*account, *region, *name, None),
            ["arn", "aws", "lambda", region, account, "function", name, inside] => {
                (*account, *region, *name, Some(*inside))
            }
            [account, "function", name] => (*account, here, *name, None),
            [account, "function", name, inside] => (*account, here, *name, Some(*inside)),
            ["function", name] | [name] => (own_account, here, *name, None),
            [name, inside] => (own_account, here, *name, Some(*inside)),
            _ => return Err(invalid_name(function)),
        };
        let letters =
            |text: &str, more: &str| text.chars().all(|it| it.is_ascii_alphanumeric() || more.contains(it));
        if name.is_empty() || name.len() > 64 || !letters(name, "-_") {
            return Err(invalid_name(function));
        }
        if region != here {
            return Err(not_found(format!(
                "Functions from '{region}' are not reachable in this region ('{here}')"
            )));
        }
        let qualifier = match (inside, qualifier) {
            (Some(inside), Some(qualifier)) if inside != qualifier => {
                let text =
                    "The derived qualifier from the function name does not match the specified qualifier.";
                return Err(ApiError::new(400, "InvalidParameterValueException", text));
            }
            (inside, qualifier) => inside.or(qualifier).unwrap_or_default(),
        };
        if qualifier.len() > 128 || !letters(qualifier, "-_$.") {
            return Err(invalid_name(qualifier));
        }
        let own = |text: &str| text.to_owned();
        Ok(Self { account: own(account), region: own(region), name: own(name), qualifier: own(qualifier) })
    }

    /// The ARN in the form that was called.
    pub(super) fn arn(&self) -> String {
        let base = self.unqualified_arn();
        if self.qualifier.is_empty() { base } else { format!("{base}:{}", self.qualifier) }
    }

    pub(super) fn unqualified_arn(&self) -> String {
        format!("arn:aws:lambda:{}:{}:function:{}", self.region, self.account, self.name)
    }

    /// The function and the version that the qualifier stands for.
    pub(super) fn find<'s>(&self, state: &'s State) -> Result<(&'s Function, String), ApiError> {
        let missing = || not_found(format!("Function not found: {}", self.arn()));
        let function = state.function(&self.account, &self.region, &self.name).ok_or_else(missing)?;
        Ok((function, function.version(&self.qualifier).ok_or_else(missing)?))
    }

    /// The function, to change it.
    pub(super) fn find_mut<'s>(&self, state: &'s mut State) -> Result<&'s mut Function, ApiError> {
        let functions =
            state.accounts.get_mut(&self.account).and_then(|account| account.functions.get_mut(&self.region));
        let function = functions.and_then(|functions| functions.get_mut(&self.name));
        function.ok_or_else(|| not_found(format!("Function not found: {}", self.unqualified_arn())))
    }
}

fn invalid_name(name: &str) -> ApiError {
    let text = format!(
        "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: Member must \
         satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{{2}}(-gov)?-[a-z]+-\\d{{1}}:)?\
         (\\d{{12}}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
    );
    ApiError::new(400, "ValidationException", text)
}
