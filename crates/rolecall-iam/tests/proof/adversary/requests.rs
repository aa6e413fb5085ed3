//! Requests that AWS could see, drawn from a document's own cuts. Which caller has which key is as in section 2 of
//! `reference/proof.md`; where AWS does not say, the key is present or absent, with any value.

use std::collections::BTreeMap;

use rolecall_iam::arn::{RoleArn, RoleName, RolePath, SessionName, UserName};
use rolecall_iam::context::{Context, ContextValue};
use rolecall_iam::evaluate::Request;
use rolecall_iam::principal::Principal;

use super::super::random::Dice;
use super::asked::{Asked, Family, Statement, strings, variables};
use super::knowledge::{ACCOUNTS, NAMES, PATHS, PROVIDERS, SERVICES, flipped, near_miss};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Session,
    Service,
    WebIdentity,
    Saml,
}

/// A caller while it is being made up.
#[derive(Debug, Clone)]
struct Draft {
    kind: Kind,
    account: String,
    path: String,
    name: String,
    session: String,
    /// The unique id of the role or user.
    id: String,
    /// The service or the provider.
    other: String,
}

/// Everything that a document, and an intent, mention.
pub(super) struct Cuts {
    pub(super) statements: Vec<Statement>,
    pub(super) keys: Vec<String>,
    accounts: Vec<String>,
    /// Users and roles that a `Principal` element or the intent names: kind, account, path and name.
    named: Vec<(Kind, String, String, String)>,
    names: Vec<String>,
    paths: Vec<String>,
    sessions: Vec<String>,
    services: Vec<String>,
    providers: Vec<String>,
}

/// `role` or `user`, account, path and name out of an ARN; the path may hold colons.
fn entity(text: &str) -> Option<(Kind, String, String, String)> {
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
fn session(text: &str) -> Option<(String, String, String)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", _, "sts", "", account, resource] = parts.as_slice() else { return None };
    let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some(((*account).to_owned(), role.to_owned(), session.to_owned()))
}

