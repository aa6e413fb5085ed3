//! What IAM refuses to store: sizes, and the grammar of trust policies and of identity policies.
//!
//! The quotas are the defaults; an account can have more, and `iam:GetAccountSummary` tells. A document that AWS would
//! refuse may still be evaluated: it may be old, or come from a tool.
//!
//! ```
//! use rolecall_iam::document::Document;
//! use rolecall_iam::quota::check_identity_grammar;
//!
//! let document = Document::parse(r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*"}}"#)?;
//! let violations = check_identity_grammar(&document);
//! assert_eq!(violations[0].message, "an identity policy needs `Resource` or `NotResource`");
//! # Ok::<(), rolecall_iam::document::DocumentErrors>(())
//! ```

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::arn::{Partition, split_arn};
use super::condition::Operator;
use super::document::{Document, Statement, Version, push_step};
use super::principal::element::{PrincipalKind, PrincipalName};

/// Characters of a role's trust policy without white space (IAM User Guide, "IAM and AWS STS quotas"); can be raised.
pub const TRUST_POLICY_SIZE: usize = 2048;
/// Characters of a managed policy without white space (the same page); fixed.
pub const MANAGED_POLICY_SIZE: usize = 6144;
/// Characters of all inline policies of a role together without white space (the same page); fixed.
pub const INLINE_POLICIES_SIZE: usize = 10_240;
/// Managed policies attached to one role (the same page); can be raised.
pub const ATTACHED_POLICIES: usize = 10;
/// Versions of one managed policy (the same page); fixed.
pub const POLICY_VERSIONS: usize = 5;
/// Characters of a session policy, white space included (STS API Reference, `AssumeRole`); fixed.
pub const SESSION_POLICY_SIZE: usize = 2048;
/// Characters of a resource control policy, white space included (AWS Organizations User Guide, "Quotas and service limits"); fixed.
pub const RESOURCE_CONTROL_POLICY_SIZE: usize = 5120;
/// Characters of a service control policy, white space included (the same page); fixed.
pub const SERVICE_CONTROL_POLICY_SIZE: usize = 10_240;
/// Characters of any policy document in a call to IAM (IAM API Reference, `CreatePolicy`); fixed.
pub const DOCUMENT_LENGTH: usize = 131_072;

impl Document {
    /// The size as AWS counts it: characters of the JSON text without white space.
    #[must_use]
    pub fn size(&self) -> usize {
        let mut count = Count(0);
        // A counter refuses nothing.
        let _ = fmt::write(&mut count, format_args!("{self}"));
        count.0
    }
}

/// Counts what is written, without keeping it.
struct Count(usize);

impl fmt::Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.chars().filter(|character| !character.is_whitespace()).count();
        Ok(())
    }
}

/// How sure it is that AWS refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// AWS's documentation or its own error message says so.
    Documented,
    /// Sources contradict each other.
    Contested,
}

/// Something in a document for which AWS refuses to store it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where, as a JSON pointer; empty for the whole document.
    pub pointer: String,
    /// What is wrong, in one line.
    pub message: String,
    /// How sure the refusal is.
    pub evidence: Evidence,
    /// Whether another result tells it better: the ID of a deleted principal, which IAM itself put there (finding T12), or an
    /// operator that is not known here, which leaves the claims unknown because AWS may know it.
    pub is_told_elsewhere: bool,
}

/// Everything for which IAM would refuse the document as a role's trust policy.
#[must_use]
pub fn check_trust_grammar(document: &Document) -> Vec<Violation> {
    let mut check = Check { document, violations: Vec::new() };
    check.common();
    for (index, statement) in document.statements().iter().enumerate() {
        let base = document.statement_pointer(index);
        check.trusted_principal(statement, &base);
        check.trusted_actions(statement, &base);
        if let Some(clause) = &statement.resource {
            let name = if clause.negated { "NotResource" } else { "Resource" };
            check.refuse(format!("{base}/{name}"), format!("a trust policy cannot have `{name}`"));
        }
    }
    check.violations
}

/// Everything for which IAM would refuse the document as an identity policy of a role: managed or inline.
#[must_use]
pub fn check_identity_grammar(document: &Document) -> Vec<Violation> {
    let mut check = Check { document, violations: Vec::new() };
    check.common();
    if document.version() != Some(Version::V2012) {
        let message = "a managed policy must say `\"Version\": \"2012-10-17\"`";
        check.refuse("/Version".to_owned(), message);
    }
    for (index, statement) in document.statements().iter().enumerate() {
        let base = document.statement_pointer(index);
        if let Some(clause) = &statement.principal {
            let name = if clause.negated { "NotPrincipal" } else { "Principal" };
            check.refuse(format!("{base}/{name}"), format!("an identity policy cannot have `{name}`"));
        }
        match &statement.resource {
            None => check.refuse(base.clone(), "an identity policy needs `Resource` or `NotResource`"),
            Some(clause) => {
                let name = if clause.negated { "NotResource" } else { "Resource" };
                for (pointer, text) in check.strings(&format!("{base}/{name}")) {
                    if text != "*" && !text.starts_with("arn:") {
                        check.refuse(pointer, format!("the resource `{text}` is neither an ARN nor `*`"));
                    }
                }
            }
        }
    }
    check.violations
}

