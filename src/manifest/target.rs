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

    /// Whether `reference` states nothing that differs from this target.
    pub fn answers_to(&self, reference: &Target) -> bool {
        fn agrees<T: PartialEq>(stated: Option<&T>, own: Option<&T>) -> bool {
            stated.is_none() || stated == own
        }
        let Target {
            function,
            qualifier,
            region,
            account,
            partition,
        } = reference;
        *function == self.function
            && agrees(qualifier.as_ref(), self.qualifier.as_ref())
            && agrees(region.as_ref(), self.region.as_ref())
            && agrees(account.as_ref(), self.account.as_ref())
            && agrees(partition.as_ref(), self.partition.as_ref())
    }
}

impl FromStr for Target {
    type Err = InvalidName;

    /// Lambda's own three forms, each of which may end in `:` and a qualifier (Lambda API, Invoke, `FunctionName`):
    /// `name`, `123456789012:function:name` and the ARN.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.starts_with("arn:") {
            let FunctionArn {
                partition,
                region,
                account,
                name,
                qualifier,
            } = text.parse()?;
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
        if let Some(arn) = self.arn() {
            return write!(formatter, "{arn}");
        }
        if let Some(account) = &self.account {
            write!(formatter, "{account}:function:")?;
        }
        write!(formatter, "{}", self.function)?;
        if let Some(qualifier) = &self.qualifier {
            write!(formatter, ":{qualifier}")?;
        }
        match &self.region {
            Some(region) => write!(formatter, " in {region}"),
            None => Ok(()),
        }
    }
}
