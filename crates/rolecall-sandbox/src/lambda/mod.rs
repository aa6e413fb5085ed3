//! Lambda (REST, 2015-03-31): functions with versions and aliases, their policies, and invocations that are
//! authorised.
//!
//! Functions run no code: an invocation answers with what it was given. A region is as good as another
//! account: nothing is reachable across regions. Deliberately absent: code, layers, event sources,
//! concurrency, code signing.

mod aliases;
mod execution;
mod functions;
mod invoke;
mod permissions;
mod reference;
mod unsupported;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::authorize::{Denial, ResourcePolicy, decide};
use super::call::{Call, Operation};
use super::evaluator::Context;
use super::measured::{self, Invocation};
use super::wire::{ApiError, Incoming, Reply};
use reference::Reference;

/// How Lambda answers who may not.
const DENIED: (u16, &str) = (403, "AccessDeniedException");

/// The code of the answer to too many requests.
pub(super) const THROTTLED: &str = "TooManyRequestsException";

/// What a call brings.
pub(super) struct Input {
    /// The function in the path.
    function: String,
    /// What follows in the path: an alias or a statement.
    item: String,
    query: BTreeMap<String, String>,
    invocation_type: Option<String>,
    body: Vec<u8>,
}

/// The operation that a method and path stand for, with its input.
pub(super) fn route(request: &Incoming) -> Result<(&'static str, Operation<Input, Reply>, Input), ApiError> {
    use Operation::{Read, Write};
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (name, operation, function, item): (_, _, &str, &str) =
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["2015-03-31", "functions"]) => ("ListFunctions", Read(functions::list), "", ""),
            ("POST", ["2015-03-31", "functions"]) => ("CreateFunction", Write(functions::create), "", ""),
            ("GET", ["2015-03-31", "functions", function]) => {
                ("GetFunction", Read(functions::get), *function, "")
            }
            ("DELETE", ["2015-03-31", "functions", function]) => {
                ("DeleteFunction", Write(functions::delete), *function, "")
            }
            ("GET", ["2015-03-31", "functions", function, "configuration"]) => {
                ("GetFunctionConfiguration", Read(functions::configuration), *function, "")
            }
            ("GET", ["2015-03-31", "functions", function, "versions"]) => {
                ("ListVersionsByFunction", Read(functions::list_versions), *function, "")
            }
            ("POST", ["2015-03-31", "functions", function, "versions"]) => {
                ("PublishVersion", Write(functions::publish), *function, "")
            }
            ("GET", ["2015-03-31", "functions", function, "aliases"]) => {
                ("ListAliases", Read(aliases::list), *function, "")
            }
            ("POST", ["2015-03-31", "functions", function, "aliases"]) => {
                ("CreateAlias", Write(aliases::create), *function, "")
            }
            ("GET", ["2015-03-31", "functions", function, "aliases", alias]) => {
                ("GetAlias", Read(aliases::get), *function, *alias)
            }
            ("PUT", ["2015-03-31", "functions", function, "aliases", alias]) => {
                ("UpdateAlias", Write(aliases::update), *function, *alias)
            }
            ("DELETE", ["2015-03-31", "functions", function, "aliases", alias]) => {
                ("DeleteAlias", Write(aliases::delete), *function, *alias)
            }
            ("GET", ["2020-06-30", "functions", function, "code-signing-config"]) => {
                ("GetFunctionCodeSigningConfig", Read(functions::code_signing), *function, "")
            }
            ("GET", ["2019-09-30", "functions", function, "concurrency"]) => {
                ("GetFunctionConcurrency", Read(functions::concurrency), *function, "")
            }
            ("GET", ["2015-03-31", "functions", function, "policy"]) => {
                ("GetPolicy", Read(permissions::get), *function, "")
            }
            ("POST", ["2015-03-31", "functions", function, "policy"]) => {
                ("AddPermission", Write(permissions::add), *function, "")
            }
            ("DELETE", ["2015-03-31", "functions", function, "policy", statement]) => {
                ("RemovePermission", Write(permissions::remove), *function, *statement)
            }
            ("GET", ["2021-10-31", "functions", function, "url"]) => {
                ("GetFunctionUrlConfig", Read(permissions::get_url), *function, "")
            }
            ("POST", ["2021-10-31", "functions", function, "url"]) => {
                ("CreateFunctionUrlConfig", Write(permissions::create_url), *function, "")
            }
            ("PUT", ["2021-10-31", "functions", function, "url"]) => {
                ("UpdateFunctionUrlConfig", Write(permissions::update_url), *function, "")
            }
            ("GET", ["2021-10-31", "functions", function, "urls"]) => {
                ("ListFunctionUrlConfigs", Read(permissions::list_urls), *function, "")
            }
            ("GET", ["2017-03-31", "tags", function]) => {
                ("ListTags", Read(functions::list_tags), *function, "")
            }
            ("POST", ["2017-03-31", "tags", function]) => {
                ("TagResource", Write(functions::tag), *function, "")
            }
            ("POST", ["2015-03-31", "functions", function, "invocations"]) => {
                ("Invoke", Read(invoke::invoke), *function, "")
            }
            _ => {
                let what = unsupported::name(&request.method, &parts, &request.path);
                return Err(ApiError::unsupported(&what));
            }
        };
    let input = Input {
        function: function.to_owned(),
        item: item.to_owned(),
        query: request.parameters(),
        invocation_type: request.header("x-amz-invocation-type").map(str::to_owned),
        body: request.body.to_vec(),
    };
    Ok((name, operation, input))
}

