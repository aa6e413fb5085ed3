//! From what IAM tells of all roles of an account to what the roll call asks about. Each document is parsed here, once.

use std::collections::HashMap;
use std::sync::Arc;

use rolecall_audit::snapshot::{ReadDocument, Role, Snapshot};
use rolecall_model::stored::StoredDocument;

use crate::iam::document::Document;
use crate::ports::{Authorizations, RoleAuthorization};

/// The roles of an account. Documents with the same text are one.
#[must_use]
pub fn snapshot(authorizations: Authorizations) -> Snapshot {
    let Authorizations { roles, unreadable, policies } = authorizations;
    let mut documents = Documents::default();
    let managed: HashMap<_, _> =
        policies.into_iter().map(|(arn, document)| (arn, documents.read(&document))).collect();
    let roles = roles.into_iter().map(|role| {
        let RoleAuthorization { arn, trust, attached, inline, boundary, last_used } = role;
        let mut named = |arn: crate::iam::arn::PolicyArn| {
            let missing = || Err(format!("IAM did not tell the document of `{arn}`"));
            let document = managed.get(&arn).cloned().unwrap_or_else(missing);
            (arn.to_string(), document)
        };
        let attached: Vec<_> = attached.into_iter().map(&mut named).collect();
        let boundary = boundary.map(named);
        let inline = inline.into_iter().map(|(name, document)| (name, documents.read(&document)));
        let policies = inline.chain(attached).collect();
        Role { arn, trust: documents.read(&trust), policies, boundary, last_used }
    });
    Snapshot { roles: roles.collect(), unreadable }
}

/// Documents by their text.
#[derive(Default)]
struct Documents(HashMap<String, Arc<Document>>);

impl Documents {
    fn read(&mut self, stored: &StoredDocument) -> ReadDocument {
        if let Some(known) = self.0.get(stored.text()) {
            return Ok(Arc::clone(known));
        }
        let document = Document::parse(stored.text()).map_err(|errors| errors.to_string())?;
        let document = Arc::new(document);
        self.0.insert(stored.text().to_owned(), Arc::clone(&document));
        Ok(document)
    }
}
