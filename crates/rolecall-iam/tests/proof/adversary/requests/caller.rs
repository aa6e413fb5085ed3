//! Callers: those whom a document names, those who meet what it asks of callers, and those beside them.

use rolecall_iam::arn::{RoleArn, RoleName, RolePath, SessionName, UserName};
use rolecall_iam::context::{Context, ContextValue};
use rolecall_iam::principal::Principal;

use super::super::asked::{Asked, Family, Statement};
use super::super::knowledge::{PATHS, PROVIDERS, SERVICES};
use super::cuts::{accounts_in, entity, is_account, is_name, is_path, session};
use super::shape::Shape;
use super::{Drawer, Facts, Kind, one};

/// A caller while it is being made up.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) account: String,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) session: String,
    /// The unique id of the role or user.
    pub(super) id: String,
    /// The service or the provider.
    pub(super) other: String,
}

impl Drawer<'_> {
    pub(super) fn draft(&mut self, through: Option<&Statement>, wide: bool) -> Draft {
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
    pub(super) fn act_as(&mut self, draft: &mut Draft, name: &str) {
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
    pub(super) fn bend(&mut self, draft: &mut Draft, asked: &Asked) {
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

    /// A caller that could exist. Names are unique in an account, so it mostly has the path at which the document or the intent names
    /// it; a role or user that was moved has another one.
    pub(super) fn settle(&mut self, draft: &mut Draft) {
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
        let is_moved = self.dice.one_in(4);
        for (kind, account, path, name) in &self.cuts.named {
            if *kind == draft.kind && *account == draft.account && name.eq_ignore_ascii_case(&draft.name) {
                if !is_moved {
                    draft.path.clone_from(path);
                }
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

    pub(super) fn principal(&mut self, draft: &Draft, context: &mut Context) -> Option<Principal> {
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
}

/// What follows from the caller.
pub(super) fn facts(draft: &Draft) -> Facts {
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
