//! How the manifest's actions ran in a time: what Genesys Cloud measured of each action, and CloudWatch of its function.
//!
//! One half is there without the other: what could not be read says why. Nothing measured is no success, it is nothing measured.
//! Deliberately absent: what limits there are, which `verify::metrics` has, and any percentile of a difference, which nobody can
//! know from two lists of percentiles.

use std::collections::{BTreeMap, HashMap};

use futures_util::future::join_all;

use crate::desired::genesys::{Kind, own_names};
use crate::manifest::{Action, Call, Manifest, Target};
use crate::observe::survey::{SurveyError, check_account};
use crate::ports::genesys::{ActionRecord, GenesysError, GenesysErrorKind, GenesysRead, Stage};
use crate::ports::metrics::{
    ActionMetrics, Ended, FunctionMetrics, MeasuredFunction, ReadActionMetrics, ReadFunctionMetrics, Window,
};
use crate::ports::{AwsError, AwsErrorKind, FunctionAddress, Read};

/// What was measured of one thing by one service.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured<T> {
    Known(T),
    /// The service has no data for this time.
    Nothing,
    /// The service was not asked, for this reason.
    NotAsked(String),
    /// It was asked, and the question was not answered.
    Failed(String),
}

impl<T> Measured<T> {
    /// The figures, where there are any.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(figures) => Some(figures),
            Self::Nothing | Self::NotAsked(_) | Self::Failed(_) => None,
        }
    }

    fn map<U>(&self, figures: impl FnOnce(&T) -> Measured<U>) -> Measured<U> {
        match self {
            Self::Known(known) => figures(known),
            Self::Nothing => Measured::Nothing,
            Self::NotAsked(reason) => Measured::NotAsked(reason.clone()),
            Self::Failed(reason) => Measured::Failed(reason.clone()),
        }
    }
}

/// What Genesys Cloud measured of an action; times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requests {
    /// How many there were.
    pub count: u64,
    /// How many succeeded.
    pub succeeded: u64,
    /// How many failed, by the type of the error.
    pub failed: BTreeMap<String, u64>,
    /// How many ended in a way that rolecall cannot read as one or the other, by what Genesys Cloud says.
    pub unclear: BTreeMap<String, u64>,
    /// How long they took on average.
    pub average: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
    /// 95 of 100 took at most this.
    pub p95: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
}

impl Requests {
    /// How many failed.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// How many are unclear.
    pub fn unclear(&self) -> u64 {
        self.unclear.values().sum()
    }
}

/// What an action invokes, as CloudWatch knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invoked {
    Function(MeasuredFunction),
    /// The function of this name, of which nobody says where it is.
    Unplaced(String),
    /// An address: CloudWatch has nothing to tell.
    Address,
}

/// One action of the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionFigures {
    pub name: String,
    pub invoked: Invoked,
    /// What Genesys Cloud measured.
    pub requests: Measured<Requests>,
    /// What CloudWatch measured of the function, whoever invoked it.
    pub invocations: Measured<FunctionMetrics>,
    /// Whether the two can be compared.
    pub comparison: Comparison,
}

/// Whether the requests of an action and the invocations of its function are the same ones, as far as counts show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    /// As many requests as invocations: so much of an average request was not spent in the function, in milliseconds. With equal
    /// counts the difference of the averages is the average of the differences.
    Between(f64),
    /// One of the two figures is missing.
    Incomplete,
    /// Several actions of the manifest call this function: its figures are those of all of them.
    Shared,
    /// Others invoke the function too: it ran more often than the action.
    MoreInvocations,
    /// Requests did not reach the function: they failed before, or were throttled.
    FewerInvocations,
}

/// How the actions of a manifest ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics {
    /// When.
    pub window: Window,
    /// The actions, in the manifest's order.
    pub actions: Vec<ActionFigures>,
}

