//! What roles with the same permissions have in common, so that it is asked once for all of them.
//!
//! Invariant: an answer is shared only where it cannot depend on the role: no statement has a variable or asks about the caller,
//! and account, path, documents and what cannot be read of them are the same. The requests of an answer name the role of whom it
//! was asked first; whoever takes it puts himself there ([`own`]). What could not be decided is asked again.
//!
//! A row that leads to other roles is shared, too, where its targets cannot tell the roles apart that ask: it is asked for a
//! session that is not one of the roles, and each role leaves itself out. This holds for roles as they are and as they can be widened.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rolecall_iam::arn::{AccountId, RoleArn};
use rolecall_iam::context::{ContextKey, ContextValue};
use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::{NamedDocument, Permissions};
use rolecall_iam::truth::Truth;

use super::account::Account;
use super::attempt::Attempt;
use super::catalogue::Entry;
use super::holder::session_of;
use super::lead::Lead;
use super::policies::{Policies, State, Widened, customer_policies, depends_on_caller};
use super::services::Telling;
use super::{Assumption, Extent};
use crate::snapshot::Role;

/// The answers by question.
#[derive(Debug)]
pub(super) struct Memo<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Memo<K, V> {
    /// The answer to a question, asked where nobody asked it before and kept where `is_kept` says so.
    pub(super) fn get(&self, key: K, ask: impl FnOnce() -> V, is_kept: impl FnOnce(&V) -> bool) -> V {
        let map = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = map().get(&key) {
            return known.clone();
        }
        let answer = ask();
        if is_kept(&answer) {
            map().insert(key, answer.clone());
        }
        answer
    }
}

/// The same for questions that take long: whoever asks while another does waits for the answer.
#[derive(Debug)]
pub(super) struct Once<K, V>(Mutex<HashMap<K, Arc<OnceLock<V>>>>);

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Once<K, V> {
    pub(super) fn get(&self, key: K, ask: impl FnOnce() -> V) -> V {
        let slot = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        slot.get_or_init(ask).clone()
    }
}

/// What is known about sessions with the same permissions.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) grants: Memo<&'static str, bool>,
    pub(super) asked: Memo<&'static Telling, Option<Result<Asked, Vec<String>>>>,
    pub(super) extents: Memo<&'static Telling, Extent>,
    pub(super) elsewhere: Memo<&'static Entry, Attempt>,
    pub(super) passes_every_role: Memo<String, bool>,
    pub(super) administers: Memo<(), Option<Vec<Request>>>,
    pub(super) anything: Memo<(), (Truth, Truth)>,
    /// To whom a row leads, by its number; nothing where that was not decided.
    pub(super) rows: Once<u8, Option<Arc<[Lead]>>>,
}

/// Permissions as far as they can be told apart. A document stands for itself: the same text is the same document.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Set<'s> {
    account: &'s AccountId,
    partition: &'s str,
    path: &'s str,
    identity: Vec<(Box<str>, usize)>,
    boundary: Option<(Box<str>, usize)>,
    unread: Vec<String>,
}

impl<'s> Set<'s> {
    fn of(role: &'s Role, policies: &Policies<'_>) -> Self {
        let told =
            |named: &NamedDocument<'_>| (Box::from(named.name), std::ptr::from_ref(named.document).addr());
        let Permissions { identity, boundary } = &policies.permissions;
        Self {
            account: &role.arn.account,
            partition: role.arn.partition.as_str(),
            path: role.arn.path.as_str(),
            identity: identity.iter().map(told).collect(),
            boundary: boundary.as_ref().map(told),
            unread: policies.unread.clone(),
        }
    }
}

/// Answers for permissions that several roles of a snapshot have.
pub(super) struct Known<'s>(HashMap<Set<'s>, Answers>);

impl<'s> Known<'s> {
    /// `roles` are those of the account.
    pub(super) fn of(roles: &'s [Role], account: &Account<'_>) -> Self {
        // The first role that has the permissions, and whether another has them, too.
        let mut sets: HashMap<Set<'s>, (usize, bool)> = HashMap::new();
        for (place, role) in roles.iter().enumerate() {
            for state in states(place, role) {
                let policies = Policies::of(role, state, &account.everything);
                if !depends_on_role(&policies.permissions) {
                    let (first, are_several) = sets.entry(Set::of(role, &policies)).or_insert((place, false));
                    *are_several |= *first != place;
                }
            }
        }
        let several = sets.into_iter().filter(|(_, (_, are_several))| *are_several);
        Self(several.map(|(set, _)| (set, Answers::default())).collect())
    }

    pub(super) fn answers<'a>(&'a self, role: &'a Role, policies: &Policies<'_>) -> Option<&'a Answers> {
        self.0.get(&Set::of(role, policies))
    }
}

/// A role as it is, and as it can be widened.
fn states(place: usize, role: &Role) -> impl Iterator<Item = State> {
    let versions = customer_policies(role).map(|(place, _, _)| Widened::Version(place));
    let widened = [Widened::Attached, Widened::Inline].into_iter().chain(versions).map(Some);
    let widened: Vec<Option<Widened>> = std::iter::once(None).chain(widened).collect();
    let boundaries: &[bool] = if role.boundary.is_some() { &[false, true] } else { &[false] };
    boundaries.iter().flat_map(move |unbounded| {
        let state = move |widened| State { role: place, widened, unbounded: *unbounded };
        widened.clone().into_iter().map(state)
    })
}

/// Whether an answer may be another for another role of the account. Says so rather too often.
fn depends_on_role(permissions: &Permissions<'_>) -> bool {
    let mut documents = permissions.identity.iter().chain(&permissions.boundary);
    documents.any(|named| depends_on_caller(named.document.statements()))
}

/// The request, made by a session of this role.
pub(super) fn own(mut request: Request, role: &RoleArn) -> Request {
    request.principal = session_of(role);
    // No statement asks about it: it tells the path of the role, which a session's ARN does not.
    let key = ContextKey::new("aws:PrincipalArn");
    if matches!(request.context.get(&key), Some(ContextValue::One(_))) {
        request.context.set(key, role.to_string());
    }
    request
}

/// A request that is allowed, and what it takes for granted.
pub(super) type Asked = (Request, Vec<Assumption>);
