//! Who is named: the `Principal` element and the trusted principals of a claim.
//!
//! Facts: IAM User Guide, "Policy elements: Principal" and "NotPrincipal". Root users and sessions from
//! `sts:GetFederationToken` cannot call `sts:AssumeRole` ("Compare AWS STS credentials") and are no callers here.

use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::Clause;
use rolecall_iam::principal::Principal;
use rolecall_iam::principal::element::PrincipalName;

use crate::Encoding;
use crate::model::{Model, Scope};
use crate::smt::{Bound, FALSE, TRUE, and, equal, is_expressible, literal, not, or};

impl Model<'_> {
    /// Whether a `Principal` or `NotPrincipal` element means the caller.
    pub(crate) fn principal(&mut self, clause: &Clause<PrincipalName>, bound: Bound) -> String {
        if clause.negated {
            return self.all_but(&clause.values, bound);
        }
        or(clause.values.iter().map(|name| self.name(name, bound)).collect::<Vec<_>>())
    }

    fn name(&mut self, name: &PrincipalName, bound: Bound) -> String {
        match name {
            PrincipalName::Everyone => TRUE.to_owned(),
            // Whether this means callers who hold a provider's token only is not documented.
            PrincipalName::AnyAws => {
                if self.covers_token_calls {
                    self.loosen("`{\"AWS\": \"*\"}` and callers with a provider's token");
                }
                match bound {
                    Bound::Under if self.scope == Scope::Trust => "(<= kind 3)".to_owned(),
                    Bound::Over | Bound::Under => TRUE.to_owned(),
                }
            }
            PrincipalName::Account { partition: Some(partition), .. }
                if partition.as_str() != self.partition =>
            {
                self.loosen("an account of another partition");
                bound.unknown()
            }
            // The account's number and its root ARN are the same: every principal of the account.
            PrincipalName::Account { partition: _, account } => self.account_is(account.as_str()),
            PrincipalName::Identity(Principal::FederatedUser { .. }) if self.scope == Scope::Function => {
                self.loosen("a session of `sts:GetFederationToken`");
                bound.unknown()
            }
            PrincipalName::Identity(identity) => self.caller_is(identity),
            PrincipalName::Service(service) => self.word("service", "(= kind 3)", service, bound),
            // Callers with a provider's token cannot call a function (IAM User Guide, "Policy elements: Principal").
            PrincipalName::Federated(_) if self.scope == Scope::Function => FALSE.to_owned(),
            PrincipalName::Federated(provider) => self.word("provider", "(>= kind 4)", provider, bound),
            PrincipalName::Undocumented(..) => {
                self.loosen("a principal that is not a name");
                bound.unknown()
            }
            // A deleted principal's ID, a user of S3, and an ARN with a wildcard inside name nobody who can call STS.
            PrincipalName::UniqueId(_) | PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => {
                FALSE.to_owned()
            }
        }
    }

    fn word(&mut self, name: &str, kind: &str, text: &str, bound: Bound) -> String {
        if !is_expressible(text) {
            self.loosen("a character beyond U+2FFFF");
            return bound.unknown();
        }
        and([kind.to_owned(), equal(name, &literal(text))])
    }

    /// A user or a session of this account.
    pub(crate) fn account_is(&self, account: &str) -> String {
        let same = match self.encoding {
            Encoding::Parts => equal("acct", &literal(account)),
            Encoding::Whole => format!(
                "(str.in_re arn (re.++ (str.to_re {}) re.all))",
                literal(&format!("{}{account}:", self.arn_start()))
            ),
        };
        and(["(<= kind 2)".to_owned(), same])
    }

    /// An AWS service that belongs to this account, as far as the documents ask about that. AWS does not say whether a service has an
    /// account; whoever has `aws:PrincipalAccount` or `aws:PrincipalArn` of one belongs to it ("AWS global condition context keys":
    /// "the account to which the requesting principal belongs").
    pub(crate) fn service_of(&self, account: &str) -> String {
        let mut belongs = Vec::new();
        for used in self.keys() {
            let present = format!("{}.present", used.name);
            match (used.folded.as_str(), self.encoding) {
                ("aws:principalaccount", _) => {
                    belongs.push(and([present, equal(&used.name, &literal(account))]));
                }
                ("aws:principalarn", encoding) => {
                    let value = if encoding == Encoding::Whole { "arn" } else { &used.name };
                    let language = format!(
                        "(re.++ (str.to_re {}) (re.union (str.to_re \"iam\") (str.to_re \"sts\")) (str.to_re {}) re.all)",
                        literal(&format!("arn:{}:", self.partition)),
                        literal(&format!("::{account}:"))
                    );
                    belongs.push(and([present, format!("(str.in_re {value} {language})")]));
                }
                _ => {}
            }
        }
        and(["(= kind 3)".to_owned(), or(belongs)])
    }

    /// Exactly this user, any session of this role, exactly this session, or this service or provider.
    pub(crate) fn caller_is(&mut self, named: &Principal) -> String {
        match named {
            Principal::Root { partition, account } if partition.as_str() == self.partition => {
                self.account_is(account.as_str())
            }
            Principal::Root { .. } => FALSE.to_owned(),
            Principal::User { partition, account, path, name } => {
                self.entity(1, partition.as_str(), account.as_str(), &format!("user{path}{name}"))
            }
            Principal::Role(RoleArn { partition, account, path, name }) => {
                self.entity(2, partition.as_str(), account.as_str(), &format!("role{path}{name}"))
            }
            Principal::RoleSession { partition, account, path: _, role, session } => {
                self.needs_session = true;
                let same_session = equal("caller_session", &literal(session.as_str()));
                and([
                    "(= kind 2)".to_owned(),
                    self.role_of_any_path(partition.as_str(), account.as_str(), role.as_str()),
                    same_session,
                ])
            }
            Principal::Service(service) => {
                and(["(= kind 3)".to_owned(), equal("service", &literal(service))])
            }
            Principal::WebIdentity(provider) => {
                and(["(= kind 4)".to_owned(), equal("provider", &literal(provider))])
            }
            Principal::Saml(provider) => {
                and(["(= kind 5)".to_owned(), equal("provider", &literal(provider))])
            }
            Principal::FederatedUser { .. } | Principal::Anonymous => FALSE.to_owned(),
        }
    }

    fn entity(&self, kind: u8, partition: &str, account: &str, resource: &str) -> String {
        let same = match self.encoding {
            Encoding::Parts => and([
                equal("partition", &literal(partition)),
                equal("acct", &literal(account)),
                equal("res", &literal(resource)),
            ]),
            Encoding::Whole => equal("arn", &literal(&format!("arn:{partition}:iam::{account}:{resource}"))),
        };
        and([format!("(= kind {kind})"), same])
    }

    /// The ARN of a session has the role's name without its path.
    fn role_of_any_path(&self, partition: &str, account: &str, role: &str) -> String {
        match self.encoding {
            Encoding::Parts => and([
                equal("partition", &literal(partition)),
                equal("acct", &literal(account)),
                equal("role_name", &literal(role)),
            ]),
            Encoding::Whole => format!(
                "(str.in_re arn (re.++ (str.to_re {}) path (str.to_re {})))",
                literal(&format!("arn:{partition}:iam::{account}:role")),
                literal(role)
            ),
        }
    }

    /// `NotPrincipal`. To be left out, a caller's account, its user or role and its session must all be listed; what
    /// happens where some of them are missing the guide leaves open.
    fn all_but(&mut self, names: &[PrincipalName], bound: Bound) -> String {
        self.loosen("`NotPrincipal`");
        let mut account = Vec::new();
        let mut entity = Vec::new();
        let mut session = Vec::new();
        let mut other = Vec::new();
        let mut everyone = false;
        for name in names {
            let list = match name {
                PrincipalName::Everyone | PrincipalName::AnyAws => {
                    everyone = true;
                    continue;
                }
                PrincipalName::Account { .. } => &mut account,
                PrincipalName::Identity(Principal::RoleSession { .. }) => &mut session,
                PrincipalName::Identity(_) => &mut entity,
                PrincipalName::Service(_) | PrincipalName::Federated(_) | PrincipalName::Undocumented(..) => {
                    &mut other
                }
                PrincipalName::UniqueId(_) | PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => {
                    continue;
                }
            };
            list.push(self.name(name, bound.flip()));
        }
        if everyone {
            return FALSE.to_owned();
        }
        let [account, entity, session, other] = [account, entity, session, other].map(or);
        match bound {
            Bound::Under => not(or([account, entity, session, other])),
            Bound::Over => {
                let user = and(["(= kind 1)".to_owned(), account.clone(), entity.clone()]);
                let role = and(["(= kind 2)".to_owned(), account, entity, session]);
                not(or([user, role, other]))
            }
        }
    }
}