/// Reads both halves. `genesys` may say why Genesys Cloud is not asked.
pub async fn measure<A: Read + ReadFunctionMetrics, G: GenesysRead + ReadActionMetrics>(
    manifest: &Manifest,
    addresses: &[FunctionAddress],
    (aws, genesys): (&A, Result<&G, String>),
    window: Window,
) -> Result<Metrics, SurveyError> {
    let requests = requests(manifest, genesys, window).await;
    let functions = functions(manifest, addresses, aws, window).await?;
    let of = |action: &Action| match &action.call {
        Call::Function { target, .. } => {
            let index = manifest.targets.iter().position(|known| known == target);
            let address = index.and_then(|index| addresses.get(index));
            address.map_or_else(|| unplaced(target), |address| Invoked::Function(measured(address)))
        }
        Call::Url { .. } => Invoked::Address,
    };
    let called: Vec<Invoked> = manifest.actions.iter().map(of).collect();
    let actions = manifest.actions.iter().zip(requests).zip(&called);
    let actions = actions.map(|((action, requests), invoked)| {
        let (invocations, is_shared) = match invoked {
            Invoked::Function(function) => (
                functions.get(function).cloned().unwrap_or(Measured::Nothing),
                called.iter().filter(|it| *it == invoked).count() > 1,
            ),
            Invoked::Unplaced(_) => {
                (Measured::NotAsked("it is not known where the function is".to_owned()), false)
            }
            Invoked::Address => (Measured::NotAsked(CALLS_ADDRESS.to_owned()), false),
        };
        let comparison = compare(&requests, &invocations, is_shared);
        let (name, invoked) = (action.name.clone(), invoked.clone());
        ActionFigures { name, invoked, requests, invocations, comparison }
    });
    Ok(Metrics { window, actions: actions.collect() })
}

/// Why CloudWatch is not asked about an action that calls no function.
const CALLS_ADDRESS: &str = "the action calls an address, not a function";

/// Reads the half of Genesys Cloud alone. `unasked` is why CloudWatch is not asked.
pub async fn measure_genesys<G: GenesysRead + ReadActionMetrics>(
    manifest: &Manifest,
    genesys: &G,
    unasked: &str,
    window: Window,
) -> Metrics {
    let requests = requests(manifest, Ok(genesys), window).await;
    let actions = manifest.actions.iter().zip(requests).map(|(action, requests)| {
        let (invoked, unasked) = match &action.call {
            Call::Function { target, .. } => (unplaced(target), unasked),
            Call::Url { .. } => (Invoked::Address, CALLS_ADDRESS),
        };
        let invocations = Measured::NotAsked(unasked.to_owned());
        let (name, comparison) = (action.name.clone(), Comparison::Incomplete);
        ActionFigures { name, invoked, requests, invocations, comparison }
    });
    Metrics { window, actions: actions.collect() }
}

/// A function as the manifest names it.
fn unplaced(Target { function, qualifier, .. }: &Target) -> Invoked {
    let qualifier = qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
    Invoked::Unplaced(format!("{function}{qualifier}"))
}

fn measured(FunctionAddress { region, name, qualifier, .. }: &FunctionAddress) -> MeasuredFunction {
    MeasuredFunction { region: region.clone(), name: name.clone(), qualifier: qualifier.clone() }
}

/// Whether an average request can be told apart into function and the rest.
fn compare(
    requests: &Measured<Requests>,
    invocations: &Measured<FunctionMetrics>,
    is_shared: bool,
) -> Comparison {
    let (Some(requests), Some(function)) = (requests.known(), invocations.known()) else {
        return Comparison::Incomplete;
    };
    let Some(invoked) = function.invocations else { return Comparison::Incomplete };
    match (invoked.cmp(&requests.count), requests.average, function.average) {
        _ if is_shared => Comparison::Shared,
        (std::cmp::Ordering::Greater, ..) => Comparison::MoreInvocations,
        (std::cmp::Ordering::Less, ..) => Comparison::FewerInvocations,
        (std::cmp::Ordering::Equal, Some(all), Some(function)) => Comparison::Between(all - function),
        (std::cmp::Ordering::Equal, ..) => Comparison::Incomplete,
    }
}

