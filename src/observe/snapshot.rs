//! Many roles of one account, read once: what [`observe`](crate::observe::aws) asks about each is then answered from memory.
//!
//! A role that is read by itself costs about seven calls to IAM. All roles and policies of an account cost their pages, whoever they belong to: an account with the default quotas
//! (1,000 roles, 1,500 policies) has no more than 25, even where IAM fills only the 100 entries that a page has by
//! default. That is the whole decision: [`is_worth_it`].
//!
//! The details do not hold the tags of policies (see [`PolicyRecord::tags`]), and who changes a policy must know whose
//! it is: so this is for looking, `drift` and `verify`, and never for `plan` and `apply`.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use tokio::sync::OnceCell;
use tokio::try_join;

use crate::iam::arn::{FunctionArn, FunctionName, PolicyArn, PolicyPath, Region, RoleName, RolePath};
use crate::observe::aws::list_functions;
use crate::ports::{
    AccountDetails, AccountQuotas, AwsResult, CallerIdentity, FunctionAddress, PolicyRecord,
    PolicyVersionRecord, Read, ReadAccount, RoleDetails, RoleRecord, Tags,
};
use rolecall_model::stored::StoredDocument;

/// From so many roles of an account on, its pages are cheaper than calls for each role.
const WORTH_IT: usize = 4;

/// Whether this many roles of an account are read together.
pub fn is_worth_it(roles: usize) -> bool {
    roles >= WORTH_IT
}

/// An account as it was when the snapshot was taken. What it does not hold is asked for.
#[derive(Debug)]
pub struct Snapshot<R> {
    reader: R,
    caller: CallerIdentity,
    details: AccountDetails,
    /// The ARNs of the policies by their path.
    paths: HashMap<PolicyPath, Vec<PolicyArn>>,
    functions: HashMap<Region, HashMap<FunctionName, FunctionArn>>,
    /// What AWS itself made, and what was deleted since.
    elsewhere: RefCell<HashMap<PolicyArn, Option<PolicyRecord>>>,
    documents: RefCell<HashMap<(PolicyArn, String), Option<StoredDocument>>>,
    quotas: OnceCell<AccountQuotas>,
}

impl<R: ReadAccount> Snapshot<R> {
    /// Reads these roles, and the functions at these addresses where pages of them are cheaper than single calls.
    pub async fn take(
        reader: R,
        caller: CallerIdentity,
        roles: &HashSet<RoleName>,
        functions: &[FunctionAddress],
    ) -> AwsResult<Self> {
        let (details, functions) =
            try_join!(reader.account_details(roles), list_functions(&reader, functions))?;
        let by_name = |found: Vec<FunctionArn>| found.into_iter().map(|it| (it.name.clone(), it)).collect();
        let functions = functions.into_iter().map(|(region, found)| (region, by_name(found))).collect();
        let mut paths: HashMap<PolicyPath, Vec<PolicyArn>> = HashMap::new();
        for arn in details.policies.keys() {
            paths.entry(arn.path.clone()).or_default().push(arn.clone());
        }
        Ok(Self {
            reader,
            caller,
            details,
            paths,
            functions,
            elsewhere: RefCell::default(),
            documents: RefCell::default(),
            quotas: OnceCell::new(),
        })
    }

    /// What is known of the role: all of it, that it is not there, or (`None`) nothing.
    fn known(&self, role: &RoleName) -> Option<Option<&RoleDetails>> {
        match self.details.roles.get(role) {
            Some(Some(details)) => Some(Some(details)),
            Some(None) => None,
            None => Some(None),
        }
    }
}

impl<R: ReadAccount> Read for Snapshot<R> {
    async fn caller(&self) -> AwsResult<CallerIdentity> {
        Ok(self.caller.clone())
    }

    async fn role(&self, role: &RoleName) -> AwsResult<Option<RoleRecord>> {
        match self.known(role) {
            Some(details) => Ok(details.map(|details| details.record.clone())),
            None => self.reader.role(role).await,
        }
    }

