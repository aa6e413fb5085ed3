//! Claims about a trust policy: who can assume the role, and with which external ID.

use rolecall_iam::condition::{Condition, Operator};
use rolecall_iam::document::{Document, Effect};
use rolecall_iam::issuer::{Issuer, host_of, tenant_elsewhere};
use rolecall_iam::principal::Principal;
use rolecall_iam::principal::element::PrincipalName;

use crate::keys::implied_action;
use crate::model::{Model, Scope};
use crate::pattern::{Reach, Token, language, wild};
use crate::script::{Check, Compiled, Contents, Script, asked, compile, nothing_allows};
use crate::smt::{FALSE, and, implies, in_language, literal, not, or};
use crate::{Claim, Encoding, Named, Part, Subject};

const ENCODINGS: [Encoding; 2] = [Encoding::Parts, Encoding::Whole];

/// Most principals of a policy without a stated intent that get a claim of their own, as in the prover.
const MOST_NAMED: usize = 20;

pub(crate) fn scripts(trust: Named<'_>, subject: &Subject) -> Vec<Script> {
    let is_stated = !subject.trusted.is_empty();
    let trusted = if is_stated { subject.trusted.clone() } else { named(trust.document) };
    let question = Question { trust, subject, trusted: &trusted, is_stated };
    let mut scripts = Vec::new();
    for claim in [Claim::OnlyTrusted, Claim::OnlyWithExternalId] {
        scripts.extend(ENCODINGS.map(|encoding| question.never(claim, encoding)));
        scripts.push(question.vacuity(claim));
    }
    let at_most = if is_stated { usize::MAX } else { MOST_NAMED };
    for (index, principal) in trusted.iter().take(at_most).enumerate() {
        scripts.extend(ENCODINGS.iter().filter_map(|encoding| question.always(index, principal, *encoding)));
    }
    scripts
}

/// Everybody whom an `Allow` names.
fn named(document: &Document) -> Vec<Principal> {
    let mut found: Vec<Principal> = Vec::new();
    let allows = document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let clauses =
        allows.filter_map(|statement| statement.principal.as_ref()).filter(|clause| !clause.negated);
    for name in clauses.flat_map(|clause| &clause.values) {
        let principal = match name {
            PrincipalName::Account { partition, account } => {
                let partition = partition.as_ref().map_or("aws", |partition| partition.as_str());
                format!("arn:{partition}:iam::{account}:root").parse().ok()
            }
            PrincipalName::Identity(principal) => Some(principal.clone()),
            PrincipalName::Service(service) => Some(Principal::Service(service.clone())),
            PrincipalName::Federated(provider) => provider.parse().ok(),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::UniqueId(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_)
            | PrincipalName::Undocumented(..) => None,
        };
        if let Some(principal) = principal.filter(|principal| !found.contains(principal)) {
            found.push(principal);
        }
    }
    found
}

struct Question<'q> {
    trust: Named<'q>,
    subject: &'q Subject,
    trusted: &'q [Principal],
    is_stated: bool,
}

