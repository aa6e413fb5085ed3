//! Who calls, as a product of languages: not an example of a caller, but all callers of one form at once.
//!
//! A form is a kind of caller and the shape of its strings: its ARN (of the user, or of the role behind a session), its
//! unique id, or its name where it has no account. Statements and claims narrow these languages; every key that follows
//! from the caller is a part of one of them ([`Caller::derived`]). An example is taken out of what remains at the very
//! end ([`Caller::example`]).

use std::borrow::Cow;

use super::strings::{Strings, Variable};
use crate::arn::{AccountId, Partition, RoleArn, SessionName};
use crate::context::{Accounts, Lookup};
use crate::keys::{self, CallerKey, CallerKind, CallerPart, Follows, Presence, Source};
use crate::pattern::{Budget, CharacterSet, Pattern, Token, TooLarge};
use crate::principal::Principal;

/// The calls that claims are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// Assuming the role.
    AssumeRole,
    /// Invoking a function.
    Invoke,
    /// Anything that a session may do.
    Any,
}

/// All callers of one form.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(super) kind: CallerKind,
    /// Of the account, for callers who have one.
    partition: Option<Partition>,
    /// What its strings look like. Others than these it does not have.
    shapes: Vec<(Variable, Pattern)>,
    /// The one caller that is meant, where there is only one.
    pub(super) fixed: Option<Principal>,
    /// Accounts to which these callers do not belong, of callers of whom it is not known.
    not_of: Vec<(Partition, AccountId)>,
}

/// What a condition key is for callers of one form.
pub(super) enum Derived<'c> {
    /// The same for all of them.
    Constant(Cow<'c, str>),
    /// A part of one of their strings.
    Part(Variable, CallerPart),
    /// No such caller has it.
    Never,
    /// AWS does not say, but for that it is no value of one of these accounts.
    NotOf(Accounts<'c>),
    /// AWS does not say.
    Undocumented,
    /// It does not follow from the caller.
    Independent,
}

fn repeated(set: CharacterSet, least: usize) -> impl Iterator<Item = Token> {
    std::iter::repeat_n(Token::One(set), least).chain([Token::Run(set)])
}

fn extended(mut pattern: Pattern, tokens: impl IntoIterator<Item = Token>) -> Pattern {
    tokens.into_iter().for_each(|token| pattern.push(token));
    pattern
}

fn account_digits() -> impl Iterator<Item = Token> {
    std::iter::repeat_n(Token::One(CharacterSet::Digit), 12)
}

/// The service in the ARNs of callers of a kind.
fn arn_service(kind: CallerKind) -> &'static str {
    if kind == CallerKind::FederatedUser { "sts" } else { "iam" }
}

impl Caller {
    /// Every form of caller that can make a call, in one of these partitions.
    pub(super) fn forms(call: Call, partitions: &[Partition]) -> Vec<Self> {
        let mut forms = Vec::new();
        for partition in partitions {
            // Paths are visible ASCII, names are not: with and without a path are two shapes.
            for pathed in [false, true] {
                forms.push(Self::of_entity(CallerKind::Session, partition, "role", pathed));
                forms.push(Self::of_entity(CallerKind::User, partition, "user", pathed));
            }
            if call != Call::AssumeRole {
                forms.push(Self::in_account(CallerKind::Root, partition, &Pattern::literal("root")));
                let name = repeated(CharacterSet::Name, 2);
                let user = extended(Pattern::literal("federated-user/"), name);
                forms.push(Self::in_account(CallerKind::FederatedUser, partition, &user));
            }
        }
        // Names of services end like this (IAM User Guide, "Principal"); any other name is a form of its own.
        let ends = [".amazonaws.com", ".amazonaws.com.cn"];
        forms.extend(ends.map(|end| {
            let mut name = extended(Pattern::default(), repeated(CharacterSet::Host, 1));
            name.push_literal(end);
            Self::named(CallerKind::Service, name)
        }));
        let any = || extended(Pattern::default(), repeated(CharacterSet::Any, 1));
        forms.push(Self::named(CallerKind::Service, any()));
        if call == Call::AssumeRole {
            for (kind, resource) in
                [(CallerKind::WebIdentity, "oidc-provider/"), (CallerKind::Saml, "saml-provider/")]
            {
                for partition in partitions {
                    let mut provider = Pattern::literal(&format!("arn:{partition}:iam::"));
                    account_digits().for_each(|digit| provider.push(digit));
                    provider.push_literal(&format!(":{resource}"));
                    forms.push(Self::named(kind, extended(provider, repeated(CharacterSet::Visible, 1))));
                }
                forms.push(Self::named(kind, any()));
            }
        } else {
            forms.push(Self {
                kind: CallerKind::Anonymous,
                partition: None,
                shapes: Vec::new(),
                fixed: Some(Principal::Anonymous),
                not_of: Vec::new(),
            });
        }
        forms
    }