/// What Genesys Cloud measured of each action, in the manifest's order.
async fn requests<G: GenesysRead + ReadActionMetrics>(
    manifest: &Manifest,
    genesys: Result<&G, String>,
    window: Window,
) -> Vec<Measured<Requests>> {
    let all = |measured: Measured<Requests>| vec![measured; manifest.actions.len()];
    let client = match genesys {
        Ok(client) => client,
        Err(reason) => return all(Measured::NotAsked(reason)),
    };
    let read = async {
        let ids = ids(manifest, client).await?;
        let known: Vec<String> = ids.iter().filter_map(Measured::known).cloned().collect();
        let metrics = client.action_metrics(&known, window).await?;
        Ok::<_, GenesysError>((ids, metrics))
    };
    match read.await {
        Ok((ids, metrics)) => ids.iter().map(|id| id.map(|id| of_action(id, &metrics))).collect(),
        Err(error) if error.kind == GenesysErrorKind::NoCredentials => {
            all(Measured::NotAsked(error.to_string()))
        }
        Err(error) => all(Measured::Failed(error.to_string())),
    }
}

/// The IDs of the actions: by name, and of several with one name the one in the manifest's integration.
async fn ids<G: GenesysRead>(manifest: &Manifest, client: &G) -> Result<Vec<Measured<String>>, GenesysError> {
    let published = client.actions(Stage::Published).await?;
    let named = |action: &Action| -> Vec<&ActionRecord> {
        published.iter().filter(|record| record.name == action.name).collect()
    };
    let mut own = Vec::new();
    if manifest.actions.iter().any(|action| named(action).len() > 1) {
        let (integration, _) = own_names(manifest);
        for kind in Kind::ALL {
            let found = client.integrations(kind.type_id()).await?.into_iter();
            own.extend(found.filter(|it| it.name == integration).map(|it| it.id));
        }
    }
    let id = |action: &Action| {
        let named = named(action);
        let in_own = named.iter().filter(|record| own.contains(&record.integration_id));
        match (named.as_slice(), in_own.collect::<Vec<_>>().as_slice()) {
            ([], _) => Measured::NotAsked("Genesys Cloud has no published action of this name".to_owned()),
            ([only], _) => Measured::Known(only.id.clone()),
            (_, [only]) => Measured::Known(only.id.clone()),
            (several, _) => Measured::NotAsked(format!(
                "Genesys Cloud has {} published actions of this name, and it is not known which one is meant",
                several.len()
            )),
        }
    };
    Ok(manifest.actions.iter().map(id).collect())
}

fn of_action(id: &str, ActionMetrics { executions, times }: &ActionMetrics) -> Measured<Requests> {
    let mut requests = Requests::default();
    for executions in executions.iter().filter(|executions| executions.action == id) {
        requests.count += executions.count;
        match &executions.ended {
            Ended::Succeeded => requests.succeeded += executions.count,
            Ended::Failed(kind) => *requests.failed.entry(kind.clone()).or_default() += executions.count,
            Ended::Unclear(said) => *requests.unclear.entry(said.clone()).or_default() += executions.count,
        }
    }
    if requests.count == 0 {
        return Measured::Nothing;
    }
    if let Some(times) = times.iter().find(|times| times.action == id && times.count > 0) {
        requests.average = times.sum.map(|sum| sum / number(times.count));
        (requests.max, requests.p95, requests.p99) = (times.max, times.p95, times.p99);
    }
    Measured::Known(requests)
}