/// Every principal of a trust policy that belongs to another partition than the role. "Invalid principal in policy" is IAM's
/// answer: an account exists in one partition, and nobody acts outside of their own (AWS General Reference, "ARNs").
#[must_use]
pub fn check_partition(document: &Document, partition: &Partition) -> Vec<Violation> {
    let mut check = Check { document, violations: Vec::new() };
    for index in 0..document.statements().len() {
        let base = format!("{}/Principal", document.statement_pointer(index));
        for kind in [PrincipalKind::Aws, PrincipalKind::Federated] {
            for (place, text) in check.strings(&format!("{base}/{}", kind.key())) {
                let Some([_, named, ..]) = split_arn(text) else { continue };
                if named != partition.as_str() {
                    let message = format!("`{text}` is not of the role's partition `{partition}`");
                    check.refuse(place, message);
                }
            }
        }
    }
    check.violations
}

struct Check<'a> {
    document: &'a Document,
    violations: Vec<Violation>,
}

impl<'a> Check<'a> {
    fn refuse(&mut self, pointer: String, message: impl Into<String>) {
        let (message, evidence) = (message.into(), Evidence::Documented);
        let violation = Violation { pointer, message, evidence, is_told_elsewhere: false };
        self.violations.push(violation);
    }

    fn doubt(&mut self, pointer: String, message: impl Into<String>) {
        let (message, evidence) = (message.into(), Evidence::Contested);
        let violation = Violation { pointer, message, evidence, is_told_elsewhere: false };
        self.violations.push(violation);
    }