    fn of_entity(kind: CallerKind, partition: &Partition, word: &str, pathed: bool) -> Self {
        let mut entity = Pattern::literal(&format!("{word}/"));
        if pathed {
            repeated(CharacterSet::Visible, 1).for_each(|token| entity.push(token));
            entity.push_literal("/");
        }
        Self::in_account(kind, partition, &extended(entity, repeated(CharacterSet::Name, 1)))
    }

    fn in_account(kind: CallerKind, partition: &Partition, resource: &Pattern) -> Self {
        let mut arn = Pattern::literal(&format!("arn:{partition}:{}::", arn_service(kind)));
        account_digits().for_each(|digit| arn.push(digit));
        arn.push_literal(":");
        let arn = extended(arn, resource.tokens().iter().copied());
        let mut shapes = vec![(Variable::Arn, arn)];
        shapes.extend(user_id_shape(kind, None).map(|shape| (Variable::UserId, shape)));
        Self { kind, partition: Some(partition.clone()), shapes, fixed: None, not_of: Vec::new() }
    }

    fn named(kind: CallerKind, name: Pattern) -> Self {
        Self { kind, partition: None, shapes: vec![(Variable::Name, name)], fixed: None, not_of: Vec::new() }
    }

    /// This caller alone. The unique id behind a user or a role stays open unless it is given.
    pub(super) fn only(principal: &Principal, user_id: Option<&str>) -> Self {
        let kind = principal.kind();
        let mut shapes = Vec::new();
        let mut partition = None;
        match principal {
            Principal::Root { partition: of, .. }
            | Principal::User { partition: of, .. }
            | Principal::Role(RoleArn { partition: of, .. })
            | Principal::RoleSession { partition: of, .. }
            | Principal::FederatedUser { partition: of, .. } => {
                partition = Some(of.clone());
                if let Some(Lookup::One(arn)) = principal.derive("aws:principalarn") {
                    shapes.push((Variable::Arn, Pattern::literal(&arn)));
                }
                let session = match principal {
                    Principal::RoleSession { session, .. } => Some(session),
                    _ => None,
                };
                let shape = match user_id {
                    Some(user_id) => Some(Pattern::literal(user_id)),
                    None => user_id_shape(kind, session),
                };
                shapes.extend(shape.map(|shape| (Variable::UserId, shape)));
            }
            Principal::Service(name) | Principal::WebIdentity(name) | Principal::Saml(name) => {
                shapes.push((Variable::Name, Pattern::literal(name)));
            }
            Principal::Anonymous => {}
        }
        Self { kind, partition, shapes, fixed: Some(principal.clone()), not_of: Vec::new() }
    }

    /// One of these callers alone.
    pub(super) fn alone(&self, principal: &Principal, user_id: Option<&str>) -> Self {
        Self { not_of: self.not_of.clone(), ..Self::only(principal, user_id) }
    }

    /// Those of these services that do not belong to any of these accounts. AWS does not say whether a service has an account of its
    /// own; one that has belongs to it.
    pub(super) fn not_of(self, accounts: Vec<(Partition, AccountId)>) -> Self {
        Self { not_of: accounts, ..self }
    }