fn is_name(text: &str, least: usize) -> bool {
    (least..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// Paths are `/`, or characters from U+0021 to U+007F between slashes.
fn is_path(text: &str) -> bool {
    text == "/"
        || (3..=512).contains(&text.len())
            && text.starts_with('/')
            && text.ends_with('/')
            && text.bytes().all(|byte| (0x21..=0x7f).contains(&byte))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn accounts_in(text: &str) -> Vec<String> {
    let runs = text.split(|character: char| !character.is_ascii_digit());
    runs.filter(|run| run.len() == 12).map(str::to_owned).collect()
}

impl Cuts {
    pub(super) fn of(document: &Value, trusted: &[Principal]) -> Self {
        let statements = super::asked::statements(document);
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

    fn conditions(&self) -> impl Iterator<Item = &Asked> {
        self.statements.iter().flat_map(|statement| &statement.conditions)
    }
}

/// What a draw is about.
#[derive(Debug, Clone)]
pub(super) enum Id {
    Any,
    Exactly(String),
    AnythingBut(String),
    Absent,
}

/// The values of the keys that follow from the caller, by name in lower case.
type Facts = BTreeMap<String, ContextValue>;

fn one(text: impl Into<String>) -> ContextValue {
    ContextValue::One(text.into())
}

/// What values a key can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    ExternalId,
    Session,
    Flag,
    True,
    False,
    Address,
    Time,
    Seconds,
    Number,
    Organization,
    OrganizationPath,
    Account,
    Arn,
    Service,
    Region,
    Tag,
    TagKey,
    Type,
    Any,
}

impl Shape {
    fn fits(self, text: &str) -> bool {
        let alphabet = |extra: &[u8]| {
            text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte) || extra.contains(&byte)
            })
        };
        match self {
            Self::ExternalId => (2..=1224).contains(&text.len()) && alphabet(b":/"),
            Self::Session => is_name(text, 2),
            Self::Flag => ["true", "false"].contains(&text),
            Self::True => text == "true",
            Self::False => text == "false",
            Self::Address => text.parse::<std::net::IpAddr>().is_ok(),
            Self::Time => text.len() >= 20 && text.parse::<jiff::Timestamp>().is_ok(),
            Self::Seconds | Self::Number => {
                (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Organization => text.strip_prefix("o-").is_some_and(|rest| {
                (10..=32).contains(&rest.len())
                    && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            }),
            Self::OrganizationPath => {
                let parts: Vec<&str> = text.split('/').collect();
                matches!(parts.as_slice(), [organization, root, .., ""]
                    if Self::Organization.fits(organization) && root.starts_with("r-"))
            }
            Self::Account => is_account(text),
            Self::Arn => text.starts_with("arn:") && text.matches(':').count() >= 5,
            Self::Service => text.strip_suffix(".amazonaws.com").is_some_and(|name| {
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            }),
            Self::Region => text.parse::<rolecall_iam::arn::Region>().is_ok(),
            Self::Tag => text.chars().count() <= 256,
            Self::TagKey => {
                (1..=128).contains(&text.len())
                    && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:/=+-@".contains(&byte))
            }
            Self::Type => ["Account", "User", "FederatedUser", "AssumedRole", "Anonymous"].contains(&text),
            Self::Any => !text.is_empty(),
        }
    }

    fn usual(self) -> &'static [&'static str] {
        match self {
            Self::ExternalId => &["zz", "a:b/c", "another-external-id", "5f6b-x"],
            Self::Session => &["session", "zz", "a+=,.@_-b", "1767225600", "42", "20"],
            Self::Flag => &["true", "false"],
            Self::True => &["true"],
            Self::False => &["false"],
            Self::Address => &["203.0.113.9", "10.1.2.3", "2001:db8::1", "0.0.0.0"],
            Self::Time => &["2026-06-01T12:00:00Z", "2020-01-01T00:00:00Z", "2039-01-01T00:00:00Z"],
            Self::Seconds => &["1780315200", "1577836800"],
            Self::Number => &["0", "1", "299", "3600", "100000"],
            Self::Organization => &["o-0000000000", "o-customer001", "o-abcdefghij"],
            Self::OrganizationPath => &["o-customer001/r-ab12/", "o-0000000000/r-zz99/ou-zz99-12345678/"],
            Self::Account => &["123123123123", "111122223333"],
            Self::Arn => &["arn:aws:s3:::some-bucket", "arn:aws:lambda:us-east-1:111122223333:function:f"],
            Self::Service => &["cloudformation.amazonaws.com", "zz.amazonaws.com"],
            Self::Region => &["us-east-1", "eu-west-3", "us-gov-west-1"],
            Self::Tag => &["", "a", "core", "x y*?", "true", "42"],
            Self::TagKey => &["team", "Other", "zz"],
            Self::Type => &["AssumedRole", "User", "Anonymous"],
            Self::Any => &["zz", "a", "other", "aws-cli/2.0", "42"],
        }
    }
}

/// Whether a request of a caller can lack a key and can have it, and with what values.
fn presence(key: &str, kind: Kind) -> (bool, bool, Shape) {
    let signed = matches!(kind, Kind::User | Kind::Session);
    let service = kind == Kind::Service;
    let token = matches!(kind, Kind::WebIdentity | Kind::Saml);
    let some = |shape| (true, true, shape);
    let always = |shape| (false, true, shape);
    let never = (true, false, Shape::Any);
    match key {
        "sts:externalid" if token => never,
        "sts:externalid" => some(Shape::ExternalId),
        "sts:rolesessionname" => always(Shape::Session),
        "sts:sourceidentity" => some(Shape::Session),
        "aws:sourceidentity" if kind == Kind::User => never,
        "aws:sourceidentity" => some(Shape::Session),
        "aws:principalorgid" => some(Shape::Organization),
        "aws:principalorgpaths" => some(Shape::OrganizationPath),
        "aws:federatedprovider" if kind == Kind::User || token => never,
        "aws:multifactorauthpresent" if kind == Kind::Session => always(Shape::Flag),
        "aws:multifactorauthpresent" => some(Shape::Flag),
        "aws:multifactorauthage" => some(Shape::Number),
        "aws:tokenissuetime" if kind == Kind::Session => always(Shape::Time),
        "aws:tokenissuetime" => some(Shape::Time),
        "aws:sourceip" | "aws:vpcsourceip" => some(Shape::Address),
        "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" | "aws:sourceorgpaths" if !service => never,
        "aws:sourceaccount" => some(Shape::Account),
        "aws:sourcearn" => some(Shape::Arn),
        "aws:sourceorgid" => some(Shape::Organization),
        "aws:sourceorgpaths" => some(Shape::OrganizationPath),
        "aws:viaawsservice" => always(Shape::False),
        "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => never,
        "aws:currenttime" => always(Shape::Time),
        "aws:epochtime" => always(Shape::Seconds),
        "aws:securetransport" => always(Shape::True),
        "aws:requestedregion" => always(Shape::Region),
        "aws:useragent" => always(Shape::Any),
        // What AWS leaves open for callers that do not sign, and for services.
        "aws:principalarn" if !signed => some(Shape::Arn),
        "aws:principalaccount" if !signed => some(Shape::Account),
        "aws:principaltype" if !signed => some(Shape::Type),
        "aws:userid" if !signed => some(Shape::Any),
        "aws:principalisawsservice" if token => never,
        "sts:transitivetagkeys" | "aws:tagkeys" => some(Shape::TagKey),
        _ if key.contains("tag/") => some(Shape::Tag),
        _ if key.starts_with("saml:") && kind == Kind::User => never,
        _ => some(Shape::Any),
    }
}

pub(super) struct Drawer<'c> {
    pub(super) dice: Dice,
    pub(super) cuts: &'c Cuts,
    pub(super) constants: &'c super::knowledge::Constants,
}

