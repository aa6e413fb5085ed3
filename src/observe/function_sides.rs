//! Lambda's side of the targets: policies, URLs, aliases and versions of their functions.
//!
//! Each form of a function has a policy of its own: the function itself, each alias, each version. What needs nothing but the
//! manifest is asked in one round, side by side with everything else; the policies of further forms need a second. What
//! cannot be read is kept as such.
//!
//! Lambda allows 15 requests a second for `GetPolicy` and 15 for most other calls, all callers of an account together, so the
//! adapter paces them.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::join;

use crate::iam::arn::{Qualifier, QualifierKind};
use crate::manifest::{Invoker, Manifest};
use crate::ports::{AliasRecord, AwsResult, FunctionAddress, FunctionUrlRecord, ReadFunctions};

/// What Lambda holds about one function.
#[derive(Clone, Debug)]
pub struct FunctionSide {
    /// The function, without an alias or version.
    pub function: FunctionAddress,
    /// Who may reach each form that the manifest names without the role.
    pub invokers: Vec<(Option<Qualifier>, Vec<Invoker>)>,
    /// The policies that were read, by alias or version; `None` is the function itself.
    pub policies: Vec<(Option<Qualifier>, AwsResult<Option<String>>)>,
    pub urls: AwsResult<Vec<FunctionUrlRecord>>,
    /// Its aliases and versions, unless only the forms that the manifest names were read.
    pub further: Option<FurtherForms>,
}

/// The forms of a function beside those that a manifest names.
#[derive(Clone, Debug)]
pub struct FurtherForms {
    pub aliases: AwsResult<Vec<AliasRecord>>,
    /// How many versions have policies that were not read; the failure where the versions are not known.
    pub versions_left: AwsResult<usize>,
}

/// How much of each function is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The forms that the manifest names: two calls a function, and one for each alias or version.
    Named,
    /// Every alias, `$LATEST`, the versions behind the aliases and the newest others.
    Recent,
    /// Every alias and version.
    Everything,
}

/// The newest versions of a function whose policies are read, if not all are.
const NEWEST: usize = 10;

/// A function that is read, once, whatever number of its aliases are targets.
#[derive(Default)]
struct Wanted {
    qualifiers: Vec<Qualifier>,
    invokers: Vec<(Option<Qualifier>, Vec<Invoker>)>,
}

/// Reads the functions of the manifest's targets. `addresses` are in the order of the targets.
pub async fn read<F: ReadFunctions>(
    reader: &F,
    manifest: &Manifest,
    addresses: &[FunctionAddress],
    extent: Extent,
) -> Vec<FunctionSide> {
    let mut wanted: BTreeMap<FunctionAddress, Wanted> = BTreeMap::new();
    for (address, target) in addresses.iter().zip(&manifest.targets) {
        let function = FunctionAddress { qualifier: None, ..address.clone() };
        let Wanted { qualifiers, invokers } = wanted.entry(function).or_default();
        qualifiers.extend(address.qualifier.clone());
        let stated = manifest.invokers.get(target).cloned().unwrap_or_default();
        invokers.push((address.qualifier.clone(), stated));
    }
    let read = wanted.into_iter().map(async |(function, Wanted { qualifiers, invokers })| {
        let named: Vec<Option<Qualifier>> =
            std::iter::once(None).chain(qualifiers.into_iter().map(Some)).collect();
        let further = async {
            match extent {
                Extent::Named => None,
                Extent::Recent | Extent::Everything => {
                    Some(join!(reader.aliases(&function), reader.versions(&function)))
                }
            }
        };
        let (mut policies, urls, further) =
            join!(policies_of(reader, &function, &named), reader.function_urls(&function), further);
        let further = match further {
            None => None,
            Some((aliases, versions)) => {
                let forms = further_forms(&aliases, &versions, extent);
                let others: Vec<Option<Qualifier>> =
                    forms.into_iter().map(Some).filter(|form| !named.contains(form)).collect();
                policies.extend(policies_of(reader, &function, &others).await);
                let is_read =
                    |version: &Qualifier| policies.iter().any(|(form, _)| form.as_ref() == Some(version));
                let versions_left =
                    versions.map(|all| all.iter().filter(|version| !is_read(version)).count());
                Some(FurtherForms { aliases, versions_left })
            }
        };
        FunctionSide { function, invokers, policies, urls, further }
    });
    join_all(read).await
}

/// The aliases and versions whose policies are read, as far as they are known.
fn further_forms(
    aliases: &AwsResult<Vec<AliasRecord>>,
    versions: &AwsResult<Vec<Qualifier>>,
    extent: Extent,
) -> Vec<Qualifier> {
    let aliases = aliases.as_deref().unwrap_or_default();
    let versions = versions.as_deref().unwrap_or_default();
    let mut forms: Vec<Qualifier> = aliases.iter().map(|record| record.alias.clone()).collect();
    let behind = |version: &Qualifier| {
        aliases.iter().any(|record| {
            record.version == version.as_str() || record.weighted.as_deref() == Some(version.as_str())
        })
    };
    let mut numbered: Vec<&Qualifier> =
        versions.iter().filter(|version| version.kind() == QualifierKind::Version).collect();
    // Numbers of versions only grow.
    numbered.sort_by_key(|version| std::cmp::Reverse(version.as_str().parse::<u64>().unwrap_or(0)));
    let is_read = |(place, version): &(usize, &Qualifier)| match extent {
        Extent::Everything => true,
        Extent::Named | Extent::Recent => *place < NEWEST || behind(version),
    };
    let latest = versions.iter().filter(|version| version.kind() != QualifierKind::Version);
    forms.extend(latest.cloned());
    forms.extend(numbered.into_iter().enumerate().filter(is_read).map(|(_, version)| version.clone()));
    forms
}

async fn policies_of<F: ReadFunctions>(
    reader: &F,
    function: &FunctionAddress,
    forms: &[Option<Qualifier>],
) -> Vec<(Option<Qualifier>, AwsResult<Option<String>>)> {
    join_all(forms.iter().map(async |qualifier| {
        let address = FunctionAddress { qualifier: qualifier.clone(), ..function.clone() };
        (qualifier.clone(), reader.function_policy(&address).await)
    }))
    .await
}
