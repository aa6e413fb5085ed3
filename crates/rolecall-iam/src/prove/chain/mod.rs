//! What somebody who provisions a role can reach by it: the chain of making a role, giving it permissions and assuming it.
//!
//! An identity policy that lets its holder create a role, write a policy and attach it makes the holder an administrator,
//! whatever the names of role and policy are: the trust policy can name the holder, and the policy can allow everything. A
//! permissions boundary cuts the chain, if the holder can neither leave it out, nor take it off, nor rewrite it.
//!
//! The claim: by calls that these documents allow, the holder comes by no session that can do more than invoke the targets.
//!
//! | a call is | then |
//! |---|---|
//! | a read | it gives no session |
//! | about the role, its twins or their policies | it is a step of a chain; the steps are put together in `Steps::open` |
//! | about anything else | the claim is not proved: `iam:PassRole`, another role, a user, a function's code |
//!
//! A chain that refutes the claim is a list of complete requests, each of which the evaluator has confirmed.
//!
//! What is taken for granted ([`ASSUMPTIONS`]) is the state in which the holder finds the account. Deliberately absent: policies
//! of resources, of the organization, and of the holder that are not among the documents.

mod calls;
mod route;
mod steps;

use crate::arn::{FunctionArn, RoleArn};
use crate::document::Document;
use crate::prove::answer::Witness;
use crate::prove::claim::{NamedDocument, Permissions, RoleIntent};
use crate::prove::permission::prove_permissions;
use crate::prove::session::Session;
use crate::prove::{Claim, Proof};

use self::route::Route;
use self::steps::Steps;

/// What holds in the account when the holder begins, as far as the claim depends on it.
pub const ASSUMPTIONS: [&str; 3] = [
    "the role and its twins, where they exist, can do nothing but invoke the targets, and have the boundary that is asked for",
    "the role's policies are attached to nothing but the role and its twins, and none is anybody's boundary",
    "the holder has no other policies, and no role or resource trusts the role for more than its policies allow",
];

/// What a holder of policies is meant to look after.
#[derive(Debug, Clone)]
pub struct ProvisioningIntent<'i> {
    /// The role.
    pub role: RoleArn,
    /// The role's twins: an ARN with wildcards, as in a policy.
    pub twins: String,
    /// The role's policies: an ARN with wildcards, as in a policy.
    pub policies: String,
    /// What the role is for.
    pub targets: Vec<FunctionArn>,
    /// The boundary that the role must have.
    pub boundary: Option<RequiredBoundary<'i>>,
}

/// A permissions boundary that a role must have.
#[derive(Debug, Clone, Copy)]
pub struct RequiredBoundary<'i> {
    /// The ARN of the policy.
    pub arn: &'i str,
    /// What it allows, where that is known.
    pub document: Option<&'i Document>,
}

/// What a holder can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// No chain leads beyond the targets.
    Within,
    /// These requests, one after the other, lead beyond them.
    Beyond(Vec<Witness>),
    /// It could not be decided.
    Unknown {
        /// Why, in one line each; at least one.
        reasons: Vec<String>,
    },
}

/// What somebody with these permissions can reach. `holder` is the role whose permissions they are, where that is known.
#[must_use]
pub fn prove_provisioner(
    permissions: &Permissions<'_>,
    holder: Option<&RoleArn>,
    intent: &ProvisioningIntent<'_>,
) -> Reach {
    if let Some(reason) = Session::new(permissions, holder).unknown_caller() {
        return Reach::Unknown { reasons: vec![reason] };
    }
    let limit = Limit::of(intent);
    let steps = Steps::find(permissions, holder, intent, &limit);
    let mut reasons = steps.open(&limit);
    if reasons.is_empty() {
        return Reach::Within;
    }
    if let Some(requests) = (Route { permissions, holder, intent, limit: &limit, steps: &steps }).find() {
        return Reach::Beyond(requests);
    }
    reasons.sort();
    reasons.dedup();
    Reach::Unknown { reasons }
}

/// What the boundary does to a role with a policy that allows everything.
#[derive(Debug)]
enum Limit {
    /// None is asked for.
    None,
    /// Its sessions can do nothing but invoke the targets.
    Targets,
    /// They can do more: this, for example.
    More(Box<Witness>),
    /// That is not known.
    Unknown(Vec<String>),
}

impl Limit {
    fn of(intent: &ProvisioningIntent<'_>) -> Self {
        let Some(RequiredBoundary { arn, document }) = intent.boundary else { return Self::None };
        let Some(document) = document else {
            return Self::Unknown(vec![format!("what the boundary `{arn}` allows is not known")]);
        };
        match beyond(intent, &intent.role, Some(NamedDocument { name: arn, document })) {
            Proof::Proved => Self::Targets,
            Proof::Refuted(witness) => Self::More(witness),
            Proof::Unknown { reasons } => Self::Unknown(reasons),
        }
    }

    /// Whether a role under the boundary may do more than invoke the targets, for all that is known.
    fn is_tight(&self) -> bool {
        match self {
            Self::Targets => true,
            Self::None | Self::More(_) | Self::Unknown(_) => false,
        }
    }
}

/// Whether a session of a role that is allowed everything, under this boundary, can do nothing but invoke the targets.
fn beyond(intent: &ProvisioningIntent<'_>, role: &RoleArn, boundary: Option<NamedDocument<'_>>) -> Proof {
    let everything =
        calls::document(&[serde_json::json!({"Effect": "Allow", "Action": "*", "Resource": "*"})]);
    let Some(everything) = everything else {
        return Proof::Unknown { reasons: vec!["no policy that allows everything could be made".to_owned()] };
    };
    let identity = vec![NamedDocument { name: "everything", document: &everything }];
    let permissions = Permissions { identity, boundary };
    let about = RoleIntent {
        role: Some(role.clone()),
        targets: Some(intent.targets.clone()),
        ..RoleIntent::default()
    };
    let claims = prove_permissions(&permissions, &about);
    let only = claims.into_iter().find(|result| result.claim == Claim::OnlyTargetsMayBeInvoked);
    only.map_or_else(
        || Proof::Unknown { reasons: vec!["nothing was decided".to_owned()] },
        |only| only.result,
    )
}