impl Drawer<'_> {
    fn pick(&mut self, own: &[String], other: &[&str]) -> String {
        if !own.is_empty() && self.dice.roll(5) < 3 {
            self.dice.pick(own).clone()
        } else {
            (*self.dice.pick(other)).to_owned()
        }
    }

    fn fresh_account(&mut self) -> String {
        (0..12).map(|_| char::from(b'0' + u8::try_from(self.dice.roll(10)).unwrap())).collect()
    }

    fn account(&mut self) -> String {
        match self.dice.roll(8) {
            0..=2 => self.fresh_account(),
            3 => {
                let near = self.pick(&self.cuts.accounts, &ACCOUNTS);
                Some(near_miss(&mut self.dice, &near)).filter(|text| is_account(text)).unwrap_or(near)
            }
            4 => self.pick(&self.constants.accounts, &ACCOUNTS),
            _ => self.pick(&self.cuts.accounts, &ACCOUNTS),
        }
    }

    /// A name of a user, a role or a session.
    fn name(&mut self, sessions: bool) -> String {
        let own = if sessions { &self.cuts.sessions } else { &self.cuts.names };
        let name = match self.dice.roll(6) {
            0 => self.pick(&self.constants.names, &NAMES),
            1 => {
                let near = self.pick(own, &NAMES);
                near_miss(&mut self.dice, &near)
            }
            2 => (*self.dice.pick(&NAMES)).to_owned(),
            _ => self.pick(own, &NAMES),
        };
        if is_name(&name, if sessions { 2 } else { 1 }) { name } else { "zz".to_owned() }
    }

    /// A text for a value of a document: variables by what is known, wildcards by something that fits.
    fn instance(&mut self, value: &str, family: Family, known: &Facts) -> String {
        let mut text = String::new();
        let mut rest = value;
        while let Some(character) = rest.chars().next() {
            if let Some((inside, after)) = rest
                .strip_prefix("${")
                .and_then(|tail| tail.split_once('}'))
                .filter(|_| family != Family::Other)
            {
                rest = after;
                match inside {
                    "*" | "?" | "$" => text.push_str(inside),
                    _ => {
                        let (key, default) = inside.split_once(',').unwrap_or((inside, ""));
                        match known.get(&key.trim().to_ascii_lowercase()) {
                            Some(ContextValue::One(known)) => text.push_str(known),
                            _ => text.push_str(default.trim().trim_matches('\'')),
                        }
                    }
                }
                continue;
            }
            rest = &rest[character.len_utf8()..];
            match character {
                '*' if family == Family::Wild => {
                    let first = text.is_empty();
                    let after = text.ends_with("::");
                    text.push_str(&self.run(first, after));
                }
                '?' if family == Family::Wild => {
                    let fill = if text.ends_with(':') || text.ends_with(|last: char| last.is_ascii_digit()) {
                        *self.dice.pick(&['3', '0'])
                    } else {
                        *self.dice.pick(&['x', '7', ':', 'Z'])
                    };
                    text.push(fill);
                }
                other => text.push(other),
            }
        }
        if family == Family::Blind && self.dice.one_in(2) { flipped(&text) } else { text }
    }

    /// What a `*` stands for.
    fn run(&mut self, first: bool, account: bool) -> String {
        if first && self.dice.one_in(2) {
            let account = self.account();
            let kind = *self.dice.pick(&["role", "user"]);
            return format!("arn:aws:iam::{account}:{kind}/");
        }
        match self.dice.roll(if account { 12 } else { 6 }) {
            0 => String::new(),
            1 => "x".to_owned(),
            2 => self.name(false),
            3 => "a/b".to_owned(),
            4 => "aws:iam::123123123123:user/".to_owned(),
            5 => (*self.dice.pick(&["team", "/x:y/", "arn:aws", "123123123123"])).to_owned(),
            _ => self.account(),
        }
    }

    /// A value that meets a condition, as far as one can tell from the condition alone. `None` is absence.
    fn meeting(&mut self, asked: &Asked, shape: Shape, known: &Facts) -> Option<String> {
        let Asked { operator, key: _, values } = asked;
        if (operator.negated || operator.forgiving) && self.dice.one_in(3) {
            return None;
        }
        if operator.family == Family::Null {
            return (values.first().map(String::as_str) == Some("false")).then(|| self.of_shape(shape));
        }
        if values.is_empty() {
            return None;
        }
        let value = self.dice.pick(values).clone();
        if operator.negated {
            return Some(match self.dice.roll(3) {
                0 => {
                    let instance = self.instance(&value, operator.family, known);
                    near_miss(&mut self.dice, &instance)
                }
                _ => self.of_shape(shape),
            });
        }
        Some(match operator.family {
            Family::Text | Family::Wild | Family::Blind => self.instance(&value, operator.family, known),
            Family::Number => self.number(&value, shape),
            Family::Date => self.date(&value, shape),
            Family::Address => self.address(&value),
            Family::Bool | Family::Binary | Family::Null | Family::Other => value,
        })
    }

    fn number(&mut self, value: &str, shape: Shape) -> String {
        let Ok(number) = value.parse::<i64>() else { return value.to_owned() };
        let number = number.saturating_add([-1, 0, 0, 1, 10][self.dice.roll(5)]);
        match shape {
            Shape::Account => format!("{number:012}"),
            _ if self.dice.one_in(5) => format!("{number:04}"),
            _ => number.to_string(),
        }
    }

    fn date(&mut self, value: &str, shape: Shape) -> String {
        let at = value.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
        let at = at.or_else(|| {
            format!("{value}T00:00:00Z").parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
        });
        let Some(at) = at.or_else(|| value.parse().ok()) else { return value.to_owned() };
        let at = at.saturating_add([-86_400, -1, 0, 0, 1, 86_400][self.dice.roll(6)]);
        if shape == Shape::Account {
            return format!("{at:012}");
        }
        if shape == Shape::Time || !shape.fits("1767225600") || self.dice.one_in(3) {
            return jiff::Timestamp::from_second(at)
                .map_or_else(|_| value.to_owned(), |time| time.to_string());
        }
        at.to_string()
    }

    fn address(&mut self, value: &str) -> String {
        let Ok(network) = value.parse::<ipnet::IpNet>() else { return value.to_owned() };
        if self.dice.one_in(2) { network.network().to_string() } else { network.broadcast().to_string() }
    }

    fn of_shape(&mut self, shape: Shape) -> String {
        (*self.dice.pick(shape.usual())).to_owned()
    }

    /// A value of a key: one that meets a condition on it, or not.
    fn value(&mut self, key: &str, kind: Kind, through: Option<&Statement>, known: &Facts) -> ContextValue {
        let (may_lack, may_have, shape) = presence(key, kind);
        if !may_have {
            return ContextValue::Absent;
        }
        let of_through: Vec<&Asked> = through
            .into_iter()
            .flat_map(|statement| &statement.conditions)
            .filter(|asked| asked.key == key)
            .collect();
        let all: Vec<&Asked> = self.cuts.conditions().filter(|asked| asked.key == key).collect();
        let chosen = if !of_through.is_empty() && !self.dice.one_in(6) {
            Some(*self.dice.pick(&of_through))
        } else if !all.is_empty() && self.dice.one_in(2) {
            Some(*self.dice.pick(&all))
        } else {
            None
        };
        let wanted = match chosen {
            Some(asked) => self.meeting(asked, shape, known),
            None if may_lack && self.dice.one_in(2) => None,
            None => Some(self.of_shape(shape)),
        };
        match wanted {
            None if may_lack => ContextValue::Absent,
            Some(text) if shape.fits(&text) => one(text),
            Some(_) | None => one(self.of_shape(shape)),
        }
    }

    fn draft(&mut self, through: Option<&Statement>, wide: bool) -> Draft {
        let kind = match self.dice.roll(20) {
            0..=8 => Kind::Session,
            9..=14 => Kind::User,
            15..=18 => Kind::Service,
            _ => Kind::WebIdentity,
        };
        let mut draft = Draft {
            kind,
            account: if wide && self.dice.one_in(3) { self.fresh_account() } else { self.account() },
            path: (*self.dice.pick(&PATHS)).to_owned(),
            name: self.name(false),
            session: self.name(true),
            id: String::new(),
            other: self.pick(&self.cuts.services, &SERVICES),
        };
        if kind == Kind::WebIdentity {
            draft.other = (*self.dice.pick(&PROVIDERS)).to_owned();
        }
        if self.dice.one_in(3) && !self.cuts.paths.is_empty() {
            draft.path = self.dice.pick(&self.cuts.paths).clone();
        }
        let names: Vec<String> = through.map(|statement| statement.principals.clone()).unwrap_or_default();
        if !names.is_empty() && !self.dice.one_in(10) {
            let name = self.dice.pick(&names).clone();
            self.act_as(&mut draft, &name);
        }
        draft
    }

    /// The caller acts as a named principal.
    fn act_as(&mut self, draft: &mut Draft, name: &str) {
        if let Some((kind, account, path, name)) = entity(name) {
            (draft.kind, draft.account, draft.path, draft.name) = (kind, account, path, name);
        } else if let Some((account, role, session)) = session(name) {
            (draft.kind, draft.account, draft.name, draft.session) = (Kind::Session, account, role, session);
        } else if let [account] = accounts_in(name).as_slice()
            && !name.contains("-provider/")
        {
            draft.account.clone_from(account);
            if !matches!(draft.kind, Kind::Session | Kind::User) {
                draft.kind = if self.dice.one_in(2) { Kind::Session } else { Kind::User };
            }
        } else if name.contains(":saml-provider/") {
            (draft.kind, draft.other) = (Kind::Saml, name.to_owned());
        } else if name.contains(":oidc-provider/") || PROVIDERS.contains(&name) {
            (draft.kind, draft.other) = (Kind::WebIdentity, name.to_owned());
        } else if Shape::Service.fits(name) {
            (draft.kind, draft.other) = (Kind::Service, name.to_owned());
        }
    }

    /// Bends the caller so that it meets what a condition asks of callers.
    fn bend(&mut self, draft: &mut Draft, asked: &Asked) {
        let known = facts(draft);
        let shape = match asked.key.as_str() {
            "aws:principalaccount" => Shape::Account,
            "aws:username" => Shape::Session,
            _ => Shape::Any,
        };
        let Some(text) = self.meeting(asked, shape, &known) else { return };
        let negated = asked.operator.negated || asked.operator.family == Family::Null;
        match asked.key.as_str() {
            "aws:principalarn" if !negated => {
                if let Some((kind, account, path, name)) = entity(&text) {
                    (draft.kind, draft.account, draft.path, draft.name) = (kind, account, path, name);
                }
            }
            "aws:principalaccount" if is_account(&text) => draft.account = text,
            "aws:username" => {
                draft.kind = Kind::User;
                if !negated {
                    draft.name = text;
                }
            }
            "aws:userid" if !negated => {
                if let Some((id, session)) = text.split_once(':') {
                    draft.kind = Kind::Session;
                    draft.id = id.to_owned();
                    draft.session = session.to_owned();
                } else {
                    draft.kind = Kind::User;
                    draft.id = text;
                }
            }
            "aws:principaltype" if text == "User" => draft.kind = Kind::User,
            "aws:principaltype" if text == "AssumedRole" => draft.kind = Kind::Session,
            "aws:principalisawsservice" if text == "true" => draft.kind = Kind::Service,
            "aws:principalisawsservice" if draft.kind == Kind::Service => draft.kind = Kind::Session,
            "aws:principalservicename" | "aws:principalservicenameslist" => {
                draft.kind = Kind::Service;
                if !negated && Shape::Service.fits(&text) {
                    draft.other = text;
                }
            }
            _ => {}
        }
    }

    /// A caller that exists beside everybody whom the document and the intent name: names are unique in an account.
    fn settle(&mut self, draft: &mut Draft) {
        if !is_name(&draft.name, 1) {
            draft.name = "zz".to_owned();
        }
        if !is_name(&draft.session, 2) {
            draft.session = "zz".to_owned();
        }
        if !is_path(&draft.path) {
            draft.path = "/".to_owned();
        }
        if draft.kind == Kind::User && draft.path.contains('\u{7f}') {
            draft.path = "/".to_owned();
        }
        for (kind, account, path, name) in &self.cuts.named {
            if *kind == draft.kind && *account == draft.account && name.eq_ignore_ascii_case(&draft.name) {
                draft.path.clone_from(path);
                draft.name.clone_from(name);
            }
        }
        let is_id = |text: &str, start: &str| {
            (16..=128).contains(&text.len())
                && text.starts_with(start)
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let start = if draft.kind == Kind::User { "AIDA" } else { "AROA" };
        if !is_id(&draft.id, start) {
            draft.id = format!("{start}EXAMPLEEXAMPLE123{}", self.dice.roll(10));
        }
        if matches!(draft.kind, Kind::Service) && !Shape::Service.fits(&draft.other) {
            draft.other = "zz.amazonaws.com".to_owned();
        }
    }

    fn principal(&mut self, draft: &Draft, context: &mut Context) -> Option<Principal> {
        let Draft { kind, account, path, name, session, other, .. } = draft;
        let partition = "aws".parse().ok()?;
        let account = account.parse().ok()?;
        match kind {
            Kind::User => {
                let (path, name) = (path.parse::<RolePath>().ok()?, name.parse::<UserName>().ok()?);
                Some(Principal::User { partition, account, path, name })
            }
            Kind::Session => {
                let role = name.parse::<RoleName>().ok()?;
                let session = session.parse::<SessionName>().ok()?;
                match path.parse::<RolePath>() {
                    Ok(path) if !self.dice.one_in(3) => {
                        let role = RoleArn { partition, account, path, name: role };
                        Some(Principal::session_of(&role, session))
                    }
                    _ => {
                        // As a session's ARN has it: the path stands in the context only.
                        context.set("aws:PrincipalArn", format!("arn:aws:iam::{account}:role{path}{role}"));
                        Some(Principal::RoleSession { partition, account, path: None, role, session })
                    }
                }
            }
            Kind::Service => Some(Principal::Service(other.clone())),
            Kind::WebIdentity => Some(Principal::WebIdentity(other.clone())),
            Kind::Saml => Some(Principal::Saml(other.clone())),
        }
    }

    /// A call for the role.
    pub(super) fn call(
        &mut self,
        resource: &str,
        id: &Id,
        plain: bool,
        as_one_of: &[String],
    ) -> Option<Request> {
        let allows: Vec<&Statement> =
            self.cuts.statements.iter().filter(|statement| statement.allows).collect();
        let denies = self.cuts.statements.iter().filter(|statement| !statement.allows);
        // To break "can", aim at the statements that deny.
        let aims: Vec<&Statement> =
            if plain { denies.chain(allows.iter().copied()).collect() } else { allows };
        let through = (!aims.is_empty() && !self.dice.one_in(12)).then(|| *self.dice.pick(&aims));
        let wide = through.is_none_or(|statement| statement.wide);
        let mut draft = self.draft(through, wide);
        if !as_one_of.is_empty() {
            let name = self.dice.pick(as_one_of).clone();
            self.act_as(&mut draft, &name);
        }
        let trusted_draft = draft.clone();
        let mut asked: Vec<&Asked> =
            through.into_iter().flat_map(|statement| &statement.conditions).collect();
        if self.dice.one_in(2) {
            asked.reverse();
        }
        for asked in asked {
            if !self.dice.one_in(8) {
                self.bend(&mut draft, asked);
            }
        }
        if !as_one_of.is_empty() {
            // Bending must not make somebody else of a trusted caller.
            draft.account = trusted_draft.account;
            if !matches!(draft.kind, Kind::User | Kind::Session)
                || !matches!(trusted_draft.kind, Kind::User | Kind::Session)
            {
                (draft.kind, draft.other) = (trusted_draft.kind, trusted_draft.other);
            }
        }
        self.settle(&mut draft);
        let mut context = Context::new();
        let principal = self.principal(&draft, &mut context)?;
        let mut known = facts(&draft);
        self.fill(&draft, through, &mut context, &mut known, plain);
        self.external_id(&draft, id, through, &known, &mut context);
        let action = match draft.kind {
            Kind::WebIdentity => "sts:AssumeRoleWithWebIdentity",
            Kind::Saml => "sts:AssumeRoleWithSAML",
            Kind::User | Kind::Session | Kind::Service => "sts:AssumeRole",
        };
        Some(Request {
            principal,
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: None,
            context,
        })
    }

    fn external_id(
        &mut self,
        draft: &Draft,
        id: &Id,
        through: Option<&Statement>,
        known: &Facts,
        context: &mut Context,
    ) {
        let key = "sts:ExternalId";
        let token = matches!(draft.kind, Kind::WebIdentity | Kind::Saml);
        let value = match id {
            _ if token => ContextValue::Absent,
            Id::Exactly(id) => one(id.clone()),
            Id::Absent => ContextValue::Absent,
            Id::Any | Id::AnythingBut(_) => match self.dice.roll(6) {
                0 => match id {
                    Id::AnythingBut(id) => one(near_miss(&mut self.dice, id)),
                    _ => one("zz"),
                },
                1 => one(*self.dice.pick(&[
                    "zz",
                    "a:b/c",
                    "5F6B2C1E-8A3D-4C7F-9B1E-2D4F6A8C0E13",
                    "1767225600",
                ])),
                2 => one("y".repeat(1224)),
                _ => self.value("sts:externalid", draft.kind, through, known),
            },
        };
        context.set(key, value);
    }

    /// The keys that the document asks about, and those that follow from them.
    fn fill(
        &mut self,
        draft: &Draft,
        through: Option<&Statement>,
        context: &mut Context,
        known: &mut Facts,
        plain: bool,
    ) {
        let kind = draft.kind;
        let mut tags: BTreeMap<String, (String, String)> = BTreeMap::new();
        let cuts = self.cuts;
        // Keys without variables in their conditions come first, so that the others can refer to them.
        let mut keys: Vec<&String> = cuts.keys.iter().collect();
        let refers = |key: &String| {
            cuts.conditions()
                .any(|asked| asked.key == *key && asked.values.iter().any(|value| value.contains("${")))
        };
        keys.sort_by_key(|key| refers(key));
        for key in keys {
            if key == "sts:externalid" || known.contains_key(key) {
                continue;
            }
            let value = self.value(key, kind, through, known);
            let implies = key.starts_with("aws:requesttag/")
                || ["aws:tagkeys", "sts:transitivetagkeys", "sts:sourceidentity"].contains(&key.as_str());
            if implies && plain {
                continue;
            }
            match (key.as_str(), &value) {
                ("aws:tagkeys", ContextValue::One(tag)) => {
                    tags.entry(tag.to_ascii_lowercase()).or_insert((tag.clone(), "x".to_owned()));
                    continue;
                }
                (_, ContextValue::One(tag)) if key.starts_with("aws:requesttag/") => {
                    let name = &key["aws:requesttag/".len()..];
                    if !name.is_empty() {
                        tags.insert(name.to_owned(), (name.to_owned(), tag.clone()));
                    }
                    continue;
                }
                _ if key.starts_with("aws:requesttag/") || key == "aws:tagkeys" => continue,
                ("sts:transitivetagkeys", ContextValue::One(tag)) => {
                    tags.entry(tag.to_ascii_lowercase()).or_insert((tag.clone(), "x".to_owned()));
                }
                _ => {}
            }
            known.insert(key.clone(), value.clone());
            context.set(key.as_str(), value);
        }
        if !tags.is_empty() {
            let names: Vec<String> = tags.values().map(|(name, _)| name.clone()).collect();
            context.set("aws:TagKeys", names);
            for (name, value) in tags.values() {
                context.set(format!("aws:RequestTag/{name}").as_str(), value.as_str());
            }
        }
        self.link(draft, context);
        if matches!(kind, Kind::User | Kind::Session) {
            let id = known.get("aws:userid").cloned().unwrap_or(ContextValue::Absent);
            context.set("aws:userid", id);
        }
    }

    /// Keys whose values follow from one another.
    fn link(&mut self, draft: &Draft, context: &mut Context) {
        let get = |context: &Context, key: &str| match context.get(&key.into()) {
            Some(ContextValue::One(value)) => Some(value.clone()),
            _ => None,
        };
        let has = |context: &Context, key: &str| context.get(&key.into()).is_some();
        if let Some(path) = get(context, "aws:PrincipalOrgPaths")
            && has(context, "aws:PrincipalOrgID")
        {
            context.set("aws:PrincipalOrgID", path.split('/').next().unwrap_or_default());
        } else if has(context, "aws:PrincipalOrgPaths")
            && let Some(id) = get(context, "aws:PrincipalOrgID")
        {
            context.set("aws:PrincipalOrgPaths", format!("{id}/r-ab12/"));
        }
        if let Some(path) = get(context, "aws:SourceOrgPaths") {
            context.set("aws:SourceOrgID", path.split('/').next().unwrap_or_default());
        } else if get(context, "aws:SourceOrgID").is_some() && has(context, "aws:SourceOrgPaths") {
            context.set("aws:SourceOrgID", ContextValue::Absent);
        }
        // An age exactly where there was a second factor.
        if get(context, "aws:MultiFactorAuthPresent").as_deref() != Some("true")
            && has(context, "aws:MultiFactorAuthPresent")
        {
            context.set("aws:MultiFactorAuthAge", ContextValue::Absent);
        } else if has(context, "aws:MultiFactorAuthAge") && has(context, "aws:MultiFactorAuthPresent") {
            if get(context, "aws:MultiFactorAuthAge").is_none() {
                context.set("aws:MultiFactorAuthAge", "7");
            }
        } else if get(context, "aws:MultiFactorAuthAge").is_some() {
            context.set("aws:MultiFactorAuthPresent", "true");
        }
        // Through an endpoint of a network, or not.
        let endpoint = ["aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"];
        if get(context, "aws:SourceIp").is_some() {
            for key in endpoint {
                context.set(key, ContextValue::Absent);
            }
        } else if endpoint.iter().all(|key| get(context, key).is_none()) && has(context, "aws:SourceIp") {
            context.set("aws:SourceIp", "203.0.113.9");
        } else {
            for (key, value) in endpoint.iter().zip(["vpc-1a2b3c4d", "vpce-1a2b3c4d", "10.0.0.9"]) {
                if has(context, key) && get(context, key).is_none() {
                    context.set(*key, value);
                }
            }
        }
        if let Some(time) = get(context, "aws:CurrentTime")
            && has(context, "aws:EpochTime")
            && let Ok(time) = time.parse::<jiff::Timestamp>()
        {
            context.set("aws:EpochTime", time.as_second().to_string());
        }
        if draft.kind == Kind::Service && has(context, "aws:PrincipalServiceNamesList") {
            let name = draft.other.clone();
            let list: Vec<String> = match self.dice.roll(2) {
                0 => vec![name],
                _ => vec!["zz.amazonaws.com".to_owned(), name],
            };
            context.set("aws:PrincipalServiceNamesList", list);
        }
    }

    /// A call by a session of the role, for what an identity policy may allow.
    pub(super) fn session_call(
        &mut self,
        role: &RoleArn,
        choose: impl FnOnce(&mut Self, Option<&Statement>, &Facts) -> (String, String),
    ) -> Request {
        let allows: Vec<&Statement> =
            self.cuts.statements.iter().filter(|statement| statement.allows).collect();
        let through = (!allows.is_empty() && !self.dice.one_in(12)).then(|| *self.dice.pick(&allows));
        let mut draft = Draft {
            kind: Kind::Session,
            account: role.account.to_string(),
            path: role.path.to_string(),
            name: role.name.to_string(),
            session: self.name(true),
            id: String::new(),
            other: String::new(),
        };
        for asked in through.into_iter().flat_map(|statement| &statement.conditions) {
            if asked.key == "aws:userid" {
                self.bend(&mut draft, asked);
            }
        }
        (draft.kind, draft.account) = (Kind::Session, role.account.to_string());
        (draft.path, draft.name) = (role.path.to_string(), role.name.to_string());
        if !is_name(&draft.session, 2) {
            draft.session = "zz".to_owned();
        }
        self.settle(&mut draft);
        (draft.path, draft.name) = (role.path.to_string(), role.name.to_string());
        let principal = Principal::session_of(role, draft.session.parse().unwrap());
        let mut context = Context::new();
        let mut known = facts(&draft);
        self.fill(&draft, through, &mut context, &mut known, true);
        for key in ["sts:RoleSessionName", "sts:ExternalId"] {
            context.set(key, ContextValue::Absent);
        }
        let (action, resource) = choose(self, through, &known);
        if let Some(region) = resource.split(':').nth(3).filter(|region| !region.is_empty())
            && self.cuts.keys.iter().any(|key| key == "aws:requestedregion")
        {
            context.set("aws:RequestedRegion", region);
        }
        Request { principal, action, resource, resource_account: None, context }
    }

    /// A text that a resource pattern covers.
    pub(super) fn resource(&mut self, pattern: &str, known: &Facts) -> String {
        self.instance(pattern, Family::Wild, known)
    }
}

