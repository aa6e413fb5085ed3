//! What a script declares: the caller, the condition keys that the documents ask about, and what was loosened on the way.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_iam::arn::RoleArn;

use crate::Encoding;
use crate::keys::{self, Count, Key, NAME_CHARACTER, Presence, Type, Value};
use crate::smt::{implies, literal};

/// What a script is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A call that asks for a session of the role.
    Trust,
    /// A call that a session of the role makes.
    Session,
    /// A call that reaches a function. Its policy alone lets it in.
    Function,
}

/// A key that the documents ask about.
#[derive(Debug, Clone)]
pub(crate) struct Used {
    pub(crate) key: Key,
    /// Its name in the script.
    pub(crate) name: String,
    /// Its name in lower case.
    pub(crate) folded: String,
    /// How many values the script has for it.
    pub(crate) slots: usize,
}

impl Used {
    /// The names of its values.
    pub(crate) fn values(&self) -> Vec<String> {
        match self.key.count {
            Count::One => vec![self.name.clone()],
            Count::Several | Count::Unknown => {
                (1..=self.slots).map(|slot| format!("{}.{slot}", self.name)).collect()
            }
        }
    }

    /// The first value: it is there where any is.
    pub(crate) fn first(&self) -> String {
        match self.key.count {
            Count::One => self.name.clone(),
            Count::Several | Count::Unknown => format!("{}.1", self.name),
        }
    }

    /// Whether a value can be the empty text.
    pub(crate) fn can_be_empty(&self) -> bool {
        matches!(self.key.sort, Type::Text) && matches!(self.key.value, Value::Any | Value::Short(_))
    }
}

/// The script so far.
pub(crate) struct Model<'m> {
    pub(crate) encoding: Encoding,
    pub(crate) scope: Scope,
    pub(crate) partition: String,
    role: Option<&'m RoleArn>,
    /// How many conditions ask about a key, by its name in lower case.
    asked: BTreeMap<String, usize>,
    /// Every number of the documents is multiplied by ten to this power.
    pub(crate) decimals: usize,
    used: BTreeMap<String, Used>,
    /// The JSON pointer of what is being translated.
    pub(crate) place: String,
    pub(crate) loosened: BTreeSet<String>,
    /// The statement that is being translated covers calls that are made with a provider's token.
    pub(crate) covers_token_calls: bool,
    /// The script needs the caller's session, and the name of its role without the path.
    pub(crate) needs_session: bool,
    /// The script needs the caller's account as a string of its own.
    pub(crate) needs_account: bool,
}

impl<'m> Model<'m> {
    pub(crate) fn new(
        encoding: Encoding,
        scope: Scope,
        partition: String,
        role: Option<&'m RoleArn>,
        asked: BTreeMap<String, usize>,
        decimals: usize,
    ) -> Self {
        Self {
            encoding,
            scope,
            partition,
            role,
            asked,
            decimals,
            used: BTreeMap::new(),
            place: String::new(),
            loosened: BTreeSet::new(),
            covers_token_calls: false,
            needs_session: false,
            needs_account: false,
        }
    }

    /// Notes that something is not known, at the place that is being translated.
    pub(crate) fn loosen(&mut self, what: &str) {
        self.loosened.insert(format!("{}: {what}", self.place));
    }

    /// The key with this name in lower case.
    pub(crate) fn key(&mut self, folded: &str) -> Used {
        if let Some(used) = self.used.get(folded) {
            return used.clone();
        }
        let (key, numbered) = keys::find(folded);
        let name = match numbered {
            true => format!("{}_{}", key.name, self.used.len() + 1),
            false => key.name.to_owned(),
        };
        // Every condition needs at most one value to show for it, and one more tells several values from one.
        let slots = match key.count {
            Count::One => 1,
            Count::Several | Count::Unknown => self.asked.get(folded).copied().unwrap_or(0) + 1,
        };
        let used = Used { key, name, folded: folded.to_owned(), slots };
        self.used.insert(folded.to_owned(), used.clone());
        used
    }