impl<'q> Question<'q> {
    fn model(&self, encoding: Encoding) -> Model<'q> {
        let partition = self.subject.role.as_ref().map(|role| role.partition.to_string());
        let partition = partition.or_else(|| self.trusted.iter().find_map(partition_of));
        let (counts, decimals) = asked(std::iter::once(self.trust.document));
        let partition = partition.unwrap_or_else(|| "aws".to_owned());
        let mut model =
            Model::new(encoding, Scope::Trust, partition, self.subject.role.as_ref(), counts, decimals);
        model.key("sts:externalid");
        model
    }

    /// The negation of a claim that something is impossible: one check for each `Allow`.
    fn never(&self, claim: Claim, encoding: Encoding) -> Script {
        let mut model = self.model(encoding);
        let compiled = compile(&mut model, &[self.trust]);
        let (sentence, negated) = match claim {
            Claim::OnlyWithExternalId => self.without_id(&mut model),
            _ => (
                format!(
                    "nobody but {}{} can assume the role",
                    self.trusted_in_words(),
                    self.pinned_in_words()
                ),
                vec![("The caller is not trusted".to_owned(), not(self.meant(&mut model)))],
            ),
        };
        let mut asserted = vec![("Not denied".to_owned(), "(not (denied action true))".to_owned())];
        asserted.extend(implied(&model, &compiled));
        asserted.extend(negated);
        let mut checks: Vec<Check> = compiled
            .allows
            .iter()
            .flatten()
            .map(|(name, place)| Check {
                asks: format!("{place} allows"),
                terms: vec![format!("({name} action true)")],
            })
            .collect();
        if checks.is_empty() {
            checks.push(nothing_allows());
        }
        self.write(model, &compiled, claim, Part::Proof(encoding), sentence, asserted, checks)
    }

    /// The caller must pass an external ID, and passes none or another one. It is expected of the trusted principals, or,
    /// where the intent names none, of everybody of another account; of services and identity providers it never is.
    fn without_id(&self, model: &mut Model<'_>) -> (String, Vec<(String, String)>) {
        let mut caller = vec!["(<= kind 2)".to_owned()];
        match (self.is_stated, &self.subject.role) {
            (true, _) => caller.push(self.trusted(model)),
            (false, Some(role)) => caller.push(not(model.account_is(role.account.as_str()))),
            (false, None) => {}
        }
        let whom =
            if self.is_stated { self.trusted_in_words() } else { "principals of other accounts".to_owned() };
        let absent = "(not external_id.present)".to_owned();
        let (sentence, wrong) = match &self.subject.external_id {
            Some(id) => {
                let ids: Vec<&String> = std::iter::once(id).chain(&self.subject.further_ids).collect();
                let words = ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ");
                let one_of = or(ids.iter().map(|id| format!("(= external_id {})", literal(id))));
                (
                    format!("{whom} can assume the role only with the external ID {words}"),
                    or([absent, not(one_of)]),
                )
            }
            None => (format!("{whom} cannot assume the role without an external ID"), absent),
        };
        let caller = ("The caller must pass an external ID".to_owned(), and(caller));
        (sentence, vec![caller, ("The external ID is absent or different".to_owned(), wrong)])
    }

    /// The negation of the claim that a trusted principal can assume the role: a plain request of it, with the external
    /// ID, that is refused. Only where every statement has a single reading: a loosened one would prove too much.
    fn always(&self, index: usize, principal: &Principal, encoding: Encoding) -> Option<Script> {
        let mut model = self.model(encoding);
        let compiled = compile(&mut model, &[self.trust]);
        if !compiled.is_exact {
            return None;
        }
        let mut asserted = self.plain_request(&mut model, principal);
        let allowed = or(compiled.allows.iter().flatten().map(|(name, _)| format!("({name} action true)")));
        let refused = or([not(allowed), "(denied action true)".to_owned()]);
        asserted.push(("The request is refused".to_owned(), refused));
        let checks = vec![Check { asks: "a request is refused".to_owned(), terms: Vec::new() }];
        let sentence = format!("`{principal}` can assume the role, whatever else its request has");
        Some(self.write(
            model,
            &compiled,
            Claim::MayAssume(index),
            Part::Proof(encoding),
            sentence,
            asserted,
            checks,
        ))
    }

    /// A request of a principal as it should be: with the external ID, without session tags and source identity.
    fn plain_request(&self, model: &mut Model<'_>, principal: &Principal) -> Vec<(String, String)> {
        let mut asserted = vec![("The caller".to_owned(), model.caller_is(principal))];
        let id = match (&self.subject.external_id, principal.account()) {
            (Some(id), Some(_)) => {
                and(["external_id.present".to_owned(), format!("(= external_id {})", literal(id))])
            }
            (Some(_) | None, _) => "(not external_id.present)".to_owned(),
        };
        asserted.push(("The external ID".to_owned(), id));
        let passed = model.keys().filter(|used| implied_action(&used.folded).is_some());
        let absent = and(passed.map(|used| format!("(not {}.present)", used.first())));
        asserted.push(("No session tags, no source identity".to_owned(), absent));
        asserted
    }

    /// The assumptions, and that one ordinary caller can call.
    fn vacuity(&self, claim: Claim) -> Script {
        let mut model = self.model(Encoding::Parts);
        let compiled = compile(&mut model, &[self.trust]);
        let mut asserted = Vec::new();
        if let Some(principal) = self.trusted.first() {
            asserted = self.plain_request(&mut model, principal);
            asserted.push(("An ordinary caller".to_owned(), ordinary(principal)));
        }
        let allowed = or(compiled.allows.iter().flatten().map(|(name, _)| format!("({name} action true)")));
        let checks = vec![
            Check { asks: "the assumptions can be met".to_owned(), terms: Vec::new() },
            Check {
                asks: "an ordinary request is allowed".to_owned(),
                terms: vec![allowed, "(not (denied action true))".to_owned()],
            },
        ];
        let sentence = "the assumptions of the other two files do not contradict each other".to_owned();
        self.write(model, &compiled, claim, Part::Vacuity, sentence, asserted, checks)
    }

    #[expect(clippy::too_many_arguments, reason = "each is another part of the file")]
    fn write(
        &self,
        mut model: Model<'_>,
        compiled: &Compiled,
        claim: Claim,
        part: Part,
        sentence: String,
        asserted: Vec<(String, String)>,
        checks: Vec<Check>,
    ) -> Script {
        // IAM User Guide, "AWS STS API operations": each kind of caller has its own operation.
        let operation = "(declare-const action String)\n\
             (assert (= action (ite (<= kind 3) \"sts:assumerole\" (ite (= kind 4) \"sts:assumerolewithwebidentity\" \
             \"sts:assumerolewithsaml\"))))\n";
        let definitions = format!("{}; --- The call\n{operation}{}", model.declarations(), compiled.text);
        Contents { claim, part, sentence, documents: &[self.trust], definitions, asserted, checks }
            .write(&model)
    }

    fn trusted(&self, model: &mut Model<'_>) -> String {
        or(self.trusted.iter().map(|principal| model.caller_is(principal)).collect::<Vec<_>>())
    }

    /// The same, where of an identity provider nobody is meant but whom the policy names: many share one, and to trust it is not to
    /// trust all of them.
    fn meant(&self, model: &mut Model<'_>) -> String {
        let each = self.trusted.iter().map(|principal| match principal {
            Principal::WebIdentity(provider) => {
                and([model.caller_is(principal), self.pinned(model, provider)])
            }
            Principal::Root { account, .. } => {
                or([model.caller_is(principal), model.service_of(account.as_str())])
            }
            _ => model.caller_is(principal),
        });
        or(each.collect::<Vec<_>>())
    }

    /// Whether a token of a provider is one of those that the policy names: of a tenant, or, where it names none, of a subject.
    fn pinned(&self, model: &mut Model<'_>, provider: &str) -> String {
        let host = host_of(provider);
        let subject = format!("{host}:sub").to_ascii_lowercase();
        let one_of = |model: &mut Model<'_>, key: &str, texts: Vec<Vec<Token>>| {
            let used = model.key(key);
            let like =
                texts.iter().map(|text| in_language(&used.name, &language(text, Reach::Everything, None)));
            and([format!("{}.present", used.name), or(like.collect::<Vec<_>>())])
        };
        if let Some(issuer) = Issuer::of_host(host) {
            let key = issuer.key(host).to_ascii_lowercase();
            let texts = self.required_texts(&key);
            let tenants = texts.iter().filter_map(|text| issuer.tenant_of(text));
            let tenants: Vec<Vec<Token>> = tenants.map(|tenant| wild(&issuer.all_of(tenant))).collect();
            if !tenants.is_empty() {
                return one_of(model, &key, tenants);
            }
        } else if tenant_elsewhere(host).is_some() {
            return FALSE.to_owned();
        }
        let subjects = self.required_texts(&subject);
        let literal = |text: &&str| text.chars().map(Token::Exactly).collect();
        one_of(model, &subject, subjects.iter().map(literal).collect())
    }

    /// The texts that a key must be like: in statements that allow, and in those that deny what is not like them.
    fn required_texts(&self, key: &str) -> Vec<&'q str> {
        let statements = self.trust.document.statements().iter();
        let conditions = statements.flat_map(|statement| {
            let requires = |condition: &&Condition| {
                condition.key.folded() == key
                    && matches!(condition.operator, Operator::Compare { negated, .. } if negated == (statement.effect == Effect::Deny))
            };
            statement.conditions.iter().filter(requires)
        });
        conditions.flat_map(|condition| condition.values.iter().map(|value| &*value.raw)).collect()
    }

    fn pinned_in_words(&self) -> &'static str {
        match self.trusted.iter().any(|principal| matches!(principal, Principal::WebIdentity(_))) {
            true => {
                " (of an identity provider: of the tenants that the policy names, or else of the subjects)"
            }
            false => "",
        }
    }

    fn trusted_in_words(&self) -> String {
        let names: Vec<String> = self.trusted.iter().map(|principal| format!("`{principal}`")).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }
}

