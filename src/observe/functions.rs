//! Resolves the manifest's functions: one call a function for a few, pages of `ListFunctions` for many.
//!
//! Lambda allows 15 control-plane requests a second for all of these operations together (Lambda quotas page), and a
//! page of `ListFunctions` holds 50 functions of the caller's account. What no page shows is asked for one by one: aliases
//! and versions always, and the functions of other accounts.

use std::collections::{HashMap, HashSet};

use futures_util::future::try_join_all;
use tokio::try_join;

use crate::iam::arn::{FunctionArn, FunctionName, Region};
use crate::ports::{AwsError, AwsErrorKind, AwsResult, FunctionAddress, Read};
use rolecall_model::paging::Paging;

/// How functions are listed, as errors name it.
pub(super) const LIST_FUNCTIONS: &str = "lambda:ListFunctions";

/// From this many functions of a region on, pages are cheaper than single calls.
const WORTH_LISTING: usize = 8;
/// One page is read for so many wanted functions at least; past that, the rest is asked for one by one.
const FUNCTIONS_A_PAGE_MUST_BE_WORTH: usize = 8;
/// Pages that are searched for names like a missing one.
const PAGES_SEARCHED: usize = 20;
/// How many names like it are shown.
const NEAREST: usize = 3;

/// What became of one of the manifest's functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedFunction {
    /// It is there; the ARN in the form that will be called.
    Present(FunctionArn),
    /// The function is there, but not that alias or version.
    QualifierMissing(FunctionArn),
    /// There is no such function; the nearest names in the same region.
    Missing(Vec<String>),
}

/// Resolves the functions, in their order.
pub async fn observe_functions<R: Read>(
    reader: &R,
    addresses: &[FunctionAddress],
) -> AwsResult<Vec<ObservedFunction>> {
    let worth = worth_listing(addresses);
    let one_by_one = |address: &FunctionAddress| !(is_listed(address) && worth.contains_key(&address.region));
    let (listed, mut found) = try_join!(
        list_functions(reader, addresses),
        try_join_all(addresses.iter().map(async |address| match one_by_one(address) {
            true => reader.function(address).await,
            false => Ok(None),
        })),
    )?;
    for (address, found) in addresses.iter().zip(&mut found) {
        if !one_by_one(address) {
            let mut listed = listed.get(&address.region).into_iter().flatten();
            *found = listed.find(|function| is_at(function, address)).cloned();
        }
    }
    try_join_all(addresses.iter().zip(found).map(async |(address, found)| match found {
        Some(function) => {
            Ok(ObservedFunction::Present(FunctionArn { qualifier: address.qualifier.clone(), ..function }))
        }
        None if one_by_one(address) => explain_missing(reader, address).await,
        // Not on the pages that were read: there may be more of them.
        None => match reader.function(address).await? {
            Some(function) => Ok(ObservedFunction::Present(function)),
            None => explain_missing(reader, address).await,
        },
    }))
    .await
}

/// The functions of every region where pages are cheaper, as far as the pages were read.
pub async fn list_functions<R: Read>(
    reader: &R,
    addresses: &[FunctionAddress],
) -> AwsResult<HashMap<Region, Vec<FunctionArn>>> {
    let regions = worth_listing(addresses).into_iter().map(async |(region, wanted)| {
        let pages = wanted.len() / FUNCTIONS_A_PAGE_MUST_BE_WORTH;
        Ok((region.clone(), list(reader, region, wanted, pages).await?))
    });
    Ok(try_join_all(regions).await?.into_iter().collect())
}

/// The regions that are listed, with the names that are looked for there.
fn worth_listing(addresses: &[FunctionAddress]) -> HashMap<&Region, HashSet<&FunctionName>> {
    let mut regions: HashMap<&Region, HashSet<&FunctionName>> = HashMap::new();
    for address in addresses.iter().filter(|address| is_listed(address)) {
        regions.entry(&address.region).or_default().insert(&address.name);
    }
    regions.retain(|_, names| names.len() >= WORTH_LISTING);
    regions
}

fn is_listed(address: &FunctionAddress) -> bool {
    address.qualifier.is_none()
}

fn is_at(function: &FunctionArn, address: &FunctionAddress) -> bool {
    function.name == address.name
        && function.region == address.region
        && address.account.as_ref().is_none_or(|account| *account == function.account)
}

/// The functions of a region, page by page, until all the wanted ones were seen or `pages` were read.
async fn list<R: Read>(
    reader: &R,
    region: &Region,
    mut missing: HashSet<&FunctionName>,
    pages: usize,
) -> AwsResult<Vec<FunctionArn>> {
    let mut found = Vec::new();
    let (mut marker, mut paging): (Option<String>, _) = (None, Paging::default());
    for _ in 0..pages.max(1) {
        let (page, next) = match reader.functions(region, marker.as_deref()).await {
            Ok(page) => page,
            // The caller may not list; then each function is asked for by its name.
            Err(error) if error.kind == AwsErrorKind::AccessDenied => break,
            Err(error) => return Err(error),
        };
        missing.retain(|name| page.iter().all(|function| function.name != **name));
        found.extend(page);
        marker = paging.next(next).map_err(|endless| AwsError::endless(LIST_FUNCTIONS, endless))?;
        if missing.is_empty() || marker.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn explain_missing<R: Read>(reader: &R, address: &FunctionAddress) -> AwsResult<ObservedFunction> {
    if address.qualifier.is_some() {
        let unqualified = FunctionAddress { qualifier: None, ..address.clone() };
        if let Some(function) = reader.function(&unqualified).await? {
            return Ok(ObservedFunction::QualifierMissing(function));
        }
    }
    if address.account.is_some() {
        return Ok(ObservedFunction::Missing(Vec::new()));
    }
    let mut names = Vec::new();
    let (mut marker, mut paging): (Option<String>, _) = (None, Paging::default());
    for _ in 0..PAGES_SEARCHED {
        // The names are a courtesy: without permission to list there are none.
        let Ok((page, next)) = reader.functions(&address.region, marker.as_deref()).await else { break };
        names.extend(page.into_iter().map(|function| function.name.to_string()));
        marker = paging.next(next).unwrap_or_default();
        if marker.is_none() {
            break;
        }
    }
    let wanted = address.name.to_string();
    names.sort_by_cached_key(|name| {
        (strsim::damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase()), name.clone())
    });
    names.truncate(NEAREST);
    Ok(ObservedFunction::Missing(names))
}
