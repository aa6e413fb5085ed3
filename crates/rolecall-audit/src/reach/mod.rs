//! How far a session of a role gets: administrator, permissions of other roles, data, or nothing.
//!
//! Everything that is stated as allowed is a request that the evaluator allows; that something is always allowed, or never,
//! is proved by [`rolecall_iam::prove`].
//!
//! | power | means |
//! |---|---|
//! | [`Power::Administrator`] | every action that [`TELLING_ACTIONS`] names is allowed upon every resource, in every request; so is an action that AWS does not have, which only a wildcard can allow |
//! | [`Power::Escalates`] | it gets permissions of others through the [`catalogue`], and is not shown to become an administrator |
//! | [`Power::Data`] | some action of [`services`] is allowed |
//! | [`Power::Other`] | something else is allowed |
//! | [`Power::Nothing`] | nothing is allowed |
//!
//! A role that can become an administrator in one or several steps is one. Each step has its requests, and what it
//! assumes: values of condition keys that circumstances decide, things that a snapshot does not list. [`Reach::certain`]
//! counts only what assumes nothing.
//!
//! Deliberately absent: policies of organizations, which can only take away, and of other resources than roles, which
//! can add. Users and groups.

mod account;
mod alike;
mod attempt;
pub mod catalogue;
mod chosen;
mod explore;
mod graph;
mod holder;
mod known;
mod lead;
mod own;
mod policies;
pub mod services;
mod step;
mod widen;

use catalogue::Entry;
use jiff::Timestamp;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::evaluate::Request;
use services::Telling;

use crate::snapshot::Snapshot;

/// How far permissions reach, the least first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// Nothing is allowed.
    #[default]
    Nothing,
    /// The session can do something that belongs to no other category.
    Other,
    /// It reads or changes data, or makes something run.
    Data,
    /// It gets permissions that its role does not have.
    Escalates,
    /// It can do everything, or give itself everything.
    Administrator,
}

/// What a statement about reach takes for granted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assumption {
    /// A condition key has this value, which circumstances decide.
    If {
        /// The key.
        key: String,
        /// The value of the request that is shown.
        value: String,
    },
    /// A condition key does not have this value.
    Unless {
        /// The key.
        key: String,
        /// A value with which the request is refused.
        value: String,
    },
    /// There is something that a snapshot does not list.
    Exists(&'static str),
    /// A policy of this name, which cannot be read, does not deny it.
    Unread(String),
    /// The other account lets the role in.
    OtherAccount,
    /// This could not be decided.
    Undecided(String),
}

/// To whom a step leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeadsTo {
    /// To the same role with more permissions.
    Itself,
    /// To this role.
    Role(RoleArn),
    /// To this role with more permissions than it has.
    Widened(RoleArn),
    /// To a new principal with every permission.
    NewAdministrator,
    /// To roles of another account, as the policy writes them.
    Elsewhere(String),
    /// To somebody whom a snapshot does not list.
    SomebodyUnlisted,
}

/// One step of an escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The row of the catalogue.
    pub entry: &'static Entry,
    /// The requests that it takes. The evaluator allows each of them.
    pub requests: Vec<Request>,
    /// Whose permissions it gives.
    pub leads_to: LeadsTo,
    /// How far these reach.
    pub gains: Power,
    /// To so many more roles the same row leads.
    pub others: usize,
    /// What it takes for granted.
    pub assumes: Vec<Assumption>,
}

impl Step {
    /// Whether the step takes nothing for granted.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.assumes.is_empty()
    }
}

/// Upon what an action is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// Upon everything of the kind.
    All,
    /// Upon what these texts of the policies cover, but for what the others cover.
    Named {
        /// Resources of statements that allow.
        allowed: Vec<String>,
        /// Resources of statements that deny.
        denied: Vec<String>,
    },
}