    /// The strings of an element, which is one string or a list, with the place of each.
    fn strings(&self, pointer: &str) -> Vec<(String, &'a str)> {
        match self.document.as_value().pointer(pointer) {
            Some(Value::String(text)) => vec![(pointer.to_owned(), text)],
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| Some((format!("{pointer}/{index}"), item.as_str()?)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// What holds for every policy that IAM stores.
    fn common(&mut self) {
        let length = self.document.to_string().chars().count();
        if length > DOCUMENT_LENGTH {
            let message =
                format!("the document has {length} characters; at most {DOCUMENT_LENGTH} are accepted");
            self.refuse(String::new(), message);
        }
        self.characters(self.document.as_value(), &mut String::new());
        if self.document.statements().is_empty() {
            self.refuse("/Statement".to_owned(), "a policy needs at least one statement");
        }
        let mut sids = BTreeSet::new();
        for (index, statement) in self.document.statements().iter().enumerate() {
            let base = self.document.statement_pointer(index);
            if let Some(sid) = statement.sid.as_deref().filter(|sid| !sid.is_empty()) {
                if !sids.insert(sid) {
                    self.refuse(format!("{base}/Sid"), format!("the statement ID `{sid}` is used twice"));
                }
                // AWS's message: "Statement IDs (SID) must be alpha-numeric."
                if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    self.refuse(format!("{base}/Sid"), "a statement ID has letters and digits only");
                }
            }
            self.actions(statement, &base);
            self.conditions(statement, &base);
        }
    }

    /// `[\u0009\u000A\u000D\u0020-\u00FF]+` (IAM API Reference, `CreatePolicy`).
    fn characters(&mut self, value: &Value, pointer: &mut String) {
        let outside = |text: &str| text.chars().find(|character| u32::from(*character) > 0xff);
        let mut found = None;
        match value {
            Value::String(text) => found = outside(text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let length = pointer.len();
                    push_step(pointer, &index.to_string());
                    self.characters(item, pointer);
                    pointer.truncate(length);
                }
            }
            Value::Object(entries) => {
                for (key, item) in entries {
                    let length = pointer.len();
                    push_step(pointer, key);
                    if let Some(character) = outside(key) {
                        self.refuse(pointer.clone(), format!("`{character}` is not accepted in a policy"));
                    }
                    self.characters(item, pointer);
                    pointer.truncate(length);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        if let Some(character) = found {
            self.refuse(pointer.clone(), format!("`{character}` is not accepted in a policy"));
        }
    }

    /// AWS's message: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    fn actions(&mut self, statement: &Statement, base: &str) {
        let name = if statement.action.negated { "NotAction" } else { "Action" };
        for (pointer, action) in self.strings(&format!("{base}/{name}")) {
            let well_formed = action == "*"
                || action.split_once(':').is_some_and(|(service, name)| {
                    !service.is_empty()
                        && !service.contains(['*', '?'])
                        && !name.is_empty()
                        && !name.contains(':')
                });
            if !well_formed {
                self.refuse(pointer, format!("`{action}` is not `*` and not of the form `service:Action`"));
            }
        }
    }

    fn conditions(&mut self, statement: &Statement, base: &str) {
        for condition in &statement.conditions {
            let mut pointer = format!("{base}/Condition");
            push_step(&mut pointer, &condition.operator_name);
            if let Operator::Unknown(name) = &condition.operator {
                let message = format!("`{name}` is not a condition operator");
                let (pointer, evidence) = (pointer.clone(), Evidence::Documented);
                self.violations.push(Violation { pointer, message, evidence, is_told_elsewhere: true });
            }
            let key = condition.key.written();
            if !key.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty()) {
                push_step(&mut pointer, key);
                self.refuse(pointer, format!("the condition key `{key}` is not of the form `service:key`"));
            }
        }
    }

    /// IAM User Guide, "Principal" and "NotPrincipal"; the message about `"STAR":"*"` is IAM's.
    fn trusted_principal(&mut self, statement: &Statement, base: &str) {
        let Some(clause) = &statement.principal else {
            self.refuse(base.to_owned(), "a trust policy needs `Principal`");
            return;
        };
        if clause.negated {
            self.refuse(format!("{base}/NotPrincipal"), "a trust policy cannot have `NotPrincipal`");
            return;
        }
        let pointer = format!("{base}/Principal");
        if clause.values.contains(&PrincipalName::Everyone) {
            self.refuse(pointer, "a trust policy cannot have `\"Principal\": \"*\"`");
            return;
        }
        if clause.values.is_empty() {
            self.refuse(pointer.clone(), "a trust policy needs at least one principal");
        }
        for (place, text) in self.strings(&format!("{pointer}/{}", PrincipalKind::Aws.key())) {
            match PrincipalName::read(PrincipalKind::Aws, text) {
                PrincipalName::UniqueId(_) => {
                    let message = format!("`{text}` is the ID of a deleted principal");
                    let evidence = Evidence::Documented;
                    self.violations.push(Violation {
                        pointer: place,
                        message,
                        evidence,
                        is_told_elsewhere: true,
                    });
                }
                PrincipalName::Nobody(_) | PrincipalName::Undocumented(..) => {
                    self.refuse(place, format!("`{text}` is not an account, a role, a user or a session"));
                }
                PrincipalName::Everyone
                | PrincipalName::AnyAws
                | PrincipalName::Account { .. }
                | PrincipalName::Identity(_)
                | PrincipalName::Service(_)
                | PrincipalName::Federated(_)
                | PrincipalName::CanonicalUser(_) => {}
            }
        }
        // IAM User Guide, "Principal": wildcards stand for all of a kind only in `"AWS": "*"`.
        for kind in [PrincipalKind::Service, PrincipalKind::Federated] {
            for (place, text) in self.strings(&format!("{pointer}/{}", kind.key())) {
                if text.is_empty() || text.contains(['*', '?']) {
                    self.refuse(
                        place,
                        format!("`{text}` under `{}` does not name one principal", kind.key()),
                    );
                }
            }
        }
        for (place, _) in self.strings(&format!("{pointer}/{}", PrincipalKind::CanonicalUser.key())) {
            self.refuse(place, "only S3 supports canonical users");
        }
    }

    /// AWS's message: "AssumeRole policy may only specify STS AssumeRole actions." Whether it accepts wildcards and
    /// `NotAction` is contested.
    fn trusted_actions(&mut self, statement: &Statement, base: &str) {
        const TRUSTED: [&str; 6] = [
            "sts:AssumeRole",
            "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity",
            "sts:TagSession",
            "sts:SetSourceIdentity",
            "sts:SetContext",
        ];
        if statement.action.negated {
            self.doubt(format!("{base}/NotAction"), "a trust policy names the STS actions that it allows");
            return;
        }
        for (pointer, action) in self.strings(&format!("{base}/Action")) {
            let service = action.split_once(':').map_or(action, |(service, _)| service);
            let listed = TRUSTED.iter().any(|name| name.eq_ignore_ascii_case(action));
            if action == "*" || (service.eq_ignore_ascii_case("sts") && action.contains(['*', '?'])) {
                self.doubt(
                    pointer,
                    format!("`{action}` is wider than the STS actions that a trust policy may allow"),
                );
            } else if !listed {
                self.refuse(
                    pointer,
                    format!("`{action}` is not an STS action that a trust policy may allow"),
                );
            }
        }
    }
}
