//! The names of operations that the sandbox does not play, so that its refusal can say which one was called.

/// Method and path of well-known operations; `*` is any segment.
const NAMES: [(&str, &str, &str); 30] = [
    ("PUT", "2015-03-31/functions/*/code", "UpdateFunctionCode"),
    ("PUT", "2015-03-31/functions/*/configuration", "UpdateFunctionConfiguration"),
    ("PUT", "2017-10-31/functions/*/concurrency", "PutFunctionConcurrency"),
    ("DELETE", "2017-10-31/functions/*/concurrency", "DeleteFunctionConcurrency"),
    ("PUT", "2019-09-30/functions/*/provisioned-concurrency", "PutProvisionedConcurrencyConfig"),
    ("GET", "2019-09-30/functions/*/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    ("DELETE", "2019-09-30/functions/*/provisioned-concurrency", "DeleteProvisionedConcurrencyConfig"),
    ("GET", "2019-09-25/functions/*/event-invoke-config", "GetFunctionEventInvokeConfig"),
    ("PUT", "2019-09-25/functions/*/event-invoke-config", "PutFunctionEventInvokeConfig"),
    ("POST", "2019-09-25/functions/*/event-invoke-config", "UpdateFunctionEventInvokeConfig"),
    ("DELETE", "2019-09-25/functions/*/event-invoke-config", "DeleteFunctionEventInvokeConfig"),
    ("PUT", "2020-06-30/functions/*/code-signing-config", "PutFunctionCodeSigningConfig"),
    ("DELETE", "2020-06-30/functions/*/code-signing-config", "DeleteFunctionCodeSigningConfig"),
    ("GET", "2021-07-20/functions/*/runtime-management-config", "GetRuntimeManagementConfig"),
    ("PUT", "2021-07-20/functions/*/runtime-management-config", "PutRuntimeManagementConfig"),
    ("PUT", "2021-10-31/functions/*/url", "UpdateFunctionUrlConfig"),
    ("DELETE", "2021-10-31/functions/*/url", "DeleteFunctionUrlConfig"),
    ("POST", "2021-11-15/functions/*/response-streaming-invocations", "InvokeWithResponseStream"),
    ("POST", "2014-11-13/functions/*/invoke-async", "InvokeAsync"),
    ("GET", "2024-08-31/functions/*/recursion-config", "GetFunctionRecursionConfig"),
    ("PUT", "2024-08-31/functions/*/recursion-config", "PutFunctionRecursionConfig"),
    ("DELETE", "2017-03-31/tags/*", "UntagResource"),
    ("GET", "2016-08-19/account-settings", "GetAccountSettings"),
    ("GET", "2015-03-31/event-source-mappings", "ListEventSourceMappings"),
    ("POST", "2015-03-31/event-source-mappings", "CreateEventSourceMapping"),
    ("GET", "2015-03-31/event-source-mappings/*", "GetEventSourceMapping"),
    ("PUT", "2015-03-31/event-source-mappings/*", "UpdateEventSourceMapping"),
    ("DELETE", "2015-03-31/event-source-mappings/*", "DeleteEventSourceMapping"),
    ("GET", "2018-10-31/layers", "ListLayers"),
    ("POST", "2018-10-31/layers/*/versions", "PublishLayerVersion"),
];

/// The operation, or the method and the path where its name is not known here.
pub(super) fn name(method: &str, segments: &[&str], path: &str) -> String {
    let is = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        pattern.len() == segments.len()
            && pattern.iter().zip(segments).all(|(pattern, segment)| *pattern == "*" || pattern == segment)
    };
    match NAMES.iter().find(|(known, pattern, _)| *known == method && is(pattern)) {
        Some((_, _, name)) => format!("lambda:{name}"),
        None => format!("`{method} {path}` of Lambda"),
    }
}
