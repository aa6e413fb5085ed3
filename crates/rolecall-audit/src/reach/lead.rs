//! Steps from one role to others.

use std::sync::Arc;

use super::policies::State;

/// Steps of one row to roles in a state.
#[derive(Debug, Clone)]
pub(super) struct Lead {
    /// By role.
    pub(super) to: Arc<[State]>,
    /// The role that leads there, where it is one of these: it does not lead to itself.
    pub(super) except: Option<usize>,
    /// Other roles with the same permissions lead there, too.
    pub(super) is_shared: bool,
    pub(super) entry: u8,
    pub(super) is_certain: bool,
}

impl Lead {
    pub(super) fn leads_to(&self, role: usize) -> bool {
        self.except != Some(role) && self.to.binary_search_by_key(&role, |state| state.role).is_ok()
    }

    /// The same for one of several roles with the same permissions; `None` where it leads to the role only.
    pub(super) fn of_one(&self, role: usize) -> Option<Self> {
        let except = self.leads_to(role).then_some(role);
        let is_any = except.is_none() || self.to.iter().any(|state| state.role != role);
        is_any.then(|| Self { to: Arc::clone(&self.to), except, ..*self })
    }
}
