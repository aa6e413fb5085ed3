//! Who decides the value of a condition key in a request: the caller, circumstances, or nobody, because the action does
//! not have the key.
//!
//! Source: Service Authorization Reference, the condition keys of each action, and IAM User Guide, "AWS global condition
//! context keys". Invariant: a key counts as absent only where the list of the actions that have it is complete, and as
//! chosen only where the action is on the list. Everything else is a circumstance, and what depends on it is assumed.

use rolecall_iam::context::ContextKey;

/// Who decides the value of a key in requests for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The caller, with the call.
    Chosen,
    /// Circumstances, or it is not known whether the action has the key.
    Circumstance,
    /// Nobody: no request for the action has the key.
    Absent,
}

/// Keys that the caller chooses in requests for every action.
const EVERYWHERE: [&str; 3] = ["aws:useragent", "aws:securetransport", "aws:requestedregion"];

/// Keys of IAM and STS, with all the actions that have them. The caller chooses the value with the call.
const WITH_THE_CALL: [(&str, &[&str]); 5] = [
    (
        "iam:policyarn",
        &[
            "iam:attachgrouppolicy",
            "iam:attachrolepolicy",
            "iam:attachuserpolicy",
            "iam:detachgrouppolicy",
            "iam:detachrolepolicy",
            "iam:detachuserpolicy",
        ],
    ),
    ("iam:passedtoservice", &["iam:passrole"]),
    ("iam:associatedresourcearn", &["iam:passrole"]),
    ("sts:externalid", &["sts:assumerole"]),
    ("sts:rolesessionname", &["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"]),
];

const BOUNDARY: &str = "iam:permissionsboundary";

/// The actions to which a boundary is given.
const GIVING_A_BOUNDARY: [&str; 4] =
    ["iam:createrole", "iam:createuser", "iam:putrolepermissionsboundary", "iam:putuserpermissionsboundary"];

/// The actions whose requests tell the boundary that the role or the user has.
const TELLING_A_BOUNDARY: [&str; 10] = [
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:deleteuserpermissionsboundary",
    "iam:deleteuserpolicy",
    "iam:detachrolepolicy",
    "iam:detachuserpolicy",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
];

/// Actions that take tags, of those that are asked here. Session tags are left out: they need
/// `sts:TagSession`, too. So is a launch of instances: its requests have tags for what is made only, not for images.
const TAKING_TAGS: [&str; 20] = [
    "apprunner:createservice",
    "autoscaling:createautoscalinggroup",
    "cloudformation:createchangeset",
    "cloudformation:createstack",
    "cloudformation:createstackset",
    "cloudformation:updatestack",
    "cloudformation:updatestackset",
    "codebuild:createproject",
    "codebuild:updateproject",
    "ecs:createservice",
    "ecs:registertaskdefinition",
    "ecs:runtask",
    "glue:createdevendpoint",
    "glue:createjob",
    "glue:createtrigger",
    "iam:createpolicy",
    "iam:createrole",
    "iam:createuser",
    "lambda:createfunction",
    "ssm:putparameter",
];

/// Actions of IAM that have no tags in their requests.
const WITHOUT_TAGS: [&str; 20] = [
    "iam:addusertogroup",
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createpolicyversion",
    "iam:deleterolepermissionsboundary",
    "iam:deleterolepolicy",
    "iam:detachrolepolicy",
    "iam:passrole",
    "iam:putgrouppolicy",
    "iam:putrolepermissionsboundary",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
    "iam:setdefaultpolicyversion",
    "iam:updateassumerolepolicy",
    "iam:updateloginprofile",
    "iam:updaterole",
    "iam:updateuser",
];

/// An action that stands for those of services that are not known here.
pub(super) const ANY_ACTION: &str = "any-service:AnyAction";

/// Actions that have keys of their own: asked where a policy names actions by a wildcard.
pub(super) fn with_own_keys() -> impl Iterator<Item = &'static str> {
    WITH_THE_CALL
        .iter()
        .flat_map(|(_, actions)| *actions)
        .chain(&GIVING_A_BOUNDARY)
        .chain(&TELLING_A_BOUNDARY)
        .chain(&TAKING_TAGS)
        .copied()
}

/// Who decides the value of a key in requests for an action.
pub(super) fn standing(action: &str, key: &ContextKey) -> Standing {
    let key = key.folded();
    if EVERYWHERE.contains(&key) {
        return Standing::Chosen;
    }
    if action.eq_ignore_ascii_case(ANY_ACTION) {
        return Standing::Circumstance;
    }
    let action = action.to_ascii_lowercase();
    let action = action.as_str();
    if let Some((_, actions)) = WITH_THE_CALL.iter().find(|(own, _)| *own == key) {
        return if actions.contains(&action) { Standing::Chosen } else { Standing::Absent };
    }
    if key == BOUNDARY {
        // A boundary that is given limits what is won: nobody would choose one.
        let has_key = GIVING_A_BOUNDARY.contains(&action) || TELLING_A_BOUNDARY.contains(&action);
        return if has_key { Standing::Circumstance } else { Standing::Absent };
    }
    if key == "aws:tagkeys" || key.starts_with("aws:requesttag/") {
        if TAKING_TAGS.contains(&action) {
            return Standing::Chosen;
        }
        return if WITHOUT_TAGS.contains(&action) { Standing::Absent } else { Standing::Circumstance };
    }
    Standing::Circumstance
}

/// Whether the caller chooses the value of a key with the call.
pub(super) fn is_chosen(action: &str, key: &ContextKey) -> bool {
    match standing(action, key) {
        Standing::Chosen => true,
        Standing::Circumstance | Standing::Absent => false,
    }
}
