//! What a role does by its own permissions: everything, something with data, or something else.

use rolecall_iam::document::Effect;
use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::Resources;
use rolecall_iam::truth::Truth;

use super::chosen::{ANY_ACTION, with_own_keys};
use super::holder::{Can, Given, filled, session_of, usual};
use super::known::Asked;
use super::services::{TELLING, Telling};
use super::step::Actor;
use super::{Access, Assumption, Extent, TELLING_ACTIONS};

impl Actor<'_> {
    /// Requests that show an administrator, as far as its policies can be read; `None` where it is none.
    pub(super) fn administers(&self) -> Option<Vec<Request>> {
        let requests = self.answers().administers.get((), || self.administers_alone(), |_| true)?;
        Some(requests.into_iter().map(|request| self.in_its_name(request)).collect())
    }

    fn administers_alone(&self) -> Option<Vec<Request>> {
        let always = |action: &str, like: &str| {
            let weighed = self.holder.weigh(action, Resources::Like(like), &Given::default());
            let is_always = weighed.refused.is_none() && weighed.reasons.is_empty();
            weighed.allowed.filter(|_| is_always)
        };
        if !self.grants(ANY_ACTION) {
            return None;
        }
        always(ANY_ACTION, "*")?;
        TELLING_ACTIONS
            .iter()
            .map(|(action, like)| {
                let mut request = always(action, &filled(like, &self.role.arn))?.request;
                request.principal = session_of(&self.role.arn);
                Some(request)
            })
            .collect()
    }

    /// A request for a telling action, and what it takes for granted.
    pub(super) fn asks(&self, telling: &'static Telling) -> Option<Result<Asked, Vec<String>>> {
        let is_decided = |found: &Option<Result<Asked, Vec<String>>>| !matches!(found, Some(Err(_)));
        let found = self.answers().asked.get(telling, || self.asks_alone(telling), is_decided)?;
        Some(found.map(|(request, assumes)| (self.in_its_name(request), assumes)))
    }

    fn asks_alone(&self, telling: &'static Telling) -> Option<Result<Asked, Vec<String>>> {
        if !self.grants(telling.action) {
            return None;
        }
        let upon =
            |on: &str| self.holder.can_some(telling.action, &filled(on, &self.role.arn), &Given::default());
        let mut found = upon(telling.on);
        if let (Can::Never, Some(on)) = (&found, telling.or_on) {
            found = upon(on);
        }
        let mut elsewhere = None;
        if let Can::Never = found {
            elsewhere = Some(Assumption::OtherAccount);
            found = self.of_others(telling);
        }
        let (request, mut assumes) = match found {
            Can::Certainly(request) => (request, Vec::new()),
            Can::If(request, assumes) => (request, assumes),
            Can::Never => return None,
            Can::Undecided(reasons) => {
                let told = reasons.into_iter().map(|reason| format!("`{}`: {reason}", telling.action));
                return Some(Err(told.collect()));
            }
        };
        assumes.extend(self.unread.iter().cloned().map(Assumption::Unread));
        assumes.extend(elsewhere);
        assumes.extend(telling.beside.map(Assumption::Exists));
        Some(Ok((request, assumes)))
    }

    /// A telling action upon things of another account, whose policies decide, too.
    fn of_others(&self, telling: &Telling) -> Can {
        if !telling.on.contains("{account}") {
            return Can::Never;
        }
        let like = filled(&telling.on.replace("{account}", "????????????"), &self.role.arn);
        self.holder.can_like(telling.action, &like, &Given::default())
    }

    /// Upon what a telling action is allowed.
    pub(super) fn extent(&self, telling: &'static Telling) -> Extent {
        self.answers().extents.get(telling, || self.extent_alone(telling), |_| true)
    }

    fn extent_alone(&self, telling: &Telling) -> Extent {
        let like = filled(telling.on, &self.role.arn);
        let usual = usual(&like, self.role.arn.partition.as_str());
        // Where one resource is out of reach, it is not all of them, and the others need not be asked.
        let is_never = matches!(self.holder.can(telling.action, &usual, &Given::default()), Can::Never);
        if !is_never {
            let weighed = self.holder.weigh(telling.action, Resources::Like(&like), &Given::default());
            if weighed.refused.is_none() && weighed.reasons.is_empty() {
                return Extent::All;
            }
        }
        Extent::Named {
            allowed: self.texts(telling.action, Effect::Allow),
            denied: self.texts(telling.action, Effect::Deny),
        }
    }

    /// Data that the role gets at by a telling action.
    fn reads(&self, telling: &'static Telling) -> Option<Result<Access, Vec<String>>> {
        let found = self.asks(telling)?;
        let access = |(request, assumes)| Access { telling, extent: self.extent(telling), request, assumes };
        Some(found.map(access))
    }

    /// Everything of the table, and whether anything else could not be decided.
    pub(super) fn data(&self) -> impl Iterator<Item = Result<Access, Vec<String>>> {
        let is_doubtful = self.does_anything().1 == Truth::Unknown;
        let doubt =
            is_doubtful.then(|| Err(vec!["whether anything is allowed could not be decided".to_owned()]));
        TELLING.iter().filter_map(|telling| self.reads(telling)).chain(doubt)
    }

    /// The resources of the statements that cover an action, as they are written.
    fn texts(&self, action: &str, effect: Effect) -> Vec<String> {
        let concerned = self.holder.statements().filter(|statement| {
            statement.effect == effect && statement.covers_action(action) != Truth::False
        });
        let mut texts: Vec<String> = concerned
            .filter_map(|statement| Some((statement.resource.as_ref()?, !statement.conditions.is_empty())))
            .flat_map(|(clause, is_conditional)| {
                let before = if clause.negated { "all but " } else { "" };
                let after = if is_conditional { " under conditions" } else { "" };
                clause.values.iter().map(move |value| format!("{before}{}{after}", value.text.raw()))
            })
            .collect();
        texts.sort();
        texts.dedup();
        texts
    }

    /// Whether anything at all is allowed, for certain and under assumptions; `Unknown` where that is not decided.
    pub(super) fn does_anything(&self) -> (Truth, Truth) {
        self.answers().anything.get((), || self.does_anything_alone(), |_| true)
    }

    fn does_anything_alone(&self) -> (Truth, Truth) {
        let (mut certain, mut possible) = (Truth::False, Truth::False);
        for statement in self.holder.statements().filter(|statement| statement.effect == Effect::Allow) {
            for action in &statement.action.values {
                let is_open = statement.action.negated || action.raw().contains(['*', '?']);
                let named = match action.raw() {
                    _ if statement.action.negated => ANY_ACTION.to_owned(),
                    "*" => ANY_ACTION.to_owned(),
                    text => text.replace('*', "Any").replace('?', "A"),
                };
                // A wildcard stands for actions with keys that others do not have.
                let covered = with_own_keys()
                    .filter(|own| is_open && statement.covers_action(own) != Truth::False)
                    .map(str::to_owned);
                for action in std::iter::once(named).chain(covered) {
                    match self.holder.can_some(&action, "*", &Given::default()) {
                        Can::Certainly(_) if self.unread.is_empty() => return (Truth::True, Truth::True),
                        Can::Certainly(_) | Can::If(..) => possible = Truth::True,
                        Can::Undecided(_) => {
                            (certain, possible) = (Truth::Unknown, possible.or(Truth::Unknown));
                        }
                        Can::Never => {}
                    }
                }
            }
        }
        (certain, possible)
    }
}
