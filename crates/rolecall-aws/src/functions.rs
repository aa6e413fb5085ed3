//! What Lambda holds about functions, on the SDK.

use aws_sdk_lambda::types::{AliasConfiguration, FunctionConfiguration, FunctionUrlConfig};

use super::Aws;
use super::error::{next_page, optional, unexpected};
use super::read::function_name;
use rolecall_model::iam::arn::Qualifier;
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
        let page = async |marker| {
            let call = self.lambda(&function.region).list_function_url_configs().max_items(PAGE);
            let call = call.function_name(function_name(function)).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else { return Ok((Vec::new(), None)) };
            let urls = answer.function_url_configs().iter().map(|url| function_url(OPERATION, url));
            Ok((urls.collect::<AwsResult<_>>()?, answer.next_marker))
        };
        self.all_pages(OPERATION, page).await
    }

    async fn aliases(&self, function: &FunctionAddress) -> AwsResult<Vec<AliasRecord>> {
        const OPERATION: &str = "lambda:ListAliases";
        let page = async |marker| {
            let call = self.lambda(&function.region).list_aliases().max_items(PAGE);
            let call = call.function_name(function_name(function)).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else { return Ok((Vec::new(), None)) };
            let aliases = answer.aliases().iter().map(|record| alias(OPERATION, record));
            Ok((aliases.collect::<AwsResult<_>>()?, answer.next_marker))
        };
        self.all_pages(OPERATION, page).await
    }

    async fn versions(&self, function: &FunctionAddress) -> AwsResult<Vec<Qualifier>> {
        const OPERATION: &str = "lambda:ListVersionsByFunction";
        let page = async |marker| {
            let call = self.lambda(&function.region).list_versions_by_function().max_items(PAGE);
            let call = call.function_name(function_name(function)).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else { return Ok((Vec::new(), None)) };
            let version = |record: &FunctionConfiguration| {
                let version = record.version().unwrap_or_default();
                version.parse().map_err(|error| unexpected(OPERATION, &error))
            };
            Ok((answer.versions().iter().map(version).collect::<AwsResult<_>>()?, answer.next_marker))
        };
        self.all_pages(OPERATION, page).await
    }
}

impl Aws {
    /// The entries of all pages of a list of Lambda's control plane.
    async fn all_pages<T>(
        &self,
        operation: &'static str,
        page: impl AsyncFn(Option<String>) -> AwsResult<(Vec<T>, Option<String>)>,
    ) -> AwsResult<Vec<T>> {
        let mut all = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            self.turn(&self.limits.lambda_control_plane).await;
            let _place = self.limits.lambda_in_flight.acquire().await;
            let (entries, next) = page(marker).await?;
            all.extend(entries);
            marker = next_page(&mut paging, operation, next)?;
            if marker.is_none() {
                return Ok(all);
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
