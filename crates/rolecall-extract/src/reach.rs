//! What a resource that is not read exactly could change of a role, and whether it knows the role at all.
//!
//! A reader takes the documents of the resources that it knows. Every other resource is sorted here and in the two
//! tables ([`super::terraform::table`], [`super::cloudformation::table`]): it surely changes nothing of a role, or it
//! could change the roles that it knows, or it could change every role.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::role::{PermissionDocuments, Side};
use rolecall_iam::document::Document;

/// The most reasons that are given for one side of a role.
pub(super) const MAX_REASONS: usize = 20;

/// What a resource could change of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    /// What the role may do: a policy that is added, changed or taken off, or another boundary.
    Permissions,
    /// The trust policy as well.
    Everything,
}

/// The types of a provider or registry that change nothing of a role: lines `service: type type …`.
pub(super) struct HarmlessTypes(HashMap<&'static str, BTreeSet<&'static str>>);

impl HarmlessTypes {
    pub(super) fn read(text: &'static str) -> Self {
        let mut types: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        let mut service = "";
        for word in text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace) {
            match word.strip_suffix(':') {
                Some(name) => service = name,
                None => {
                    types.entry(service).or_default().insert(word);
                }
            }
        }
        Self(types)
    }

    pub(super) fn contains(&self, service: &str, name: &str) -> bool {
        self.0.get(service).is_some_and(|names| names.contains(name))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.iter().flat_map(|(service, names)| names.iter().map(|name| (*service, *name)))
    }
}

/// Names that mean a role: its own, and those of the policies that are attached to it.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, BTreeSet<usize>>);

impl Names {
    /// A name or an ARN, of which the last part is the name.
    pub(super) fn add(&mut self, name: &str, role: usize) {
        let name = name.rsplit('/').next().unwrap_or(name);
        if !name.is_empty() {
            self.0.entry(name.to_ascii_lowercase()).or_default().insert(role);
        }
    }

    /// The parts of a name that is put together: of `${AWS::StackName}-vendor` the part `vendor`. Tells if there is one.
    pub(super) fn add_parts(&mut self, text: &str, role: usize) -> bool {
        let (mut rest, mut found) = (text, false);
        loop {
            let (plain, variable) = rest.split_once("${").unwrap_or((rest, ""));
            let part = plain.trim_matches(['-', '_', '.']);
            if part.len() > 1 {
                self.add(part, role);
                found = true;
            }
            match variable.split_once('}') {
                Some((_, after)) => rest = after,
                None => return found,
            }
        }
    }

    /// The roles that a text mentions. IAM does not distinguish names by case (IAM User Guide, "IAM and AWS STS quotas").
    pub(super) fn find(&self, text: &str, found: &mut BTreeSet<usize>) {
        let mut look = |word: &str| {
            if let Some(roles) = self.0.get(&word.to_ascii_lowercase()) {
                found.extend(roles);
            }
        };
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
        for word in text.split(|letter| !is_name(letter)).filter(|word| !word.is_empty()) {
            look(word);
            look(word.trim_matches(['-', '_', '.']));
            if word.contains([',', '=', '+', '.', '@']) {
                word.split([',', '=']).for_each(&mut look);
                word.split([',', '=', '+', '.', '@']).for_each(&mut look);
            }
        }
    }
}

/// Every text of a value, keys too.
pub(super) fn texts<'v>(value: &'v Value, see: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, see)),
        Value::Object(members) => {
            for (key, value) in members {
                see(key);
                texts(value, see);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// How programs and state machines name the calls that change a role; a policy names them `iam:AttachRolePolicy`.
const CALLS: [&str; 12] = [
    "aws-sdk:iam:",
    "attach-role-policy",
    "create-policy-version",
    "delete-role-permissions-boundary",
    "delete-role-policy",
    "detach-role-policy",
    "put-role-permissions-boundary",
    "put-role-policy",
    "register-iamrolepolicy",
    "set-default-policy-version",
    "update-assume-role-policy",
    "write-iamrolepolicy",
];

/// Whether a text has a call in it that changes a role.
pub(super) fn calls_iam(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace('_', "-");
    CALLS.iter().any(|call| text.contains(call))
}

/// Whether something is about IAM, to judge by its words.
pub(super) fn speaks_of_iam(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["iam", "role", "polic", "permission", "trust", "principal", "assume", "boundary", "*"];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

/// Whether a type of an unknown provider runs programs or deploys what is not in the file, to judge by its name.
pub(super) fn runs_programs(kind: &str) -> bool {
    const WORDS: [&str; 18] = [
        "account",
        "ansible",
        "baseline",
        "command",
        "crossplane",
        "deploy",
        "exec",
        "helm",
        "invo",
        "job",
        "kube",
        "manifest",
        "provision",
        "run",
        "script",
        "shell",
        "ssh",
        "stack",
    ];
    let kind = kind.to_ascii_lowercase();
    WORDS.iter().any(|word| kind.contains(word))
}

/// Why the sides of the roles are not known, apart from what their own documents say.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    of_all: Doubt,
    of_role: HashMap<usize, Doubt>,
}

#[derive(Debug, Default, Clone)]
struct Doubt {
    trust: Vec<String>,
    permissions: Vec<String>,
}

impl Doubt {
    fn add(&mut self, breaks: Breaks, reason: &str) {
        let put = |reasons: &mut Vec<String>| {
            if reasons.len() < MAX_REASONS && !reasons.iter().any(|known| known == reason) {
                reasons.push(reason.to_owned());
            }
        };
        put(&mut self.permissions);
        if breaks == Breaks::Everything {
            put(&mut self.trust);
        }
    }
}

impl Doubts {
    pub(super) fn of_all(&mut self, breaks: Breaks, reason: &str) {
        self.of_all.add(breaks, reason);
    }

    pub(super) fn of_role(&mut self, role: usize, breaks: Breaks, reason: &str) {
        self.of_role.entry(role).or_default().add(breaks, reason);
    }

    /// The reasons for the trust policy of a role, and for its permissions.
    pub(super) fn reasons(&self, role: usize) -> (Vec<String>, Vec<String>) {
        let own = self.of_role.get(&role);
        let reasons = |part: fn(&Doubt) -> &Vec<String>| -> Vec<String> {
            part(&self.of_all).iter().chain(own.into_iter().flat_map(part)).cloned().collect()
        };
        (reasons(|doubt| &doubt.trust), reasons(|doubt| &doubt.permissions))
    }

    /// A side of a role stays known only if nothing could change it.
    pub(super) fn judge(
        &self,
        role: usize,
        trust: Side<Document>,
        permissions: Side<PermissionDocuments>,
    ) -> (Side<Document>, Side<PermissionDocuments>) {
        let (of_trust, of_permissions) = self.reasons(role);
        (doubted(trust, of_trust), doubted(permissions, of_permissions))
    }
}

fn doubted<T>(side: Side<T>, doubts: Vec<String>) -> Side<T> {
    let mut reasons = match side {
        Side::Unknown(reasons) => reasons,
        side if doubts.is_empty() => return side,
        Side::Known(_) | Side::Absent => Vec::new(),
    };
    for reason in doubts {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.truncate(MAX_REASONS);
    Side::Unknown(reasons)
}