    /// Any session of one role.
    pub(super) fn session_of(role: &RoleArn) -> Self {
        Self::only(&Principal::Role(role.clone()), None)
    }

    /// The strings of the caller, in a request of which nothing else is settled.
    pub(super) fn strings(&self) -> Strings<'_> {
        let mut strings = Strings::default();
        for (variable, shape) in &self.shapes {
            let language = strings.get(*variable).clone().all_of([shape]);
            strings = strings.with(*variable, language);
        }
        strings
    }

    /// The action by which such a caller asks for a session of a role.
    pub(super) fn role_call(&self) -> &'static str {
        match self.kind {
            CallerKind::WebIdentity => "sts:AssumeRoleWithWebIdentity",
            CallerKind::Saml => "sts:AssumeRoleWithSAML",
            CallerKind::Root
            | CallerKind::User
            | CallerKind::Session
            | CallerKind::FederatedUser
            | CallerKind::Service
            | CallerKind::Anonymous => "sts:AssumeRole",
        }
    }

    /// What a key is for these callers.
    pub(super) fn derived(&self, folded_key: &str) -> Derived<'_> {
        let key = match keys::facts(folded_key).map(|facts| facts.source) {
            Some(Source::Caller(key)) => key,
            Some(Source::Attribute(attribute)) if attribute.presence(self.kind) == Presence::Undocumented => {
                return Derived::Undocumented;
            }
            _ => return Derived::Independent,
        };
        let part = match key.follows(self.kind) {
            Follows::Constant(value) => return Derived::Constant(Cow::Borrowed(value)),
            Follows::Never => return Derived::Never,
            Follows::NoAccount => return Derived::NotOf(Accounts::All),
            Follows::Undocumented
                if matches!(key, CallerKey::Arn | CallerKey::Account) && !self.not_of.is_empty() =>
            {
                return Derived::NotOf(Accounts::These(&self.not_of));
            }
            Follows::Undocumented => return Derived::Undocumented,
            Follows::Part(part) => part,
        };
        if let Some(Lookup::One(value)) =
            self.fixed.as_ref().and_then(|principal| principal.derive(folded_key))
        {
            return Derived::Constant(value);
        }
        match (part, self.kind) {
            // The root user's id is the account, a federated user's begins with it.
            (CallerPart::UserId, CallerKind::Root | CallerKind::FederatedUser) => {
                Derived::Part(Variable::Arn, part)
            }
            (CallerPart::UserId, _) => Derived::Part(Variable::UserId, part),
            (CallerPart::ServiceName, _) => Derived::Part(Variable::Name, part),
            (CallerPart::Arn | CallerPart::Account | CallerPart::UserName, _) => {
                Derived::Part(Variable::Arn, part)
            }
        }
    }

    /// The ARNs before the account: `arn:aws:iam::`.
    pub(super) fn arn_head(&self) -> Option<String> {
        let partition = self.partition.as_ref()?;
        Some(format!("arn:{partition}:{}::", arn_service(self.kind)))
    }

    /// The ARNs in which a part of the caller matches a pattern that was made for that part alone; `None` where that cannot
    /// be said in terms of the ARN.
    pub(super) fn pattern_on_part(&self, part: CallerPart, value: &Pattern) -> Option<Within> {
        let within = |set: CharacterSet, head: Pattern, tail: &str| {
            let Some(value) = value.within(set) else { return Within::Nothing };
            let mut pattern = extended(head, value.tokens().iter().copied());
            pattern.push_like(tail, CharacterSet::Any);
            Within::Pattern(if value.ignores_case() { pattern.ignoring_case() } else { pattern })
        };
        match (part, self.kind) {
            (CallerPart::Arn | CallerPart::ServiceName, _) => Some(Within::Pattern(value.clone())),
            (CallerPart::UserId, CallerKind::User | CallerKind::Session) => {
                Some(Within::Pattern(value.clone()))
            }
            (CallerPart::Account, _) | (CallerPart::UserId, CallerKind::Root) => {
                let head = Pattern::literal(&self.arn_head()?);
                Some(within(CharacterSet::Digit, head, ":*"))
            }
            (CallerPart::UserName, _) => {
                let mut head = Pattern::literal(&self.arn_head()?);
                account_digits().for_each(|digit| head.push(digit));
                head.push_literal(":user/");
                if self.has_path() {
                    head.push_like("*/", CharacterSet::Any);
                }
                Some(within(CharacterSet::Name, head, ""))
            }
            (CallerPart::UserId, _) => None,
        }
    }

    /// Whether the shape of the ARN has a path.
    fn has_path(&self) -> bool {
        let arn = self.shapes.iter().find(|(variable, _)| *variable == Variable::Arn);
        arn.is_some_and(|(_, shape)| shape.tokens().contains(&Token::Run(CharacterSet::Visible)))
    }

    /// The ARNs of an account.
    pub(super) fn arns_of_account(&self, account: &AccountId) -> Option<Pattern> {
        let mut pattern = Pattern::literal(&format!("{}{account}:", self.arn_head()?));
        pattern.push(Token::Run(CharacterSet::Any));
        Some(pattern)
    }

    /// The ARNs that the role of a name can have, of every path.
    pub(super) fn arns_of_role(&self, account: &AccountId, name: &str) -> Option<Pattern> {
        if let Some(fixed) = &self.fixed {
            let (of, named) = match fixed {
                Principal::Role(role) => (&role.account, &role.name),
                Principal::RoleSession { account, role, .. } => (account, role),
                _ => return None,
            };
            return (of == account && named.as_str() == name).then(|| Pattern::like("*"));
        }
        let mut pattern = Pattern::literal(&format!("{}{account}:role/", self.arn_head()?));
        if self.has_path() {
            pattern.push_like("*/", CharacterSet::Any);
        }
        Some(pattern.followed_by(name))
    }

    pub(super) fn partition(&self) -> Option<&Partition> {
        self.partition.as_ref()
    }

    /// A caller out of what remains of the languages, with its unique id. `None` where nothing remains; the inner `None`
    /// where what remains is no caller that AWS would accept.
    pub(super) fn example(
        &self,
        strings: &Strings<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Option<Example>>, TooLarge> {
        let arn = match self.kind.has_account() {
            true => {
                let likely = self.likely_arns(strings);
                let likely: Vec<&str> = likely.iter().map(String::as_str).collect();
                match strings.get(Variable::Arn).example(&likely, budget)? {
                    Some(arn) => arn,
                    None => return Ok(None),
                }
            }
            false => String::new(),
        };
        let user_id = match strings.get(Variable::UserId).example(&LIKELY_USER_IDS, budget)? {
            Some(user_id) => user_id,
            None => return Ok(None),
        };
        let name = match strings.get(Variable::Name).example(&LIKELY_NAMES, budget)? {
            Some(name) => name,
            None => return Ok(None),
        };
        Ok(Some(self.principal(&arn, &user_id, &name).map(|principal| Example {
            user_id: matches!(self.kind, CallerKind::User | CallerKind::Session).then_some(user_id),
            principal,
        })))
    }

    fn principal(&self, arn: &str, user_id: &str, name: &str) -> Option<Principal> {
        if let Some(fixed) = &self.fixed
            && !matches!(fixed, Principal::Role(_))
        {
            return Some(fixed.clone());
        }
        match self.kind {
            CallerKind::Root | CallerKind::User | CallerKind::FederatedUser => arn.parse().ok(),
            CallerKind::Session => {
                let role: RoleArn = arn.parse().ok()?;
                let (_, session) = user_id.split_once(':')?;
                Some(Principal::session_of(&role, session.parse().ok()?))
            }
            // What cannot be read back is no name that AWS would know.
            CallerKind::Service | CallerKind::WebIdentity | CallerKind::Saml => {
                name.parse::<Principal>().ok().filter(|principal| principal.kind() == self.kind)
            }
            CallerKind::Anonymous => Some(Principal::Anonymous),
        }
    }

    /// ARNs that read well, by what is required of them. They only choose among what remains.
    fn likely_arns(&self, strings: &Strings<'_>) -> Vec<String> {
        let Some(head) = self.arn_head() else { return Vec::new() };
        let required = strings.get(Variable::Arn).required();
        let account = required.iter().find_map(|pattern| literal_account(pattern, &head));
        let accounts = match account {
            Some(account) => vec![account],
            None => LIKELY_ACCOUNTS.map(str::to_owned).to_vec(),
        };
        let word = if self.kind == CallerKind::User { "user" } else { "role" };
        let name = if self.kind == CallerKind::User { "another-user" } else { "another-role" };
        let mut likely: Vec<String> =
            accounts.iter().map(|account| format!("{head}{account}:{word}/{name}")).collect();
        let specimens = required.iter().map(|pattern| super::variable::specimen(pattern));
        likely.extend(specimens.flat_map(|specimen| {
            let rest = specimen.splitn(6, ':').nth(5).unwrap_or_default().to_owned();
            let elsewhere = accounts.iter().map(move |account| format!("{account}:{rest}"));
            let elsewhere: Vec<String> = elsewhere.map(|end| format!("{head}{end}")).collect();
            std::iter::once(specimen).chain(elsewhere)
        }));
        likely.extend(accounts.iter().map(|account| format!("{head}{account}:{word}/team/{name}")));
        likely
    }
}

