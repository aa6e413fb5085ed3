//! Removes twins that a crash left behind: roles whose name and tag say that they are twins of this role, expired or not,
//! and nothing else. A twin that another run is using right now goes too; that run then fails and says so.

use futures_util::future::try_join_all;

use super::draft::is_twin_name;
use crate::desired::aws::TWIN_TAG;
use crate::iam::arn::{PolicyArn, RoleName, RolePath};
use crate::observe::agreement::Held;
use crate::observe::aws::{InlinePolicy, observe_held};
use crate::plan::aws::Change;
use crate::plan::{Plan, Way};
use crate::ports::{AwsResult, Read};

/// The writes that remove every twin of the role.
pub async fn plan_sweep<R: Read>(reader: &R, role: &RoleName, path: &RolePath) -> AwsResult<Plan> {
    let names = reader.roles_under(path).await?;
    let twins = names.into_iter().filter(|name| is_twin_name(name, role));
    let removals = try_join_all(twins.map(|name| removal(reader, name, role))).await?;
    Ok(Way::from(removals.into_iter().flatten().collect::<Vec<_>>()).into())
}

/// Nothing where the tag does not say that it is a twin of the role: `ListRoles` shows no tags.
async fn removal<R: Read>(reader: &R, twin: RoleName, role: &RoleName) -> AwsResult<Vec<Change>> {
    let Held { role: record, attached, inline } = observe_held(reader, &twin).await?;
    let is_twin =
        record.is_some_and(|record| record.tags.get(TWIN_TAG).is_some_and(|of| of == role.as_str()));
    if !is_twin {
        return Ok(Vec::new());
    }
    let detach = |arn: PolicyArn| Change::DetachPolicy { role: twin.clone(), arn, own: false };
    let delete = |policy: InlinePolicy| Change::DeleteInlinePolicy {
        role: twin.clone(),
        name: policy.name,
        before: Some(policy.document),
    };
    let policies = attached.into_iter().map(detach).chain(inline.into_iter().map(delete));
    Ok(policies.chain([Change::DeleteRole { role: twin.clone() }]).collect())
}
