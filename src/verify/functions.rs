//! Lambda's side: ways to a target that pass by the role, and aliases that lead elsewhere (findings L1 to L4).
//!
//! Each form of a function has a policy of its own, so the policy is read of the function itself, of every alias, and of
//! the alias or version that the manifest names. What needs nothing but the manifest is asked in one round, side by side
//! with everything else; the policies of further aliases and the URLs need a second. A URL lets nobody in by itself: it takes a
//! policy that allows `lambda:InvokeFunctionUrl` (Lambda Developer Guide, "Control access to Lambda function URLs"), so a
//! function without any policy is not asked for URLs. What cannot be read becomes a note.
//!
//! Lambda allows 15 requests a second for most of these calls, all callers of an account together. So of very many functions
//! only a sample is read, unless everything is asked for, and a note says so.
//!
//! Deliberately absent: the policies of versions that nobody names; a function can have hundreds.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::join;

use super::finding::Finding;
use super::note::{FunctionFact, Note};
use crate::desired::aws::Desired;
use crate::iam::arn::{FunctionArn, Qualifier};
use crate::iam::document::Document;
use crate::iam::lint::{AliasTarget, FunctionFacts, FunctionUrl, Published, lint_function};
use crate::ports::{AliasRecord, AwsError, FunctionAddress, FunctionUrlRecord, ReadFunctions};

/// What Lambda holds about one function.
#[derive(Clone, Debug, Default)]
pub struct FunctionSide {
    /// The policies, by alias or version; `None` is the function itself.
    pub policies: Vec<(Option<Qualifier>, String)>,
    /// The URLs.
    pub urls: Vec<FunctionUrlRecord>,
    /// The aliases.
    pub aliases: Vec<AliasRecord>,
    /// What could not be read.
    pub failures: Vec<(FunctionFact, AwsError)>,
}

/// What Lambda holds about the manifest's functions. The key is the function without an alias or version.
pub type FunctionSides = Vec<(FunctionAddress, FunctionSide)>;

/// So many functions are read in less than ten seconds, at Lambda's quotas.
pub const SAMPLE: usize = 100;

/// How many functions are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// None.
    Nothing,
    /// [`SAMPLE`] of them, at even distances in the manifest.
    Sample,
    /// All.
    Everything,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct FunctionsRead {
    /// What Lambda holds about the functions that were read.
    pub sides: FunctionSides,
    /// How many functions there are.
    pub of: usize,
}

/// Reads the functions, each once, whatever number of its aliases are targets.
pub async fn read<F: ReadFunctions>(
    reader: &F,
    addresses: &[FunctionAddress],
    extent: Extent,
) -> FunctionsRead {
    let mut wanted: Vec<(FunctionAddress, Vec<Qualifier>)> = Vec::new();
    for address in addresses {
        let function = FunctionAddress { qualifier: None, ..address.clone() };
        match wanted.iter_mut().find(|(known, _)| *known == function) {
            Some((_, qualifiers)) => qualifiers.extend(address.qualifier.clone()),
            None => wanted.push((function, address.qualifier.clone().into_iter().collect())),
        }
    }
    let of = wanted.len();
    let read = match extent {
        Extent::Nothing => return FunctionsRead::default(),
        Extent::Everything => wanted,
        Extent::Sample => sample(wanted),
    };
    let sides = join_all(read.into_iter().map(async |(function, qualifiers)| {
        let side = read_one(reader, &function, &qualifiers).await;
        (function, side)
    }))
    .await;
    FunctionsRead { sides, of }
}

/// At most [`SAMPLE`] of them, at even distances.
fn sample<T>(all: Vec<T>) -> Vec<T> {
    let step = all.len().div_ceil(SAMPLE).max(1);
    all.into_iter().step_by(step).collect()
}