/// What follows from the caller.
fn facts(draft: &Draft) -> Facts {
    let Draft { kind, account, path, name, session, id, other } = draft;
    let mut facts = Facts::new();
    let mut set = |key: &str, value: ContextValue| {
        facts.insert(key.to_owned(), value);
    };
    match kind {
        Kind::User => {
            set("aws:principalarn", one(format!("arn:aws:iam::{account}:user{path}{name}")));
            set("aws:principalaccount", one(account.clone()));
            set("aws:principaltype", one("User"));
            set("aws:userid", one(id.clone()));
            set("aws:username", one(name.clone()));
            set("aws:principalisawsservice", one("false"));
            set("aws:principalservicename", ContextValue::Absent);
            set("aws:principalservicenameslist", ContextValue::Absent);
        }
        Kind::Session => {
            set("aws:principalarn", one(format!("arn:aws:iam::{account}:role{path}{name}")));
            set("aws:principalaccount", one(account.clone()));
            set("aws:principaltype", one("AssumedRole"));
            set("aws:userid", one(format!("{id}:{session}")));
            set("aws:username", ContextValue::Absent);
            set("aws:principalisawsservice", one("false"));
            set("aws:principalservicename", ContextValue::Absent);
            set("aws:principalservicenameslist", ContextValue::Absent);
        }
        Kind::Service => {
            set("aws:username", ContextValue::Absent);
            set("aws:principalisawsservice", one("true"));
            set("aws:principalservicename", one(other.clone()));
        }
        Kind::WebIdentity | Kind::Saml => {
            set("aws:username", ContextValue::Absent);
            set("aws:principalservicename", ContextValue::Absent);
            set("aws:principalservicenameslist", ContextValue::Absent);
        }
    }
    facts
}