/// A call that passes session tags or a source identity is authorized for that as an action of its own, which does not see the
/// external ID ("Passing session tags in AWS STS").
fn implied(model: &Model<'_>, compiled: &Compiled) -> Vec<(String, String)> {
    let mut asserted = Vec::new();
    for action in ["sts:tagsession", "sts:setsourceidentity"] {
        let passed: Vec<String> = model
            .keys()
            .filter(|used| implied_action(&used.folded) == Some(action))
            .map(|used| format!("{}.present", used.first()))
            .collect();
        if passed.is_empty() {
            continue;
        }
        let call = |name: &str| format!("({name} {} false)", literal(action));
        let allowed = or(compiled.allows.iter().flatten().map(|(name, _)| call(name)));
        let permitted = and([allowed, not(call("denied"))]);
        asserted.push((format!("What the call passes needs {action} too"), implies(&or(passed), &permitted)));
    }
    asserted
}

/// Fixes the caller's strings, so that the solver need not look for them.
fn ordinary(principal: &Principal) -> String {
    match principal {
        Principal::Root { account, .. } => and([
            "(= kind 2)".to_owned(),
            format!("(= acct {})", literal(account.as_str())),
            "(= res \"role/example\")".to_owned(),
        ]),
        _ => "true".to_owned(),
    }
}

fn partition_of(principal: &Principal) -> Option<String> {
    match principal {
        Principal::Root { partition, .. }
        | Principal::User { partition, .. }
        | Principal::RoleSession { partition, .. }
        | Principal::FederatedUser { partition, .. } => Some(partition.to_string()),
        Principal::Role(role) => Some(role.partition.to_string()),
        Principal::Service(_) | Principal::WebIdentity(_) | Principal::Saml(_) | Principal::Anonymous => None,
    }
}