async fn read_one<F: ReadFunctions>(
    reader: &F,
    function: &FunctionAddress,
    qualifiers: &[Qualifier],
) -> FunctionSide {
    let forms: Vec<Option<Qualifier>> =
        std::iter::once(None).chain(qualifiers.iter().cloned().map(Some)).collect();
    let (policies, aliases) = join!(policies_of(reader, function, &forms), reader.aliases(function));
    let mut side = FunctionSide::default();
    side.add(policies);
    match aliases {
        Ok(aliases) => side.aliases = aliases,
        Err(error) => side.failures.push((FunctionFact::Aliases, error)),
    }
    let others = side.aliases.iter().map(|record| Some(record.alias.clone()));
    let others: Vec<_> = others.filter(|alias| !forms.contains(alias)).collect();
    side.add(policies_of(reader, function, &others).await);
    if !side.policies.is_empty() || side.failures.iter().any(|(what, _)| *what == FunctionFact::Policies) {
        match reader.function_urls(function).await {
            Ok(urls) => side.urls = urls,
            Err(error) => side.failures.push((FunctionFact::Urls, error)),
        }
    }
    side
}

type Policies = Vec<(Option<Qualifier>, Result<Option<String>, AwsError>)>;

async fn policies_of<F: ReadFunctions>(
    reader: &F,
    function: &FunctionAddress,
    forms: &[Option<Qualifier>],
) -> Policies {
    join_all(forms.iter().map(async |qualifier| {
        let address = FunctionAddress { qualifier: qualifier.clone(), ..function.clone() };
        (qualifier.clone(), reader.function_policy(&address).await)
    }))
    .await
}

impl FunctionSide {
    fn add(&mut self, policies: Policies) {
        for (qualifier, answer) in policies {
            match answer {
                Ok(Some(document)) => self.policies.push((qualifier, document)),
                Ok(None) => {}
                Err(error) => self.failures.push((FunctionFact::Policies, error)),
            }
        }
    }
}

/// The findings, and what was not looked at.
pub fn judge(read: &FunctionsRead, desired: &Desired) -> (Vec<Finding>, Vec<Note>) {
    let FunctionsRead { sides, of } = read;
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    if !sides.is_empty() && sides.len() < *of {
        notes.push(Note::FunctionsSampled { read: sides.len(), of: *of });
    }
    let intent = desired.intent();
    for (address, side) in sides {
        let is_meant = |target: &&FunctionArn| is_at(target, address);
        let Some(function) = desired.targets.iter().find(is_meant).map(FunctionArn::unqualified) else {
            continue;
        };
        let mut policies = Vec::new();
        for (qualifier, text) in &side.policies {
            let form = match qualifier {
                Some(qualifier) => function.qualified(qualifier.clone()),
                None => function.clone(),
            };
            match Document::parse(text) {
                Ok(document) => policies.push((qualifier.clone(), document)),
                Err(error) => {
                    notes.push(Note::FunctionPolicyUnreadable { function: form, reason: error.to_string() })
                }
            }
        }
        let invoked = |alias: &Qualifier| {
            desired.targets.iter().filter(is_meant).any(|target| target.qualifier.as_ref() == Some(alias))
        };
        let aliases = side.aliases.iter().filter(|record| invoked(&record.alias)).map(|record| AliasTarget {
            alias: record.alias.clone(),
            version: record.version.clone(),
            expected: None,
            weighted: record.weighted.clone(),
        });
        let facts = FunctionFacts {
            policies: policies
                .iter()
                .map(|(qualifier, document)| Published { qualifier: qualifier.clone(), document })
                .collect(),
            url: (!side.urls.is_empty()).then(|| FunctionUrl {
                authenticated: side.urls.iter().all(|url| url.authentication == "AWS_IAM"),
            }),
            aliases: aliases.collect(),
            function,
        };
        findings.extend(lint_function(&facts, &intent).into_iter().map(Finding::from));
    }
    notes.extend(unread(sides));
    (findings, notes)
}

fn is_at(function: &FunctionArn, address: &FunctionAddress) -> bool {
    function.name == address.name
        && function.region == address.region
        && address.account.as_ref().is_none_or(|account| *account == function.account)
}

/// One note for each kind of call that failed, however many functions it failed for.
fn unread(sides: &FunctionSides) -> impl Iterator<Item = Note> {
    let mut failures: BTreeMap<&'static str, (usize, FunctionFact, &AwsError)> = BTreeMap::new();
    for (what, error) in sides.iter().flat_map(|(_, side)| &side.failures) {
        failures.entry(error.operation).or_insert((0, *what, error)).0 += 1;
    }
    let note = |(number, what, error): (usize, FunctionFact, &AwsError)| Note::FunctionsUnread {
        what,
        why: error.into(),
        number,
    };
    failures.into_values().map(note)
}
