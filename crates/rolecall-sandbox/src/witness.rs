//! Who can do what through a role, in a state: asked without a request, of the same decisions as every call meets.

use super::authorize::{Denial, ResourcePolicy, decide, decide_by_identity};
use super::evaluator::Context;
use super::principals::{CUSTOMER, Caller, Identity, Principal, RoleSession};
use super::state::State;
use super::tags::Tags;

impl State {
    /// Whether the customer's role lets the principal in. What cannot be decided counts as letting in.
    pub fn lets_in(&self, role: &str, principal: Principal, external_id: Option<&str>) -> bool {
        let Some(role) = self.role(CUSTOMER, role) else { return false };
        let Some(caller) = principal.caller(self) else { return false };
        let context = Context::new()
            .with("sts:RoleSessionName", "witness")
            .with("aws:RequestedRegion", "us-east-1")
            .with_optional("sts:ExternalId", external_id);
        let policy = ResourcePolicy::Trust { role, account: CUSTOMER };
        is_possible(&decide(self, &caller, "sts:AssumeRole", &role.arn(CUSTOMER), context, &policy))
    }

    /// Whether the policies of the customer's role let a session of it do something. What cannot be decided counts as so.
    pub fn lets_session(&self, role: &str, action: &str, resource: &str) -> bool {
        let Some(role) = self.role(CUSTOMER, role) else { return false };
        let session = RoleSession {
            role_name: role.name.clone(),
            role_id: role.id.clone(),
            policies: None,
            tags: Tags::default(),
            source_identity: None,
            issued: jiff::Timestamp::now().as_second(),
        };
        let caller = Caller {
            account: CUSTOMER.to_owned(),
            arn: format!("arn:aws:sts::{CUSTOMER}:assumed-role/{}/witness", role.name),
            user_id: format!("{}:witness", role.id),
            identity: Identity::Session(session),
        };
        let context = Context::new().with("aws:RequestedRegion", "us-east-1");
        is_possible(&decide_by_identity(self, &caller, action, resource, context))
    }
}

fn is_possible(decision: &Result<(), Denial>) -> bool {
    match decision {
        Ok(()) | Err(Denial::Undecidable(_)) => true,
        Err(Denial::Explicit(_) | Denial::Implicit(_)) => false,
    }
}