/// A count as a factor. It is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no action runs that often")]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// What CloudWatch measured of the functions that actions call.
async fn functions<A: Read + ReadFunctionMetrics>(
    manifest: &Manifest,
    addresses: &[FunctionAddress],
    aws: &A,
    window: Window,
) -> Result<HashMap<MeasuredFunction, Measured<FunctionMetrics>>, SurveyError> {
    let is_called = |(target, _): &(&Target, &FunctionAddress)| {
        let calls = |action: &Action| matches!(&action.call, Call::Function { target: called, .. } if called == *target);
        manifest.actions.iter().any(calls)
    };
    let wanted: Vec<&FunctionAddress> =
        manifest.targets.iter().zip(addresses).filter(is_called).map(|(_, address)| address).collect();
    let unread = |error: &AwsError| match error.kind == AwsErrorKind::NoCredentials {
        true => Measured::NotAsked(error.to_string()),
        false => Measured::Failed(error.to_string()),
    };
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let caller = match aws.caller().await {
        Ok(caller) => caller,
        Err(error) => {
            return Ok(wanted.into_iter().map(|address| (measured(address), unread(&error))).collect());
        }
    };
    // The same name may be a function of another account.
    check_account(&manifest.access, &caller)?;
    let ask = async |address: &FunctionAddress| {
        let function = measured(address);
        let figures = match &address.account {
            Some(owner) if *owner != caller.account => Measured::NotAsked(format!(
                "the function is in the account {owner}, and CloudWatch of the account {} does not know it",
                caller.account
            )),
            Some(_) | None => match aws.function_metrics(&function, window).await {
                Ok(metrics) if metrics == FunctionMetrics::default() => Measured::Nothing,
                Ok(metrics) => Measured::Known(metrics),
                Err(error) => unread(&error),
            },
        };
        (function, figures)
    };
    Ok(join_all(wanted.into_iter().map(ask)).await.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::metrics::{ExecutionTimes, Executions};

    fn executions(ended: Ended, count: u64) -> Executions {
        Executions { action: "a".to_owned(), ended, count }
    }

    #[test]
    fn requests_are_counted_by_their_end() {
        let failed = |kind: &str| Ended::Failed(kind.to_owned());
        let metrics = ActionMetrics {
            executions: vec![
                executions(Ended::Succeeded, 6),
                executions(failed("TIMEOUT"), 1),
                executions(failed("HTTP 500"), 1),
                executions(failed("TIMEOUT"), 1),
                executions(Ended::Unclear("?".to_owned()), 1),
                Executions { action: "b".to_owned(), ended: Ended::Succeeded, count: 9 },
            ],
            times: vec![ExecutionTimes {
                action: "a".to_owned(),
                count: 10,
                sum: Some(500.0),
                max: Some(90.0),
                p95: None,
                p99: None,
            }],
        };
        let read = of_action("a", &metrics);
        let requests = read.known().unwrap();
        assert_eq!(
            (requests.count, requests.succeeded, requests.failures(), requests.unclear()),
            (10, 6, 3, 1)
        );
        assert_eq!(requests.failed["TIMEOUT"], 2);
        assert_eq!((requests.average, requests.max, requests.p95), (Some(50.0), Some(90.0), None));
        assert_eq!(of_action("c", &metrics), Measured::Nothing);
    }

    #[test]
    fn averages_are_compared_only_where_the_counts_are_equal() {
        let requests =
            |count| Measured::Known(Requests { count, average: Some(50.0), ..Requests::default() });
        let invoked = |count, average| {
            Measured::Known(FunctionMetrics {
                invocations: Some(count),
                average,
                ..FunctionMetrics::default()
            })
        };
        for (requests, invocations, is_shared, expected) in [
            (requests(4), invoked(4, Some(30.0)), false, Comparison::Between(20.0)),
            (requests(4), invoked(4, Some(60.0)), false, Comparison::Between(-10.0)),
            (requests(4), invoked(4, None), false, Comparison::Incomplete),
            (requests(4), invoked(5, Some(30.0)), false, Comparison::MoreInvocations),
            (requests(4), invoked(3, Some(30.0)), false, Comparison::FewerInvocations),
            (requests(4), invoked(4, Some(30.0)), true, Comparison::Shared),
            (requests(4), Measured::Nothing, false, Comparison::Incomplete),
            (Measured::NotAsked("no".to_owned()), invoked(4, None), false, Comparison::Incomplete),
        ] {
            assert_eq!(compare(&requests, &invocations, is_shared), expected);
        }
    }
}