    async fn attached_policies(&self, role: &RoleName) -> AwsResult<Option<Vec<PolicyArn>>> {
        match self.known(role) {
            Some(details) => Ok(details.map(|details| details.attached.clone())),
            None => self.reader.attached_policies(role).await,
        }
    }

    async fn inline_policy_names(&self, role: &RoleName) -> AwsResult<Option<Vec<String>>> {
        match self.known(role) {
            Some(details) => Ok(details.map(|details| details.inline.keys().cloned().collect())),
            None => self.reader.inline_policy_names(role).await,
        }
    }

    async fn inline_policy(&self, role: &RoleName, policy: &str) -> AwsResult<Option<StoredDocument>> {
        match self.known(role) {
            Some(details) => Ok(details.and_then(|details| details.inline.get(policy).cloned())),
            None => self.reader.inline_policy(role, policy).await,
        }
    }

    async fn policies_under(&self, path: &PolicyPath) -> AwsResult<Vec<PolicyRecord>> {
        let arns = self.paths.get(path).into_iter().flatten();
        Ok(arns
            .filter_map(|arn| self.details.policies.get(arn))
            .map(|policy| policy.record.clone())
            .collect())
    }

    async fn policy_arns(&self) -> AwsResult<Vec<PolicyArn>> {
        Ok(self.details.policies.keys().cloned().collect())
    }

    async fn policy(&self, arn: &PolicyArn) -> AwsResult<Option<PolicyRecord>> {
        if let Some(policy) = self.details.policies.get(arn) {
            return Ok(Some(policy.record.clone()));
        }
        let known = self.elsewhere.borrow().get(arn).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self.reader.policy(arn).await?;
        self.elsewhere.borrow_mut().insert(arn.clone(), found.clone());
        Ok(found)
    }

    async fn policy_versions(&self, arn: &PolicyArn) -> AwsResult<Vec<PolicyVersionRecord>> {
        match self.details.policies.get(arn) {
            Some(policy) => Ok(policy.versions.clone()),
            None => self.reader.policy_versions(arn).await,
        }
    }

    async fn policy_document(&self, arn: &PolicyArn, version: &str) -> AwsResult<Option<StoredDocument>> {
        if let Some(policy) = self.details.policies.get(arn).filter(|it| it.record.default_version == version)
        {
            return Ok(Some(policy.document.clone()));
        }
        let key = (arn.clone(), version.to_owned());
        let known = self.documents.borrow().get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let found = self.reader.policy_document(arn, version).await?;
        self.documents.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    async fn function(&self, address: &FunctionAddress) -> AwsResult<Option<FunctionArn>> {
        let listed = self.functions.get(&address.region).filter(|_| {
            address.qualifier.is_none()
                && address.account.as_ref().is_none_or(|account| *account == self.caller.account)
        });
        match listed.and_then(|listed| listed.get(&address.name)) {
            Some(function) => Ok(Some(function.clone())),
            None => self.reader.function(address).await,
        }
    }

    /// Where the region's pages were read, they are one page here.
    async fn functions(
        &self,
        region: &Region,
        marker: Option<&str>,
    ) -> AwsResult<(Vec<FunctionArn>, Option<String>)> {
        match self.functions.get(region) {
            Some(functions) => Ok((functions.values().cloned().collect(), None)),
            None => self.reader.functions(region, marker).await,
        }
    }

    async fn function_tags(&self, function: &FunctionArn) -> AwsResult<Tags> {
        self.reader.function_tags(function).await
    }

    async fn roles_under(&self, path: &RolePath) -> AwsResult<Vec<RoleName>> {
        self.reader.roles_under(path).await
    }

    async fn quotas(&self) -> AwsResult<AccountQuotas> {
        self.quotas.get_or_try_init(|| self.reader.quotas()).await.copied()
    }
}