/// Data that a session gets at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The row of the table.
    pub telling: &'static Telling,
    /// Upon what.
    pub extent: Extent,
    /// One request that the evaluator allows.
    pub request: Request,
    /// What it takes for granted.
    pub assumes: Vec<Assumption>,
}

/// How far a session of a role gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The role.
    pub role: RoleArn,
    /// How far at least.
    pub certain: Power,
    /// How far if every assumption holds.
    pub possible: Power,
    /// Requests that show that the role is an administrator by its own policies, as far as they can be read; otherwise
    /// empty.
    pub administers: Vec<Request>,
    /// The shortest way to the most that is certain, step by step; empty where its own permissions are that.
    pub way: Vec<Step>,
    /// The same for what is possible; empty where that is no more than what is certain.
    pub possible_way: Vec<Step>,
    /// First steps: one for each row of the catalogue, to the most powerful of those to whom the row leads.
    pub steps: Vec<Step>,
    /// Data that its own permissions get at. Of an administrator, empty: that is all.
    pub data: Vec<Access>,
    /// What could not be decided: it may get further.
    pub doubts: Vec<String>,
    /// How far it would get without its boundary, where that is further.
    pub cut_by_boundary: Option<Power>,
}

/// The actions that tell an administrator: each is allowed upon every resource of its kind.
pub const TELLING_ACTIONS: [(&str, &str); 16] = [
    ("iam:CreateRole", "arn:{partition}:iam::{account}:role/?*"),
    ("iam:AttachRolePolicy", "arn:{partition}:iam::{account}:role/?*"),
    ("iam:PutRolePolicy", "arn:{partition}:iam::{account}:role/?*"),
    ("iam:UpdateAssumeRolePolicy", "arn:{partition}:iam::{account}:role/?*"),
    ("iam:DeleteRolePermissionsBoundary", "arn:{partition}:iam::{account}:role/?*"),
    ("iam:PassRole", "arn:{partition}:iam::{account}:role/?*"),
    ("iam:CreatePolicyVersion", "arn:{partition}:iam::{account}:policy/?*"),
    ("iam:CreateAccessKey", "arn:{partition}:iam::{account}:user/?*"),
    ("sts:AssumeRole", "arn:{partition}:iam::?*:role/?*"),
    ("s3:GetObject", "arn:{partition}:s3:::?*"),
    ("s3:DeleteObject", "arn:{partition}:s3:::?*"),
    ("kms:Decrypt", "arn:{partition}:kms:?*:{account}:key/?*"),
    ("secretsmanager:GetSecretValue", "arn:{partition}:secretsmanager:?*:{account}:secret:?*"),
    ("lambda:UpdateFunctionCode", "arn:{partition}:lambda:?*:{account}:function:?*"),
    ("ec2:RunInstances", "arn:{partition}:ec2:?*:{account}:instance/?*"),
    ("cloudformation:CreateStack", "arn:{partition}:cloudformation:?*:{account}:stack/?*"),
];

/// How far sessions of the roles of a snapshot get.
pub struct Reaches<'s> {
    graph: graph::Graph<'s>,
}

impl<'s> Reaches<'s> {
    /// Asks each role what it can do next, and finds the shortest ways. `now` is when the sessions begin: conditions on
    /// time are asked from then on.
    #[must_use]
    pub fn of(snapshot: &'s Snapshot, now: Timestamp) -> Self {
        Self { graph: graph::Graph::of(snapshot, now) }
    }

    /// The reach of the role at this place of the snapshot.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Reach> {
        self.graph.reach(place)
    }

    /// How many questions were asked until now: of the prover, of the evaluator, and what a target of a row is like. Where many roles
    /// have the same permissions, they grow with the number of roles, not with its square.
    #[must_use]
    pub fn questions(&self) -> u64 {
        self.graph.questions()
    }

    /// How far the role at this place gets for certain, and how far if every assumption holds.
    #[must_use]
    pub fn powers_at(&self, place: usize) -> (Power, Power) {
        self.graph.powers(place)
    }
}
