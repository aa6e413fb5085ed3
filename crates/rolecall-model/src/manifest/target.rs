//! A Lambda function as the manifest names it: as little as a name, as much as a full ARN.

use std::fmt;
use std::str::FromStr;

use crate::iam::arn::{AccountId, FunctionArn, FunctionName, InvalidName, Partition, Qualifier, Region};

/// A function that the role may invoke. What is `None` comes from the AWS configuration when the plan is made, except
/// the qualifier: `None` there means that the function is invoked without one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The function's name.
    pub function: FunctionName,
    /// The alias or version that is invoked, and so the only one that is allowed.
    pub qualifier: Option<Qualifier>,
    /// The region, where it is stated.
    pub region: Option<Region>,
    /// The account, where it is stated.
    pub account: Option<AccountId>,
    /// The partition, where it is stated.
    pub partition: Option<Partition>,
}

impl Target {
    /// The function's ARN, with the qualifier, where the manifest states all of it.
    pub fn arn(&self) -> Option<FunctionArn> {
        Some(FunctionArn {
            partition: self.partition.clone()?,
            region: self.region.clone()?,
            account: self.account.clone()?,
            name: self.function.clone(),
            qualifier: self.qualifier.clone(),
        })
    }

    /// The targets that this one may mean as a reference: the equal one; else those that it does not contradict, and
    /// of them the ones with the same qualifier where there are any.
    pub fn find_in<'a>(&self, targets: &'a [Target]) -> Vec<&'a Target> {
        if let Some(equal) = targets.iter().find(|target| *target == self) {
            return vec![equal];
        }
        let fitting: Vec<&Target> = targets.iter().filter(|target| self.fits(target)).collect();
        let same_qualifier: Vec<&Target> =
            fitting.iter().copied().filter(|target| target.qualifier == self.qualifier).collect();
        if same_qualifier.is_empty() { fitting } else { same_qualifier }
    }

    fn fits(&self, target: &Target) -> bool {
        fn agrees<T: PartialEq>(stated: Option<&T>, other: Option<&T>) -> bool {
            stated.is_none() || stated == other
        }
        let Target { function, qualifier, region, account, partition } = self;
        *function == target.function
            && agrees(qualifier.as_ref(), target.qualifier.as_ref())
            && agrees(region.as_ref(), target.region.as_ref())
            && agrees(account.as_ref(), target.account.as_ref())
            && agrees(partition.as_ref(), target.partition.as_ref())
    }

    /// The keys and values that state this target in a `[[target]]` table.
    pub(super) fn entries(&self) -> Vec<(&'static str, String)> {
        let mut entries = vec![("function", self.unqualified())];
        entries.extend(self.qualifier.as_ref().map(|qualifier| ("qualifier", qualifier.to_string())));
        entries.extend(self.region_beside().map(|region| ("region", region.to_string())));
        entries
    }

    /// One of Lambda's forms, with the qualifier and without a region that only stands beside it.
    pub(super) fn reference(&self) -> String {
        match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}", self.unqualified()),
            None => self.unqualified(),
        }
    }

    fn unqualified(&self) -> String {
        match (self.arn(), &self.account) {
            (Some(arn), _) => arn.unqualified().to_string(),
            (None, Some(account)) => format!("{account}:function:{}", self.function),
            (None, None) => self.function.to_string(),
        }
    }

    /// The region, where no ARN holds it.
    fn region_beside(&self) -> Option<&Region> {
        self.region.as_ref().filter(|_| self.arn().is_none())
    }
}

impl FromStr for Target {
    type Err = InvalidName;

    /// Lambda's own three forms, each of which may end in `:` and a qualifier (Lambda API, Invoke, `FunctionName`):
    /// `name`, `123456789012:function:name` and the ARN.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.starts_with("arn:") {
            let FunctionArn { partition, region, account, name, qualifier } = text.parse()?;
            return Ok(Target {
                function: name,
                qualifier,
                region: Some(region),
                account: Some(account),
                partition: Some(partition),
            });
        }
        let parts: Vec<&str> = text.split(':').collect();
        let (account, function, qualifier) = match *parts.as_slice() {
            [function] => (None, function, None),
            [function, qualifier] => (None, function, Some(qualifier)),
            [account, "function", function] => (Some(account), function, None),
            [account, "function", function, qualifier] => (Some(account), function, Some(qualifier)),
            _ => {
                return Err(InvalidName {
                    kind: "a Lambda function",
                    rule: "write its name, `123456789012:function:name` or its ARN",
                    value: text.to_owned(),
                });
            }
        };
        Ok(Target {
            function: function.parse()?,
            qualifier: qualifier.map(str::parse).transpose()?,
            region: None,
            account: account.map(str::parse).transpose()?,
            partition: None,
        })
    }
}

impl fmt::Display for Target {
    /// The shortest of Lambda's forms that holds what is stated; a region without an ARN stands behind it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reference())?;
        match self.region_beside() {
            Some(region) => write!(formatter, " in {region}"),
            None => Ok(()),
        }
    }
}

/// Targets as a message lists them.
pub(super) fn list(targets: &[&Target]) -> String {
    targets.iter().map(|target| format!("`{target}`")).collect::<Vec<_>>().join(", ")
}

/// The three targets whose text is most like that of `reference`.
pub(super) fn nearest<'a>(reference: &Target, targets: &'a [Target]) -> Vec<&'a Target> {
    let wanted = reference.to_string();
    let mut nearest: Vec<&Target> = targets.iter().collect();
    nearest.sort_by_cached_key(|target| strsim::damerau_levenshtein(&target.to_string(), &wanted));
    nearest.truncate(3);
    nearest
}
