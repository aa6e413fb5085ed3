//! Requests that AWS could see, drawn from a document's own cuts. Which caller has which key is as in section 2 of
//! `reference/proof.md`; where AWS does not say, the key is present or absent, with any value.

mod caller;
mod cuts;
mod shape;
mod values;

use std::collections::BTreeMap;

use rolecall_iam::arn::RoleArn;
use rolecall_iam::context::{Context, ContextValue};
use rolecall_iam::evaluate::Request;
use rolecall_iam::principal::Principal;

use self::caller::{Draft, facts};
pub(super) use self::cuts::Cuts;
use self::cuts::is_name;
use super::super::random::Dice;
use super::asked::{Asked, Statement};
use super::knowledge::near_miss;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Session,
    Service,
    WebIdentity,
    Saml,
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

pub(super) struct Drawer<'c> {
    pub(super) dice: Dice,
    pub(super) cuts: &'c Cuts,
    pub(super) constants: &'c super::knowledge::Constants,
}

impl Drawer<'_> {
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
                || ["aws:tagkeys", "sts:sourceidentity"].contains(&key.as_str());
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
}