impl Input {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The JSON object in the body.
    fn json(&self) -> Result<Value, ApiError> {
        serde_json::from_slice(&self.body).map_err(|_| {
            ApiError::new(400, "SerializationException", "Could not parse request body into json")
        })
    }

    /// The function that is meant, with the qualifier from the path or the query.
    fn reference(&self, call: &Call<'_>) -> Result<Reference, ApiError> {
        Reference::parse(&self.function, self.query("Qualifier"), call)
    }
}

/// A function that a request invokes, or would have if it had not been throttled.
pub(super) struct Invoked(Reference);

impl Invoked {
    pub(super) fn measured(self, took: Duration, throttled: bool) -> Invocation {
        let Reference { account, region, name: function, qualifier } = self.0;
        let (at_ms, took_us) = measured::now(took);
        Invocation { account, region, function, qualifier, at_ms, took_us, throttled }
    }
}

impl Input {
    /// The function that it invokes for a caller of that account who asks in that region; a dry run invokes none.
    pub(super) fn invoked(&self, account: &str, region: &str) -> Option<Invoked> {
        let is_dry = self.invocation_type.as_deref() == Some("DryRun");
        let reference = Reference::within(&self.function, self.query("Qualifier"), (account, region));
        reference.ok().filter(|_| !is_dry).map(Invoked)
    }
}

/// Whether the caller may do `action` to a function: the exact ARN form is what counts ("Lambda makes
/// authorization decisions by comparing the resource element in the IAM policy with both the FunctionName and
/// Qualifier passed in API calls", docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html).
fn authorize(call: &Call<'_>, action: &str, reference: &Reference) -> Result<(), ApiError> {
    let arn = reference.arn();
    let function = call.enforced.function(&reference.account, &reference.region, &reference.name);
    let document =
        function.and_then(|function| function.policies.get(&reference.qualifier)).map(Value::to_string);
    let context = Context::new()
        .with("aws:RequestedRegion", call.region)
        // That the key is present on a direct call is an assumption: AWS documents the value for function
        // URLs only.
        .with("lambda:InvokedViaFunctionUrl", "false")
        .with_tags("aws:ResourceTag", function.map(|function| &function.tags));
    let policy = ResourcePolicy::Function { document: document.as_deref(), account: &reference.account };
    let action = format!("lambda:{action}");
    decide(call.enforced, call.caller, &action, &arn, context, &policy)
        .map_err(|denial| denial.into_error(DENIED, call.caller, &action, &arn))
}

/// For the operations that no single function is the subject of.
fn authorize_account(call: &Call<'_>, action: &str) -> Result<(), ApiError> {
    let denied = |denial: Denial| denial.into_error(DENIED, call.caller, action, "*");
    call.decide(action, "*", Context::new()).map_err(denied)
}

/// The page of `items` that the caller asked for, at most 50 of them, and the marker of the next one.
fn page<T>(input: &Input, items: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
    let bad = |name: &str| ApiError::new(400, "InvalidParameterValueException", format!("Invalid {name}"));
    let number =
        |name: &str| input.query(name).map(|text| text.parse::<usize>().map_err(|_| bad(name))).transpose();
    let size = number("MaxItems")?.unwrap_or(50).clamp(1, 50);
    let start = number("Marker")?.unwrap_or(0);
    let next = start.saturating_add(size);
    let marker = (next < items.len()).then(|| next.to_string());
    Ok((items.into_iter().skip(start).take(size).collect(), marker))
}

fn not_found(message: impl Into<String>) -> ApiError {
    ApiError::new(404, "ResourceNotFoundException", message)
}
