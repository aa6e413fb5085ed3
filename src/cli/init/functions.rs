//! The functions to choose from, where AWS can be asked for them. A courtesy: without them, names are typed.

use std::time::Duration;

use rolecall::iam::arn::{FunctionArn, Region};
use rolecall::manifest::Target;
use rolecall::ports::Read as _;
use rolecall_model::paging::Paging;
use tokio::time::timeout;

use super::super::options::InitOptions;
use super::super::printer::Printer;
use super::connect;

/// How long somebody waits for a list that can be done without.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pages that are read.
const PAGES: usize = 4;
/// More are too many to choose from by number.
const MOST: usize = 40;

/// Shows the functions of the caller's account and region, and gives them in the order of their numbers.
pub(super) async fn offer(options: &InitOptions, printer: &mut Printer) -> Vec<Target> {
    printer.progress("looking for functions in AWS, for ten seconds at most");
    let found = match timeout(PATIENCE, find(options)).await {
        Ok(Ok(found)) => found,
        Ok(Err(reason)) => {
            printer.progress(&format!("no list of functions: {reason}"));
            return Vec::new();
        }
        Err(_) => {
            printer.progress("no list of functions: AWS did not answer in ten seconds");
            return Vec::new();
        }
    };
    let Some(first) = found.first() else {
        printer.progress("there are no functions in the account and region of the credentials");
        return Vec::new();
    };
    let mut list = format!("functions of account {} in {}:", first.account, first.region);
    for (index, function) in found.iter().take(MOST).enumerate() {
        list += &format!("\n  {:>2}  {}", index + 1, function.name);
    }
    if found.len() > MOST {
        list += "\n      and more; type a name that is not listed";
    }
    list += "\na number stands for the function beside it";
    printer.progress(&list);
    found.into_iter().take(MOST).map(target).collect()
}

/// With the region, as `target add --tag` writes it: the next run may have another one.
fn target(function: FunctionArn) -> Target {
    Target {
        function: function.name,
        qualifier: None,
        region: Some(function.region),
        account: None,
        partition: None,
    }
}

/// The functions by name; or why there is no list.
async fn find(options: &InitOptions) -> Result<Vec<FunctionArn>, String> {
    let (aws, _sandbox) = connect(options).await.map_err(|error| error.message)?;
    let region = aws.region().ok_or("no AWS region is configured")?;
    let region: Region = region.parse().map_err(|_| format!("`{region}` is not a region"))?;
    let mut found = Vec::new();
    let (mut marker, mut paging): (Option<String>, _) = (None, Paging::default());
    for _ in 0..PAGES {
        let page = aws.functions(&region, marker.as_deref()).await;
        let (page, next) = page.map_err(|error| error.to_string())?;
        found.extend(page);
        marker = paging.next(next).map_err(|error| error.to_string())?;
        if marker.is_none() {
            break;
        }
    }
    found.sort_by_cached_key(|function| function.name.to_string());
    Ok(found)
}
