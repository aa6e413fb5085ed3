//! What Lambda holds about a function beside the role: its own policies, its URLs, its aliases.

use super::{AwsResult, FunctionAddress};
use crate::iam::arn::{FunctionArn, Qualifier};

/// A function's URL. A function, and each of its aliases, can have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionUrlRecord {
    /// The function or alias that it calls.
    pub function: FunctionArn,
    /// `AWS_IAM`, or `NONE` where anybody can call it.
    pub authentication: String,
}

/// Where an alias points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasRecord {
    pub alias: Qualifier,
    /// The version that it points at.
    pub version: String,
    /// Another version that takes part of the calls.
    pub weighted: Option<String>,
}

/// What is read of functions, asked for as the manifest names them. "No such thing" is an empty answer.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait ReadFunctions {
    /// The resource policy of the function in exactly this form; each form has its own.
    async fn function_policy(&self, function: &FunctionAddress) -> AwsResult<Option<String>>;
    /// The URLs of the function and of its aliases.
    async fn function_urls(&self, function: &FunctionAddress) -> AwsResult<Vec<FunctionUrlRecord>>;
    async fn aliases(&self, function: &FunctionAddress) -> AwsResult<Vec<AliasRecord>>;
    /// The versions of the function, `$LATEST` among them, in the order of Lambda.
    async fn versions(&self, function: &FunctionAddress) -> AwsResult<Vec<Qualifier>>;
}