/// The account that a pattern requires, where it is written out.
pub(super) fn literal_account(pattern: &Pattern, head: &str) -> Option<String> {
    let tokens = pattern.tokens();
    let begins = head.chars().zip(tokens).all(|(character, token)| *token == Token::Character(character));
    let account = tokens.get(head.chars().count()..head.chars().count() + 12)?;
    let account: Option<String> = account
        .iter()
        .map(|token| match token {
            Token::Character(character) if character.is_ascii_digit() => Some(*character),
            Token::Character(_) | Token::One(_) | Token::Run(_) => None,
        })
        .collect();
    account.filter(|_| begins)
}

/// Where a part of a caller matches.
pub(super) enum Within {
    Pattern(Pattern),
    /// No value of the part can match.
    Nothing,
}

/// A caller taken out of what remained.
#[derive(Debug, Clone)]
pub(super) struct Example {
    pub(super) principal: Principal,
    /// Of users and sessions, whose principals do not tell it.
    pub(super) user_id: Option<String>,
}

/// Examples that a reader knows; what is decided does not depend on them.
const LIKELY_ACCOUNTS: [&str; 3] = ["999999999999", "888888888888", "444455556666"];
const LIKELY_USER_IDS: [&str; 3] =
    ["AROAEXAMPLEROLEID:session", "AROAEXAMPLEROLEID:another-session", "AIDAEXAMPLEUSERID"];
