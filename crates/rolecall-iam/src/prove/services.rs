//! Services, where a policy asks for the account of the caller.
//!
//! AWS does not say whether calls of a service have `aws:PrincipalAccount` and `aws:PrincipalArn`. Whoever has a value of an account
//! belongs to it ([`crate::condition`] has the sources). So of "everybody but an account", only services count that have no value of that
//! account. Of a service that a policy lets in by its name nothing is taken for granted.

use super::names::Group;
use super::policy::{Form, ResourcePolicy};
use super::question::Question;
use crate::keys::CallerKind;
use crate::principal::element::PrincipalName;

impl<'d> ResourcePolicy<'d> {
    /// The same where it stands for policies that may name any service.
    pub(super) fn naming_services(mut self) -> Self {
        self.may_name_services = true;
        self
    }

    /// The services of a form that do not belong to an account which the question leaves out; `None` where nothing depends on that.
    pub(super) fn elsewhere(&self, form: &Form<'d>, question: &Question) -> Option<Form<'d>> {
        let depends = form.caller.kind == CallerKind::Service && self.asks_for_account;
        depends.then(|| {
            let accounts = question.callers.outside.iter().flat_map(Group::whole_accounts).collect();
            Form::new(form.caller.clone().not_of(accounts))
        })
    }

    /// Whether a statement may let a service in by its name.
    pub(super) fn names_services(&self, statement: usize) -> bool {
        let statement = self.statement(statement);
        let mut names =
            statement.and_then(|it| it.principal.as_ref()).into_iter().flat_map(|clause| &clause.values);
        self.may_name_services || names.any(|name| matches!(name, PrincipalName::Service(_)))
    }
}
