//! What a document and an intent mention: the values that requests are drawn around.

use rolecall_iam::principal::Principal;
use serde_json::Value;

use super::super::asked::{Asked, Statement, statements, strings, variables};
use super::super::knowledge::PROVIDERS;
use super::Kind;

/// Everything that a document, and an intent, mention.
pub(in super::super) struct Cuts {
    pub(in super::super) statements: Vec<Statement>,
    pub(in super::super) keys: Vec<String>,
    pub(super) accounts: Vec<String>,
    /// Users and roles that a `Principal` element or the intent names: kind, account, path and name.
    pub(super) named: Vec<(Kind, String, String, String)>,
    pub(super) names: Vec<String>,
    pub(super) paths: Vec<String>,
    pub(super) sessions: Vec<String>,
    pub(super) services: Vec<String>,
    pub(super) providers: Vec<String>,
}

/// `role` or `user`, account, path and name out of an ARN; the path may hold colons.
pub(super) fn entity(text: &str) -> Option<(Kind, String, String, String)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, "iam", "", account, resource] = parts.as_slice() else { return None };
    let (kind, rest) = resource.split_once('/')?;
    let kind = match kind {
        "role" => Kind::Session,
        "user" => Kind::User,
        _ => return None,
    };
    let (path, name) = match rest.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), rest),
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && !name.is_empty()).then(|| (kind, (*account).to_owned(), path, name.to_owned()))
}

/// Account, role and session out of a session's ARN.
pub(super) fn session(text: &str) -> Option<(String, String, String)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, "sts", "", account, resource] = parts.as_slice() else { return None };
    let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some(((*account).to_owned(), role.to_owned(), session.to_owned()))
}

pub(super) fn is_name(text: &str, least: usize) -> bool {
    (least..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// Paths are `/`, or characters from U+0021 to U+007F between slashes.
pub(super) fn is_path(text: &str) -> bool {
    text == "/"
        || (3..=512).contains(&text.len())
            && text.starts_with('/')
            && text.ends_with('/')
            && text.bytes().all(|byte| (0x21..=0x7f).contains(&byte))
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn accounts_in(text: &str) -> Vec<String> {
    let runs = text.split(|character: char| !character.is_ascii_digit());
    runs.filter(|run| run.len() == 12).map(str::to_owned).collect()
}

impl Cuts {
    pub(in super::super) fn of(document: &Value, trusted: &[Principal]) -> Self {
        let statements = statements(document);
        let mut cuts = Self {
            statements: Vec::new(),
            keys: Vec::new(),
            accounts: vec!["111122223333".to_owned()],
            named: Vec::new(),
            names: Vec::new(),
            paths: Vec::new(),
            sessions: Vec::new(),
            services: Vec::new(),
            providers: Vec::new(),
        };
        let trusted: Vec<String> = trusted.iter().map(ToString::to_string).collect();
        let named = statements.iter().flat_map(|statement| &statement.principals).chain(&trusted);
        for text in named {
            cuts.named.extend(entity(text));
            if let Some((account, role, session)) = session(text) {
                cuts.accounts.push(account);
                cuts.names.push(role);
                cuts.sessions.push(session);
            }
        }
        for text in strings(document).iter().chain(&trusted) {
            cuts.accounts.extend(accounts_in(text));
            if text.ends_with(".amazonaws.com")
                && !text.contains(['*', '?', ':', '/'])
                && *text != PROVIDERS[1]
            {
                cuts.services.push(text.clone());
            }
            if PROVIDERS.contains(&text.as_str()) || text.contains("-provider/") && !text.contains('*') {
                cuts.providers.push(text.clone());
            }
            if let Some((_, _, path, name)) = entity(text) {
                cuts.names.push(name);
                cuts.paths.push(path);
            }
            if is_name(text, 2) && !is_account(text) {
                cuts.names.push(text.clone());
                cuts.sessions.push(text.clone());
            }
        }
        for statement in &statements {
            for asked in &statement.conditions {
                cuts.keys.push(asked.key.clone());
                cuts.keys.extend(asked.values.iter().flat_map(|value| variables(value)));
            }
            cuts.keys.extend(statement.resources.iter().flat_map(|value| variables(value)));
        }
        cuts.keys.sort();
        cuts.keys.dedup();
        cuts.named.sort_by(|left, right| format!("{left:?}").cmp(&format!("{right:?}")));
        cuts.named.dedup();
        cuts.statements = statements;
        cuts
    }

    pub(super) fn conditions(&self) -> impl Iterator<Item = &Asked> {
        self.statements.iter().flat_map(|statement| &statement.conditions)
    }
}