    /// Every key that was asked about so far.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Used> {
        self.used.values()
    }

    /// Whether the request has the value. Permissions that a call needs besides its own do not see the external ID
    /// (Service Authorization Reference, AWS STS): `main` tells them apart.
    pub(crate) fn present(&self, used: &Used, value: &str) -> String {
        match (self.scope, used.folded.as_str()) {
            (Scope::Trust, "sts:externalid") => format!("(and {value}.present main)"),
            _ => format!("{value}.present"),
        }
    }

    /// `arn:aws:iam::`
    pub(crate) fn arn_start(&self) -> String {
        format!("arn:{}:iam::", self.partition)
    }

    /// Whether a request of each kind of caller has the key.
    fn presences(&self, used: &Used) -> Vec<(u8, Presence)> {
        let Key { presence, everywhere, .. } = used.key;
        match self.scope {
            Scope::Session if !everywhere => vec![(2, Presence::Silent)],
            Scope::Session => vec![(2, presence[1])],
            Scope::Trust => (1..).zip(presence).collect(),
            Scope::Function if !everywhere => (0..=4).map(|kind| (kind, Presence::Silent)).collect(),
            Scope::Function => {
                let [user, session, service, ..] = presence;
                let root = if used.key.value == Value::UserName { Presence::Never } else { user };
                // "Anonymous requests do not include this key", says the guide of most keys that tell something of the caller.
                let is_of_caller = presence.iter().any(|other| *other != user);
                let anonymous = match used.key.value {
                    _ if !is_of_caller => user,
                    Value::CallerType => Presence::Always,
                    // Of an anonymous request it is absent or `anonymous`, by the version of the page.
                    Value::CallerAccount => Presence::Silent,
                    Value::Any | Value::IsService if user == Presence::Always => Presence::Silent,
                    _ => Presence::Never,
                };
                (0..).zip([root, user, session, service, anonymous]).collect()
            }
        }
    }

    /// Keys that are free where AWS is silent, or where what AWS says is not used.
    pub(crate) fn free(&self) -> Vec<String> {
        let silent =
            |used: &&Used| self.presences(used).iter().any(|(_, presence)| *presence == Presence::Silent);
        self.used.values().filter(silent).map(|used| used.folded.clone()).collect()
    }

    /// The declarations of everything that the translated documents use.
    pub(crate) fn declarations(&mut self) -> String {
        let mut text = String::new();
        let used: Vec<Used> = self.used.values().cloned().collect();
        self.needs_account |= used
            .iter()
            .any(|used| used.key.value == Value::CallerAccount && self.encoding == Encoding::Parts);
        self.caller(&mut text);
        for used in &used {
            self.declare(used, &mut text);
        }
        text
    }

    /// IAM User Guide, "IAM identifiers" and "IAM and AWS STS quotas": names and paths of users and roles. The API allows
    /// U+0021 to U+007F in a path, among them `:`, `*` and `?`.
    fn caller(&mut self, text: &mut String) {
        let path_character = "(re.range \"!\" \"\\u{7f}\")";
        let mut line = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        line("; --- The caller".to_owned());
        let (kinds, range) = match self.scope {
            Scope::Trust => (
                "1: IAM user, 2: session of a role, 3: AWS service, 4: web identity, 5: SAML identity",
                "(assert (and (<= 1 kind) (<= kind 5)))",
            ),
            Scope::Session => ("2: session of a role", "(assert (= kind 2))"),
            Scope::Function => (
                "0: root user, 1: IAM user, 2: session of a role, 3: AWS service, 4: nobody, as in a request without a signature",
                "(assert (and (<= 0 kind) (<= kind 4)))",
            ),
        };
        line(format!("; {kinds}"));
        line("(declare-const kind Int)".to_owned());
        line(range.to_owned());
        line(format!("(define-fun name_character () RegLan {NAME_CHARACTER})"));
        line("(define-fun digits_12 () RegLan ((_ re.^ 12) (re.range \"0\" \"9\")))".to_owned());
        line(format!(
            "(define-fun path () RegLan (re.union (str.to_re \"/\") (re.++ (str.to_re \"/\") (re.+ {path_character}) (str.to_re \"/\"))))"
        ));
        let start = literal(&self.arn_start());
        match self.encoding {
            Encoding::Parts => {
                line("; aws:PrincipalArn of a user or role: arn_start, acct, a colon, res".to_owned());
                line(format!("(define-fun partition () String {})", literal(&self.partition)));
                line("(declare-const acct String)".to_owned());
                line("(assert (str.in_re acct digits_12))".to_owned());
                line("(declare-const res String)".to_owned());
                if self.scope == Scope::Function {
                    line("(assert (=> (= kind 0) (= res \"root\")))".to_owned());
                }
                for (kind, word) in [(1, "user"), (2, "role")] {
                    line(format!(
                        "(assert (=> (= kind {kind}) (str.in_re res (re.++ (str.to_re \"{word}\") path (re.+ name_character)))))"
                    ));
                }
            }
            Encoding::Whole => {
                line("; aws:PrincipalArn".to_owned());
                line("(declare-const arn String)".to_owned());
                if self.scope == Scope::Function {
                    line(format!(
                        "(assert (=> (= kind 0) (str.in_re arn (re.++ (str.to_re {start}) digits_12 (str.to_re \":root\")))))"
                    ));
                }
                for (kind, word) in [(1, "user"), (2, "role")] {
                    line(format!(
                        "(assert (=> (= kind {kind}) (str.in_re arn (re.++ (str.to_re {start}) digits_12 (str.to_re \":{word}\") path (re.+ name_character)))))"
                    ));
                }
            }
        }
        if let (Scope::Session, Some(role)) = (self.scope, self.role) {
            let RoleArn { partition: _, account, path, name } = role;
            line("; The session is one of this role".to_owned());
            match self.encoding {
                Encoding::Parts => line(format!(
                    "(assert (and (= acct {}) (= res {})))",
                    literal(account.as_str()),
                    literal(&format!("role{path}{name}"))
                )),
                Encoding::Whole => line(format!("(assert (= arn {}))", literal(&role.to_string()))),
            }
        }
        if self.scope != Scope::Session {
            line("; The name of the service".to_owned());
            line("(declare-const service String)".to_owned());
        }
        if self.scope == Scope::Trust {
            line("; The identity provider".to_owned());
            line("(declare-const provider String)".to_owned());
            line("(define-fun saml_provider () RegLan (re.++ (str.to_re \"arn:\") re.all (str.to_re \":saml-provider/\") re.all))".to_owned());
            line("(assert (=> (= kind 4) (not (str.in_re provider saml_provider))))".to_owned());
            line("(assert (=> (= kind 5) (str.in_re provider saml_provider)))".to_owned());
        }
        if self.needs_session {
            line("; The session's name, and the role's name without its path".to_owned());
            line("(declare-const caller_session String)".to_owned());
            line("(assert (str.in_re caller_session (re.+ name_character)))".to_owned());
            if self.encoding == Encoding::Parts {
                line("(declare-const role_path String)".to_owned());
                line("(declare-const role_name String)".to_owned());
                line("(assert (str.in_re role_path path))".to_owned());
                line("(assert (str.in_re role_name (re.+ name_character)))".to_owned());
                line("(assert (=> (= kind 2) (= res (str.++ \"role\" role_path role_name))))".to_owned());
            }
        }
    }

    fn declare(&self, used: &Used, text: &mut String) {
        text.push_str(&format!("; --- {}\n", crate::smt::comment(&used.folded)));
        let values = used.values();
        for value in &values {
            text.push_str(&declare_value(used.key.sort, value));
            text.push_str(&format!("(declare-const {value}.present Bool)\n"));
        }
        for pair in values.windows(2) {
            if let [one, next] = pair {
                text.push_str(&format!("(assert (=> {next}.present {one}.present))\n"));
            }
        }
        let first = used.first();
        for (kind, presence) in self.presences(used) {
            match presence {
                Presence::Always => {
                    text.push_str(&format!("(assert (=> (= kind {kind}) {first}.present))\n"))
                }
                Presence::Never => {
                    text.push_str(&format!("(assert (=> (= kind {kind}) (not {first}.present)))\n"));
                }
                Presence::Sometimes | Presence::Silent => {}
            }
        }
        if self.scope != Scope::Trust && !used.key.everywhere {
            return;
        }
        for value in &values {
            for fact in self.facts(used, value) {
                text.push_str(&format!("(assert {fact})\n"));
            }
        }
    }

    /// What is known about a value.
    fn facts(&self, used: &Used, value: &str) -> Vec<String> {
        let caller = self.arn_start();
        match used.key.value {
            Value::Any if used.key.sort == Type::Arn => vec![is_arn(value)],
            Value::Any => Vec::new(),
            Value::Short(most) => vec![format!("(<= (str.len {value}) {most})")],
            Value::Of(class, least, most) => vec![
                format!("(str.in_re {value} (re.+ {class}))"),
                format!("(<= {least} (str.len {value}) {most})"),
            ],
            Value::CallerArn => match self.encoding {
                Encoding::Parts => vec![is_arn(value)],
                Encoding::Whole => vec![implies("(> kind 2)", &is_arn("arn"))],
            },
            Value::CallerAccount => {
                let mut facts = Vec::new();
                if self.scope == Scope::Function {
                    facts.push(implies("(= kind 4)", &format!("(not (str.in_re {value} digits_12))")));
                }
                match self.encoding {
                    _ if !self.needs_account => {}
                    Encoding::Parts => facts.push(implies("(<= kind 2)", &format!("(= {value} acct)"))),
                    Encoding::Whole => facts.extend([
                        implies("(<= kind 2)", &format!("(str.in_re {value} digits_12)")),
                        implies(
                            "(<= kind 2)",
                            &format!("(str.prefixof (str.++ {} {value} \":\") arn)", literal(&caller)),
                        ),
                    ]),
                }
                facts
            }
            Value::CallerType => vec![
                implies("(= kind 0)", &format!("(= {value} \"Account\")")),
                match self.scope {
                    Scope::Function => implies("(= kind 4)", &format!("(= {value} \"Anonymous\")")),
                    Scope::Trust | Scope::Session => crate::smt::TRUE.to_owned(),
                },
                implies("(= kind 1)", &format!("(= {value} \"User\")")),
                implies("(= kind 2)", &format!("(= {value} \"AssumedRole\")")),
            ],
            Value::UserName => vec![
                implies("(= kind 1)", &format!("(str.in_re {value} (re.+ name_character))")),
                match self.encoding {
                    Encoding::Parts => implies(
                        "(= kind 1)",
                        &format!(
                            "(and (str.suffixof (str.++ \"/\" {value}) res) (str.prefixof \"user/\" res))"
                        ),
                    ),
                    Encoding::Whole => {
                        implies("(= kind 1)", &format!("(str.suffixof (str.++ \"/\" {value}) arn)"))
                    }
                },
            ],
            Value::ServiceName => vec![implies("(= kind 3)", &format!("(= {value} service)"))],
            Value::IsService => vec![format!("(= {value} (= kind 3))")],
            Value::Encrypted => match self.scope {
                Scope::Trust => vec![value.to_owned()],
                Scope::Session | Scope::Function => {
                    vec![implies("(= action \"lambda:invokefunction\")", value)]
                }
            },
            Value::RoleAccount => match self.role {
                Some(role) => vec![format!("(= {value} {})", literal(role.account.as_str()))],
                None => Vec::new(),
            },
            Value::NotNegative => vec![format!("(<= 0 {value})")],
        }
    }
}

/// Six parts, the first of which is `arn`.
fn is_arn(value: &str) -> String {
    let part =
        crate::pattern::language(&[crate::pattern::Token::AnyRun], crate::pattern::Reach::WithinPart, None);
    let colon = "(str.to_re \":\")";
    format!("(str.in_re {value} (re.++ (str.to_re \"arn:\") ((_ re.^ 4) (re.++ {part} {colon})) re.all))")
}

fn declare_value(sort: Type, value: &str) -> String {
    match sort {
        Type::Text | Type::Arn => format!("(declare-const {value} String)\n"),
        Type::Bool => format!("(declare-const {value} Bool)\n"),
        Type::Date | Type::Number => format!("(declare-const {value} Int)\n"),
        // A number of 32 bits, or of 128 where `six` holds.
        Type::Address => format!(
            "(declare-const {value} Int)\n(declare-const {value}.six Bool)\n(assert (and (<= 0 {value}) (< {value} (ite {value}.six {} {}))))\n",
            "340282366920938463463374607431768211456", "4294967296"
        ),
    }
}