const LIKELY_NAMES: [&str; 5] = [
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "another.amazonaws.com",
    "accounts.google.com",
    "arn:aws:iam::999999999999:saml-provider/another-provider",
];

/// The ids that IAM gives to users and roles (IAM User Guide, "IAM identifiers"); of a session with its name.
fn user_id_shape(kind: CallerKind, session: Option<&SessionName>) -> Option<Pattern> {
    let id = |prefix: &str| extended(Pattern::literal(prefix), repeated(CharacterSet::Alphanumeric, 12));
    match kind {
        CallerKind::User => Some(id("AIDA")),
        CallerKind::Session => {
            let mut shape = id("AROA");
            shape.push_literal(":");
            match session {
                Some(session) => shape.push_literal(session.as_str()),
                None => repeated(CharacterSet::Name, 2).for_each(|token| shape.push(token)),
            }
            Some(shape)
        }
        CallerKind::Root
        | CallerKind::FederatedUser
        | CallerKind::Service
        | CallerKind::WebIdentity
        | CallerKind::Saml
        | CallerKind::Anonymous => None,
    }
}

/// Sessions by their name: the end of their unique id.
pub(super) fn user_ids_of_session(session: &SessionName) -> Pattern {
    Pattern::like("*:").followed_by(session.as_str())
}
