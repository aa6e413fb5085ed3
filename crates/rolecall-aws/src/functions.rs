//! What Lambda holds about functions, on the SDK.

use aws_sdk_lambda::types::{AliasConfiguration, FunctionUrlConfig};

use super::Aws;
use super::error::{next_page, optional, unexpected};
use super::read::function_name;
use rolecall_model::paging::Paging;
use rolecall_model::ports::{AliasRecord, AwsResult, FunctionAddress, FunctionUrlRecord, ReadFunctions};

/// The largest page that these lists give.
const PAGE: i32 = 50;

impl ReadFunctions for Aws {
    async fn function_policy(&self, function: &FunctionAddress) -> AwsResult<Option<String>> {
        const OPERATION: &str = "lambda:GetPolicy";
        self.turn(&self.limits.lambda_policies).await;
        let _place = self.limits.lambda_in_flight.acquire().await;
        let call = self.lambda(&function.region).get_policy();
        let call = call.function_name(function_name(function));
        let call = call.set_qualifier(function.qualifier.as_ref().map(ToString::to_string));
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        // "Not found" is Lambda's answer where a function has no policy, too.
        Ok(optional(answer)?.and_then(|answer| answer.policy))
    }

    async fn function_urls(&self, function: &FunctionAddress) -> AwsResult<Vec<FunctionUrlRecord>> {
        const OPERATION: &str = "lambda:ListFunctionUrlConfigs";
        let mut urls = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            self.turn(&self.limits.lambda_control_plane).await;
            let _place = self.limits.lambda_in_flight.acquire().await;
            let call = self.lambda(&function.region).list_function_url_configs().max_items(PAGE);
            let call = call.function_name(function_name(function)).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else { return Ok(urls) };
            for url in answer.function_url_configs() {
                urls.push(function_url(OPERATION, url)?);
            }
            marker = next_page(&mut paging, OPERATION, answer.next_marker)?;
            if marker.is_none() {
                return Ok(urls);
            }
        }
    }

    async fn aliases(&self, function: &FunctionAddress) -> AwsResult<Vec<AliasRecord>> {
        const OPERATION: &str = "lambda:ListAliases";
        let mut aliases = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            self.turn(&self.limits.lambda_control_plane).await;
            let _place = self.limits.lambda_in_flight.acquire().await;
            let call = self.lambda(&function.region).list_aliases().max_items(PAGE);
            let call = call.function_name(function_name(function)).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else { return Ok(aliases) };
            for record in answer.aliases() {
                aliases.push(alias(OPERATION, record)?);
            }
            marker = next_page(&mut paging, OPERATION, answer.next_marker)?;
            if marker.is_none() {
                return Ok(aliases);
            }
        }
    }
}

fn function_url(operation: &'static str, url: &FunctionUrlConfig) -> AwsResult<FunctionUrlRecord> {
    let function = url.function_arn().parse().map_err(|error| unexpected(operation, &error))?;
    Ok(FunctionUrlRecord { function, authentication: url.auth_type().as_str().to_owned() })
}

fn alias(operation: &'static str, alias: &AliasConfiguration) -> AwsResult<AliasRecord> {
    let name = alias.name().unwrap_or_default();
    let weights = alias.routing_config().and_then(|routing| routing.additional_version_weights());
    let weighted = weights.into_iter().flatten().find(|(_, weight)| **weight > 0.0);
    Ok(AliasRecord {
        alias: name.parse().map_err(|error| unexpected(operation, &error))?,
        version: alias.function_version().unwrap_or_default().to_owned(),
        weighted: weighted.map(|(version, _)| version.clone()),
    })
}
