//! Texts of a condition that match nothing of a caller who does not belong to an account: the account written out, or ARNs in it.
//!
//! `aws:PrincipalAccount` is "the account to which the requesting principal belongs", `aws:PrincipalArn` the ARN of a role, a user, a
//! federated user or a root user (IAM User Guide, "AWS global condition context keys"): whoever has such a value belongs to the account.

use super::{ConditionValue, Operand};
use crate::context::Accounts;

/// Whether the text matches nothing but one of these accounts, or ARNs of its users, roles and sessions.
pub(super) fn names_one(value: &ConditionValue, accounts: Accounts<'_>) -> bool {
    let Operand::Text(text) = &value.operand else { return false };
    let among = |partition: Option<&str>, account: &str| match accounts {
        Accounts::All => account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()),
        Accounts::These(accounts) => accounts.iter().any(|(of, number)| {
            number.as_str() == account && partition.is_none_or(|partition| of.as_str() == partition)
        }),
    };
    match text.raw().splitn(6, ':').collect::<Vec<_>>().as_slice() {
        [account] => among(None, account),
        // A wildcard in the partition could reach into the parts behind it.
        ["arn", partition, "iam" | "sts", "", account, _] if !partition.contains(['*', '?', '$']) => {
            among(Some(partition), account)
        }
        _ => false,
    }
}
